//! Books of a few lines, kept in memory, and writers that need no model: what the tutor's tests stand on.

use super::question::{BLANK, Expected, Form, Question, Task};
use super::shelf::{Heading, Scope, Shelf, ShelfError};
use super::turn::{Cancel, Mode, Purpose, Reply, Said, Student, Teach as _, TurnEvent};
use super::wording::{WriteEnd, Writer, Written};
use super::words::{content_set, coverage};
use super::{Learner, Lesson, Prompt, Quiz, Session, Tutor};
use crate::passage::{
    BookId, BookRef, ChunkId, Citation, PageIndex, PageStart, Passage, SectionId, SectionRef, sentences,
};
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

    /// Sentences of which questions can be made.
    pub(crate) fn planets() -> Self {
        let mut shelf = Self::empty();
        shelf.add(
            "Sky and Earth",
            &[
                (
                    1,
                    "The planets",
                    &[(1, "A planet is a large round body that moves around a star. Saturn is the planet with the widest rings. Jupiter is the largest planet of all.")],
                ),
                (
                    1,
                    "The moon",
                    &[
                        (2, "The moon is a round body of rock that moves around the Earth. It takes the moon 27 days to move once around the Earth. For example, you can see it in the evening sky."),
                        (3, "A crater is a round hollow that a falling rock leaves behind. The crater Tycho is 85 kilometres wide."),
                        (4, "Neil Armstrong walked on the moon in 1969. An eclipse is a shadow of the Earth that covers the moon."),
                    ],
                ),
                (
                    1,
                    "Volcanoes",
                    &[(5, "A volcano is a mountain that throws out ash and hot rock. Magma is melted rock under the ground. Vesuvius destroyed the town of Pompeii in 79.")],
                ),
            ],
        );
        shelf
    }

    /// A book whose sentences are orders to the tutor, five a passage.
    pub(crate) fn with_orders(orders: &[&str]) -> Self {
        let mut shelf = Self::empty();
        let texts: Vec<String> = orders
            .chunks(5)
            .map(|some| format!("The orders are these words of the book. {}", some.join(" ")))
            .collect();
        let passages: Vec<(u32, &str)> = texts.iter().enumerate().map(|(i, text)| (i as u32, text.as_str())).collect();
        shelf.add("Orders", &[(1, "The orders", &passages)]);
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

    fn meanings(&self, _: &[&str]) -> Result<Vec<Vec<f32>>, ShelfError> {
        Ok(Vec::new())
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

/// A question of one word left out, on the shelf of rivers.
pub(crate) fn cloze(prompt: &str, answer: &str) -> (Question, BookRef, SectionRef) {
    let book = BookRef { id: BookId("rivers".into()), file_name: "rivers.pdf".into(), title: "Rivers".into() };
    let section = SectionRef { id: SectionId(6), ordinal: 1, title: "Floods".into(), path: "Rivers > Floods".into() };
    let source = Citation {
        book: book.file_name.clone(),
        title: book.title.clone(),
        page: 10,
        page_label: "9".into(),
        quote: prompt.replace(BLANK, answer),
        url: "/api/books/rivers/file#page=10".into(),
        spans: Vec::new(),
    };
    let expected = Expected { text: answer.into(), also: Vec::new(), form: Form::Term };
    (Question { prompt: prompt.into(), task: Task::Cloze { answer: expected }, source }, book, section)
}

/// A student who says things to a tutor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pupil {
    pub(crate) session: Session,
    pub(crate) learner: Learner,
    /// What the clock shows, in seconds since 1970.
    pub(crate) at: i64,
}

impl Pupil {
    /// One turn; also checks what holds of every turn: the deltas are the text, the reply tells the session's state,
    /// every citation is shown with its page.
    pub(crate) fn say(&mut self, tutor: &Tutor, message: &str) -> Reply {
        let mut told = String::new();
        let mut cited = 0;
        let mut events = |event| match event {
            TurnEvent::Delta(words) => told.push_str(&words),
            TurnEvent::Citations(all) => cited = all.len(),
            TurnEvent::Status { .. } => {}
        };
        let said = Said { content: message, at: self.at };
        let student = Student { session: &mut self.session, learner: &mut self.learner };
        let reply = tutor.turn(student, said, &mut events, &Cancel::default()).expect("books in memory");
        assert_eq!(told.trim_end(), reply.text, "{message}");
        assert_eq!(cited, reply.citations.len(), "{message}");
        assert_eq!((reply.mode, &reply.current_topic), (self.session.mode, &self.session.current_topic), "{message}");
        assert_eq!(reply.lesson, self.session.lesson.as_ref().map(Lesson::place), "{message}");
        assert!(reply.lesson.is_some() || reply.mode != Mode::Teaching, "{message}");
        let quizzed = reply.quiz.as_ref().map(|quiz| quiz.purpose);
        assert_eq!(quizzed.is_some(), self.session.quiz.is_some(), "{message}");
        assert_eq!(quizzed == Some(Purpose::Quiz), reply.mode == Mode::Quiz, "{message}");
        assert_eq!(quizzed == Some(Purpose::Review), reply.mode == Mode::Review, "{message}");
        assert_eq!(quizzed.is_some(), reply.text.contains("\n---\n"), "{message}: {}", reply.text);
        for citation in &reply.citations {
            assert!(
                reply.text.contains(&citation.quote),
                "{message}: a citation whose quote is not shown: {}",
                reply.text
            );
            let label = &citation.page_label;
            let is_shown = reply.text.contains(&format!("(p. {label})")) || reply.text.contains(&format!("{label}–"));
            assert!(is_shown, "{message}: a page that is not shown: {}", reply.text);
        }
        reply
    }

    /// The right answer to the open question.
    pub(crate) fn right_answer(&self) -> String {
        let item = self.session.quiz.as_ref().and_then(Quiz::item).expect("a question is open");
        item.question.right_answer()
    }
}
