//! Questions made from a book's own sentences, by rules alone: gaps, choices, short answers, orders, pairs, and the
//! book's own exercises. Pure: the same material, wish and seed give the same questions. A sentence that cannot be
//! understood alone, or whose grammar cannot be turned safely, makes no question.

mod book;
mod choice;
mod cloze;
mod define;
mod exercise;
mod key;
mod matching;
mod order;
mod pick;
mod short;
mod target;
mod terms;
mod text;
mod who;

use super::question::Question;
use crate::passage::{Citation, Passage, on_one_line, sentences};

/// A sentence of a book with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    /// One sentence.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) citation: Citation,
    /// Title of its section.
    pub(crate) section: String,
}

/// The sentences of passages that follow one another, each once: what one passage repeats of the one before is left out.
pub(crate) fn sources(passages: &[Passage]) -> Vec<Source> {
    let mut found: Vec<Source> = Vec::new();
    for passage in passages {
        let known = found.len().saturating_sub(MAX_OVERLAP);
        let mut fresh = Vec::new();
        for range in sentences(&passage.text) {
            let text = on_one_line(&passage.text[range.clone()]);
            let Some(citation) = passage.cite(range).into_iter().next() else { continue };
            if !found[known..].iter().any(|source| source.text == text) {
                fresh.push(Source { text, citation, section: passage.section.title.clone() });
            }
        }
        found.extend(fresh);
    }
    found
}

/// Sentences of the passages before in which one is looked for that is repeated.
const MAX_OVERLAP: usize = 12;

/// What questions are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Material<'a> {
    /// What it is about: the heading, or the topic of the lesson.
    pub(crate) heading: &'a str,
    /// The sentences to ask about, in book order.
    pub(crate) own: &'a [Source],
    /// The rest of the chapter or book: wrong options are taken from it, and what its words are.
    pub(crate) around: &'a [Source],
}

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Cloze,
    Choice,
    Short,
    Order,
    Match,
    Exercise,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: &'static [Self] =
        &[Self::Cloze, Self::Choice, Self::Short, Self::Order, Self::Match, Self::Exercise];
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// Only these kinds.
    pub(crate) kinds: &'a [Kind],
    /// At most so many.
    pub(crate) count: usize,
}

/// The best questions first. Never two about one sentence, nor one that gives another's answer away.
pub(crate) fn questions(material: &Material<'_>, wish: Wish<'_>, seed: u64) -> Vec<Question> {
    let texts = book::Texts::new(material);
    let book = book::Book::new(material, &texts);
    let mut candidates = Vec::new();
    for kind in wish.kinds {
        match kind {
            Kind::Cloze => cloze::make(&book, &mut candidates),
            Kind::Choice => choice::make(&book, seed, &mut candidates),
            Kind::Short => short::make(&book, &mut candidates),
            Kind::Order => order::make(&book, seed, &mut candidates),
            Kind::Match => matching::make(&book, seed, &mut candidates),
            Kind::Exercise => exercise::make(&book, &mut candidates),
        }
    }
    pick::pick(candidates, wish.count, seed)
}

#[cfg(test)]
mod tests;
