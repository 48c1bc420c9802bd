//! One student message and its reply: the types that pass between the tutor and whoever carries its words.

use crate::passage::Citation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::words::content_set;
use super::{Learner, Session};

/// What a conversation is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing yet, or all done.
    #[default]
    Idle,
    /// In a lesson.
    Teaching,
    /// Answering questions outside a lesson.
    Answering,
    /// In a quiz.
    Quiz,
    /// Going over earlier lessons.
    Review,
}

/// Where a lesson stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LessonPlace {
    /// What the lesson is about.
    pub title: String,
    /// The step last taught, from 1.
    pub step: usize,
    /// How many steps the lesson has.
    pub total: usize,
    /// How hard the step's sentences of the book are to read: the Flesch-Kincaid grade; nothing where that is not known.
    #[serde(default)]
    pub reading_grade: Option<f32>,
}

/// Why a question is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// At the end of a lesson's step.
    #[default]
    Check,
    /// In a quiz.
    Quiz,
    /// To remember what was learned before.
    Review,
}

/// The question before the student, without its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuizPlace {
    /// Why it is asked.
    pub purpose: Purpose,
    /// Which question it is, from 1.
    pub number: usize,
    /// How many there are.
    pub total: usize,
    /// How it is to be answered: `cloze`, `choice`, `short`, `order`, `match` or `exercise`.
    pub kind: String,
    /// What is asked.
    pub prompt: String,
    /// The options of a choice, the events of an order, the meanings of a match; else empty.
    pub options: Vec<String>,
    /// The terms of a match; else empty.
    pub terms: Vec<String>,
    /// Attempts at this question so far.
    pub attempts: u32,
    /// Hints shown for it so far, 0 to 4.
    pub hints: u32,
    /// Questions answered rightly so far.
    pub num_right: usize,
    /// How the answer in the message just handled was judged; nothing where the message was no answer.
    pub result: Option<QuizResult>,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuizResult {
    /// It is right.
    Right,
    /// Something is missing.
    Partly,
    /// It could not be judged; other words are asked for.
    Unsure,
    /// It is wrong.
    Wrong,
    /// The answer was shown.
    Shown,
}

/// How well a student knows a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgressEntry {
    /// The book's file name.
    pub book: String,
    /// The book's title.
    pub title: String,
    /// The section's heading.
    pub section: String,
    /// 0 to 1: what went right, and whether that is still remembered.
    pub mastery: f32,
    /// Questions answered.
    pub num_asked: u32,
    /// Those that were right at the first try and without help.
    pub num_right: u32,
    /// When it is to be gone over again, in seconds since 1970.
    pub due: Option<i64>,
}

/// What became of a question to the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The books answer it.
    Answered,
    /// They have only something near.
    Near,
    /// They have nothing on it.
    NotInBooks,
}

/// A question that a student put to the books, for the teacher to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inquiry {
    /// As it was searched for.
    pub question: String,
    /// What became of it.
    pub verdict: Verdict,
}

impl Inquiry {
    /// The same for questions that ask the same in almost the same words.
    #[must_use]
    pub fn key(&self) -> String {
        let words: Vec<String> = content_set(&self.question).into_iter().collect();
        if words.is_empty() { self.question.to_lowercase() } else { words.join(" ") }
    }
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Finish {
    /// It is whole.
    Stop,
    /// It was cut at its largest length.
    Length,
    /// The student stopped it.
    Cancelled,
}

/// What a turn is doing while the student waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Others are before it.
    Queued,
    /// The books are being searched.
    Searching,
    /// Words are being written.
    Writing,
}

/// What happens during a turn, in order: any number of states, the citations, then the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnEvent {
    /// The turn's state changed.
    Status {
        /// Its state now.
        state: State,
        /// Place in line from 1, while queued.
        queue_position: Option<usize>,
    },
    /// What the words to come stand on.
    Citations(Vec<Citation>),
    /// More of the reply's text. All deltas of a turn join to [`Reply::text`].
    Delta(String),
}

/// A whole reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The words, as Markdown of the simplest kind (`**bold**`, `> quote`, `- item`, blank lines between paragraphs).
    pub text: String,
    /// What the conversation does now.
    pub mode: Mode,
    /// What it is about.
    pub current_topic: Option<String>,
    /// What the words stand on.
    pub citations: Vec<Citation>,
    /// Whether every statement shown as fact stands on a citation.
    pub grounded: bool,
    /// The running lesson.
    pub lesson: Option<LessonPlace>,
    /// The question that waits for the student's answer.
    pub quiz: Option<QuizPlace>,
    /// What the student knows, where that was asked.
    pub progress: Option<Vec<ProgressEntry>>,
    /// The question to the books, if the message was one.
    pub asked: Option<Inquiry>,
    /// Why it ended.
    pub finish: Finish,
}

/// All that is kept of a student.
#[derive(Debug)]
pub struct Student<'a> {
    /// The conversation.
    pub session: &'a mut Session,
    /// What lasts beyond it.
    pub learner: &'a mut Learner,
}

/// What a student said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// The words.
    pub content: &'a str,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// Asks a running turn to end. Clones share the request.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether anyone asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Why a turn has no reply. The session is as it was before the turn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TutorError {
    /// Too many students wait already.
    #[error("the tutor is busy with other students")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// Something of ours failed.
    #[error("{0}")]
    Internal(String),
}

/// Whoever answers students: the tutor itself, or a stand-in in a test of the server.
///
/// Both calls block (they search and write); call them off the runtime's worker threads.
pub trait Teach: Send + Sync + 'static {
    /// The words a student is met with, new or coming back.
    fn welcome(&self, session: &Session, learner: &Learner) -> String;

    /// Answers one message, moves the session on and notes what was learned. `events` is called from this
    /// thread, in order.
    ///
    /// # Errors
    /// The turn could not be answered; nothing of the student is changed.
    fn turn(
        &self,
        student: Student<'_>,
        said: Said<'_>,
        events: &mut dyn FnMut(TurnEvent),
        cancel: &Cancel,
    ) -> Result<Reply, TutorError>;
}
