//! `POST /api/books` and `DELETE /api/books/{id}`: the teacher's books. Who may ask is decided before.
//!
//! # Invariants
//! * A file is on the disk whole, or nothing of it is: whatever is dropped, cut off or refused on the way is removed.
//! * Reading it is not this room's: [`Intake`] does that, in a process of its own.

mod name;
mod receive;

use super::cors::Cors;
use super::error::ApiError;
use super::hub::Hub;
use super::intake::{IngestProgress, Intake, IntakeError, Received};
use super::protocol::class::What;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use axum::{Router, extract::Request};
use futures_util::stream::{self, Stream, StreamExt as _};
use receive::{Part, refused, too_large};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// What a form has around its file.
const FORM_BYTES: u64 = 64 * 1024;

/// Files received at once; each may take its share of the disk.
const MAX_RECEIVING: usize = 4;

/// A client that is refused is still listened to for this long, as most read no answer before they have sent all.
const LISTEN_ON: Duration = Duration::from_secs(10);

/// What the handlers share.
#[derive(Clone)]
struct App {
    intake: Arc<dyn Intake>,
    hub: Arc<Hub>,
    cors: Cors,
    max_bytes: u64,
    retry_after: Duration,
    receiving: Arc<Semaphore>,
    ending: CancellationToken,
}

/// The two addresses; without an intake they say that there is none. Answers end at `ending`.
pub(super) fn router<S: Clone + Send + Sync + 'static>(
    intake: Option<Arc<dyn Intake>>,
    cors: &Cors,
    hub: &Arc<Hub>,
    ending: CancellationToken,
) -> Router<S> {
    let Some(intake) = intake else {
        let off = || async { ApiError::not_found("the books of this server cannot be changed here") };
        return Router::new().route("/api/books", post(off)).route("/api/books/{id}", delete(off));
    };
    let limits = &hub.limits;
    let cors = if *cors == Cors::Any { Cors::SameHost } else { cors.clone() };
    let app = App {
        intake,
        hub: Arc::clone(hub),
        cors,
        max_bytes: limits.max_upload_bytes,
        retry_after: limits.retry_after,
        receiving: Arc::new(Semaphore::new(MAX_RECEIVING)),
        ending,
    };
    let max_body = usize::try_from(limits.max_upload_bytes.saturating_add(FORM_BYTES)).unwrap_or(usize::MAX);
    Router::new()
        .route("/api/books", post(upload))
        .route("/api/books/{id}", delete(remove))
        .layer(DefaultBodyLimit::max(max_body))
        .with_state(app)
}

impl App {
    /// A browser sends a form to any server without asking, also from a page that has nothing to do with it.
    fn check_origin(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if self.cors.allows(headers) {
            return Ok(());
        }
        Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", "pages of other servers cannot change the books here"))
    }

    /// Runs what may block.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Intake) -> Result<T, IntakeError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let intake = Arc::clone(&self.intake);
        let answer = tokio::task::spawn_blocking(move || question(intake.as_ref())).await;
        answer.map_err(|error| ApiError::internal(&error))?.map_err(|error| refused(error, self.retry_after))
    }
}

/// `POST /api/books`
async fn upload(State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    app.check_origin(request.headers())?;
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let waits_for_leave = request.headers().contains_key(header::EXPECT);
    let form = <Multipart as axum::extract::FromRequest<App>>::from_request(request, &app).await;
    let mut form = form.map_err(|error: MultipartRejection| ApiError::bad_request(error.body_text()))?;
    let received = match length {
        Some(length) if length > app.max_bytes.saturating_add(FORM_BYTES) => Err(too_large(app.max_bytes)),
        _ => receive_form(&app, &mut form, length.unwrap_or(app.max_bytes)).await,
    };
    let taken = match received {
        Ok((part, received)) => {
            let taken = app.ask(move |intake| intake.submit(received)).await;
            drop(part);
            taken
        }
        Err(error) => Err(error),
    };
    match taken {
        Ok(progress) => Ok(events(progress, app.ending).into_response()),
        Err(error) => {
            if !waits_for_leave {
                let listening = async { while let Ok(Some(_)) = form.next_field().await {} };
                let _whether_all = tokio::time::timeout(LISTEN_ON, listening).await;
            }
            Err(error)
        }
    }
}

/// The one file of a form.
async fn receive_form(app: &App, form: &mut Multipart, num_bytes: u64) -> Result<(Part, Received), ApiError> {
    let busy = || ApiError::overloaded("other files are arriving; try again in a moment", app.retry_after);
    let _receiving = app.receiving.try_acquire().map_err(|_| busy())?;
    let folder = app.ask(move |intake| intake.folder(num_bytes)).await?;
    let mut file = None;
    while let Some(field) = receive::next(&app.hub.limits, form.next_field()).await? {
        if field.name() != Some("file") {
            continue;
        }
        if file.is_some() {
            return Err(ApiError::bad_request("send one book at a time"));
        }
        file = Some(receive::receive(field, &folder, &app.hub.limits).await?);
    }
    file.ok_or_else(|| ApiError::bad_request("the form has no field `file` with a PDF file"))
}

/// Tells how far a book is, up to the end. What is told while nobody reads is skipped, but never the last.
fn events(
    mut progress: watch::Receiver<IngestProgress>,
    ending: CancellationToken,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    progress.mark_changed();
    let told = stream::unfold(progress, async |mut progress| {
        // An error says that the upload has ended and that its end was told.
        progress.changed().await.ok()?;
        let data = serde_json::to_string(&*progress.borrow_and_update()).expect("progress is text and numbers");
        Some((Ok(Event::default().event("ingest").data(data)), progress))
    });
    // Without the comments of `KeepAlive` a middleman may take a long reading for a lost connection.
    Sse::new(told.take_until(ending.cancelled_owned())).keep_alive(KeepAlive::default())
}

/// `DELETE /api/books/{id}`
async fn remove(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> Result<StatusCode, ApiError> {
    app.check_origin(&headers)?;
    let asked = id.clone();
    if app.ask(move |intake| intake.remove(&asked)).await? {
        app.hub.class.tell(What::Books);
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::not_found(format!("there is no book {id:?}; GET /api/books lists them")))
}
