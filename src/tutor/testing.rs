//! Books of a few lines, kept in memory, and writers that need no model: what the tutor's tests stand on.

use super::Prompt;
use super::shelf::{Heading, Scope, Shelf, ShelfError};
use super::wording::{WriteEnd, Writer, Written};
use super::words::{content_set, coverage};
use crate::passage::{BookId, BookRef, ChunkId, PageIndex, PageStart, Passage, SectionId, SectionRef, sentences};
use crate::retrieval::{Found, Sentence};
use std::ops::ControlFlow;

/// A section of a book: level, title and its passages with their pages.
type Section<'a> = (u8, &'a str, &'a [(u32, &'a str)]);

/// Ends every passage, so that it is long enough for a step of its own.
const FILLER: &str = "The author goes on for a while with other remarks that matter less to us here, and that only make \
    this passage about as long as those that real authors write when they have the time.";

/// A shelf in memory. Its "meaning" is the share of words that two texts have in common.
pub(crate) struct ShortShelf {
    books: Vec<BookRef>,
    headings: Vec<(BookId, Heading)>,
    passages: Vec<Passage>,
}

impl ShortShelf {
    pub(crate) fn empty() -> Self {
        Self { books: Vec::new(), headings: Vec::new(), passages: Vec::new() }
    }

    pub(crate) fn streams_and_rivers() -> Self {
        let mut shelf = Self::empty();
        shelf.add(
            "Stream handbook",
            &[
                (1, "1 Why streams", &[(1, "Programs are joined like garden hose. Streams join programs in small steps.")]),
                (
                    1,
                    "2 Readable streams",
                    &[
                        (2, "Readable streams produce data for a writable stream. A readable stream is paused until somebody reads it."),
                        (3, "The pipe method moves the data of readable streams. It waits when the reader is slow."),
                    ],
                ),
                (2, "2.1 Creating one", &[(4, "A new stream is made with the constructor. Pushing null ends the new stream.")]),
                (1, "3 Writable streams", &[(5, "Writable streams take data in. They end when nobody writes.")]),
            ],
        );
        shelf.add(
            "Rivers",
            &[
                (1, "Springs", &[(8, "A river begins at a spring in the mountains. The spring is fed by rain.")]),
                (1, "Floods", &[(9, "A flood leaves silt on the fields. The silt makes the fields rich.")]),
            ],
        );
        shelf
    }

    /// One chapter with `sections` sections of `passages` passages each.
    pub(crate) fn long_chapter(sections: usize, passages: usize) -> Self {
        let mut shelf = Self::empty();
        let titles: Vec<String> = (0..sections).map(|i| format!("1.{i} Part")).collect();
        let text: Vec<(u32, &str)> =
            (0..passages).map(|i| (i as u32, "This long chapter says something here.")).collect();
        let mut all: Vec<Section<'_>> = vec![(1, "1 Long chapter", &[])];
        all.extend(titles.iter().map(|title| (2, title.as_str(), text.as_slice())));
        shelf.add("Long book", &all);
        shelf
    }

    fn add(&mut self, title: &str, sections: &[Section<'_>]) {
        let id = BookId(title.to_lowercase().replace(' ', "-"));
        let book = BookRef { id: id.clone(), file_name: format!("{id}.pdf"), title: title.to_owned() };
        let mut ordinal = 0;
        for (i, (level, heading, texts)) in sections.iter().enumerate() {
            let section = SectionRef {
                id: SectionId(self.headings.len() as i64),
                ordinal: i,
                title: (*heading).to_owned(),
                path: format!("{title} > {heading}"),
            };
            let first_page = PageIndex(texts.first().map_or(0, |(page, _)| *page));
            let num_chunks = texts.len();
            let heading = Heading { section: section.clone(), level: *level, num_chunks, first_page };
            self.headings.push((id.clone(), heading));
            for (page, text) in *texts {
                self.passages.push(Passage {
                    chunk: ChunkId(self.passages.len() as i64),
                    ordinal,
                    book: book.clone(),
                    section: section.clone(),
                    text: format!("{text} {FILLER}"),
                    page_starts: vec![PageStart { offset: 0, page: PageIndex(*page), label: page.to_string() }],
                    score: 0.0,
                    cosine: 0.0,
                });
                ordinal += 1;
            }
        }
        self.books.push(book);
    }
}

fn nearness(question: &str, text: &str) -> f32 {
    coverage(&content_set(question), &content_set(text))
}

impl Shelf for ShortShelf {
    fn books(&self) -> Result<Vec<BookRef>, ShelfError> {
        Ok(self.books.clone())
    }

    fn search(&self, question: &str, scope: &Scope, limit: usize) -> Result<Vec<Passage>, ShelfError> {
        let inside = |passage: &&Passage| {
            (scope.books.is_empty() || scope.books.contains(&passage.book.id))
                && (scope.sections.is_empty() || scope.sections.contains(&passage.section.id))
        };
        let mut found: Vec<Passage> = self.passages.iter().filter(inside).cloned().collect();
        for passage in &mut found {
            passage.cosine = nearness(question, &passage.text);
            passage.score = passage.cosine;
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(limit);
        Ok(found)
    }

    fn find(&self, question: &str, scope: &Scope, limit: usize) -> Result<Vec<Found>, ShelfError> {
        let weighed = |passage: Passage| Found {
            coverage: nearness(question, &format!("{} {}", passage.section.path, passage.text)),
            sentences: sentences(&passage.text)
                .into_iter()
                .map(|range| {
                    let share = nearness(question, &passage.text[range.clone()]);
                    Sentence { range, coverage: share, cosine: share }
                })
                .collect(),
            passage,
        };
        Ok(self.search(question, scope, limit)?.into_iter().map(weighed).collect())
    }

    fn headings(&self, book: &BookId) -> Result<Vec<Heading>, ShelfError> {
        Ok(self.headings.iter().filter(|(id, _)| id == book).map(|(_, heading)| heading.clone()).collect())
    }

    fn section_passages(&self, section: SectionId) -> Result<Vec<Passage>, ShelfError> {
        Ok(self.passages.iter().filter(|passage| passage.section.id == section).cloned().collect())
    }

    fn page_labels(&self, book: &BookId) -> Result<Vec<String>, ShelfError> {
        let own = self.passages.iter().filter(|passage| passage.book.id == *book);
        let last = own.flat_map(|passage| &passage.page_starts).map(|start| start.page.0).max();
        Ok(last.map_or_else(Vec::new, |last| (0..=last).map(|page| page.to_string()).collect()))
    }

    fn page_passages(&self, book: &BookId, page: PageIndex) -> Result<Vec<Passage>, ShelfError> {
        let there =
            |passage: &&Passage| passage.book.id == *book && passage.page_starts.iter().any(|start| start.page == page);
        Ok(self.passages.iter().filter(there).cloned().collect())
    }

    fn page_text(&self, book: &BookId, page: PageIndex) -> Result<Option<String>, ShelfError> {
        let texts = self.page_passages(book, page)?.into_iter().map(|passage| passage.text).collect::<Vec<_>>();
        Ok((!texts.is_empty()).then(|| texts.join("\n")))
    }

    fn similarities(&self, question: &str, texts: &[&str]) -> Result<Vec<f32>, ShelfError> {
        Ok(texts.iter().map(|text| nearness(question, text)).collect())
    }
}

/// A writer that says the same to everything.
pub(crate) struct Parrot(pub(crate) &'static str);

impl Writer for Parrot {
    fn write(&self, _: &Prompt, _: usize, listen: &mut dyn FnMut(Written<'_>) -> ControlFlow<()>) -> WriteEnd {
        let _ = listen(Written::Started);
        for word in self.0.split_inclusive(' ') {
            if listen(Written::Text(word)).is_break() {
                break;
            }
        }
        WriteEnd::Done
    }
}
