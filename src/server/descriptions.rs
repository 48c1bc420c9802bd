//! The description that the server gives of its WebSocket is true.

#![allow(clippy::unwrap_used, reason = "a test")]

use super::http::ASYNCAPI;
use super::protocol::{self, ErrorCode, ServerFrame, tests::server_frames};
use serde_json::Value;
use std::collections::BTreeSet;

fn described(direction: &str) -> Vec<(String, Value)> {
    let description: Value = serde_json::from_str(ASYNCAPI).unwrap();
    let messages = description["components"]["messages"].as_object().unwrap().clone();
    let of_direction = messages.into_iter().filter_map(|(name, message)| {
        let kind = name.strip_prefix(direction)?.to_owned();
        assert_eq!(message["payload"]["properties"]["type"]["const"], kind.as_str(), "{name}");
        Some((kind, message))
    });
    of_direction.collect()
}

fn examples(message: &Value) -> Vec<Value> {
    let examples = message["examples"].as_array().unwrap();
    assert!(!examples.is_empty());
    examples.iter().map(|example| example["payload"].clone()).collect()
}

/// Every field is described and every required one is there.
fn check_fields(kind: &str, message: &Value, frame: &Value) {
    let properties = message["payload"]["properties"].as_object().unwrap();
    let fields = frame.as_object().unwrap();
    for field in fields.keys() {
        assert!(properties.contains_key(field), "{kind}: {field} is not described");
    }
    for required in message["payload"]["required"].as_array().unwrap() {
        assert!(fields.contains_key(required.as_str().unwrap()), "{kind}: {required} is missing in {frame}");
    }
}

#[test]
fn every_client_frame_is_described_by_examples_that_are_read() {
    let described = described("client_");
    let kinds: BTreeSet<_> = described.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, protocol::CLIENT_TYPES.into());
    for (kind, message) in &described {
        for example in examples(message) {
            let frame = protocol::read(&example.to_string()).unwrap_or_else(|error| panic!("{kind}: {error:?}"));
            assert_eq!(serde_json::to_value(&frame).unwrap(), example);
            check_fields(kind, message, &example);
        }
    }
}

#[test]
fn every_server_frame_is_described_as_it_is_written() {
    let described = described("server_");
    let written: Vec<Value> = server_frames().iter().map(|frame| serde_json::to_value(frame).unwrap()).collect();
    let kinds: BTreeSet<_> = described.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, written.iter().map(|frame| frame["type"].as_str().unwrap()).collect());
    for (kind, message) in &described {
        for example in examples(message) {
            let frame: ServerFrame = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(serde_json::to_value(&frame).unwrap(), example);
        }
        for frame in written.iter().filter(|frame| frame["type"] == kind.as_str()) {
            check_fields(kind, message, frame);
        }
    }
}

#[test]
fn every_error_code_is_described() {
    let described = described("server_");
    let (_, error) = described.iter().find(|(kind, _)| kind == "error").unwrap();
    let codes = error["payload"]["properties"]["code"]["enum"].as_array().unwrap();
    for code in codes {
        let _known: ErrorCode = serde_json::from_value(code.clone()).unwrap();
    }
    let unknown = serde_json::from_value::<ErrorCode>("unknown".into()).unwrap_err().to_string();
    assert_eq!(unknown.matches('`').count(), 2 * (codes.len() + 1), "the codes are {unknown}");
}
