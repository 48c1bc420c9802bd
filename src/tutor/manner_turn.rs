//! A turn's manners: greetings and names, kind words where a student is in trouble, and the student's own language.

use super::language::{self, Language, Phrase, language_of};
use super::learner;
use super::talk::{self, vary};
use super::teacher::Turn;
use super::turn::TutorError;

/// Turns before the same topics are offered again.
const OFFER_EVERY: u64 = 4;

impl Turn<'_> {
    /// Fixed words where no book is asked for; nothing else is said with them.
    pub(super) fn kind_words(&mut self, words: Phrase, message: &str) -> Result<bool, TutorError> {
        let language = language_of(message).unwrap_or(Language::English);
        self.draft.say(language::phrase(words, language));
        Ok(false)
    }

    /// Where the message is in a language that no book is in, says so in that language.
    pub(super) fn mind_language(&mut self, message: &str) -> Result<(), TutorError> {
        let Some(own) = language_of(message).filter(|language| *language != Language::English) else { return Ok(()) };
        let books = self.languages_of_books()?;
        let Some(other) = books.first().copied().filter(|_| !books.contains(&own)) else { return Ok(()) };
        let ability = self.tutor.languages.ability(own, other);
        self.answer_in = ability.writes.then_some(own);
        self.draft.say(&language::notice(own, other, ability));
        self.draft.paragraph();
        Ok(())
    }

    /// The language of each book, by a passage of it.
    fn languages_of_books(&self) -> Result<Vec<Language>, TutorError> {
        let shelf = &*self.tutor.shelf;
        let mut found = Vec::new();
        for book in shelf.books()? {
            let headings = shelf.headings(&book.id)?;
            let with_text = headings.iter().filter(|heading| heading.num_chunks > 0);
            let Some(middle) = with_text.clone().nth(with_text.count() / 2) else { continue };
            let passages = shelf.section_passages(middle.section.id)?;
            found.extend(passages.first().and_then(|passage| language_of(&passage.text)));
        }
        Ok(found)
    }

    /// The student is stuck though nothing was asked: in a lesson the step is the trouble.
    pub(super) fn stuck(&mut self) -> Result<bool, TutorError> {
        if self.session.lesson.is_some() {
            self.simpler()
        } else {
            self.small_talk("Tell me what you would like to know.")
        }
    }

    pub(super) fn greet(&mut self) -> Result<bool, TutorError> {
        let name = self.learner.name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
        let ways = [format!("Hello{name}! It is good to see you."), format!("Hello{name}!"), format!("Hi{name}!")];
        self.small_talk(vary(self.session.turns, &ways.each_ref().map(String::as_str)))
    }

    pub(super) fn meet(&mut self, name: &str) -> Result<bool, TutorError> {
        let Some(name) = learner::clean_name(name) else {
            return self.small_talk("I did not understand your name.");
        };
        let line = format!("Nice to meet you, {name}.");
        self.learner.name = Some(name);
        self.small_talk(&line)
    }

    pub(super) fn small_talk(&mut self, words: &str) -> Result<bool, TutorError> {
        if !words.is_empty() {
            self.draft.say(&format!("{words} "));
        }
        match &self.session.lesson {
            Some(lesson) => {
                let place = lesson.place();
                let line = format!(
                    "We are at step {} of {} of **{}**. Say **continue** to go on, or ask me anything.",
                    place.step, place.total, place.title
                );
                self.draft.say(&line);
            }
            None => {
                let topics = self.topics()?;
                let offered = self.session.offered.is_some_and(|offered| self.session.turns < offered + OFFER_EVERY);
                let line = if topics.is_empty() {
                    talk::no_books().to_owned()
                } else if offered {
                    "Say **teach me about** and a topic, or ask me anything.".to_owned()
                } else {
                    self.session.offered = Some(self.session.turns);
                    format!("You can say, for example:{}", talk::starters(&topics))
                };
                self.draft.say(&line);
            }
        }
        Ok(false)
    }
}
