//! A session's work: its messages, one after the other, from the tutor to the classroom to the student.

use super::protocol::{self, ErrorCode, Response, ServerFrame, WireError};
use super::session::{Kept, LiveSession, Turn, read_learner};
use super::transcript;
use crate::classroom::{ClassroomError, NewReply};
use crate::tutor::{Finish, Lesson, Reply, Said, State, Student, TurnEvent, TutorError};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument as _;

/// What a student reads whose message was stopped before anyone worked on it.
const STOPPED: &str = "Stopped.";

/// Why a message got no reply.
#[derive(Debug, thiserror::Error)]
enum TurnError {
    #[error(transparent)]
    Tutor(#[from] TutorError),
    #[error(transparent)]
    Classroom(#[from] ClassroomError),
    #[error("the tutor broke down")]
    Panic(#[from] tokio::task::JoinError),
}

impl LiveSession {
    /// Works on `turn`, then on what waits behind it.
    pub(super) async fn work(self: Arc<Self>, turn: Turn) {
        let mut next = Some(turn);
        while let Some(turn) = next {
            let span = tracing::info_span!("turn", client_id = %self.client_id(), message_id = %turn.message_id);
            let turn = Arc::new(turn);
            let outcome = self.outcome(&turn).instrument(span).await;
            next = self.finish(&turn, outcome);
        }
    }

    /// What to send; nothing if the session was reset meanwhile.
    async fn outcome(self: &Arc<Self>, turn: &Arc<Turn>) -> Option<ServerFrame> {
        let begun = Instant::now();
        let error = match self.reply(turn).await {
            Ok(response) => {
                tracing::debug!(finish = ?response.finish, elapsed = ?begun.elapsed(), "replied");
                return Some(ServerFrame::Response(Box::new(response)));
            }
            Err(error) => error,
        };
        let answer = match &error {
            TurnError::Classroom(ClassroomError::Gone { .. }) => return None,
            TurnError::Tutor(TutorError::Overloaded { retry_after }) => {
                tracing::info!("the tutor is busy");
                let wait = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
                let says = "the tutor is busy with other students; send the message again in a moment";
                WireError { retry_after_ms: Some(wait), ..WireError::new(ErrorCode::Overloaded, says) }
            }
            _ => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(error, "a message got no reply");
                WireError::new(ErrorCode::Internal, "something went wrong with this message; send it again")
            }
        };
        Some(ServerFrame::Error(WireError { message_id: Some(turn.message_id.to_string()), ..answer }))
    }

    /// Waits for a place among the running turns, then lets the tutor reply.
    async fn reply(self: &Arc<Self>, turn: &Arc<Turn>) -> Result<Response, TurnError> {
        let permit = match self.hub.running.try_acquire() {
            Ok(permit) => Some(permit),
            Err(_) => {
                let line = self.hub.num_turns().saturating_sub(self.hub.num_running()).max(1);
                self.event(TurnEvent::Status { state: State::Queued, queue_position: Some(line) });
                tokio::select! {
                    permit = self.hub.running.acquire() => permit.ok(),
                    () = turn.stop.token.cancelled() => None,
                }
            }
        };
        let (session, turn) = (Arc::clone(self), Arc::clone(turn));
        let span = tracing::Span::current();
        let response = tokio::task::spawn_blocking(move || span.in_scope(|| session.teach(&turn))).await?;
        drop(permit);
        response
    }

    /// The tutor's reply, stored with the state after it. Blocks.
    fn teach(&self, turn: &Turn) -> Result<Response, TurnError> {
        let stored = self.hub.classroom.session(self.client_id().as_str())?;
        let gone = || ClassroomError::Gone { message_id: turn.message_id };
        let stored = stored.filter(|session| session.key == turn.key).ok_or_else(gone)?;
        let mut kept = Kept::read(stored.state.as_deref(), self.client_id());
        self.count_from(kept.last_seq);
        let mut learner =
            read_learner(self.hub.classroom.learned(self.client_id().as_str())?.as_deref(), self.client_id());
        let mut events = |event| self.event(event);
        let reply = if turn.stop.cancel.is_cancelled() {
            events(TurnEvent::Delta(STOPPED.to_owned()));
            stopped(&kept)
        } else {
            let student = Student { session: &mut kept.tutor, learner: &mut learner };
            let said = Said { content: &turn.content, at: transcript::now() };
            self.hub.teacher.turn(student, said, &mut events, &turn.stop.cancel)?
        };
        kept.last_seq = self.last_seq();
        let at = transcript::now();
        let response = Response {
            response: reply.text,
            mode: reply.mode,
            current_topic: reply.current_topic,
            timestamp: protocol::timestamp(at),
            message_id: turn.message_id.to_string(),
            citations: reply.citations,
            grounded: reply.grounded,
            lesson: reply.lesson,
            quiz: reply.quiz,
            progress: reply.progress.map(protocol::progress),
            finish: reply.finish,
        };
        let json = serde_json::to_string(&response).expect("a reply has only string keys and no failing serializer");
        let state = serde_json::to_string(&kept).map_err(|error| TutorError::Internal(error.to_string()))?;
        let learned = serde_json::to_string(&learner).map_err(|error| TutorError::Internal(error.to_string()))?;
        let (message_id, text) = (turn.message_id, response.response.as_str());
        let reply = NewReply { message_id, text, json: &json, state: &state, learned: &learned, at };
        self.hub.classroom.reply(turn.key, &reply)?;
        Ok(response)
    }
}

/// The reply to a message that was stopped while it stood in line.
fn stopped(kept: &Kept) -> Reply {
    Reply {
        text: STOPPED.to_owned(),
        mode: kept.tutor.mode,
        current_topic: kept.tutor.current_topic.clone(),
        citations: Vec::new(),
        grounded: true,
        lesson: kept.tutor.lesson.as_ref().map(Lesson::place),
        quiz: kept.tutor.quiz.as_ref().and_then(|quiz| quiz.place(None)),
        progress: None,
        finish: Finish::Cancelled,
    }
}
