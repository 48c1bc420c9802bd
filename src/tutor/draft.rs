//! A reply while it is being written: its text so far, what it stands on, and the events that carry both.

use super::turn::{Finish, LessonPlace, Mode, Reply, State, TurnEvent};
use crate::passage::{Citation, Passage};
use std::ops::Range;

/// A sentence of a book with its page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quote {
    /// The sentence, on one line.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) citation: Citation,
}

impl Quote {
    /// The sentence at `range` of a passage.
    pub(crate) fn of(passage: &Passage, range: Range<usize>) -> Self {
        let text = passage.text[range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        let citation = passage.cite(range.start, &text);
        Self { text, citation }
    }

    /// `(p. 12)`, the page as printed.
    pub(crate) fn mark(&self) -> String {
        page_mark(&self.citation.page_label)
    }
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
        for quote in quotes {
            if !self.citations.contains(&quote.citation) {
                self.citations.push(quote.citation.clone());
            }
        }
        if self.citations.len() > before {
            (self.events)(TurnEvent::Citations(self.citations.clone()));
        }
    }

    /// Quotes sentences as a block, the page once behind the sentences of each page.
    pub(crate) fn quote_block(&mut self, quotes: &[Quote]) {
        self.paragraph();
        for (i, quote) in quotes.iter().enumerate() {
            let lead = if i == 0 { "> " } else { " " };
            self.say(&format!("{lead}{}", quote.text));
            if quotes.get(i + 1).is_none_or(|next| next.citation.page != quote.citation.page) {
                self.say(&format!(" {}", quote.mark()));
            }
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
