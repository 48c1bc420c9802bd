//! A reply while it is being written: its text so far, what it stands on, and the events that carry both.

use super::shelf::Shelf;
use super::turn::{Finish, Inquiry, LessonPlace, Mode, ProgressEntry, QuizPlace, Reply, State, TurnEvent};
use crate::passage::{BookId, ChunkId, Citation, GAP, PageIndex, Passage, on_one_line};
use std::ops::Range;

/// A sentence of a book with its page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quote {
    /// The sentence, on one line.
    pub(crate) text: String,
    /// Where it stands; of a sentence that goes over pages, its beginning.
    pub(crate) citation: Citation,
    /// Where it goes on, page by page.
    more: Vec<Citation>,
    /// Its book.
    book: BookId,
    /// Its passage, and its place in that.
    place: (ChunkId, Range<usize>),
}

impl Quote {
    /// The sentence at `range` of a passage, which has a letter.
    pub(crate) fn of(passage: &Passage, range: Range<usize>) -> Self {
        let mut pages = passage.cite(range.clone()).into_iter();
        let citation = pages.next().expect("a sentence is not white space only");
        let text = on_one_line(&passage.text[range.clone()]);
        Self { text, citation, more: pages.collect(), book: passage.book.id.clone(), place: (passage.chunk, range) }
    }

    /// Where it stands, page by page.
    pub(crate) fn citations(&self) -> impl Iterator<Item = &Citation> {
        std::iter::once(&self.citation).chain(&self.more)
    }

    fn last_page(&self) -> &Citation {
        self.more.last().unwrap_or(&self.citation)
    }

    /// Whether only white space stands between `before` and this one.
    fn follows(&self, before: &Self) -> bool {
        let ((chunk, range), (chunk_before, range_before)) = (&self.place, &before.place);
        chunk == chunk_before && (range_before.end..range_before.end + 3).contains(&range.start)
    }

    /// `(p. 12)`, the page as printed; `(p. 12–13)` of a sentence over two.
    pub(crate) fn mark(&self) -> String {
        let (first, last) = (&self.citation.page_label, &self.last_page().page_label);
        if first == last { page_mark(first) } else { page_mark(&format!("{first}–{last}")) }
    }
}

/// Quotes of one page become one, with ` … ` where the book says more between them.
fn by_page(quotes: &[Quote]) -> Vec<Quote> {
    let mut pages: Vec<Quote> = Vec::new();
    for quote in quotes {
        let same_page = |last: &&mut Quote| {
            let (last, next) = (&last.citation, &quote.citation);
            (last.page, &last.book) == (next.page, &next.book)
        };
        let on_one_page = |last: &&mut Quote| last.more.is_empty() && quote.more.is_empty();
        match pages.last_mut().filter(same_page).filter(on_one_page) {
            Some(last) => {
                last.text.push_str(if quote.follows(last) { " " } else { GAP });
                last.text.push_str(&quote.text);
                last.citation.quote.clone_from(&last.text);
                last.place = quote.place.clone();
            }
            None => pages.push(quote.clone()),
        }
    }
    pages
}

/// A printed page in the text of a reply.
pub(crate) fn page_mark(label: &str) -> String {
    format!("(p. {label})")
}

/// Events go out as words come in; the whole is read off at the end.
pub(crate) struct Draft<'a> {
    shelf: &'a dyn Shelf,
    text: String,
    citations: Vec<Citation>,
    events: &'a mut dyn FnMut(TurnEvent),
    held: Option<Held>,
}

/// What is not told yet, because it may have to be taken back.
struct Held {
    /// How much text and how many citations stood before.
    before: (usize, usize),
    events: Vec<TurnEvent>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(shelf: &'a dyn Shelf, events: &'a mut dyn FnMut(TurnEvent)) -> Self {
        Self { shelf, text: String::new(), citations: Vec::new(), events, held: None }
    }

    /// Adds words.
    pub(crate) fn say(&mut self, words: &str) {
        if !words.is_empty() {
            self.text.push_str(words);
            self.tell(TurnEvent::Delta(words.to_owned()));
        }
    }

    fn tell(&mut self, event: TurnEvent) {
        match &mut self.held {
            Some(held) => held.events.push(event),
            None => (self.events)(event),
        }
    }

    /// Keeps what comes from here on back until [`release`](Self::release) or [`take_back`](Self::take_back).
    pub(crate) fn hold(&mut self) {
        self.held = Some(Held { before: (self.text.len(), self.citations.len()), events: Vec::new() });
    }

    /// What is held back.
    pub(crate) fn held_text(&self) -> &str {
        self.held.as_ref().map_or("", |held| &self.text[held.before.0..])
    }

    /// Tells what was held back.
    pub(crate) fn release(&mut self) {
        if let Some(held) = self.held.take() {
            held.events.into_iter().for_each(|event| (self.events)(event));
        }
    }

    /// Forgets what was held back.
    pub(crate) fn take_back(&mut self) {
        if let Some(held) = self.held.take() {
            self.text.truncate(held.before.0);
            self.citations.truncate(held.before.1);
        }
    }

    /// Tells that the words to come stand on one place more.
    pub(crate) fn cite_place(&mut self, book: &BookId, citation: &Citation) {
        let citation = &self.located(book, citation.clone());
        if !self.citations.contains(citation) {
            self.citations.push(citation.clone());
            self.tell(TurnEvent::Citations(self.citations.clone()));
        }
    }

    /// Begins a new paragraph, unless nothing was said yet.
    pub(crate) fn paragraph(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            let breaks = if self.text.ends_with('\n') { "\n" } else { "\n\n" };
            self.say(breaks);
        }
    }

    /// Tells what the words to come stand on; what was told before stays.
    pub(crate) fn cite(&mut self, quotes: &[Quote]) {
        let before = self.citations.len();
        for quote in by_page(quotes) {
            for citation in quote.citations() {
                let citation = self.located(&quote.book, citation.clone());
                if !self.citations.contains(&citation) {
                    self.citations.push(citation);
                }
            }
        }
        if self.citations.len() > before {
            self.tell(TurnEvent::Citations(self.citations.clone()));
        }
    }

    /// The same citation with its place on the page.
    fn located(&self, book: &BookId, mut citation: Citation) -> Citation {
        match self.shelf.page_text(book, PageIndex(citation.page.saturating_sub(1))) {
            Ok(text) => citation.locate(&text.unwrap_or_default()),
            Err(error) => tracing::warn!(%error, "a quote is not marked on its page"),
        }
        citation
    }

    /// Quotes sentences as a block, the page once behind the sentences of each page.
    pub(crate) fn quote_block(&mut self, quotes: &[Quote]) {
        self.paragraph();
        for (i, quote) in by_page(quotes).iter().enumerate() {
            let lead = if i == 0 { "> " } else { " " };
            self.say(&format!("{lead}{} {}", quote.text, quote.mark()));
        }
    }

    /// Tells what the turn is doing.
    pub(crate) fn status(&mut self, state: State, queue_position: Option<usize>) {
        // Waiting is told at once: it says nothing of the answer.
        (self.events)(TurnEvent::Status { state, queue_position });
    }

    /// The reply as it stands.
    pub(crate) fn finish(mut self, end: End) -> Reply {
        self.release();
        Reply {
            grounded: end.grounded && !self.citations.is_empty(),
            text: self.text.trim_end().to_owned(),
            mode: end.mode,
            current_topic: end.current_topic,
            citations: self.citations,
            lesson: end.lesson,
            quiz: end.quiz,
            progress: end.progress,
            asked: end.asked,
            finish: end.finish,
        }
    }
}

/// All of a reply but its words.
pub(crate) struct End {
    pub(crate) mode: Mode,
    pub(crate) current_topic: Option<String>,
    pub(crate) lesson: Option<LessonPlace>,
    pub(crate) quiz: Option<QuizPlace>,
    pub(crate) progress: Option<Vec<ProgressEntry>>,
    pub(crate) asked: Option<Inquiry>,
    pub(crate) grounded: bool,
    pub(crate) finish: Finish,
}
