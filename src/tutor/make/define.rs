//! What a sentence says a term means: "X is a …", "… is called X". Only where the parts can be cut apart safely.

use super::super::subject::{is_plural, reads_as_verb};
use super::super::words::stem;
use super::key::Key;
use super::terms::{Lexicon, NameKind};
use super::text::{Word, is_vague, lower_first, stems};

/// A definition, cut apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Defined {
    /// Without an article: "force", "Standard Model".
    pub(super) term: String,
    /// With the article it has: "a force", "the Standard Model".
    pub(super) asked: String,
    /// What it is: "a push or a pull".
    pub(super) meaning: String,
    pub(super) plural: bool,
    pub(super) past: bool,
    /// What names it, where the sentence ends in "… is called X": the meaning is then a noun phrase too.
    pub(super) is_called: bool,
    /// Whether it is a person.
    pub(super) person: bool,
    /// Whether it is a name.
    pub(super) is_name: bool,
    /// Whether the meaning says a word of the term, so that it must not be shown where the term is asked for.
    pub(super) repeats: bool,
}

const COPULAS: &str = "is are was were";
const OPENERS: &str = "a an any the";
/// What a meaning that says nothing begins with.
const EMPTY: &[&str] = &[
    "a result", "the result", "a part", "part of", "a part of", "an example", "the same", "the first", "the only",
    "the most", "a major", "the cause", "a lot", "the case", "a matter", "one of", "an important", "a key",
    "the reason", "an attempt", "a number", "a good", "a common", "the basis", "the final", "the last", "the next",
    "the best", "the largest", "a strong", "a very", "a popular", "a typical", "a subject", "a significant",
    "a success", "a failure", "a great", "the second", "the former", "the latter", "a problem", "a non",
    "the dominant", "a critical", "a prominent", "a more", "a better", "a new",
];

/// The definition in a sentence, where it has one.
pub(super) fn parse(key: &Key<'_>, lexicon: &Lexicon) -> Option<Defined> {
    if !key.english || key.text.contains(['"', '“', ';']) {
        return None;
    }
    called(key, lexicon).or_else(|| is_a(key, lexicon))
}

/// The text between two places, without marks at its ends.
fn cut(text: &str, from: usize, to: usize) -> String {
    text.get(from..to).unwrap_or_default().trim().trim_end_matches(['.', ',', ' ']).to_owned()
}

/// "A force is a push or a pull."
fn is_a(key: &Key<'_>, lexicon: &Lexicon) -> Option<Defined> {
    let words = &key.words;
    let article = words[0].is("a an the");
    let from = usize::from(article);
    let verb = (from + 1..words.len().min(from + 7)).find(|i| words[*i].is(COPULAS))?;
    let subject = &words[from..verb];
    let whole = subject.iter().all(|word| word.closes.is_empty() && word.opens.is_empty() && !word.possessive);
    let named = is_name(subject, article, lexicon);
    let plain = subject.iter().all(|word| word.is_content() || named && word.is("of the and de"));
    let number = subject.iter().any(Word::is_number);
    if !whole || !plain || number || subject.len() > if named { 6 } else { 4 } || !words[verb].closes.is_empty() {
        return None;
    }
    let last = subject.last()?;
    let (past, plural) = (words[verb].is("was were"), words[verb].is("are were"));
    let capital = named || subject.iter().any(|word| word.is_capital() && (article || lexicon.is_name(&word.lower)));
    let headed = subject.iter().all(|word| lexicon.in_heading(&stem(&word.lower)));
    let fits = named || headed || subject.iter().all(|word| !reads_as_verb(&word.lower)) && !is_vague(&last.lower);
    if !fits || words[0].lower == "the" && !capital && !lexicon.is_running(&phrase(subject)) || past && !named {
        return None;
    }
    let gerund = last.lower.ends_with("ing") && !lexicon.is_noun(&last.lower);
    if subject.len() == 1 && (gerund || last.lower.ends_with("ly")) {
        return None;
    }
    let mut begin = verb + 1;
    while words.get(begin).is_some_and(|word| word.is("basically simply essentially")) {
        begin += 1;
    }
    let first = words.get(begin)?;
    let next = words.get(begin + 1)?;
    let opens = first.is("a an any") || first.lower == "the" && (capital || !article || words[0].lower != "the");
    let bare_plural = plural
        && first.is_content()
        && !first.is_number()
        && !first.is_capital()
        && is_plural_phrase(&words[begin..], lexicon);
    if !(opens || bare_plural) || next.is("most first only same few lot") || !first.closes.is_empty() {
        return None;
    }
    let meaning = cut(key.text, first.at.start, key.text.len());
    let term = key.text[subject[0].at.start..last.at.end].to_owned();
    let term = if from == 0 && !named && !lexicon.is_name(&subject[0].lower) { lower_first(&term) } else { term };
    let lower = meaning.to_lowercase();
    let empty = EMPTY.iter().any(|start| lower.strip_prefix(start).is_some_and(|rest| rest.starts_with([' ', '-'])));
    if empty || meaning.split_whitespace().count() < 5 {
        return None;
    }
    let article_text = if article { format!("{} ", words[0].lower) } else { String::new() };
    let person = named && lexicon.name_kind(&term) == NameKind::Person;
    let person = person
        || named && next.is(PERSON_NOUNS)
        || named && words.get(begin + 2).is_some_and(|word| word.is(PERSON_NOUNS));
    Some(Defined {
        asked: format!("{article_text}{term}"),
        repeats: repeats(&term, &meaning),
        term,
        meaning,
        plural,
        past,
        is_called: false,
        person,
        is_name: named,
    })
}
const PERSON_NOUNS: &str = "man woman engineer scientist king emperor general inventor physicist leader philosopher \
    mathematician astronomer officer explorer writer author lawyer politician economist scholar chancellor";

fn phrase(words: &[Word<'_>]) -> String {
    words.iter().map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ")
}

/// Whether a subject is written as a name, not only because it begins the sentence.
fn is_name(subject: &[Word<'_>], article: bool, lexicon: &Lexicon) -> bool {
    let Some(first) = subject.first() else { return false };
    let rest = subject[1..].iter().filter(|word| word.is_content());
    let rest_capital = rest.clone().all(Word::is_capital) && rest.clone().count() > 0;
    first.is_capital()
        && subject.last().is_some_and(Word::is_capital)
        && (article && subject[1..].iter().filter(|w| w.is_content()).all(Word::is_capital)
            || rest_capital
            || subject.len() == 1 && lexicon.is_name(&first.lower))
}

/// "proteins that …": a plural noun soon, before anything that is none.
fn is_plural_phrase(words: &[Word<'_>], lexicon: &Lexicon) -> bool {
    let head = words.iter().take(4).position(|word| is_plural(&word.lower) && !word.is("is was this"));
    head.is_some_and(|head| {
        words[..=head]
            .iter()
            .all(|word| word.is_content() && !word.lower.ends_with("ed") && !word.lower.ends_with("ly"))
            && words[..head].iter().all(|word| word.closes.is_empty())
            && !lexicon.is_verb(&words[head].lower)
            && words.get(head + 1).is_some_and(|next| next.is("that which who of used with made"))
    })
}

/// Whether what a term means says the term itself.
fn repeats(term: &str, meaning: &str) -> bool {
    let meaning = stems(meaning);
    stems(term)
        .iter()
        .any(|stem| stem.chars().count() > 2 && meaning.contains(stem) && !["the", "and"].contains(&stem.as_str()))
}

/// "A force that opposes motion is called friction."
fn called(key: &Key<'_>, lexicon: &Lexicon) -> Option<Defined> {
    let words = &key.words;
    let verb = (2..words.len().saturating_sub(1)).find(|i| words[*i].is(COPULAS))?;
    let mut at = verb + 1;
    while words.get(at).is_some_and(|word| word.is("also often commonly sometimes usually generally")) {
        at += 1;
    }
    let by = words.get(at)?;
    let behind = words.get(at + 1)?;
    let mut from = match () {
        () if by.is("called termed named") => at + 1,
        () if by.is("known") && behind.lower == "as" => at + 2,
        () if by.is("referred") && behind.lower == "to" => at + 3,
        () => return None,
    };
    while words.get(from).is_some_and(|word| word.is("a an the")) {
        from += 1;
    }
    let last = words.last()?;
    let name = &words[from.min(words.len())..];
    let shape = (1..=4).contains(&name.len())
        && name.iter().take(name.len() - 1).all(|word| word.closes.is_empty())
        && name.iter().all(|word| word.is_content() && !word.is_number() && word.opens.is_empty());
    let subject = &words[..verb];
    let starts = subject[0].is(OPENERS) || is_plural(&subject[0].lower);
    let simple = subject.iter().all(|word| word.closes.is_empty() && word.opens.is_empty());
    let clauses = subject.iter().filter(|word| word.is(COPULAS) || word.is("has have had can")).count();
    let relative = subject.iter().any(|word| word.is("that which who where when"));
    let clause_ok = clauses == 0 || relative && clauses == 1;
    let said_enough = (4..=18).contains(&subject.len());
    if !shape || !starts || !simple || !clause_ok || !said_enough || last.closes != "." {
        return None;
    }
    let term = key.text[name[0].at.start..last.at.end].to_owned();
    let meaning = cut(key.text, 0, words[verb - 1].at.end);
    let meaning = if lexicon.is_name(&subject[0].lower) { meaning } else { lower_first(&meaning) };
    if repeats(&term, &meaning) {
        return None;
    }
    let is_name = name[0].is_capital();
    Some(Defined {
        asked: term.clone(),
        term,
        meaning,
        plural: words[verb].is("are were"),
        past: words[verb].is("was were"),
        is_called: true,
        person: false,
        repeats: false,
        is_name,
    })
}
