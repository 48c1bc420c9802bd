//! Answering a question: the sentences of the books that answer it, or that there are none.

use super::draft::Quote;
use super::opposite::sense;
use super::relevance::{self, Fit, Verdict};
use super::shelf::{Scope, Shelf, ShelfError};
use crate::passage::Passage;
use crate::retrieval::Found;
use std::ops::Range;

/// Passages whose sentences are weighed.
const MAX_PASSAGES: usize = 5;
/// What a sentence counts less that was torn from its beginning or end.
const TORN: f32 = 0.4;
/// What part of its passage's score a sentence counts.
const PASSAGE: f32 = 0.5;
/// Sentences that are ranked.
const MAX_RANKED: usize = 3;
/// Sentences quoted at most.
const MAX_QUOTES: usize = 2;
/// A sentence is quoted beside the best one from this share of its score.
const NEARLY_AS_GOOD: f32 = 0.93;

/// What the books say to a question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evidence {
    /// The sentences, in the order of the passage, the best one always among them.
    pub(crate) quotes: Vec<Quote>,
    /// The best sentence's passage.
    pub(crate) passage: Passage,
    /// How well it fits.
    pub(crate) fit: Fit,
    /// The best sentences of all passages, best first.
    pub(crate) ranked: Vec<Quote>,
}

struct Candidate {
    passage: usize,
    range: Range<usize>,
    score: f32,
    fit: Fit,
}

/// The best evidence for a question in one scope, however weak; `None` where nothing was found at all.
pub(crate) fn evidence(shelf: &dyn Shelf, question: &str, scope: &Scope) -> Result<Option<Evidence>, ShelfError> {
    let found = shelf.find(question, scope, MAX_PASSAGES)?;
    let mut candidates = candidates(question, &found);
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let Some(best) = candidates.first() else { return Ok(None) };
    let passage = &found[best.passage].passage;
    let mut chosen: Vec<&Candidate> = candidates
        .iter()
        .filter(|other| other.passage == best.passage && other.score >= best.score * NEARLY_AS_GOOD)
        .take(MAX_QUOTES)
        .collect();
    chosen.sort_by_key(|candidate| candidate.range.start);
    let quotes = chosen.iter().map(|candidate| Quote::of(passage, candidate.range.clone())).collect();
    let ranked = candidates.iter().take(MAX_RANKED);
    let ranked = ranked.map(|one| Quote::of(&found[one.passage].passage, one.range.clone())).collect();
    Ok(Some(Evidence { quotes, passage: passage.clone(), fit: best.fit, ranked }))
}

/// What the books are to a question.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// They answer it.
    Answer(Evidence),
    /// They have something near it.
    Near(Evidence),
    /// They do not speak of it.
    Nothing,
}

/// Looks in ever wider scopes; the first in which the books answer counts, else what is nearest in the widest.
pub(crate) fn look(shelf: &dyn Shelf, question: &str, scopes: &[Scope]) -> Result<Outcome, ShelfError> {
    let mut outcome = Outcome::Nothing;
    for scope in scopes {
        outcome = match evidence(shelf, question, scope)? {
            Some(found) => match relevance::verdict(found.fit) {
                Verdict::Answer => return Ok(Outcome::Answer(found)),
                Verdict::Near => Outcome::Near(found),
                Verdict::Nothing => Outcome::Nothing,
            },
            None => Outcome::Nothing,
        };
    }
    Ok(outcome)
}

/// The answer in the first of ever wider scopes that has one.
pub(crate) fn find(shelf: &dyn Shelf, question: &str, scopes: &[Scope]) -> Result<Option<Evidence>, ShelfError> {
    Ok(match look(shelf, question, scopes)? {
        Outcome::Answer(found) => Some(found),
        Outcome::Near(_) | Outcome::Nothing => None,
    })
}

/// The sentences that could be quoted, with their scores: their own, and a part of their passage's.
fn candidates(question: &str, found: &[Found]) -> Vec<Candidate> {
    let mut all = Vec::new();
    for (i, Found { passage, coverage, sentences }) in found.iter().enumerate() {
        for sentence in sentences {
            let text = &passage.text[sentence.range.clone()];
            if !is_statement(text) {
                continue;
            }
            let torn = if is_whole(text) { 0.0 } else { TORN };
            let fit = Fit {
                coverage: *coverage,
                sentence_coverage: sentence.coverage,
                passage_cosine: passage.cosine,
                sentence_cosine: sentence.cosine,
                sense: sense(question, text),
            };
            let score = sentence.score() - torn + PASSAGE * passage.score;
            all.push(Candidate { passage: i, range: sentence.range.clone(), score, fit });
        }
    }
    all
}

/// Whether a sentence says something: long enough, mostly letters, no program code and no question of the book's own.
pub(crate) fn is_statement(sentence: &str) -> bool {
    let words = sentence.split_whitespace().count();
    let wide_script = sentence.chars().any(|c| u32::from(c) >= 0x2E80);
    let letters = sentence.chars().filter(|c| c.is_alphabetic() || c.is_whitespace()).count();
    let all = sentence.chars().count();
    let long_enough = words >= 4 || wide_script && all >= 8;
    long_enough && letters * 10 >= all * 6 && !sentence.trim_end().ends_with('?') && !is_code(sentence)
}

/// Whether a line is program code: it ends like a statement, or is full of the signs of one.
fn is_code(sentence: &str) -> bool {
    let sentence = sentence.trim();
    let signs = sentence.matches(['{', '}', ';', '=', '<', '>', '|', '$', '\\']).count();
    let calls = sentence.matches("(").count().min(sentence.matches(").").count() + sentence.matches("();").count());
    sentence.ends_with([';', '{', '}']) || (signs + calls) * 4 > sentence.split_whitespace().count()
}

/// Whether a sentence is whole: it begins like one and ends like one. Pieces of tables and of torn pages are not.
pub(crate) fn is_whole(sentence: &str) -> bool {
    let first = sentence.trim_start_matches(|c: char| !c.is_alphanumeric()).chars().next();
    let ends =
        sentence.trim_end_matches(['"', '”', '’', '\'', ')', ']', '»']).ends_with(['.', '!', ':', '。', '।', '۔', '።']);
    first.is_some_and(|c| !c.is_lowercase()) && (ends || sentence.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tutor::testing::ShortShelf;

    fn answered(question: &str, scopes: &[Scope]) -> Option<String> {
        let found = find(&ShortShelf::streams_and_rivers(), question, scopes).expect("the shelf in memory cannot fail");
        found.map(|found| {
            found.quotes.iter().map(|quote| format!("{} {}", quote.text, quote.mark())).collect::<Vec<_>>().join(" | ")
        })
    }

    #[test]
    fn a_question_gets_the_sentence_that_answers_it_with_its_page() {
        let cases = [
            ("What do readable streams produce?", Some("Readable streams produce data for a writable stream. (p. 2)")),
            ("What does a flood leave on the fields?", Some("A flood leaves silt on the fields. (p. 9)")),
            ("Who won the football match in Madrid?", None),
            ("", None),
        ];
        for (question, expected) in cases {
            assert_eq!(answered(question, &[Scope::all()]).as_deref(), expected, "{question}");
        }
    }

    #[test]
    fn whole_sentences_are_told_from_torn_ones() {
        for (text, expected) in [
            ("Plants make sugar.", true),
            ("“Plants make sugar.”", true),
            ("It is so.[3]", true),
            ("relevant signals to close the pipe.", false),
            ("Plants make sugar from", false),
        ] {
            assert_eq!(is_whole(text), expected, "{text}");
        }
    }

    #[test]
    fn statements_are_told_from_headings_figures_and_questions() {
        for (text, expected) in [
            ("Plants make sugar from light.", true),
            ("2.1 Streams", false),
            ("What is a stream made of?", false),
            ("12 34 56 78 90 11 12", false),
            ("var Readable = require('stream').Readable;", false),
            ("if (c > 'z'.charCodeAt(0)) rs.push(null);", false),
            ("The pipe() method (see below) moves the data, and a = b here.", true),
        ] {
            assert_eq!(is_statement(text), expected, "{text}");
        }
    }
}
