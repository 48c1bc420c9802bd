//! Events in order, and terms with what they mean.

use super::spell::{Fit, fit};
use super::text::{fold, says_back, stems, tokens};
use crate::tutor::question::{Grade, Question};

/// Words that stand between the numbers of an order.
const BETWEEN: &[&str] = &[
    "first", "then", "next", "after", "that", "finally", "last", "lastly", "and", "the", "is", "it", "its", "order",
    "answer", "comes", "number", "event", "my", "i", "think", "at", "of", "all", "to", "by", "followed", "ends",
    "with", "starts", "event",
];

/// Grades an order.
pub(super) fn order(question: &Question, events: &[String], order: &[usize], answer: &str) -> Grade {
    let given = marked_order(events.len(), answer).or_else(|| named_order(events, answer));
    let Some(given) = given else {
        return if says_back(answer, &question.prompt) { Grade::None } else { Grade::Unsure };
    };
    let complete = given.len() == order.len() && order.iter().all(|event| given.contains(event));
    if !complete {
        return Grade::Unsure;
    }
    let in_place = given.iter().zip(order).filter(|(a, b)| a == b).count();
    match in_place {
        all if all == order.len() => Grade::Right,
        _ if order.len() > 2 && in_place * 2 >= order.len() => Grade::Partly,
        // One event stands elsewhere, and moved the others.
        _ if order.len() > 3 && longest_common(&given, order) + 1 >= order.len() => Grade::Partly,
        _ => Grade::Wrong,
    }
}

/// The order in numbers or letters: "2 1 3", "BAC", "first 2 then 1".
fn marked_order(count: usize, answer: &str) -> Option<Vec<usize>> {
    let mut given = Vec::new();
    for word in tokens(answer) {
        if BETWEEN.contains(&word.as_str()) {
            continue;
        }
        for c in word.chars() {
            given.push(place(c).filter(|place| *place < count)?);
        }
    }
    (!given.is_empty()).then_some(given)
}

/// The place that a digit or a letter names.
fn place(c: char) -> Option<usize> {
    match c {
        '1'..='9' => Some(c as usize - '1' as usize),
        'a'..='z' => Some(c as usize - 'a' as usize),
        _ => None,
    }
}

/// The order in words: each event stands where a word that only it has stands first.
fn named_order(events: &[String], answer: &str) -> Option<Vec<usize>> {
    let said = tokens(answer);
    let sets: Vec<_> = events.iter().map(|event| stems(event)).collect();
    let mut places = Vec::new();
    for (i, event) in events.iter().enumerate() {
        let own = |word: &String| sets.iter().enumerate().all(|(j, set)| i == j || !set.is_superset(&stems(word)));
        let telling: Vec<String> =
            tokens(event).into_iter().filter(|word| !stems(word).is_empty() && own(word)).collect();
        let is_it = |word: &String| telling.iter().any(|own| fit(own, word, &[]) == Fit::Yes);
        if let Some(place) = said.iter().position(is_it) {
            places.push((place, i));
        }
    }
    places.sort_unstable();
    (places.len() == events.len()).then(|| places.into_iter().map(|(_, event)| event).collect())
}

fn longest_common(a: &[usize], b: &[usize]) -> usize {
    let mut lengths = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (i, y) in b.iter().enumerate() {
            let above = lengths[i + 1];
            lengths[i + 1] = if x == y { diagonal + 1 } else { above.max(lengths[i]) };
            diagonal = above;
        }
    }
    lengths[b.len()]
}

/// Grades pairs.
pub(super) fn pairs(
    question: &Question,
    terms: &[String],
    meanings: &[String],
    pairs: &[usize],
    answer: &str,
) -> Grade {
    let Some(given) = given_pairs(terms, meanings, answer) else {
        return if says_back(answer, &question.prompt) { Grade::None } else { Grade::Unsure };
    };
    let mut best: Vec<Option<usize>> = vec![None; terms.len()];
    for (term, meaning) in given {
        // A term with two meanings is joined with none.
        if best[term].is_some_and(|other| other != meaning) {
            return Grade::Unsure;
        }
        best[term] = Some(meaning);
    }
    let right = best.iter().zip(pairs).filter(|(given, wanted)| **given == Some(**wanted)).count();
    match right {
        0 => Grade::Wrong,
        all if all == pairs.len() => Grade::Right,
        _ => Grade::Partly,
    }
}

/// What an answer joins: "1b 2a", "b a c", "stream: B".
fn given_pairs(terms: &[String], meanings: &[String], answer: &str) -> Option<Vec<(usize, usize)>> {
    let folded = fold(answer);
    let marks: Option<Vec<char>> = marks(&folded, terms.len(), meanings.len());
    if let Some(marks) = marks {
        let digits = marks.iter().filter(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return (marks.len() == terms.len()).then(|| marks.iter().filter_map(|c| place(*c)).enumerate().collect());
        }
        if digits * 2 == marks.len() {
            return marks.chunks(2).map(joined).collect();
        }
        return None;
    }
    named_pairs(terms, meanings, &folded)
}

/// The digits and letters of an answer that has nothing else.
fn marks(folded: &str, num_terms: usize, num_meanings: usize) -> Option<Vec<char>> {
    let mut marks = Vec::new();
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if ["is", "and", "with", "to", "the", "answer", "goes", "then"].contains(&word) {
            continue;
        }
        for c in word.chars() {
            let limit = if c.is_ascii_digit() { num_terms } else { num_meanings };
            marks.push(place(c).filter(|place| *place < limit).map(|_| c)?);
        }
    }
    (!marks.is_empty()).then_some(marks)
}

/// A digit with a letter, in either order.
fn joined(pair: &[char]) -> Option<(usize, usize)> {
    match pair {
        [term, meaning] if term.is_ascii_digit() && !meaning.is_ascii_digit() => {
            Some((place(*term)?, place(*meaning)?))
        }
        [meaning, term] if term.is_ascii_digit() && !meaning.is_ascii_digit() => {
            Some((place(*term)?, place(*meaning)?))
        }
        _ => None,
    }
}

/// Pairs in words, one in each part of the answer.
fn named_pairs(terms: &[String], meanings: &[String], folded: &str) -> Option<Vec<(usize, usize)>> {
    let mut found = Vec::new();
    for part in folded.split([',', ';', '\n', '.']).filter(|part| part.chars().any(char::is_alphanumeric)) {
        let words = tokens(part);
        let term = named(terms, &words, |c| c.is_ascii_digit());
        let meaning = named(meanings, &words, |c| c.is_ascii_lowercase());
        if let (Some(term), Some(meaning)) = (term, meaning) {
            found.push((term, meaning));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Which of the texts some words name: by its mark, or by most of its words.
fn named(texts: &[String], words: &[String], is_mark: fn(&char) -> bool) -> Option<usize> {
    let share = |text: &String| {
        let wanted: Vec<String> = tokens(text).into_iter().filter(|word| !stems(word).is_empty()).collect();
        let hits = wanted.iter().filter(|own| words.iter().any(|word| fit(own, word, &[]) == Fit::Yes)).count();
        if wanted.is_empty() { 0 } else { hits * 100 / wanted.len() }
    };
    let shares: Vec<usize> = texts.iter().map(share).collect();
    let best = shares.iter().copied().max().unwrap_or(0);
    if best >= 50 && shares.iter().filter(|share| **share == best).count() == 1 {
        return shares.iter().position(|share| *share == best);
    }
    let mut marks = words.iter().filter_map(|word| {
        let mut chars = word.chars();
        let mark = chars.next().filter(is_mark).filter(|_| chars.next().is_none())?;
        place(mark).filter(|place| *place < texts.len())
    });
    // "a" may be an article; the last mark is the letter.
    marks.next_back()
}
