//! The tutor's own fixed sentences: what it says when no book speaks.

use super::draft::Quote;
use super::shelf::{Heading, Shelf, ShelfError};
use crate::passage::BookRef;

/// How many topics to suggest.
const MAX_TOPICS: usize = 4;

/// Topics that the class's books have, spread over the books.
pub(crate) fn topics(shelf: &dyn Shelf, limit: usize) -> Result<Vec<String>, ShelfError> {
    let mut per_book = Vec::new();
    for book in shelf.books()? {
        per_book.push(book_topics(shelf, &book, limit)?);
    }
    let mut found: Vec<String> = Vec::new();
    for round in 0..limit {
        for title in per_book.iter().filter_map(|titles| titles.get(round)) {
            if !found.contains(title) {
                found.push(title.clone());
            }
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// Topics of one book, in book order, spread over it: its headings that read like one, or else its title.
pub(crate) fn book_topics(shelf: &dyn Shelf, book: &BookRef, limit: usize) -> Result<Vec<String>, ShelfError> {
    let headings = shelf.headings(&book.id)?;
    let titles_to = |deepest: u8| {
        let mut titles: Vec<String> = Vec::new();
        for title in headings.iter().filter(|heading| heading.level <= deepest).filter_map(topic_of) {
            if !titles.contains(&title) && title != book.title {
                titles.push(title);
            }
        }
        titles
    };
    let mut titles = titles_to(1);
    if titles.len() < MAX_TOPICS {
        titles = titles_to(u8::MAX);
    }
    if titles.is_empty() {
        titles.push(book.title.clone());
    }
    let count = limit.min(titles.len());
    Ok((0..count).map(|i| titles[i * titles.len() / count].clone()).collect())
}

/// A heading as a topic: without its number, of one to six words, and with text below it.
fn topic_of(heading: &Heading) -> Option<String> {
    const NO_TOPIC: &[&str] = &[
        "multiple choice", "long answers", "introduction", "exercises", "questions", "summary", "overview",
        "conclusion", "others",
    ];
    let title =
        heading.section.title.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c.is_whitespace()).trim();
    let words = title.split_whitespace().count();
    let letters = title.chars().filter(|c| c.is_alphabetic()).count();
    let is_code = title.contains(['(', ')', '{', '}', '=', '/', '_']);
    let fits = (1..=6).contains(&words) && letters * 4 >= title.chars().count() * 3 && letters >= 3 && !is_code;
    (fits && !NO_TOPIC.contains(&title.to_lowercase().as_str())).then(|| title.to_owned())
}

/// One of several ways to say the same; the next turn gets the next one.
pub(crate) fn vary<'a>(turn: u64, ways: &[&'a str]) -> &'a str {
    ways[(turn % ways.len().max(1) as u64) as usize]
}

/// A list of quizzes to begin, `- quiz me on waves`.
pub(crate) fn quiz_starters(topics: &[String]) -> String {
    topics.iter().map(|topic| format!("\n- quiz me on {topic}")).collect()
}

/// `in 3 days`.
pub(crate) fn in_days(days: i64) -> String {
    match days {
        ..=0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        2..=13 => format!("in {days} days"),
        14..=59 => format!("in {} weeks", (days + 3) / 7),
        _ => format!("in {} months", (days + 15) / 30),
    }
}

/// A list of starters, `- teach me about waves`.
pub(crate) fn starters(topics: &[String]) -> String {
    topics.iter().map(|topic| format!("\n- teach me about {topic}")).collect()
}

fn titles(books: &[BookRef]) -> String {
    books.iter().map(|book| format!("\n- *{}*", book.title)).collect()
}

/// What can be learned here.
pub(crate) fn help(shelf: &dyn Shelf) -> Result<String, ShelfError> {
    let books = shelf.books()?;
    if books.is_empty() {
        return Ok(no_books().to_owned());
    }
    let topics = topics(shelf, MAX_TOPICS)?;
    Ok(format!(
        "I teach from the books of your class, and I show you the page for everything I say. These are the books:{}\n\nYou can say, for example:{}\n\nIn a lesson, say **continue** for the next step, ask me anything in between, or say **stop** to end it.",
        titles(&books),
        starters(&topics)
    ))
}

/// The first words to a new student; `name` is empty or `, Asha`.
pub(crate) fn welcome(shelf: &dyn Shelf, name: &str) -> Result<String, ShelfError> {
    let topics = topics(shelf, MAX_TOPICS)?;
    if topics.is_empty() {
        return Ok(no_books().to_owned());
    }
    Ok(format!(
        "Hello{name}! I am Lectern, your tutor. What would you like to learn? You can ask me a question, or say, for example:{}",
        starters(&topics)
    ))
}

/// No book has been read yet.
pub(crate) fn no_books() -> &'static str {
    "There are no books here yet. Ask your teacher to add some; then I can teach you from them."
}

/// Where the quote to come is from; a section called like its book is not named twice.
pub(crate) fn source(book: &BookRef, section: &str) -> String {
    if section.trim() == book.title.trim() {
        format!("From *{}*:", book.title)
    } else {
        format!("From *{}*, “{section}”:", book.title)
    }
}

/// What a follow-up was understood to ask.
pub(crate) fn understood(question: &str) -> String {
    format!("You mean: *{question}*")
}

/// A question the books do not answer.
pub(crate) fn not_in_books(topics: &[String]) -> String {
    let mut text =
        "I could not find that in your books, so I will not guess. Try other words, or ask your teacher.".to_owned();
    if !topics.is_empty() {
        text.push_str(" Here is what your books do have:");
        text.push_str(&starters(topics));
    }
    text
}

/// What stands before sentences that may not answer a question.
pub(crate) fn nearest(title: &str, quotes: &[Quote]) -> String {
    let place = quotes.first().map_or_else(String::new, |quote| format!(" on page {}", quote.citation.page_label));
    format!("I could not find an answer to that in your books. The closest I find is in *{title}*{place}:")
}

/// A topic the books do not have.
pub(crate) fn topic_not_in_books(topic: &str, topics: &[String]) -> String {
    let mut text = format!("I could not find “{topic}” in your books, so I cannot teach it here.");
    if !topics.is_empty() {
        text.push_str(" I can teach you, for example:");
        text.push_str(&starters(topics));
    }
    text
}
