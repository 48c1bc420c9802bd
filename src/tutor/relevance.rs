//! Whether the books speak of something at all: the line between an answer and "that is not in your books".

use super::opposite::Sense;
use super::words::{content_set, coverage};
use crate::passage::Passage;
use std::collections::BTreeSet;

/// Cosine of question and passage from which shared words are not asked for.
const NEAR_IN_MEANING: f32 = 0.62;
/// Cosine below which shared words alone do not count.
const FAR_IN_MEANING: f32 = 0.18;
/// Share of a topic's words a passage must have.
const TOPIC_COVERAGE: f32 = 0.99;

/// The content words of a passage and of the headings above it.
pub(crate) fn passage_words(passage: &Passage) -> BTreeSet<String> {
    let mut words = content_set(&passage.text);
    words.extend(content_set(&passage.section.path));
    words
}

/// Whether a passage speaks of a topic: it has all its words (all but one of a long one), or means nearly the same.
pub(crate) fn topic_is_in(topic: &str, passage: &Passage) -> bool {
    let wanted = content_set(topic);
    if wanted.is_empty() {
        return false;
    }
    if passage.cosine >= NEAR_IN_MEANING {
        return true;
    }
    let share = coverage(&wanted, &passage_words(passage));
    let missing_allowed = if wanted.len() >= 4 { 1.0 / wanted.len() as f32 } else { 0.0 };
    passage.cosine >= FAR_IN_MEANING && share >= TOPIC_COVERAGE - missing_allowed
}

/// What is known of how well the books fit a question; see [`answers`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    /// Share of the question's words, by weight, in the passage or its headings.
    pub(crate) coverage: f32,
    /// The same of the sentence alone.
    pub(crate) sentence_coverage: f32,
    /// Cosine of question and passage.
    pub(crate) passage_cosine: f32,
    /// Cosine of question and sentence.
    pub(crate) sentence_cosine: f32,
    /// Whether the sentence speaks of what is asked or of its opposite.
    pub(crate) sense: Sense,
}

/// What the books are to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They answer it.
    Answer,
    /// They speak of something near it; whether that answers it is for the reader to say.
    Near,
    /// They do not speak of it.
    Nothing,
}

/// Confidence from which the books answer.
const SURE_ENOUGH: f32 = 0.5;
/// Confidence from which what they say is worth showing.
const NEAR_ENOUGH: f32 = 0.25;

/// What a passage is to a question.
pub(crate) fn verdict(fit: Fit) -> Verdict {
    match confidence(fit) {
        sure if sure >= SURE_ENOUGH => Verdict::Answer,
        sure if sure >= NEAR_ENOUGH => Verdict::Near,
        _ => Verdict::Nothing,
    }
}

/// How sure it is that the books answer, 0 to 1: a logistic function, fitted to labelled questions asked of all books, and
/// of all but the one that answers, and to half of those made to look answerable. `lectern eval refusal` measures it.
pub(crate) fn confidence(fit: Fit) -> f32 {
    let Fit { coverage, sentence_coverage, passage_cosine, sentence_cosine, sense } = fit;
    let against = if sense == Sense::Same { 0.0 } else { 3.4 };
    let sum = 2.4 * coverage + 2.2 * sentence_coverage + 4.4 * passage_cosine + 6.6 * sentence_cosine - 6.62 - against;
    1.0 / (1.0 + (-sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_needs_words_and_meaning() {
        let fit = |coverage, cosine, sense| Fit {
            coverage,
            sentence_coverage: coverage,
            passage_cosine: cosine,
            sentence_cosine: cosine,
            sense,
        };
        for (fit, expected) in [
            (fit(1.0, 0.6, Sense::Same), Verdict::Answer),
            (fit(0.75, 0.5, Sense::Same), Verdict::Answer),
            (fit(1.0, 0.45, Sense::Opposite), Verdict::Near),
            (fit(0.7, 0.5, Sense::Negated), Verdict::Nothing),
            (fit(0.5, 0.35, Sense::Same), Verdict::Near),
            (fit(0.0, 0.3, Sense::Same), Verdict::Nothing),
            (fit(0.1, 0.2, Sense::Same), Verdict::Nothing),
            (fit(0.0, 0.75, Sense::Same), Verdict::Answer),
        ] {
            assert_eq!(verdict(fit), expected, "{fit:?}");
        }
    }
}
