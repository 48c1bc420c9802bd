//! The teaching: what a student meant, the lesson and the place in it, answers that stand on a page. The code decides,
//! the language model only words. Knows no sockets, tensors or SQL.

mod adapters;
mod answer;
mod antecedent;
mod asked_turn;
mod central;
mod contents_turn;
mod definition;
mod draft;
mod explain;
mod filter;
mod followup;
mod grade;
mod grounding;
mod groundwork;
mod hint;
mod intent;
mod language;
mod leak;
mod learner;
mod lesson;
mod lesson_turn;
pub(crate) mod make;
mod manner_turn;
mod material;
mod opposite;
mod pattern;
mod place;
mod plain;
mod plan;
mod prompt;
mod question;
mod quiz;
#[cfg(test)]
mod quiz_tests;
mod quiz_turn;
mod readability;
mod relevance;
mod review_turn;
#[cfg(test)]
mod safety_tests;
mod shelf;
mod simple_words;
mod special;
mod special_phrases;
mod special_turn;
mod subject;
mod talk;
mod teacher;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod turn;
mod wording;
mod words;

pub(crate) use grade::{GradingCase, grading_cases};
pub use intent::{Examples, Intent, Jump, Situation, Utterance, UtteranceSet, classify, read_by, utterances};
pub use language::Languages;
pub use leak::gives_away;
pub use learner::{Known, Learner, Outcome, Place};
pub use lesson::{Lesson, Need, Part, Step};
pub use opposite::Sense;
pub use question::{BLANK, Expected, Form, Grade, Question, Task};
pub use quiz::{Item, ItemEnd, Quiz};
pub use readability::reading_grade;
pub use shelf::{Heading, Scope, Shelf, ShelfError};
pub use subject::{Subject, SubjectKind};
pub use teacher::{MODEL_LEAD, Probe, READING_GRADE, Tutor};
pub use turn::{
    Cancel, Finish, Inquiry, LessonPlace, Mode, ProgressEntry, Purpose, QuizPlace, QuizResult, Reply, Said, State,
    Student, Teach, TurnEvent, TutorError, Verdict,
};
pub use wording::{Patience, Prompt, WriteEnd, Writer, Written};

use crate::passage::BookId;
use serde::{Deserialize, Serialize};

/// All that one student's conversation needs to go on where it stood; stored as JSON after every turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// What the conversation is doing.
    pub mode: Mode,
    /// What the running lesson, or the last answer, is about.
    pub current_topic: Option<String>,
    /// The running lesson.
    pub lesson: Option<Lesson>,
    /// The last questions the books answered, oldest first.
    pub recent: Vec<Exchange>,
    /// The book last spoken of outside a lesson.
    pub book: Option<BookId>,
    /// A question that waits for the student to say of which book.
    pub pending: Option<String>,
    /// The questions that the tutor is asking.
    pub quiz: Option<Quiz>,
    /// The topic of the last lesson that was finished or left.
    pub learned: Option<String>,
    /// Turns so far: what varies, varies by it.
    pub turns: u64,
    /// The turn in which topics were last offered.
    pub offered: Option<u64>,
}

/// As often as this in the same place, and a student needs a look.
const STUCK_AFTER: u32 = 2;

impl Session {
    /// The heading of what the student works on.
    #[must_use]
    pub fn section(&self) -> Option<&str> {
        let item = self.quiz.as_ref().and_then(Quiz::item).map(|item| item.section.title.as_str());
        item.or_else(|| self.lesson.as_ref().map(|lesson| lesson.step().section.title.as_str()))
    }

    /// Why a teacher should look at this student, in words; nothing while all goes well.
    #[must_use]
    pub fn stuck(&self) -> Option<String> {
        let item = self.quiz.as_ref().and_then(Quiz::item);
        match item {
            Some(item) if item.attempts >= STUCK_AFTER => {
                return Some(format!("{} tries at one question", item.attempts));
            }
            Some(item) if item.hints >= STUCK_AFTER => return Some(format!("{} hints for one question", item.hints)),
            _ => {}
        }
        let lesson = self.lesson.as_ref().filter(|lesson| lesson.simpler >= STUCK_AFTER)?;
        Some(format!("asked {} times for simpler words", lesson.simpler))
    }
}

/// A question that was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// As it was searched for.
    pub question: String,
    /// Whom and what it was about.
    pub subjects: Vec<Subject>,
    /// Whom and what the quoted sentences speak of.
    pub quoted: Vec<Subject>,
}

/// Subjects kept of a question, and of its answer.
const MAX_SUBJECTS: usize = 8;

impl Exchange {
    /// A question and the sentences that were quoted for it.
    pub fn new<'a>(question: &str, quotes: impl IntoIterator<Item = &'a str>) -> Self {
        let mut quoted: Vec<Subject> = quotes.into_iter().flat_map(subject::subjects).collect();
        quoted.truncate(MAX_SUBJECTS);
        let mut subjects = subject::subjects(question);
        subjects.truncate(MAX_SUBJECTS);
        Self { question: question.to_owned(), subjects, quoted }
    }
}

/// Topics of a book to offer a student who does not know where to begin: headings, spread over the book.
///
/// # Errors
/// The books cannot be read.
pub fn book_topics(shelf: &dyn Shelf, book: &crate::passage::BookRef, limit: usize) -> Result<Vec<String>, ShelfError> {
    talk::book_topics(shelf, book, limit)
}
