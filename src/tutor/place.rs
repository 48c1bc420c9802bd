//! A place in the books as students name it ("chapter 3 of physics.pdf", "the section on waves", "this book"), and the
//! questions that are asked of such a place only. Reading names is pure; finding them reads the headings.

use super::pattern::{Phrase, is_label};
use super::shelf::{Heading, Scope, Shelf, ShelfError};
use super::words::content_set;
use crate::passage::BookRef;

/// A section as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SectionName {
    /// The one that the lesson stands in, or that was spoken of last.
    This,
    /// `chapter 3`, `section 2.1`: the word and the number.
    Number(String, String),
    /// By its heading.
    Title(String),
}

impl SectionName {
    /// As it is said to the student.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::This => "this section".to_owned(),
            Self::Number(word, number) => format!("{word} {number}"),
            Self::Title(title) => format!("section “{title}”"),
        }
    }
}

/// Which book is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BookName {
    /// None was named: the one in hand.
    InHand,
    /// This one.
    Named(String),
}

impl BookName {
    /// The same, or the book of this file where none was named.
    pub(crate) fn or(self, file_name: &str) -> Self {
        if self == Self::InHand { Self::Named(file_name.to_owned()) } else { self }
    }
}

/// A place as it was named; the whole book where no section is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) section: Option<SectionName>,
    pub(crate) book: BookName,
}

impl Place {
    /// The same, of this book where none was named.
    pub(crate) fn of_book(self, file_name: &str) -> Self {
        Self { book: self.book.or(file_name), ..self }
    }
}

/// Kinds of sections that have numbers.
const NUMBERED: &str = "chapter/section/part/unit/lesson/chap/ch/sec";
const THIS_BOOK: &str = "(this/the/that/my/our/your) book/pdf/textbook";

/// The books that a name may mean: by file name, by title, else by words of either.
pub(crate) fn named(books: &[BookRef], name: &str) -> Vec<BookRef> {
    let name = name.to_lowercase();
    let name = name.trim().trim_start_matches("the ").trim();
    let exact = |book: &&BookRef| {
        let file = book.file_name.to_lowercase();
        [file.as_str(), file.trim_end_matches(".pdf"), &book.id.0, &book.title.to_lowercase()].contains(&name)
    };
    let found: Vec<BookRef> = books.iter().filter(exact).cloned().collect();
    if !found.is_empty() {
        return found;
    }
    const NO_NAME: &[&str] = &["pdf", "textbook", "call", "name", "titl", "file"];
    let mut wanted = content_set(name);
    wanted.retain(|stem| !NO_NAME.contains(&stem.as_str()));
    let has = |book: &&BookRef| {
        let there = content_set(&format!("{} {}", book.title, book.file_name.replace(['_', '-'], " ")));
        !wanted.is_empty() && wanted.iter().all(|stem| there.contains(stem))
    };
    books.iter().filter(has).cloned().collect()
}

/// Whether a name says itself that it is a book's: a file name, or with the word in it.
pub(crate) fn says_book(words: &[String]) -> bool {
    words.iter().any(|word| word.ends_with(".pdf") || word.ends_with("book"))
}

/// A book as it was named; `None` where the words name none.
pub(crate) fn book_name(phrase: &str, books: &[BookRef]) -> Option<BookName> {
    let phrase = Phrase::of(phrase);
    if phrase.len() == 0 || phrase.len() > 9 {
        return None;
    }
    if phrase.matches(THIS_BOOK).is_some() || phrase.matches("it/here/this").is_some() {
        return Some(BookName::InHand);
    }
    let words = phrase.plain(0..phrase.len());
    let name = phrase.written(0..phrase.len());
    let is_title = || {
        let bare = name.to_lowercase();
        let bare = bare.trim_start_matches("the ");
        books.iter().any(|book| book.title.to_lowercase() == bare)
    };
    (says_book(words) || is_title()).then_some(BookName::Named(name))
}

/// The same, but a name by some words of the title will do.
pub(crate) fn book_name_in_part(phrase: &str, books: &[BookRef]) -> Option<BookName> {
    let found = book_name(phrase, books);
    found.or_else(|| (!named(books, phrase).is_empty()).then(|| BookName::Named(phrase.to_owned())))
}

/// A section as it was named, with its book; `None` where the words name none.
pub(crate) fn section_place(text: &str, books: &[BookRef]) -> Option<Place> {
    let phrase = Phrase::of(text);
    let at = |section, book| Some(Place { section: Some(section), book });
    if phrase.matches("this/the/that section/chapter/part/step/lesson/unit/topic").is_some() {
        return at(SectionName::This, BookName::InHand);
    }
    let numbered = |gaps: &[std::ops::Range<usize>]| {
        let word = phrase.plain(gaps[0].start - 1..gaps[0].start)[0].as_str();
        let word = match word {
            "ch" | "chap" => "chapter",
            "sec" => "section",
            word => word,
        };
        SectionName::Number(word.to_owned(), phrase.plain(gaps[0].clone())[0].trim_end_matches('.').to_owned())
    };
    if let Some(gaps) = phrase.matches(&format!("(the) {NUMBERED} #")) {
        return at(numbered(&gaps), BookName::InHand);
    }
    if let Some(gaps) = phrase.matches(&format!("(the) {NUMBERED} # of/in/from *")) {
        return at(numbered(&gaps), book_name_in_part(&phrase.written(gaps[1].clone()), books)?);
    }
    for pattern in ["(the) section/chapter/part/unit on/about/called/named/titled *", "the * section/chapter"] {
        let Some(gaps) = phrase.matches(pattern) else { continue };
        let words = phrase.plain(gaps[0].clone());
        // "on nuts in aircraft.pdf"
        let split = (1..words.len().saturating_sub(1)).find(|i| matches!(words[*i].as_str(), "of" | "in" | "from"));
        let behind = split.and_then(|i| book_name(&phrase.written(gaps[0].start + i + 1..gaps[0].end), books));
        let (title, book) = match (split, behind) {
            (Some(i), Some(book)) => (phrase.written(gaps[0].start..gaps[0].start + i), book),
            _ => (phrase.written(gaps[0].clone()), BookName::InHand),
        };
        return at(SectionName::Title(title), book);
    }
    None
}

/// A section or a book as it was named.
pub(crate) fn place(text: &str, books: &[BookRef]) -> Option<Place> {
    section_place(text, books).or_else(|| book_name(text, books).map(|book| Place { section: None, book }))
}

/// What a name led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A book.
    Book(BookRef),
    /// A section with those below it, in book order, never empty.
    Section(BookRef, Vec<Heading>),
    /// No book is called so.
    NoBook(String),
    /// There is no such section, in this book or (with none) in any.
    NoSection(Option<BookRef>),
    /// It may be any of these books.
    Which(Vec<BookRef>),
}

impl Found {
    /// Where to search.
    pub(crate) fn scope(&self) -> Option<Scope> {
        match self {
            Self::Book(book) => Some(Scope::book(&book.id)),
            Self::Section(_, headings) => {
                Some(Scope { books: Vec::new(), sections: headings.iter().map(|heading| heading.section.id).collect() })
            }
            _ => None,
        }
    }

    /// Its book, where there is one.
    pub(crate) fn book(&self) -> Option<&BookRef> {
        match self {
            Self::Book(book) | Self::Section(book, _) => Some(book),
            _ => None,
        }
    }
}

/// The book that is meant; `in_hand` is the one that the conversation is about.
pub(crate) fn find_book(books: &[BookRef], name: &BookName, in_hand: Option<&BookRef>) -> Found {
    let mut candidates = match (name, in_hand) {
        (BookName::Named(name), _) => {
            let found = named(books, name);
            if found.is_empty() {
                return Found::NoBook(name.clone());
            }
            found
        }
        (BookName::InHand, Some(book)) => vec![book.clone()],
        (BookName::InHand, None) => books.to_vec(),
    };
    if candidates.len() == 1 { Found::Book(candidates.remove(0)) } else { Found::Which(candidates) }
}

/// The section that is meant. A number that no heading has counts the chapters of a book without numbers.
pub(crate) fn find_section(shelf: &dyn Shelf, place: &Place, in_hand: Option<&BookRef>) -> Result<Found, ShelfError> {
    let books = shelf.books()?;
    let Some(section) = &place.section else { return Ok(find_book(&books, &place.book, in_hand)) };
    let sure = match find_book(&books, &place.book, in_hand) {
        Found::Book(book) => Some(book),
        Found::Which(some) if place.book == BookName::InHand && some.len() == books.len() => None,
        other => return Ok(other),
    };
    if let Some(book) = &sure {
        let headings = shelf.headings(&book.id)?;
        let found = matching(&headings, section);
        if !found.is_empty() {
            return Ok(Found::Section(book.clone(), found));
        }
        let counted = counted(&headings, section);
        if place.book != BookName::InHand || books.len() == 1 {
            let none = Found::NoSection(sure.clone());
            return Ok(if counted.is_empty() { none } else { Found::Section(book.clone(), counted) });
        }
    }
    let mut having = Vec::new();
    for book in &books {
        let found = matching(&shelf.headings(&book.id)?, section);
        if !found.is_empty() {
            having.push((book.clone(), found));
        }
    }
    Ok(match having.len() {
        0 => match sure {
            Some(book) => match counted(&shelf.headings(&book.id)?, section) {
                none if none.is_empty() => Found::NoSection(Some(book)),
                found => Found::Section(book, found),
            },
            None => Found::NoSection(None),
        },
        1 => {
            let (book, headings) = having.remove(0);
            Found::Section(book, headings)
        }
        _ => Found::Which(having.into_iter().map(|(book, _)| book).collect()),
    })
}

/// The first heading that is named so, with those below it.
fn matching(headings: &[Heading], section: &SectionName) -> Vec<Heading> {
    let first = match section {
        SectionName::This => None,
        SectionName::Number(_, number) => {
            headings.iter().position(|heading| has_number(&heading.section.title, number))
        }
        SectionName::Title(title) => {
            let wanted = content_set(title);
            let spare = |heading: &Heading| {
                let there = content_set(&heading.section.title);
                (!wanted.is_empty() && wanted.is_subset(&there)).then(|| there.len() - wanted.len())
            };
            let best = headings.iter().enumerate().filter_map(|(i, heading)| Some((spare(heading)?, i))).min();
            best.filter(|(spare, _)| *spare <= wanted.len() + 1).map(|(_, i)| i)
        }
    };
    first.map(|i| with_those_below(headings, i)).unwrap_or_default()
}

/// Whether a heading begins with that number, a word like "Chapter" before it or not.
fn has_number(title: &str, number: &str) -> bool {
    let bare = |word: &str| word.trim_matches(['.', ':', ')', '(', '§']).to_lowercase();
    let mut words = title.split_whitespace().map(bare);
    let first = words.next().unwrap_or_default();
    let kinds = "chapter section part unit lesson chap";
    if kinds.split(' ').any(|kind| kind == first) { words.next().as_deref() == Some(number) } else { first == number }
}

/// The n-th chapter of a book whose headings have no numbers at all.
fn counted(headings: &[Heading], section: &SectionName) -> Vec<Heading> {
    let SectionName::Number(_, number) = section else { return Vec::new() };
    let is_numbered = |heading: &Heading| {
        heading.section.title.split_whitespace().next().is_some_and(|word| {
            is_label(&word.trim_matches(['.', ':']).to_lowercase()) && word.contains(|c: char| c.is_ascii_digit())
        })
    };
    let Some(n) = number.parse::<usize>().ok().filter(|n| *n >= 1) else { return Vec::new() };
    if headings.iter().any(is_numbered) {
        return Vec::new();
    }
    let top = headings.iter().map(|heading| heading.level).min();
    let nth = headings.iter().enumerate().filter(|(_, heading)| Some(heading.level) == top).nth(n - 1);
    nth.map(|(i, _)| with_those_below(headings, i)).unwrap_or_default()
}

pub(crate) fn with_those_below(headings: &[Heading], first: usize) -> Vec<Heading> {
    let level = headings[first].level;
    let below = headings[first + 1..].iter().take_while(|heading| heading.level > level);
    std::iter::once(&headings[first]).chain(below).cloned().collect()
}
