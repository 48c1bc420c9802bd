//! What is known of a session's running turn, for whoever joins in the middle.

use super::outbox::ConnectionId;
use super::protocol::ServerFrame;
use super::session::{Stop, Turn};
use crate::classroom::MessageId;
use crate::passage::Citation;
use crate::tutor::{State, TurnEvent};

/// What is known of the running turn, for whoever joins in the middle.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) message_id: MessageId,
    pub(super) stop: Stop,
    pub(super) followed_by: Option<ConnectionId>,
    /// The session was reset: nobody wants it any more.
    pub(super) discarded: bool,
    pub(super) status: Option<(State, Option<usize>)>,
    pub(super) citations: Option<Vec<Citation>>,
    /// With the `seq` of each, ascending by one.
    pub(super) deltas: Vec<(u64, String)>,
    pub(super) last_seq: u64,
}

impl Running {
    pub(super) fn new(turn: &Turn) -> Self {
        Self {
            message_id: turn.message_id,
            stop: turn.stop.clone(),
            followed_by: turn.followed_by,
            discarded: false,
            status: None,
            citations: None,
            deltas: Vec::new(),
            last_seq: 0,
        }
    }

    /// Keeps an event; its frame.
    pub(super) fn note(&mut self, event: TurnEvent) -> ServerFrame {
        let message_id = self.message_id.to_string();
        match event {
            TurnEvent::Status { state, queue_position } => {
                self.status = Some((state, queue_position));
                ServerFrame::Status { message_id, state, queue_position }
            }
            TurnEvent::Citations(citations) => {
                self.citations = Some(citations.clone());
                ServerFrame::Citations { message_id, citations }
            }
            TurnEvent::Delta(delta) => {
                self.last_seq += 1;
                self.deltas.push((self.last_seq, delta.clone()));
                ServerFrame::Delta { message_id, seq: self.last_seq, delta }
            }
        }
    }

    /// The frames of one who saw deltas up to `after_seq`. A number that was never reached is from elsewhere: all.
    pub(super) fn frames_after(&self, after_seq: i64) -> impl Iterator<Item = ServerFrame> {
        let message_id = || self.message_id.to_string();
        let after = u64::try_from(after_seq).ok().filter(|after| *after <= self.last_seq).unwrap_or(0);
        let status = self.status.map(|(state, queue_position)| ServerFrame::Status {
            message_id: message_id(),
            state,
            queue_position,
        });
        let citations = self.citations.clone();
        let citations = citations.map(|citations| ServerFrame::Citations { message_id: message_id(), citations });
        let missed = self.deltas.iter().filter(move |(seq, _)| *seq > after);
        let deltas = missed.map(move |(seq, delta)| ServerFrame::Delta {
            message_id: message_id(),
            seq: *seq,
            delta: delta.clone(),
        });
        status.into_iter().chain(citations).chain(deltas)
    }
}
