//! The WebSockets, as AsyncAPI 3.0: each frame a message, its payload the schema of the type that is read or written.

use super::schemas::Schemas;
use crate::server::protocol::class::{ClassFrame, TeacherFrame};
use crate::server::protocol::{ClientFrame, MAX_FRAME_BYTES, PROTOCOL, ServerFrame};
use serde_json::{Map, Value, json};

/// Frames as they look, by the name of their message.
pub(super) const EXAMPLES: &str = include_str!("examples.json");

/// The frames of one direction of a socket: `PREFIX_TYPE` and the message.
fn messages(prefix: &str, variants: Vec<Value>, examples: &Value) -> Vec<(String, Value)> {
    let message = |mut payload: Value| {
        let kind = payload["properties"]["type"]["const"].as_str()?.to_owned();
        let name = format!("{prefix}_{kind}");
        let summary = payload.as_object_mut()?.remove("description");
        let examples: Vec<Value> =
            examples[&name].as_array()?.iter().map(|example| json!({"payload": example})).collect();
        let message = json!({"name": kind, "summary": summary, "payload": payload, "examples": examples});
        Some((name, message))
    };
    variants.into_iter().filter_map(message).collect()
}

fn references(place: &str, messages: &[(String, Value)]) -> Map<String, Value> {
    messages.iter().map(|(name, _)| (name.clone(), json!({"$ref": format!("#/{place}/{name}")}))).collect()
}

fn operation(action: &str, channel: &str, messages: &[(String, Value)]) -> Value {
    let told: Vec<Value> = references(&format!("channels/{channel}/messages"), messages).into_values().collect();
    json!({"action": action, "channel": {"$ref": format!("#/channels/{channel}")}, "messages": told})
}

pub(super) fn description() -> Value {
    let examples: Value = serde_json::from_str(EXAMPLES).expect("a file of the program, which a test reads");
    let mut schemas = Schemas::new();
    let said = messages("client", schemas.variants_read::<ClientFrame>(), &examples);
    let told = messages("server", schemas.variants_written::<ServerFrame>(), &examples);
    let commands = messages("command", schemas.variants_read::<TeacherFrame>(), &examples);
    let shown = messages("teach", schemas.variants_written::<ClassFrame>(), &examples);
    let of = |both: [&[(String, Value)]; 2]| references("components/messages", &both.concat());
    let all: Map<String, Value> = [&said[..], &told, &commands, &shown].concat().into_iter().collect();
    let info = format!(
        "JSON in text frames of at most {MAX_FRAME_BYTES} bytes. The first frame to a student is a welcome; every message \
         gets one response or one error. Close codes: 1001 the server goes away, 1002 and 1007 not understood as WebSocket \
         or UTF-8, 1008 not allowed, 1009 a frame is too big, 4001 the same client_id connected elsewhere. The server pings \
         every 20 seconds and drops a peer that is silent for 60. Unknown fields are ignored."
    );
    json!({
        "asyncapi": "3.0.0",
        "info": {"title": "Lectern, the WebSockets", "version": PROTOCOL.to_string(), "description": info},
        "defaultContentType": "application/json",
        "channels": {
            "session": {
                "address": "/ws/{client_id}",
                "parameters": {"client_id": {
                    "description": "1 to 64 of A-Z a-z 0-9 . _ -; the same name comes back to the same conversation",
                }},
                "bindings": {"ws": {"query": {"type": "object", "properties": {
                    "stream": {"enum": ["1", "true"], "description": "as \"stream\": true in every message"},
                    "token": {"type": "string", "description": "out of /api/join, for programs that send no cookie"},
                }}}},
                "messages": of([&said, &told]),
            },
            "teach": {
                "address": "/teach/ws",
                "description": "the class as it is, for the teacher's page, and its commands",
                "messages": of([&commands, &shown]),
            },
        },
        "operations": {
            "say": operation("receive", "session", &said),
            "tell": operation("send", "session", &told),
            "command": operation("receive", "teach", &commands),
            "show": operation("send", "teach", &shown),
        },
        "components": {
            "messages": all,
            "schemas": schemas.into_definitions(),
        },
    })
}
