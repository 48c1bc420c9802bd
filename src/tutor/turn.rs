//! One student message and its reply: the types that pass between the tutor and whoever carries its words.

use crate::passage::Citation;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Session;

/// What a conversation is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonPlace {
    /// What the lesson is about.
    pub title: String,
    /// The step last taught, from 1.
    pub step: usize,
    /// How many steps the lesson has.
    pub total: usize,
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Why it ended.
    pub finish: Finish,
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
    fn welcome(&self, session: &Session) -> String;

    /// Answers one message and moves `session` on. `events` is called from this thread, in order.
    ///
    /// # Errors
    /// The turn could not be answered; `session` is unchanged.
    fn turn(
        &self,
        session: &mut Session,
        message: &str,
        events: &mut dyn FnMut(TurnEvent),
        cancel: &Cancel,
    ) -> Result<Reply, TutorError>;
}
