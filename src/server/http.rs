//! What is asked over plain HTTP.

use super::access::{Access, Caller};
use super::auth::in_classroom;
use super::books::{BookEntry, Books, BooksError, PageEntry};
use super::cors::Cors;
use super::descriptions::{ASYNCAPI, OPENAPI};
use super::error::ApiError;
use super::hub::Hub;
use super::intake::Intake;
use super::meters::Now;
use super::openai::{self, OpenAi};
use super::{ServerInfo, access, auth, class_report, pages, protocol, sessions, students, teach, ws};
use crate::classroom::Setting;
use crate::engine::Engine;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};
use axum::{Extension, Json, Router, middleware};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::services::ServeFile;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument as _;

/// How long an answer may take to begin.
const TIMEOUT: Duration = Duration::from_secs(30);

/// For requests other than to `/v1` and uploads.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What every handler needs.
pub(super) struct App {
    pub(super) hub: Arc<Hub>,
    pub(super) books: Arc<dyn Books>,
    pub(super) info: ServerInfo,
    pub(super) cors: Cors,
    pub(super) access: Access,
    pub(super) engine: Option<Engine>,
    pub(super) intake: Option<Arc<dyn Intake>>,
    pub(super) started: Instant,
}

/// All addresses of the server.
pub(super) fn router(app: App, openai: Option<OpenAi>, uploads: Router<Arc<App>>) -> Router {
    let (cors, app) = (app.cors.layer(), Arc::new(app));
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT);
    let answers = Router::new()
        .route("/", get(index))
        .route("/health", get(health))
        .route("/asyncapi.json", get(async || described(&ASYNCAPI)))
        .route("/openapi.json", get(async || described(&OPENAPI)))
        .route("/api/books", get(books))
        .route("/api/books/{id}/pages/{page}", get(book_page))
        .route("/api/sessions/{client_id}/export", get(sessions::export))
        .route("/api/sessions/{client_id}/progress", get(sessions::progress))
        .route("/metrics", get(metrics))
        .route("/join", get(pages::join))
        .route("/teach", get(pages::teach))
        .merge(class_routes())
        .route("/demo", get(pages::index))
        .route("/demo/", get(pages::index))
        .route("/demo/{*file}", get(pages::asset))
        .layer(CompressionLayer::new());
    // A book is not compressed on the way: its ranges are those of the file.
    let files = Router::new().route("/api/books/{id}/file", get(book_file));
    let plain = answers.merge(files).layer(timeout);
    let sockets = Router::new().route("/ws", any(no_client_id)).route("/ws/", any(no_client_id));
    let sockets = sockets.route("/ws/{*client_id}", any(ws::upgrade)).route("/teach/ws", any(teach::upgrade));
    plain
        .merge(sockets)
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .merge(openai::router(openai))
        .merge(uploads)
        .fallback(async |request: Request| ApiError::not_found(format!("there is nothing at {}", request.uri().path())))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), access::gate))
        .layer(CatchPanicLayer::custom(|_| {
            let message = "something went wrong here; try again";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
        }))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::REFERRER_POLICY, "no-referrer"))
        .layer(cors)
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(middleware::from_fn(logged))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .with_state(app)
}

/// Coming in, and what is the teacher's.
fn class_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/me", get(auth::me))
        .route("/api/class", get(auth::class_to_join))
        .route("/api/join", post(auth::join))
        .route("/api/login", post(auth::login))
        .route("/api/logout", post(auth::logout))
        .route("/api/password", post(auth::password))
        .route("/api/class/students", get(students::list).post(students::add))
        .route("/api/class/students/{client_id}", delete(students::remove))
        .route("/api/class/students/{client_id}/forget-pin", post(students::forget_pin))
        .route("/api/class/code", post(students::new_code))
        .route("/api/class/questions", get(class_report::questions))
        .route("/api/class/mastery", get(class_report::mastery))
        .route("/api/class/export", get(class_report::export))
}

/// Logs a request with its id, by which it can be found again from what the client was told.
async fn logged(request: Request, next: Next) -> Response {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id);
    let begun = Instant::now();
    async move {
        let answer = next.run(request).await;
        let (status, elapsed) = (answer.status().as_u16(), begun.elapsed());
        tracing::debug!(%method, path, status, ?elapsed, "answered");
        answer
    }
    .instrument(span)
    .await
}

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Reads the library off the runtime's worker threads.
async fn ask<T: Send + 'static>(
    app: &App,
    question: impl FnOnce(&dyn Books) -> Result<T, BooksError> + Send + 'static,
) -> Result<T, ApiError> {
    let books = Arc::clone(&app.books);
    let answer = tokio::task::spawn_blocking(move || question(books.as_ref())).await;
    answer.map_err(|error| ApiError::internal(&error))?.map_err(|error| ApiError::internal(&error))
}

/// The models at work.
#[derive(Serialize, JsonSchema)]
struct Models {
    /// Words the answers.
    chat: String,
    /// Finds the pages.
    embed: String,
}

/// What this server is.
#[derive(Serialize, JsonSchema)]
pub(super) struct Info {
    /// The program.
    name: String,
    /// Its version.
    version: String,
    /// The version of the WebSocket protocol.
    protocol: u32,
    /// Where to find what.
    endpoints: BTreeMap<&'static str, &'static str>,
    /// The language model.
    model: String,
    /// All models.
    models: Models,
    /// The books; empty for who is not signed in.
    books: Vec<BookEntry>,
}

/// What [`Info`] says of addresses.
const ENDPOINTS: [(&str, &str); 13] = [
    ("websocket", "/ws/{client_id}"),
    ("health", "/health"),
    ("demo", "/demo"),
    ("join", "/join"),
    ("teach", "/teach"),
    ("metrics", "/metrics"),
    ("books", "/api/books"),
    ("book_file", "/api/books/{id}/file"),
    ("book_page", "/api/books/{id}/pages/{page}"),
    ("export", "/api/sessions/{client_id}/export?format=md|json|html"),
    ("progress", "/api/sessions/{client_id}/progress?format=json|csv"),
    ("asyncapi", "/asyncapi.json"),
    ("openapi", "/openapi.json"),
];

/// `GET /`; the books only for those of the class.
async fn index(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>) -> Result<Json<Info>, ApiError> {
    let books = if caller.role().is_some() { ask(&app, |books| books.books()).await? } else { Vec::new() };
    let ServerInfo { name, version, model, embed_model } = app.info.clone();
    let models = Models { chat: model.clone(), embed: embed_model };
    let (protocol, endpoints) = (protocol::PROTOCOL, BTreeMap::from(ENDPOINTS));
    Ok(Json(Info { name, version, protocol, endpoints, model, models, books }))
}

/// `GET /metrics`
async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiError> {
    let books = ask(&app, |books| books.counts()).await?.books;
    let model = app.engine.as_ref().map(Engine::totals);
    let now = Now { uptime: app.started.elapsed(), books, model };
    let text = app.hub.meters.text(&app.hub, &now);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

/// Whether the server works, and how much.
#[derive(Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok`, or `going away`.
    status: &'static str,
    /// Whether new students can come.
    ready: bool,
    /// Open WebSockets.
    active_connections: usize,
    /// Answers being written.
    running_turns: usize,
    /// Messages in line.
    waiting_turns: usize,
    /// The language model.
    model: String,
    /// Books of the library.
    books: usize,
    /// Chunks of all books.
    chunks: usize,
    /// Seconds since the start.
    uptime_s: u64,
}

/// `GET /health`: 200 while new students can come, 503 when the server is going away or its files cannot be read.
async fn health(State(app): State<Arc<App>>) -> Result<(StatusCode, Json<Health>), ApiError> {
    let counts = ask(&app, |books| books.counts()).await?;
    in_classroom(&app, |classroom| classroom.setting(Setting::Paused).map(Ok)).await?;
    let running = app.hub.num_running();
    let ready = !app.hub.draining.is_cancelled();
    let (code, status) = if ready { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "going away") };
    let health = Health {
        status,
        ready,
        active_connections: app.hub.num_connections(),
        running_turns: running,
        waiting_turns: app.hub.num_turns().saturating_sub(running),
        model: app.info.model.clone(),
        books: counts.books,
        chunks: counts.chunks,
        uptime_s: app.started.elapsed().as_secs(),
    };
    Ok((code, Json(health)))
}

fn described(text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

/// `GET /api/books`
async fn books(State(app): State<Arc<App>>) -> Result<Json<Vec<BookEntry>>, ApiError> {
    ask(&app, |books| books.books()).await.map(Json)
}

/// `GET /api/books/{id}/file`
async fn book_file(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let missing = ApiError::not_found(format!("there is no book {id:?}; GET /api/books lists them"));
    let asked = id.clone();
    let path = ask(&app, move |books| books.file(&asked)).await?.ok_or(missing)?;
    let answer = ServeFile::new(&path).try_call(request).await.map_err(|error| {
        if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) {
            tracing::warn!(path = %path.display(), "a book of the library is not where it was");
            return ApiError::not_found(format!("the file of the book {id:?} is not there any more"));
        }
        tracing::error!(path = %path.display(), "a book could not be read");
        ApiError::internal(&error)
    })?;
    let mut answer = answer.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    Ok(answer)
}

/// `GET /api/books/{id}/pages/{page}`
async fn book_page(
    State(app): State<Arc<App>>,
    Path((id, page)): Path<(String, String)>,
) -> Result<Json<PageEntry>, ApiError> {
    let missing = ApiError::not_found(format!("the book {id:?} has no page {page:?} with text; pages count from 1"));
    let Ok(number) = page.parse::<u32>() else { return Err(missing) };
    ask(&app, move |books| books.page(&id, number)).await?.map(Json).ok_or(missing)
}

async fn no_client_id() -> ApiError {
    ApiError::bad_request("the address lacks a client_id: /ws/{client_id}")
}

async fn method_not_allowed(request: Request) -> ApiError {
    let message = format!("{} is not possible for {}", request.method(), request.uri().path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}
