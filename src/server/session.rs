//! One student's session while it is alive: its connection, the running turn, and the messages behind it.
//!
//! # Invariants
//! * At most one connection and one running turn. `waiting` is empty unless a turn runs.
//! * A message is in the classroom before it is in `running` or `waiting`, in the same order.
//! * A connection gets the reply to a message at most once by itself, in the order of the messages.
//! * A session that has neither connection nor turn is `ended` and out of the hub; nobody brings it back to life.
//! * Lock order: a session's state, then the classroom. The hub's map is never locked under either.
//!
//! Every method but [`LiveSession::stop`] may read or write the classroom: call them off the runtime's worker threads.

use super::hub::{ClientId, Hub, Resumed, TurnPlace};
use super::outbox::{ConnectionId, Outbox};
use super::protocol::{self, Close, ErrorCode, ServerFrame, Welcome, WireError};
use super::running::Running;
use super::session_class::paused;
use super::transcript;
use crate::classroom::{ClassroomError, MessageId, SessionKey};
use crate::tutor::{self, Cancel, State, TurnEvent};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// How many missed replies a connection gets by itself; the rest is in the history.
const MAX_MISSED: usize = 16;

/// What the classroom keeps of a session between turns.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// The last `seq` that a delta of this session had.
    pub(super) last_seq: u64,
    /// The tutor's part.
    pub(super) tutor: tutor::Session,
}

impl Kept {
    /// A state that cannot be read (of an older program) begins anew rather than locking the student out.
    pub(super) fn read(state: Option<&str>, client_id: &ClientId) -> Self {
        let Some(state) = state else { return Self::default() };
        serde_json::from_str(state).unwrap_or_else(|error| {
            tracing::warn!(%client_id, %error, "the stored state is not understood: the lesson begins anew");
            Self::default()
        })
    }
}

/// What a student knows; what cannot be read (of a newer program) begins anew.
pub(super) fn read_learner(learned: Option<&str>, client_id: &ClientId) -> tutor::Learner {
    let Some(learned) = learned else { return tutor::Learner::default() };
    serde_json::from_str(learned).unwrap_or_else(|error| {
        tracing::warn!(%client_id, %error, "what the student knows is not understood");
        tutor::Learner::default()
    })
}

/// Asks a turn to end, whether it runs or stands in line.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop {
    pub(super) cancel: Cancel,
    pub(super) token: CancellationToken,
}

impl Stop {
    pub(super) fn stop(&self) {
        self.cancel.cancel();
        self.token.cancel();
    }
}

/// An accepted message on its way to a reply.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) key: SessionKey,
    pub(super) message_id: MessageId,
    pub(super) content: String,
    pub(super) stop: Stop,
    /// The connection that follows it word by word.
    pub(super) followed_by: Option<ConnectionId>,
    _place: TurnPlace,
}

#[derive(Debug)]
pub(super) struct Attached {
    pub(super) outbox: Outbox,
    /// Whether it wants what it did not ask for word by word too.
    follows: Followed,
    /// The newest message whose reply this connection got.
    last_sent: Option<MessageId>,
    /// The newest reply that it got at connect, until its first `resume`.
    replayed: Option<MessageId>,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    ended: bool,
    pub(super) attached: Option<Attached>,
    running: Option<Running>,
    waiting: VecDeque<Turn>,
    /// Counts connections coming and going, so that a timer knows whether it still matters.
    changes: u64,
}

/// See the module.
pub(super) struct LiveSession {
    client_id: ClientId,
    pub(super) hub: Arc<Hub>,
    inner: Mutex<Inner>,
}

/// Logs a failure of the classroom; the student learns only that something failed.
pub(super) fn internal(error: &ClassroomError) -> WireError {
    let words = if error.is_disk_full() {
        "the disk of the classroom's machine is full: nothing new can be kept; tell your teacher, and try again"
    } else {
        "something went wrong here; try again"
    };
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::error!(error, "the classroom failed");
    WireError::new(ErrorCode::Internal, words)
}

impl LiveSession {
    pub(super) fn new(client_id: ClientId, hub: Arc<Hub>) -> Self {
        Self { client_id, hub, inner: Mutex::default() }
    }

    pub(super) fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `outbox` the session's connection, closes the older one, and puts the welcome and the missed replies in.
    /// Nothing if the session has ended.
    pub(super) fn attach(
        self: &Arc<Self>,
        outbox: &Outbox,
        follows: Followed,
    ) -> Result<Option<Resumed>, ClassroomError> {
        let mut inner = self.lock();
        if inner.ended {
            return Ok(None);
        }
        let classroom = &self.hub.classroom;
        let stored = classroom.session(self.client_id.as_str())?;
        let missed = match &stored {
            Some(session) => classroom.undelivered(session.key, MAX_MISSED)?,
            None => Vec::new(),
        };
        let interrupted = match &stored {
            Some(session) if inner.running.is_none() => {
                let messages = classroom.unanswered(session.key, self.hub.limits.max_waiting)?;
                messages.into_iter().map(|message| (session.key, message)).collect()
            }
            _ => Vec::new(),
        };
        let resumed = if stored.is_some() { Resumed::Yes } else { Resumed::No };
        outbox.send(&self.welcome(stored.and_then(|session| session.state).as_deref(), resumed));
        let mut attached = Attached { outbox: outbox.clone(), follows, last_sent: None, replayed: None };
        for message in missed {
            if let Some(response) = message.reply.as_ref().and_then(|reply| transcript::response(message.id, reply)) {
                attached.send_reply(message.id, &ServerFrame::Response(Box::new(response)));
            }
        }
        attached.replayed = attached.last_sent;
        if self.hub.class.is_paused() {
            outbox.send(&paused(true));
        }
        self.send_notices(outbox)?;
        inner.changes += 1;
        if let Some(older) = inner.attached.replace(attached) {
            older.outbox.close(Close::Replaced);
        }
        // What a killed server, or a student who left, interrupted is answered now.
        for (key, message) in interrupted {
            let Ok(place) = self.hub.take_turn() else { break };
            let (message_id, content) = (message.id, message.content);
            let turn = Turn { key, message_id, content, stop: Stop::default(), followed_by: None, _place: place };
            inner = self.begin(inner, turn);
        }
        Ok(Some(resumed))
    }

    fn welcome(&self, state: Option<&str>, resumed: Resumed) -> ServerFrame {
        let kept = Kept::read(state, &self.client_id);
        let learner = self.learner().unwrap_or_else(|error| {
            tracing::warn!(client_id = %self.client_id, %error, "what the student knows is not read");
            tutor::Learner::default()
        });
        ServerFrame::Welcome(Welcome {
            response: self.hub.teacher.welcome(&kept.tutor, &learner),
            client_id: self.client_id.as_str().to_owned(),
            mode: kept.tutor.mode,
            current_topic: kept.tutor.current_topic,
            timestamp: protocol::timestamp(transcript::now()),
            resumed: resumed == Resumed::Yes,
            protocol: protocol::PROTOCOL,
        })
    }

    /// What the student knows, and their name: the one that they told the tutor, else the one that they came in by.
    pub(super) fn learner(&self) -> Result<tutor::Learner, ClassroomError> {
        let client_id = self.client_id.as_str();
        let mut learner = read_learner(self.hub.classroom.learned(client_id)?.as_deref(), &self.client_id);
        if learner.name.is_none() {
            learner.name = self.hub.classroom.person(client_id)?.map(|person| person.name);
        }
        Ok(learner)
    }

    /// Lets go of a connection. A turn that runs goes on for [`keep_turn`](super::Limits::keep_turn), in case the
    /// student comes back.
    pub(super) fn detach(self: &Arc<Self>, connection: ConnectionId) {
        let mut inner = self.lock();
        inner.attached.take_if(|attached| attached.outbox.id() == connection);
        if inner.attached.is_some() || inner.ended {
            return;
        }
        self.hub.class.went(&self.client_id);
        inner.changes += 1;
        if inner.running.is_none() {
            inner.ended = true;
            drop(inner);
            self.hub.forget(self);
            return;
        }
        let (session, seen) = (Arc::clone(self), inner.changes);
        drop(inner);
        self.hub.connections.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(session.hub.limits.keep_turn) => {}
                // The turns were stopped before.
                () = session.hub.closing.cancelled() => return,
            }
            let came_back = session.lock().changes != seen;
            if !came_back {
                tracing::info!(client_id = %session.client_id, "the student did not come back: stopping the turn");
                session.give_up();
            }
        });
    }

    /// Stops the running turn and drops what waits behind it.
    pub(super) fn give_up(&self) {
        let mut inner = self.lock();
        inner.waiting.clear();
        if let Some(running) = &inner.running {
            running.stop.stop();
        }
    }

    /// Accepts a message; `followed` if its connection wants it word by word.
    pub(super) fn submit(
        self: &Arc<Self>,
        connection: ConnectionId,
        content: String,
        followed: Followed,
    ) -> Result<(), WireError> {
        let inner = self.lock();
        if !inner.is_attached(connection) {
            return Ok(());
        }
        if self.hub.class.is_paused() {
            let error = "your teacher has paused the class; your message was not sent";
            return Err(WireError::new(ErrorCode::Paused, error));
        }
        self.hub.rates.message(self.client_id.as_str())?;
        let followed_by = (followed == Followed::Yes).then_some(connection);
        let turn = self.accept(&inner, content, followed_by)?;
        drop(self.begin(inner, turn));
        Ok(())
    }

    /// Puts a message of the teacher's in for the student, as if they had said it; says whether there is anyone to see it.
    pub(super) fn assign(self: &Arc<Self>, content: &str, response: &str) -> Result<bool, WireError> {
        let inner = self.lock();
        let Some(attached) = &inner.attached else { return Ok(false) };
        let followed_by = (attached.follows == Followed::Yes).then(|| attached.outbox.id());
        let turn = self.accept(&inner, content.to_owned(), followed_by)?;
        attached.outbox.send(&ServerFrame::Started {
            message_id: turn.message_id.to_string(),
            content: content.to_owned(),
            response: response.to_owned(),
        });
        drop(self.begin(inner, turn));
        Ok(true)
    }

    /// Gives a message its place and keeps it.
    fn accept(&self, inner: &Inner, content: String, followed_by: Option<ConnectionId>) -> Result<Turn, WireError> {
        if inner.waiting.len() >= self.hub.limits.max_waiting {
            let error = self.hub.overloaded("your earlier messages are still being answered; wait for a reply");
            return Err(error);
        }
        let place = self.hub.take_turn()?;
        let accepted = self.hub.classroom.accept(self.client_id.as_str(), &content, transcript::now());
        let (key, message_id) = accepted.map_err(|error| internal(&error))?;
        self.hub.class.accepted(&self.client_id);
        tracing::trace!(client_id = %self.client_id, %message_id, content, "message");
        Ok(Turn { key, message_id, content, stop: Stop::default(), followed_by, _place: place })
    }

    /// Works on a message now, or behind the one that runs.
    fn begin<'s>(self: &'s Arc<Self>, mut inner: MutexGuard<'s, Inner>, turn: Turn) -> MutexGuard<'s, Inner> {
        if inner.running.is_none() {
            inner.running = Some(Running::new(&turn));
            self.hub.turns.spawn(Arc::clone(self).work(turn));
        } else {
            inner.waiting.push_back(turn);
            inner.tell_place(inner.waiting.len() - 1);
        }
        inner
    }

    /// Ends the running turn, if there is one.
    pub(super) fn stop(&self, connection: ConnectionId) {
        let inner = self.lock();
        if let Some(running) = inner.running.as_ref().filter(|_| inner.is_attached(connection)) {
            running.stop.stop();
        }
    }

    /// Sends what `connection` missed of the running turn and lets it follow the rest; or the finished reply.
    pub(super) fn resume(&self, connection: ConnectionId, after_seq: i64) -> Result<(), WireError> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let Some(attached) = inner.attached.as_mut().filter(|attached| attached.outbox.id() == connection) else {
            return Ok(());
        };
        // A turn that is just ending may have left its reply in the classroom already, and so with this connection.
        let missing = |running: &Running| attached.last_sent.is_none_or(|last| last < running.message_id);
        if let Some(running) = inner.running.as_mut().filter(|running| !running.discarded && missing(running)) {
            running.followed_by = Some(connection);
            running.frames_after(after_seq).for_each(|frame| attached.outbox.send(&frame));
            return Ok(());
        }
        let classroom = &self.hub.classroom;
        let stored = classroom.session(self.client_id.as_str()).map_err(|error| internal(&error))?;
        let last = stored.map_or(Ok(None), |session| classroom.last_replied(session.key));
        let last = last.map_err(|error| internal(&error))?;
        let nothing = || WireError::new(ErrorCode::NotFound, "there is nothing to resume; send a message");
        let message = last.ok_or_else(nothing)?;
        if attached.replayed.take() == Some(message.id) {
            return Ok(()); // It was sent right after the welcome of this connection.
        }
        let response = message.reply.as_ref().and_then(|reply| transcript::response(message.id, reply));
        let response = response.ok_or_else(nothing)?;
        attached.outbox.send_reply(message.id, &ServerFrame::Response(Box::new(response)));
        Ok(())
    }

    /// Sends earlier messages.
    pub(super) fn history(&self, outbox: &Outbox, before: Option<&str>, limit: usize) -> Result<(), WireError> {
        let classroom = &self.hub.classroom;
        let stored = classroom.session(self.client_id.as_str()).map_err(|error| internal(&error))?;
        let unknown = |before: &str| {
            let error = format!("no message {before:?} in this session; give a message_id out of its history");
            WireError::new(ErrorCode::NotFound, error)
        };
        let before_id = match (before, &stored) {
            (None, _) => None,
            (Some(before), None) => return Err(unknown(before)),
            (Some(before), Some(session)) => {
                let id = before.parse::<MessageId>().map_err(|()| unknown(before))?;
                let found = classroom.has_message(session.key, id).map_err(|error| internal(&error))?;
                Some(found.then_some(id).ok_or_else(|| unknown(before))?)
            }
        };
        let stored = stored.map_or(Ok(Vec::new()), |session| classroom.history(session.key, before_id, limit));
        let messages = transcript::last_messages(stored.map_err(|error| internal(&error))?, limit);
        outbox.send(&ServerFrame::History { messages });
        Ok(())
    }

    /// Forgets the conversation and welcomes the student anew.
    pub(super) fn reset(&self, connection: ConnectionId) -> Result<(), WireError> {
        let mut inner = self.lock();
        if !inner.is_attached(connection) {
            return Ok(());
        }
        self.hub.classroom.reset(self.client_id.as_str()).map_err(|error| internal(&error))?;
        self.hub.class.reset(&self.client_id);
        inner.waiting.clear();
        if let Some(running) = &mut inner.running {
            running.stop.stop();
            running.discarded = true;
        }
        if let Some(attached) = &inner.attached {
            attached.outbox.send(&self.welcome(None, Resumed::No));
        }
        Ok(())
    }

    /// Notes replies that the student's program has.
    pub(super) fn delivered(&self, replies: &[MessageId]) {
        for message_id in replies {
            if let Err(error) = self.hub.classroom.mark_delivered(self.client_id.as_str(), *message_id) {
                internal(&error);
            }
        }
    }

    /// Counts the deltas of the running turn from what the classroom knows.
    pub(super) fn count_from(&self, last_seq: u64) {
        if let Some(running) = &mut self.lock().running {
            running.last_seq = last_seq;
        }
    }

    /// The `seq` of the running turn's last delta.
    pub(super) fn last_seq(&self) -> u64 {
        self.lock().running.as_ref().map_or(0, |running| running.last_seq)
    }

    /// Notes an event of the running turn and passes it on to whoever follows it.
    pub(super) fn event(&self, event: TurnEvent) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let Some(running) = inner.running.as_mut().filter(|running| !running.discarded) else { return };
        if let TurnEvent::Status { state, queue_position } = &event {
            self.hub.class.doing(&self.client_id, Some((*state, *queue_position)));
        }
        let frame = running.note(event);
        if let Some(attached) = inner.attached.as_ref().filter(|one| running.followed_by == Some(one.outbox.id())) {
            attached.outbox.send(&frame);
        }
    }

    /// Sends what came of the running turn, nothing if the session was reset; then begins the next, if there is one.
    pub(super) fn finish(self: &Arc<Self>, turn: &Turn, outcome: Option<ServerFrame>) -> Option<Turn> {
        let mut inner = self.lock();
        let discarded = inner.running.take().is_none_or(|running| running.discarded);
        self.hub.class.doing(&self.client_id, None);
        if let (Some(attached), Some(frame), false) = (&mut inner.attached, &outcome, discarded) {
            match frame {
                ServerFrame::Response(_) => attached.send_reply(turn.message_id, frame),
                _ => attached.outbox.send(frame),
            }
        }
        if self.hub.draining.is_cancelled() {
            inner.waiting.clear();
        }
        if let Some(next) = inner.waiting.pop_front() {
            inner.running = Some(Running::new(&next));
            (0..inner.waiting.len()).for_each(|place| inner.tell_place(place));
            return Some(next);
        }
        if inner.attached.is_none() {
            inner.ended = true;
            drop(inner);
            self.hub.forget(self);
        }
        None
    }
}

/// Whether a message's connection wants its reply word by word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Followed {
    /// It opted in.
    Yes,
    /// It sees only the `response`.
    No,
}

impl Inner {
    fn is_attached(&self, connection: ConnectionId) -> bool {
        self.attached.as_ref().is_some_and(|attached| attached.outbox.id() == connection)
    }

    /// Tells the waiting message at `place` (from 0) how many are before it.
    fn tell_place(&self, place: usize) {
        let turn = &self.waiting[place];
        if let Some(attached) = self.attached.as_ref().filter(|one| turn.followed_by == Some(one.outbox.id())) {
            let message_id = turn.message_id.to_string();
            let queue_position = Some(place + 1);
            attached.outbox.send(&ServerFrame::Status { message_id, state: State::Queued, queue_position });
        }
    }
}

impl Attached {
    /// Sends a reply unless this connection got it already.
    fn send_reply(&mut self, message_id: MessageId, frame: &ServerFrame) {
        if self.last_sent.is_none_or(|last| last < message_id) {
            self.last_sent = Some(message_id);
            self.outbox.send_reply(message_id, frame);
        }
    }
}
