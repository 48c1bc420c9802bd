//! What a hint must not tell: whether a text tells it, and the text with it partly filled in.

use crate::passage::words::{is_stop, stem};
use crate::tutor::grade::{secret_value, text};
use crate::tutor::question::{BLANK, Form, Question, Task};
use std::ops::Range;

/// What a hint must not tell.
pub(super) struct Secrets {
    /// Folded words of each accepted answer.
    phrases: Vec<Vec<String>>,
    /// The same as they are written, where they are long enough to be told inside another word.
    written: Vec<String>,
    /// Accepted numbers.
    values: Vec<f64>,
    /// Of a statement, the words of which not many may be told together.
    keys: Vec<String>,
}

pub(super) fn secrets(question: &Question) -> Secrets {
    let mut secrets = Secrets { phrases: Vec::new(), written: Vec::new(), values: Vec::new(), keys: Vec::new() };
    let texts: Vec<&String> = match &question.task {
        Task::Cloze { answer } | Task::Short { answer } | Task::Exercise { answer: Some(answer) } => {
            if answer.form == Form::Statement {
                secrets.keys = keys(question, &answer.text);
            }
            std::iter::once(&answer.text).chain(&answer.also).collect()
        }
        Task::Choice { options, correct } => options.get(*correct).into_iter().collect(),
        _ => Vec::new(),
    };
    secrets.values = texts
        .iter()
        .filter_map(|text| secret_value(text))
        .filter(|(_, alone)| *alone)
        .map(|(value, _)| value)
        .collect();
    let folded = texts.iter().map(|text| text::fold(text).trim().to_owned());
    secrets.written =
        folded.filter(|text| text.chars().count() >= 4 && text.chars().any(char::is_alphanumeric)).collect();
    secrets.phrases = texts.iter().map(|text| text::tokens(text)).filter(|words| !words.is_empty()).collect();
    secrets
}

impl Secrets {
    /// Whether a text tells one of them.
    pub(super) fn shown_in(&self, text: &str) -> bool {
        let told = text::tokens(text);
        let most = !self.keys.is_empty()
            && self.keys.iter().filter(|key| told.contains(key)).count() * 10 >= self.keys.len() * 7;
        let folded = text::fold(text);
        let written = self.written.iter().any(|secret| folded.contains(secret));
        let said = |phrase: &Vec<String>| told.windows(phrase.len()).any(|window| window == phrase);
        most || written || self.phrases.iter().any(said) || !self.places(text).is_empty()
    }

    /// Whether a text has a word of one of them.
    pub(super) fn begun_in(&self, text: &str) -> bool {
        let told = text::tokens(text);
        let parts: Vec<&String> = match &self.keys[..] {
            [] => self.phrases.iter().flatten().filter(|word| !is_stop(word)).collect(),
            keys => keys.iter().collect(),
        };
        parts.iter().any(|part| told.contains(part))
    }

    /// The text with them partly filled in.
    pub(super) fn masked(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for range in self.places(text).into_iter().rev() {
            let shown = pattern(&text[range.clone()]);
            let shown = if self.places(&shown).is_empty() { shown } else { BLANK.to_owned() };
            masked.replace_range(range, &shown);
        }
        masked
    }

    /// Where the words of the text stand that tell one of them.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let words = word_ranges(text);
        let folded: Vec<String> = words.iter().map(|range| text::fold(&text[range.clone()])).collect();
        let stems: Vec<String> = folded.iter().map(|word| stem(word)).collect();
        let mut hidden = vec![false; words.len()];
        for phrase in &self.phrases {
            let wanted: Vec<String> = phrase.iter().map(|word| stem(word)).collect();
            for from in 0..(words.len() + 1).saturating_sub(phrase.len()) {
                let span = from..from + phrase.len();
                let is_form = |i: usize| {
                    stems[from + i] == wanted[i] || folded[from + i].starts_with(&phrase[i]) && phrase[i].len() > 2
                };
                if (0..phrase.len()).all(is_form) || folded[span.clone()] == phrase[..] {
                    hidden[span].fill(true);
                }
            }
            // "cell" also stands in "cellular".
            let joined = phrase.concat();
            for (i, word) in folded.iter().enumerate() {
                hidden[i] |= joined.chars().count() >= 4 && word.contains(&joined);
            }
        }
        for (i, range) in words.iter().enumerate() {
            let value = secret_value(&text[range.clone()]).map(|(value, _)| value);
            hidden[i] |= value.is_some_and(|value| self.values.contains(&value));
        }
        words.into_iter().zip(hidden).filter(|(_, hidden)| *hidden).map(|(range, _)| range).collect()
    }
}

/// The words of a text as byte ranges.
fn word_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices() {
        let inside = c.is_alphanumeric() || "'’".contains(c);
        match ranges.last_mut() {
            Some(range) if inside && range.end == at => range.end = at + c.len_utf8(),
            _ if c.is_alphanumeric() => ranges.push(at..at + c.len_utf8()),
            _ => {}
        }
    }
    ranges
}

/// The words of a statement that the question does not have.
pub(super) fn keys(question: &Question, statement: &str) -> Vec<String> {
    let asked = text::stems(&question.prompt);
    let mut keys: Vec<String> = Vec::new();
    for word in text::tokens(statement) {
        if !is_stop(&word) && !asked.contains(&stem(&word)) && !keys.contains(&word) {
            keys.push(word);
        }
    }
    keys
}

/// A word with its first and last letters: "ph____________s".
pub(super) fn pattern(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let count = letters.iter().filter(|c| c.is_alphanumeric()).count();
    let numeric = letters.iter().any(char::is_ascii_digit);
    let (front, back) = match count {
        _ if numeric && count > 2 => (1, 0),
        _ if numeric => (0, 0),
        6.. => (2, 1),
        4.. => (1, 0),
        _ => (0, 0),
    };
    let mut seen = 0;
    letters
        .iter()
        .map(|c| {
            seen += usize::from(c.is_alphanumeric());
            if !c.is_alphanumeric() || seen <= front || seen > count - back { *c } else { '_' }
        })
        .collect()
}
