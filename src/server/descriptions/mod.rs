//! What the server tells programs of itself: the HTTP interface as OpenAPI, the WebSockets as AsyncAPI.
//!
//! Both are made from the types that are read and written, so none of their fields can be left out. Only the events of a
//! streamed answer of `/v1` are no type of ours: their form is OpenAI's.

mod asyncapi;
mod openapi;
mod schemas;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

/// The HTTP interface.
pub(super) static OPENAPI: LazyLock<String> = LazyLock::new(|| openapi::description().to_string());

/// The WebSocket of a student and that of the teacher's page.
pub(super) static ASYNCAPI: LazyLock<String> = LazyLock::new(|| asyncapi::description().to_string());
