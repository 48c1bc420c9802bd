//! What all connections share: the sessions that are alive, the places for connections and turns, and the end.

use super::Limits;
use super::class::Class;
use super::meters::Meters;
use super::outbox::{ConnectionId, Outbox};
use super::protocol::{ErrorCode, WireError};
use super::rates::Rates;
use super::session::{Followed, LiveSession};
use crate::classroom::{ClassroomError, Store};
use crate::tutor::Teach;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long turns may take to obey when the deadline of a shutdown has passed.
const OBEY: std::time::Duration = std::time::Duration::from_secs(2);

/// Passwords hashed at once.
const MAX_HASHING: usize = 2;

/// A student's program: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ClientId(String);

impl ClientId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClientId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err("client_id must be 1 to 64 of A-Z a-z 0-9 . _ -".to_owned())
    }
}

/// A turn's place among all turns; freed when dropped.
#[derive(Debug)]
pub(super) struct TurnPlace(Arc<AtomicUsize>);

impl TurnPlace {
    fn take(count: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        let taken = Self(Arc::clone(count));
        let before = count.fetch_add(1, Ordering::AcqRel);
        (before < max).then_some(taken)
    }
}

impl Drop for TurnPlace {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A connection's place among all, and among those of its address; freed when dropped.
#[derive(Debug)]
pub(super) struct ConnectionPlace {
    _place: OwnedSemaphorePermit,
    peer: IpAddr,
    addresses: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = addresses.get_mut(&self.peer) {
            *taken -= 1;
            if *taken == 0 {
                addresses.remove(&self.peer);
            }
        }
    }
}

/// See the module.
pub(super) struct Hub {
    pub(super) teacher: Arc<dyn Teach>,
    pub(super) classroom: Store,
    pub(super) limits: Limits,
    /// The server was told to end: nothing new begins.
    pub(super) draining: CancellationToken,
    /// All turns have ended: every socket is to be closed.
    pub(super) closing: CancellationToken,
    /// Every turn that runs.
    pub(super) turns: TaskTracker,
    /// Every connection, and the timers of those that vanished.
    pub(super) connections: TaskTracker,
    /// A permit for each turn that runs; the others stand in line for one.
    pub(super) running: Semaphore,
    /// The class as the teacher sees it.
    pub(super) class: Class,
    pub(super) rates: Rates,
    pub(super) meters: Meters,
    /// Passwords are hashed a few at a time: each takes much memory.
    pub(super) hashing: Semaphore,
    addresses: Arc<Mutex<HashMap<IpAddr, usize>>>,
    sessions: Mutex<HashMap<ClientId, Arc<LiveSession>>>,
    places: Arc<Semaphore>,
    num_turns: Arc<AtomicUsize>,
    last_connection: AtomicU64,
}

impl Hub {
    pub(super) fn new(teacher: Arc<dyn Teach>, classroom: Store, limits: Limits) -> Result<Arc<Self>, ClassroomError> {
        Ok(Arc::new(Self {
            teacher,
            class: Class::load(&classroom)?,
            rates: Rates::new(&limits),
            meters: Meters::new(),
            hashing: Semaphore::new(MAX_HASHING),
            addresses: Arc::default(),
            classroom,
            draining: CancellationToken::new(),
            closing: CancellationToken::new(),
            turns: TaskTracker::new(),
            connections: TaskTracker::new(),
            running: Semaphore::new(limits.max_running_turns),
            sessions: Mutex::default(),
            places: Arc::new(Semaphore::new(limits.max_connections)),
            num_turns: Arc::default(),
            last_connection: AtomicU64::new(0),
            limits,
        }))
    }

    /// A connection's place; nothing if all are taken, or all of its address.
    pub(super) fn take_place(&self, peer: IpAddr) -> Option<ConnectionPlace> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let peer = peer.to_canonical();
        let is_free = self.limits.loopback_is_free && peer.is_loopback();
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = addresses.entry(peer).or_default();
        if *taken >= self.limits.max_connections_per_address && !is_free {
            return None;
        }
        *taken += 1;
        Some(ConnectionPlace { _place: place, peer, addresses: Arc::clone(&self.addresses) })
    }

    /// How many connections there are.
    pub(super) fn num_connections(&self) -> usize {
        self.limits.max_connections - self.places.available_permits()
    }

    /// How many turns run.
    pub(super) fn num_running(&self) -> usize {
        self.limits.max_running_turns - self.running.available_permits()
    }

    /// How many turns run or wait.
    pub(super) fn num_turns(&self) -> usize {
        self.num_turns.load(Ordering::Acquire)
    }

    /// A turn's place among all turns.
    pub(super) fn take_turn(&self) -> Result<TurnPlace, WireError> {
        if self.draining.is_cancelled() {
            return Err(self.overloaded("the server is going away; connect again in a moment"));
        }
        TurnPlace::take(&self.num_turns, self.limits.max_turns)
            .ok_or_else(|| self.overloaded("too many students are waiting; try again in a moment"))
    }

    /// An error that says when to try again.
    pub(super) fn overloaded(&self, error: &str) -> WireError {
        let wait = u64::try_from(self.limits.retry_after.as_millis()).unwrap_or(u64::MAX);
        WireError { retry_after_ms: Some(wait), ..WireError::new(ErrorCode::Overloaded, error) }
    }

    /// A name for a new connection.
    pub(super) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.last_connection.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<ClientId, Arc<LiveSession>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects `outbox` to the session of `client_id`: the welcome and the missed replies are in it when this returns.
    /// Blocks: call it off the runtime's worker threads.
    pub(super) fn attach(
        self: &Arc<Self>,
        client_id: &ClientId,
        outbox: &Outbox,
        follows: Followed,
    ) -> Result<(Arc<LiveSession>, Resumed), ClassroomError> {
        loop {
            let fresh = || Arc::new(LiveSession::new(client_id.clone(), Arc::clone(self)));
            let session = Arc::clone(self.sessions().entry(client_id.clone()).or_insert_with(fresh));
            match session.attach(outbox, follows) {
                Ok(Some(resumed)) => return Ok((session, resumed)),
                // It ended between the two locks: take a fresh one.
                Ok(None) => self.forget(&session),
                Err(error) => {
                    session.detach(outbox.id());
                    return Err(error);
                }
            }
        }
    }

    /// Everyone who is here, or being answered.
    pub(super) fn live_sessions(&self) -> Vec<Arc<LiveSession>> {
        self.sessions().values().cloned().collect()
    }

    /// The session of a student who is here, or being answered.
    pub(super) fn live_session(&self, client_id: &str) -> Option<Arc<LiveSession>> {
        self.sessions().get(&client_id.parse::<ClientId>().ok()?).cloned()
    }

    /// Lets go of a session that has neither connection nor turn.
    pub(super) fn forget(&self, session: &Arc<LiveSession>) {
        let mut sessions = self.sessions();
        if sessions.get(session.client_id()).is_some_and(|found| Arc::ptr_eq(found, session)) {
            sessions.remove(session.client_id());
        }
    }

    /// Ends everything in order: no new turn, the running ones until the deadline, then every socket.
    pub(super) async fn shut_down(&self) {
        self.draining.cancel();
        self.turns.close();
        if tokio::time::timeout(self.limits.shutdown_deadline, self.turns.wait()).await.is_err() {
            let sessions = self.live_sessions();
            tracing::warn!(running = self.num_running(), "the deadline has passed: stopping the running turns");
            sessions.iter().for_each(|session| session.give_up());
            if tokio::time::timeout(OBEY, self.turns.wait()).await.is_err() {
                tracing::warn!(running = self.num_running(), "turns that did not stop are left behind");
            }
        }
        self.closing.cancel();
        self.connections.close();
        let closed = tokio::time::timeout(self.limits.close_timeout * 2, self.connections.wait()).await;
        if closed.is_err() {
            tracing::warn!(active = self.num_connections(), "sockets that did not close are left behind");
        }
    }
}

/// Whether a connection came back to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resumed {
    /// It did.
    Yes,
    /// The conversation begins.
    No,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn a_client_id_is_of_the_allowed_letters() {
        let longest = "x".repeat(64);
        for good in ["a", "s-0123456789ab", "A.b_c-9", "..", &longest] {
            assert!(good.parse::<ClientId>().is_ok(), "{good}");
        }
        let longer = "x".repeat(65);
        for bad in ["", " ", "a b", "a/b", "é", "a\n", "a%20", "<b>", &longer] {
            assert!(bad.parse::<ClientId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn places_for_turns_are_given_back() {
        let count = Arc::default();
        let first = TurnPlace::take(&count, 2);
        let second = TurnPlace::take(&count, 2);
        assert!(first.is_some() && second.is_some());
        assert!(TurnPlace::take(&count, 2).is_none());
        drop(first);
        assert!(TurnPlace::take(&count, 2).is_some());
        drop(second);
        assert_eq!(count.load(Ordering::Acquire), 0);
    }
}
