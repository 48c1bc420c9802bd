//! What waits to be sent on one connection, and what its client is known to have.
//!
//! A session writes into the outbox without ever waiting; the connection's task empties it. A client that reads too
//! slowly lets it overflow, which ends that connection and nothing else.

use super::protocol::{self, Close, ServerFrame};
use crate::classroom::MessageId;
use axum::extract::ws::Utf8Bytes;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What one waiting frame costs besides its text.
const FRAME_OVERHEAD_BYTES: usize = 64;

/// Names a connection within one life of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConnectionId(pub(super) u64);

/// One thing to send.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A text frame.
    Frame {
        /// Its JSON.
        text: Utf8Bytes,
        /// The message it replies to, if it is a `response`: the client is asked for a receipt.
        receipt: Option<MessageId>,
    },
    /// The last thing: the close frame.
    Close(Close),
}

/// The sending end of one connection. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Outbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: ConnectionId,
    queue: mpsc::UnboundedSender<Outgoing>,
    waiting_bytes: AtomicUsize,
    max_bytes: usize,
    overflowed: CancellationToken,
    /// Replies that were written and not yet confirmed, oldest first.
    unconfirmed: Mutex<Vec<MessageId>>,
}

impl Outbox {
    /// An outbox and what its connection empties it by.
    pub(super) fn new(id: ConnectionId, max_bytes: usize) -> (Self, mpsc::UnboundedReceiver<Outgoing>) {
        let (queue, waiting) = mpsc::unbounded_channel();
        let inner = Inner {
            id,
            queue,
            waiting_bytes: AtomicUsize::new(0),
            max_bytes,
            overflowed: CancellationToken::new(),
            unconfirmed: Mutex::default(),
        };
        (Self(Arc::new(inner)), waiting)
    }

    pub(super) fn id(&self) -> ConnectionId {
        self.0.id
    }

    /// Cancelled when the client read too slowly.
    pub(super) fn overflowed(&self) -> &CancellationToken {
        &self.0.overflowed
    }

    /// Adds a frame.
    pub(super) fn send(&self, frame: &ServerFrame) {
        self.push(frame, None);
    }

    /// Adds the `response` to `message_id`.
    pub(super) fn send_reply(&self, message_id: MessageId, frame: &ServerFrame) {
        self.push(frame, Some(message_id));
    }

    fn push(&self, frame: &ServerFrame, receipt: Option<MessageId>) {
        self.push_text(protocol::write(frame), receipt);
    }

    /// Adds a frame that is written already.
    pub(super) fn push_text(&self, text: String, receipt: Option<MessageId>) {
        let cost = text.len() + FRAME_OVERHEAD_BYTES;
        let before = self.0.waiting_bytes.fetch_add(cost, Ordering::Relaxed);
        if before > 0 && before + cost > self.0.max_bytes {
            self.0.overflowed.cancel();
            return;
        }
        // Fails only when the connection has ended, and then nobody waits for the frame.
        let _ended = self.0.queue.send(Outgoing::Frame { text: text.into(), receipt });
    }

    /// Closes the connection after what waits.
    pub(super) fn close(&self, close: Close) {
        let _ended = self.0.queue.send(Outgoing::Close(close));
    }

    /// Notes that a frame left the outbox.
    pub(super) fn sent(&self, text: &str) {
        self.0.waiting_bytes.fetch_sub(text.len() + FRAME_OVERHEAD_BYTES, Ordering::Relaxed);
    }

    /// Notes that the reply to `message_id` was written.
    pub(super) fn written(&self, message_id: MessageId) {
        self.unconfirmed().push(message_id);
    }

    /// The written replies up to `last` that were not confirmed before; all of them if nothing is given.
    pub(super) fn confirm(&self, last: Option<MessageId>) -> Vec<MessageId> {
        let mut unconfirmed = self.unconfirmed();
        let count = last.map_or(unconfirmed.len(), |last| unconfirmed.partition_point(|one| *one <= last));
        unconfirmed.drain(..count).collect()
    }

    fn unconfirmed(&self) -> MutexGuard<'_, Vec<MessageId>> {
        self.0.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    fn delta(length: usize) -> ServerFrame {
        ServerFrame::Delta { message_id: "m1".into(), seq: 1, delta: "x".repeat(length) }
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_overflows_it() {
        let (outbox, mut waiting) = Outbox::new(ConnectionId(1), 1000);
        outbox.send(&delta(5000));
        assert!(!outbox.overflowed().is_cancelled(), "one frame always fits");
        let Some(Outgoing::Frame { text, .. }) = waiting.recv().await else { panic!("a frame") };
        outbox.sent(&text);
        outbox.send(&delta(300));
        assert!(!outbox.overflowed().is_cancelled());
        outbox.send(&delta(700));
        assert!(outbox.overflowed().is_cancelled());
    }

    #[test]
    fn a_receipt_confirms_what_was_written_before_it_once() {
        let id = |number: u32| format!("m{number}").parse::<MessageId>().unwrap();
        let (outbox, _waiting) = Outbox::new(ConnectionId(1), 1000);
        for number in [1, 2, 5] {
            outbox.written(id(number));
        }
        assert_eq!(outbox.confirm(Some(id(3))), [id(1), id(2)]);
        assert_eq!(outbox.confirm(Some(id(3))), []);
        assert_eq!(outbox.confirm(None), [id(5)]);
    }
}
