//! The teaching: what a student meant, the lesson and the place in it, answers that stand on a page. The code decides,
//! the language model only words. Knows no sockets, tensors or SQL.

mod turn;

pub use turn::{Cancel, Finish, LessonPlace, Mode, Reply, State, Teach, TurnEvent, TutorError};

use serde::{Deserialize, Serialize};

/// All that one student's conversation needs to go on where it stood; stored as JSON after every turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// What the conversation is doing.
    pub mode: Mode,
    /// What the running lesson, or the last answer, is about.
    pub current_topic: Option<String>,
}
