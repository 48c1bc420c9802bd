//! What the model is asked: short prompts, because a class is bound by how fast prompts are read.

use super::draft::Quote;
use super::wording::Prompt;

/// With these words the smallest model keeps nearest to the text; several others were tried.
const SUMMARIZE: &str = "You summarize text for children, using the words of the text.";
const ANSWER: &str = "Answer only with words from the text.";

fn listed(quotes: &[Quote]) -> String {
    quotes.iter().map(|quote| quote.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Words a lesson step.
pub(crate) fn explain(quotes: &[Quote]) -> Prompt {
    Prompt { system: SUMMARIZE.to_owned(), user: listed(quotes) }
}

/// Words the answer to a question.
pub(crate) fn answer(question: &str, quotes: &[Quote]) -> Prompt {
    let user = format!("Text: {}\n\nQuestion: {question}\nAnswer in one sentence.", listed(quotes));
    Prompt { system: ANSWER.to_owned(), user }
}

/// Words the answer to a question in another language than the book's.
pub(crate) fn answer_in(question: &str, language: &str, quotes: &[Quote]) -> Prompt {
    let user = format!("Text: {}\n\nQuestion: {question}\nAnswer in one sentence, in {language}.", listed(quotes));
    Prompt { system: format!("Answer in {language}, only with what the text says."), user }
}
