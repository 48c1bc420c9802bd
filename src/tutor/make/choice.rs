//! One right option among wrong ones of the same kind, all from the book.

use super::book::{Book, Candidate, Definition, Rival};
use super::cloze::with_gap;
use super::key::Key;
use super::pick::Chance;
use super::target::{Kind, Target};
use super::terms::NameKind;
use super::text::{holds, stems};
use crate::tutor::question::{Form, Task};
use std::collections::BTreeSet;

/// Wrong options: at most, and at least.
const MAX_WRONG: usize = 3;
const MIN_WRONG: usize = 2;
/// Places that hold the others.
const WHOLES: &str = "africa america asia europe earth world";
/// Share of a sentence's words that another one may have in common before both may say the same.
const SAYS_THE_SAME: f32 = 0.5;

pub(super) fn make(book: &Book<'_>, seed: u64, into: &mut Vec<Candidate>) {
    let rivals = book.rivals();
    for key in &book.keys {
        for target in book.targets(key).iter().take(2) {
            into.extend(gap(book, key, target, &rivals, seed));
        }
        into.extend(when(book, key, &rivals, seed));
    }
    let definitions = book.definitions();
    for definition in definitions.iter().filter(|definition| definition.is_own) {
        into.extend(which_term(book, definition, &definitions, seed));
        into.extend(which_meaning(book, definition, &definitions, seed));
    }
}

/// The question with its options in an order of the seed's.
fn choice(
    book: &Book<'_>,
    key: &Key<'_>,
    prompt: String,
    right: &str,
    wrong: Vec<String>,
    seed: u64,
) -> Option<Candidate> {
    if wrong.len() < MIN_WRONG {
        return None;
    }
    let mut options: Vec<String> = wrong.into_iter().take(MAX_WRONG).chain([right.to_owned()]).collect();
    Chance::new(seed, &prompt).shuffle(&mut options);
    let correct = options.iter().position(|option| option == right)?;
    Some(Candidate::new(book, key, prompt, Task::Choice { options, correct }))
}

fn gap(book: &Book<'_>, key: &Key<'_>, target: &Target, rivals: &[Rival], seed: u64) -> Option<Candidate> {
    if matches!(target.kind, Kind::Term { .. }) && !is_said_what_it_is(book, key, target) {
        return None;
    }
    let what = match &target.kind {
        Kind::Term { .. } if target.text.contains(' ') => "Which term fills the gap?",
        Kind::Term { .. } => "Which word fills the gap?",
        Kind::Name(_) => "Which name fills the gap?",
        Kind::Year => "Which year fills the gap?",
        Kind::Amount(_) => "Which number fills the gap?",
    };
    let wrong = wrong(book, key, target, rivals, seed);
    let prompt = format!("{what} “{}”", with_gap(key, target));
    Some(choice(book, key, prompt, &target.text, wrong, seed)?.worth(target.score + 0.1).hiding(&target.text))
}

/// Whether the sentence leaves no doubt which term it speaks of: "… is called X", "X is a …".
fn is_said_what_it_is(book: &Book<'_>, key: &Key<'_>, target: &Target) -> bool {
    let defined =
        super::define::parse(key, &book.lexicon).is_some_and(|said| said.term.eq_ignore_ascii_case(&target.text));
    defined || target.score >= super::target::CALLED_SCORE
}

fn when(book: &Book<'_>, key: &Key<'_>, rivals: &[Rival], seed: u64) -> Option<Candidate> {
    let (prompt, year) = super::who::when(key)?;
    let target = book.targets(key).into_iter().find(|target| target.text == year)?;
    let wrong = wrong(book, key, &target, rivals, seed);
    Some(choice(book, key, prompt, &year, wrong, seed)?.worth(1.0).hiding(&year))
}

/// Wrong options for what was left out, the best first.
fn wrong(book: &Book<'_>, key: &Key<'_>, target: &Target, rivals: &[Rival], seed: u64) -> Vec<String> {
    let sentence = stems(key.text);
    let answer = stems(&target.text);
    let mut near: Vec<&Rival> = rivals
        .iter()
        .filter(|rival| is_alike(key, target, &rival.target))
        .filter(|rival| !super::text::one_of(&rival.target.text.to_lowercase(), WHOLES))
        .filter(|rival| !says_it_too(book, &sentence, &answer, &rival.target))
        .filter(|rival| target.form() == Form::Number || !are_told_together(book, &answer, &stems(&rival.target.text)))
        .filter(|rival| {
            let own = stems(&rival.target.text);
            !own.iter().any(|stem| answer.contains(stem) && stem.len() > 3)
                && !rival.target.text.to_lowercase().contains(&target.text.to_lowercase())
                && !target.text.to_lowercase().contains(&rival.target.text.to_lowercase())
                && !book.lexicon.are_twins(&rival.target.text, &target.text)
                && rival.sentence != sentence
        })
        .collect();
    if let Kind::Year = target.kind {
        let year: i32 = target.text.parse().unwrap_or_default();
        let away = |rival: &&Rival| rival.target.text.parse::<i32>().map_or(i32::MAX, |other| (other - year).abs());
        near.retain(|rival| away(rival) <= 60);
        near.sort_by_key(away);
        near.truncate(6);
    }
    near.truncate(8);
    Chance::new(seed, &target.text).shuffle(&mut near);
    let mut chosen: Vec<String> = Vec::new();
    for rival in near {
        let text = &rival.target.text;
        if !chosen.iter().any(|other| stems(other).iter().any(|stem| stems(text).contains(stem))) {
            chosen.push(text.clone());
        }
    }
    chosen
}

/// Whether one could stand where the other stands, as far as grammar goes.
fn is_alike(key: &Key<'_>, target: &Target, other: &Target) -> bool {
    let before = key.text[..target.at.start].trim_end().to_lowercase();
    let vowel = |text: &str| text.to_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']);
    let article = before == "a" || before == "an" || before.ends_with(" a") || before.ends_with(" an");
    let sound = !article || vowel(&target.text) == vowel(&other.text);
    let many = |text: &str| text.split_whitespace().count();
    let capital = |text: &str| text.chars().filter(|c| c.is_uppercase()).count() > 1 && !text.contains(' ');
    let kind = match (&target.kind, &other.kind) {
        (Kind::Term { plural: a }, Kind::Term { plural: b }) => {
            a == b && (many(&target.text) > 1) == (many(&other.text) > 1) && other.score >= 0.5
        }
        (Kind::Name(a), Kind::Name(b)) => {
            a == b
                && target.with_the == other.with_the
                && (many(&target.text) > 1) == (many(&other.text) > 1)
                && capital(&target.text) == capital(&other.text)
                && (*a != NameKind::Other || same_tail(&target.text, &other.text))
        }
        (Kind::Amount(a), Kind::Amount(b)) => a == b && !a.is_empty(),
        (a, b) => a == b,
    };
    kind && sound
}

/// "Treaty of Rome" and "Treaty of Paris", "Seven Years War" and "Anglo-Cherokee War".
fn same_tail(a: &str, b: &str) -> bool {
    let ends = |text: &str| {
        let mut words = text.split(' ');
        let first = words.next().unwrap_or_default().to_owned();
        (first, words.next_back().unwrap_or_default().to_owned())
    };
    let (a, b) = (ends(a), ends(b));
    a.0 == b.0 || !a.1.is_empty() && a.1 == b.1
}

/// Whether the book says of the other thing what the sentence says of the right one, or the sentence speaks of it.
fn says_it_too(book: &Book<'_>, sentence: &[String], answer: &[String], other: &Target) -> bool {
    let other = stems(&other.text);
    if other.iter().any(|stem| sentence.contains(stem) && stem.len() > 2) {
        return true;
    }
    let told: BTreeSet<&String> = sentence.iter().filter(|stem| !answer.contains(stem) && stem.len() > 3).collect();
    book.all_stems.iter().filter(|stems| holds(stems, &other)).any(|stems| {
        let shared = told.iter().filter(|stem| stems.contains(**stem)).count();
        shared as f32 >= SAYS_THE_SAME * told.len().max(1) as f32
    })
}

/// Whether a sentence of the book speaks of both: then one may be a kind of the other, or do the same.
fn are_told_together(book: &Book<'_>, a: &[String], b: &[String]) -> bool {
    book.all_stems.iter().any(|stems| holds(stems, a) && holds(stems, b))
}

/// Definitions that may stand beside one: of other things, none of which the other's meaning speaks of.
fn others<'a>(definition: &Definition<'_>, all: &'a [Definition<'a>], seed: u64) -> Vec<&'a Definition<'a>> {
    let said = &definition.said;
    let (term, meaning) = (stems(&said.term), stems(&said.meaning));
    let fits = |other: &&Definition<'_>| {
        let (their_term, their_meaning) = (stems(&other.said.term), stems(&other.said.meaning));
        let shared = their_meaning.iter().filter(|stem| stem.len() > 3 && meaning.contains(stem)).count();
        !their_term.iter().any(|stem| stem.len() > 2 && (term.contains(stem) || meaning.contains(stem)))
            && !term.iter().any(|stem| stem.len() > 2 && their_meaning.contains(stem))
            && shared * 3 < meaning.len().min(their_meaning.len()).max(1)
            && other.said.plural == said.plural
            && other.said.person == said.person
            && other.said.is_name == said.is_name
    };
    let mut found: Vec<&Definition<'_>> = all.iter().filter(fits).collect();
    found.truncate(6);
    Chance::new(seed, &said.term).shuffle(&mut found);
    found
}

fn which_term(book: &Book<'_>, definition: &Definition<'_>, all: &[Definition<'_>], seed: u64) -> Option<Candidate> {
    let said = &definition.said;
    if said.repeats {
        return None;
    }
    let what = match (said.person, said.is_name) {
        (true, _) => "Who is meant?",
        (_, true) => "Which name does this describe?",
        _ => "Which term does this describe?",
    };
    let prompt = format!("{what} “{}”", super::text::upper_first(&said.meaning));
    let wrong = others(definition, all, seed).into_iter().map(|other| other.said.term.clone()).collect();
    let candidate = choice(book, definition.key, prompt, &said.term, wrong, seed)?;
    Some(candidate.worth(1.0).hiding(&said.term))
}

fn which_meaning(book: &Book<'_>, definition: &Definition<'_>, all: &[Definition<'_>], seed: u64) -> Option<Candidate> {
    let said = &definition.said;
    let short = |text: &str| text.split_whitespace().count() <= 20;
    if said.is_called || !short(&said.meaning) {
        return None;
    }
    let verb = match (said.plural, said.past) {
        (false, false) => "is",
        (true, false) => "are",
        (false, true) => "was",
        (true, true) => "were",
    };
    let prompt = format!("{} {verb} {}?", if said.person { "Who" } else { "What" }, said.asked);
    let others = others(definition, all, seed);
    let wrong = others.iter().filter(|other| !other.said.is_called && short(&other.said.meaning));
    let wrong = wrong.map(|other| other.said.meaning.clone()).collect();
    let candidate = choice(book, definition.key, prompt, &said.meaning, wrong, seed)?;
    Some(candidate.worth(0.9).hiding(&said.meaning))
}
