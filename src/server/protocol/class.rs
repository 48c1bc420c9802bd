//! The wire of the teacher's page: what its WebSocket sends and gets.

use super::{ErrorCode, WireError};
use crate::server::intake::IngestProgress;
use crate::tutor::{LessonPlace, Mode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest notice, in characters.
pub const MAX_NOTICE_CHARS: usize = 500;

/// What the teacher's page sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Command {
    /// Refuse the messages of all students, or take them again.
    Pause {
        /// Which of the two.
        paused: bool,
    },
    /// Say something to everyone.
    Announce {
        /// The words: 1 to [`MAX_NOTICE_CHARS`] characters.
        #[schemars(length(min = 1, max = MAX_NOTICE_CHARS))]
        content: String,
    },
    /// Say something to one student.
    Tell {
        /// Whom.
        client_id: String,
        /// The words: 1 to [`MAX_NOTICE_CHARS`] characters.
        #[schemars(length(min = 1, max = MAX_NOTICE_CHARS))]
        content: String,
    },
    /// Begin the same lesson for everyone who is connected.
    Lesson {
        /// What about.
        #[schemars(length(min = 1, max = MAX_NOTICE_CHARS))]
        topic: String,
        /// Only for these.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_ids: Option<Vec<String>>,
    },
    /// Is anyone there? Answered with `pong`.
    Ping,
}

/// A command, and the number by which its answer is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TeacherFrame {
    /// Comes back in `done` or `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// What to do.
    #[serde(flatten)]
    pub command: Command,
}

/// What a student is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// Reading, or thinking.
    Idle,
    /// In line for an answer.
    Waiting,
    /// Being answered.
    Writing,
    /// In need of a look.
    Stuck,
    /// Not connected.
    #[default]
    Away,
}

/// One student, at a glance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pupil {
    /// Names their session.
    pub client_id: String,
    /// As they are called.
    pub name: String,
    /// Whether they are connected.
    pub connected: bool,
    /// What they are doing.
    pub state: Doing,
    /// Place in line from 1; only while waiting.
    pub queue_position: Option<usize>,
    /// Why they need a look, in words.
    pub stuck: Option<String>,
    /// What their conversation is doing.
    pub mode: Mode,
    /// What it is about.
    pub topic: Option<String>,
    /// Their lesson.
    pub lesson: Option<LessonPlace>,
    /// The heading of what they work on.
    pub section: Option<String>,
    /// When they last said something or got a reply: RFC 3339, UTC, seconds.
    pub last_seen: Option<String>,
    /// Messages of the running conversation.
    pub num_messages: u32,
    /// Questions that the books could not answer.
    pub num_not_in_books: u32,
}

/// The fields of `class`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassView {
    /// The code by which students join; nothing where nobody has to.
    pub code: Option<String>,
    /// Where they join.
    pub join_url: Option<String>,
    /// The same as a QR code: an SVG image.
    pub join_qr: Option<String>,
    /// Whether the class is paused.
    pub paused: bool,
    /// Whether people log in here.
    pub login: bool,
    /// Everyone, by name.
    pub students: Vec<Pupil>,
}

/// What changed, and should be asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// What was asked, and what is known.
    Questions,
    /// The books.
    Books,
    /// The list of the class.
    Students,
}

/// What the server sends to the teacher's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ClassFrame {
    /// The class, at connect and whenever something changed.
    Class(ClassView),
    /// Something changed that this socket does not tell.
    Changed {
        /// What.
        what: What,
    },
    /// A command was done.
    Done {
        /// Its number.
        id: Option<u64>,
        /// How many students it got to.
        reached: usize,
    },
    /// The answer to `ping`.
    Pong,
    /// A command was refused or failed.
    Error {
        /// Its number.
        id: Option<u64>,
        /// For programs.
        code: ErrorCode,
        /// For people: what went wrong and what to do.
        error: String,
    },
    /// How far a new book is. It brings its own `type`.
    #[serde(untagged)]
    Ingest(IngestProgress),
}

/// Reads a text frame of the teacher's page.
///
/// # Errors
/// What to answer: [`ErrorCode::BadJson`], [`Empty`](ErrorCode::Empty) or [`TooLong`](ErrorCode::TooLong).
pub fn read(text: &str) -> Result<TeacherFrame, WireError> {
    let frame: TeacherFrame = serde_json::from_str(text)
        .map_err(|error| WireError::new(ErrorCode::BadJson, format!("the frame is not a command ({error})")))?;
    let words = match &frame.command {
        Command::Announce { content } | Command::Tell { content, .. } => content,
        Command::Lesson { topic, .. } => topic,
        Command::Pause { .. } | Command::Ping => return Ok(frame),
    };
    let length = words.chars().count();
    if words.trim().is_empty() {
        return Err(WireError::new(ErrorCode::Empty, "there are no words in it"));
    }
    if length > MAX_NOTICE_CHARS {
        let error = format!("it has {length} characters and {MAX_NOTICE_CHARS} are allowed; make it shorter");
        return Err(WireError::new(ErrorCode::TooLong, error));
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn commands_are_read_with_their_number() {
        let frame = read(r#"{"type":"lesson","id":7,"topic":"Floods","client_ids":null}"#).unwrap();
        let command = Command::Lesson { topic: "Floods".into(), client_ids: None };
        assert_eq!(frame, TeacherFrame { id: Some(7), command });
        assert_eq!(read(r#"{"type":"ping"}"#).unwrap().id, None);
        let long = format!(r#"{{"type":"announce","content":"{}"}}"#, "x".repeat(501));
        for (text, code) in [
            (r#"{"type":"announce","content":" "}"#, ErrorCode::Empty),
            (long.as_str(), ErrorCode::TooLong),
            (r#"{"type":"reboot"}"#, ErrorCode::BadJson),
            ("[]", ErrorCode::BadJson),
        ] {
            assert_eq!(read(text).unwrap_err().code, code, "{text}");
        }
    }
}
