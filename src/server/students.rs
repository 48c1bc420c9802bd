//! The list of the class, for the teacher: who is on it, who is taken off, and the code by which they come.

use super::auth::{body, in_classroom, read_name};
use super::error::ApiError;
use super::http::App;
use super::protocol::class::What;
use super::protocol::timestamp;
use super::secrets;
use super::transcript::now;
use crate::classroom::{ClassroomError, Person, Role, Setting};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Names added at once.
const MAX_NAMES: usize = 500;

/// A student on the list of the class.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Student")]
pub(super) struct StudentEntry {
    /// Names their session.
    client_id: String,
    /// As they are called.
    name: String,
    /// Whether they chose their pictures.
    has_pin: bool,
    /// When they were put on the list: RFC 3339, UTC, seconds.
    created: String,
    /// When they last said something or got a reply: RFC 3339, UTC, seconds.
    last_seen: Option<String>,
}

/// `GET /api/class/students`
pub(super) async fn list(State(app): State<Arc<App>>) -> Result<Json<Vec<StudentEntry>>, ApiError> {
    let people = in_classroom(&app, |classroom| classroom.students().map(Ok)).await?;
    let mut seen: HashMap<String, Option<String>> =
        app.hub.class.students().into_iter().map(|pupil| (pupil.client_id, pupil.last_seen)).collect();
    let entry = |person: Person| StudentEntry {
        has_pin: person.pin.is_some(),
        created: timestamp(person.created),
        last_seen: seen.remove(&person.client_id).flatten(),
        client_id: person.client_id,
        name: person.name,
    };
    Ok(Json(people.into_iter().map(entry).collect()))
}

/// The body of `POST /api/class/students`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Names {
    names: Vec<String>,
}

/// `POST /api/class/students`
pub(super) async fn add(
    State(app): State<Arc<App>>,
    sent: Result<Json<Names>, JsonRejection>,
) -> Result<(StatusCode, Json<Vec<StudentEntry>>), ApiError> {
    let Names { names } = body(sent)?;
    if names.len() > MAX_NAMES {
        return Err(ApiError::bad_request(format!(
            "{} names are too many at once; {MAX_NAMES} are allowed",
            names.len()
        )));
    }
    let names = names.iter().map(|name| read_name(name)).collect::<Result<Vec<_>, _>>()?;
    let added = in_classroom(&app, move |classroom| {
        let mut added = Vec::new();
        for name in names {
            let client_id = secrets::new_client_id();
            let person = Person { client_id, role: Role::Student, name, pin: None, created: now() };
            match classroom.add_person(&person) {
                Ok(()) => added.push(person),
                Err(ClassroomError::NameTaken { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(added))
    });
    let added = added.await?;
    added.iter().for_each(|person| app.hub.class.someone_joined(person));
    Ok((StatusCode::CREATED, list(State(app)).await?))
}

fn unknown(client_id: &str) -> ApiError {
    ApiError::not_found(format!("there is no student {client_id:?}"))
}

fn sign_out(app: &App, client_id: &str) {
    if let Some(session) = app.hub.live_session(client_id) {
        session.sign_out();
    }
}

/// `DELETE /api/class/students/{client_id}`
pub(super) async fn remove(State(app): State<Arc<App>>, Path(client_id): Path<String>) -> Result<StatusCode, ApiError> {
    let id = client_id.clone();
    if !in_classroom(&app, move |classroom| classroom.remove_student(&id).map(Ok)).await? {
        return Err(unknown(&client_id));
    }
    sign_out(&app, &client_id);
    app.hub.class.someone_left(&client_id);
    app.hub.class.tell(What::Questions);
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/class/students/{client_id}/forget-pin`
pub(super) async fn forget_pin(
    State(app): State<Arc<App>>,
    Path(client_id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = client_id.clone();
    in_classroom(&app, move |classroom| {
        let Some(person) = classroom.person(&id)?.filter(|person| person.role == Role::Student) else {
            return Ok(Err(unknown(&id)));
        };
        classroom.set_pin(&person.client_id, None).map(Ok)
    })
    .await?;
    sign_out(&app, &client_id);
    app.hub.class.tell(What::Students);
    Ok(StatusCode::NO_CONTENT)
}

/// The code by which students join.
#[derive(Serialize, JsonSchema)]
pub(super) struct ClassCode {
    code: String,
}

/// `POST /api/class/code`
pub(super) async fn new_code(State(app): State<Arc<App>>) -> Result<Json<ClassCode>, ApiError> {
    let code = secrets::new_class_code();
    let kept = code.clone();
    in_classroom(&app, move |classroom| classroom.set(Setting::ClassCode, &kept).map(Ok)).await?;
    app.hub.class.touched();
    Ok(Json(ClassCode { code }))
}
