//! The words all rooms share: books, pages, sections, chunks, passages and citations. Knows no other room.

mod sentence;
mod span;
pub(crate) mod words;

pub use sentence::sentences;
pub(crate) use span::GAP;
pub use span::Span;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// A book's name in links and on the command line: lower-case letters, digits and `-`, unique in one library.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BookId(pub String);

impl fmt::Display for BookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A page's place in its file, counted from 0. People and the wire count from 1: [`PageIndex::number`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageIndex(pub u32);

impl PageIndex {
    /// The page as a PDF viewer counts it, from 1.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0 + 1
    }
}

/// A section's row in the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SectionId(pub i64);

/// A chunk's row in the library, and its key in the vector index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChunkId(pub i64);

/// Where a page begins inside a chunk's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageStart {
    /// Byte offset in the chunk's text; a character boundary. The first of a chunk is 0.
    pub offset: usize,
    /// The page that begins there.
    pub page: PageIndex,
    /// The page as printed (`iv`, `12`); the page number where the book has no labels.
    pub label: String,
}

/// Text of a book with its page span, as stored: about 200 tokens, whole sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Index into the book's sections (in book order).
    pub section: usize,
    /// The text: lines of a paragraph joined, words unhyphenated.
    pub text: String,
    /// Ascending by offset, never empty.
    pub page_starts: Vec<PageStart>,
}

/// The book a passage is from, as people name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookRef {
    /// Name in links.
    pub id: BookId,
    /// File name as the teacher gave it, `physics.pdf`.
    pub file_name: String,
    /// Title from the file's metadata or its first page.
    pub title: String,
}

/// The section a passage is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionRef {
    /// Row in the library.
    pub id: SectionId,
    /// Place in the book's sections, from 0.
    pub ordinal: usize,
    /// Heading without its number's dots: `3.1 Readable streams`.
    pub title: String,
    /// Headings from the book's top level down to this section, joined by ` > `.
    pub path: String,
}

/// A chunk returned for a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Its row.
    pub chunk: ChunkId,
    /// Its place among the book's chunks, from 0.
    pub ordinal: usize,
    /// Its book.
    pub book: BookRef,
    /// Its section.
    pub section: SectionRef,
    /// Its text.
    pub text: String,
    /// Pages of the text, ascending by offset, never empty.
    pub page_starts: Vec<PageStart>,
    /// Higher is better; comparable within one question only.
    pub score: f32,
    /// Cosine of question and chunk in the embedder's space, -1 to 1; comparable between questions.
    pub cosine: f32,
}

impl Passage {
    /// The page on which the byte at `offset` of the text stands.
    ///
    /// # Panics
    /// If `page_starts` is empty, which the library never returns.
    #[must_use]
    pub fn page_at(&self, offset: usize) -> &PageStart {
        let after = self.page_starts.partition_point(|start| start.offset <= offset);
        &self.page_starts[after.saturating_sub(1)]
    }

    /// Citations of the text at `range`, one for each page it stands on, none where it is white space only.
    ///
    /// # Panics
    /// If `range` is not inside the text, or not on character boundaries.
    #[must_use]
    pub fn cite(&self, range: Range<usize>) -> Vec<Citation> {
        let inside =
            self.page_starts.iter().map(|start| start.offset).filter(|at| range.start < *at && *at < range.end);
        let cuts: Vec<usize> = std::iter::once(range.start).chain(inside).chain([range.end]).collect();
        let parts = cuts.windows(2).map(|cut| (cut[0], on_one_line(&self.text[cut[0]..cut[1]])));
        parts.filter(|(_, quote)| !quote.is_empty()).map(|(offset, quote)| self.cite_on_page(offset, quote)).collect()
    }

    fn cite_on_page(&self, offset: usize, quote: String) -> Citation {
        let start = self.page_at(offset);
        Citation {
            book: self.book.file_name.clone(),
            title: self.book.title.clone(),
            page: start.page.number(),
            page_label: start.label.clone(),
            quote,
            url: format!("/api/books/{}/file#page={}", self.book.id, start.page.number()),
            spans: Vec::new(),
        }
    }
}

/// The same words with single spaces between them.
pub(crate) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Book, page and quote: what a statement stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Citation {
    /// File name of the book.
    pub book: String,
    /// Title of the book.
    pub title: String,
    /// Page counted from 1.
    pub page: u32,
    /// Page as printed.
    pub page_label: String,
    /// The words of the book, unchanged but for white space.
    pub quote: String,
    /// Link to the page in the book, on this server.
    pub url: String,
    /// Where the quote stands in the page's text (`GET /api/books/{id}/pages/{page}`), to mark it there: a span for each of
    /// its parts, which ` … ` joins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage() -> Passage {
        let start = |offset, page: u32| PageStart { offset, page: PageIndex(page), label: format!("p{page}") };
        Passage {
            chunk: ChunkId(1),
            ordinal: 0,
            book: BookRef { id: BookId("b".into()), file_name: "b.pdf".into(), title: "B".into() },
            section: SectionRef { id: SectionId(1), ordinal: 0, title: "S".into(), path: "S".into() },
            text: "one two three".into(),
            page_starts: vec![start(0, 4), start(4, 5), start(8, 6)],
            score: 0.0,
            cosine: 0.0,
        }
    }

    #[test]
    fn a_byte_stands_on_the_page_that_began_last_before_it() {
        let passage = passage();
        for (offset, label) in [(0, "p4"), (3, "p4"), (4, "p5"), (7, "p5"), (8, "p6"), (99, "p6")] {
            assert_eq!(passage.page_at(offset).label, label, "offset {offset}");
        }
    }

    #[test]
    fn a_citation_counts_pages_from_one_and_links_there() {
        let citations = passage().cite(4..7);
        let [citation] = &citations[..] else { panic!("expected one page, got {citations:?}") };
        assert_eq!((citation.page, citation.page_label.as_str(), citation.quote.as_str()), (6, "p5", "two"));
        assert_eq!(citation.url, "/api/books/b/file#page=6");
    }

    #[test]
    fn a_quote_over_pages_is_cited_on_each_with_what_stands_there() {
        let cited = |range| passage().cite(range).into_iter().map(|c| (c.page_label, c.quote)).collect::<Vec<_>>();
        let page = |label: &str, quote: &str| (label.to_owned(), quote.to_owned());
        assert_eq!(cited(0..13), [page("p4", "one"), page("p5", "two"), page("p6", "three")]);
        assert_eq!(cited(2..6), [page("p4", "e"), page("p5", "tw")]);
        assert_eq!(cited(3..5), [page("p5", "t")]);
        assert_eq!(cited(4..4), []);
    }
}
