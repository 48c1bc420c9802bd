use super::*;
use crate::tutor::grade::grading_cases;
use proptest::prelude::*;

fn question(task: Task, prompt: &str, quote: &str) -> Question {
    let mut question = grading_cases()[0].question.clone();
    (question.task, question.prompt, question.source.quote) = (task, prompt.to_owned(), quote.to_owned());
    question
}

fn short(text: &str, also: &[&str], form: Form) -> Task {
    let also = also.iter().map(|text| (*text).to_owned()).collect();
    Task::Short { answer: Expected { text: text.to_owned(), also, form } }
}

/// Whether `text` has the words of `secret` in a row, in any case.
fn tells(text: &str, secret: &str) -> bool {
    let (told, wanted) = (text::tokens(text), text::tokens(secret));
    !wanted.is_empty() && told.windows(wanted.len()).any(|window| window == wanted)
}

fn never_tells(question: &Question) {
    let secrets: Vec<String> = match &question.task {
        Task::Cloze { answer } | Task::Short { answer } | Task::Exercise { answer: Some(answer) } => {
            std::iter::once(answer.text.clone()).chain(answer.also.clone()).collect()
        }
        Task::Choice { options, correct } => vec![options[*correct].clone()],
        Task::Order { .. } | Task::Match { .. } => vec![answer_text(question)],
        Task::Exercise { answer: None } => Vec::new(),
    };
    let hints: Vec<String> = (0..4).map(|shown| hint(question, Rung::of(shown))).collect();
    for hint in &hints[..3] {
        for secret in &secrets {
            assert!(!tells(hint, secret), "{hint:?} tells {secret:?}");
            let long = secret.chars().count() >= 4 && secret.chars().any(char::is_alphanumeric);
            assert!(!long || !text::fold(hint).contains(&text::fold(secret)), "{hint:?} tells {secret:?}");
        }
    }
    for (i, hint) in hints.iter().enumerate() {
        assert!(!hint.trim().is_empty() && !hints[..i].contains(hint), "{hints:?}");
    }
    assert!(hints[3].contains(answer_text(question).trim_end_matches('.')), "{hints:?}");
}

#[test]
fn no_hint_before_the_last_tells_the_answer() {
    for case in grading_cases() {
        never_tells(&case.question);
    }
    for (text, also, form) in [
        ("a", &[][..], Form::Term),
        ("7", &["seven"], Form::Number),
        ("page", &["read"], Form::Term),
        ("Book", &[], Form::Name),
        ("the", &["it", "a", "of"], Form::Term),
        ("slowly", &["look", "line", "go"], Form::Term),
        ("C", &[], Form::Term),
        ("0", &["zero", "nil"], Form::Number),
        ("3 × 10^8 m/s", &["300 000 km/s"], Form::Number),
        ("İstanbul", &["ISTANBUL"], Form::Name),
        ("प्रकाश", &[], Form::Term),
    ] {
        let quote = format!("The answer {text} stands in {text}, and so it is {text} that a page of the Book says.");
        never_tells(&question(short(text, also, form), "What is it?", &quote));
    }
}

#[test]
fn a_hint_helps_a_little_more_each_time() {
    let plants = question(
        short("photosynthesis", &[], Form::Term),
        "How do plants make food?",
        "Plants make food by photosynthesis in their leaves.",
    );
    let hints: Vec<String> = (0..4).map(|shown| hint(&plants, Rung::of(shown))).collect();
    assert!(hints[0].contains("page 7 of *Book*") && hints[0].contains("Plants make food by …"), "{hints:#?}");
    assert!(hints[1].contains("14 letters") && hints[1].contains("“p”"), "{hints:#?}");
    assert!(hints[2].contains("ph___________s in their leaves") && hints[2].contains("(p. 7)"), "{hints:#?}");
    assert!(hints[3].contains("**photosynthesis**"), "{hints:#?}");
}

#[test]
fn a_cue_has_the_shape_of_the_answer() {
    for (text, form, expected) in [
        ("readable stream", Form::Term, "a term of two words"),
        ("Isaac Newton", Form::Name, "a name of two words"),
        ("1857", Form::Number, "a year between 1840 and 1910"),
        ("25 km", Form::Number, "between 10 and 50, and its unit is “km”"),
        ("They expand.", Form::Statement, "begins with “e”"),
        ("Metal conducts heat away from the hand faster than wood.", Form::Statement, "Two words"),
    ] {
        let cue = hint(&question(short(text, &[], form), "What?", &format!("It is {text}.")), Rung::Cue);
        assert!(cue.contains(expected), "{text}: {cue}");
    }
    let options = ["red", "green", "blue"].map(str::to_owned).to_vec();
    let cue = hint(&question(Task::Choice { options, correct: 1 }, "Which colour?", "It is green."), Rung::Cue);
    assert!(cue.contains("strike out A") || cue.contains("strike out C"), "{cue}");
}

proptest! {
    #[test]
    fn any_question_has_four_hints_and_the_first_three_keep_its_secret(
        answer in "\\PC{1,20}", also in "\\PC{1,12}", prompt in "\\PC{0,40}", before in "\\PC{0,40}", after in "\\PC{0,40}", form in 0..4usize
    ) {
        let form = [Form::Term, Form::Name, Form::Number, Form::Statement][form];
        let quote = format!("{before} {answer} {after}");
        never_tells(&question(short(&answer, &[&also], form), &prompt, &quote));
    }

    #[test]
    fn plain_words_too(answer in "[a-z]{1,6}( [a-z]{1,6})?", also in "[0-9]{1,2}", before in "([a-z]{1,5} ){0,8}", form in 0..4usize) {
        let form = [Form::Term, Form::Name, Form::Number, Form::Statement][form];
        let quote = format!("{before} {answer} {also} {answer}s.");
        never_tells(&question(short(&answer, &[&also], form), &before, &quote));
    }
}
