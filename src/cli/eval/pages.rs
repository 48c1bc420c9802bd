//! Whether the pages of the library hold what is quoted from them.

use crate::cli::CliError;
use crate::library::Library;
use crate::passage::{BookId, Citation, PageIndex};
use std::collections::HashMap;

/// The books' pages, as letters and digits only: how words are joined over line ends makes no difference.
pub(super) struct Pages<'a> {
    library: &'a Library,
    books: HashMap<String, BookId>,
    read: HashMap<(String, u32), String>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(library: &'a Library) -> Result<Self, CliError> {
        let books = library.books()?.into_iter().map(|info| (info.book.file_name, info.book.id)).collect();
        Ok(Self { library, books, read: HashMap::new() })
    }

    fn text(&mut self, book: &str, page: u32) -> Result<&str, CliError> {
        let key = (book.to_owned(), page);
        if !self.read.contains_key(&key) {
            let text = match self.books.get(book) {
                Some(id) => {
                    self.library.page(id, PageIndex(page.saturating_sub(1)))?.map(|page| page.text).unwrap_or_default()
                }
                None => String::new(),
            };
            self.read.insert(key.clone(), letters(&text));
        }
        Ok(&self.read[&key])
    }

    /// Whether the cited page holds the quote, each of its sentences by itself.
    pub(super) fn hold(&mut self, citation: &Citation) -> Result<bool, CliError> {
        let page = self.text(&citation.book, citation.page)?;
        let mut parts = citation.quote.split(" … ").map(letters);
        Ok(parts.all(|part| !part.is_empty() && page.contains(part.as_str())))
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
