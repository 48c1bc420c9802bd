//! One of several: by its letter, its number or its words.

use super::quantity::{Reading, quantities};
use super::spell::{Fit, phrase_fit};
use super::text::{affirmed, core, fold, says_back, stems, tokens};
use crate::passage::words::is_stop;
use crate::tutor::question::{Grade, Question};
use std::collections::BTreeSet;

const ORDINALS: &[&str] = &["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
const NUMBERS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight"];

/// Grades a choice.
pub(super) fn grade(question: &Question, options: &[String], correct: usize, answer: &str) -> Grade {
    let (said, denied) = affirmed(answer);
    let chosen = chosen(options, &said, &question.prompt);
    let judged = |only: usize| if only == correct { Grade::Right } else { Grade::Wrong };
    match &chosen.iter().copied().collect::<Vec<_>>()[..] {
        [only] if self::chosen(options, &denied, "").contains(only) => Grade::Unsure,
        [only] => judged(*only),
        [] if self::chosen(options, &denied, "").contains(&correct) => Grade::Wrong,
        [] if says_back(answer, &question.prompt) => Grade::None,
        [] => Grade::Unsure,
        [_, _] => Grade::Unsure,
        _ => Grade::Wrong,
    }
}

/// The options that an answer names.
fn chosen(options: &[String], said: &str, prompt: &str) -> BTreeSet<usize> {
    let words = tokens(said);
    let bare = core(&words);
    let texts: Vec<Vec<String>> = options.iter().map(|option| core(&tokens(option)).to_vec()).collect();
    let only_marks = marks(options.len(), said);
    let written: BTreeSet<usize> = (0..options.len())
        .filter(|i| same_text(&tokens(&options[*i]), &words) || !bare.is_empty() && texts[*i] == bare)
        .collect();
    if !written.is_empty() {
        // An option that is called like the letter of another one.
        return written
            .union(&only_marks.filter(|marks| marks.len() == 1).unwrap_or_default())
            .copied()
            .filter(|i| written.contains(i) || !numeric(options))
            .collect();
    }
    if numeric(options)
        && let Some(same) = same_value(options, said)
    {
        return BTreeSet::from([same]);
    }
    if let Some(marks) = only_marks {
        return marks;
    }
    let named = named(&texts, bare, prompt);
    match leading_mark(options.len(), said) {
        Some(mark) if named.len() > 1 && named.contains(&mark) => named,
        Some(mark) => named.iter().copied().chain([mark]).collect(),
        None => named,
    }
}

/// Whether the options are numbers, so that "2" is an option and not a place.
fn numeric(options: &[String]) -> bool {
    options.iter().all(|option| option.chars().any(|c| c.is_ascii_digit()))
}

/// The option of the number that an answer has in words.
fn same_value(options: &[String], said: &str) -> Option<usize> {
    let only = |text: &str| match &quantities(text, Reading::Temperature)[..] {
        [quantity] => Some((quantity.values.first().copied()?, quantity.unit, quantity.as_word)),
        _ => None,
    };
    let (value, unit, as_word) = only(said)?;
    if !as_word && unit.is_none()
        || said.split_whitespace().any(|word| ORDINALS.contains(&word.to_lowercase().as_str()))
    {
        return None;
    }
    let same =
        |option: &String| only(option).is_some_and(|(other, its, _)| other == value && (unit.is_none() || its == unit));
    options.iter().position(same)
}

fn same_text(a: &[String], b: &[String]) -> bool {
    !a.is_empty() && a == b
}

/// The places that an answer of nothing but letters, numbers and ordinals names; `None` where it has other words.
fn marks(count: usize, said: &str) -> Option<BTreeSet<usize>> {
    const AROUND: &[&str] = &[
        "option", "answer", "letter", "choice", "number", "nuber", "no", "opt", "the", "is", "it", "its", "it's", "i",
        "think", "choose", "one", "or", "and", "ans", "my", "pick", "sir", "miss", "maybe", "either", "both",
        "correct", "right", "be", "must", "would", "say", "go", "with", "for", "select", "chose", "please",
        "definitely", "sure", "am",
    ];
    let words = tokens(said);
    let mut places = BTreeSet::new();
    for (i, word) in words.iter().enumerate() {
        let number = i > 0 && ["number", "option", "answer", "choice", "nuber", "no"].contains(&words[i - 1].as_str());
        match place(count, word) {
            Some(place) => _ = places.insert(place),
            None if number && NUMBERS.iter().take(count).any(|name| name == word) => {
                places.extend(NUMBERS.iter().position(|name| name == word));
            }
            None if word == "last" => _ = places.insert(count.saturating_sub(1)),
            None if letters(count, word).is_some() => places.extend(letters(count, word).unwrap_or_default()),
            None if AROUND.contains(&word.as_str()) => {}
            None => return None,
        }
    }
    (!places.is_empty()).then_some(places)
}

/// The place that a letter, a number or an ordinal names.
fn place(count: usize, word: &str) -> Option<usize> {
    let mut chars = word.chars();
    let place = match (chars.next()?, chars.next()) {
        (c @ 'a'..='z', None) => c as usize - 'a' as usize,
        (c @ '1'..='9', None) => c as usize - '1' as usize,
        _ => {
            let number = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)?.parse::<usize>().ok());
            number
                .and_then(|number| number.checked_sub(1))
                .or_else(|| ORDINALS.iter().position(|name| *name == word))?
        }
    };
    (place < count).then_some(place)
}

/// "ABCD": letters written together.
fn letters(count: usize, word: &str) -> Option<Vec<usize>> {
    let places: Option<Vec<usize>> = word.chars().map(|c| place(count, &c.to_string())).collect();
    places.filter(|places| places.len() > 1 && places.windows(2).all(|pair| pair[0] < pair[1]))
}

/// "B) mitosis", "B because …": a letter before other words. "a stream" has none.
fn leading_mark(count: usize, said: &str) -> Option<usize> {
    let folded = fold(said);
    let trimmed = folded.trim_start_matches(|c: char| !c.is_alphanumeric());
    let mut words = trimmed.split_whitespace();
    let mut first = words.next()?;
    while ["option", "answer", "answer:", "ans", "ans:", "letter", "it's", "its"].contains(&first) {
        first = words.next()?;
    }
    let bare = first.trim_matches(|c: char| !c.is_alphanumeric());
    let marked = first.ends_with([')', '.', ':', '-', ',']) || bare != "a" && bare.chars().count() == 1;
    place(count, bare).filter(|_| marked && bare.chars().count() == 1)
}

/// The options whose words stand in the answer: whole, or a part that only one of them has.
fn named(texts: &[Vec<String>], said: &[String], prompt: &str) -> BTreeSet<usize> {
    let whole = |text: &Vec<String>| -> (Fit, usize) {
        let longest = text.len() + 1;
        let windows = (1..=longest.min(said.len())).flat_map(|length| said.windows(length));
        let others: Vec<String> = texts
            .iter()
            .filter(|other| *other != text)
            .flatten()
            .filter(|word| !text.contains(word))
            .cloned()
            .collect();
        windows.map(|window| (phrase_fit(text, window, &others), text.len())).max().unwrap_or((Fit::No, 0))
    };
    let fits: Vec<(Fit, usize)> = texts.iter().map(whole).collect();
    let full: BTreeSet<usize> = (0..texts.len()).filter(|i| fits[*i].0 == Fit::Yes).collect();
    if !full.is_empty() {
        // "readable stream" also holds "stream".
        let inside = |i: &usize| {
            full.iter().any(|j| {
                i != j && texts[*j].len() > texts[*i].len() && texts[*i].iter().all(|word| texts[*j].contains(word))
            })
        };
        return full.iter().copied().filter(|i| !inside(i)).collect();
    }
    let asked = stems(prompt);
    let shares = |text: &Vec<String>| {
        let telling: Vec<&String> = said.iter().filter(|word| !is_stop(word)).collect();
        let hits = telling
            .iter()
            .filter(|word| text.iter().any(|other| super::spell::fit(other, word, &[]) == Fit::Yes))
            .count();
        (hits, telling.iter().filter(|word| !asked.is_superset(&stems(word))).count())
    };
    let counted: Vec<(usize, usize)> = texts.iter().map(shares).collect();
    let most = counted.iter().map(|(hits, _)| *hits).max().unwrap_or(0);
    if most == 0 {
        return BTreeSet::new();
    }
    let best: BTreeSet<usize> = (0..texts.len()).filter(|i| counted[*i].0 == most).collect();
    let enough = |i: &usize| most * 2 >= counted[*i].1 || most * 2 >= texts[*i].len();
    match best.len() {
        1 => best.iter().copied().filter(|i| enough(i)).collect(),
        _ => BTreeSet::new(),
    }
}
