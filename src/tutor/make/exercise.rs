//! The questions that the book itself asks.

use super::book::{Book, Candidate};
use super::text::{one_of, stems, words};
use crate::tutor::question::{Expected, Form, Question, Task};

/// Words of an exercise.
const WORDS: std::ops::RangeInclusive<usize> = 6..=110;
/// What an exercise may tell to do.
const TASKS: &str = "determine find calculate explain show describe derive prove compute express estimate draw sketch list \
    name compare discuss state define give solve write";
/// What an exercise shows on the page that its words cannot.
const SHOWN: &[&str] = &[
    "figure", "fig.", "graph", "diagram", "table", "picture", "shown", "below", "above", "sketch", "draw",
    "question library",
];
const PREVIOUS: &[&str] =
    &["previous question", "last question", "part (", "question above", "the previous", "exercise", "problem above"];

pub(super) fn make(book: &Book<'_>, into: &mut Vec<Candidate>) {
    let texts = distinct(book.texts);
    let numbered: Vec<usize> = (0..texts.len()).filter(|i| number(texts[*i].1).is_some()).collect();
    for (n, start) in numbered.iter().enumerate() {
        let end = numbered.get(n + 1).copied().unwrap_or(texts.len());
        into.extend(exercise(book, &texts[*start..end]));
    }
    if numbered.is_empty() && asks(book.material.heading) {
        for text in texts.iter().filter(|(_, text)| text.ends_with('?')) {
            into.extend(exercise(book, std::slice::from_ref(text)));
        }
    }
}

/// Where the exercises begin: the place of the first numbered one where there are several, else behind all.
pub(super) fn begin(heading: &str, texts: &[String]) -> usize {
    let numbered: Vec<usize> = (0..texts.len()).filter(|i| number(&texts[*i]).is_some()).collect();
    let asked =
        texts.iter().skip(numbered.first().copied().unwrap_or(texts.len())).filter(|text| is_asked(text)).count();
    match numbered.first() {
        _ if asks(heading) => 0,
        Some(first) if asked >= 2 && asked * 2 >= numbered.len() => *first,
        _ => texts.len(),
    }
}

/// Whether a section is one of questions.
pub(super) fn asks(heading: &str) -> bool {
    let lower = heading.to_lowercase();
    [
        "question", "exercise", "review", "problem", "quiz", "check your", "test yourself", "multiple choice",
        "long answer", "short answer",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// The sentences, each once.
fn distinct(texts: &[String]) -> Vec<(usize, &str)> {
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let recent = found.iter().rev().take(12).any(|(_, other)| other == text);
        if !recent {
            found.push((i, text));
        }
    }
    found
}

/// The text behind the number of an exercise: "12. A ball …", "Exercise 3: …".
fn number(text: &str) -> Option<&str> {
    let rest =
        ["Exercise ", "Question ", "Problem ", "Q"].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let behind = rest.get(digits..).filter(|_| (1..=3).contains(&digits))?;
    let body = behind.strip_prefix(['.', ')', ':'])?;
    let body = body.strip_prefix(' ')?.trim();
    (body.split_whitespace().count() >= 4).then_some(body)
}

fn exercise(book: &Book<'_>, sentences: &[(usize, &str)]) -> Option<Candidate> {
    let (first, text) = *sentences.first()?;
    let mut parts: Vec<&str> = vec![number(text).unwrap_or(text)];
    let mut answer = None;
    for (_, text) in &sentences[1..] {
        if let Some(given) = answer_of(text) {
            answer = Some(given);
            break;
        }
        parts.push(text);
    }
    // What stands behind the last thing asked is no part of it.
    let asked = parts.iter().rposition(|part| is_asked(part))?;
    parts.truncate(asked + 1);
    let whole_ends = parts.iter().all(|part| part.ends_with(['.', '?', '!', ':']));
    let prompt = parts.join(" ");
    let lower = prompt.to_lowercase();
    let num_words = prompt.split_whitespace().count();
    let shown = SHOWN.iter().chain(PREVIOUS).any(|word| lower.contains(word));
    let chosen = lower.contains("which of the following")
        || lower.contains("which one of")
        || lower.contains("which statement")
        || lower.contains("true or false")
        || lower.contains("choose all");
    let torn = !prompt.starts_with(|c: char| c.is_uppercase() || c == '"') || prompt.contains("  ");
    let odd = prompt.chars().filter(|c| u32::from(*c) > 0x2000 && !"’‘“”–—−°×".contains(*c)).count();
    let clean = prompt.matches('=').count() <= 4
        && odd == 0
        && !prompt.contains(['⃗', '∆', '\u{fffd}', '|', '̂'])
        && !lower.contains("i’m ");
    // Powers that lost their place: "x2 − y2".
    let clean = clean && ![" + ", " − ", "+", "T−"].iter().any(|sign| prompt.contains(sign));
    let leans = one_of(&words(&prompt).first()?.lower.clone(), "it this he she they these those that (b) b c d");
    if !WORDS.contains(&num_words) || shown || chosen || torn || !clean || !whole_ends || leans {
        return None;
    }
    let answer = answer.map(|text| Expected { form: form(&text), text, also: Vec::new() });
    let secret = answer.iter().map(|answer| stems(&answer.text)).collect();
    let question = Question { prompt, task: Task::Exercise { answer }, source: book.cite(first) };
    Some(Candidate {
        question,
        kind: super::Kind::Exercise,
        score: 1.0,
        from: sentences.iter().map(|(i, _)| *i).collect(),
        secret,
    })
}

/// Whether a sentence asks or tells to do something.
fn is_asked(text: &str) -> bool {
    let body = text.trim_start_matches(|c: char| !c.is_alphabetic());
    let body = if text.starts_with('(') { text.split_once(')').map_or(body, |(_, body)| body.trim()) } else { body };
    text.ends_with('?') || words(body).first().is_some_and(|word| word.is(TASKS) && word.is_capital())
}

/// "Answer: 12 m/s", "Solution. …"
fn answer_of(text: &str) -> Option<String> {
    let rest = ["Answer: ", "Answer. ", "Solution: ", "Solution. ", "Ans: ", "Ans. "]
        .iter()
        .find_map(|mark| text.strip_prefix(mark))?;
    let rest = rest.trim().trim_end_matches('.');
    (!rest.is_empty() && rest.split_whitespace().count() <= 40).then(|| rest.to_owned())
}

fn form(answer: &str) -> Form {
    let few = answer.split_whitespace().count() <= 3;
    match () {
        () if few && answer.contains(char::is_numeric) => Form::Number,
        () if few => Form::Term,
        () => Form::Statement,
    }
}
