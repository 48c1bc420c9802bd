//! What a student's answer is worth, by rules: folded words, numbers with their units, misspellings that are no other
//! word, and for statements the share of what the book says. Pure: the only thing it asks is how near two texts are in
//! the embedder's space, and it grades without that too. What a student writes is only ever compared, never followed.
//!
//! In doubt it says [`Grade::Unsure`], and the student is asked again: a wrong "right" and a wrong "wrong" both cost trust.

mod arrange;
mod cases;
mod choice;
mod number;
mod numeral;
mod plain;
mod quantity;
mod spell;
mod statement;
#[cfg(test)]
mod tests;
pub(super) mod text;
mod units;

pub(crate) use cases::{GradingCase, grading_cases};

use super::question::{Expected, Form, Grade, Question, Task};

/// Bytes of a longer answer are not read: it is a page copied, not an answer.
const MAX_BYTES: usize = 1500;

/// Grades an answer. `nearness` is the cosine of two texts in the embedder's space, `None` where there is no embedder.
pub(crate) fn grade(question: &Question, answer: &str, nearness: &mut dyn FnMut(&str, &str) -> Option<f32>) -> Grade {
    if answer.trim().len() > MAX_BYTES {
        return Grade::Unsure;
    }
    let folded = text::without_not_knowing(answer);
    if !folded.chars().any(char::is_alphanumeric) {
        return Grade::None;
    }
    // The folded text has lost its capitals, which units need.
    let said = if folded.len() * 10 >= text::fold(answer).trim().len() * 9 { answer } else { &folded };
    let graded = match &question.task {
        Task::Cloze { answer } | Task::Short { answer } | Task::Exercise { answer: Some(answer) } => {
            expected(answer, question, said, nearness)
        }
        Task::Choice { options, correct } => choice::grade(question, options, *correct, said),
        Task::Order { events, order } => arrange::order(question, events, order, said),
        Task::Match { terms, meanings, pairs } => arrange::pairs(question, terms, meanings, pairs, said),
        Task::Exercise { answer: None } => unanswered(question, said, nearness),
    };
    // Whoever pleads has to answer once more, without it.
    if graded == Grade::Right && text::pleads(answer) { Grade::Unsure } else { graded }
}

fn expected(
    expected: &Expected,
    question: &Question,
    answer: &str,
    nearness: &mut dyn FnMut(&str, &str) -> Option<f32>,
) -> Grade {
    if text::says_back(answer, &question.prompt) && !text::says_back(&expected.text, &question.prompt) {
        return Grade::None;
    }
    if text::pleads(answer) && !text::stems(answer).is_superset(&text::stems(&expected.text)) {
        return Grade::Wrong;
    }
    match expected.form {
        Form::Statement => statement::grade(expected, question, answer, nearness),
        Form::Number => {
            number::grade(expected, question, answer).unwrap_or_else(|| plain::grade(expected, question, answer))
        }
        Form::Term | Form::Name => plain::grade(expected, question, answer),
    }
}

/// An exercise whose answer is not in the book: never right, and wrong only where it speaks of something else.
fn unanswered(question: &Question, answer: &str, nearness: &mut dyn FnMut(&str, &str) -> Option<f32>) -> Grade {
    const ELSEWHERE: f32 = 0.05;
    if text::says_back(answer, &question.prompt) {
        return Grade::None;
    }
    match nearness(answer, &question.source.quote) {
        Some(cosine) if cosine < ELSEWHERE => Grade::Wrong,
        _ => Grade::Unsure,
    }
}

/// The number in a text, and whether it is all that the text says; for whoever must not tell it.
pub(super) fn secret_value(text: &str) -> Option<(f64, bool)> {
    match &quantity::quantities(text, quantity::Reading::Temperature)[..] {
        [only] => Some((only.values.first().copied()?, true)),
        [first, ..] => Some((first.values.first().copied()?, false)),
        [] => None,
    }
}
