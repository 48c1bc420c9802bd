//! One WebSocket from upgrade to close: reads frames, hands them to the session, writes what the session sends.
//!
//! Reading never waits for a turn, and writing never waits for reading: a student can stop what is being written, pongs
//! arrive, and a client that reads slowly holds up nobody but itself.

use super::access::Caller;
use super::error::ApiError;
use super::http::App;
use super::hub::{ClientId, ConnectionPlace, Hub, Resumed};
use super::limits::Limits;
use super::outbox::{Outbox, Outgoing};
use super::protocol::{self, ClientFrame, Close, ErrorCode, ServerFrame, WireError};
use super::rates::FrameRate;
use super::session::{Followed, LiveSession};
use crate::classroom::{ClassroomError, MessageId, Role};
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};
use tungstenite::error::{CapacityError, Error as SocketError};

/// A frame up to this size is read so that its sender can be told that it is too big; after a larger one the socket is
/// only held open long enough for the sender to see the close frame.
const READABLE_BYTES: usize = 1 << 20;

/// How long a socket is held open that can no longer be read.
const LINGER: Duration = Duration::from_millis(500);

/// Small, because a class of idle connections pays for it; a larger frame grows it.
const READ_BUFFER_BYTES: usize = 4096;

/// A connection that was let in.
struct Connection {
    client_id: ClientId,
    peer: SocketAddr,
    /// Whether it opted in to word by word for all its messages.
    follows: Followed,
    /// Whether it is a student's, and not the teacher's own.
    is_pupil: bool,
    /// Its place among the connections.
    _place: ConnectionPlace,
}

/// `GET /ws/{client_id}`
pub(super) async fn upgrade(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match let_in(&app, peer, path, query.as_deref(), &headers, upgrade) {
        Ok((upgrade, mut connection)) => {
            connection.is_pupil = caller.person().is_none_or(|person| person.role == Role::Student);
            let hub = Arc::clone(&app.hub);
            sized(upgrade, READABLE_BYTES, hub.limits.max_outgoing_bytes).on_upgrade(move |socket| {
                let task = serve(Arc::clone(&hub), connection, socket);
                hub.connections.track_future(task)
            })
        }
        Err(error) => {
            let active = app.hub.num_connections();
            tracing::info!(%peer, active, reason = error.message(), "connection refused");
            error.into_response()
        }
    }
}

/// Gives a socket its sizes: every WebSocket of this server goes through here.
pub(super) fn sized(
    upgrade: WebSocketUpgrade,
    max_readable_bytes: usize,
    max_outgoing_bytes: usize,
) -> WebSocketUpgrade {
    upgrade
        .max_message_size(max_readable_bytes)
        .max_frame_size(max_readable_bytes)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * max_outgoing_bytes)
}

/// Checks everything that can be refused before the upgrade.
fn let_in(
    app: &App,
    peer: SocketAddr,
    path: Result<Path<String>, PathRejection>,
    query: Option<&str>,
    headers: &HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<(WebSocketUpgrade, Connection), ApiError> {
    let Path(client_id) = path.map_err(|error| ApiError::bad_request(error.body_text()))?;
    let client_id = client_id.parse().map_err(ApiError::bad_request)?;
    if !app.cors.allows(headers) {
        let origin = headers.get(header::ORIGIN);
        let message = format!("pages of the origin {origin:?} may not connect; the server's operator can allow it");
        return Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", message));
    }
    let upgrade = upgrade.map_err(|error| {
        ApiError::new(error.status(), "bad_request", format!("this address is for WebSockets: {}", error.body_text()))
    })?;
    let retry_after = app.hub.limits.retry_after;
    if app.hub.draining.is_cancelled() {
        return Err(ApiError::overloaded("the server is going away", retry_after));
    }
    let place = app.hub.take_place(peer.ip());
    let place =
        place.ok_or_else(|| ApiError::overloaded("all places are taken; try again in a moment", retry_after))?;
    let follows = query.unwrap_or_default().split('&').any(|pair| matches!(pair, "stream=1" | "stream=true"));
    let follows = if follows { Followed::Yes } else { Followed::No };
    Ok((upgrade, Connection { client_id, peer, follows, is_pupil: true, _place: place }))
}

/// Why a connection got no session.
#[derive(Debug, thiserror::Error)]
enum BlockedError {
    #[error(transparent)]
    Classroom(#[from] ClassroomError),
    #[error("the tutor broke down")]
    Panic(#[from] tokio::task::JoinError),
}

/// Runs a blocking call of the session's; a panic in it has been reported by the panic hook.
async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Result<T, tokio::task::JoinError> {
    tokio::task::spawn_blocking(call).await
}

fn report(connection: &Connection, error: &(dyn std::error::Error + 'static)) {
    let Connection { client_id, peer, .. } = connection;
    tracing::error!(%client_id, %peer, error, "connection refused: no session for it");
}

/// One connection, from its welcome to its end.
async fn serve(hub: Arc<Hub>, connection: Connection, socket: WebSocket) {
    let (outbox, waiting) = Outbox::new(hub.next_connection(), hub.limits.max_outgoing_bytes);
    let Connection { client_id, peer, .. } = &connection;
    let attached = blocking({
        let (hub, client_id, outbox) = (Arc::clone(&hub), client_id.clone(), outbox.clone());
        let (follows, is_pupil) = (connection.follows, connection.is_pupil);
        move || {
            if is_pupil {
                hub.class.came(&client_id);
            }
            hub.attach(&client_id, &outbox, follows)
        }
    })
    .await;
    let active = hub.num_connections();
    let attached = attached.map_err(BlockedError::from).and_then(|attached| Ok(attached?));
    let (session, resumed) = match attached {
        Ok(attached) => attached,
        Err(error) => {
            report(&connection, &error);
            let error = WireError::new(ErrorCode::Internal, "your conversation could not be opened; try again later");
            outbox.send(&ServerFrame::Error(error));
            outbox.close(Close::GoingAway);
            let (sink, _stream) = socket.split();
            write_frames(sink, waiting, &outbox, &hub.limits).await;
            return;
        }
    };
    let resumed = resumed == Resumed::Yes;
    tracing::info!(%client_id, %peer, active, resumed, "connection opened");
    let (sink, stream) = socket.split();
    let rate = FrameRate::new(&hub.limits);
    let reader = Reader { hub: &hub, session: &session, outbox: &outbox, follows: connection.follows, rate };
    let reason = converse(&reader, sink, stream, waiting).await;
    // A task of its own: the conversation must be let go of even if this one is dropped.
    let (ended, id) = (Arc::clone(&session), outbox.id());
    if blocking(move || ended.detach(id)).await.is_err() {
        tracing::error!(%client_id, "the session could not be let go of");
    }
    let active = hub.num_connections().saturating_sub(1);
    tracing::info!(%client_id, %peer, active, reason, "connection closed");
}

/// Reads and writes until either ends; why it did.
async fn converse(
    reader: &Reader<'_>,
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    waiting: mpsc::UnboundedReceiver<Outgoing>,
) -> &'static str {
    let (hub, outbox) = (reader.hub, reader.outbox);
    let close_timeout = hub.limits.close_timeout;
    let mut reading = std::pin::pin!(reader.read_frames(stream));
    let mut writing = std::pin::pin!(write_frames(sink, waiting, outbox, &hub.limits));
    let mut closing = std::pin::pin!(hub.closing.cancelled());
    let mut told_to_close = false;
    loop {
        tokio::select! {
            end = &mut reading => match end {
                ReadEnd::Gone(reason) => return reason,
                ReadEnd::Unreadable(close) => {
                    outbox.close(close);
                    if tokio::time::timeout(close_timeout, &mut writing).await.is_ok() {
                        tokio::time::sleep(LINGER.min(close_timeout)).await;
                    }
                    return close.reason();
                }
            },
            end = &mut writing => {
                if let WriteEnd::Closed(close) = end {
                    // The peer answers the close frame; whatever else it sends meanwhile is read and dropped.
                    let _silent = tokio::time::timeout(close_timeout, &mut reading).await;
                    return close.reason();
                }
                // The peer may have closed at the same moment: then the reader knows more.
                return match tokio::time::timeout(close_timeout, &mut reading).await {
                    Ok(ReadEnd::Gone(reason)) => reason,
                    _ => "could not be written to",
                };
            }
            () = outbox.overflowed().cancelled() => return "reads too slowly",
            () = &mut closing, if !told_to_close => {
                told_to_close = true;
                outbox.close(Close::GoingAway);
            }
        }
    }
}

/// Why reading ended.
enum ReadEnd {
    /// Nobody is there any more.
    Gone(&'static str),
    /// What comes makes no sense: close.
    Unreadable(Close),
}

/// Why writing ended.
pub(super) enum WriteEnd {
    /// The close frame was written.
    Closed(Close),
    /// The peer takes nothing.
    Failed,
}

/// Reads one connection's frames.
struct Reader<'a> {
    hub: &'a Arc<Hub>,
    session: &'a Arc<LiveSession>,
    outbox: &'a Outbox,
    follows: Followed,
    rate: FrameRate,
}

impl Reader<'_> {
    async fn read_frames(&self, mut stream: SplitStream<WebSocket>) -> ReadEnd {
        let mut end = "vanished";
        let mut refused = false;
        loop {
            let message = match tokio::time::timeout(self.hub.limits.silent_after, stream.next()).await {
                Err(_) => return ReadEnd::Gone("silent"),
                Ok(None) => return ReadEnd::Gone(end),
                Ok(Some(Err(error))) => match unreadable(error) {
                    Some(close) => return ReadEnd::Unreadable(close),
                    None => return ReadEnd::Gone(end),
                },
                Ok(Some(Ok(message))) => message,
            };
            match message {
                _ if refused => {}
                Message::Text(text) if text.len() > protocol::MAX_FRAME_BYTES => {
                    refused = true;
                    self.outbox.close(Close::TooBig);
                }
                Message::Binary(bytes) if bytes.len() > protocol::MAX_FRAME_BYTES => {
                    refused = true;
                    self.outbox.close(Close::TooBig);
                }
                Message::Text(_) | Message::Binary(_) if !self.may_send() => {}
                Message::Text(text) => self.on_text(&text).await,
                Message::Binary(_) => {
                    let error = "binary frames are not understood; send JSON in text frames";
                    self.outbox.send(&ServerFrame::Error(WireError::new(ErrorCode::BadType, error)));
                }
                Message::Pong(payload) => {
                    let receipt = std::str::from_utf8(&payload).ok().and_then(|text| text.parse().ok());
                    if let Some(message_id) = receipt {
                        self.confirm(Some(message_id)).await;
                    }
                }
                Message::Ping(_) => {}
                // A client that says goodbye has read what was written before.
                Message::Close(_) => {
                    end = "closed by the client";
                    self.confirm(None).await;
                }
            }
        }
    }

    /// Counts a frame; one too many is refused unread.
    fn may_send(&self) -> bool {
        let refused = self.rate.take().err();
        if let Some(error) = &refused {
            self.hub.meters.refused("rate_limited");
            self.outbox.send(&ServerFrame::Error(error.clone()));
        }
        refused.is_none()
    }

    /// Notes which replies have arrived.
    async fn confirm(&self, last: Option<MessageId>) {
        let replies = self.outbox.confirm(last);
        if !replies.is_empty() {
            let session = Arc::clone(self.session);
            let _panicked = blocking(move || session.delivered(&replies)).await;
        }
    }

    async fn on_text(&self, text: &str) {
        let result = match protocol::read(text) {
            Ok(frame) => self.on_frame(frame).await,
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            self.hub.meters.refused(error.code.name());
            self.outbox.send(&ServerFrame::Error(error));
        }
    }

    async fn on_frame(&self, frame: ClientFrame) -> Result<(), WireError> {
        let (session, outbox, id) = (Arc::clone(self.session), self.outbox.clone(), self.outbox.id());
        let done = match frame {
            ClientFrame::Ping => {
                outbox.send(&ServerFrame::Pong);
                return Ok(());
            }
            ClientFrame::Stop => {
                session.stop(id);
                return Ok(());
            }
            ClientFrame::Message { content, stream } => {
                let followed = match stream {
                    Some(true) => Followed::Yes,
                    Some(false) => Followed::No,
                    None => self.follows,
                };
                blocking(move || session.submit(id, content.unwrap_or_default(), followed)).await
            }
            ClientFrame::History { before, limit } => {
                let limit =
                    limit.map_or(protocol::DEFAULT_HISTORY, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
                let limit = limit.clamp(1, protocol::MAX_HISTORY);
                blocking(move || session.history(&outbox, before.as_deref(), limit)).await
            }
            ClientFrame::Resume { after_seq } => blocking(move || session.resume(id, after_seq.unwrap_or(0))).await,
            ClientFrame::Reset => blocking(move || session.reset(id)).await,
        };
        done.unwrap_or_else(|error| {
            tracing::error!(%error, "a frame could not be handled");
            Err(WireError::new(ErrorCode::Internal, "something went wrong here; try again"))
        })
    }
}

/// How to close after what cannot be read; nothing if the connection is gone anyway.
pub(super) fn unreadable(error: axum::Error) -> Option<Close> {
    let error = error.into_inner();
    match error.downcast_ref::<SocketError>() {
        Some(SocketError::Capacity(CapacityError::MessageTooLong { .. })) => Some(Close::TooBig),
        Some(SocketError::Utf8(_)) => Some(Close::NotUtf8),
        Some(SocketError::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => None,
        Some(SocketError::Protocol(_)) => Some(Close::Protocol),
        _ => None,
    }
}

/// Writes what waits, and a ping now and then, until the close frame is out or the peer takes no more.
pub(super) async fn write_frames(
    mut sink: SplitSink<WebSocket, Message>,
    mut waiting: mpsc::UnboundedReceiver<Outgoing>,
    outbox: &Outbox,
    limits: &Limits,
) -> WriteEnd {
    let mut pings = tokio::time::interval_at(Instant::now() + limits.ping_every, limits.ping_every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let outgoing = tokio::select! {
            outgoing = waiting.recv() => outgoing,
            _ = pings.tick() => {
                match write(&mut sink, Message::Ping(Vec::new().into()), limits).await {
                    Ok(()) => continue,
                    Err(()) => return WriteEnd::Failed,
                }
            }
        };
        let written = match outgoing {
            None => return WriteEnd::Failed,
            Some(Outgoing::Close(close)) => {
                let frame = CloseFrame { code: close.code(), reason: close.reason().into() };
                let written = write(&mut sink, Message::Close(Some(frame)), limits).await;
                return if written.is_ok() { WriteEnd::Closed(close) } else { WriteEnd::Failed };
            }
            Some(Outgoing::Frame { text, receipt }) => {
                outbox.sent(&text);
                let written = write(&mut sink, Message::Text(text), limits).await;
                match receipt.filter(|_| written.is_ok()) {
                    // The peer answers a ping after it has read what was before: its pong is the receipt.
                    Some(message_id) => {
                        outbox.written(message_id);
                        write(&mut sink, Message::Ping(message_id.to_string().into()), limits).await
                    }
                    None => written,
                }
            }
        };
        if written.is_err() {
            return WriteEnd::Failed;
        }
    }
}

async fn write(sink: &mut SplitSink<WebSocket, Message>, message: Message, limits: &Limits) -> Result<(), ()> {
    match tokio::time::timeout(limits.write_timeout, sink.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}
