//! Events to be put in order: by their years, or by the book's own "first … then … finally".

use super::book::{Book, Candidate};
use super::key::Key;
use super::pick::Chance;
use super::text::{Word, stems, upper_first};
use crate::tutor::question::{Question, Task};

/// Events in one question: at most, and at least.
const MAX_EVENTS: usize = 4;
const MIN_EVENTS: usize = 3;
/// Words of an event that is shown.
const MAX_WORDS: usize = 20;
const MONTHS: &str = "january february march april may june july august september october november december";

struct Event {
    index: usize,
    year: i32,
    text: String,
}

pub(super) fn make(book: &Book<'_>, seed: u64, into: &mut Vec<Candidate>) {
    let mut events: Vec<Event> = book.keys.iter().filter_map(event).collect();
    let mut chance = Chance::new(seed, "order");
    chance.shuffle(&mut events);
    let mut chosen: Vec<Event> = Vec::new();
    for event in events {
        if chosen.len() < MAX_EVENTS && chosen.iter().all(|other| are_apart(&event, other)) {
            chosen.push(event);
        }
    }
    chosen.sort_by_key(|event| event.year);
    let dated = chosen.into_iter().map(|event| (event.index, event.text)).collect();
    into.extend(question(book, dated, "Put these events in order, the earliest first.", &mut chance));
    let steps = steps(book);
    into.extend(question(book, steps, "Put these steps in order, the first one first.", &mut chance));
}

fn question(book: &Book<'_>, sorted: Vec<(usize, String)>, prompt: &str, chance: &mut Chance) -> Option<Candidate> {
    if sorted.len() < MIN_EVENTS {
        return None;
    }
    let mut shown: Vec<usize> = (0..sorted.len()).collect();
    chance.shuffle(&mut shown);
    if shown.is_sorted() {
        shown.rotate_left(1);
    }
    let events = shown.iter().map(|i| sorted[*i].1.clone()).collect();
    let order = (0..sorted.len()).filter_map(|i| shown.iter().position(|from| *from == i)).collect();
    let task = Task::Order { events, order };
    let question = Question { prompt: prompt.to_owned(), task, source: book.cite(sorted[0].0) };
    let from = sorted.iter().map(|(index, _)| *index).collect();
    Some(Candidate { question, kind: super::Kind::Order, score: 1.6, from, secret: Vec::new() })
}

fn are_apart(a: &Event, b: &Event) -> bool {
    let (one, other) = (stems(&a.text), stems(&b.text));
    let shared = one.iter().filter(|stem| stem.len() > 3 && other.contains(stem)).count();
    (a.year - b.year).abs() >= 2 && shared * 2 < one.len().min(other.len())
}

/// What happened in a year, without the year: "In 1712, X built Y." or "X built Y in 1712."
fn event(key: &Key<'_>) -> Option<Event> {
    let words = &key.words;
    let years: Vec<usize> = (0..words.len()).filter(|i| words[*i].year().is_some()).collect();
    let [at] = years[..] else { return None };
    let dates = |word: &Word<'_>| {
        word.is(MONTHS) && word.is_capital() && word.lower != "march"
            || word.is_number() && word.written.contains("th")
            || word.written.ends_with("0s")
            || word.is("century later earlier afterwards ago later, years decades before after until since")
    };
    let (text, rest) = if at == words.len() - 1 && words[at].closes == "." {
        let date = date_before(words, at)?;
        let last = words.get(date.checked_sub(1)?)?;
        (key.text[..last.at.end + last.closes.len()].trim_end_matches([',', ' ']).to_owned(), &words[..date])
    } else {
        let starts = words[0].lower == "in" || words[0].lower == "on";
        let date = date_before(words, at)?;
        if !starts || date != 0 {
            return None;
        }
        let next = words.get(at + 1)?;
        // Without a comma only what can begin a clause may follow.
        let clause = words[at].closes == "," || next.is("the a an") || next.is_capital();
        if !clause || !words[at].closes.chars().all(|c| c == ',') {
            return None;
        }
        let text = key.text[next.at.start - next.opens.len()..].trim_end_matches('.').to_owned();
        (upper_first(&text), &words[at + 1..])
    };
    let short = (4..=MAX_WORDS).contains(&rest.len());
    let leaning = rest.first().is_none_or(|word| {
        word.is("he she it they his her its their this these that which it when while with after by following as")
    });
    let past = rest.windows(2).any(|pair| {
        let regular = pair[1].lower.ends_with("ed") && !pair[1].lower.contains('-') && !pair[0].is("a an the");
        (regular || pair[1].is(PAST)) && !pair[1].is_capital()
    });
    let at_end = at == words.len() - 1;
    let turned =
        at_end && rest.iter().any(|word| word.is("but while which that who than whereas although though before until"));
    let pronoun = rest.iter().take(4).any(|word| word.is("he she it they him his"));
    if !key.english
        || !short
        || leaning
        || !past
        || turned
        || pronoun
        || rest.iter().any(dates)
        || text.contains(['(', ';', ':'])
    {
        return None;
    }
    Some(Event { index: key.index, year: words[at].year()?, text: format!("{text}.") })
}
const PAST: &str = "was were became began built made took won lost led wrote came went left fell gave found had held met rose \
    sent set sold spent stood told thought understood fought brought bought caught chose drew drove grew knew ran sank saw sought";

/// Where the date begins that ends with the year at `at`: "in", "in May", "on 14 July", "On July 14,".
fn date_before(words: &[Word<'_>], at: usize) -> Option<usize> {
    let mut i = at;
    while i > 0
        && (words[i - 1].is(MONTHS) && words[i - 1].is_capital()
            || words[i - 1].is_number() && words[i - 1].written.len() <= 2)
    {
        i -= 1;
    }
    (i > 0 && words[i - 1].is("in on") && at - i <= 2).then(|| i - 1)
}

/// The steps of a text that numbers them with words: first, then, finally.
fn steps(book: &Book<'_>) -> Vec<(usize, String)> {
    let mark = |text: &str, list: &[&str]| -> Option<String> {
        let lower = text.to_lowercase();
        let rest =
            list.iter().find_map(|mark| lower.strip_prefix(mark)?.starts_with([',', ' ']).then_some(mark.len()))?;
        Some(text[rest..].trim_start_matches([',', ' ']).to_owned())
    };
    let texts = book.texts;
    for (start, text) in texts.iter().enumerate() {
        if !text.is_ascii() {
            continue;
        }
        let Some(first) = mark(text, &["first"]).filter(|text| is_step(text)) else { continue };
        let mut found = vec![(start, first)];
        for (i, text) in texts.iter().enumerate().skip(start + 1).take(5) {
            if !text.is_ascii() {
                break;
            }
            let Some(next) = mark(text, &["then", "next", "after that", "finally", "lastly"]) else { break };
            if is_step(&next) {
                found.push((i, next));
            }
        }
        if found.len() >= MIN_EVENTS {
            found.truncate(MAX_EVENTS);
            return found.into_iter().map(|(i, text)| (i, upper_first(&text))).collect();
        }
    }
    Vec::new()
}

fn is_step(text: &str) -> bool {
    let words = text.split_whitespace().count();
    (3..=MAX_WORDS).contains(&words) && text.ends_with('.') && !text.contains("first") && !text.contains("then")
}
