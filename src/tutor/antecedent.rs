//! What a pronoun stands for: among all that was spoken of, the subject that fits it best.

use super::Exchange;
use super::subject::{self, ARTICLES, Subject, SubjectKind};

/// What takes a pronoun's place.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) kind: SubjectKind,
    pub(super) is_guess: bool,
}

/// A subject spoken of before whose last word is `noun` and that says more than it.
pub(super) fn headed(noun: &str, recent: &[Exchange]) -> Option<Found> {
    recent.iter().rev().take(2).flat_map(|exchange| exchange.subjects.iter().chain(&exchange.quoted)).find_map(
        |subject| {
            let words = subject::tokens(&subject.text);
            let telling = words.iter().filter(|word| !word.is(ARTICLES)).count();
            let head = words.last()?;
            (telling > 1 && head.plain == noun).then(|| Found {
                text: subject.text.clone(),
                kind: subject.kind,
                is_guess: true,
            })
        },
    )
}

/// The subject that fits a pronoun best: of the right kind, said last, in the question rather than in the quote.
pub(super) fn best(kind: SubjectKind, recent: &[Exchange]) -> Option<Found> {
    let mut found: Option<(f32, Found)> = None;
    for (age, exchange) in recent.iter().rev().take(3).enumerate() {
        let asked = exchange.subjects.iter().map(|subject| (subject, false));
        let quoted = exchange.quoted.iter().map(|subject| (subject, true));
        for (place, (subject, is_quoted)) in asked.chain(quoted).enumerate() {
            let Some(fit) = fit(kind, subject) else { continue };
            let nearer = if is_quoted { quoted_bonus(kind, exchange, subject) } else { asked_bonus(kind, subject) };
            let score = fit + nearer - age as f32 * 0.9 - place as f32 * 0.05;
            if found.as_ref().is_none_or(|(best, _)| score > *best) {
                let is_guess = is_quoted || age > 0;
                found = Some((score, Found { text: subject.text.clone(), kind: subject.kind, is_guess }));
            }
        }
    }
    found.map(|(_, found)| found)
}

/// A name that the student wrote is what the talk is about.
fn asked_bonus(kind: SubjectKind, subject: &Subject) -> f32 {
    let named = subject::tokens(&subject.text).iter().any(|token| token.is_capital() && !token.is(ARTICLES));
    match (named, kind, subject.kind) {
        (true, SubjectKind::Person, SubjectKind::Thing) => 2.5,
        (true, SubjectKind::Thing, SubjectKind::Thing) => 0.8,
        _ => 0.0,
    }
}

/// What the book said counts for less, unless it is what was asked for.
fn quoted_bonus(kind: SubjectKind, exchange: &Exchange, subject: &Subject) -> f32 {
    let asked_who = kind == SubjectKind::Person && exchange.question.to_lowercase().starts_with("who");
    let answers = if answers(exchange, subject) { 2.0 } else { 0.0 };
    answers + if asked_who { 0.5 } else { 0.0 } - 0.8
}

/// Whether a quoted subject is what the question asked for: "which treaty …?" – "the Treaty of Paris".
fn answers(exchange: &Exchange, subject: &Subject) -> bool {
    let asked = subject::tokens(&exchange.question);
    let wanted = asked.windows(2).find(|pair| pair[0].is("which what")).map(|pair| pair[1].plain.clone());
    wanted.is_some_and(|noun| subject::tokens(&subject.text).iter().any(|token| token.plain == noun))
}

fn fit(kind: SubjectKind, subject: &Subject) -> Option<f32> {
    let with_article = ARTICLES.split(' ').any(|article| subject.text.starts_with(&format!("{article} ")));
    let is_name = subject.text.chars().next().is_some_and(char::is_uppercase) && !with_article;
    let is_date = subject.text.split_whitespace().any(|word| word.chars().all(|c| c.is_ascii_digit() || c == ','));
    if is_date {
        return None;
    }
    match (kind, subject.kind) {
        (SubjectKind::Person, SubjectKind::Person) => Some(if is_name { 4.0 } else { 2.5 }),
        (SubjectKind::Person, SubjectKind::Thing) => is_name.then_some(1.0),
        (SubjectKind::Person, SubjectKind::Many) => None,
        (SubjectKind::Thing, SubjectKind::Thing) => Some(3.0),
        (SubjectKind::Thing, SubjectKind::Many) => Some(1.0),
        (SubjectKind::Thing, SubjectKind::Person) => Some(0.2),
        (SubjectKind::Many, SubjectKind::Many) => Some(3.0),
        (SubjectKind::Many, SubjectKind::Thing) => Some(1.0),
        (SubjectKind::Many, SubjectKind::Person) => Some(0.8),
    }
}

/// "a self-locking nut" as "self-locking nuts".
pub(super) fn plural(text: &str) -> String {
    match text.strip_prefix("a ").or_else(|| text.strip_prefix("an ")) {
        Some(one) if one.ends_with(['s', 'x']) || one.ends_with("ch") || one.ends_with("sh") => format!("{one}es"),
        Some(one) => format!("{one}s"),
        None => text.to_owned(),
    }
}
