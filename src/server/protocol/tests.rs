//! Every frame as it looks on the wire, and every refusal.

#![allow(clippy::unwrap_used, reason = "a test")]

use super::*;
use serde_json::json;

fn citation() -> Citation {
    Citation {
        book: "history.pdf".into(),
        title: "History".into(),
        page: 12,
        page_label: "iv".into(),
        quote: "Towns on the Indus".into(),
        url: "/api/books/history/file#page=12".into(),
        spans: Vec::new(),
    }
}

fn response() -> Response {
    Response {
        response: "Words.".into(),
        mode: Mode::Teaching,
        current_topic: Some("Indus Valley".into()),
        timestamp: timestamp(1_763_721_000),
        message_id: "m1".into(),
        citations: vec![citation()],
        grounded: true,
        lesson: Some(LessonPlace { title: "Indus Valley".into(), step: 1, total: 3, reading_grade: None }),
        quiz: None,
        progress: None,
        finish: Finish::Stop,
    }
}

/// One of each frame.
pub(in crate::server) fn server_frames() -> Vec<ServerFrame> {
    let welcome = Welcome {
        response: "Hello!".into(),
        client_id: "ann".into(),
        mode: Mode::Idle,
        current_topic: None,
        timestamp: timestamp(1_763_721_000),
        resumed: false,
        protocol: PROTOCOL,
    };
    let message_id = || "m1".to_owned();
    let said = HistoryMessage {
        message_id: message_id(),
        role: Role::User,
        content: "teach me".into(),
        timestamp: timestamp(0),
        reply: None,
    };
    let replied = HistoryMessage { role: Role::Assistant, reply: Some(response().into()), ..said.clone() };
    let busy = WireError {
        retry_after_ms: Some(1500),
        message_id: Some(message_id()),
        ..WireError::new(ErrorCode::Overloaded, "busy")
    };
    vec![
        ServerFrame::Welcome(welcome),
        ServerFrame::Response(Box::new(response())),
        ServerFrame::Status { message_id: message_id(), state: State::Queued, queue_position: Some(2) },
        ServerFrame::Status { message_id: message_id(), state: State::Writing, queue_position: None },
        ServerFrame::Citations { message_id: message_id(), citations: vec![citation()] },
        ServerFrame::Delta { message_id: message_id(), seq: 17, delta: "wo".into() },
        ServerFrame::History { messages: vec![said, replied] },
        ServerFrame::Pong,
        ServerFrame::Notice {
            response: "Your teacher: page 12".into(),
            content: "page 12".into(),
            to: Addressee::Class,
            notice_id: "n3".into(),
            timestamp: "2025-11-21T10:30:00Z".into(),
        },
        ServerFrame::Paused { paused: true, response: "Your teacher has paused the class.".into() },
        ServerFrame::Started {
            message_id: message_id(),
            content: "teach me about Floods".into(),
            response: "Your teacher starts a lesson: Floods".into(),
        },
        ServerFrame::Error(WireError::new(ErrorCode::BadJson, "not JSON")),
        ServerFrame::Error(busy),
    ]
}

#[test]
fn every_server_frame_has_its_shape_and_reads_back() {
    let lines: Vec<_> = server_frames().iter().map(write).collect();
    insta::assert_snapshot!("server_frames", lines.join("\n"));
    for (line, frame) in lines.iter().zip(server_frames()) {
        assert_eq!(serde_json::from_str::<ServerFrame>(line).unwrap(), frame);
    }
}

#[test]
fn the_first_table_is_exact() {
    let value = |frame: &ServerFrame| serde_json::from_str::<serde_json::Value>(&write(frame)).unwrap();
    let frames = server_frames();
    assert_eq!(
        value(&frames[0]),
        json!({"type": "welcome", "response": "Hello!", "client_id": "ann", "mode": "idle", "current_topic": null,
               "timestamp": "2025-11-21T10:30:00Z", "resumed": false, "protocol": 1})
    );
    let response = value(&frames[1]);
    for (field, expect) in [("type", "response"), ("mode", "teaching"), ("current_topic", "Indus Valley")] {
        assert_eq!(response[field], expect);
    }
}

#[test]
fn every_client_frame_reads() {
    let message = |content: &str, stream| ClientFrame::Message { content: Some(content.into()), stream };
    let history = |before: Option<&str>, limit| ClientFrame::History { before: before.map(str::to_owned), limit };
    for (text, expect) in [
        (r#"{"type":"message","content":"hi"}"#, message("hi", None)),
        (r#"{"type":"message","content":"hi","stream":true,"colour":"red"}"#, message("hi", Some(true))),
        (r#"{"type":"message","content":"hi","stream":null}"#, message("hi", None)),
        (r#"{"type":"stop"}"#, ClientFrame::Stop),
        (r#"{"type":"history"}"#, history(None, None)),
        (r#"{"type":"history","before":"m3","limit":5}"#, history(Some("m3"), Some(5))),
        (r#"{"type":"resume","after_seq":17}"#, ClientFrame::Resume { after_seq: Some(17) }),
        (r#"{"type":"resume","after_seq":-1}"#, ClientFrame::Resume { after_seq: Some(-1) }),
        (r#"{"type":"resume"}"#, ClientFrame::Resume { after_seq: None }),
        (r#"{"type":"reset"}"#, ClientFrame::Reset),
        (" {\"type\" : \"ping\"}\n", ClientFrame::Ping),
    ] {
        assert_eq!(read(text), Ok(expect), "{text}");
    }
    let longest = "ü".repeat(MAX_CONTENT_CHARS);
    assert_eq!(read(&json!({"type": "message", "content": longest}).to_string()), Ok(message(&longest, None)));
}

#[test]
fn every_refusal_names_what_to_do() {
    let too_long = json!({"type": "message", "content": "ü".repeat(MAX_CONTENT_CHARS + 1)}).to_string();
    let deep = "[".repeat(10_000);
    for (text, code, says) in [
        ("hello", ErrorCode::BadJson, "send one JSON object"),
        ("", ErrorCode::BadJson, "send one JSON object"),
        (r#"{"type":"ping"} {"type":"ping"}"#, ErrorCode::BadJson, "trailing characters"),
        (&deep, ErrorCode::BadJson, "recursion limit"),
        ("[1]", ErrorCode::BadJson, "not a JSON object"),
        ("null", ErrorCode::BadJson, "not a JSON object"),
        ("{}", ErrorCode::BadType, "message, stop, history"),
        (r#"{"type":7}"#, ErrorCode::BadType, "message, stop, history"),
        (r#"{"type":"Message","content":"hi"}"#, ErrorCode::BadType, "message, stop, history"),
        (r#"{"type":"shout","content":"hi"}"#, ErrorCode::BadType, "message, stop, history"),
        (r#"{"type":"message"}"#, ErrorCode::Empty, "content"),
        (r#"{"type":"message","content":null}"#, ErrorCode::Empty, "content"),
        (r#"{"type":"message","content":" \n\t\u00a0"}"#, ErrorCode::Empty, "content"),
        (r#"{"type":"message","content":5}"#, ErrorCode::BadJson, "the message frame: invalid type: integer `5`"),
        (r#"{"type":"message","content":"hi","stream":"yes"}"#, ErrorCode::BadJson, "expected a boolean"),
        (r#"{"type":"history","limit":-1}"#, ErrorCode::BadJson, "the history frame"),
        (r#"{"type":"resume","after_seq":"x"}"#, ErrorCode::BadJson, "the resume frame"),
        (&too_long, ErrorCode::TooLong, "8001 characters and 8000 are allowed"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.code, code, "{text:.80}");
        assert!(error.error.contains(says), "{text:.80} -> {}", error.error);
    }
}

#[test]
fn a_close_fits_its_frame() {
    let all = [Close::GoingAway, Close::Protocol, Close::NotUtf8, Close::Policy, Close::TooBig, Close::Replaced];
    let codes = all.map(Close::code);
    assert_eq!(codes, [1001, 1002, 1007, 1008, 1009, 4001]);
    assert!(all.iter().all(|close| close.reason().len() <= 123));
}
