//! Plainer words beside the book's own: the model's where they pass, else the book's sentences made plainer by rules.

use super::draft::Quote;
use super::shelf::Scope;
use super::teacher::Turn;
use super::turn::TutorError;
use super::words::{content_set, words};
use super::{Lesson, definition, plain, prompt, readability};
use std::collections::BTreeSet;

/// Words of a plainer version at most; one that is longer is no help.
const MAX_PLAIN_WORDS: usize = 45;
/// A word of so many letters may be a hard one.
const HARD_LETTERS: usize = 8;
/// Hard words that are looked up.
const MAX_LOOKED_UP: usize = 6;
/// Hard words that are explained at once.
const MAX_EXPLAINED: usize = 2;

impl Turn<'_> {
    /// Says the quotes in simpler words under `lead`, if there are any that are simpler.
    pub(super) fn in_simple_words(&mut self, quotes: &[Quote], lead: &str) {
        if self.word(&prompt::explain(quotes), lead, quotes) > 0 {
            return;
        }
        let about = self.session.lesson.as_ref();
        let about = about.map(|lesson| format!("{} {}", lesson.topic, lesson.step().section.title)).unwrap_or_default();
        let plain = plainer(quotes, &content_set(&about), self.tutor.reading_grade);
        if !plain.is_empty() {
            self.draft.paragraph();
            self.draft.say(&format!("{lead} {}", plain.join(" ")));
        }
    }

    /// Explains words of a step that may be hard, from the books; says whether there were any.
    pub(super) fn hard_words(&mut self, lesson: &Lesson, quotes: &[Quote]) -> Result<bool, TutorError> {
        let shelf = &*self.tutor.shelf;
        let scopes = [Scope::section(lesson.step().section.id), Scope::book(&lesson.book.id)];
        let mut explained = Vec::new();
        for word in hard_words(quotes, &lesson.terms) {
            if let Some(found) = definition::find(shelf, &word, &scopes)? {
                let quote = found.quotes[0].clone();
                let is_new = quotes.iter().all(|shown| shown.text != quote.text);
                if is_new && !explained.iter().any(|(_, other): &(String, Quote)| other.text == quote.text) {
                    explained.push((word, quote));
                }
            }
            if explained.len() == MAX_EXPLAINED {
                break;
            }
        }
        if explained.is_empty() {
            return Ok(false);
        }
        self.draft.say("Perhaps these words are hard. This is what the book says of them.");
        for (word, quote) in &explained {
            self.draft.paragraph();
            self.draft.say(&format!("**{word}**"));
            self.draft.cite(std::slice::from_ref(quote));
            self.draft.quote_block(std::slice::from_ref(quote));
        }
        Ok(true)
    }
}

/// Plainer versions of sentences that are harder than `grade`, each with its page; nothing where none got plainer.
fn plainer(quotes: &[Quote], keep: &BTreeSet<String>, grade: f32) -> Vec<String> {
    let mut left = MAX_PLAIN_WORDS;
    let mut all = Vec::new();
    for quote in quotes {
        if readability::reading_grade(&quote.text).is_some_and(|own| own <= grade) {
            continue;
        }
        let Some(plain) = plain::simplify(&quote.text, keep) else { continue };
        let plain = plain.join(" ");
        let count = plain.split_whitespace().count();
        if count <= left {
            left -= count;
            all.push(format!("{plain} {}", quote.mark()));
        }
    }
    all
}

/// Long words of the quotes, the lesson's own terms first.
fn hard_words(quotes: &[Quote], terms: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for quote in quotes {
        let lower = quote.text.to_lowercase();
        found.extend(terms.iter().filter(|term| lower.contains(&term.to_lowercase())).cloned());
    }
    for quote in quotes {
        found.extend(words(&quote.text).filter(|word| word.chars().count() >= HARD_LETTERS));
    }
    let mut seen = BTreeSet::new();
    found.retain(|word| seen.insert(word.clone()));
    found.truncate(MAX_LOOKED_UP);
    found
}
