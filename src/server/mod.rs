//! The server: WebSocket and HTTP, the wire types, the embedded pages. Knows no prompts and no tensors.
//!
//! ```text
//! socket ─ ws ─> protocol ─> session ─> turns ─> tutor
//!                               │          └───> classroom, then
//! socket <─ ws <─ outbox <──────┘<─ events and the reply
//! ```
//!
//! # Invariants
//! * A session outlives its connections; a connection outlives no session. Whoever vanishes frees its place at once and
//!   its turn after [`Limits::keep_turn`].
//! * A reply is in the classroom before it is on the wire. A reply whose receipt never came (the pong to a ping that
//!   follows it) is sent again at the next connect.
//! * Nothing that a client does can make another client wait: every queue is bounded, every write has a deadline.
//! * `/v1` gives the bare model to whoever asks; it is closed unless the operator opens it.
//! * What students write is logged at `trace` only.

mod books;
mod cors;
mod echo;
mod error;
mod http;
mod hub;
mod limits;
pub mod openai;
mod outbox;
mod pages;
pub mod protocol;
mod session;
mod sessions;
mod transcript;
mod turns;
mod ws;

#[cfg(test)]
mod descriptions;

pub use books::{BookEntry, Books, BooksError, Counts, PageEntry};
pub use cors::Cors;
#[doc(hidden)]
pub use echo::echo;
pub use error::ServerError;
pub use limits::Limits;

use crate::classroom::Store;
use crate::tutor::Teach;
use axum::serve::ListenerExt as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// What the server tells of itself.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// The program's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The language model that words the replies.
    pub model: String,
    /// The model that searches the books.
    pub embed_model: String,
}

/// All that a server is made of.
pub struct Parts {
    /// Who answers.
    pub teacher: Arc<dyn Teach>,
    /// Where conversations are kept.
    pub classroom: Store,
    /// The books.
    pub library: Arc<dyn Books>,
    /// What to tell of itself.
    pub info: ServerInfo,
    /// What it gives to whom.
    pub limits: Limits,
    /// Which pages may talk to it.
    pub cors: Cors,
    /// The models for `/v1`; without them it is closed.
    pub openai: Option<openai::OpenAi>,
}

/// Serves until `shutdown`; then takes nothing new, lets running turns finish until
/// [`Limits::shutdown_deadline`], closes every socket and returns.
///
/// A turn that does not obey its [`Cancel`](crate::tutor::Cancel) is left behind on its thread: a caller that must end
/// should drop its runtime with `shutdown_timeout`.
///
/// # Errors
/// The listening socket is broken.
pub async fn run(
    listener: tokio::net::TcpListener,
    parts: Parts,
    shutdown: CancellationToken,
) -> Result<(), ServerError> {
    let address = listener.local_addr().map_err(ServerError::Listener)?;
    let Parts { teacher, classroom, library, info, limits, cors, openai } = parts;
    let hub = hub::Hub::new(teacher, classroom, limits);
    let app = http::App { hub: Arc::clone(&hub), books: library, info, cors, started: Instant::now() };
    let service = http::router(app, openai).into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|stream| {
        // Without it a delta of a few bytes may wait for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    tracing::info!(%address, "serving");
    let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let mut serving = tokio::spawn(async move { serving.await });
    tokio::select! {
        ended = &mut serving => return listener_ended(ended),
        () = shutdown.cancelled() => {}
    }
    tracing::info!(running = hub.num_running(), active = hub.num_connections(), "shutting down");
    hub.shut_down().await;
    // A download may still be on its way.
    match tokio::time::timeout(hub.limits.close_timeout, &mut serving).await {
        Ok(ended) => listener_ended(ended)?,
        Err(_) => serving.abort(),
    }
    tracing::info!("ended");
    Ok(())
}

fn listener_ended(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<(), ServerError> {
    let ended = ended.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked)));
    ended.map_err(ServerError::Listener)
}
