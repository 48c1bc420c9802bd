//! Whether words would give away the answer to a question that a student is still thinking about.

use super::question::{Expected, Form, Question, Task};
use super::words::{content_set, content_stems, coverage, stem, words};
use crate::passage::sentences;

/// Share of a statement's content words that says it.
const SAID: f32 = 0.7;
/// Share of the question's own words from which a sentence with the answer in it answers the question.
const SAME_MATTER: f32 = 0.3;
/// Shared content words that are enough whatever their share.
const SHARED_WORDS: usize = 2;

/// Whether `text`, shown to the student, would answer `question`.
#[must_use]
pub fn gives_away(text: &str, question: &Question) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    let parts = lines.iter().flat_map(|line| sentences(line).into_iter().map(|range| &line[range]));
    let parts: Vec<&str> = parts.chain(lines.iter().copied()).collect();
    let says = |statement: &str| {
        let wanted = content_set(statement);
        !wanted.is_empty() && parts.iter().any(|part| coverage(&wanted, &content_set(part)) >= SAID)
    };
    match &question.task {
        Task::Cloze { answer } | Task::Short { answer } | Task::Exercise { answer: Some(answer) } => {
            answers(&parts, question, answer)
        }
        Task::Exercise { answer: None } => false,
        Task::Choice { options, correct } => options.get(*correct).is_some_and(|option| {
            let answer = Expected { text: option.clone(), also: Vec::new(), form: Form::Term };
            answers(&parts, question, &answer)
        }),
        // The order is known once two of the events are told.
        Task::Order { events, .. } => events.iter().filter(|event| says(event)).count() >= 2,
        Task::Match { terms, meanings, pairs } => terms
            .iter()
            .zip(pairs)
            .any(|(term, at)| meanings.get(*at).is_some_and(|meaning| says(&format!("{term} {meaning}")))),
    }
}

/// Whether one of the parts has the answer and speaks of what is asked.
fn answers(parts: &[&str], question: &Question, answer: &Expected) -> bool {
    if answer.form == Form::Statement {
        let wanted = content_set(&answer.text);
        return !wanted.is_empty() && parts.iter().any(|part| coverage(&wanted, &content_set(part)) >= SAID);
    }
    let asked = content_set(&format!("{} {}", question.prompt, question.source.quote));
    let spoken = |part: &&&str| {
        let there = content_set(part);
        let own: usize = content_stems(&answer.text).len();
        let shared = asked.intersection(&there).count().saturating_sub(own);
        shared >= SHARED_WORDS || coverage(&asked, &there) >= SAME_MATTER
    };
    let names = std::iter::once(&answer.text).chain(&answer.also);
    names.into_iter().any(|name| parts.iter().filter(|part| has(part, name)).any(|part| spoken(&part)))
}

/// Whether a text has these words one behind the other, in whatever form.
fn has(text: &str, name: &str) -> bool {
    let wanted: Vec<String> = words(name).map(|word| stem(&word)).collect();
    let there: Vec<String> = words(text).map(|word| stem(&word)).collect();
    !wanted.is_empty() && there.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tutor::testing::cloze;

    #[test]
    fn the_source_and_its_paraphrases_give_the_answer_away() {
        let (question, ..) = cloze("A flood leaves ____ on the fields.", "silt");
        for (text, expected) in [
            ("A flood leaves silt on the fields.", true),
            ("> A river begins at a spring. A flood leaves silt on the fields. (p. 9)", true),
            ("On the fields lies silts after a flood.", true),
            ("A river begins at a spring.", false),
            ("Silt is sold in shops.", false),
            ("A flood is water that leaves the river.", false),
            ("", false),
        ] {
            assert_eq!(gives_away(text, &question), expected, "{text}");
        }
    }

    #[test]
    fn pairs_orders_and_statements_are_kept_too() {
        let (base, ..) = cloze("____", "x");
        let task = Task::Match {
            terms: vec!["silt".into(), "spring".into()],
            meanings: vec!["place where water comes out of the ground".into(), "fine earth that water carries".into()],
            pairs: vec![1, 0],
        };
        let question = Question { task, ..base.clone() };
        assert!(gives_away("Silt is fine earth that water carries.", &question));
        assert!(!gives_away("Silt is brown.", &question));
        let events = vec!["The river flooded the town".into(), "People built a wall".into()];
        let question = Question { task: Task::Order { events, order: vec![0, 1] }, ..base.clone() };
        assert!(gives_away("In 1900 the river flooded the town. Later people built a wall.", &question));
        assert!(!gives_away("People built a wall.", &question));
        let answer = Expected { text: "It makes the fields rich".into(), also: vec![], form: Form::Statement };
        let question = Question { task: Task::Short { answer }, ..base };
        assert!(gives_away("The silt makes the fields rich.", &question));
        assert!(!gives_away("The fields are wide.", &question));
    }
}
