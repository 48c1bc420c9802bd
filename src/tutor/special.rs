//! Questions that code answers and no search alone: what books and chapters there are, what a page says, what a word
//! means, how two things compare, what a section is about. Recognised by rules; [`super::special_turn`] answers them.

use super::pattern::Phrase;
use super::place::{self, BookName, Place, SectionName};
use super::special_phrases::*;
use super::subject;
use crate::passage::BookRef;
use std::ops::Range;

/// A question of a kind of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Special {
    /// Which books there are.
    Books,
    /// The headings of a book, of all books where none is meant.
    Contents(Option<BookName>),
    /// What a page says.
    Page(String, BookName),
    /// What a word means.
    Define(String),
    /// How two things differ.
    Compare(String, String),
    /// What a section or book is about.
    Summary(Place),
}

type Gaps = Vec<Range<usize>>;

fn first_match(phrase: &Phrase<'_>, patterns: &[&str]) -> Option<Gaps> {
    patterns.iter().find_map(|pattern| phrase.matches(&pattern.replace('H', HEADINGS)))
}

/// Reads a message as a question of a kind of its own.
pub(crate) fn recognise(message: &str, books: &[BookRef]) -> Option<Special> {
    let phrase = Phrase::of(message);
    if phrase.len() == 0 || phrase.len() > 24 {
        return None;
    }
    asks_for_books(&phrase)
        .or_else(|| page(&phrase, books))
        .or_else(|| contents(&phrase, books))
        .or_else(|| summary(&phrase, books))
        .or_else(|| compare(&phrase))
        .or_else(|| definition(&phrase))
}

fn asks_for_books(phrase: &Phrase<'_>) -> Option<Special> {
    if first_match(phrase, BOOKS).is_some() {
        return Some(Special::Books);
    }
    let gaps = first_match(phrase, &["(what/which/how) (many) books *"])?;
    let rest = phrase.plain(gaps[0].clone());
    let only = rest.iter().all(|word| BOOKS_REST.split_whitespace().any(|other| other == word));
    (only && phrase.plain(0..1)[0] != "books").then_some(Special::Books)
}

fn page(phrase: &Phrase<'_>, books: &[BookRef]) -> Option<Special> {
    let label = |gap: &Range<usize>| phrase.written(gap.clone()).trim_end_matches('.').to_owned();
    if let Some(gaps) = first_match(phrase, PAGES) {
        return Some(Special::Page(label(&gaps[0]), BookName::InHand));
    }
    let (number, book) = match first_match(phrase, PAGES_OF) {
        Some(gaps) => (gaps[0].clone(), gaps[1].clone()),
        None => first_match(phrase, OF_PAGES).map(|gaps| (gaps[1].clone(), gaps[0].clone()))?,
    };
    let book = place::book_name_in_part(&phrase.written(book), books)?;
    Some(Special::Page(label(&number), book))
}

fn contents(phrase: &Phrase<'_>, books: &[BookRef]) -> Option<Special> {
    if let Some(gaps) = first_match(phrase, CONTENTS) {
        let Some(gap) = gaps.last() else { return Some(Special::Contents(None)) };
        let name = phrase.written(gap.clone());
        if Phrase::of(&name).matches("(all) (of) (the/your/our/my) books/library").is_some() {
            return Some(Special::Contents(None));
        }
        if let Some(place) = place::section_place(&name, books) {
            return Some(Special::Summary(place));
        }
        return place::book_name_in_part(&name, books).map(|book| Special::Contents(Some(book)));
    }
    let Some(gaps) = first_match(phrase, BOOK_CONTENTS) else {
        let all = phrase.written(0..phrase.len());
        let is_name = place::says_book(phrase.plain(0..phrase.len())) && phrase.len() <= 6;
        return (is_name && !place::named(books, &all).is_empty())
            .then_some(Special::Contents(Some(BookName::Named(all))));
    };
    let name = phrase.written(gaps[0].clone());
    // "what is this about?" may ask of anything.
    let says_so = !matches!(name.to_lowercase().as_str(), "it" | "this" | "here");
    place::book_name(&name, books).filter(|_| says_so).map(|book| Special::Contents(Some(book)))
}

fn summary(phrase: &Phrase<'_>, books: &[BookRef]) -> Option<Special> {
    let all = phrase.written(0..phrase.len());
    if let Some(gaps) = first_match(phrase, SUMMARIES) {
        let here = Place { section: Some(SectionName::This), book: BookName::InHand };
        let Some(gap) = gaps.last() else { return Some(Special::Summary(here)) };
        let name = phrase.written(gap.clone());
        if matches!(name.to_lowercase().as_str(), "it" | "this" | "that" | "the lesson" | "this lesson" | "our lesson")
        {
            return Some(Special::Summary(here));
        }
        if let Some(place) = place::place(&name, books) {
            return Some(Special::Summary(place));
        }
        let title = without_article(phrase, gap.clone());
        return Some(Special::Summary(Place { section: Some(SectionName::Title(title)), book: BookName::InHand }));
    }
    if let Some(place) = place::section_place(&all, books).filter(|place| place.section != Some(SectionName::This)) {
        return Some(Special::Summary(place));
    }
    let gaps = first_match(phrase, SECTION_SUMMARIES)?;
    place::section_place(&phrase.written(gaps[0].clone()), books).map(Special::Summary)
}

/// Words of one side of a comparison, and of a term, at most.
const MAX_TERM_WORDS: usize = 7;

fn compare(phrase: &Phrase<'_>) -> Option<Special> {
    let gaps = first_match(phrase, COMPARES)?;
    let (mut left, mut right) = (gaps[gaps.len() - 2].clone(), gaps[gaps.len() - 1].clone());
    // "the French and Indian War and the Civil War": the "and" between two names may belong to one of them.
    let is_name = |i: usize| phrase.written(i..i + 1).starts_with(char::is_uppercase);
    let later = (right.start + 1..right.end.saturating_sub(1)).find(|i| phrase.plain(*i..*i + 1)[0] == "and");
    if let Some(at) = later
        && left.end + 1 == right.start
        && is_name(left.end - 1)
        && is_name(right.start)
    {
        (left, right) = (left.start..at, at + 1..right.end);
    }
    let (a, b) = (without_article(phrase, left.clone()), without_article(phrase, right.clone()));
    let asks = ["what", "who", "how", "why", "when", "where", "which", "is", "did", "do", "does"];
    let fits = left.len() <= MAX_TERM_WORDS
        && right.len() <= MAX_TERM_WORDS
        && !asks.contains(&phrase.plain(left.clone())[0].as_str())
        && !a.is_empty()
        && !b.is_empty();
    fits.then_some(Special::Compare(a, b))
}

fn definition(phrase: &Phrase<'_>) -> Option<Special> {
    if let Some(gaps) = first_match(phrase, DEFINITIONS) {
        let gap = gaps.last()?.clone();
        let starts_question = ["what", "who", "how", "is", "does"].contains(&phrase.plain(gap.clone())[0].as_str());
        let term = without_article(phrase, gap.clone());
        return (gap.len() <= MAX_TERM_WORDS && !starts_question && !term.is_empty()).then_some(Special::Define(term));
    }
    let gap = first_match(phrase, PLAIN_DEFINITIONS)?.pop()?;
    let term = without_article(phrase, gap.clone());
    let tokens = subject::tokens(&term);
    let phrases = subject::phrases(&tokens);
    let is_named = |i: usize| tokens[i].is("of") || phrases.iter().any(|range| range.contains(&i));
    let is_plain = (1..=5).contains(&tokens.len()) && (0..tokens.len()).all(is_named);
    is_plain.then_some(Special::Define(term))
}

/// The words of a gap without an article before them.
fn without_article(phrase: &Phrase<'_>, gap: Range<usize>) -> String {
    let articles = ["the", "a", "an", "some", "any"];
    let from = if gap.len() > 1 && articles.contains(&phrase.plain(gap.clone())[0].as_str()) { 1 } else { 0 };
    phrase.written(gap.start + from..gap.end)
}

impl Special {
    /// The same, of this book where none was named.
    pub(crate) fn of_book(self, file_name: &str) -> Self {
        let named = |book: BookName| book.or(file_name);
        match self {
            Self::Contents(book) => Self::Contents(Some(named(book.unwrap_or(BookName::InHand)))),
            Self::Page(label, book) => Self::Page(label, named(book)),
            Self::Summary(place) => Self::Summary(place.of_book(file_name)),
            other => other,
        }
    }

    /// Whether it leans on what was said before ("define it").
    pub(crate) fn leans_back(&self) -> bool {
        let leans = |term: &String| {
            let tokens = subject::tokens(term);
            tokens.iter().all(|token| token.is(subject::PRONOUNS) || token.is(subject::ARTICLES))
                || tokens.first().is_some_and(|token| token.is("his her its their this that these those"))
        };
        match self {
            Self::Define(term) => leans(term),
            Self::Compare(a, b) => leans(a) || leans(b),
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "special_tests.rs"]
mod tests;
