//! What is kept of one student, as files: the conversation and what was learned.

use super::error::ApiError;
use super::http::App;
use super::hub::ClientId;
use super::printable;
use super::protocol::{self, HistoryMessage, Progress};
use super::session::read_learner;
use super::transcript;
use crate::classroom::{ClassroomError, Store};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a file is to be.
#[derive(Deserialize)]
pub(super) struct FormatQuery {
    format: Option<String>,
}

impl FormatQuery {
    /// The format asked for, `json` if none was.
    pub(super) fn one_of(&self, known: &[&'static str]) -> Result<&'static str, ApiError> {
        let format = self.format.as_deref().unwrap_or("json");
        let bad = || ApiError::bad_request(format!("format is {format:?}; it must be {}", known.join(" or ")));
        known.iter().find(|one| **one == format).copied().ok_or_else(bad)
    }
}

/// Reads the classroom off the runtime's worker threads.
async fn read<T: Send + 'static>(
    app: &App,
    question: impl FnOnce(&Store) -> Result<T, ClassroomError> + Send + 'static,
) -> Result<T, ApiError> {
    let classroom = app.hub.classroom.clone();
    let answer = tokio::task::spawn_blocking(move || question(&classroom)).await;
    answer.map_err(|error| ApiError::internal(&error))?.map_err(|error| ApiError::internal(&error))
}

fn unknown(client_id: &ClientId) -> ApiError {
    ApiError::not_found(format!("nothing is known of {client_id}"))
}

/// The header that gives a file its name.
pub(super) fn file_name(name: &str) -> [(HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    [(header::CONTENT_DISPOSITION, value.expect("a client_id is plain ASCII"))]
}

/// A conversation to keep.
#[derive(Serialize, JsonSchema)]
pub(super) struct Conversation {
    /// Whose it is.
    client_id: String,
    /// When it began: RFC 3339, UTC, seconds.
    created: String,
    /// When it last went on: RFC 3339, UTC, seconds.
    updated: String,
    /// Oldest first.
    messages: Vec<HistoryMessage>,
}

/// `GET /api/sessions/{client_id}/export?format=md|json|html`
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Path(client_id): Path<String>,
    Query(query): Query<FormatQuery>,
) -> Result<Response, ApiError> {
    let client_id: ClientId = client_id.parse().map_err(ApiError::bad_request)?;
    let format = query.one_of(&["md", "json", "html"])?;
    let id = client_id.clone();
    let found = read(&app, move |classroom| {
        let session = classroom.session(id.as_str())?;
        let messages = session.as_ref().map(|session| classroom.history(session.key, None, usize::MAX)).transpose()?;
        Ok(session.zip(messages))
    });
    let (session, messages) = found.await?.ok_or_else(|| unknown(&client_id))?;
    let messages = transcript::all_messages(messages);
    let file_name = file_name(&format!("{client_id}.{format}"));
    if format == "md" {
        let text = transcript::markdown(client_id.as_str(), &messages);
        return Ok((file_name, [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], text).into_response());
    }
    if format == "html" {
        // To be looked at and printed, so it opens in the browser rather than being saved.
        let name = app.hub.class.name(client_id.as_str());
        return Ok(printable::page(&name, &messages).into_response());
    }
    let conversation = Conversation {
        client_id: client_id.as_str().to_owned(),
        created: protocol::timestamp(session.created),
        updated: protocol::timestamp(session.updated),
        messages,
    };
    Ok((file_name, Json(conversation)).into_response())
}

/// What a student knows by now.
#[derive(Serialize, JsonSchema)]
pub(super) struct Learned {
    /// Who it is.
    client_id: String,
    /// As they told the tutor they are called.
    name: Option<String>,
    /// Every section they were asked about, in the order of the books.
    sections: Vec<Progress>,
}

/// `GET /api/sessions/{client_id}/progress?format=json|csv`
pub(super) async fn progress(
    State(app): State<Arc<App>>,
    Path(client_id): Path<String>,
    Query(query): Query<FormatQuery>,
) -> Result<Response, ApiError> {
    let client_id: ClientId = client_id.parse().map_err(ApiError::bad_request)?;
    let format = query.one_of(&["json", "csv"])?;
    let id = client_id.clone();
    let learned = read(&app, move |classroom| classroom.learned(id.as_str())).await?;
    let learned = learned.ok_or_else(|| unknown(&client_id))?;
    let learner = read_learner(Some(&learned), &client_id);
    let entries = protocol::progress(learner.progress(transcript::now()));
    let file_name = file_name(&format!("{client_id}-progress.{format}"));
    if format == "csv" {
        let text = csv(&entries);
        return Ok((file_name, [(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response());
    }
    let learned = Learned { client_id: client_id.as_str().to_owned(), name: learner.name, sections: entries };
    Ok((file_name, Json(learned)).into_response())
}

/// A table for a spreadsheet, one section a line.
fn csv(entries: &[Progress]) -> String {
    let mut text = "book,title,section,mastery,num_asked,num_right,due\r\n".to_owned();
    for entry in entries {
        let Progress { book, title, section, mastery, num_asked, num_right, due } = entry;
        let due = due.as_deref().unwrap_or_default();
        let [book, title, section] = [book, title, section].map(|field| cell(field));
        text.push_str(&format!("{book},{title},{section},{mastery},{num_asked},{num_right},{due}\r\n"));
    }
    text
}

/// A field of RFC 4180, quoted; one that a spreadsheet would take for a formula gets an apostrophe before it.
pub(super) fn cell(field: &str) -> String {
    let formula = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{formula}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_field_of_a_table_stays_one_field_and_is_no_formula() {
        for (field, expected) in [
            ("Floods", "\"Floods\""),
            ("Silt, and \"mud\"", "\"Silt, and \"\"mud\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(field), expected);
        }
    }
}
