//! Which sentence says what a word means. The score is pure; finding the sentence reads the books.

use super::draft::Quote;
use super::shelf::{Scope, Shelf, ShelfError};
use super::subject::reads_as_verb;
use super::words::{self, stem};
use crate::passage::{Passage, sentences};
use std::ops::Range;

/// Passages whose sentences are looked at.
const MAX_PASSAGES: usize = 8;
/// Score from which a sentence counts as a definition.
const SAYS_WHAT_IT_IS: f32 = 0.6;
/// Score of a sentence that only begins with the term.
pub(crate) const BEGINS_WITH_IT: f32 = 0.25;
/// What a passage loses for every better one before it.
const RANK: f32 = 0.02;

/// A sentence that says what a term means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Definition {
    /// The sentence, and the next one where it goes on about the same.
    pub(crate) quotes: Vec<Quote>,
    /// Its passage.
    pub(crate) passage: Passage,
}

/// The best definition of `term` in the first scope that has one.
pub(crate) fn find(shelf: &dyn Shelf, term: &str, scopes: &[Scope]) -> Result<Option<Definition>, ShelfError> {
    find_from(shelf, term, scopes, SAYS_WHAT_IT_IS)
}

/// The same, of sentences with this score at least.
pub(crate) fn find_from(
    shelf: &dyn Shelf,
    term: &str,
    scopes: &[Scope],
    least: f32,
) -> Result<Option<Definition>, ShelfError> {
    for scope in scopes {
        let passages = shelf.search(&format!("What is {term}?"), scope, MAX_PASSAGES)?;
        let mut best: Option<(f32, usize, Range<usize>)> = None;
        for (rank, passage) in passages.iter().enumerate() {
            for range in sentences(&passage.text) {
                let score = definition_score(term, &passage.text[range.clone()]);
                let placed = score - RANK * rank as f32;
                if score >= least && best.as_ref().is_none_or(|(other, ..)| placed > *other) {
                    best = Some((placed, rank, range));
                }
            }
        }
        if let Some((_, rank, range)) = best {
            let passage = &passages[rank];
            let mut quotes = vec![Quote::of(passage, range.clone())];
            quotes.extend(goes_on(passage, &range).map(|next| Quote::of(passage, next)));
            return Ok(Some(Definition { quotes, passage: passage.clone() }));
        }
    }
    Ok(None)
}

/// The sentence behind, where it begins with a word that stands for the term.
fn goes_on(passage: &Passage, range: &Range<usize>) -> Option<Range<usize>> {
    let next = sentences(&passage.text).into_iter().find(|next| next.start >= range.end)?;
    let text = &passage.text[next.clone()];
    let first = text.split_whitespace().next().unwrap_or_default();
    let near = passage.text[range.end..next.start].len() <= 2;
    let fits =
        ["It", "They", "Its", "Their"].contains(&first) && text.ends_with('.') && text.split_whitespace().count() <= 40;
    (near && fits).then_some(next)
}

/// Words a definition may begin with before its term.
const BEFORE: &[&str] =
    &["the", "a", "an", "such", "every", "each", "all", "most", "any", "thus", "so", "here", "hence"];
const COPULAS: &[&str] = &["is", "are", "was", "were"];
/// What behind "X is" begins a definition.
const WHAT_IT_IS: &[&str] = &[
    "a", "an", "the", "any", "one", "when", "where", "that", "those", "what", "another", "basically", "simply",
    "essentially", "defined",
];
/// Verbs that say what their subject means.
const MEANING: &[&str] = &["means", "mean", "denotes", "denote", "describes", "describe", "meant"];
const NAMING: &[&str] = &["called", "termed", "named", "dubbed", "coined"];

/// How much like a definition of `term` a sentence reads, 0 to 1: "X is a …" is 1, "… is called X" nearly so, a sentence
/// that only begins with X little, one that speaks of it 0.
pub(crate) fn definition_score(term: &str, sentence: &str) -> f32 {
    let wanted: Vec<String> = words::words(term).map(|word| stem(&word)).collect();
    let said: Vec<String> = words::words(sentence).collect();
    let stems: Vec<String> = said.iter().map(|word| stem(word)).collect();
    let trimmed = sentence.trim_end();
    if wanted.is_empty() || said.len() < wanted.len() + 2 || trimmed.ends_with('?') {
        return 0.0;
    }
    let places = (0..=stems.len() - wanted.len()).filter(|i| stems[*i..*i + wanted.len()] == wanted[..]);
    let best = places.map(|at| score_at(sentence, &said, at, at + wanted.len())).fold(0.0, f32::max);
    let first = trimmed.chars().find(|c| c.is_alphanumeric());
    let torn = first.is_some_and(char::is_lowercase) || !trimmed.ends_with(['.', '!', ':', ';', ')', '"', '”', ']']);
    let long = said.len() > 60;
    best * if torn { 0.7 } else { 1.0 } * if long { 0.8 } else { 1.0 }
}

/// The score of the term at `from..to` of the words.
fn score_at(sentence: &str, said: &[String], from: usize, to: usize) -> f32 {
    let word = |i: usize| said.get(i).map_or("", String::as_str);
    let ends = ends_there(sentence, said, to);
    // "… is called X", "known as X", "referred to as an X"
    let mut before = from;
    while before > 0 && ["a", "an", "the", "simply", "also"].contains(&word(before - 1)) {
        before -= 1;
    }
    let behind = |n: usize| before.checked_sub(n).map_or("", |i| word(i));
    let named = NAMING.contains(&behind(1))
        || behind(1) == "as" && ["known", "to", "defined", "described"].contains(&behind(2));
    if named && ends {
        let passive =
            said[..before].iter().any(|word| COPULAS.contains(&word.as_str()) || word == "be" || word == "we");
        return if passive { 0.85 } else { 0.65 };
    }
    if behind(1) == "by" && ["mean", "meant"].iter().any(|verb| said[to..].iter().any(|word| word == verb)) {
        return 0.85;
    }
    if ["define", "call"].contains(&behind(1)) && behind(2) == "we" {
        return 0.85;
    }
    subject_score(sentence, said, from, to)
}

/// Whether the name ends with the word before `to`: no word of the same name follows.
fn ends_there(sentence: &str, said: &[String], to: usize) -> bool {
    const GO_ON: &[&str] = &[
        "and", "or", "but", "which", "that", "because", "since", "if", "when", "while", "in", "on", "at", "by", "for",
        "from", "to", "of", "as", "with", "is", "are", "was", "were", "who", "after",
    ];
    let Some(next) = said.get(to) else { return true };
    let last = &said[to - 1];
    let lower = sentence.to_lowercase();
    let stops = [",", ".", ";", ":", "\"", "”", ")", "’"].iter().any(|mark| lower.contains(&format!("{last}{mark}")));
    GO_ON.contains(&next.as_str()) || stops
}

/// The score where the term may be the sentence's subject.
fn subject_score(sentence: &str, said: &[String], from: usize, to: usize) -> f32 {
    let word = |i: usize| said.get(i).map_or("", String::as_str);
    let plain_start = said[..from].iter().all(|word| BEFORE.contains(&word.as_str()));
    // "In physics, a force is …"
    let placed = from <= 7
        && ["in", "for", "as", "with"].contains(&word(0))
        && sentence.find(',').is_some_and(|comma| {
            let head = words::words(&sentence[..comma]).count();
            head < from + 1 && said[head..from].iter().all(|word| BEFORE.contains(&word.as_str()))
        });
    if !plain_start && !placed {
        return 0.0;
    }
    // A bracket or a few words between commas may stand between the term and its verb.
    let aside = aside_length(sentence, said, to);
    let at = to + aside;
    let direct = verb_score(word(at), word(at + 1), word(at + 2));
    if direct > 0.0 {
        return direct;
    }
    let mut rest = sentence.splitn(2, ',');
    let head_words = words::words(rest.next().unwrap_or_default()).count();
    let appositive = head_words == to && rest.next().is_some() && ["a", "an", "the"].contains(&word(to));
    if appositive {
        0.7
    } else if reads_as_verb(word(to)) {
        BEGINS_WITH_IT
    } else {
        0.0
    }
}

/// Words in brackets, or between commas, right behind the word at `to`.
fn aside_length(sentence: &str, said: &[String], to: usize) -> usize {
    let mut seen = 0;
    let mut rest = sentence;
    // The place in the text where the first `to` words have been read.
    for word in &said[..to] {
        let lower = rest.to_lowercase();
        let Some(at) = lower.find(word.as_str()) else { return 0 };
        let Some(behind) = rest.get(at + word.len()..) else { return 0 };
        (rest, seen) = (behind, seen + 1);
    }
    debug_assert_eq!(seen, to);
    let rest = rest.trim_start_matches(|c: char| !matches!(c, '(' | ',') && !c.is_alphanumeric());
    let inside = match rest.chars().next() {
        Some('(') => rest[1..].split_once(')'),
        Some(',') => rest[1..].split_once(','),
        _ => None,
    };
    inside.map(|(inside, _)| words::words(inside).count()).filter(|count| *count <= 12).unwrap_or_default()
}

/// The score of what follows a subject: its verb and the next two words.
fn verb_score(verb: &str, next: &str, third: &str) -> f32 {
    if verb == "refers" || verb == "refer" || verb == "stands" && next == "for" {
        return 0.95;
    }
    if MEANING.contains(&verb) {
        return 0.9;
    }
    if verb == "consists" || verb == "consist" {
        return 0.6;
    }
    if ["can", "may"].contains(&verb) && next == "be" && ["defined", "described"].contains(&third) {
        return 0.9;
    }
    if !COPULAS.contains(&verb) {
        return 0.0;
    }
    let past = if ["was", "were"].contains(&verb) { 0.9 } else { 1.0 };
    let what = match next {
        "not" | "it" | "in" | "at" | "on" | "" => 0.2,
        _ if WHAT_IT_IS.contains(&next) => 1.0,
        "often" | "usually" | "also" | "sometimes" | "commonly" | "generally" | "typically" => {
            if WHAT_IT_IS.contains(&third) || third == "defined" { 0.9 } else { 0.4 }
        }
        "called" | "known" => 0.6,
        _ if next.ends_with("ed") || next.ends_with("ing") || next.ends_with("en") => 0.4,
        // "Antibodies are proteins", "Light is energy"
        _ if verb == "are" || verb == "were" => 0.75,
        _ => 0.65,
    };
    what * past
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_told_from_a_mention() {
        // From the best to what is none.
        let cases: &[(&str, &str, f32, f32)] = &[
            ("force", "A force is a push or a pull.", 0.95, 1.0),
            ("Force", "In physics, a force is any interaction that changes motion.", 0.95, 1.0),
            ("packet switching", "Packet switching is a method of grouping data.", 0.95, 1.0),
            ("nuts", "A nut is a fastener with a threaded hole.", 0.95, 1.0),
            ("antibody", "Antibodies (also immunoglobulins) are large proteins.", 0.7, 1.0),
            ("imperialism", "Imperialism, as it is known today, is a policy of extending power.", 0.9, 1.0),
            ("imperialism", "Imperialism refers to a policy of extending power.", 0.9, 1.0),
            ("inertia", "This tendency is called inertia.", 0.8, 0.9),
            ("phagocytosis", "The eating of cells is known as phagocytosis.", 0.8, 0.9),
            ("duplex", "By duplex we mean both ways at once.", 0.8, 0.9),
            ("Kublai Khan", "Kublai Khan, the grandson of Genghis, ruled China.", 0.65, 0.75),
            ("friction", "Friction is measured in newtons.", 0.0, 0.5),
            ("stream", "A readable stream is a source of data.", 0.0, 0.0),
            ("force", "The force field is a map of arrows.", 0.0, 0.0),
            ("force", "A force acts on a body.", 0.2, 0.3),
            ("antibody", "This is also called antibody-dependent hypersensitivity.", 0.0, 0.0),
            ("force", "What is a force?", 0.0, 0.0),
            ("force", "They used force to win.", 0.0, 0.0),
            ("", "A force is a push.", 0.0, 0.0),
            ("İ", "İ is a letter of its own.", 0.0, 1.0),
        ];
        for (term, sentence, low, high) in cases {
            let score = definition_score(term, sentence);
            assert!((*low..=*high).contains(&score), "{term}: {sentence}: {score}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_sentence_has_a_score_from_0_to_1(term in "\\PC{0,12}", sentence in "\\PC{0,80}") {
            let score = definition_score(&term, &sentence);
            assert!((0.0..=1.0).contains(&score));
            let score = definition_score(&term, &format!("A {term} ({sentence}) is a {sentence}"));
            assert!((0.0..=1.0).contains(&score));
        }
    }
}
