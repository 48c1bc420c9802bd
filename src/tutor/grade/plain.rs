//! Terms and names.

use super::spell::{Fit, fit, phrase_fit, same};
use super::text::{affirmed, core, fold, stems, tokens};
use crate::passage::words::is_stop;
use crate::tutor::question::{Expected, Form, Grade, Question};
use std::collections::BTreeSet;

/// An answer of more words is a sentence, not a term with a word more.
const SENTENCE_WORDS: usize = 5;

/// Where in an answer what was expected stands.
#[derive(Debug, Clone, Copy)]
struct Found {
    fit: Fit,
    from: usize,
    to: usize,
}

/// Grades a term or a name.
pub(super) fn grade(expected: &Expected, question: &Question, answer: &str) -> Grade {
    let accepted = accepted(expected, question);
    let denies = accepted.iter().flatten().any(|word| super::text::is_negation(word));
    let (said, denied) = if denies { (answer.to_owned(), String::new()) } else { affirmed(answer) };
    let (items, either) = items(&said);
    let others = others(question, &accepted);
    let whole: Vec<String> = items.concat();
    let best = |words: &[String]| {
        accepted
            .iter()
            .filter_map(|wanted| find(wanted, words, &others))
            .max_by_key(|found| (found.fit, found.to - found.from))
    };
    // A comma or an "and" may stand inside what is expected.
    let exact = accepted.iter().map(|wanted| phrase_fit(wanted, core(&whole), &others)).max().unwrap_or(Fit::No);
    if exact == Fit::Yes {
        return if best(&tokens(&denied)).is_some() { Grade::Unsure } else { Grade::Right };
    }
    if initials(expected, &whole) {
        return Grade::Right;
    }
    let found: Vec<Option<Found>> = items.iter().map(|item| best(item)).collect();
    let Some((at, hit)) =
        found.iter().enumerate().filter_map(|(i, found)| Some((i, (*found)?))).max_by_key(|(_, found)| found.fit)
    else {
        let several = several(expected, &whole, &others);
        return several.unwrap_or_else(|| part(expected, &accepted, question, core(&whole), &others));
    };
    if hit.fit == Fit::Maybe || best(&tokens(&denied)).is_some() {
        return Grade::Unsure;
    }
    let rivals =
        items.iter().zip(&found).filter(|(item, found)| found.is_none() && is_rival(item, either, question)).count();
    if rivals > 0 {
        return if rivals > 1 { Grade::Wrong } else { Grade::Unsure };
    }
    beside(expected, question, &items[at], hit)
}

/// All that counts as right, as words without an article.
fn accepted(expected: &Expected, question: &Question) -> Vec<Vec<String>> {
    let mut texts = vec![expected.text.clone()];
    texts.extend(expected.also.iter().cloned());
    // "Transmission Control Protocol (TCP)"
    if let Some((before, rest)) = expected.text.split_once('(')
        && let Some((inside, _)) = rest.split_once(')')
    {
        texts.extend([before.to_owned(), inside.to_owned()]);
    }
    let mut accepted: Vec<Vec<String>> = texts.iter().map(|text| tokens(text)).collect();
    for words in &mut accepted {
        if words.len() > 1 && ["a", "an", "the"].contains(&words[0].as_str()) {
            words.remove(0);
        }
    }
    // What the question says need not be said again: a kind of nut is "self-locking".
    let asked = stems(&question.prompt);
    let short = accepted.iter().filter(|words| words.len() > 1).map(|words| -> Vec<String> {
        words.iter().filter(|word| !asked.contains(&crate::passage::words::stem(word))).cloned().collect()
    });
    let short: Vec<_> = short.filter(|words| words.iter().any(|word| !is_stop(word))).collect();
    accepted.extend(short);
    accepted.retain(|words| !words.is_empty());
    accepted
}

/// The parts of an answer that commas, "and" and "or" divide, without the words around them; and whether one of several
/// is left open.
fn items(text: &str) -> (Vec<Vec<String>>, bool) {
    let folded = fold(text);
    let (mut items, mut either) = (vec![Vec::new()], false);
    for piece in folded.split_inclusive([',', ';', '/', '\n', '|', '&', '+', '.', ':', '(']) {
        for word in tokens(piece) {
            if ["or", "and", "ou", "oder", "y"].contains(&word.as_str()) {
                either |= word == "or";
                items.push(Vec::new());
            } else if let Some(item) = items.last_mut() {
                item.push(word);
            }
        }
        if piece.ends_with([',', ';', '/', '\n', '|', '&', '+', '.', ':', '(']) {
            either |= piece.ends_with(['/', '|']);
            items.push(Vec::new());
        }
    }
    let items = items.iter().map(|item| core(item).to_vec()).filter(|item: &Vec<String>| !item.is_empty()).collect();
    (items, either)
}

/// Words of the question and its source that are not what is expected: they are no misspelling of it.
fn others(question: &Question, accepted: &[Vec<String>]) -> Vec<String> {
    let expected = |word: &String| accepted.iter().flatten().any(|wanted| same(wanted, word));
    let all = tokens(&question.prompt).into_iter().chain(tokens(&question.source.quote));
    let mut others: Vec<String> = all.filter(|word| !expected(word)).collect();
    others.sort();
    others.dedup();
    others
}

/// The place in `words` where `wanted` stands best.
fn find(wanted: &[String], words: &[String], others: &[String]) -> Option<Found> {
    let mut best: Option<Found> = None;
    for length in [wanted.len(), wanted.len().saturating_sub(1), wanted.len() + 1] {
        if length == 0 || length > words.len() {
            continue;
        }
        for from in 0..=words.len() - length {
            let fit = phrase_fit(wanted, &words[from..from + length], others);
            if fit > best.map_or(Fit::No, |best| best.fit) {
                best = Some(Found { fit, from, to: from + length });
            }
        }
    }
    best
}

/// Whether a part of an answer names something else that it might be.
fn is_rival(item: &[String], either: bool, question: &Question) -> bool {
    let known = stems(&question.prompt);
    let tells = item.iter().any(|word| !is_stop(word) && !stems(word).is_subset(&known));
    tells && item.len() <= if either { 4 } else { 2 }
}

/// What the words beside a right answer make of it: "cell wall" is not "cell".
fn beside(expected: &Expected, question: &Question, item: &[String], hit: Found) -> Grade {
    let mut known = stems(&question.prompt);
    known.extend(stems(&question.source.quote));
    known.extend(stems(&expected.text));
    const TITLES: &[&str] = &[
        "mr", "mrs", "dr", "sir", "king", "queen", "president", "emperor", "general", "river", "city", "lord", "lady",
        "country", "saint", "st", "mount", "lake", "town", "state", "scientist", "empress", "process", "thing", "gas",
        "type", "kind", "called", "answer", "think", "sure", "definitely", "force",
    ];
    let is_new = |word: &&String| !is_stop(word) && !TITLES.contains(&word.as_str()) && !stems(word).is_subset(&known);
    let new: Vec<&String> = item[..hit.from].iter().chain(&item[hit.to..]).filter(is_new).collect();
    let has_grammar = item.iter().any(|word| is_stop(word));
    if new.is_empty() || item.len() > SENTENCE_WORDS && has_grammar {
        return Grade::Right;
    }
    let given_name =
        expected.form == Form::Name && hit.to == item.len() && new.len() == 1 && new[0].chars().count() == 1;
    if given_name || has_grammar && new.len() == 1 && item.len() > 3 { Grade::Right } else { Grade::Unsure }
}

/// Whether the answer is the initials of a longer name.
fn initials(expected: &Expected, words: &[String]) -> bool {
    let letters = |word: &str| word.chars().next().filter(|c| c.is_alphabetic());
    let capital = expected.text.split_whitespace().filter(|word| !is_stop(&word.to_lowercase()));
    let initials: String = capital.filter_map(letters).flat_map(char::to_lowercase).collect();
    initials.chars().count() >= 3 && core(words).concat() == initials
}

/// Several things are expected ("oxygen and nitrogen"): all of them in any order, or some.
fn several(expected: &Expected, words: &[String], others: &[String]) -> Option<Grade> {
    let parts: Vec<Vec<String>> = items(&expected.text).0;
    if parts.len() < 2 {
        return None;
    }
    let found =
        parts.iter().filter(|part| find(part, words, others).is_some_and(|found| found.fit == Fit::Yes)).count();
    let most: usize = parts.iter().map(Vec::len).sum::<usize>() + parts.len() + 2;
    match found {
        0 => None,
        _ if words.len() > most => Some(Grade::Unsure),
        all if all == parts.len() => Some(Grade::Right),
        _ => Some(Grade::Partly),
    }
}

/// Nothing accepted was found: is it a part of it?
fn part(
    expected: &Expected,
    accepted: &[Vec<String>],
    question: &Question,
    words: &[String],
    others: &[String],
) -> Grade {
    let asked = stems(&question.prompt);
    let telling: Vec<&String> = words.iter().filter(|word| !is_stop(word)).collect();
    let told: BTreeSet<&&String> = telling.iter().filter(|word| !stems(word).is_subset(&asked)).collect();
    let is_part = |wanted: &&Vec<String>| {
        let within = |word: &&String| wanted.iter().any(|other| fit(other, word, others) == Fit::Yes);
        wanted.len() > 1
            && !told.is_empty()
            && telling.iter().all(|word| within(word) || asked.contains(&crate::passage::words::stem(word)))
    };
    let Some(wanted) = accepted.iter().find(is_part) else { return Grade::Wrong };
    let last = wanted.last().is_some_and(|last| telling.len() == 1 && same(last, telling[0]));
    let person = tokens(&question.prompt).iter().any(|word| ["who", "whom", "whose"].contains(&word.as_str()));
    if expected.form == Form::Name && last && person { Grade::Right } else { Grade::Partly }
}
