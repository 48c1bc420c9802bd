//! The second reading: the rules' guess against what words and meaning say by the labelled messages.

use super::weights::{self, Scores};
use super::{Intent, Situation, rules, topic};
use crate::tutor::shelf::{Shelf, ShelfError};
use std::sync::OnceLock;

/// How much the word of a rule that is sure counts: less lets the weights break good rules, more keeps the rules' errors.
const OF_A_SURE_RULE: f32 = 0.25;
/// How much counts for an answer while a question waits: an answer taken for a command does more harm than the reverse.
const OF_AN_ANSWER: f32 = 0.1;
/// Longest message in words whose meaning is compared: longer ones are no commands.
const MAX_WORDS: usize = 30;
/// Words of a bare command at most, as "go back".
const BARE: usize = 2;

/// Whether the embedder at hand is the one whose vectors the weights know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    has_known_vectors: bool,
}

impl Examples {
    /// Asks `embed` for the vector of one known text; it gives none where it cannot.
    ///
    /// # Errors
    /// Those of `embed`.
    pub fn new(mut embed: impl FnMut(&[&str]) -> Result<Vec<Vec<f32>>, ShelfError>) -> Result<Self, ShelfError> {
        let vectors = embed(&[weights::PROBE])?;
        Ok(Self { has_known_vectors: vectors.first().is_some_and(|vector| weights::fits(vector)) })
    }
}

/// Reads a message: by the rules and the weights of its words; where these disagree or the rules only guess, by its
/// meaning too. What `examples` says of the embedder is asked at the first message that needs it and kept.
///
/// # Errors
/// The embedder failed.
pub(crate) fn read(
    message: &str,
    situation: Situation,
    shelf: &dyn Shelf,
    examples: &OnceLock<Examples>,
) -> Result<Intent, ShelfError> {
    let by_words = ByWords::of(message, situation);
    if by_words.is_settled() {
        return Ok(by_words.intent());
    }
    let known = match examples.get() {
        Some(known) => known,
        None => {
            let new = Examples::new(|texts| shelf.meanings(texts))?;
            examples.get_or_init(|| new)
        }
    };
    by_words.by_meaning(known, |texts| shelf.meanings(texts))
}

/// The same with an embedder in hand.
///
/// # Errors
/// Those of `embed`.
pub fn read_by(
    message: &str,
    situation: Situation,
    examples: &Examples,
    embed: impl FnMut(&[&str]) -> Result<Vec<Vec<f32>>, ShelfError>,
) -> Result<Intent, ShelfError> {
    ByWords::of(message, situation).by_meaning(examples, embed)
}

/// Reads a message without an embedder.
pub(super) fn read_words(message: &str, situation: Situation) -> Intent {
    ByWords::of(message, situation).intent()
}

/// What rules and words make of a message.
struct ByWords<'a> {
    message: &'a str,
    situation: Situation,
    rule: rules::Reading,
    name: &'static str,
}

impl<'a> ByWords<'a> {
    fn of(message: &'a str, situation: Situation) -> Self {
        let rule = rules::read(message, situation);
        let name = match is_final(&rule, message) {
            true => rule.intent.name(),
            false => best(&rule, situation, weights::scores(message, situation, None)),
        };
        Self { message, situation, rule, name }
    }

    fn is_settled(&self) -> bool {
        is_final(&self.rule, self.message) || (self.rule.is_sure && self.name == self.rule.intent.name())
    }

    fn intent(self) -> Intent {
        if self.name == self.rule.intent.name() {
            return self.rule.intent;
        }
        match self.name {
            "teach" => Intent::Teach(topic::named_anywhere(self.message, self.situation)),
            "quiz" => Intent::Quiz(topic::asked_about(self.message, self.situation)),
            name => Intent::bare(name).unwrap_or(self.rule.intent),
        }
    }

    fn by_meaning(
        mut self,
        examples: &Examples,
        mut embed: impl FnMut(&[&str]) -> Result<Vec<Vec<f32>>, ShelfError>,
    ) -> Result<Intent, ShelfError> {
        if !self.is_settled() && examples.has_known_vectors {
            let vectors = embed(&[self.message])?;
            if let Some(vector) = vectors.first() {
                self.name =
                    best(&self.rule, self.situation, weights::scores(self.message, self.situation, Some(vector)));
            }
        }
        Ok(self.intent())
    }
}

/// Cries for help, rude words, names and bare commands are for the rules alone; so is a message of no words, or a long
/// one.
fn is_final(rule: &rules::Reading, message: &str) -> bool {
    let words = message.split_whitespace().count();
    (rule.is_sure && (words <= BARE || matches!(rule.intent, Intent::Distress | Intent::Abuse | Intent::Name(_))))
        || !message.chars().any(char::is_alphanumeric)
        || words > MAX_WORDS
}

/// Whether weights may find an intent: no name and no place, no answer where nothing was asked, and so on.
fn can_be(name: &str, situation: Situation) -> bool {
    match name {
        "name" | "jump" => false,
        "answer" | "hint" | "giveup" => situation.is_asked,
        "stop" => situation.in_lesson || situation.is_asked,
        _ => true,
    }
}

/// The intent for which most is said.
fn best(rule: &rules::Reading, situation: Situation, scores: Scores) -> &'static str {
    let own = rule.intent.name();
    let (mut found, mut most) = (own, f32::NEG_INFINITY);
    for (name, score) in Intent::NAMES.iter().zip(scores) {
        let is_own = *name == own;
        if !is_own && !can_be(name, situation) {
            continue;
        }
        let of_rule = if is_own && rule.is_sure { OF_A_SURE_RULE } else { 0.0 };
        let of_answer = if *name == "answer" && situation.is_asked { OF_AN_ANSWER } else { 0.0 };
        if score + of_rule + of_answer > most {
            (found, most) = (name, score + of_rule + of_answer);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: Situation = Situation { in_lesson: true, is_asked: false };

    #[test]
    fn a_shelf_without_an_embedder_leaves_it_to_the_words() {
        let (shelf, examples) = (crate::tutor::testing::ShortShelf::empty(), OnceLock::new());
        for (message, expected) in [("next", Intent::Continue), ("photosynthesis", Intent::Question)] {
            assert_eq!(super::read(message, LESSON, &shelf, &examples).expect("no embedder"), expected, "{message}");
        }
    }

    #[test]
    fn one_vector_a_message_and_none_where_words_and_rules_agree() {
        let examples = Examples::new(|_| Ok(vec![weights::probe()])).expect("a vector of our own");
        assert!(examples.has_known_vectors);
        let asked = |message: &str, examples: &Examples| {
            let mut count = 0;
            let embed = |texts: &[&str]| {
                count += texts.len();
                Ok(vec![weights::probe()])
            };
            read_by(message, LESSON, examples, embed).expect("a vector of our own");
            count
        };
        assert_eq!(asked("next", &examples), 0);
        assert_eq!(asked("I want to die", &examples), 0);
        assert_eq!(asked("photosynthesis", &examples), 1);
        assert_eq!(asked("photosynthesis", &Examples::default()), 0); // another embedder
    }
}
