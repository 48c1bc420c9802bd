//! `/v1`: the language model and the embedder in OpenAI's form, for programs that know it and for load tools.
//!
//! What is asked here goes to the model as it is: no books, no checks, no teaching. So it is served only where
//! [`Parts::openai`](super::Parts) has models, which `lectern serve` gives on a loopback address, and elsewhere with
//! `--openai`.

pub(super) mod chat;
pub(super) mod embeddings;
pub(super) mod wire;

#[cfg(test)]
mod tests;

use crate::engine::Engine;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tower_http::limit::RequestBodyLimitLayer;

/// A conversation of many turns with passages of a book.
const MAX_BODY_BYTES: usize = 1 << 20;

/// What a client is told to wait when too many ask.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a text has no embedding.
#[derive(Debug, thiserror::Error)]
#[error("could not embed the texts")]
pub struct EmbedError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Whoever turns texts into vectors. Calls may block; the server makes them off the runtime's worker threads.
pub trait Embed: Send + Sync + 'static {
    /// The model's name.
    fn name(&self) -> &str;

    /// A unit vector for each text.
    ///
    /// # Errors
    /// The model cannot be run.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError>;

    /// How many tokens a text is.
    fn count_tokens(&self, text: &str) -> usize;
}

/// The models behind `/v1`.
pub struct OpenAi {
    /// The language model and its name.
    pub chat: Option<(String, Engine)>,
    /// The embedding model.
    pub embed: Option<Arc<dyn Embed>>,
}

/// What the handlers share.
struct App {
    models: OpenAi,
    started: u64,
    num_answers: AtomicU64,
}

impl App {
    /// A name that no other answer of this server has.
    fn answer_id(&self) -> String {
        format!("chatcmpl-{:x}-{}", self.started, self.num_answers.fetch_add(1, Ordering::Relaxed))
    }
}

/// The addresses below `/v1`; without models they say how to get them.
pub(super) fn router<S: Clone + Send + Sync + 'static>(models: Option<OpenAi>) -> Router<S> {
    let Some(models) = models else {
        let off = || async { ApiError::not_found("this server has no /v1; start it with --openai") };
        return Router::new().route("/v1/{*rest}", any(off));
    };
    let app = App { models, started: now(), num_answers: AtomicU64::new(0) };
    Router::new()
        .route("/v1/chat/completions", post(chat::completions).fallback(wrong_method))
        .route("/v1/embeddings", post(embeddings::embeddings).fallback(wrong_method))
        .route("/v1/models", get(models_list).fallback(wrong_method))
        .route("/v1/{*rest}", any(async || ApiError::not_found("there is nothing here")))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .with_state(Arc::new(app))
}

/// A model of this server.
#[derive(Serialize, JsonSchema)]
struct ModelEntry {
    /// Its name.
    id: String,
    /// `model`
    object: &'static str,
    /// When the server started, in seconds since 1970.
    created: u64,
    /// `lectern`
    owned_by: &'static str,
}

/// The models of this server.
#[derive(Serialize, JsonSchema)]
pub(super) struct ModelList {
    /// `list`
    object: &'static str,
    /// The language model and the embedding model.
    data: Vec<ModelEntry>,
}

/// `GET /v1/models`
async fn models_list(State(app): State<Arc<App>>) -> Json<ModelList> {
    let chat = app.models.chat.as_ref().map(|(name, _)| name.as_str());
    let embed = app.models.embed.as_ref().map(|embed| embed.name());
    let entry = |id: &str| ModelEntry { id: id.into(), object: "model", created: app.started, owned_by: "lectern" };
    Json(ModelList { object: "list", data: chat.into_iter().chain(embed).map(entry).collect() })
}

async fn wrong_method() -> ApiError {
    let message = "POST a request to /v1/chat/completions or /v1/embeddings; GET /v1/models";
    ApiError { status: StatusCode::METHOD_NOT_ALLOWED, ..ApiError::invalid(None, message) }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A request's body; serde's own words say where it is wrong.
fn parse<T: serde::de::DeserializeOwned>(body: Result<axum::body::Bytes, BytesRejection>) -> Result<T, ApiError> {
    let body = body
        .map_err(|rejected| ApiError { status: rejected.status(), ..ApiError::invalid(None, rejected.body_text()) })?;
    serde_json::from_slice(&body).map_err(|error| ApiError::invalid(None, format!("the body: {error}")))
}

/// What an answer holds that says what went wrong, in OpenAI's form.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OpenAiError")]
pub(super) struct ErrorBody {
    error: ErrorDetail,
}

/// What went wrong, in OpenAI's form.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OpenAiErrorDetail")]
struct ErrorDetail {
    /// For people: what went wrong and what to do.
    message: String,
    /// Whose fault it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The field that is wrong.
    param: Option<&'static str>,
    /// For programs.
    code: Option<&'static str>,
}

/// An error as OpenAI's clients read it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ApiError {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    /// The field that is wrong.
    param: Option<&'static str>,
    message: String,
}

impl ApiError {
    fn invalid(param: Option<&'static str>, message: impl Into<String>) -> Self {
        let (status, kind) = (StatusCode::BAD_REQUEST, "invalid_request_error");
        Self { status, kind, code: None, param, message: message.into() }
    }

    fn not_found(message: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: Some("not_found"), ..Self::invalid(None, message) }
    }

    fn overloaded() -> Self {
        let message = "too many ask at once; try again in some seconds";
        let (status, kind) = (StatusCode::SERVICE_UNAVAILABLE, "server_error");
        Self { status, kind, code: Some("overloaded"), param: None, message: message.into() }
    }

    /// Logs what happened; the client learns only that something did.
    fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a /v1 request failed");
        let message = "something went wrong here; try again";
        let (status, kind) = (StatusCode::INTERNAL_SERVER_ERROR, "server_error");
        Self { status, kind, code: None, param: None, message: message.into() }
    }

    fn body(&self) -> ErrorBody {
        let Self { kind, code, param, message, .. } = self.clone();
        ErrorBody { error: ErrorDetail { message, kind, param, code } }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if self.code == Some("overloaded") {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.as_secs().into());
        }
        response
    }
}
