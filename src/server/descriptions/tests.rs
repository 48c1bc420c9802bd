//! The descriptions are true: what is written fits its schema, what is described is read, and no route is left out.

#![allow(clippy::unwrap_used, reason = "a test")]

use super::openapi::rule_pattern;
use super::{ASYNCAPI, OPENAPI, asyncapi};
use crate::server::access::RULES;
use crate::server::protocol::class::{self, ClassFrame};
use crate::server::protocol::{self, CLIENT_TYPES, ErrorCode, ServerFrame, tests::server_frames};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn described() -> Value {
    serde_json::from_str(&ASYNCAPI).unwrap()
}

/// What is wrong with a frame, by its description.
fn faults(description: &Value, message: &str, frame: &Value) -> Vec<String> {
    let payload = description["components"]["messages"][message]["payload"].clone();
    assert!(payload.is_object(), "{message} is not described");
    let schema = json!({"allOf": [payload], "components": description["components"]});
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    schema.iter_errors(frame).map(|error| format!("{message}: {error} in {frame}")).collect()
}

#[test]
fn every_example_fits_its_schema_and_is_read_and_written_back() {
    let description = described();
    let examples: Value = serde_json::from_str(asyncapi::EXAMPLES).unwrap();
    for (message, frames) in examples.as_object().unwrap() {
        let frames = frames.as_array().unwrap();
        assert!(!frames.is_empty(), "{message}");
        for frame in frames {
            assert_eq!(faults(&description, message, frame), Vec::<String>::new());
            let text = frame.to_string();
            let again = match message.split_once('_').unwrap().0 {
                "client" => json!(protocol::read(&text).unwrap()),
                "server" => json!(serde_json::from_str::<ServerFrame>(&text).unwrap()),
                "command" => json!(class::read(&text).unwrap()),
                "teach" => json!(serde_json::from_str::<ClassFrame>(&text).unwrap()),
                other => panic!("{other}"),
            };
            assert_eq!(again, *frame, "{message}");
        }
    }
    let messages = description["components"]["messages"].as_object().unwrap();
    let of = |all: &serde_json::Map<String, Value>| all.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(of(messages), of(examples.as_object().unwrap()), "a message for every example");
}

#[test]
fn every_frame_is_described_as_it_is_written() {
    let description = described();
    let messages = description["components"]["messages"].as_object().unwrap();
    let kinds = |prefix: &str| messages.keys().filter_map(|name| name.strip_prefix(prefix)).collect::<BTreeSet<_>>();
    assert_eq!(kinds("client_"), CLIENT_TYPES.into());
    let written: Vec<Value> = server_frames().iter().map(|frame| json!(frame)).collect();
    assert_eq!(kinds("server_"), written.iter().map(|frame| frame["type"].as_str().unwrap()).collect());
    for frame in &written {
        let name = format!("server_{}", frame["type"].as_str().unwrap());
        assert_eq!(faults(&description, &name, frame), Vec::<String>::new());
        let fields = description["components"]["messages"][&name]["payload"]["properties"].as_object().unwrap();
        assert!(frame.as_object().unwrap().keys().all(|field| fields.contains_key(field)), "{name}: {frame}");
    }
}

#[test]
fn what_is_not_so_does_not_fit() {
    let description = described();
    for (message, frame) in [
        ("client_message", json!({"type": "message"})),
        ("client_message", json!({"type": "message", "content": ""})),
        ("client_message", json!({"type": "stop", "content": "why"})),
        ("server_delta", json!({"type": "delta", "message_id": "m1", "delta": "x"})),
        ("server_error", json!({"type": "error", "code": "odd", "error": "x"})),
        ("command_pause", json!({"type": "pause", "paused": "yes"})),
        ("teach_ingest", json!({"type": "done"})),
    ] {
        assert!(!faults(&description, message, &frame).is_empty(), "{message}: {frame}");
    }
}

#[test]
fn every_error_code_is_described() {
    let codes = described()["components"]["schemas"]["ErrorCode"]["oneOf"].as_array().unwrap().clone();
    for code in &codes {
        let known: ErrorCode = serde_json::from_value(code["const"].clone()).unwrap();
        assert_eq!(code["const"], known.name());
        assert!(code["description"].as_str().is_some_and(|words| !words.contains("[`")));
    }
    let unknown = serde_json::from_value::<ErrorCode>("unknown".into()).unwrap_err().to_string();
    assert_eq!(unknown.matches('`').count(), 2 * (codes.len() + 1), "the codes are {unknown}");
}

#[test]
fn every_route_is_described() {
    let description: Value = serde_json::from_str(&OPENAPI).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let described: BTreeSet<_> = paths.keys().map(|path| rule_pattern(path.clone().leak())).collect();
    // What only says that something is missing.
    let other = ["/ws", "/ws/", "/demo/", "/v1/{*rest}"];
    let routes = RULES.iter().map(|(pattern, ..)| *pattern).filter(|pattern| !other.contains(pattern));
    assert_eq!(described, routes.collect());
}

/// All references of a description lead somewhere, and nothing is described that is not referred to.
#[test]
fn no_reference_leads_nowhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    for text in [&*ASYNCAPI, &*OPENAPI] {
        let description: Value = serde_json::from_str(text).unwrap();
        let mut found = BTreeSet::new();
        references(&description, &mut found);
        assert!(found.len() > 10);
        for place in &found {
            assert!(description.pointer(place.trim_start_matches('#')).is_some(), "{place}");
        }
        for name in description["components"]["schemas"].as_object().unwrap().keys() {
            assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is used nowhere");
        }
    }
}
