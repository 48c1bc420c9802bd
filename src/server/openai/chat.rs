//! `POST /v1/chat/completions`: the engine's events as one JSON object or as a stream of chunks.

use super::wire::ChatRequest;
use super::{ApiError, App, now, parse};
use crate::engine::{Choice, Engine, EngineError, Event, FinishReason, Generation, Summary, Tokenizer};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How often a waiting answer looks whether its client is still there.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Chunks that may wait for a client that reads slowly; more wait inside the engine.
const MAX_CHUNKS: usize = 64;

/// `POST /v1/chat/completions`
pub(super) async fn completions(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let request: ChatRequest = parse(body)?;
    let Some((model, engine)) = app.models.chat.clone() else {
        return Err(ApiError::not_found("this server has no language model"));
    };
    let (streams, wants_usage) = (request.stream.unwrap_or(false), request.wants_usage());
    let request = request.into_request()?;
    let id = app.answer_id();
    let submitting = tokio::task::spawn_blocking(move || {
        let generation = engine.submit(request).map_err(refused)?;
        Ok(Answer { id, model, created: now(), engine, generation, tokens: Vec::new() })
    });
    let answer: Answer = submitting.await.map_err(|error| ApiError::internal(&error))??;
    if streams { Ok(stream(answer, wants_usage)) } else { whole(answer).await.map(IntoResponse::into_response) }
}

/// Why the engine takes no request.
fn refused(error: EngineError) -> ApiError {
    match error {
        EngineError::Overloaded => ApiError::overloaded(),
        EngineError::PromptTooLong { .. } => {
            ApiError { code: Some("context_length_exceeded"), ..ApiError::invalid(Some("messages"), error.to_string()) }
        }
        EngineError::Request(_) | EngineError::Template(_) | EngineError::NoTemplate => {
            ApiError::invalid(Some("messages"), error.to_string())
        }
        error => ApiError::internal(&error),
    }
}

/// An answer on its way.
struct Answer {
    id: String,
    model: String,
    created: u64,
    engine: Engine,
    generation: Generation,
    /// Tokens whose likelihoods are not told yet.
    tokens: Vec<Choice>,
}

impl Answer {
    /// The next event; `None` where `is_gone` says so. Dropping the answer then cancels its sequence.
    fn next(&mut self, is_gone: &dyn Fn() -> bool) -> Option<Event> {
        loop {
            match self.generation.recv_timeout(LOOK_UP) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) if !is_gone() => {}
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => return Some(Event::Failed(EngineError::Closed)),
            }
        }
    }

    fn object(&self, object: &str, choices: Value) -> Value {
        json!({"id": self.id, "object": object, "created": self.created, "model": self.model, "choices": choices})
    }

    /// The likelihoods that were not told yet, where any were asked for.
    fn take_logprobs(&mut self) -> Value {
        match std::mem::take(&mut self.tokens) {
            tokens if tokens.is_empty() => Value::Null,
            tokens => json!({"content": logprobs(self.engine.tokenizer(), &tokens)}),
        }
    }

    fn chunk(&mut self, delta: Value, finish: Option<&str>) -> Value {
        let logprobs = self.take_logprobs();
        let choice = json!({"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish});
        self.object("chat.completion.chunk", json!([choice]))
    }
}

/// The answer as one object.
async fn whole(mut answer: Answer) -> Result<Json<Value>, ApiError> {
    let (sender, receiver) = oneshot::channel();
    tokio::task::spawn_blocking(move || {
        loop {
            let ended = match answer.next(&|| sender.is_closed()) {
                None => return,
                Some(Event::Token(token)) => {
                    answer.tokens.push(token);
                    continue;
                }
                Some(Event::Finished(summary)) => {
                    let logprobs = answer.take_logprobs();
                    let message = json!({"role": "assistant", "content": summary.text});
                    let finish = finish_reason(summary.finish);
                    let choice = json!({"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish});
                    let mut object = answer.object("chat.completion", json!([choice]));
                    object["usage"] = usage(&summary);
                    Ok(Json(object))
                }
                Some(Event::Failed(error)) => Err(ApiError::internal(&error)),
                Some(_) => continue,
            };
            let _gone = sender.send(ended);
            return;
        }
    });
    receiver.await.map_err(|error| ApiError::internal(&error))?
}

/// The answer as server-sent events.
fn stream(mut answer: Answer, wants_usage: bool) -> Response {
    let (sender, receiver) = mpsc::channel::<Value>(MAX_CHUNKS);
    tokio::task::spawn_blocking(move || {
        // `Some` as long as the client is there.
        let say = |chunk: Value| sender.blocking_send(chunk).ok();
        let mut tell = || -> Option<()> {
            say(answer.chunk(json!({"role": "assistant", "content": ""}), None))?;
            loop {
                match answer.next(&|| sender.is_closed())? {
                    Event::Token(token) => answer.tokens.push(token),
                    Event::Delta { text } => say(answer.chunk(json!({"content": text}), None))?,
                    Event::Finished(summary) => {
                        say(answer.chunk(json!({}), Some(finish_reason(summary.finish))))?;
                        if wants_usage {
                            let mut object = answer.object("chat.completion.chunk", json!([]));
                            object["usage"] = usage(&summary);
                            say(object)?;
                        }
                        return Some(());
                    }
                    Event::Failed(error) => return say(ApiError::internal(&error).body()),
                    _ => {}
                }
            }
        };
        if tell().is_some() {
            say(Value::String("[DONE]".into()));
        }
    });
    let events = futures_util::stream::unfold(receiver, async |mut receiver| {
        let event = match receiver.recv().await? {
            Value::String(word) => sse::Event::default().data(word),
            object => sse::Event::default().data(object.to_string()),
        };
        Some((Ok::<_, Infallible>(event), receiver))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

fn finish_reason(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop | FinishReason::Cancelled => "stop",
        FinishReason::Length => "length",
    }
}

fn usage(summary: &Summary) -> Value {
    let (prompt, completion) = (summary.prompt_tokens, summary.tokens.len());
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": summary.cached_tokens},
    })
}

fn logprobs(tokenizer: &Tokenizer, choices: &[Choice]) -> Vec<Value> {
    let entry = |id: u32, logprob: f32| {
        let bytes = tokenizer.piece(id);
        json!({"token": String::from_utf8_lossy(bytes), "logprob": logprob, "bytes": bytes})
    };
    let full = |choice: &Choice| {
        let mut full = entry(choice.id, choice.logprob);
        full["top_logprobs"] = choice.top.iter().map(|(id, logprob)| entry(*id, *logprob)).collect();
        full
    };
    choices.iter().map(full).collect()
}
