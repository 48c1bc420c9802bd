//! A turn's replies to questions of a kind of their own: books, headings, pages, definitions, comparisons, summaries.

use super::central::{self, Line};
use super::contents_turn::MAX_HEADINGS;
use super::draft::Quote;
use super::place::{self, BookName, Found, Place, SectionName};
use super::shelf::{Heading, Scope};
use super::special::Special;
use super::teacher::{MODEL_LEAD, Turn};
use super::turn::{Mode, State, TutorError, Verdict};
use super::words::{content_set, coverage};
use super::{Exchange, Subject, SubjectKind, answer, definition, explain, prompt, talk};
use crate::passage::{BookRef, Passage, sentences};

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
    pub(super) fn speak_of(&mut self, book: &BookRef, subject: &str, quotes: &[Quote]) {
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

    pub(super) fn find_book(&self, name: &BookName) -> Result<Found, TutorError> {
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

    /// What a word means: the sentence that says so, else whatever answers the question.
    fn define(&mut self, term: &str, asked: &Asked<'_>) -> Result<bool, TutorError> {
        let Some(found) = definition::find(&*self.tutor.shelf, term, asked.scopes)? else {
            let asks = content_set(asked.question).len() > content_set(term).len();
            let question = if asks { format!("What is {term}?") } else { asked.question.to_owned() };
            return self.plain_question(&question, asked.scopes);
        };
        self.note_question(&format!("What is {term}?"), Verdict::Answered);
        let section = found.passage.section.title.clone();
        self.draft.cite(&found.quotes);
        self.draft.say(&talk::source(&found.passage.book, &section));
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
        if let Some(found) = definition::find_from(shelf, name, asked.scopes, definition::BEGINS_WITH_IT)? {
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
                self.draft.say(&talk::source(&book, &found.passage.section.title));
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
            let below: String = headings.iter().skip(1).map(|below| format!("\n- {}", below.section.title)).collect();
            if !below.is_empty() {
                self.draft.say(&format!(" It has these parts:{below}"));
            }
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

/// Whether a sentence only belongs to a figure or table: "Figure 119: …".
fn is_caption(sentence: &str) -> bool {
    let mut words = sentence.split_whitespace().map(|word| word.trim_matches(['.', ':', '(', ')']));
    let kind = words.next().unwrap_or_default().to_lowercase();
    ["figure", "fig", "table", "photo", "image"].contains(&kind.as_str())
        && words.next().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        && sentence.contains(':')
}

/// The most central sentences of passages, each with the part of the section it is from.
fn summary_quotes(passages: &[(usize, Passage)]) -> Vec<Quote> {
    let mut quotes: Vec<(usize, Quote)> = Vec::new();
    let mut before: Option<&Passage> = None;
    for (part, passage) in passages {
        let fresh = explain::fresh_sentences(passage, before.map(|before| before.text.as_str()));
        let fresh = fresh.into_iter().filter(|range| !is_caption(&passage.text[range.clone()]));
        quotes.extend(fresh.map(|range| (*part, Quote::of(passage, range))));
        before = Some(passage);
    }
    let lines: Vec<Line<'_>> = quotes.iter().map(|(part, quote)| Line { text: &quote.text, part: *part }).collect();
    let chosen = central::central(&lines, central::how_many(lines.len()));
    chosen.into_iter().map(|i| quotes[i].1.clone()).collect()
}
