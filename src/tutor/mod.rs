//! The teaching: what a student meant, the lesson and the place in it, answers that stand on a page. The code decides,
//! the language model only words. Knows no sockets, tensors or SQL.

mod adapters;
mod answer;
mod draft;
mod explain;
mod grounding;
mod intent;
mod lesson;
mod lesson_turn;
mod opposite;
mod prompt;
mod relevance;
mod shelf;
mod talk;
mod teacher;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod turn;
mod wording;
mod words;

pub use intent::{Intent, classify};
pub use lesson::{Lesson, Part, Step};
pub use opposite::Sense;
pub use shelf::{Heading, Scope, Shelf, ShelfError};
pub use teacher::{MODEL_LEAD, Probe, Tutor};
pub use turn::{Cancel, Finish, LessonPlace, Mode, Reply, State, Teach, TurnEvent, TutorError};
pub use wording::{Patience, Prompt, WriteEnd, Writer, Written};

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
}

/// A question that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// As it was searched for.
    pub question: String,
}

/// Topics of a book to offer a student who does not know where to begin: headings, spread over the book.
///
/// # Errors
/// The books cannot be read.
pub fn book_topics(shelf: &dyn Shelf, book: &crate::passage::BookRef, limit: usize) -> Result<Vec<String>, ShelfError> {
    talk::book_topics(shelf, book, limit)
}
