//! Which web pages may talk to the server.

use super::ServerError;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use std::str::FromStr;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Which web pages may use the API and open a WebSocket. A program that is not a browser sends no `Origin` and is never
/// asked.
///
/// The default is [`Cors::Any`]: the server listens to one machine or one classroom, there is no login that a foreign
/// page could abuse, and pages that are developed on another port must work. A server with logins should use
/// [`Cors::SameHost`] or name its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cors {
    /// Any page.
    #[default]
    Any,
    /// Pages of this host, whatever their port, and of the machine that shows them.
    SameHost,
    /// As [`Cors::SameHost`], and these origins.
    Only(Vec<String>),
}

impl FromStr for Cors {
    type Err = ServerError;

    /// `*`, `same`, or origins separated by commas.
    fn from_str(text: &str) -> Result<Self, ServerError> {
        match text.trim() {
            "*" => return Ok(Self::Any),
            "same" => return Ok(Self::SameHost),
            _ => {}
        }
        let origins = text.split(',').map(|origin| {
            let origin = origin.trim().trim_end_matches('/');
            let well_formed = host_of(origin).is_some() && origin.matches('/').count() == 2;
            let origin = origin.to_ascii_lowercase();
            if well_formed { Ok(origin) } else { Err(ServerError::Origin { given: origin }) }
        });
        origins.collect::<Result<_, _>>().map(Self::Only)
    }
}

/// The host of an origin, in lower case, IPv6 in brackets.
fn host_of(origin: &str) -> Option<String> {
    let uri: Uri = origin.parse().ok()?;
    uri.scheme()?;
    uri.host().map(str::to_ascii_lowercase)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl Cors {
    /// Whether the page at `origin` may talk to the server that it called by the `Host` in `headers`.
    fn allows_origin(&self, origin: &str, headers: &HeaderMap) -> bool {
        if *self == Self::Any {
            return true;
        }
        let Some(host) = host_of(origin) else { return false };
        let called: Option<axum::http::uri::Authority> =
            headers.get(header::HOST).and_then(|host| host.to_str().ok()).and_then(|host| host.parse().ok());
        let same = called.is_some_and(|called| called.host().eq_ignore_ascii_case(&host));
        let named = matches!(self, Self::Only(origins) if origins.iter().any(|one| one.eq_ignore_ascii_case(origin)));
        same || named || is_loopback(&host)
    }

    /// Whether a request may open a WebSocket; browsers do not apply CORS to those.
    pub(super) fn allows(&self, headers: &HeaderMap) -> bool {
        match headers.get(header::ORIGIN).map(HeaderValue::to_str) {
            None => true,
            Some(Ok(origin)) => self.allows_origin(origin, headers),
            Some(Err(_)) => false,
        }
    }

    /// The CORS headers of the HTTP answers.
    pub(super) fn layer(&self) -> CorsLayer {
        let origin = match self {
            Self::Any => AllowOrigin::any(),
            _ => {
                let cors = self.clone();
                AllowOrigin::predicate(move |origin, request| {
                    origin.to_str().is_ok_and(|origin| cors.allows_origin(origin, &request.headers))
                })
            }
        };
        CorsLayer::new()
            .allow_origin(origin)
            .allow_methods([Method::GET, Method::HEAD, Method::OPTIONS])
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::RANGE, header::IF_NONE_MATCH])
            .expose_headers([header::CONTENT_RANGE, header::ACCEPT_RANGES, header::CONTENT_LENGTH, header::ETAG])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn pages_are_allowed_as_configured() {
        let check = |cors: &str, origin: Option<&str>, expect: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("10.0.0.5:8000"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
            }
            assert_eq!(cors.parse::<Cors>().unwrap().allows(&headers), expect, "{cors} {origin:?}");
        };
        for origin in [None, Some("http://evil.example"), Some("null"), Some("http://10.0.0.5:8000")] {
            check("*", origin, true);
        }
        for cors in ["same", "http://school.example:3000, https://b.example/"] {
            check(cors, None, true);
            check(cors, Some("http://10.0.0.5:8000"), true);
            check(cors, Some("https://10.0.0.5:5173"), true);
            check(cors, Some("http://localhost:3000"), true);
            check(cors, Some("http://127.0.0.1"), true);
            check(cors, Some("http://[::1]:9"), true);
            check(cors, Some("http://evil.example"), false);
            check(cors, Some("http://localhost.evil.example"), false);
            check(cors, Some("http://10.0.0.5.evil.example"), false);
            check(cors, Some("null"), false);
        }
        check("same", Some("http://school.example:3000"), false);
        check("http://school.example:3000,https://b.example/", Some("http://school.example:3000"), true);
        check("http://school.example:3000,https://b.example/", Some("https://b.example"), true);
        check("http://school.example:3000,https://b.example/", Some("http://school.example"), false);
    }

    #[test]
    fn an_origin_that_is_none_is_named() {
        for text in ["", "school.example", "http://", "http://a.example/page", "http://a.example,,"] {
            let error = text.parse::<Cors>().unwrap_err().to_string();
            assert!(error.contains("is not understood"), "{text}: {error}");
        }
    }
}
