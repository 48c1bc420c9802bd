//! What is asked over plain HTTP, and what is refused before a WebSocket begins.

#![allow(clippy::unwrap_used, reason = "a test")]

mod server_support;

use lectern::server::{Cors, Limits};
use serde_json::{Value, json};
use server_support::{Server, book_bytes};

/// What a browser sends to open a WebSocket.
const HANDSHAKE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[tokio::test]
async fn the_server_tells_what_it_is() {
    let server = Server::start(Limits::default()).await;
    let index = server.get("/", &[]).await.json();
    assert_eq!((&index["name"], &index["version"]), (&json!("lectern"), &json!("0")));
    assert_eq!(index["model"], "stand-in");
    assert_eq!(index["books"][0]["id"], "rivers");
    let mut client = server.join("ann").await;
    client.say_streaming("wait for ever").await;
    client.frames_until("delta").await;
    let health = server.get("/health", &[]).await.json();
    for (field, expect) in [
        ("status", json!("ok")),
        ("active_connections", json!(1)),
        ("running_turns", json!(1)),
        ("waiting_turns", json!(0)),
        ("model", json!("stand-in")),
        ("books", json!(1)),
        ("chunks", json!(200)),
    ] {
        assert_eq!(health[field], expect, "{field}");
    }
    assert!(health["uptime_s"].is_u64());
    assert_eq!(
        server.get("/api/books", &[]).await.json(),
        json!([{"id": "rivers", "title": "Rivers", "file_name": "rivers.pdf", "num_pages": 40, "num_chunks": 200,
                "topics": ["The Indus"]}])
    );
}

#[tokio::test]
async fn every_described_path_answers_as_described() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    client.say("hello").await;
    client.expect("response").await;
    let description = server.get("/openapi.json", &[]).await.json();
    let example = |parameter: &Value| match parameter["name"].as_str().unwrap() {
        "id" => "rivers".to_owned(),
        _ => parameter["example"].as_str().map_or_else(|| parameter["example"].to_string(), str::to_owned),
    };
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() > 8);
    for (path, item) in paths {
        let mut asked = path.clone();
        let (method, operation) = item.as_object().unwrap().iter().next().unwrap();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            asked = asked.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &example(parameter));
        }
        let answer = server.request(&method.to_uppercase(), &asked, &[]).await;
        let responses = operation["responses"].as_object().unwrap();
        let described = responses.get(&answer.status.to_string());
        let described = described.unwrap_or_else(|| panic!("{asked}: {} is not described", answer.status));
        let Some(content) = described["content"].as_object() else {
            assert!(answer.body.is_empty(), "{asked}: the body is not described");
            continue;
        };
        let kind = answer.headers["content-type"].split(';').next().unwrap();
        assert!(content.contains_key(kind) || content.contains_key("*/*"), "{asked}: {kind} is not described");
        if kind == "application/json" {
            let schema = json!({"allOf": [content[kind]["schema"]], "components": description["components"]});
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            let faults: Vec<_> = validator.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{asked}: {}", answer.json());
        }
    }
    let endpoints = server.get("/", &[]).await.json()["endpoints"].clone();
    for endpoint in endpoints.as_object().unwrap().values() {
        let path = endpoint.as_str().unwrap().split('?').next().unwrap();
        assert!(paths.contains_key(path), "{path} is not described");
    }
    let asyncapi = server.get("/asyncapi.json", &[]).await.json();
    assert_eq!(asyncapi["channels"]["session"]["address"], "/ws/{client_id}");
}

#[tokio::test]
async fn a_book_is_sent_whole_or_in_ranges() {
    let server = Server::start(Limits::default()).await;
    let path = "/api/books/rivers/file";
    let whole = server.get(path, &[("Accept-Encoding", "gzip")]).await;
    assert_eq!((whole.status, &whole.body), (200, &book_bytes()));
    assert_eq!(whole.headers["content-type"], "application/pdf");
    assert_eq!(whole.headers["accept-ranges"], "bytes");
    let not_modified = [("If-Modified-Since", whole.headers["last-modified"].as_str())];
    assert_eq!(server.get(path, &not_modified).await.status, 304);
    for (range, status, body, content_range) in [
        ("bytes=0-9", 206, &b"0123456789"[..], "bytes 0-9/1000"),
        ("bytes=995-", 206, b"56789", "bytes 995-999/1000"),
        ("bytes=-3", 206, b"789", "bytes 997-999/1000"),
        ("bytes=5000-", 416, b"", "bytes */1000"),
    ] {
        let answer = server.get(path, &[("Range", range)]).await;
        assert_eq!((answer.status, answer.body.as_slice()), (status, body), "{range}");
        assert_eq!(answer.headers["content-range"], content_range, "{range}");
    }
    let head = server.request("HEAD", path, &[]).await;
    assert_eq!((head.status, head.headers["content-length"].as_str(), head.body.len()), (200, "1000", 0));
}

#[tokio::test]
async fn a_conversation_is_exported() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    client.say("teach Rivers").await;
    client.expect("response").await;
    let path = "/api/sessions/ann/export";
    let exported = server.get(&format!("{path}?format=json"), &[]).await;
    assert_eq!(exported.headers["content-disposition"], "attachment; filename=\"ann.json\"");
    let conversation = exported.json();
    assert_eq!(conversation["client_id"], "ann");
    let told = [&conversation["messages"][0], &conversation["messages"][1]].map(|one| (&one["role"], &one["content"]));
    assert_eq!(told, [(&json!("user"), &json!("teach Rivers")), (&json!("assistant"), &json!("teach Rivers"))]);
    assert_eq!(server.get(path, &[]).await.json(), conversation, "json is the default");
    let text = server.get(&format!("{path}?format=md"), &[]).await.text();
    assert!(text.starts_with("# Conversation of ann\n\n## Student, "), "{text}");
    assert!(text.contains("- Rivers, p. iv: “The Indus is a river”"), "{text}");
}

#[tokio::test]
async fn the_page_is_served_with_everything_it_needs() {
    let server = Server::start(Limits::default()).await;
    let page = server.get("/demo", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    let policy = &page.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(server.get("/demo/", &[]).await.body, page.body);
    let etag = page.headers["etag"].as_str();
    assert_eq!(server.get("/demo", &[("If-None-Match", etag)]).await.status, 304);
    let zipped = server.get("/demo", &[("Accept-Encoding", "gzip")]).await;
    assert_eq!(zipped.headers["content-encoding"], "gzip");
    let text = page.text();
    let asset =
        |(at, mark): (usize, &str)| text[at + mark.len() - "/demo/".len()..].split('"').next().map(str::to_owned);
    let marks = ["href=\"/demo/", "src=\"/demo/"];
    let assets: Vec<_> = marks.iter().flat_map(|mark| text.match_indices(mark)).filter_map(asset).collect();
    for asset in assets {
        assert_eq!(server.get(&asset, &[]).await.status, 200, "{asset}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_a_json_error() {
    let server = Server::start(Limits::default()).await;
    let too_long = format!("/ws/{}", "x".repeat(65));
    for (method, path, status, code) in [
        ("GET", "/absent", 404, "not_found"),
        ("GET", "/api/books/absent/file", 404, "not_found"),
        ("GET", "/api/books/lost/file", 404, "not_found"),
        ("GET", "/api/books/broken/file", 500, "internal"),
        ("GET", "/api/books/..%2f..%2fetc%2fpasswd/file", 404, "not_found"),
        ("GET", "/api/books/rivers/pages/5", 404, "not_found"),
        ("GET", "/api/books/rivers/pages/-1", 404, "not_found"),
        ("GET", "/api/books/rivers/pages/iv", 404, "not_found"),
        ("GET", "/api/books/absent/pages/1", 404, "not_found"),
        ("GET", "/demo/absent.js", 404, "not_found"),
        ("GET", "/demo/..%2fmod.rs", 404, "not_found"),
        ("GET", "/api/sessions/nobody/export", 404, "not_found"),
        ("GET", "/api/sessions/nobody/export?format=pdf", 400, "bad_request"),
        ("GET", "/api/sessions/no%20body/export", 400, "bad_request"),
        ("POST", "/health", 405, "method_not_allowed"),
        ("DELETE", "/api/books", 405, "method_not_allowed"),
        ("GET", "/ws", 400, "bad_request"),
        ("GET", "/ws/", 400, "bad_request"),
        ("GET", "/ws/no%20good", 400, "bad_request"),
        ("GET", "/ws/no/good", 400, "bad_request"),
        ("GET", "/ws/%ff", 400, "bad_request"),
        ("GET", &too_long, 400, "bad_request"),
    ] {
        let answer = server.request(method, path, if path.starts_with("/ws") { &HANDSHAKE } else { &[] }).await;
        assert_eq!((answer.status, answer.error_code().as_str()), (status, code), "{method} {path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*", "{method} {path}");
    }
    let plain = server.get("/ws/ann", &[]).await;
    assert_eq!((plain.status, plain.error_code().as_str()), (400, "bad_request"), "no handshake");
}

#[tokio::test]
async fn pages_of_other_hosts_are_let_in_as_configured() {
    let any = Server::start(Limits::default()).await;
    let listed = "http://school.example".parse::<Cors>().unwrap();
    let listed = Server::start_with(Limits::default(), listed).await;
    for (server, origin, allowed) in [
        (&any, "http://evil.example", true),
        (&listed, "http://school.example", true),
        (&listed, "http://127.0.0.1:3000", true),
        (&listed, "http://evil.example", false),
    ] {
        let origin_header = ("Origin", origin);
        let answer = server.get("/health", &[origin_header]).await;
        assert_eq!(answer.headers.contains_key("access-control-allow-origin"), allowed, "{origin}");
        let asks =
            [origin_header, ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "range")];
        let preflight = server.request("OPTIONS", "/api/books/rivers/file", &asks).await;
        assert_eq!(preflight.headers.contains_key("access-control-allow-origin"), allowed, "{origin}");
        if !allowed {
            let headers: Vec<_> = HANDSHAKE.into_iter().chain([origin_header]).collect();
            let answer = server.get("/ws/ann", &headers).await;
            assert_eq!((answer.status, answer.error_code().as_str()), (403, "forbidden"));
        }
    }
}
