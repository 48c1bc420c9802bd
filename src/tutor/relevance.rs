//! Whether the books speak of something at all: the line between an answer and "that is not in your books".

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
    /// Share of the question's content words in the passage or its headings.
    pub(crate) coverage: f32,
    /// The same of the sentence alone.
    pub(crate) sentence_coverage: f32,
    /// Cosine of question and passage.
    pub(crate) passage_cosine: f32,
    /// Cosine of question and sentence.
    pub(crate) sentence_cosine: f32,
}

/// Confidence from which the books answer.
const SURE_ENOUGH: f32 = 0.5;
/// Cosine of question and sentence that needs no words in common.
const SENTENCE_SAYS_IT: f32 = 0.62;

/// Whether a passage fits a question well enough to answer from it.
pub(crate) fn answers(fit: Fit) -> bool {
    confidence(fit) >= SURE_ENOUGH || fit.sentence_cosine >= SENTENCE_SAYS_IT
}

/// How sure it is that the books answer, 0 to 1: a logistic function, fitted to labelled questions asked of all books, and
/// of all but the one that answers. `lectern eval refusal` measures it.
pub(crate) fn confidence(fit: Fit) -> f32 {
    let Fit { coverage, sentence_coverage, passage_cosine, sentence_cosine } = fit;
    let sum = 2.5 * coverage + 7.3 * sentence_coverage + 3.5 * passage_cosine + 11.5 * sentence_cosine - 11.3;
    1.0 / (1.0 + (-sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_needs_words_and_meaning() {
        let fit = |coverage, passage_cosine, sentence_cosine| Fit {
            coverage,
            sentence_coverage: coverage,
            passage_cosine,
            sentence_cosine,
        };
        for (fit, expected) in [
            (fit(1.0, 0.6, 0.6), true),
            (fit(0.75, 0.5, 0.5), true),
            (fit(0.0, 0.3, 0.3), false),
            (fit(1.0, 0.0, 0.0), false),
            (fit(0.0, 0.6, 0.7), true),
            (fit(0.2, 0.5, 0.5), false),
            (fit(0.3, 0.3, 0.3), false),
        ] {
            assert_eq!(answers(fit), expected, "{fit:?}");
        }
    }
}
