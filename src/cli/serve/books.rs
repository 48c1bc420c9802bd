//! The library, as the server shows it.

use crate::library::Library;
use crate::passage::{BookId, PageIndex};
use crate::retrieval::Retriever;
use crate::server::{BookEntry, Books, BooksError, Counts, PageEntry};
use crate::tutor;
use std::path::PathBuf;
use std::sync::Arc;

/// Topics named per book.
const MAX_TOPICS: usize = 6;

/// A library with the topics a tutor sees in it.
pub(super) struct LibraryBooks {
    library: Arc<Library>,
    retriever: Retriever,
}

impl LibraryBooks {
    pub(super) fn new(library: Arc<Library>, retriever: Retriever) -> Self {
        Self { library, retriever }
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> BooksError {
    BooksError(Box::new(error))
}

impl Books for LibraryBooks {
    fn books(&self) -> Result<Vec<BookEntry>, BooksError> {
        let infos = self.library.books().map_err(failed)?;
        let entry = |info: crate::library::BookInfo| {
            Ok(BookEntry {
                topics: tutor::book_topics(&self.retriever, &info.book, MAX_TOPICS).map_err(failed)?,
                id: info.book.id.0,
                title: info.book.title,
                file_name: info.book.file_name,
                num_pages: info.num_pages as usize,
                num_chunks: info.num_chunks as usize,
            })
        };
        infos.into_iter().map(entry).collect()
    }

    fn file(&self, id: &str) -> Result<Option<PathBuf>, BooksError> {
        self.library.book_file(&BookId(id.to_owned())).map_err(failed)
    }

    fn page(&self, id: &str, page: u32) -> Result<Option<PageEntry>, BooksError> {
        let Some(index) = page.checked_sub(1) else { return Ok(None) };
        let found = self.library.page(&BookId(id.to_owned()), PageIndex(index)).map_err(failed)?;
        Ok(found.map(|found| PageEntry { page, page_label: found.label, text: found.text }))
    }

    fn counts(&self) -> Result<Counts, BooksError> {
        let counts = self.library.counts().map_err(failed)?;
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Counts { books: count(counts.books), chunks: count(counts.chunks) })
    }
}
