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
    #[error("{}: encrypted, needs a password; save a copy without one and use that", path.display())]
    Encrypted {
        /// Which file.
        path: PathBuf,
    },
    /// Pages without a single letter: scanned pictures.
    #[error("{}: no text in it; if it is a scan, run it through text recognition (OCR) first", path.display())]
    NoText {
        /// Which file.
        path: PathBuf,
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
