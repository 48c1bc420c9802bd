//! Terms to be joined with what they mean.

use super::book::{Book, Candidate, Definition};
use super::pick::Chance;
use super::text::stems;
use crate::tutor::question::Task;

/// Pairs in one question.
const PAIRS: usize = 3;
/// Words of a meaning that is shown.
const MAX_WORDS: usize = 20;
/// Pairs that must be of the sentences asked about.
const MIN_OWN: usize = 2;

pub(super) fn make(book: &Book<'_>, seed: u64, into: &mut Vec<Candidate>) {
    let mut short = book.definitions();
    short.retain(|definition| {
        !definition.said.repeats && definition.said.meaning.split_whitespace().count() <= MAX_WORDS
    });
    let num_own = short.iter().filter(|definition| definition.is_own).count();
    let mut chance = Chance::new(seed, "match");
    let (own, around) = short.split_at_mut(num_own);
    chance.shuffle(own);
    chance.shuffle(around);
    // Which three go together depends on the first.
    let beginning = (0..short.len()).map(|first| {
        let mut chosen: Vec<&Definition<'_>> = Vec::new();
        for definition in short[first..].iter().chain(&short[..first]) {
            if chosen.len() < PAIRS && chosen.iter().all(|other| are_apart(definition, other)) {
                chosen.push(definition);
            }
        }
        chosen
    });
    let own = |chosen: &[&Definition<'_>]| chosen.iter().filter(|definition| definition.is_own).count();
    let Some(mut chosen) = beginning.into_iter().find(|chosen| chosen.len() == PAIRS && own(chosen) >= MIN_OWN) else {
        return;
    };
    // The question stands on a sentence that was asked about.
    chosen.sort_by_key(|definition| !definition.is_own);
    let terms: Vec<String> = chosen.iter().map(|definition| definition.said.term.clone()).collect();
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    chance.shuffle(&mut order);
    let meanings = order.iter().map(|i| chosen[*i].said.meaning.clone()).collect();
    let pairs = (0..chosen.len()).filter_map(|i| order.iter().position(|from| *from == i)).collect();
    let prompt = "Join each term with what it means.".to_owned();
    let first = chosen[0].key;
    let mut candidate = Candidate::new(book, first, prompt, Task::Match { terms, meanings, pairs });
    candidate.from = chosen.iter().filter(|definition| definition.is_own).map(|one| one.key.index).collect();
    candidate.secret = chosen.iter().map(|definition| stems(&definition.said.meaning)).collect();
    into.push(candidate.worth(1.2));
}

/// Whether neither speaks of the other, so that only one meaning fits each term.
fn are_apart(a: &Definition<'_>, b: &Definition<'_>) -> bool {
    let speaks = |meaning: &str, term: &str| {
        let meaning = stems(meaning);
        stems(term).iter().any(|stem| stem.chars().count() > 2 && meaning.contains(stem))
    };
    let shared = {
        let (one, other) = (stems(&a.said.meaning), stems(&b.said.meaning));
        one.iter().filter(|stem| stem.len() > 3 && other.contains(stem)).count() * 3 >= one.len().min(other.len())
    };
    let same_word = stems(&a.said.term).iter().any(|stem| stems(&b.said.term).contains(stem));
    !speaks(&a.said.meaning, &b.said.term)
        && !speaks(&b.said.meaning, &a.said.term)
        && !shared
        && !same_word
        && a.said.plural == b.said.plural
}
