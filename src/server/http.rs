//! What is asked over plain HTTP.

use super::books::{BookEntry, Books, BooksError, PageEntry};
use super::cors::Cors;
use super::error::ApiError;
use super::hub::Hub;
use super::openai::{self, OpenAi};
use super::{ServerInfo, pages, protocol, sessions, ws};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::services::ServeFile;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

/// The WebSocket protocol, for machines.
pub(super) const ASYNCAPI: &str = include_str!("asyncapi.json");

/// The HTTP interface, for machines.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

/// How long an answer may take to begin.
const TIMEOUT: Duration = Duration::from_secs(30);

/// No request but those to `/v1` has a body yet.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What every handler needs.
pub(super) struct App {
    pub(super) hub: Arc<Hub>,
    pub(super) books: Arc<dyn Books>,
    pub(super) info: ServerInfo,
    pub(super) cors: Cors,
    pub(super) started: Instant,
}

/// All addresses of the server.
pub(super) fn router(app: App, openai: Option<OpenAi>) -> Router {
    let cors = app.cors.layer();
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT);
    let answers = Router::new()
        .route("/", get(index))
        .route("/health", get(health))
        .route("/asyncapi.json", get(async || described(ASYNCAPI)))
        .route("/openapi.json", get(async || described(OPENAPI)))
        .route("/api/books", get(books))
        .route("/api/books/{id}/pages/{page}", get(book_page))
        .route("/api/sessions/{client_id}/export", get(sessions::export))
        .route("/api/sessions/{client_id}/progress", get(sessions::progress))
        .route("/demo", get(pages::index))
        .route("/demo/", get(pages::index))
        .route("/demo/{*file}", get(pages::asset))
        .layer(CompressionLayer::new());
    // A book is not compressed on the way: its ranges are those of the file.
    let files = Router::new().route("/api/books/{id}/file", get(book_file));
    let plain = answers.merge(files).layer(timeout);
    let sockets = Router::new().route("/ws", any(no_client_id)).route("/ws/", any(no_client_id));
    let sockets = sockets.route("/ws/{*client_id}", any(ws::upgrade));
    plain
        .merge(sockets)
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .merge(openai::router(openai))
        .fallback(async |request: Request| ApiError::not_found(format!("there is nothing at {}", request.uri().path())))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(|_| {
            let message = "something went wrong here; try again";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
        }))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::REFERRER_POLICY, "no-referrer"))
        .layer(cors)
        .with_state(Arc::new(app))
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

/// `GET /`
async fn index(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let books = ask(&app, |books| books.books()).await?;
    let endpoints = json!({
        "websocket": "/ws/{client_id}",
        "health": "/health",
        "demo": "/demo",
        "books": "/api/books",
        "book_file": "/api/books/{id}/file",
        "book_page": "/api/books/{id}/pages/{page}",
        "export": "/api/sessions/{client_id}/export?format=md|json",
        "progress": "/api/sessions/{client_id}/progress?format=json|csv",
        "asyncapi": "/asyncapi.json",
        "openapi": "/openapi.json",
    });
    let ServerInfo { name, version, model, embed_model } = &app.info;
    Ok(Json(json!({
        "name": name,
        "version": version,
        "protocol": protocol::PROTOCOL,
        "endpoints": endpoints,
        "model": model,
        "models": {"chat": model, "embed": embed_model},
        "books": books,
    })))
}

/// `GET /health`
async fn health(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let counts = ask(&app, |books| books.counts()).await?;
    let running = app.hub.num_running();
    Ok(Json(json!({
        "status": "ok",
        "active_connections": app.hub.num_connections(),
        "running_turns": running,
        "waiting_turns": app.hub.num_turns().saturating_sub(running),
        "model": app.info.model,
        "books": counts.books,
        "chunks": counts.chunks,
        "uptime_s": app.started.elapsed().as_secs(),
    })))
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
