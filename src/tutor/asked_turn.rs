//! A turn's question: what it leans on, where it is to be looked for, and which kind it is.

use super::filter::{self, Filtered};
use super::place::{self, Found};
use super::shelf::Scope;
use super::special::{self, Special};
use super::special_turn::Asked;
use super::teacher::Turn;
use super::turn::{Mode, State, TutorError};
use super::{Exchange, answer, followup, talk, words};
use crate::passage::BookRef;

/// Earlier questions kept for "who was he?".
const MAX_EXCHANGES: usize = 6;
/// Words of a message that only says which book is meant.
const MAX_NAME_WORDS: usize = 8;

impl Turn<'_> {
    /// Keeps what was asked and answered.
    pub(super) fn remember(&mut self, exchange: Exchange) {
        self.session.recent.push(exchange);
        let surplus = self.session.recent.len().saturating_sub(MAX_EXCHANGES);
        self.session.recent.drain(..surplus);
    }

    /// A message that may be a question for the code alone ("which books do you have?"), whatever else it reads like.
    pub(super) fn by_code(&mut self, message: &str) -> Result<Option<bool>, TutorError> {
        let books = self.tutor.shelf.books()?;
        let special = special::recognise(message, &books).filter(is_of_the_books);
        let Some(special) = special else { return Ok(None) };
        let asked = Asked { question: message, scopes: &[Scope::all()] };
        self.special(special, &asked).map(Some)
    }

    /// The answer to "of which book?": the question that was asked before, of that book.
    pub(super) fn told_which(&mut self, pending: &str, message: &str) -> Result<Option<bool>, TutorError> {
        let name = message.trim_end_matches(['.', '!', '?', ' ']);
        let name = ["the book ", "in ", "of ", "from "]
            .iter()
            .fold(name, |name, lead| name.strip_prefix(lead).unwrap_or(name));
        let found = place::named(&self.tutor.shelf.books()?, name);
        match found.as_slice() {
            [book] if message.split_whitespace().count() <= MAX_NAME_WORDS => {
                self.question_of(pending, Some(book)).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A question, in a lesson or outside: answered from the nearest books; a running lesson resumes behind the answer.
    pub(super) fn question(&mut self, message: &str) -> Result<bool, TutorError> {
        self.question_of(message, None)
    }

    /// A question outside any conversation, of the books in `scope` only.
    pub(super) fn question_in(&mut self, question: &str, scope: Scope) -> Result<bool, TutorError> {
        let books = self.tutor.shelf.books()?;
        let only = match scope.books.as_slice() {
            [id] => books.iter().find(|book| book.id == *id),
            _ => None,
        };
        if only.is_some() || scope == Scope::all() {
            return self.question_of(question, only);
        }
        self.draft.status(State::Searching, None);
        self.plain_question(question, &[scope])
    }

    fn question_of(&mut self, message: &str, book: Option<&BookRef>) -> Result<bool, TutorError> {
        self.draft.status(State::Searching, None);
        let books = self.tutor.shelf.books()?;
        if let Some(special) = special::recognise(message, &books).filter(is_of_the_books) {
            let special = book.map_or(special.clone(), |book| special.of_book(&book.file_name));
            return self.special(special, &Asked { question: message, scopes: &[Scope::all()] });
        }
        let text = self.in_context(message);
        if let Some(mut filtered) = filter::filter(&text, &books) {
            if let Some(book) = book {
                filtered.place = filtered.place.of_book(&book.file_name);
            }
            return self.filtered(&filtered, &text);
        }
        let mut scopes = Vec::new();
        if let Some(lesson) = &self.session.lesson {
            scopes.push(Scope::section(lesson.step().section.id));
            scopes.push(Scope::book(&lesson.book.id));
        }
        scopes.push(book.map_or_else(Scope::all, |book| Scope::book(&book.id)));
        match special::recognise(&text, &books).filter(|special| !special.leans_back()) {
            Some(special) => self.special(special, &Asked { question: &text, scopes: &scopes }),
            None => self.plain_question(&text, &scopes),
        }
    }

    /// A question to be answered by a search alone.
    pub(super) fn plain_question(&mut self, question: &str, scopes: &[Scope]) -> Result<bool, TutorError> {
        let grounded = self.answer(question, scopes)?;
        if self.session.lesson.is_none() {
            self.session.mode = if grounded { Mode::Answering } else { Mode::Idle };
            if !grounded {
                self.session.current_topic = None;
            }
            return Ok(grounded);
        }
        self.resume()?;
        Ok(grounded)
    }

    /// A question of one section or book only.
    fn filtered(&mut self, filtered: &Filtered, message: &str) -> Result<bool, TutorError> {
        let shelf = &*self.tutor.shelf;
        let found = place::find_section(shelf, &filtered.place, self.book_in_hand()?.as_ref())?;
        let (Some(scope), Some(book)) = (found.scope(), found.book().cloned()) else {
            let section = filtered.place.section.as_ref();
            let grounded = self.not_placed(&found, section, message)?;
            self.resume_line();
            self.leave_unanswered();
            return Ok(grounded);
        };
        self.session.book = Some(book.id.clone());
        let name = match &found {
            Found::Section(_, headings) => format!("“{}” of *{}*", headings[0].section.title, book.title),
            _ => format!("*{}*", book.title),
        };
        let scopes = [scope];
        let asked = Asked { question: &filtered.rest, scopes: &scopes };
        if let Some(special) = special::recognise(&filtered.rest, &shelf.books()?) {
            let special = special.of_book(&book.file_name);
            let is_term = matches!(special, Special::Define(_) | Special::Compare(..));
            if !is_term || !self.is_unanswered(&filtered.rest, &special, &scopes)? {
                return self.special(special, &asked);
            }
        } else if answer::find(shelf, &filtered.rest, &scopes)?.is_some() {
            return self.plain_question(&filtered.rest, &scopes);
        }
        if answer::find(shelf, &filtered.rest, &[Scope::all()])?.is_some() {
            self.draft.say(&format!("I could not find that in {name}, but elsewhere in your books:"));
            self.draft.paragraph();
            return self.plain_question(&filtered.rest, &[Scope::all()]);
        }
        self.draft.say(&format!(
            "I could not find that in {name}, so I will not guess. Try other words, or ask your teacher."
        ));
        self.resume_line();
        self.leave_unanswered();
        Ok(false)
    }

    /// Outside a lesson nothing goes on behind a question without an answer.
    fn leave_unanswered(&mut self) {
        if self.session.lesson.is_none() {
            (self.session.mode, self.session.current_topic) = (Mode::Idle, None);
        }
    }

    /// Whether the scopes say nothing of a term; a comparison says itself what it does not find.
    fn is_unanswered(&self, rest: &str, special: &Special, scopes: &[Scope]) -> Result<bool, TutorError> {
        let Special::Define(term) = special else { return Ok(false) };
        let shelf = &*self.tutor.shelf;
        Ok(super::definition::find(shelf, term, scopes)?.is_none() && answer::find(shelf, rest, scopes)?.is_none())
    }

    /// The message as a question of its own. What was understood is said, unless it is plain.
    fn in_context(&mut self, message: &str) -> String {
        if let Some(rewritten) = followup::rewrite(message, &self.session.recent) {
            if rewritten.is_guess {
                self.draft.say(&talk::understood(&rewritten.question));
                self.draft.paragraph();
            }
            return rewritten.question;
        }
        let asked = self.session.recent.last().map(|exchange| exchange.question.clone());
        let taught = || self.session.lesson.as_ref().map(|lesson| lesson.step().section.title.clone());
        match asked.or_else(taught).filter(|_| words::leans_back(message)) {
            Some(before) => format!("{before} {message}"),
            None => message.to_owned(),
        }
    }
}

/// Whether a question is of the books themselves, so that it needs nothing said before.
fn is_of_the_books(special: &Special) -> bool {
    !matches!(special, Special::Define(_) | Special::Compare(..))
}
