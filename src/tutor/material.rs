//! What questions are made from: the sentences of a step or a section, and those around it.

use super::draft::Quote;
use super::make::{self, Kind, Material, Source, Wish};
use super::quiz::Item;
use super::shelf::{Shelf, ShelfError};
use crate::passage::{BookRef, SectionRef};

/// Sections before and behind whose sentences give wrong options.
const SECTIONS_AROUND: usize = 3;
/// Passages around that are read at most.
const MAX_AROUND: usize = 40;

/// Questions of one answer, for the end of a step.
const QUICK: &[Kind] = &[Kind::Choice, Kind::Cloze, Kind::Short];
/// Questions whose answers the tutor can judge: those that the book itself asks have no answer that it knows.
const GRADED: &[Kind] = &[Kind::Choice, Kind::Cloze, Kind::Short, Kind::Order, Kind::Match];

/// A section of a book to ask about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subject {
    pub(crate) book: BookRef,
    pub(crate) section: SectionRef,
}

fn source(quote: &Quote, section: &str) -> Source {
    Source { text: quote.text.clone(), citation: quote.citation.clone(), section: section.to_owned() }
}

/// The sentences of the sections near to one.
fn around(shelf: &dyn Shelf, subject: &Subject) -> Result<Vec<Source>, ShelfError> {
    let headings = shelf.headings(&subject.book.id)?;
    let Some(at) = headings.iter().position(|heading| heading.section.id == subject.section.id) else {
        return Ok(Vec::new());
    };
    let near = at.saturating_sub(SECTIONS_AROUND)..(at + SECTIONS_AROUND + 1).min(headings.len());
    let mut passages = Vec::new();
    for heading in near.filter(|i| *i != at).map(|i| &headings[i]) {
        passages.extend(shelf.section_passages(heading.section.id)?);
    }
    passages.truncate(MAX_AROUND);
    Ok(make::sources(&passages))
}

/// Questions on the sentences of a lesson's step.
pub(crate) fn of_quotes(
    shelf: &dyn Shelf,
    subject: &Subject,
    quotes: &[Quote],
    (count, seed): (usize, u64),
) -> Result<Vec<Item>, ShelfError> {
    let title = &subject.section.title;
    let own: Vec<Source> = quotes.iter().map(|quote| source(quote, title)).collect();
    let mut around = make::sources(&shelf.section_passages(subject.section.id)?);
    around.retain(|other| own.iter().all(|one| one.text != other.text));
    around.extend(self::around(shelf, subject)?);
    let wish = Wish { kinds: QUICK, count };
    Ok(items(subject, &Material { heading: title, own: &own, around: &around }, wish, seed))
}

/// Questions on a whole section.
pub(crate) fn of_section(
    shelf: &dyn Shelf,
    subject: &Subject,
    (count, seed): (usize, u64),
) -> Result<Vec<Item>, ShelfError> {
    let own = make::sources(&shelf.section_passages(subject.section.id)?);
    let around = around(shelf, subject)?;
    let wish = Wish { kinds: GRADED, count };
    Ok(items(subject, &Material { heading: &subject.section.title, own: &own, around: &around }, wish, seed))
}

fn items(subject: &Subject, material: &Material<'_>, wish: Wish<'_>, seed: u64) -> Vec<Item> {
    let questions = make::questions(material, wish, seed);
    let item = |question| Item::new(question, subject.book.clone(), subject.section.clone());
    questions.into_iter().map(item).collect()
}

/// Questions on several sections, in turn, `count` at most.
pub(crate) fn of_sections(
    shelf: &dyn Shelf,
    subjects: &[Subject],
    (count, seed): (usize, u64),
) -> Result<Vec<Item>, ShelfError> {
    let each = count.div_ceil(subjects.len().max(1)) + 1;
    let mut lists = Vec::new();
    for subject in subjects {
        lists.push(of_section(shelf, subject, (each, seed))?.into_iter());
    }
    let mut chosen: Vec<Item> = Vec::new();
    while chosen.len() < count {
        let before = chosen.len();
        for list in &mut lists {
            chosen.extend(list.next());
        }
        if chosen.len() == before {
            break;
        }
    }
    chosen.truncate(count);
    Ok(chosen)
}
