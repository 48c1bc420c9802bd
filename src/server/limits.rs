//! What one server gives to one client and to all.

use std::time::Duration;

/// A token bucket: how many a minute in the long run, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In the long run.
    pub per_minute: u32,
    /// At once.
    pub burst: u32,
}

/// Times and sizes; [`Limits::default`] is right for a classroom, tests shorten the times.
#[derive(Debug, Clone)]
pub struct Limits {
    /// WebSocket connections at once; one more gets HTTP 503.
    pub max_connections: usize,
    /// Messages of one session that wait behind its running turn; one more gets `overloaded`.
    pub max_waiting: usize,
    /// Turns at once; the others wait in line, first come first served.
    pub max_running_turns: usize,
    /// Turns running or in line, over all sessions; one more gets `overloaded`.
    pub max_turns: usize,
    /// Bytes that wait to be sent to one client; a client that lets more pile up is dropped.
    pub max_outgoing_bytes: usize,
    /// How long one frame may take to be written to a client that reads slowly; then it is dropped.
    pub write_timeout: Duration,
    /// Between two WebSocket pings.
    pub ping_every: Duration,
    /// A client that sends nothing, not even pongs, for this long is dropped.
    pub silent_after: Duration,
    /// How long the turns of a client that vanished go on for its return.
    pub keep_turn: Duration,
    /// How long running turns may go on when the server is told to end.
    pub shutdown_deadline: Duration,
    /// How long a peer may take to answer a close frame.
    pub close_timeout: Duration,
    /// Requests of one address, WebSockets being opened included.
    pub requests: Rate,
    /// Tries of one address, and for one name, to join or to sign in.
    pub tries: Rate,
    /// Messages of one student.
    pub messages: Rate,
    /// Frames of one connection, of any kind.
    pub frames: Rate,
    /// WebSocket connections of one address.
    pub max_connections_per_address: usize,
    /// Whether this machine's own programs are free of the limits by address.
    pub loopback_is_free: bool,
    /// How long a client may take to send the head of a request.
    pub head_timeout: Duration,
    /// What a client is told to wait after `overloaded` or HTTP 503.
    pub retry_after: Duration,
    /// Size of an uploaded book.
    pub max_upload_bytes: u64,
    /// How long nothing of an upload may arrive before it is given up.
    pub upload_silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 2048,
            max_waiting: 4,
            max_running_turns: 64,
            max_turns: 512,
            max_outgoing_bytes: 4 << 20,
            write_timeout: Duration::from_secs(10),
            ping_every: Duration::from_secs(20),
            silent_after: Duration::from_secs(60),
            keep_turn: Duration::from_secs(30),
            shutdown_deadline: Duration::from_secs(10),
            close_timeout: Duration::from_secs(3),
            requests: Rate { per_minute: 3000, burst: 600 },
            tries: Rate { per_minute: 12, burst: 12 },
            messages: Rate { per_minute: 60, burst: 30 },
            frames: Rate { per_minute: 1200, burst: 300 },
            max_connections_per_address: 64,
            loopback_is_free: true,
            head_timeout: Duration::from_secs(15),
            retry_after: Duration::from_secs(5),
            max_upload_bytes: 200 << 20,
            upload_silence: Duration::from_secs(30),
        }
    }
}
