//! A turn's replies about the books themselves: which there are, what headings they have, what a page says.

use super::answer;
use super::draft::{Quote, page_mark};
use super::place::{BookName, Found};
use super::shelf::Heading;
use super::special_turn::Asked;
use super::teacher::Turn;
use super::turn::TutorError;
use crate::passage::{BookRef, PageIndex, Passage, sentences};

/// Headings listed of one book.
pub(super) const MAX_HEADINGS: usize = 24;
/// Headings listed of each of several books.
const MAX_HEADINGS_EACH: usize = 8;
/// Sentences shown of a page.
const MAX_PAGE_SENTENCES: usize = 3;
/// Longest stretch shown of a page without a whole sentence, in characters.
const MAX_STRETCH: usize = 400;

impl Turn<'_> {
    pub(super) fn only_book(&self) -> Result<Option<BookRef>, TutorError> {
        let mut books = self.tutor.shelf.books()?;
        Ok(if books.len() == 1 { books.pop() } else { None })
    }

    pub(super) fn list_books(&mut self) -> Result<bool, TutorError> {
        let books = self.tutor.shelf.books()?;
        let one = books.len() == 1;
        let lead =
            if one { "There is one book here:".to_owned() } else { format!("There are {} books here:", books.len()) };
        self.draft.say(&lead);
        for book in &books {
            let pages = self.tutor.shelf.page_labels(&book.id)?.len();
            let pages = if pages == 1 { "1 page".to_owned() } else { format!("{pages} pages") };
            self.draft.say(&format!("\n- *{}* ({}), {pages}", book.title, book.file_name));
        }
        self.draft.paragraph();
        self.draft.say(&format!("Ask me, for example: **what is in {}?**", books[0].file_name));
        Ok(false)
    }

    pub(super) fn all_contents(&mut self) -> Result<bool, TutorError> {
        let books = self.tutor.shelf.books()?;
        let each = if books.len() == 1 { MAX_HEADINGS } else { MAX_HEADINGS_EACH };
        let mut bare = Vec::new();
        for book in &books {
            if books.len() > 1 && self.own_headings(book)?.is_empty() {
                bare.push(book);
                continue;
            }
            self.draft.paragraph();
            let text = self.headings_of(book, each)?;
            self.draft.say(&text);
        }
        if let Some(first) = bare.first() {
            self.draft.paragraph();
            let list: String = bare.iter().map(|book| format!("\n- *{}* ({})", book.title, book.file_name)).collect();
            self.draft.say(&format!(
                "These have no headings that I can list:{list}\n\nAsk for a page of one, for example: **what is on page 2 of {}?**",
                first.file_name
            ));
        }
        Ok(false)
    }

    pub(super) fn contents(&mut self, name: &BookName, asked: &Asked<'_>) -> Result<bool, TutorError> {
        let found = self.find_book(name)?;
        let Found::Book(book) = &found else { return self.not_placed(&found, None, asked.question) };
        self.session.book = Some(book.id.clone());
        let text = self.headings_of(book, MAX_HEADINGS)?;
        self.draft.say(&text);
        Ok(false)
    }

    /// A book's headings but its own title.
    fn own_headings(&self, book: &BookRef) -> Result<Vec<Heading>, TutorError> {
        let mut headings = self.tutor.shelf.headings(&book.id)?;
        headings.retain(|heading| heading.section.title.trim() != book.title.trim());
        Ok(headings)
    }

    /// A book's headings with their pages, the top ones only where there are many.
    pub(super) fn headings_of(&self, book: &BookRef, most: usize) -> Result<String, TutorError> {
        let headings = self.own_headings(book)?;
        let labels = self.tutor.shelf.page_labels(&book.id)?;
        if headings.is_empty() {
            let (first, last) = (labels.first(), labels.last());
            let (Some(first), Some(last)) = (first, last) else { return Ok(format!("*{}* has no pages.", book.title)) };
            return Ok(format!(
                "*{}* has no headings that I can list. Its pages are {first} to {last}: ask, for example, **what is on page {first} of {}?**",
                book.title, book.file_name
            ));
        }
        let up_to = |level: u8| headings.iter().filter(|heading| heading.level <= level).count();
        let top = headings.iter().map(|heading| heading.level).min().unwrap_or_default();
        let level =
            (top..=u8::MAX).take_while(|level| *level == top || up_to(*level) <= most).take(8).last().unwrap_or(top);
        let shown: Vec<&Heading> = headings.iter().filter(|heading| heading.level <= level).collect();
        let mut text = format!("*{}* ({}) has:", book.title, book.file_name);
        for heading in shown.iter().take(most) {
            let label = labels.get(heading.first_page.0 as usize).cloned();
            let label = label.unwrap_or_else(|| heading.first_page.number().to_string());
            text.push_str(&format!("\n- {} {}", heading.section.title, page_mark(&label)));
        }
        if shown.len() > most {
            text.push_str(&format!("\n- … and {} more", shown.len() - most));
        }
        Ok(text)
    }

    pub(super) fn page(&mut self, label: &str, name: &BookName, asked: &Asked<'_>) -> Result<bool, TutorError> {
        let found = self.find_book(name)?;
        let Found::Book(book) = &found else { return self.not_placed(&found, None, asked.question) };
        let labels = self.tutor.shelf.page_labels(&book.id)?;
        let printed = labels.iter().position(|other| other.eq_ignore_ascii_case(label));
        let counted = label.parse::<usize>().ok().filter(|number| (1..=labels.len()).contains(number));
        let Some(index) = printed.or(counted.map(|number| number - 1)) else {
            let (first, last) =
                (labels.first().cloned().unwrap_or_default(), labels.last().cloned().unwrap_or_default());
            self.session.book = Some(book.id.clone());
            self.draft.say(&format!("There is no page {label} in *{}*: its pages are {first} to {last}.", book.title));
            return Ok(false);
        };
        let page = PageIndex(u32::try_from(index).unwrap_or(u32::MAX));
        let passages = self.tutor.shelf.page_passages(&book.id, page)?;
        let quotes = page_quotes(&passages, page);
        if quotes.is_empty() {
            self.session.book = Some(book.id.clone());
            self.draft.say(&format!(
                "I find no text on page {label} of *{}*. It may hold only a picture; open the page in the book to see it.",
                book.title
            ));
            return Ok(false);
        }
        let label = &labels[index];
        let under = heading_at(&passages).filter(|title| title.trim() != book.title.trim());
        let under = under.map_or_else(String::new, |title| format!(", under “{title}”"));
        let number = page.number().to_string();
        let counted = if *label == number { String::new() } else { format!(" (page {number} of the file)") };
        self.draft.cite(&quotes);
        self.draft.say(&format!("On page {label} of *{}*{counted}{under}:", book.title));
        self.draft.quote_block(&quotes);
        let topic = heading_at(&passages).unwrap_or_else(|| book.title.clone());
        self.speak_of(book, &topic, &quotes);
        Ok(true)
    }
}

/// The heading that the beginning of a page stands under.
fn heading_at(passages: &[Passage]) -> Option<String> {
    passages.first().map(|passage| passage.section.title.clone())
}

/// The first sentences of a page, as the book has them; the beginning of its text where there is no whole one.
fn page_quotes(passages: &[Passage], page: PageIndex) -> Vec<Quote> {
    let mut found: Vec<Quote> = Vec::new();
    for passage in passages {
        for range in sentences(&passage.text) {
            let text = &passage.text[range.clone()];
            if passage.page_at(range.start).page == page && answer::is_statement(text) && answer::is_whole(text) {
                let quote = Quote::of(passage, range);
                if !found.iter().any(|other| other.text == quote.text) {
                    found.push(quote);
                }
            }
        }
    }
    found.truncate(MAX_PAGE_SENTENCES);
    if found.is_empty() {
        found.extend(passages.iter().find_map(|passage| page_stretch(passage, page)));
    }
    found
}

/// The beginning of what a passage has of a page.
fn page_stretch(passage: &Passage, page: PageIndex) -> Option<Quote> {
    let at = passage.page_starts.iter().position(|start| start.page == page)?;
    let start = passage.page_starts[at].offset;
    let end = passage.page_starts.get(at + 1).map_or(passage.text.len(), |next| next.offset);
    let text = passage.text.get(start..end)?.trim_end();
    let cut = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= MAX_STRETCH).last()?;
    let len =
        if text.len() <= MAX_STRETCH { text.len() } else { text[..cut].rfind(char::is_whitespace).unwrap_or(cut) };
    (!text[..len].trim().is_empty()).then(|| Quote::of(passage, start..start + len))
}
