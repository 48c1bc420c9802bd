//! A question's words: which there are, what each weighs, and where they stand in a text.

use crate::passage::words::{is_stop, stem, telling, words};
use std::collections::BTreeSet;

/// Words of a question that are looked at; a set of them is the bits of a number.
const MAX_WORDS: usize = 64;

/// The words that full-text search is asked for: distinct, lower case, no stop words unless there is no other.
pub(super) fn of(text: &str) -> Vec<String> {
    let mut found = telling(text);
    found.truncate(MAX_WORDS);
    found
}

/// A set of a question's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks(u64);

impl Marks {
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, word: usize) -> bool {
        self.0 >> word & 1 == 1
    }
}

/// A question's words with their weights: a word that few chunks have tells more.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Each stem's first letter, to pass over most words of a text unstemmed.
    initials: BTreeSet<char>,
    stems: Vec<String>,
    weights: Vec<f32>,
    /// Words that follow each other in the question.
    pairs: Vec<(usize, usize)>,
}

/// What of a question stands in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its words.
    pub(super) words: Marks,
    /// Its pairs of words, side by side here too.
    pub(super) pairs: Marks,
}

impl Wanted {
    /// The words of `question`, as [`of`] gives them, in `counts` of `num_chunks` chunks each.
    pub(super) fn new(question: &[String], counts: &[u32], num_chunks: u32) -> Self {
        let mut wanted = Self::default();
        let mut places = Vec::with_capacity(question.len());
        for (word, count) in question.iter().zip(counts) {
            let stem = stem(word);
            places.push(wanted.stems.iter().position(|known| *known == stem).unwrap_or_else(|| {
                let (without, with) = (f64::from(num_chunks.saturating_sub(*count)), f64::from(*count));
                wanted.weights.push((1.0 + (without + 0.5) / (with + 0.5)).ln() as f32);
                wanted.initials.extend(stem.chars().next());
                wanted.stems.push(stem);
                wanted.stems.len() - 1
            }));
        }
        for pair in places.windows(2).map(|pair| (pair[0], pair[1])) {
            if !wanted.pairs.contains(&pair) && wanted.pairs.len() < MAX_WORDS {
                wanted.pairs.push(pair);
            }
        }
        wanted
    }

    /// What stands in `text`.
    pub(super) fn seen_in(&self, text: &str) -> Seen {
        let mut seen = Seen::default();
        let mut before = None;
        for word in words(text) {
            if is_stop(&word) && !self.stems.contains(&word) {
                continue;
            }
            let may_be = word.chars().next().is_some_and(|first| self.initials.contains(&first));
            let place = may_be.then(|| stem(&word)).and_then(|stem| self.stems.iter().position(|known| *known == stem));
            if let Some(place) = place {
                seen.words.0 |= 1 << place;
                let pair = before.and_then(|before| self.pairs.iter().position(|pair| *pair == (before, place)));
                seen.pairs.0 |= pair.map_or(0, |pair| 1 << pair);
            }
            before = place;
        }
        seen
    }

    /// The weight of these words as a share of all, 0 to 1; 0 of a question without words.
    pub(super) fn share(&self, marks: Marks) -> f32 {
        let all: f32 = self.weights.iter().sum();
        let seen = self.weights.iter().enumerate().filter(|(word, _)| marks.has(*word)).map(|(_, weight)| weight);
        if all > 0.0 { seen.sum::<f32>() / all } else { 0.0 }
    }

    /// The same of pairs; 0 of a question of one word.
    pub(super) fn pair_share(&self, marks: Marks) -> f32 {
        let weight = |(a, b): &(usize, usize)| self.weights[*a] + self.weights[*b];
        let all: f32 = self.pairs.iter().map(weight).sum();
        let seen = self.pairs.iter().enumerate().filter(|(pair, _)| marks.has(*pair)).map(|(_, pair)| weight(pair));
        if all > 0.0 { seen.sum::<f32>() / all } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_question_is_about() {
        for (text, expected) in [
            ("What is the speed of light?", &["speed", "light"][..]),
            ("Who was he?", &["who", "was", "he"]),
            ("NEAR(\"x\" *) text:y", &["near", "x", "y"]),
            ("Newton's 2nd law, Newton", &["newton", "2nd", "law"]),
            ("Was ist Größe?", &["ist", "größe"]),
            (" ?! ", &[]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn rare_words_and_pairs_weigh_more_and_forms_of_a_word_are_one() {
        let wanted = Wanted::new(&of("Which emperor dug the grand canal?"), &[5, 0, 60, 10], 100);
        let share = |text| wanted.share(wanted.seen_in(text).words);
        let pairs = |text| wanted.pair_share(wanted.seen_in(text).pairs);
        assert!((share("The emperor's canals were grand, and he dug them.") - 1.0).abs() < 1e-6);
        assert!(share("He dug") > share("an emperor") && share("an emperor") > share("how grand"));
        assert_eq!(share("Nothing of it. Empire! Candle!"), 0.0);
        assert!(pairs("the grand canals") > 0.0 && pairs("the canal is grand") == 0.0);
        let long = (0..200).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
        let wanted = Wanted::new(&of(&long), &[1; 64], 9);
        assert!((wanted.share(wanted.seen_in(&long).words) - 1.0).abs() < 1e-5);
        assert_eq!(Wanted::default().share(Marks::default()), 0.0);
    }
}
