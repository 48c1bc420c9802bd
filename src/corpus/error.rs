//! Why a book cannot be read.

use std::path::PathBuf;

/// A file that gives no book.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The file system says no.
    #[error("{}: cannot be read", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Larger than allowed.
    #[error("{}: {num_bytes} bytes are more than the {max_bytes} allowed for a book", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its size.
        num_bytes: u64,
        /// The limit.
        max_bytes: u64,
    },
    /// Locked.
    #[error("{}: encrypted, needs a password (`--password`); or save a copy without one and use that", path.display())]
    Encrypted {
        /// Which file.
        path: PathBuf,
    },
    /// Pages without a single letter, mostly scanned pictures.
    #[error("{}: no text here, {}", path.display(), without_text(*num_scans, *num_pages))]
    NoText {
        /// Which file.
        path: PathBuf,
        /// How many pages it has.
        num_pages: usize,
        /// How many of them hold a picture.
        num_scans: usize,
    },
    /// Text recognition was asked for and cannot be had.
    #[error("text recognition: {reason}")]
    NoRecognition {
        /// Why, and what to do.
        reason: String,
    },
    /// No PDF, or a damaged one.
    #[error("{}: no readable PDF: {reason}", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

fn without_text(num_scans: usize, num_pages: usize) -> String {
    let pages = if num_pages == 1 { "page" } else { "pages" };
    match num_scans {
        0 => format!("its {num_pages} {pages} are empty"),
        _ => format!(
            "a scan: {num_scans} of its {num_pages} {pages} hold only a picture; with tesseract installed, `--ocr eng` reads it"
        ),
    }
}
