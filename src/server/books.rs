//! What the server needs to know of the books; whoever owns the library gives it.

use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// One book, as `GET /api/books` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Book")]
pub struct BookEntry {
    /// Name in links.
    pub id: String,
    /// Title.
    pub title: String,
    /// File name as the teacher gave it.
    pub file_name: String,
    /// How many pages it has.
    pub num_pages: usize,
    /// How many chunks are stored of it.
    pub num_chunks: usize,
    /// Titles of sections worth asking to be taught about.
    pub topics: Vec<String>,
}

/// How much the library holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Books.
    pub books: usize,
    /// Chunks of all books.
    pub chunks: usize,
}

/// A page of a book, as `GET /api/books/{id}/pages/{page}` tells it: the text that the spans of a citation count in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Page")]
pub struct PageEntry {
    /// The page, counted from 1.
    pub page: u32,
    /// The page as printed.
    pub page_label: String,
    /// Its text, line by line.
    pub text: String,
}

/// Why the library could not be read.
#[derive(Debug, thiserror::Error)]
#[error("could not read the library")]
pub struct BooksError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// The library, read only. Calls may block; the server makes them off the runtime's worker threads.
pub trait Books: Send + Sync + 'static {
    /// All books, in the order to show them.
    ///
    /// # Errors
    /// The library cannot be read.
    fn books(&self) -> Result<Vec<BookEntry>, BooksError>;

    /// Where the book's PDF is; nothing if there is no such book.
    ///
    /// # Errors
    /// The library cannot be read.
    fn file(&self, id: &str) -> Result<Option<PathBuf>, BooksError>;

    /// The text of a page, counted from 1; nothing if there is no such book, or no text on such a page.
    ///
    /// # Errors
    /// The library cannot be read.
    fn page(&self, id: &str, page: u32) -> Result<Option<PageEntry>, BooksError>;

    /// How much there is.
    ///
    /// # Errors
    /// The library cannot be read.
    fn counts(&self) -> Result<Counts, BooksError>;
}
