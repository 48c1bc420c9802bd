//! The teacher's WebSocket: the class as it is now, and what the teacher does with it.

use super::access::Access;
use super::error::ApiError;
use super::http::App;
use super::hub::Hub;
use super::intake::IngestStage;
use super::limits::Limits;
use super::outbox::Outbox;
use super::protocol::class::{self, ClassFrame, ClassView, Command, TeacherFrame, What};
use super::protocol::{Close, ErrorCode, MAX_FRAME_BYTES, WireError};
use super::rates::FrameRate;
use super::session::{LiveSession, internal};
use super::transcript::now;
use super::ws;
use crate::classroom::Setting;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use qrcode::QrCode;
use qrcode::render::svg;
use std::sync::Arc;
use std::time::Duration;

/// Between two pictures of the class.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// `GET /teach/ws`
pub(super) async fn upgrade(
    State(app): State<Arc<App>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return ApiError::bad_request(error.body_text()).into_response(),
    };
    let hub = Arc::clone(&app.hub);
    upgrade.max_message_size(MAX_FRAME_BYTES).max_frame_size(MAX_FRAME_BYTES).on_upgrade(move |socket| {
        let task = serve(app, socket);
        hub.connections.track_future(task)
    })
}

async fn serve(app: Arc<App>, socket: WebSocket) {
    let hub = &app.hub;
    let (outbox, waiting) = Outbox::new(hub.next_connection(), hub.limits.max_outgoing_bytes);
    let (sink, stream) = socket.split();
    tracing::info!("the teacher's page is open");
    tokio::select! {
        () = read(&app, &outbox, stream) => {}
        () = show(&app, &outbox) => {}
        () = show_uploads(&app, &outbox) => {}
        _ended = ws::write_frames(sink, waiting, &outbox, &hub.limits) => {}
        () = outbox.overflowed().cancelled() => {}
        () = closed(hub, &outbox) => {}
    }
    tracing::info!("the teacher's page is closed");
}

/// Tells the page that the server goes away, and gives it a moment to hear it.
async fn closed(hub: &Hub, outbox: &Outbox) {
    hub.closing.cancelled().await;
    outbox.close(Close::GoingAway);
    tokio::time::sleep(hub.limits.close_timeout.min(LOOK_EVERY)).await;
}

fn send(outbox: &Outbox, frame: &ClassFrame) {
    let text = serde_json::to_string(frame).expect("a frame has only string keys and no failing serializer");
    outbox.push_text(text, None);
}

/// Shows the class at once, and again whenever something has changed.
async fn show(app: &Arc<App>, outbox: &Outbox) {
    let (mut changes, mut news) = (app.hub.class.changes(), app.hub.class.news());
    loop {
        changes.borrow_and_update();
        match view(app).await {
            Ok(view) => send(outbox, &ClassFrame::Class(view)),
            Err(error) => send(outbox, &refusal(None, &error)),
        }
        tokio::time::sleep(LOOK_EVERY).await;
        loop {
            tokio::select! {
                changed = changes.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                what = news.recv() => match what {
                    Ok(what) => send(outbox, &ClassFrame::Changed { what }),
                    // It fell behind: everything may have changed.
                    Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {
                        for what in [What::Questions, What::Books, What::Students] {
                            send(outbox, &ClassFrame::Changed { what });
                        }
                    }
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                },
            }
        }
    }
}

/// Tells of the books that are being read: at once those under way, then whatever is new.
async fn show_uploads(app: &App, outbox: &Outbox) {
    // The socket stays open where there is nothing to tell.
    let Some(intake) = &app.intake else { return std::future::pending().await };
    loop {
        // Listening comes first, so that nothing is missed in between.
        let mut news = intake.subscribe();
        let asked = Arc::clone(intake);
        let running = blocking(move || Ok(asked.running())).await;
        for progress in running.unwrap_or_default() {
            send(outbox, &ClassFrame::Ingest(progress));
        }
        loop {
            match news.recv().await {
                Ok(progress) => {
                    let is_done = progress.stage == IngestStage::Done;
                    send(outbox, &ClassFrame::Ingest(progress));
                    if is_done {
                        send(outbox, &ClassFrame::Changed { what: What::Books });
                    }
                }
                // It fell behind: a book may have come in meanwhile.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {
                    send(outbox, &ClassFrame::Changed { what: What::Books });
                    break;
                }
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

async fn view(app: &Arc<App>) -> Result<ClassView, WireError> {
    let app = Arc::clone(app);
    blocking(move || {
        let class = &app.hub.class;
        let Access::Class(access) = &app.access else {
            let (paused, students) = (class.is_paused(), class.students());
            return Ok(ClassView { code: None, join_url: None, join_qr: None, paused, login: false, students });
        };
        let code = app.hub.classroom.setting(Setting::ClassCode).map_err(|error| internal(&error))?;
        let address = access.address.as_deref().zip(code.as_deref());
        let join_url = address.map(|(address, code)| format!("{address}/join?code={code}"));
        let join_qr = join_url.as_deref().and_then(qr);
        Ok(ClassView { code, join_url, join_qr, paused: class.is_paused(), login: true, students: class.students() })
    })
    .await
}

/// A text as a QR code; nothing if it is too long for one.
fn qr(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(200, 200).quiet_zone(true).build())
}

/// Reads what the teacher does until the page is gone.
async fn read(app: &Arc<App>, outbox: &Outbox, mut stream: SplitStream<WebSocket>) {
    let Limits { silent_after, .. } = app.hub.limits;
    let rate = FrameRate::new(&app.hub.limits);
    while let Ok(Some(Ok(message))) = tokio::time::timeout(silent_after, stream.next()).await {
        let Message::Text(text) = message else { continue };
        let answer = match rate.take().and_then(|()| class::read(&text)) {
            Err(error) => refusal(None, &error),
            Ok(TeacherFrame { command: Command::Ping, .. }) => ClassFrame::Pong,
            Ok(TeacherFrame { id, command }) => {
                let hub = Arc::clone(&app.hub);
                match blocking(move || obey(&hub, command)).await {
                    Ok(reached) => ClassFrame::Done { id, reached },
                    Err(error) => refusal(id, &error),
                }
            }
        };
        send(outbox, &answer);
    }
}

fn refusal(id: Option<u64>, error: &WireError) -> ClassFrame {
    ClassFrame::Error { id, code: error.code, error: error.error.clone() }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WireError> + Send + 'static,
) -> Result<T, WireError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a command of the teacher's broke down");
        Err(WireError::new(ErrorCode::Internal, "something went wrong here; try again"))
    })
}

/// Does a command; how many students it got to. Blocks.
fn obey(hub: &Arc<Hub>, command: Command) -> Result<usize, WireError> {
    match command {
        Command::Ping => Ok(0),
        Command::Pause { paused } => {
            let value = if paused { "1" } else { "0" };
            hub.classroom.set(Setting::Paused, value).map_err(|error| internal(&error))?;
            hub.class.set_paused(paused);
            Ok(hub.live_sessions().iter().filter(|session| session.tell_paused(paused)).count())
        }
        Command::Announce { content } => {
            hub.classroom.add_notice(None, content.trim(), now()).map_err(|error| internal(&error))?;
            reached(hub.live_sessions(), |session| session.notify().map_err(|error| internal(&error)))
        }
        Command::Tell { client_id, content } => {
            let known = hub.class.students().iter().any(|pupil| pupil.client_id == client_id);
            if !known {
                return Err(WireError::new(ErrorCode::NotFound, "there is no such student"));
            }
            let kept = hub.classroom.add_notice(Some(&client_id), content.trim(), now());
            kept.map_err(|error| internal(&error))?;
            let session = hub.live_session(&client_id);
            reached(session, |session| session.notify().map_err(|error| internal(&error)))
        }
        Command::Lesson { topic, client_ids } => {
            let topic = topic.trim();
            let mut sessions = hub.live_sessions();
            if let Some(chosen) = client_ids {
                sessions.retain(|session| chosen.iter().any(|id| id == session.client_id().as_str()));
            }
            let (content, response) =
                (format!("teach me about {topic}"), format!("Your teacher starts a lesson: {topic}"));
            reached(sessions, |session| session.assign(&content, &response))
        }
    }
}

/// Does something for each session; one that fails does not keep it from the others. An error only if nobody was reached.
fn reached(
    sessions: impl IntoIterator<Item = Arc<LiveSession>>,
    mut act: impl FnMut(&Arc<LiveSession>) -> Result<bool, WireError>,
) -> Result<usize, WireError> {
    let (mut count, mut failed) = (0, None);
    for session in sessions {
        match act(&session) {
            Ok(here) => count += usize::from(here),
            Err(error) => failed = Some(error),
        }
    }
    failed.filter(|_| count == 0).map_or(Ok(count), Err)
}
