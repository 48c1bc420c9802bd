//! Says back what it hears, over sockets with the settings of the class's: WebSocket conformance is tested by an echo.
//! No address of the server leads here.

use super::ws;
use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;

/// The largest messages of the cases. A class's socket reads less, and that is its only difference from these: buffers,
/// write limits in proportion, and what is closed with which code are the same.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// Echoes every message on every address of `listener`, until its task is dropped. For tests only.
///
/// # Errors
/// The listening socket is broken.
pub async fn echo(listener: tokio::net::TcpListener) -> std::io::Result<()> {
    let upgrade =
        async |upgrade: WebSocketUpgrade| ws::sized(upgrade, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES).on_upgrade(repeat);
    axum::serve(listener, Router::new().fallback(any(upgrade))).await
}

async fn repeat(mut socket: WebSocket) {
    while let Some(heard) = socket.recv().await {
        let said = match heard {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => message,
            // Answered below us.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => continue,
            Err(error) => {
                let Some(close) = ws::unreadable(error) else { return };
                Message::Close(Some(CloseFrame { code: close.code(), reason: close.reason().into() }))
            }
        };
        if socket.send(said).await.is_err() {
            return;
        }
    }
}
