//! A file from the body of a request to the disk.

use super::super::error::ApiError;
use super::super::intake::{IntakeError, Received};
use super::super::limits::Limits;
use super::name;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

/// Within this much of the beginning a PDF says that it is one.
const HEAD_BYTES: usize = 1024;

/// A file that is removed when it is dropped, unless it was moved away before.
#[derive(Debug)]
pub(super) struct Part(PathBuf);

impl Part {
    fn beside(folder: &Path) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        Self(folder.join(format!(".part-{}-{number}", std::process::id())))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is not there any more where all went well.
        let _moved = std::fs::remove_file(&self.0);
    }
}

/// Writes the file of a form to `folder`. Whatever goes wrong, nothing of it stays.
pub(super) async fn receive(
    mut field: Field<'_>,
    folder: &Path,
    limits: &Limits,
) -> Result<(Part, Received), ApiError> {
    let max_bytes = limits.max_upload_bytes;
    let file_name = name::clean(field.file_name().unwrap_or_default());
    let part = Part::beside(folder);
    let mut file = File::create(&part.0).await.map_err(|error| on_disk(error, &file_name))?;
    let (mut head, mut hash, mut num_bytes) = (Vec::new(), Sha256::new(), 0_u64);
    while let Some(bytes) = next(limits, field.chunk()).await? {
        num_bytes += bytes.len() as u64;
        if num_bytes > max_bytes {
            return Err(too_large(max_bytes));
        }
        if head.len() < HEAD_BYTES {
            head.extend_from_slice(&bytes[..bytes.len().min(HEAD_BYTES - head.len())]);
            if head.len() == HEAD_BYTES && !is_pdf(&head) {
                break;
            }
        }
        hash.update(&bytes);
        file.write_all(&bytes).await.map_err(|error| on_disk(error, &file_name))?;
    }
    if !is_pdf(&head) {
        let message = format!("{file_name} is not a PDF file");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "not_pdf", message));
    }
    file.flush().await.map_err(|error| on_disk(error, &file_name))?;
    file.sync_all().await.map_err(|error| on_disk(error, &file_name))?;
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let received = Received { path: part.0.clone(), file_name, sha256 };
    Ok((part, received))
}

/// The next piece of the body.
pub(super) async fn next<T>(
    limits: &Limits,
    reading: impl Future<Output = Result<T, MultipartError>>,
) -> Result<T, ApiError> {
    match tokio::time::timeout(limits.upload_silence, reading).await {
        Ok(Ok(piece)) => Ok(piece),
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "this is more than a book may be"))
        }
        Ok(Err(error)) => Err(ApiError::bad_request(format!("the file did not arrive whole: {}", error.body_text()))),
        Err(_) => {
            Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the file stopped arriving; send it again"))
        }
    }
}

pub(super) fn too_large(max_bytes: u64) -> ApiError {
    let message = format!("a book may have {} MiB at most", max_bytes >> 20);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
}

fn is_pdf(head: &[u8]) -> bool {
    head.windows(5).any(|bytes| bytes == b"%PDF-")
}

fn on_disk(error: std::io::Error, file_name: &str) -> ApiError {
    use std::io::ErrorKind;
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) {
        let message = format!("there is no room on the disk for {file_name}");
        return ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", message);
    }
    ApiError::internal(&error)
}

/// What a client is told.
pub(super) fn refused(error: IntakeError, retry_after: Duration) -> ApiError {
    let message = error.to_string();
    match error {
        IntakeError::Exists(message) => ApiError::new(StatusCode::CONFLICT, "exists", message),
        IntakeError::Busy { .. } => ApiError::overloaded(message, retry_after),
        IntakeError::DiskFull { .. } => ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", message),
        IntakeError::Failed(_) => ApiError::internal(&error),
    }
}
