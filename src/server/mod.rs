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
//! * Who may use a route stands in one table (`access`); a route that is not in it is closed to everyone.
//! * A message that was accepted gets its reply also when the server was killed in the middle of it, at the next connect.
//! * Nothing that a client does can make another client wait: every queue is bounded, every write has a deadline.
//! * `/v1` gives the bare model to whoever asks; it is closed unless the operator opens it.
//! * What students write is logged at `trace` only.

mod access;
mod auth;
mod books;
mod class;
mod class_report;
mod cors;
mod descriptions;
mod echo;
mod error;
mod http;
mod hub;
mod intake;
mod jwt;
mod limits;
mod meters;
pub mod openai;
mod outbox;
mod pages;
mod printable;
pub mod protocol;
mod rates;
mod running;
mod secrets;
mod session;
mod session_class;
mod sessions;
mod students;
mod teach;
mod tls;
mod transcript;
mod turns;
mod uploads;
mod ws;

pub use access::{Access, ClassAccess};
pub use books::{BookEntry, Books, BooksError, Counts, PageEntry};
pub use cors::Cors;
#[doc(hidden)]
pub use echo::echo;
pub use error::ServerError;
pub use intake::{IngestProgress, IngestStage, Intake, IntakeError, Received};
pub use jwt::JwtKey;
pub use limits::{Limits, Rate};
pub use secrets::{MIN_PASSWORD_CHARS, hash_password, new_class_code, new_password};
pub use tls::Tls;

use crate::classroom::Store;
use crate::tutor::Teach;
use hyper_util::rt::TokioTimer;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
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
    /// Who is let in.
    pub access: Access,
    /// The certificate, if it is to be reached over TLS.
    pub tls: Option<Tls>,
    /// The language model's handle, for what it has computed so far.
    pub engine: Option<crate::engine::Engine>,
    /// The models for `/v1`; without them it is closed.
    pub openai: Option<openai::OpenAi>,
    /// Who reads new books; without one the books cannot be changed here.
    pub intake: Option<Arc<dyn Intake>>,
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
    let Parts { teacher, classroom, library, info, limits, cors, access, tls, engine, openai, intake } = parts;
    let hub = tokio::task::spawn_blocking(move || hub::Hub::new(teacher, classroom, limits)).await;
    let hub = hub.map_err(|panicked| ServerError::Listener(std::io::Error::other(panicked)))??;
    let uploads = uploads::router(intake.clone(), &cors, &hub, shutdown.clone());
    let (hub_too, intake_too, started) = (Arc::clone(&hub), intake.clone(), Instant::now());
    let app = http::App { hub: hub_too, books: library, info, cors, access, engine, intake: intake_too, started };
    let router = http::router(app, openai, uploads);
    let handle = axum_server::Handle::new();
    tracing::info!(%address, tls = tls.is_some(), "serving");
    let mut serving = tokio::spawn(listen(listener, tls, router, handle.clone(), hub.limits.head_timeout));
    tokio::select! {
        ended = &mut serving => return listener_ended(ended),
        () = shutdown.cancelled() => {}
    }
    tracing::info!(running = hub.num_running(), active = hub.num_connections(), "shutting down");
    handle.graceful_shutdown(None);
    if let Some(intake) = &intake {
        intake.stop();
    }
    hub.shut_down().await;
    // A download may still be on its way.
    match tokio::time::timeout(hub.limits.close_timeout, &mut serving).await {
        Ok(ended) => listener_ended(ended)?,
        Err(_) => handle.shutdown(),
    }
    tracing::info!("ended");
    Ok(())
}

/// Answers on `listener` until `handle` says otherwise.
async fn listen(
    listener: tokio::net::TcpListener,
    tls: Option<Tls>,
    router: axum::Router,
    handle: axum_server::Handle<SocketAddr>,
    head_timeout: Duration,
) -> std::io::Result<()> {
    // Without it a delta of a few bytes may wait for the acknowledgement of the one before.
    let acceptor = axum_server::accept::NoDelayAcceptor::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::Server::from_listener(listener).acceptor(acceptor).handle(handle);
    // Whoever sends the head of a request a letter at a time keeps a socket for so long, and no longer.
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(head_timeout);
    match tls {
        None => server.serve(service).await,
        Some(tls) => server.map(|acceptor| tls.acceptor(acceptor, head_timeout)).serve(service).await,
    }
}

fn listener_ended(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<(), ServerError> {
    let ended = ended.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked)));
    ended.map_err(ServerError::Listener)
}
