//! A reply while it is being written: its text so far, what it stands on, and the events that carry both.

use super::turn::{Finish, LessonPlace, Mode, Reply, State, TurnEvent};
use crate::passage::{ChunkId, Citation, Passage};
use std::ops::Range;

/// A sentence of a book with its page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quote {
    /// The sentence, on one line.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) citation: Citation,
    /// Its passage, and its place in that.
    place: (ChunkId, Range<usize>),
}

impl Quote {
    /// The sentence at `range` of a passage.
    pub(crate) fn of(passage: &Passage, range: Range<usize>) -> Self {
        let text = passage.text[range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        let citation = passage.cite(range.start, &text);
        Self { text, citation, place: (passage.chunk, range) }
    }

    /// Whether only white space stands between `before` and this one.
    fn follows(&self, before: &Self) -> bool {
        let ((chunk, range), (chunk_before, range_before)) = (&self.place, &before.place);
        chunk == chunk_before && (range_before.end..range_before.end + 3).contains(&range.start)
    }

    /// `(p. 12)`, the page as printed.
    pub(crate) fn mark(&self) -> String {
        page_mark(&self.citation.page_label)
    }
}

/// Quotes of one page become one, with ` … ` where the book says more between them.
fn by_page(quotes: &[Quote]) -> Vec<Quote> {
    let mut pages: Vec<Quote> = Vec::new();
    for quote in quotes {
        let same_page =
            |last: &&mut Quote| last.citation.page == quote.citation.page && last.citation.book == quote.citation.book;
        match pages.last_mut().filter(same_page) {
            Some(last) => {
                last.text.push_str(if quote.follows(last) { " " } else { " … " });
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
    text: String,
    citations: Vec<Citation>,
    events: &'a mut dyn FnMut(TurnEvent),
}

impl<'a> Draft<'a> {
    pub(crate) fn new(events: &'a mut dyn FnMut(TurnEvent)) -> Self {
        Self { text: String::new(), citations: Vec::new(), events }
    }

    /// Adds words.
    pub(crate) fn say(&mut self, words: &str) {
        if !words.is_empty() {
            self.text.push_str(words);
            (self.events)(TurnEvent::Delta(words.to_owned()));
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
            if !self.citations.contains(&quote.citation) {
                self.citations.push(quote.citation);
            }
        }
        if self.citations.len() > before {
            (self.events)(TurnEvent::Citations(self.citations.clone()));
        }
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
        (self.events)(TurnEvent::Status { state, queue_position });
    }

    /// The reply as it stands.
    pub(crate) fn finish(self, end: End) -> Reply {
        Reply {
            grounded: end.grounded && !self.citations.is_empty(),
            text: self.text.trim_end().to_owned(),
            mode: end.mode,
            current_topic: end.current_topic,
            citations: self.citations,
            lesson: end.lesson,
            finish: end.finish,
        }
    }
}

/// All of a reply but its words.
pub(crate) struct End {
    pub(crate) mode: Mode,
    pub(crate) current_topic: Option<String>,
    pub(crate) lesson: Option<LessonPlace>,
    pub(crate) grounded: bool,
    pub(crate) finish: Finish,
}
