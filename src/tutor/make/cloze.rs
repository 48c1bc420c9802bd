//! A word or a number left out of a sentence.

use super::book::{Book, Candidate};
use super::key::Key;
use super::target::{Kind, Target};
use crate::tutor::question::{BLANK, Task};

/// Gaps tried in one sentence.
const MAX_TARGETS: usize = 3;

pub(super) fn make(book: &Book<'_>, into: &mut Vec<Candidate>) {
    for key in &book.keys {
        let targets = book.targets(key);
        for target in targets.iter().filter(|target| is_recalled(target)).take(MAX_TARGETS) {
            let task = Task::Cloze { answer: target.expected(&book.lexicon) };
            let prompt = format!("Fill the gap with {}: {}", what(target), with_gap(key, target));
            let candidate = Candidate::new(book, key, prompt, task).worth(target.score + 0.1);
            into.push(candidate.hiding(&target.text));
        }
    }
}

/// Whether a student may be expected to know it without a choice.
fn is_recalled(target: &Target) -> bool {
    match target.kind {
        Kind::Term { .. } => target.score >= 0.6,
        _ => true,
    }
}

/// What is to be filled in: its kind, and the first letter of a term, so that only one word fits.
fn what(target: &Target) -> String {
    let first = target.text.chars().next().unwrap_or_default();
    let words = target.text.split_whitespace().count();
    match target.kind {
        Kind::Year => "a year".to_owned(),
        Kind::Amount(_) => "a number".to_owned(),
        Kind::Name(_) => "a name".to_owned(),
        Kind::Term { .. } if words == 1 => format!("a word that begins with “{first}”"),
        Kind::Term { .. } => format!("{} words", super::text::word_of(words).unwrap_or("some")),
    }
}

/// The sentence with the gap in it.
pub(super) fn with_gap(key: &Key<'_>, target: &Target) -> String {
    format!("{}{BLANK}{}", &key.text[..target.at.start], &key.text[target.at.end..])
}
