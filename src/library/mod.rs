//! What `ingest` wrote: books, pages, sections and chunks with their full-text index (`library.sqlite`) and vectors
//! (`vectors.usearch`). Knows no models and no prompts.
//!
//! Invariants:
//! * SQLite is the truth. The vector index is a cache: checked by hash before it is loaded, brought up to date from SQLite
//!   by chunk id, and written aside and renamed.
//! * A book is put, replaced or removed in one transaction: a reader sees the old book or the new one, never a mixture.
//! * Chunk ids are never used twice, so an index that is behind can miss a chunk but never mistake one for another.
//! * One process writes at a time ([`Library::lock`]); any number of threads and processes read meanwhile.

mod coarse;
mod db;
mod error;
mod lock;
mod places;
mod read;
mod schema;
mod search;
mod upkeep;
mod vectors;
mod write;

pub use error::LibraryError;
pub use lock::WriteLock;
pub use search::{Filter, FrontMatter, Hit, SentenceHit};
pub use upkeep::{backup, check};
pub use write::{BookFile, NewBook, NewChunk, NewPage, NewSection, NewSentence, NewVectors};

use crate::passage::{BookRef, PageIndex, SectionRef};
use db::Db;
use places::Places;
use std::path::{Path, PathBuf};
use std::sync::RwLock;
use vectors::Vectors;

/// What a section is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// Text to teach from.
    Body,
    /// Licence, credits, contents, index: not searched unless asked for.
    FrontMatter,
}

/// A book as the library knows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BookInfo {
    /// How people name it.
    #[serde(flatten)]
    pub book: BookRef,
    /// Who wrote it, where the file says so.
    pub author: Option<String>,
    /// Its file.
    pub path: PathBuf,
    /// Hash of the file's bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Size of the file.
    pub num_bytes: u64,
    /// Pages of the file, those without text included.
    pub num_pages: u32,
    /// Sections.
    pub num_sections: u32,
    /// Chunks.
    pub num_chunks: u32,
    /// Fingerprint of the model that its vectors are from.
    pub embedder: String,
    /// What the pipeline was that wrote it; see [`NewBook::recipe`].
    pub recipe: String,
    /// When it was put here, UTC, `2026-01-31T12:00:00Z`.
    pub ingested_at: String,
}

/// A section in the order of its book.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SectionInfo {
    /// Which.
    pub section: SectionRef,
    /// Depth of its heading, 0 for the book's top level.
    pub level: u32,
    /// What it is for.
    pub kind: SectionKind,
    /// Page on which it begins.
    pub first_page: PageIndex,
    /// Page on which it ends.
    pub last_page: PageIndex,
    /// Its own chunks, those of sections below it not included.
    pub num_chunks: u32,
}

/// A page's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageText {
    /// The page as printed.
    pub label: String,
    /// Its text, empty where the page has none.
    pub text: String,
}

/// How much is in a library.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Books.
    pub books: u64,
    /// Pages of all books.
    pub pages: u64,
    /// Sections of all books.
    pub sections: u64,
    /// Chunks of all books.
    pub chunks: u64,
}

/// The library in a folder. Shared between threads by reference or `Arc`.
#[derive(Debug)]
pub struct Library {
    folder: PathBuf,
    places: Places,
    db: Db,
    vectors: RwLock<Option<Vectors>>,
}

impl Library {
    /// Opens the library in `folder`; makes folder and library where there are none.
    ///
    /// # Errors
    /// The folder cannot be made or written, or what is there is not a library of this version.
    pub fn open(folder: &Path) -> Result<Self, LibraryError> {
        std::fs::create_dir_all(folder).map_err(|source| LibraryError::Folder { path: folder.to_owned(), source })?;
        Self::at(folder)
    }

    /// Opens the library in `folder`, which must be there.
    ///
    /// # Errors
    /// There is none, or as [`Library::open`].
    pub fn open_existing(folder: &Path) -> Result<Self, LibraryError> {
        if !folder.join(db::FILE_NAME).exists() {
            return Err(LibraryError::NoLibrary { path: folder.to_owned() });
        }
        Self::at(folder)
    }

    fn at(folder: &Path) -> Result<Self, LibraryError> {
        let folder =
            folder.canonicalize().map_err(|source| LibraryError::Folder { path: folder.to_owned(), source })?;
        let db = Db::open(&folder.join(db::FILE_NAME))?;
        Ok(Self { places: Places::around(&folder), db, vectors: RwLock::new(None), folder })
    }

    /// The folder it is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[cfg(test)]
mod tests;
