//! Phrases with gaps, to recognise what a message asks for. A pattern is a row of words: `a/b` is either, `(a/b)` may be
//! missing, `#` is a number or page label, `*` is one word or more, as few as will do.

use std::ops::Range;

/// A message cut into words.
#[derive(Debug, Clone)]
pub(crate) struct Phrase<'a> {
    written: Vec<&'a str>,
    plain: Vec<String>,
}

/// Words before and behind a wish that wish nothing themselves.
const LEADS: &[&str] = &[
    "can you", "could you", "would you", "will you", "tell me", "show me", "give me", "i want to know",
    "i want to see", "i would like to know", "i would like to see", "id like to know", "id like to see", "do you know",
    "let me see", "let me know", "please", "pls", "plz", "hey", "hi", "hello", "ok", "okay", "so", "well", "now",
    "then", "and", "but", "um", "uh", "tutor", "lectern", "sir", "madam", "miss", "teacher", "yes", "yeah", "sure",
    "just",
];
const TAILS: &[&str] = &["please", "pls", "plz", "now", "to me", "for me", "thanks", "thank you", "again", "exactly"];

impl<'a> Phrase<'a> {
    /// The words of a message, without the politeness around them.
    pub(crate) fn of(message: &'a str) -> Self {
        let mut phrase = Self { written: Vec::new(), plain: Vec::new() };
        for raw in message.split_whitespace() {
            let written = raw.trim_matches(|c: char| !c.is_alphanumeric());
            if !written.is_empty() {
                let plain = written.to_lowercase().chars().filter(|c| !matches!(c, '\'' | '’' | '`')).collect();
                phrase.written.push(written);
                phrase.plain.push(plain);
            }
        }
        let from = phrase.without(LEADS, |plain, words| plain.starts_with(words));
        phrase.written.drain(..from);
        phrase.plain.drain(..from);
        while let Some(words) = TAILS.iter().map(|tail| split(tail)).find(|tail| ends_with(&phrase.plain, tail)) {
            let to = phrase.plain.len() - words.len();
            phrase.written.truncate(to);
            phrase.plain.truncate(to);
        }
        phrase
    }

    /// How many words at the front are of the list, one word at least left.
    fn without(&self, list: &[&str], begins: impl Fn(&[String], &[String]) -> bool) -> usize {
        let mut from = 0;
        loop {
            let rest = &self.plain[from..];
            let longest =
                list.iter().map(|lead| split(lead)).filter(|lead| lead.len() < rest.len() && begins(rest, lead));
            match longest.map(|lead| lead.len()).max() {
                Some(len) => from += len,
                None => return from,
            }
        }
    }

    /// The words as they were written.
    pub(crate) fn written(&self, range: Range<usize>) -> String {
        self.written[range].join(" ")
    }

    /// The words in lower case, without apostrophes.
    pub(crate) fn plain(&self, range: Range<usize>) -> &[String] {
        &self.plain[range]
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.plain.len()
    }

    /// What the gaps of a pattern take up, if the whole message is one of its kind.
    pub(crate) fn matches(&self, pattern: &str) -> Option<Vec<Range<usize>>> {
        let parts: Vec<&str> = pattern.split(' ').collect();
        let mut gaps = Vec::new();
        fits(&parts, &self.plain, 0, &mut gaps).then_some(gaps)
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn ends_with(words: &[String], tail: &[String]) -> bool {
    words.len() > tail.len() && words.ends_with(tail)
}

/// A page label or a chapter number: `12`, `2.1`, `iv`, `A-3`.
pub(crate) fn is_label(word: &str) -> bool {
    let roman = !word.is_empty() && word.len() <= 7 && word.chars().all(|c| "ivxlc".contains(c));
    let numbered = word.len() <= 8
        && word.contains(|c: char| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-' || c.is_ascii_alphabetic())
        && word.chars().filter(char::is_ascii_alphabetic).count() <= 1;
    roman || numbered
}

fn fits(parts: &[&str], words: &[String], at: usize, gaps: &mut Vec<Range<usize>>) -> bool {
    let Some((part, rest)) = parts.split_first() else { return at == words.len() };
    if *part == "*" {
        for end in at + 1..=words.len() {
            let before = gaps.len();
            gaps.push(at..end);
            if fits(rest, words, end, gaps) {
                return true;
            }
            gaps.truncate(before);
        }
        return false;
    }
    let (choices, may_miss) = match part.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (*part, false),
    };
    let before = gaps.len();
    if let Some(word) = words.get(at) {
        let takes = if choices == "#" { is_label(word) } else { choices.split('/').any(|choice| choice == word) };
        if takes {
            if choices == "#" {
                gaps.push(at..at + 1);
            }
            if fits(rest, words, at + 1, gaps) {
                return true;
            }
            gaps.truncate(before);
        }
    }
    may_miss && fits(rest, words, at, gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_up_what_stands_in_their_gaps() {
        for (message, pattern, expected) in [
            ("Compare mass and weight!", "compare * and/with *", Some(vec!["mass", "weight"])),
            ("Please show me page iv, thanks", "(the) page #", Some(vec!["iv"])),
            ("page twelve", "page #", None),
            ("Hi, what's on page 12 of physics.pdf?", "whats on page # of *", Some(vec!["12", "physics.pdf"])),
            ("define", "define *", None),
            ("", "*", None),
        ] {
            let phrase = Phrase::of(message);
            let found = phrase.matches(pattern).map(|gaps| gaps.into_iter().map(|gap| phrase.written(gap)).collect());
            let expected = expected.map(|gaps: Vec<&str>| gaps.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(found, expected, "{message} | {pattern}");
        }
    }
}
