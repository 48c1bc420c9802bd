//! Who may do what: one table of rules, and the gate in front of every route that applies it.
//!
//! # Invariants
//! * A route without a rule is closed to everyone: whoever adds one must say who may use it.
//! * An open server (this machine alone) asks nobody to log in; there everyone is the teacher, and no foreign web page is.
//! * A student reads and writes only what has their own `client_id`; a refusal says the same whether the other exists.

use super::cors::Cors;
use super::error::ApiError;
use super::http::App;
use super::jwt::JwtKey;
use crate::classroom::{ClassroomError, Person, Role, Store, TokenHash};
use axum::RequestExt as _;
use axum::extract::{ConnectInfo, MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The cookie that holds a token.
pub(super) const COOKIE: &str = "lectern_token";

/// Who is let in.
#[derive(Debug, Clone, Default)]
pub enum Access {
    /// Everyone, without a login: for a server that only its own machine reaches.
    #[default]
    Open,
    /// The class: students join with the class code, the teacher has a password.
    Class(ClassAccess),
}

/// How a class comes in.
#[derive(Debug, Clone, Default)]
pub struct ClassAccess {
    /// Whether the server is reached over TLS, so that cookies may insist on it.
    pub secure: bool,
    /// The school's key, if its tokens (JWT) are taken.
    pub jwt: Option<JwtKey>,
    /// Where the class finds the server, without a path: `http://192.168.1.7:8000`.
    pub address: Option<String>,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Whoever reaches the server.
    Anyone,
    /// A student or the teacher.
    SignedIn,
    /// The student that the route's `client_id` names.
    Own,
    /// The same, and the teacher.
    OwnOrTeacher,
    /// The teacher.
    Teacher,
    /// Programs on this machine, and the teacher.
    Operator,
}

/// Every route: its pattern, who may read it (`GET`, `HEAD`), and who may do the rest.
pub(super) const RULES: &[(&str, Rule, Rule)] = &[
    ("/", Rule::Anyone, Rule::Anyone),
    ("/health", Rule::Anyone, Rule::Anyone),
    ("/metrics", Rule::Operator, Rule::Operator),
    ("/asyncapi.json", Rule::Anyone, Rule::Anyone),
    ("/openapi.json", Rule::Anyone, Rule::Anyone),
    ("/demo", Rule::Anyone, Rule::Anyone),
    ("/demo/", Rule::Anyone, Rule::Anyone),
    ("/demo/{*file}", Rule::Anyone, Rule::Anyone),
    ("/join", Rule::Anyone, Rule::Anyone),
    ("/teach", Rule::Anyone, Rule::Anyone),
    ("/teach/ws", Rule::Teacher, Rule::Teacher),
    ("/ws", Rule::Anyone, Rule::Anyone),
    ("/ws/", Rule::Anyone, Rule::Anyone),
    ("/ws/{*client_id}", Rule::Own, Rule::Own),
    ("/api/me", Rule::Anyone, Rule::Anyone),
    ("/api/class", Rule::Anyone, Rule::Anyone),
    ("/api/join", Rule::Anyone, Rule::Anyone),
    ("/api/login", Rule::Anyone, Rule::Anyone),
    ("/api/logout", Rule::Anyone, Rule::Anyone),
    ("/api/password", Rule::Teacher, Rule::Teacher),
    ("/api/class/students", Rule::Teacher, Rule::Teacher),
    ("/api/class/students/{client_id}", Rule::Teacher, Rule::Teacher),
    ("/api/class/students/{client_id}/forget-pin", Rule::Teacher, Rule::Teacher),
    ("/api/class/code", Rule::Teacher, Rule::Teacher),
    ("/api/class/questions", Rule::Teacher, Rule::Teacher),
    ("/api/class/mastery", Rule::Teacher, Rule::Teacher),
    ("/api/class/export", Rule::Teacher, Rule::Teacher),
    ("/api/books", Rule::SignedIn, Rule::Teacher),
    ("/api/books/{id}", Rule::Teacher, Rule::Teacher),
    ("/api/books/{id}/file", Rule::SignedIn, Rule::Teacher),
    ("/api/books/{id}/pages/{page}", Rule::SignedIn, Rule::Teacher),
    ("/api/sessions/{client_id}/export", Rule::OwnOrTeacher, Rule::Teacher),
    ("/api/sessions/{client_id}/progress", Rule::OwnOrTeacher, Rule::Teacher),
    // Closed unless the operator opens it, and then to programs that know no login.
    ("/v1/models", Rule::Anyone, Rule::Anyone),
    ("/v1/chat/completions", Rule::Anyone, Rule::Anyone),
    ("/v1/embeddings", Rule::Anyone, Rule::Anyone),
    ("/v1/{*rest}", Rule::Anyone, Rule::Anyone),
];

/// The rule of a route; nothing for a route that has none.
pub(super) fn rule(pattern: &str, method: &Method) -> Option<Rule> {
    let (_, read, write) = RULES.iter().find(|(known, ..)| *known == pattern)?;
    Some(if matches!(*method, Method::GET | Method::HEAD) { *read } else { *write })
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// Nobody has to say who they are here.
    Everyone,
    /// No token, or one that stands for nobody.
    Nobody,
    /// Someone known.
    Known(Box<Person>),
}

impl Caller {
    /// What they may do.
    pub(super) fn role(&self) -> Option<Role> {
        match self {
            Self::Everyone => Some(Role::Teacher),
            Self::Nobody => None,
            Self::Known(person) => Some(person.role),
        }
    }

    /// The person, where one is known.
    pub(super) fn person(&self) -> Option<&Person> {
        if let Self::Known(person) = self { Some(person) } else { None }
    }

    /// Whether they may use a route of this rule that is about `client_id`.
    fn may(&self, rule: Rule, client_id: Option<&str>, is_local: bool) -> Result<(), ApiError> {
        let person = match self {
            Self::Everyone => return Ok(()),
            Self::Nobody if rule == Rule::Anyone || (rule == Rule::Operator && is_local) => return Ok(()),
            Self::Nobody => {
                let message = "nobody is signed in here; join the class at /join, or sign in at /teach";
                return Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message));
            }
            Self::Known(person) => person,
        };
        let own = client_id == Some(person.client_id.as_str());
        let is_teacher = person.role == Role::Teacher;
        let allowed = match rule {
            Rule::Anyone | Rule::SignedIn => true,
            Rule::Own => own,
            Rule::OwnOrTeacher => own || is_teacher,
            Rule::Teacher => is_teacher,
            Rule::Operator => is_teacher || is_local,
        };
        let words = if rule == Rule::Teacher { "this is for the teacher" } else { "this is not yours to see" };
        allowed.then_some(()).ok_or_else(|| ApiError::forbidden(words))
    }
}

/// The token of a request: its cookie, `?token=`, or the bearer.
pub(super) fn token<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Option<&'a str> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    let asked = || query?.split('&').find_map(|pair| pair.strip_prefix("token="));
    let cookies = || headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookie = || {
        let mut pairs = cookies().flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find_map(|(name, value)| (name == COOKIE).then_some(value))
    };
    // What a program says of itself comes before what a browser sends along by itself.
    bearer.map(|(_, token)| token.trim()).or_else(asked).or_else(cookie).filter(|token| !token.is_empty())
}

/// Who holds a token. Blocks.
fn holder(access: &ClassAccess, classroom: &Store, token: &str) -> Result<Caller, ClassroomError> {
    if let Some(key) = access.jwt.as_ref().filter(|_| token.matches('.').count() == 2) {
        return match key.person(token) {
            Ok(person) => Ok(Caller::Known(Box::new(known(classroom, person)?))),
            Err(error) => {
                tracing::info!(%error, "a school's token was refused");
                Ok(Caller::Nobody)
            }
        };
    }
    let person = classroom.holder(TokenHash::of(token))?;
    Ok(person.map_or(Caller::Nobody, |person| Caller::Known(Box::new(person))))
}

/// Someone the school knows, put on the list of the class at the first time.
fn known(classroom: &Store, person: Person) -> Result<Person, ClassroomError> {
    if let Some(found) = classroom.person(&person.client_id)? {
        return Ok(Person { role: person.role, ..found });
    }
    match classroom.add_person(&person) {
        Err(ClassroomError::NameTaken { name }) => {
            let person = Person { name: format!("{name} ({})", person.client_id), ..person };
            classroom.add_person(&person)?;
            Ok(person)
        }
        added => added.map(|()| person),
    }
}

/// Finds out who asks.
async fn caller(app: &App, headers: &HeaderMap, query: Option<&str>) -> Result<Caller, ApiError> {
    let Access::Class(access) = &app.access else { return Ok(Caller::Everyone) };
    let Some(token) = token(headers, query) else { return Ok(Caller::Nobody) };
    let (access, classroom, token) = (access.clone(), app.hub.classroom.clone(), token.to_owned());
    let found = tokio::task::spawn_blocking(move || holder(&access, &classroom, &token)).await;
    found.map_err(|error| ApiError::internal(&error))?.map_err(|error| ApiError::internal(&error))
}

/// Whether a web page that could lead the class is one of this server. Without this, any page that the teacher's browser
/// shows could send commands to a server that asks for no login.
fn is_own_page(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let bare = name.trim_matches(['[', ']']);
    // A name of the internet may have been made to point here.
    let is_local_name = bare.parse::<IpAddr>().is_ok() || bare == "localhost" || bare.ends_with(".local");
    (headers.get(header::ORIGIN).is_none() || is_local_name) && Cors::SameHost.allows(headers)
}

/// Lets a request through, or says why not.
pub(super) async fn gate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    match admit(&app, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn admit(app: &App, request: &mut Request) -> Result<(), ApiError> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    if let Some(peer) = peer {
        app.hub.rates.request(peer)?;
    }
    // What matches no route is answered by the fallback.
    let Some(pattern) = request.extensions().get::<MatchedPath>().cloned() else { return Ok(()) };
    let closed = || ApiError::forbidden("this is closed");
    let rule = rule(pattern.as_str(), request.method()).ok_or_else(closed)?;
    if matches!(rule, Rule::Teacher) && !is_own_page(request.headers()) {
        return Err(ApiError::forbidden("pages of other sites may not lead this class"));
    }
    let params = request.extract_parts::<RawPathParams>().await.ok();
    let client_id =
        params.as_ref().and_then(|params| params.iter().find(|(name, _)| *name == "client_id")).map(|(_, value)| value);
    let caller = caller(app, request.headers(), request.uri().query()).await?;
    let is_local = peer.is_some_and(|peer| peer.is_loopback());
    caller.may(rule, client_id, is_local)?;
    request.extensions_mut().insert(caller);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_is_found_where_it_may_be() {
        let cookie = headers(&[(header::COOKIE, "a=b; lectern_token=from-cookie; c=d")]);
        let bearer = headers(&[(header::AUTHORIZATION, "Bearer from-bearer"), (header::COOKIE, "lectern_token=no")]);
        let check = |headers: &HeaderMap, query, expect| assert_eq!(token(headers, query), expect);
        check(&cookie, None, Some("from-cookie"));
        check(&cookie, Some("stream=1&token=asked"), Some("asked"));
        check(&bearer, Some("token=asked"), Some("from-bearer"));
        check(&HeaderMap::new(), Some("stream=1"), None);
        check(&headers(&[(header::COOKIE, "lectern_token=")]), None, None);
        check(&headers(&[(header::AUTHORIZATION, "Basic x")]), None, None);
    }

    #[test]
    fn only_pages_of_this_server_lead_the_class() {
        let check = |host: &str, origin: Option<&str>, expect: bool| {
            let mut pairs = vec![(header::HOST, host)];
            pairs.extend(origin.map(|origin| (header::ORIGIN, origin)));
            assert_eq!(is_own_page(&headers(&pairs)), expect, "{host} {origin:?}");
        };
        check("127.0.0.1:8000", None, true);
        check("127.0.0.1:8000", Some("http://127.0.0.1:8000"), true);
        check("[::1]:8000", Some("http://[::1]:8000"), true);
        check("lectern.local", Some("http://lectern.local"), true);
        check("192.168.1.7:8000", Some("http://192.168.1.7:8000"), true);
        check("127.0.0.1:8000", Some("https://evil.example"), false);
        check("127.0.0.1:8000", Some("null"), false);
        check("evil.example:8000", Some("http://evil.example:8000"), false);
    }
}
