//! What the server needs to know of reading new books; whoever owns the library gives it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use tokio::sync::{broadcast, watch};

/// Where a new book is on its way into the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IngestStage {
    /// Others are before it.
    Waiting,
    /// Its file is being read.
    Reading,
    /// Its chunks are given their vectors.
    Embedding,
    /// The vectors are put where they are found.
    Indexing,
    /// It can be asked about.
    Done,
    /// It is not in the library.
    Failed,
}

/// How far a new book is: an event of `POST /api/books`, and a frame of the teacher's socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = with_type)]
#[serde(tag = "type", rename = "ingest")]
pub struct IngestProgress {
    /// Names the upload.
    pub upload: String,
    /// The book's file.
    pub file_name: String,
    /// Where it is.
    pub stage: IngestStage,
    /// Chunks that have their vectors; those before it while it waits.
    pub done: usize,
    /// Chunks of the book, once they are known.
    pub total: usize,
    /// The book's name in links, once it has one.
    pub book: Option<String>,
    /// Why it failed, in words for the teacher.
    pub error: Option<String>,
}

/// The `type` that serde adds, for the schema.
fn with_type(schema: &mut schemars::Schema) {
    let fields = schema.ensure_object();
    if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("type".into(), json!({"type": "string", "const": "ingest"}));
    }
    if let Some(required) = fields.get_mut("required").and_then(Value::as_array_mut) {
        required.insert(0, "type".into());
    }
}

impl IngestProgress {
    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self.stage, IngestStage::Done | IngestStage::Failed)
    }
}

/// A file that was received whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Where it is, in the folder that [`Intake::folder`] gave; taken away by [`Intake::submit`].
    pub path: PathBuf,
    /// How it is to be called: a plain name that ends in `.pdf`.
    pub file_name: String,
    /// Hash of its bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// Why a book is not taken in or not removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// There is such a book.
    #[error("{0}")]
    Exists(String),
    /// Too many wait.
    #[error("{waiting} books are waiting to be read; try again when there are fewer")]
    Busy {
        /// How many.
        waiting: usize,
    },
    /// The disk has no room for it.
    #[error("the disk of the books is too full: {free_mib} MiB are free, {needed_mib} MiB are needed")]
    DiskFull {
        /// Mebibytes that are free.
        free_mib: u64,
        /// Mebibytes that would be needed.
        needed_mib: u64,
    },
    /// Anything else.
    #[error("could not change the books")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<std::io::Error> for IntakeError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// Takes new books into the library and removes old ones. Calls may block; the server makes them off the runtime's worker
/// threads, but inside the runtime.
pub trait Intake: Send + Sync + 'static {
    /// The folder in which files are received; it is made where it is not there. Nothing in it is read as a book.
    ///
    /// # Errors
    /// It cannot be made, or there is no room for `num_bytes` more.
    fn folder(&self, num_bytes: u64) -> Result<PathBuf, IntakeError>;

    /// Lets a file be read, after those that wait, and tells how that goes. It goes on when nobody listens. An error leaves
    /// the file where it is.
    ///
    /// # Errors
    /// There is a book of that file name or content, or too many wait.
    fn submit(&self, received: Received) -> Result<watch::Receiver<IngestProgress>, IntakeError>;

    /// What happens to all uploads from now on.
    fn subscribe(&self) -> broadcast::Receiver<IngestProgress>;

    /// The uploads that wait or are being read, in order.
    fn running(&self) -> Vec<IngestProgress>;

    /// Removes a book; nothing is lost: its file is put aside. Whether there was one.
    ///
    /// # Errors
    /// The library or its file cannot be changed.
    fn remove(&self, book: &str) -> Result<bool, IntakeError>;

    /// Ends what is being read; it is read again at the next start.
    fn stop(&self);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_frame_of_type_ingest() {
        let progress = IngestProgress {
            upload: "u1".into(),
            file_name: "waves.pdf".into(),
            stage: IngestStage::Embedding,
            done: 40,
            total: 120,
            book: None,
            error: None,
        };
        let expected = r#"{"type":"ingest","upload":"u1","file_name":"waves.pdf","stage":"embedding","done":40,"total":120,"book":null,"error":null}"#;
        assert_eq!(serde_json::to_string(&progress).expect("text and numbers"), expected);
        assert_eq!(serde_json::from_str::<IngestProgress>(expected).expect("it is read again"), progress);
    }
}
