//! A turn that looks at what was learned: going over it again, and telling how well it is known.

use super::learner::Known;
use super::material::{self, Subject};
use super::quiz::{NUM_QUESTIONS, Quiz};
use super::talk;
use super::teacher::Turn;
use super::turn::{Purpose, TutorError};
use crate::passage::BookRef;

/// Sections named in words; all of them are in the reply's own list.
const MAX_NAMED: usize = 6;

impl Turn<'_> {
    /// Goes over the sections that are due, mixed.
    pub(super) fn review(&mut self) -> Result<bool, TutorError> {
        let due: Vec<Known> = self.learner.due(self.at).into_iter().take(NUM_QUESTIONS).cloned().collect();
        let mut subjects = Vec::new();
        for known in &due {
            subjects.extend(self.section_of(known)?);
        }
        if !subjects.is_empty() {
            let items = material::of_sections(&*self.tutor.shelf, &subjects, (NUM_QUESTIONS, self.seed()))?;
            if let Some(quiz) = Quiz::new(Purpose::Review, "what you learned", items) {
                return self.begin(Some(quiz));
            }
        }
        let text = match self.learner.next_due() {
            None => "There is nothing to go over yet. Learn something first: I will remember it for you.".to_owned(),
            Some(due) => {
                let days = ((due - self.at) as f64 / 86_400.0).ceil().max(0.0) as i64;
                format!(
                    "You have nothing to go over today; the next part comes back {}. Say **quiz me** if you want to practise now.",
                    talk::in_days(days)
                )
            }
        };
        self.draft.say(&text);
        self.offer_topics()
    }

    /// Where a known section is now; nothing if its book has gone.
    fn section_of(&self, known: &Known) -> Result<Option<Subject>, TutorError> {
        let shelf = &*self.tutor.shelf;
        let is_book = |book: &BookRef| book.id == known.place.book;
        let Some(book) = shelf.books()?.into_iter().find(is_book) else { return Ok(None) };
        let headings = shelf.headings(&book.id)?;
        let found = headings.into_iter().find(|heading| heading.section.path == known.place.path);
        Ok(found.map(|heading| Subject { book, section: heading.section }))
    }

    /// Tells how well the student knows each section.
    pub(super) fn progress(&mut self) -> Result<bool, TutorError> {
        let entries = self.learner.progress(self.at);
        if entries.is_empty() {
            self.draft.say("Nothing is noted yet. Learn something, and answer my questions: then I can show you.");
            return self.offer_topics();
        }
        let name = self.learner.name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
        let (asked, right) =
            entries.iter().fold((0, 0), |(asked, right), entry| (asked + entry.num_asked, right + entry.num_right));
        let mut text =
            format!("This is what you know{name}. You answered {asked} questions, {right} at the first try.");
        for entry in entries.iter().take(MAX_NAMED) {
            let percent = (entry.mastery * 100.0).round();
            text.push_str(&format!("\n- {}: {percent} %", entry.section));
        }
        if entries.len() > MAX_NAMED {
            text.push_str(&format!("\n- and {} more", entries.len() - MAX_NAMED));
        }
        let due = self.learner.due(self.at).len();
        text.push_str(&match due {
            0 => String::new(),
            1 => "\n\nOne part is due again: say **review**.".to_owned(),
            due => format!("\n\n{due} parts are due again: say **review**."),
        });
        self.draft.say(&text);
        self.shown_progress = Some(entries);
        self.resume_line();
        Ok(false)
    }

    /// What to do instead: the lesson that waits, or topics.
    fn offer_topics(&mut self) -> Result<bool, TutorError> {
        self.draft.paragraph();
        self.small_talk("")
    }
}
