//! A session's work: its messages, one after the other, from the tutor to the classroom to the student.

use super::class_report::Source;
use super::protocol::{self, ErrorCode, Response, ServerFrame, WireError};
use super::session::{Kept, LiveSession, Turn, internal};
use super::transcript;
use crate::classroom::{ClassroomError, NewQuestion, NewReply};
use crate::passage::Citation;
use crate::tutor::{Finish, Inquiry, Lesson, Reply, Said, State, Student, TurnEvent, TutorError};
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
        self.will_not_be_answered(turn).await;
        let answer = match &error {
            TurnError::Classroom(ClassroomError::Gone { .. }) => return None,
            TurnError::Tutor(TutorError::Overloaded { retry_after }) => {
                tracing::info!("the tutor is busy");
                let wait = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
                let says = "the tutor is busy with other students; send the message again in a moment";
                WireError { retry_after_ms: Some(wait), ..WireError::new(ErrorCode::Overloaded, says) }
            }
            TurnError::Classroom(error) if error.is_disk_full() => internal(error),
            _ => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(error, "a message got no reply");
                WireError::new(ErrorCode::Internal, "something went wrong with this message; send it again")
            }
        };
        Some(ServerFrame::Error(WireError { message_id: Some(turn.message_id.to_string()), ..answer }))
    }

    /// Keeps that the student was told to send the message again, so that it is not answered by itself later.
    async fn will_not_be_answered(self: &Arc<Self>, turn: &Turn) {
        let (session, message_id) = (Arc::clone(self), turn.message_id);
        let noted = tokio::task::spawn_blocking(move || session.hub.classroom.give_up(message_id)).await;
        if !matches!(noted, Ok(Ok(()))) {
            tracing::warn!(%message_id, "that this message has no reply is not kept");
        }
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
        let mut learner = self.learner()?;
        let mut clock = self.hub.meters.turn();
        let mut events = |event: TurnEvent| {
            clock.note(&event);
            self.event(event);
        };
        let reply = if turn.stop.cancel.is_cancelled() {
            events(TurnEvent::Delta(STOPPED.to_owned()));
            stopped(&kept)
        } else {
            let student = Student { session: &mut kept.tutor, learner: &mut learner };
            let said = Said { content: &turn.content, at: transcript::now() };
            match self.hub.teacher.turn(student, said, &mut events, &turn.stop.cancel) {
                Ok(reply) => reply,
                Err(error) => {
                    clock.end(if matches!(error, TutorError::Overloaded { .. }) { "overloaded" } else { "error" });
                    return Err(error.into());
                }
            }
        };
        clock.end(match reply.finish {
            Finish::Stop => "stop",
            Finish::Length => "length",
            Finish::Cancelled => "cancelled",
        });
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
        let question = reply.asked.as_ref().map(|asked| new_question(asked, &response.citations));
        let asked = question.as_ref();
        let new = NewReply { message_id, text, json: &json, state: &state, learned: &learned, asked, at };
        self.hub.classroom.reply(turn.key, &new)?;
        let verdict = reply.asked.map(|asked| asked.verdict);
        self.hub.class.replied(self.client_id(), &kept, learner.name.as_deref(), verdict);
        Ok(response)
    }
}

/// A question to the books as the teacher's page lists it.
fn new_question(asked: &Inquiry, citations: &[Citation]) -> NewQuestion {
    let json = |error| format!("a value without maps is JSON: {error}");
    let verdict = serde_json::to_value(asked.verdict).ok();
    let sources: Vec<Source> = citations.iter().map(Source::of).collect();
    NewQuestion {
        key: asked.key(),
        question: asked.question.clone(),
        verdict: verdict.and_then(|verdict| verdict.as_str().map(str::to_owned)).unwrap_or_default(),
        sources: serde_json::to_string(&sources).unwrap_or_else(json),
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
        asked: None,
        finish: Finish::Cancelled,
    }
}
