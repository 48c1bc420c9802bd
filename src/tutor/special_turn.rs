//! A turn's replies to questions of a kind of their own: books, headings, pages, definitions, comparisons, summaries.

use super::central::{self, Line};
use super::draft::{Quote, page_mark};
use super::place::{self, BookName, Found, Place, SectionName};
use super::shelf::{Heading, Scope};
use super::special::Special;
use super::teacher::{MODEL_LEAD, Turn};
use super::turn::{Mode, State, TutorError};
use super::words::{content_set, coverage};
use super::{Exchange, Subject, SubjectKind, answer, definition, explain, prompt, talk};
use crate::passage::{BookRef, PageIndex, Passage, sentences};

/// Headings listed of one book.
const MAX_HEADINGS: usize = 24;
/// Headings listed of each of several books.
const MAX_HEADINGS_EACH: usize = 8;
/// Sentences shown of a page.
const MAX_PAGE_SENTENCES: usize = 3;
/// Longest stretch shown of a page without a whole sentence, in characters.
const MAX_STRETCH: usize = 400;
/// Sentences that may say something of both sides of a comparison.
const MAX_PASSAGES: usize = 5;

/// What is being asked, and where.
pub(super) struct Asked<'q> {
    /// The question, without the words that named the place.
    pub(super) question: &'q str,
    /// Where to look, the nearest first.
    pub(super) scopes: &'q [Scope],
}

impl Turn<'_> {
    /// Answers a question of a kind of its own; returns whether it did from the books.
    pub(super) fn special(&mut self, special: Special, asked: &Asked<'_>) -> Result<bool, TutorError> {
        if self.tutor.shelf.books()?.is_empty() {
            self.draft.say(talk::no_books());
            return Ok(false);
        }
        self.draft.status(State::Searching, None);
        let grounded = match special {
            Special::Books => self.list_books()?,
            Special::Contents(None) => self.all_contents()?,
            Special::Contents(Some(name)) => self.contents(&name, asked)?,
            Special::Page(label, name) => self.page(&label, &name, asked)?,
            Special::Define(term) => return self.define(&term, asked),
            Special::Compare(a, b) => self.compare(&a, &b, asked)?,
            Special::Summary(place) => self.summary(&place, asked)?,
        };
        self.settle(grounded);
        Ok(grounded)
    }

    /// Leaves the session as after an answer; a running lesson waits.
    fn settle(&mut self, grounded: bool) {
        if self.session.lesson.is_some() {
            self.resume_line();
        } else {
            self.session.mode = if grounded { Mode::Answering } else { Mode::Idle };
            if !grounded {
                self.session.current_topic = None;
            }
        }
    }

    /// What a summary, a page or a list was about, for "what else is in it?".
    fn speak_of(&mut self, book: &BookRef, subject: &str, quotes: &[Quote]) {
        self.session.book = Some(book.id.clone());
        if self.session.lesson.is_none() {
            self.session.current_topic = Some(subject.to_owned());
        }
        let mut exchange = Exchange::new("", quotes.iter().map(|quote| quote.text.as_str()));
        let name = subject.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c.is_whitespace());
        exchange.question = format!("What is {name}?");
        exchange.subjects = vec![Subject { text: name.to_owned(), kind: SubjectKind::Thing }];
        self.remember(exchange);
    }

    /// The book that the conversation is about: the lesson's, else the one last spoken of.
    pub(super) fn book_in_hand(&self) -> Result<Option<BookRef>, TutorError> {
        if let Some(lesson) = &self.session.lesson {
            return Ok(Some(lesson.book.clone()));
        }
        let Some(id) = &self.session.book else { return Ok(None) };
        Ok(self.tutor.shelf.books()?.into_iter().find(|book| book.id == *id))
    }

    fn find_book(&self, name: &BookName) -> Result<Found, TutorError> {
        Ok(place::find_book(&self.tutor.shelf.books()?, name, self.book_in_hand()?.as_ref()))
    }

    /// Says that a place is not there, or asks which; the message is kept until the student says which book.
    pub(super) fn not_placed(
        &mut self,
        found: &Found,
        section: Option<&SectionName>,
        message: &str,
    ) -> Result<bool, TutorError> {
        let list = |books: &[BookRef]| books.iter().map(|book| format!("\n- *{}*", book.title)).collect::<String>();
        match found {
            Found::NoBook(name) => {
                let books = list(&self.tutor.shelf.books()?);
                self.draft.say(&format!("I have no book called “{name}”. These are the books:{books}"));
            }
            Found::NoSection(book) => {
                let name = section.map_or_else(String::new, SectionName::shown);
                let book = book.clone().or(self.only_book()?);
                let Some(book) = book else {
                    self.draft.say(&format!("None of your books has a {name}. This is what they have."));
                    self.draft.paragraph();
                    return self.all_contents();
                };
                self.draft.say(&format!("There is no {name} in *{}*.", book.title));
                self.draft.paragraph();
                self.draft.say(&self.headings_of(&book, MAX_HEADINGS)?);
            }
            Found::Which(books) => {
                self.session.pending = Some(message.to_owned());
                let file = &books[0].file_name;
                let line = format!("Of which book?{}\n\nSay its name, for example **{file}**.", list(books));
                self.draft.say(&line);
            }
            Found::Book(_) | Found::Section(..) => {}
        }
        Ok(false)
    }

    fn only_book(&self) -> Result<Option<BookRef>, TutorError> {
        let mut books = self.tutor.shelf.books()?;
        Ok(if books.len() == 1 { books.pop() } else { None })
    }

    fn list_books(&mut self) -> Result<bool, TutorError> {
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

    fn all_contents(&mut self) -> Result<bool, TutorError> {
        let books = self.tutor.shelf.books()?;
        let each = if books.len() == 1 { MAX_HEADINGS } else { MAX_HEADINGS_EACH };
        for book in &books {
            self.draft.paragraph();
            let text = self.headings_of(book, each)?;
            self.draft.say(&text);
        }
        Ok(false)
    }

    fn contents(&mut self, name: &BookName, asked: &Asked<'_>) -> Result<bool, TutorError> {
        let found = self.find_book(name)?;
        let Found::Book(book) = &found else { return self.not_placed(&found, None, asked.question) };
        self.session.book = Some(book.id.clone());
        let text = self.headings_of(book, MAX_HEADINGS)?;
        self.draft.say(&text);
        Ok(false)
    }

    /// A book's headings with their pages, the top ones only where there are many.
    fn headings_of(&self, book: &BookRef, most: usize) -> Result<String, TutorError> {
        let headings = self.tutor.shelf.headings(&book.id)?;
        let labels = self.tutor.shelf.page_labels(&book.id)?;
        let own = |heading: &&Heading| heading.section.title.trim() != book.title.trim();
        let headings: Vec<&Heading> = headings.iter().filter(own).collect();
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
        let shown: Vec<&&Heading> = headings.iter().filter(|heading| heading.level <= level).collect();
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

    fn page(&mut self, label: &str, name: &BookName, asked: &Asked<'_>) -> Result<bool, TutorError> {
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
        self.draft.say(&format!("Page {label} of *{}*{counted}{under}, begins:", book.title));
        self.draft.quote_block(&quotes);
        let topic = heading_at(&passages).unwrap_or_else(|| book.title.clone());
        self.speak_of(book, &topic, &quotes);
        Ok(true)
    }

    /// What a word means: the sentence that says so, else whatever answers the question.
    fn define(&mut self, term: &str, asked: &Asked<'_>) -> Result<bool, TutorError> {
        let Some(found) = definition::find(&*self.tutor.shelf, term, asked.scopes)? else {
            let asks = content_set(asked.question).len() > content_set(term).len();
            let question = if asks { format!("What is {term}?") } else { asked.question.to_owned() };
            return self.plain_question(&question, asked.scopes);
        };
        let section = found.passage.section.title.clone();
        self.draft.cite(&found.quotes);
        self.draft.say(&format!("From *{}*, “{section}”:", found.passage.book.title));
        self.draft.quote_block(&found.quotes);
        self.word(&prompt::answer(asked.question, &found.quotes), MODEL_LEAD, &found.quotes);
        self.session.book = Some(found.passage.book.id.clone());
        let mut exchange =
            Exchange::new(&format!("What is {term}?"), found.quotes.iter().map(|quote| quote.text.as_str()));
        if exchange.subjects.is_empty() {
            exchange.subjects.push(Subject { text: term.to_owned(), kind: SubjectKind::Thing });
        }
        self.remember(exchange);
        if self.session.lesson.is_none() {
            (self.session.mode, self.session.current_topic) = (Mode::Answering, Some(section));
        } else {
            self.resume()?;
        }
        Ok(true)
    }

    /// Evidence for both sides, each under its own lead, and the sentence that speaks of both where there is one.
    fn compare(&mut self, a: &str, b: &str, asked: &Asked<'_>) -> Result<bool, TutorError> {
        let widened = self.with_shared_noun(a, b, asked)?;
        let a = widened.as_str();
        let (left, right) = (self.side(a, asked)?, self.side(b, asked)?);
        let both = if left.is_some() && right.is_some() { self.both(a, b, asked)? } else { None };
        let shown = |side: &Option<Quotes>| {
            side.as_ref().is_some_and(|side| both.as_ref().is_some_and(|(_, quote)| side.1.contains(quote)))
        };
        let both = if shown(&left) || shown(&right) { None } else { both };
        if left.is_none() && right.is_none() {
            let topics = if self.session.lesson.is_some() { Vec::new() } else { self.topics()? };
            self.draft.say(&format!("I could not find “{a}” or “{b}” in your books, so I cannot compare them. "));
            if !topics.is_empty() {
                self.draft.say(&format!("Here is what your books do have:{}", talk::starters(&topics)));
            }
            return Ok(false);
        }
        if let Some((book, quote)) = both {
            let quotes = [quote];
            self.draft.cite(&quotes);
            self.draft.say(&format!("**Both together**, from *{}*:", book.title));
            self.draft.quote_block(&quotes);
        }
        let mut said = Vec::new();
        for (name, side) in [(a, left), (b, right)] {
            self.draft.paragraph();
            match side {
                Some((book, quotes)) => {
                    self.draft.cite(&quotes);
                    self.draft.say(&format!("**{}**, from *{}*:", capital(name), book.title));
                    self.draft.quote_block(&quotes);
                    self.session.book = Some(book.id);
                    said.extend(quotes);
                }
                None => self.draft.say(&format!("**{}**: I could not find that in your books.", capital(name))),
            }
        }
        let mut exchange = Exchange::new(asked.question, said.iter().map(|quote| quote.text.as_str()));
        exchange.subjects = vec![Subject { text: format!("{a} and {b}"), kind: SubjectKind::Many }];
        self.remember(exchange);
        if self.session.lesson.is_none() {
            self.session.current_topic = Some(format!("{a} and {b}"));
        }
        Ok(true)
    }

    /// "readable and writable streams": the first side gets the second one's noun where the books write it so.
    fn with_shared_noun(&self, a: &str, b: &str, asked: &Asked<'_>) -> Result<String, TutorError> {
        let noun = b.split_whitespace().last().unwrap_or_default();
        let alone = a.split_whitespace().count() == 1 && b.split_whitespace().count() == 2;
        if !alone || a.starts_with(char::is_uppercase) {
            return Ok(a.to_owned());
        }
        let wide = format!("{a} {noun}");
        let stems = super::words::content_stems(&wide);
        let scope = asked.scopes.last().cloned().unwrap_or_default();
        let written = |passage: &Passage| {
            super::words::content_stems(&passage.text).windows(stems.len().max(1)).any(|window| window == stems)
        };
        let found = self.tutor.shelf.search(&wide, &scope, MAX_PASSAGES)?.iter().any(written);
        Ok(if found { wide } else { a.to_owned() })
    }

    /// What the books say of one side.
    fn side(&self, name: &str, asked: &Asked<'_>) -> Result<Option<Quotes>, TutorError> {
        let shelf = &*self.tutor.shelf;
        if let Some(found) = definition::find(shelf, name, asked.scopes)? {
            return Ok(Some((found.passage.book, found.quotes)));
        }
        let found = answer::find(shelf, &format!("What is {name}?"), asked.scopes)?;
        // Words in the neighbourhood are not enough: the passage must name it.
        let wanted = content_set(name);
        let names =
            |found: &answer::Evidence| coverage(&wanted, &super::relevance::passage_words(&found.passage)) >= 0.99;
        Ok(found.filter(names).map(|found| (found.passage.book, found.quotes)))
    }

    /// A sentence with all words of both sides.
    fn both(&self, a: &str, b: &str, asked: &Asked<'_>) -> Result<Option<(BookRef, Quote)>, TutorError> {
        let wanted = content_set(&format!("{a} {b}"));
        for scope in asked.scopes {
            let passages = self.tutor.shelf.search(&format!("{a} {b}"), scope, MAX_PASSAGES)?;
            for passage in &passages {
                let fits = |text: &str| {
                    answer::is_statement(text)
                        && answer::is_whole(text)
                        && coverage(&wanted, &content_set(text)) >= 0.99
                };
                if let Some(range) =
                    sentences(&passage.text).into_iter().find(|range| fits(&passage.text[range.clone()]))
                {
                    return Ok(Some((passage.book.clone(), Quote::of(passage, range))));
                }
            }
        }
        Ok(None)
    }

    fn summary(&mut self, place: &Place, asked: &Asked<'_>) -> Result<bool, TutorError> {
        let found = match (&place.section, &self.session.lesson) {
            (Some(SectionName::This), Some(lesson)) => {
                let headings = self.tutor.shelf.headings(&lesson.book.id)?;
                let at = headings.iter().position(|heading| heading.section.id == lesson.step().section.id);
                at.map(|at| Found::Section(lesson.book.clone(), place::with_those_below(&headings, at)))
            }
            (Some(SectionName::This), None) => match self.session.current_topic.clone() {
                Some(title) => {
                    let place = Place { section: Some(SectionName::Title(title)), book: BookName::InHand };
                    Some(place::find_section(&*self.tutor.shelf, &place, self.book_in_hand()?.as_ref())?)
                }
                None => None,
            },
            _ => Some(place::find_section(&*self.tutor.shelf, place, self.book_in_hand()?.as_ref())?),
        };
        match found {
            Some(Found::Section(book, headings)) => self.sum_up(&book, &headings),
            Some(Found::Book(book)) => {
                let headings = self.tutor.shelf.headings(&book.id)?;
                self.sum_up(&book, &headings)
            }
            // A topic without a heading of its own: a book may be called so, else the books may speak of it.
            Some(Found::NoSection(_)) if matches!(place.section, Some(SectionName::Title(_))) => {
                self.sum_up_topic(place, asked)
            }
            Some(other) => self.not_placed(&other, place.section.as_ref(), asked.question),
            None => {
                self.draft.say("Which section shall I sum up? Say, for example, **summarise chapter 1**.");
                self.draft.paragraph();
                self.all_contents()
            }
        }
    }

    fn sum_up_topic(&mut self, place: &Place, asked: &Asked<'_>) -> Result<bool, TutorError> {
        let Some(SectionName::Title(title)) = &place.section else { return Ok(false) };
        let books = place::named(&self.tutor.shelf.books()?, title);
        if let [book] = books.as_slice() {
            let headings = self.tutor.shelf.headings(&book.id)?;
            return self.sum_up(book, &headings);
        }
        match answer::find(&*self.tutor.shelf, &format!("What is {title}?"), asked.scopes)? {
            Some(found) => {
                let book = found.passage.book.clone();
                self.draft.say(&format!("No heading is called “{title}”, but this is what your books say of it."));
                self.draft.paragraph();
                self.draft.cite(&found.quotes);
                self.draft.say(&format!("From *{}*, “{}”:", book.title, found.passage.section.title));
                self.draft.quote_block(&found.quotes);
                self.speak_of(&book, &found.passage.section.title, &found.quotes);
                Ok(true)
            }
            None => self.not_placed(&Found::NoSection(None), place.section.as_ref(), asked.question),
        }
    }

    fn sum_up(&mut self, book: &BookRef, headings: &[Heading]) -> Result<bool, TutorError> {
        let mut passages: Vec<(usize, Passage)> = Vec::new();
        for (part, heading) in headings.iter().enumerate().filter(|(_, heading)| heading.num_chunks > 0) {
            passages.extend(
                self.tutor.shelf.section_passages(heading.section.id)?.into_iter().map(|passage| (part, passage)),
            );
        }
        let quotes = summary_quotes(&passages);
        let title = headings.first().map_or(&book.title, |heading| &heading.section.title);
        let whole = headings.len() > 1
            && headings.iter().all(|heading| heading.level >= headings[0].level)
            && headings[0].section.title == book.title;
        let title = if whole || title == &book.title {
            format!("*{}*", book.title)
        } else {
            format!("**{title}**, in *{}*", book.title)
        };
        if quotes.is_empty() {
            self.session.book = Some(book.id.clone());
            self.draft.say(&format!("I find no whole sentences in {title} to sum it up with."));
            return Ok(false);
        }
        self.draft.cite(&quotes);
        self.draft.say(&format!("The main points of {title}, in the book’s own words:"));
        self.draft.quote_block(&quotes);
        self.word(&prompt::explain(&quotes), MODEL_LEAD, &quotes);
        let subject = headings.first().map_or_else(|| book.title.clone(), |heading| heading.section.title.clone());
        self.speak_of(book, &subject, &quotes);
        Ok(true)
    }
}

/// A book and its sentences.
type Quotes = (BookRef, Vec<Quote>);

fn capital(text: &str) -> String {
    let first = text.chars().next().map(char::len_utf8).unwrap_or_default();
    text[..first].to_uppercase() + &text[first..]
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

/// The most central sentences of passages, each with the part of the section it is from.
fn summary_quotes(passages: &[(usize, Passage)]) -> Vec<Quote> {
    let mut quotes: Vec<(usize, Quote)> = Vec::new();
    let mut before: Option<&Passage> = None;
    for (part, passage) in passages {
        let fresh = explain::fresh_sentences(passage, before.map(|before| before.text.as_str()));
        quotes.extend(fresh.into_iter().map(|range| (*part, Quote::of(passage, range))));
        before = Some(passage);
    }
    let lines: Vec<Line<'_>> = quotes.iter().map(|(part, quote)| Line { text: &quote.text, part: *part }).collect();
    let chosen = central::central(&lines, central::how_many(lines.len()));
    chosen.into_iter().map(|i| quotes[i].1.clone()).collect()
}
