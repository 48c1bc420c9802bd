//! What the tutor asks of the books: the one door to `retrieval`, so that lessons and answers can be tested on books of
//! a few lines.

use crate::passage::{BookId, BookRef, PageIndex, Passage, SectionId, SectionRef};
use crate::retrieval::Found;

/// Where to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only these books; all of them where empty.
    pub books: Vec<BookId>,
    /// Only these sections; all of them where empty.
    pub sections: Vec<SectionId>,
}

impl Scope {
    /// Everything there is.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// One book.
    #[must_use]
    pub fn book(book: &BookId) -> Self {
        Self { books: vec![book.clone()], sections: Vec::new() }
    }

    /// One section.
    #[must_use]
    pub fn section(section: SectionId) -> Self {
        Self { books: Vec::new(), sections: vec![section] }
    }
}

/// A section of a book that can be taught (front matter is left out).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The section.
    pub section: SectionRef,
    /// Depth, 1 for a chapter.
    pub level: u8,
    /// How many chunks it has of its own; a heading straight above another has none.
    pub num_chunks: usize,
    /// Page on which it begins.
    pub first_page: PageIndex,
}

/// The books could not be read; the text says where and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the books could not be searched: {0}")]
pub struct ShelfError(pub String);

/// The books of the class.
pub trait Shelf: Send + Sync {
    /// All books, by title.
    ///
    /// # Errors
    /// The library cannot be read.
    fn books(&self) -> Result<Vec<BookRef>, ShelfError>;

    /// The best passages for a question, best first.
    ///
    /// # Errors
    /// The library cannot be read.
    fn search(&self, question: &str, scope: &Scope, limit: usize) -> Result<Vec<Passage>, ShelfError>;

    /// The same passages with their sentences weighed.
    ///
    /// # Errors
    /// The library cannot be read.
    fn find(&self, question: &str, scope: &Scope, limit: usize) -> Result<Vec<Found>, ShelfError>;

    /// The headings of a book, in book order.
    ///
    /// # Errors
    /// The library cannot be read.
    fn headings(&self, book: &BookId) -> Result<Vec<Heading>, ShelfError>;

    /// A section's chunks, in book order; empty where the section is no longer there.
    ///
    /// # Errors
    /// The library cannot be read.
    fn section_passages(&self, section: SectionId) -> Result<Vec<Passage>, ShelfError>;

    /// The pages of a book as printed, in order.
    ///
    /// # Errors
    /// The library cannot be read.
    fn page_labels(&self, book: &BookId) -> Result<Vec<String>, ShelfError>;

    /// A page's text; nothing where the page is not there or has none.
    ///
    /// # Errors
    /// The library cannot be read.
    fn page_text(&self, book: &BookId, page: PageIndex) -> Result<Option<String>, ShelfError>;

    /// The chunks that stand on a page, wholly or in part, front matter included, in book order.
    ///
    /// # Errors
    /// The library cannot be read.
    fn page_passages(&self, book: &BookId, page: PageIndex) -> Result<Vec<Passage>, ShelfError>;

    /// How near each text is to `question` in meaning, -1 to 1.
    ///
    /// # Errors
    /// The embedder failed.
    fn similarities(&self, question: &str, texts: &[&str]) -> Result<Vec<f32>, ShelfError>;

    /// The meaning of each text as a vector of unit length; none at all where nothing here embeds texts.
    ///
    /// # Errors
    /// The embedder failed.
    fn meanings(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ShelfError>;
}
