//! What the model is asked: short prompts, because a class is bound by how fast prompts are read.

use super::draft::Quote;
use super::wording::Prompt;

const SYSTEM: &str =
    "You are a patient teacher. You use only the sentences you are given. You write short, simple sentences.";

fn listed(quotes: &[Quote]) -> String {
    quotes.iter().map(|quote| quote.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Words a lesson step for a student.
pub(crate) fn explain(heading: &str, quotes: &[Quote]) -> Prompt {
    Prompt {
        system: SYSTEM.to_owned(),
        user: format!(
            "{}\n\nExplain this about \"{heading}\" to a student in two short, simple sentences.",
            listed(quotes)
        ),
    }
}

/// Words a lesson step more simply.
pub(crate) fn simpler(heading: &str, quotes: &[Quote]) -> Prompt {
    Prompt {
        system: SYSTEM.to_owned(),
        user: format!(
            "{}\n\nSay the main point about \"{heading}\" in one very short and easy sentence for a child.",
            listed(quotes)
        ),
    }
}

/// Words the answer to a question.
pub(crate) fn answer(question: &str, quotes: &[Quote]) -> Prompt {
    Prompt {
        system: SYSTEM.to_owned(),
        user: format!("{}\n\nQuestion: {question}\nAnswer in one short sentence.", listed(quotes)),
    }
}
