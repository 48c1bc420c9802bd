//! The wire: every frame a client may send and every frame it may get. The only place that knows their JSON.
//!
//! A frame is one WebSocket text message holding one JSON object with a `type`. Unknown fields are ignored in both
//! directions, so that either side may grow; [`PROTOCOL`] counts changes that an old client could not live with.

pub mod class;

use crate::passage::Citation;
use crate::tutor::{Finish, LessonPlace, Mode, ProgressEntry, QuizPlace, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version told in `welcome`.
pub const PROTOCOL: u32 = 1;

/// The largest frame, in bytes; a larger one closes the socket with [`Close::TooBig`].
pub const MAX_FRAME_BYTES: usize = 64 * 1024;

/// The longest `content`, in characters.
pub const MAX_CONTENT_CHARS: usize = 8000;

/// How many messages `history` gives when the client does not say.
pub const DEFAULT_HISTORY: usize = 50;

/// How many messages `history` gives at most.
pub const MAX_HISTORY: usize = 200;

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[non_exhaustive]
pub enum ClientFrame {
    /// Something for the tutor.
    Message {
        /// The student's words: 1 to [`MAX_CONTENT_CHARS`] characters, not all of them blank.
        #[schemars(required, length(min = 1, max = MAX_CONTENT_CHARS))]
        content: Option<String>,
        /// Whether to send `status`, `citations` and `delta` frames before the `response`; as `?stream=1` said at
        /// connect if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stream: Option<bool>,
    },
    /// End the running turn; its `response` says `"finish":"cancelled"`. Nothing happens if none runs.
    Stop,
    /// Earlier messages.
    History {
        /// Only what came before this `message_id`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// How many: 50 if absent, 200 at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u64>,
    },
    /// After a reconnect: the rest of the running turn, or its `response` if it ended meanwhile.
    Resume {
        /// The `seq` of the last `delta` that arrived; nothing arrived if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_seq: Option<i64>,
    },
    /// Forget the conversation and begin afresh, answered with a new `welcome`; what the student knows stays.
    Reset,
    /// Is anyone there? Answered with `pong`.
    Ping,
}

/// The `type`s of [`ClientFrame`], for the error that names them.
pub(super) const CLIENT_TYPES: [&str; 6] = ["message", "stop", "history", "resume", "reset", "ping"];

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[non_exhaustive]
pub enum ServerFrame {
    /// The first frame of a connection, and the answer to `reset`.
    Welcome(Welcome),
    /// The whole reply to one message; exactly one for each message that did not end in an `error`.
    Response(Box<Response>),
    /// What the turn is doing; only to a client that opted in.
    Status {
        /// The message being answered.
        message_id: String,
        /// What its turn is doing.
        state: State,
        /// Place in line from 1; only while queued.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue_position: Option<usize>,
    },
    /// What the words to come stand on; only to a client that opted in.
    Citations {
        /// The message being answered.
        message_id: String,
        /// In the order in which the reply uses them.
        citations: Vec<Citation>,
    },
    /// More words of the reply; only to a client that opted in. All deltas of a message join to its `response`.
    Delta {
        /// The message being answered.
        message_id: String,
        /// Grows by one with every delta of the session, over all its messages; what `resume` counts in.
        seq: u64,
        /// The words.
        delta: String,
    },
    /// The answer to `history`.
    History {
        /// Oldest first; a message of the student is followed by its reply, if it has one.
        messages: Vec<HistoryMessage>,
    },
    /// The answer to `ping`.
    Pong,
    /// The teacher said something; at once, or at the next connect.
    Notice {
        /// The words to show, with who says them.
        response: String,
        /// What the teacher wrote.
        content: String,
        /// Whom it is for.
        to: Addressee,
        /// Its name.
        notice_id: String,
        /// When it was said: RFC 3339, UTC, seconds.
        timestamp: String,
    },
    /// The teacher paused the class or let it go on; also right after the `welcome` of a paused class.
    Paused {
        /// Whether messages are refused now.
        paused: bool,
        /// The words to show.
        response: String,
    },
    /// The teacher began a lesson for the student; its `response` follows, as if the student had asked for it.
    Started {
        /// The message that was put in for the student.
        message_id: String,
        /// Its words.
        content: String,
        /// The words to show.
        response: String,
    },
    /// Something was refused or went wrong. The socket stays open.
    Error(WireError),
}

/// Whom a notice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Addressee {
    /// Everyone.
    Class,
    /// This student.
    You,
}

/// The fields of `welcome`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Welcome {
    /// Words to show.
    pub response: String,
    /// The name the client connected with.
    pub client_id: String,
    /// What the conversation is doing.
    pub mode: Mode,
    /// What it is about.
    pub current_topic: Option<String>,
    /// Now: RFC 3339, UTC, seconds.
    pub timestamp: String,
    /// Whether there was a conversation to come back to.
    pub resumed: bool,
    /// [`PROTOCOL`].
    pub protocol: u32,
}

/// The fields of `response`; also what is kept of a reply in the classroom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// The tutor's words, in the simplest Markdown.
    pub response: String,
    /// What the conversation does now.
    pub mode: Mode,
    /// What it is about.
    pub current_topic: Option<String>,
    /// When the reply was whole: RFC 3339, UTC, seconds.
    pub timestamp: String,
    /// The message it answers.
    pub message_id: String,
    /// What the words stand on.
    #[serde(default)]
    pub citations: Vec<Citation>,
    /// Whether every statement shown as fact stands on a citation.
    #[serde(default)]
    pub grounded: bool,
    /// The running lesson.
    #[serde(default)]
    pub lesson: Option<LessonPlace>,
    /// The question that waits for the student's answer.
    #[serde(default)]
    pub quiz: Option<QuizPlace>,
    /// What the student knows; only in the reply to a message that asked for it.
    #[serde(default)]
    pub progress: Option<Vec<Progress>>,
    /// Why it ended.
    pub finish: Finish,
}

/// How well the student knows a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// The book's file name.
    pub book: String,
    /// The book's title.
    pub title: String,
    /// The section's heading.
    pub section: String,
    /// 0 to 1.
    pub mastery: f32,
    /// Questions answered.
    pub num_asked: u32,
    /// Those that were right at the first try and without help.
    pub num_right: u32,
    /// When it is to be gone over again: RFC 3339, UTC, seconds.
    pub due: Option<String>,
}

/// What a student knows, as the wire has it.
#[must_use]
pub fn progress(entries: Vec<ProgressEntry>) -> Vec<Progress> {
    let entry = |entry: ProgressEntry| Progress {
        book: entry.book,
        title: entry.title,
        section: entry.section,
        mastery: entry.mastery,
        num_asked: entry.num_asked,
        num_right: entry.num_right,
        due: entry.due.map(timestamp),
    };
    entries.into_iter().map(entry).collect()
}

/// Who said a message of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Speaker")]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The student.
    User,
    /// The tutor.
    Assistant,
}

/// One message of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryMessage {
    /// The message's name; a reply has that of the message it answers.
    pub message_id: String,
    /// Who said it.
    pub role: Role,
    /// The words.
    pub content: String,
    /// When: RFC 3339, UTC, seconds.
    pub timestamp: String,
    /// The other fields of the `response`; only for a reply.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub reply: Option<HistoryReply>,
}

/// What the history tells of a reply besides its words; as in [`Response`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryReply {
    /// What the conversation did then.
    pub mode: Mode,
    /// What it was about.
    pub current_topic: Option<String>,
    /// What the words stand on.
    pub citations: Vec<Citation>,
    /// Whether every statement shown as fact stands on a citation.
    pub grounded: bool,
    /// The lesson.
    pub lesson: Option<LessonPlace>,
    /// The question that waited for an answer.
    pub quiz: Option<QuizPlace>,
    /// What the student knew.
    pub progress: Option<Vec<Progress>>,
    /// Why it ended.
    pub finish: Finish,
}

impl From<Response> for HistoryReply {
    fn from(response: Response) -> Self {
        let Response { mode, current_topic, citations, grounded, lesson, quiz, progress, finish, .. } = response;
        Self { mode, current_topic, citations, grounded, lesson, quiz, progress, finish }
    }
}

/// The fields of `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WireError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what went wrong and what to do.
    pub error: String,
    /// When it makes sense to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The message that will get no reply, if one had been accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
}

impl WireError {
    /// An error about a frame, without a time to try again.
    #[must_use]
    pub fn new(code: ErrorCode, error: impl Into<String>) -> Self {
        Self { code, error: error.into(), retry_after_ms: None, message_id: None }
    }
}

/// What went wrong, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// Not a JSON object, or a field of the wrong kind.
    BadJson,
    /// No `type`, an unknown one, or a binary frame.
    BadType,
    /// A message without words.
    Empty,
    /// A message of more than [`MAX_CONTENT_CHARS`] characters.
    TooLong,
    /// Too many messages in a short time.
    RateLimited,
    /// Too much is waiting.
    Overloaded,
    /// The teacher has paused the class.
    Paused,
    /// No such message, or nothing to resume.
    NotFound,
    /// A token is needed.
    Unauthorized,
    /// The token is not good for this.
    Forbidden,
    /// Something of the server's failed.
    Internal,
}

impl ErrorCode {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BadJson => "bad_json",
            Self::BadType => "bad_type",
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Paused => "paused",
            Self::NotFound => "not_found",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Internal => "internal",
        }
    }
}

/// Why the server closes a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Close {
    /// The server goes away.
    GoingAway,
    /// The bytes are not WebSocket frames.
    Protocol,
    /// A text frame is not UTF-8.
    NotUtf8,
    /// The client may not be here.
    Policy,
    /// A frame of more than [`MAX_FRAME_BYTES`].
    TooBig,
    /// The same `client_id` connected elsewhere.
    Replaced,
}

impl Close {
    /// The close code of RFC 6455, or of ours from 4000.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::NotUtf8 => 1007,
            Self::Policy => 1008,
            Self::TooBig => 1009,
            Self::Replaced => 4001,
        }
    }

    /// The words that go with it; at most 123 bytes.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "the server is going away",
            Self::Protocol => "not a WebSocket frame",
            Self::NotUtf8 => "a text frame must be UTF-8",
            Self::Policy => "not allowed",
            Self::TooBig => "a frame may have at most 65536 bytes",
            Self::Replaced => "the same client_id connected elsewhere",
        }
    }
}

/// Reads a text frame.
///
/// # Errors
/// What to answer: [`ErrorCode::BadJson`], [`BadType`](ErrorCode::BadType), [`Empty`](ErrorCode::Empty) or
/// [`TooLong`](ErrorCode::TooLong).
pub fn read(text: &str) -> Result<ClientFrame, WireError> {
    let bad_json = |error: String| WireError::new(ErrorCode::BadJson, error);
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| bad_json(format!("the frame is not JSON ({error}); send one JSON object per frame")))?;
    let Some(object) = value.as_object() else {
        return Err(bad_json("the frame is not a JSON object; send {\"type\":\"message\",\"content\":\"…\"}".into()));
    };
    let kind = object.get("type").and_then(serde_json::Value::as_str);
    let Some(kind) = kind.filter(|kind| CLIENT_TYPES.contains(kind)).map(str::to_owned) else {
        let known = CLIENT_TYPES.join(", ");
        return Err(WireError::new(ErrorCode::BadType, format!("\"type\" must be one of: {known}")));
    };
    let frame = serde_json::from_value(value).map_err(|error| bad_json(format!("the {kind} frame: {error}")))?;
    if let ClientFrame::Message { content, .. } = &frame {
        let content = content.as_deref().unwrap_or_default();
        if content.trim().is_empty() {
            return Err(WireError::new(ErrorCode::Empty, "the message has no words; put them in \"content\""));
        }
        let length = content.chars().count();
        if length > MAX_CONTENT_CHARS {
            let error = format!(
                "the message has {length} characters and {MAX_CONTENT_CHARS} are allowed; shorten it or send it in parts"
            );
            return Err(WireError::new(ErrorCode::TooLong, error));
        }
    }
    Ok(frame)
}

/// Writes a frame.
#[must_use]
pub fn write(frame: &ServerFrame) -> String {
    serde_json::to_string(frame).expect("a frame has only string keys and no failing serializer")
}

/// A time of the wire: RFC 3339, UTC, seconds.
#[must_use]
pub fn timestamp(unix_seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(unix_seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
pub(super) mod tests;
