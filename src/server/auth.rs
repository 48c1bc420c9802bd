//! Coming in and going out: the class code, a student's name and picture-PIN, the teacher's password.

use super::access::{self, Access, COOKIE, Caller, ClassAccess};
use super::error::ApiError;
use super::http::App;
use super::secrets::{self, MIN_PASSWORD_CHARS};
use super::transcript::now;
use crate::classroom::{ClassroomError, Person, Role, Setting, Store, TokenHash};
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;

/// The pictures of a PIN; the page draws them and says their names.
const PICTURES: [&str; 12] =
    ["sun", "fish", "tree", "house", "star", "moon", "boat", "bird", "flower", "apple", "drum", "kite"];

/// Pictures of a PIN: 1,728 PINs, of which a few may be tried in a minute.
const PIN_LENGTH: usize = 3;

/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 40;

/// How long a browser keeps a token: a school year.
const COOKIE_SECONDS: u32 = 365 * 24 * 3600;

/// The teacher's session; students' begin with `s-` or are named by their school.
const TEACHER_ID: &str = "teacher";

/// Reads or writes the classroom off the runtime's worker threads; an answer of its own may be an error.
pub(super) async fn in_classroom<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Store) -> Result<Result<T, ApiError>, ClassroomError> + Send + 'static,
) -> Result<T, ApiError> {
    let classroom = app.hub.classroom.clone();
    let done = tokio::task::spawn_blocking(move || work(&classroom)).await;
    done.map_err(|error| ApiError::internal(&error))?.map_err(|error| ApiError::internal(&error))?
}

/// A body of JSON, or why it is none.
pub(super) fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, ApiError> {
    body.map(|Json(body)| body).map_err(|error| ApiError::bad_request(error.body_text()))
}

/// Who is signed in; nothing where nobody is.
#[derive(Serialize, JsonSchema)]
pub(super) struct Me {
    /// Whether anyone has to sign in here.
    login: bool,
    /// What they may do.
    role: Option<Role>,
    /// Names their session.
    client_id: Option<String>,
    /// As they are called.
    name: Option<String>,
}

/// `GET /api/me`
pub(super) async fn me(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>) -> Json<Me> {
    let login = matches!(app.access, Access::Class(_));
    let (client_id, name) = caller.person().map(|person| (person.client_id.clone(), person.name.clone())).unzip();
    Json(Me { login, role: caller.role(), client_id, name })
}

fn class(app: &App) -> Result<&ClassAccess, ApiError> {
    match &app.access {
        Access::Class(access) => Ok(access),
        Access::Open => Err(ApiError::bad_request("nobody has to join here; open /demo")),
    }
}

/// Whether `given` is the code of the class.
fn check_code(classroom: &Store, given: &str) -> Result<Result<(), ApiError>, ClassroomError> {
    let code = classroom.setting(Setting::ClassCode)?;
    let right = code.is_some_and(|code| code == secrets::read_class_code(given));
    Ok(right.then_some(()).ok_or_else(|| ApiError::forbidden("this is not the code of the class; ask your teacher")))
}

/// The code of `GET /api/class`.
#[derive(Deserialize)]
pub(super) struct CodeQuery {
    #[serde(default)]
    code: String,
}

/// A name of the class, to choose one's own.
#[derive(Serialize, JsonSchema)]
struct NameToJoin {
    /// The name.
    name: String,
    /// Whether pictures were chosen for it.
    has_pin: bool,
}

/// What the page to join shows.
#[derive(Serialize, JsonSchema)]
pub(super) struct ClassToJoin {
    /// Everyone on the list, by name.
    students: Vec<NameToJoin>,
    /// The pictures of a PIN.
    pictures: [&'static str; PICTURES.len()],
    /// How many of them make a PIN.
    pin_length: usize,
}

/// `GET /api/class?code=`
pub(super) async fn class_to_join(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(query): Query<CodeQuery>,
) -> Result<Json<ClassToJoin>, ApiError> {
    class(&app)?;
    app.hub.rates.attempt(peer.ip(), "")?;
    let students = in_classroom(&app, move |classroom| {
        if let Err(error) = check_code(classroom, &query.code)? {
            return Ok(Err(error));
        }
        Ok(Ok(classroom.students()?))
    });
    let to_join = |one: Person| NameToJoin { has_pin: one.pin.is_some(), name: one.name };
    let students = students.await?.into_iter().map(to_join).collect();
    Ok(Json(ClassToJoin { students, pictures: PICTURES, pin_length: PIN_LENGTH }))
}

/// The body of `POST /api/join`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Join {
    code: String,
    name: String,
    pin: Vec<String>,
}

/// A name as it is shown: without control characters and doubled blanks.
pub(super) fn read_name(name: &str) -> Result<String, ApiError> {
    // A mark that turns the writing direction could make one name look like another.
    let is_plain = |c: &char| {
        !c.is_control() && !matches!(u32::from(*c), 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFEFF)
    };
    let plain: String = name.chars().filter(is_plain).collect();
    let name = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(ApiError::bad_request(format!("a name has 1 to {MAX_NAME_CHARS} letters")));
    }
    Ok(name)
}

fn read_pin(pin: &[String]) -> Result<String, ApiError> {
    if pin.len() == PIN_LENGTH && pin.iter().all(|picture| PICTURES.contains(&picture.as_str())) {
        return Ok(pin.join(" "));
    }
    let known = PICTURES.join(", ");
    Err(ApiError::bad_request(format!("a PIN is {PIN_LENGTH} of these pictures, in order: {known}")))
}

/// Whether a student comes for the first time.
enum Joined {
    New,
    Back,
}

/// The student of this name and PIN, new or known. Blocks, long enough that guessing is slow.
fn join_class(
    classroom: &Store,
    join: &Join,
    name: &str,
    pin: &str,
) -> Result<Result<(Person, Joined), ApiError>, ClassroomError> {
    if let Err(error) = check_code(classroom, &join.code)? {
        return Ok(Err(error));
    }
    let Some(found) = classroom.person_named(name)? else {
        let pin = Some(secrets::hash_password(pin));
        let (client_id, name) = (secrets::new_client_id(), name.to_owned());
        let person = Person { client_id, role: Role::Student, name, pin, created: now() };
        return match classroom.add_person(&person) {
            // Somebody of that name came in at this very moment.
            Err(ClassroomError::NameTaken { name }) => {
                Ok(Err(ApiError::conflict("exists", format!("there is a student called {name} already"))))
            }
            added => added.map(|()| Ok((person, Joined::New))),
        };
    };
    let wrong = "these are not the pictures of this name; try again, or ask your teacher";
    let wrong = || ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", wrong);
    match &found.pin {
        _ if found.role == Role::Teacher => Ok(Err(ApiError::forbidden("this name is taken"))),
        Some(hash) if secrets::is_password(pin, hash) => Ok(Ok((found, Joined::Back))),
        Some(_) => Ok(Err(wrong())),
        None => {
            classroom.set_pin(&found.client_id, Some(&secrets::hash_password(pin)))?;
            Ok(Ok((found, Joined::New)))
        }
    }
}

/// `POST /api/join`
pub(super) async fn join(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    sent: Result<Json<Join>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = class(&app)?;
    let sent = body(sent)?;
    let (name, pin) = (read_name(&sent.name)?, read_pin(&sent.pin)?);
    app.hub.rates.attempt(peer.ip(), &name)?;
    let _one_of_few = app.hub.hashing.acquire().await;
    let joined = in_classroom(&app, move |classroom| join_class(classroom, &sent, &name, &pin)).await?;
    let (person, joined) = joined;
    app.hub.class.someone_joined(&person);
    let is_new = matches!(joined, Joined::New);
    signed_in(&app, access, person, Some(is_new)).await
}

/// The body of `POST /api/login`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Login {
    password: String,
}

/// `POST /api/login`
pub(super) async fn login(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    sent: Result<Json<Login>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = class(&app)?;
    let Login { password } = body(sent)?;
    app.hub.rates.attempt(peer.ip(), "")?;
    let _one_of_few = app.hub.hashing.acquire().await;
    let teacher = in_classroom(&app, move |classroom| {
        let hash = classroom.setting(Setting::TeacherPassword)?;
        if !hash.is_some_and(|hash| secrets::is_password(&password, &hash)) {
            return Ok(Err(ApiError::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "this is not the teacher's password",
            )));
        }
        the_teacher(classroom).map(Ok)
    });
    let teacher = teacher.await?;
    signed_in(&app, access, teacher, None).await
}

/// The teacher, put on the list at the first time.
fn the_teacher(classroom: &Store) -> Result<Person, ClassroomError> {
    if let Some(found) = classroom.person(TEACHER_ID)? {
        return Ok(found);
    }
    for name in ["Teacher", "The teacher", "Teacher (class)"] {
        let (client_id, name) = (TEACHER_ID.to_owned(), name.to_owned());
        let person = Person { client_id, role: Role::Teacher, name, pin: None, created: now() };
        match classroom.add_person(&person) {
            Err(ClassroomError::NameTaken { .. }) => {}
            added => return added.map(|()| person),
        }
    }
    Err(ClassroomError::NameTaken { name: "Teacher".to_owned() })
}

/// Someone who came in.
#[derive(Serialize, JsonSchema)]
pub(super) struct SignedIn {
    /// For programs: `Authorization: Bearer` or `?token=`. Browsers have it as a cookie.
    token: String,
    /// Names their session: `/ws/{client_id}`.
    client_id: String,
    /// As they are called.
    name: String,
    /// What they may do.
    role: Role,
    /// Whether these pictures were chosen just now; only for a student.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_new: Option<bool>,
}

/// A fresh token for a person, as a cookie and in the answer.
async fn signed_in(
    app: &App,
    access: &ClassAccess,
    person: Person,
    is_new: Option<bool>,
) -> Result<Response, ApiError> {
    let token = secrets::new_token();
    let (hash, client_id) = (TokenHash::of(&token), person.client_id.clone());
    in_classroom(app, move |classroom| classroom.add_token(hash, &client_id, now()).map(Ok)).await?;
    let cookie = cookie(access, &token, COOKIE_SECONDS);
    let Person { client_id, name, role, .. } = person;
    let answer = SignedIn { token, client_id, name, role, is_new };
    Ok(([(header::SET_COOKIE, cookie)], Json(answer)).into_response())
}

fn cookie(access: &ClassAccess, token: &str, seconds: u32) -> String {
    let secure = if access.secure { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// `POST /api/logout`
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let access = class(&app)?;
    if let Some(token) = access::token(&headers, query.as_deref()).map(TokenHash::of) {
        in_classroom(&app, move |classroom| classroom.remove_token(token).map(Ok)).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(access, "", 0))]).into_response())
}

/// The body of `POST /api/password`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct NewPassword {
    old: String,
    new: String,
}

/// `POST /api/password`
pub(super) async fn password(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    sent: Result<Json<NewPassword>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    class(&app)?;
    let NewPassword { old, new } = body(sent)?;
    if new.chars().count() < MIN_PASSWORD_CHARS {
        return Err(ApiError::bad_request(format!("the new password needs at least {MIN_PASSWORD_CHARS} characters")));
    }
    app.hub.rates.attempt(peer.ip(), "")?;
    let kept = access::token(&headers, query.as_deref()).map_or(TokenHash::of(""), TokenHash::of);
    let _one_of_few = app.hub.hashing.acquire().await;
    in_classroom(&app, move |classroom| {
        let hash = classroom.setting(Setting::TeacherPassword)?;
        if !hash.is_some_and(|hash| secrets::is_password(&old, &hash)) {
            let message = "the old password is not right";
            return Ok(Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message)));
        }
        classroom.set(Setting::TeacherPassword, &secrets::hash_password(&new))?;
        // Whoever else had signed in with the old one is out.
        classroom.remove_other_tokens(TEACHER_ID, kept).map(Ok)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn a_name_is_what_can_be_seen_of_it() {
        let check =
            |given: &str, expect: Option<&str>| assert_eq!(read_name(given).ok().as_deref(), expect, "{given:?}");
        check("  Asha   Rao ", Some("Asha Rao"));
        check("आशा", Some("आशा"));
        check("A\u{202E}sha\u{200B}", Some("Asha"));
        check("Asha\nRao", Some("AshaRao"));
        check(" \u{200B} ", None);
        check(&"x".repeat(41), None);
        check(&"é".repeat(40), Some(&"é".repeat(40)));
    }

    #[test]
    fn a_pin_is_three_known_pictures() {
        let check = |pin: &[&str], expect: bool| {
            let pin: Vec<String> = pin.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(read_pin(&pin).is_ok(), expect, "{pin:?}");
        };
        check(&["sun", "sun", "fish"], true);
        check(&["sun", "fish"], false);
        check(&["sun", "fish", "tree", "star"], false);
        check(&["sun", "fish", "cow"], false);
        check(&[], false);
    }
}
