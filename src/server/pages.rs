//! The pages for students, embedded in the binary.

use super::error::ApiError;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// Everything under `src/server/web`.
#[derive(rust_embed::RustEmbed)]
#[folder = "src/server/web"]
struct Files;

/// `GET /demo`
pub(super) async fn index(headers: HeaderMap) -> Response {
    file("index.html", &headers)
}

/// `GET /join`
pub(super) async fn join(headers: HeaderMap) -> Response {
    file("join.html", &headers)
}

/// `GET /teach`
pub(super) async fn teach(headers: HeaderMap) -> Response {
    file("teach.html", &headers)
}

/// `GET /demo/{file}`
pub(super) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    file(&name, &headers)
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    // Only names that were embedded: in a debug build the files are read from the disk, and `..` must not leave it.
    let known = !name.starts_with('.') && Files::iter().any(|known| known == name);
    let Some(found) = known.then(|| Files::get(name)).flatten() else {
        return ApiError::not_found(format!("there is no page /demo/{name}")).into_response();
    };
    let hash: String = found.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let mut answer = if is_known(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type(name))], found.data.into_owned()).into_response()
    };
    let kept = answer.headers_mut();
    kept.insert(header::ETAG, HeaderValue::from_str(&etag).expect("a hash in quotes is visible ASCII"));
    // Asked for again each time, answered with "not modified": a new version of the server shows at once.
    kept.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    kept.insert(header::CONTENT_SECURITY_POLICY, policy(headers));
    answer
}

/// Whether the client has the file with this tag. A proxy or a compressing layer may have made the tag a weak one.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

/// Nothing but this server. Older browsers do not count its WebSockets as `'self'`, so they are named.
fn policy(headers: &HeaderMap) -> HeaderValue {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let plain = |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte));
    let sockets = host.filter(plain).map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'self'"
    );
    HeaderValue::from_str(&policy).expect("the host was checked to be plain")
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "pdf" => "application/pdf",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    fn get(name: &str, sent: &[(header::HeaderName, &str)]) -> Response {
        let sent = sent.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        file(name, &sent.collect())
    }

    #[test]
    fn only_embedded_files_are_served() {
        assert_eq!(get("index.html", &[]).status(), StatusCode::OK);
        for name in ["", "absent.js", "../mod.rs", "..", "/etc/passwd", "./index.html", ".hidden"] {
            assert_eq!(get(name, &[]).status(), StatusCode::NOT_FOUND, "{name}");
        }
    }

    #[test]
    fn a_file_that_the_client_has_is_not_sent_again() {
        let etag = get("index.html", &[]).headers()[header::ETAG].to_str().unwrap().to_owned();
        for (tags, expect) in [
            (etag.clone(), StatusCode::NOT_MODIFIED),
            (format!("W/{etag}"), StatusCode::NOT_MODIFIED),
            (format!("\"other\", {etag}"), StatusCode::NOT_MODIFIED),
            ("\"other\"".to_owned(), StatusCode::OK),
        ] {
            assert_eq!(get("index.html", &[(header::IF_NONE_MATCH, &tags)]).status(), expect, "{tags}");
        }
    }

    #[test]
    fn a_page_may_talk_to_its_own_server_only() {
        let policy = |host| {
            let answer = get("index.html", &[(header::HOST, host)]);
            answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
        };
        assert!(policy("10.0.0.5:8000").contains("connect-src 'self' ws://10.0.0.5:8000 wss://10.0.0.5:8000;"));
        assert!(policy("[::1]:8000").contains("ws://[::1]:8000"));
        assert!(policy("a; script-src *").contains("connect-src 'self';"), "a host that is none is left out");
    }
}
