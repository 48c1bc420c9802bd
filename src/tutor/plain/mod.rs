//! A plainer version of a sentence of a book, by rules alone: asides and lead-ins go, long words become short ones, and
//! clauses that can stand alone become sentences. Meaning comes first: where a rule is not sure, the sentence stays as it
//! is. Numbers, names and negations are never lost, quoted words are never changed. No model and no randomness.

mod asides;
mod choose;
mod grammar;
mod split;
mod swap;
#[cfg(test)]
mod tests;

pub(crate) use choose::plainest;

use super::readability::grade_of;
use grammar::{Word, words_of};
use std::collections::BTreeSet;

/// Words of a sentence worth making plainer; what is longer is no sentence but a list or a table.
const WORDS: std::ops::RangeInclusive<usize> = 5..=90;

/// A plainer version of one sentence of a book, as whole sentences in order; nothing where no rule makes it plainer.
///
/// Words whose stem ([`stem`](super::words::stem)) is in `keep`, the terms of the lesson, stay as they are.
pub(crate) fn simplify(sentence: &str, keep: &BTreeSet<String>) -> Option<Vec<String>> {
    let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    if !is_prose(&sentence) {
        return None;
    }
    let bare = asides::without_asides(&sentence, keep);
    let bare = asides::without_lead_in(&bare);
    let worded = swap::swapped(&bare, keep);
    let parts: Vec<String> = split::split(&worded).into_iter().map(|part| finished(&part)).collect();
    let begins =
        |part: &String| part.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || "“\"‘([".contains(c));
    let whole = parts.iter().all(|part| begins(part) && words_of(part).len() >= 3);
    let joined = parts.join(" ");
    let plainer = joined != sentence && grade_of(&joined) <= grade_of(&sentence);
    (whole && plainer && keeps_facts(&bare, &joined)).then_some(parts)
}

/// Whether a text is a whole sentence of ordinary words: no heading, formula, code or other script.
fn is_prose(sentence: &str) -> bool {
    let starts = sentence.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
    let ends = sentence.ends_with(['.', '?', '!']);
    let signs = sentence.contains(['{', '}', '=', '<', '>', '\\', '|', '√', '∆', '×', '⃗', '`', '_', '^']);
    let calls = sentence.match_indices('(').any(|(at, _)| sentence[..at].ends_with(|c: char| c.is_ascii_lowercase()));
    let letters = sentence.chars().filter(|c| c.is_alphabetic()).count();
    let latin = sentence.chars().filter(|c| c.is_ascii_alphabetic()).count();
    let words = words_of(sentence);
    let lower = words.iter().filter(|word| word.text.starts_with(|c: char| c.is_ascii_lowercase())).count();
    starts
        && ends
        && !signs
        && !calls
        && latin * 10 >= letters * 9
        && WORDS.contains(&words.len())
        && lower * 2 >= words.len()
}

/// A part as a sentence: a capital at its beginning and a full stop at its end.
fn finished(part: &str) -> String {
    let part = part.trim().trim_end_matches([',', ';', ':', ' ']);
    let mut chars = part.chars();
    let Some(first) = chars.next() else { return String::new() };
    let mut text: String = first.to_uppercase().chain(chars).collect();
    if !text.trim_end_matches(['"', '”', '’', ')', ']']).ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}

/// Whether every number, name and negation of `before` is still in `after`.
fn keeps_facts(before: &str, after: &str) -> bool {
    let (old, new) = (words_of(before), words_of(after));
    let count = |words: &[Word<'_>], wanted: &dyn Fn(&Word<'_>) -> bool| words.iter().filter(|w| wanted(w)).count();
    let is_fact = |word: &Word<'_>| {
        let inside = word.start > 0 && word.text.starts_with(char::is_uppercase);
        inside || word.text.contains(|c: char| c.is_numeric())
    };
    let facts_stay = old.iter().filter(|word| is_fact(word)).all(|fact| {
        let same = |word: &Word<'_>| word.text == fact.text;
        count(&new, &same) >= count(&old, &same)
    });
    let negative = |word: &Word<'_>| grammar::is_negation(&word.lower());
    facts_stay && count(&new, &negative) >= count(&old, &negative)
}
