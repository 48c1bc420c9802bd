//! What can go wrong with a library.

use crate::passage::BookId;
use std::path::PathBuf;

/// Why a library could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// The folder is not there, or not ours to write.
    #[error("library folder {path} cannot be used: choose another with --data, or mend its permissions")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing was ever ingested there.
    #[error("no library in {path}: put books in it with `lectern ingest FOLDER`")]
    NoLibrary {
        /// Where.
        path: PathBuf,
    },
    /// SQLite failed: a full disk, a damaged file, a lock that was not given back.
    #[error("library {path}")]
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A library that is not whole.
    #[error(
        "library {path} is damaged: {reason}; bring back a backup with `lectern restore`, or ingest the books anew"
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What SQLite found.
        reason: String,
    },
    /// Some other program's database.
    #[error("{path} is an SQLite database of another program: choose another folder with --data")]
    NotOurs {
        /// The database file.
        path: PathBuf,
    },
    /// Written by a later version of this program.
    #[error("library {path} is of version {found}, this program knows versions up to {known}: use a newer lectern")]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// Ours.
        known: i32,
    },
    /// Another process writes.
    #[error("another `lectern ingest` is writing to {path}: wait until it has ended")]
    Locked {
        /// The library's folder.
        path: PathBuf,
    },
    /// The lock file cannot be used.
    #[error("library lock {path} cannot be taken")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No such book.
    #[error("no book {book} in the library")]
    NoBook {
        /// Its name.
        book: BookId,
    },
    /// What was to be stored does not fit together.
    #[error("book {book}: {reason}")]
    Inconsistent {
        /// The book.
        book: String,
        /// Expected and got.
        reason: String,
    },
    /// A path that is not text cannot be kept.
    #[error("{path:?} is not valid UTF-8: rename the file")]
    PathNotText {
        /// The path.
        path: PathBuf,
    },
    /// The vector index failed.
    #[error("vector index: {0}")]
    Vectors(String),
    /// The vector index could not be written.
    #[error("vector index {path} could not be written")]
    VectorFile {
        /// Its file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
