//! What the server could not do, and how HTTP tells a client.

use crate::classroom::ClassroomError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// Why the server did not start or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The listening socket failed.
    #[error("the listening socket failed")]
    Listener(#[source] std::io::Error),
    /// What is kept of the class cannot be read.
    #[error(transparent)]
    Classroom(#[from] ClassroomError),
    /// A key file that cannot be read.
    #[error("{path}: could not read the key")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that holds no key of a known kind.
    #[error(
        "{path}: not a key; expected a public key in PEM (RSA, P-256, Ed25519) or a shared secret of 32 bytes or more"
    )]
    NoKey {
        /// Which file.
        path: PathBuf,
    },
    /// A certificate and a key that do not make TLS.
    #[error("TLS cannot be set up with {certificate} and {key}")]
    Tls {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An origin that is not `SCHEME://HOST[:PORT]`.
    #[error("origin {given:?} is not understood; write it as http://HOST or http://HOST:PORT, without a path")]
    Origin {
        /// As given.
        given: String,
    },
}

/// What an answer holds that says what went wrong.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct ErrorBody {
    error: ErrorDetail,
}

/// What went wrong.
#[derive(Serialize, JsonSchema)]
struct ErrorDetail {
    /// For programs.
    code: &'static str,
    /// For people: what went wrong and what to do.
    message: String,
}

/// An answer that says what went wrong: `{"error":{"code","message"}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after: Option<Duration>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub(super) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// Too often; `what` says of what there was too much.
    pub(super) fn rate_limited(what: &str, wait: Duration) -> Self {
        let message = format!("{what}; try again in {} s", wait.as_secs() + 1);
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message);
        Self { retry_after: Some(wait + Duration::from_secs(1)), ..error }
    }

    /// Logs what happened; the client learns only that something did.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong here; try again")
    }

    pub(super) fn overloaded(message: impl Into<String>, retry_after: Duration) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message);
        Self { retry_after: Some(retry_after), ..error }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(ErrorBody { error: ErrorDetail { code: self.code, message: self.message } });
        let mut response = (self.status, body).into_response();
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs().max(1);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
