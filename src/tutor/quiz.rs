//! A run of questions and where it stands: whose turn it is, which hint may come next, when an answer may be shown. Pure.
//!
//! # Invariants
//! * Hint `n` (from 0) is shown only after `n` attempts at its question, so the answer, the last one, never comes before
//!   the student has tried; there is no other way to it.
//! * A question that is done is not asked again.

use super::hint::Rung;
use super::learner::Outcome;
use super::question::{Grade, Question, Task};
use super::turn::{Purpose, QuizPlace, QuizResult};
use crate::passage::{BookRef, SectionRef};
use serde::{Deserialize, Serialize};

/// Questions of one quiz.
pub(crate) const NUM_QUESTIONS: usize = 5;

/// A run of questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quiz {
    /// Why they are asked.
    pub purpose: Purpose,
    /// What they are about.
    pub title: String,
    /// The questions in order, never empty.
    pub items: Vec<Item>,
    /// The one that waits for its answer.
    pub at: usize,
}

/// A question of a quiz and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The question with its answer.
    pub question: Question,
    /// The book it was made from.
    pub book: BookRef,
    /// The section it was made from.
    pub section: SectionRef,
    /// Attempts so far.
    pub attempts: u32,
    /// Hints shown so far.
    pub hints: u32,
    /// Answers in a row that could not be judged.
    unsure: u32,
    /// How it ended; nothing while it is open.
    pub end: Option<ItemEnd>,
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemEnd {
    /// Answered, or shown.
    Done(Outcome),
    /// The student left it.
    Skipped,
}

/// What follows from an answer, or from asking for help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The question is done: right.
    Right,
    /// This hint is to be shown, and the question stays. The last one shows the answer and ends the question.
    Hint(Rung),
    /// The student is asked to say it in other words.
    Again,
    /// The student is to try first.
    TryFirst,
}

impl Item {
    /// A question not asked yet.
    #[must_use]
    pub fn new(question: Question, book: BookRef, section: SectionRef) -> Self {
        Self { question, book, section, attempts: 0, hints: 0, unsure: 0, end: None }
    }

    /// Shows the next hint, if there were attempts enough.
    fn hint(&mut self) -> Then {
        if self.hints > self.attempts {
            return Then::TryFirst;
        }
        let rung = Rung::of(self.hints as usize);
        self.hints += 1;
        if rung == Rung::Answer {
            self.end = Some(ItemEnd::Done(Outcome::Shown));
        }
        Then::Hint(rung)
    }

    fn judged(&mut self, grade: Grade) -> Then {
        match grade {
            Grade::None => return self.hint(),
            Grade::Unsure if self.unsure == 0 => {
                self.unsure = 1;
                return Then::Again;
            }
            _ => {}
        }
        self.unsure = 0;
        self.attempts += 1;
        if grade != Grade::Right {
            return self.hint();
        }
        let outcome = if self.attempts == 1 && self.hints == 0 { Outcome::Right } else { Outcome::Helped };
        self.end = Some(ItemEnd::Done(outcome));
        Then::Right
    }
}

impl Quiz {
    /// A quiz; nothing without questions.
    #[must_use]
    pub fn new(purpose: Purpose, title: &str, items: Vec<Item>) -> Option<Self> {
        (!items.is_empty()).then(|| Self { purpose, title: title.to_owned(), items, at: 0 })
    }

    /// The question that waits for its answer.
    #[must_use]
    pub fn item(&self) -> Option<&Item> {
        self.items.get(self.at).filter(|item| item.end.is_none())
    }

    /// Takes an answer.
    pub(crate) fn answer(&mut self, grade: Grade) -> Then {
        self.items.get_mut(self.at).map_or(Then::TryFirst, |item| item.judged(grade))
    }

    /// Takes the wish for help.
    pub(crate) fn help(&mut self) -> Then {
        self.items.get_mut(self.at).map_or(Then::TryFirst, Item::hint)
    }

    /// Leaves the question.
    pub(crate) fn skip(&mut self) {
        if let Some(item) = self.items.get_mut(self.at).filter(|item| item.end.is_none()) {
            item.end = Some(ItemEnd::Skipped);
        }
    }

    /// Goes to the next open question; says whether there is one.
    pub(crate) fn advance(&mut self) -> bool {
        while self.items.get(self.at).is_some_and(|item| item.end.is_some()) {
            self.at += 1;
        }
        self.at < self.items.len()
    }

    /// Questions that were answered rightly, with help or without.
    #[must_use]
    pub fn num_right(&self) -> usize {
        let right = |item: &&Item| matches!(item.end, Some(ItemEnd::Done(Outcome::Right | Outcome::Helped)));
        self.items.iter().filter(right).count()
    }

    /// What clients are told.
    #[must_use]
    pub fn place(&self, result: Option<QuizResult>) -> Option<QuizPlace> {
        let item = self.item()?;
        let (kind, options, terms) = match &item.question.task {
            Task::Cloze { .. } => ("cloze", &[][..], &[][..]),
            Task::Choice { options, .. } => ("choice", options.as_slice(), &[][..]),
            Task::Short { .. } => ("short", &[][..], &[][..]),
            Task::Order { events, .. } => ("order", events.as_slice(), &[][..]),
            Task::Match { terms, meanings, .. } => ("match", meanings.as_slice(), terms.as_slice()),
            Task::Exercise { .. } => ("exercise", &[][..], &[][..]),
        };
        Some(QuizPlace {
            purpose: self.purpose,
            number: self.at + 1,
            total: self.items.len(),
            kind: kind.to_owned(),
            prompt: item.question.prompt.clone(),
            options: options.to_vec(),
            terms: terms.to_vec(),
            attempts: item.attempts,
            hints: item.hints,
            num_right: self.num_right(),
            result,
        })
    }
}

/// A letter for an option or a meaning.
fn letter(i: usize) -> char {
    char::from(b'A' + (i % 26) as u8)
}

/// The question in words alone, for clients that show nothing but text.
pub(crate) fn in_words(question: &Question) -> String {
    let prompt = &question.prompt;
    let listed = |items: &[String], mark: &dyn Fn(usize) -> String| -> String {
        items.iter().enumerate().map(|(i, item)| format!("\n- **{}** {item}", mark(i))).collect()
    };
    let lettered = |items: &[String]| listed(items, &|i| letter(i).to_string());
    let numbered = |items: &[String]| listed(items, &|i| (i + 1).to_string());
    match &question.task {
        Task::Cloze { .. } | Task::Short { .. } | Task::Exercise { .. } => format!("**{prompt}**"),
        Task::Choice { options, .. } => format!("**{prompt}**{}", lettered(options)),
        Task::Order { events, .. } => {
            format!("**{prompt}**{}\n\nSay the numbers in order, like *2 1 3*.", numbered(events))
        }
        Task::Match { terms, meanings, .. } => {
            format!("**{prompt}**{}{}\n\nSay it like *1b 2a 3c*.", numbered(terms), lettered(meanings))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tutor::testing::cloze;

    fn quiz(num: usize) -> Quiz {
        let (question, book, section) = cloze("A flood leaves ____ on the fields.", "silt");
        let items = (0..num).map(|_| Item::new(question.clone(), book.clone(), section.clone())).collect();
        Quiz::new(Purpose::Quiz, "Floods", items).expect("it has questions")
    }

    #[test]
    fn every_hint_wants_an_attempt_first() {
        let mut quiz = quiz(1);
        assert_eq!(quiz.help(), Then::Hint(Rung::Reread));
        for _ in 0..10 {
            assert_eq!(quiz.help(), Then::TryFirst);
            assert_eq!(quiz.answer(Grade::None), Then::TryFirst);
        }
        assert_eq!(quiz.answer(Grade::Wrong), Then::Hint(Rung::Cue));
        assert_eq!(quiz.help(), Then::TryFirst);
        assert_eq!(quiz.answer(Grade::Partly), Then::Hint(Rung::Partly));
        assert_eq!(quiz.answer(Grade::Wrong), Then::Hint(Rung::Answer));
        assert_eq!(quiz.items[0].end, Some(ItemEnd::Done(Outcome::Shown)));
        assert!(!quiz.advance());
    }

    #[test]
    fn an_answer_that_cannot_be_judged_is_asked_for_once_more() {
        let mut quiz = quiz(2);
        assert_eq!(quiz.answer(Grade::Unsure), Then::Again);
        assert_eq!(quiz.items[0].attempts, 0);
        assert_eq!(quiz.answer(Grade::Unsure), Then::Hint(Rung::Reread));
        assert_eq!(quiz.answer(Grade::Right), Then::Right);
        assert_eq!(quiz.items[0].end, Some(ItemEnd::Done(Outcome::Helped)));
        assert!(quiz.advance());
        assert_eq!(quiz.answer(Grade::Right), Then::Right);
        assert_eq!(quiz.items[1].end, Some(ItemEnd::Done(Outcome::Right)));
        assert_eq!(quiz.num_right(), 2);
    }

    proptest::proptest! {
        #[test]
        fn the_answer_is_never_shown_before_three_attempts(steps in proptest::collection::vec(0_u8..6, 0..60)) {
            let mut quiz = quiz(1);
            for step in steps {
                let then = match step {
                    0 | 1 => quiz.help(),
                    2 => quiz.answer(Grade::None),
                    3 => quiz.answer(Grade::Unsure),
                    4 => quiz.answer(Grade::Partly),
                    _ => quiz.answer(Grade::Wrong),
                };
                if then == Then::Hint(Rung::Answer) {
                    proptest::prop_assert!(quiz.items[0].attempts >= 3);
                    break;
                }
                proptest::prop_assert!(quiz.items[0].end.is_none());
            }
        }
    }
}
