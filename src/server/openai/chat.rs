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
use schemars::JsonSchema;
use serde::Serialize;
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
        EngineError::Grammar(_) => ApiError::invalid(None, error.to_string()),
        EngineError::Request(_) | EngineError::Template(_) | EngineError::NoTemplate => {
            ApiError::invalid(Some("messages"), error.to_string())
        }
        error => ApiError::internal(&error),
    }
}

/// The answer's words.
#[derive(Serialize, JsonSchema)]
struct AssistantMessage {
    /// `assistant`
    role: &'static str,
    content: String,
}

/// The answer and why it ended.
#[derive(Serialize, JsonSchema)]
struct CompletionChoice {
    /// 0: only one answer is given.
    index: usize,
    message: AssistantMessage,
    /// Of every token, where they were asked for.
    logprobs: Value,
    /// `stop`, or `length` where it was cut at its largest length.
    finish_reason: &'static str,
}

/// How many tokens were read and written.
#[derive(Serialize, JsonSchema)]
struct Usage {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
    prompt_tokens_details: CachedTokens,
}

/// What did not have to be read.
#[derive(Serialize, JsonSchema)]
struct CachedTokens {
    /// Tokens of the prompt that were kept from an earlier one.
    cached_tokens: usize,
}

/// An answer of the bare language model.
#[derive(Serialize, JsonSchema)]
pub(in crate::server) struct ChatCompletion {
    id: String,
    /// `chat.completion`
    object: &'static str,
    /// In seconds since 1970.
    created: u64,
    /// The language model.
    model: String,
    choices: [CompletionChoice; 1],
    usage: Usage,
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
async fn whole(mut answer: Answer) -> Result<Json<ChatCompletion>, ApiError> {
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
                    let usage = usage(&summary);
                    let message = AssistantMessage { role: "assistant", content: summary.text };
                    let finish_reason = finish_reason(summary.finish);
                    let choices = [CompletionChoice { index: 0, message, logprobs, finish_reason }];
                    let (id, model, created) = (answer.id.clone(), answer.model.clone(), answer.created);
                    Ok(Json(ChatCompletion { id, object: "chat.completion", created, model, choices, usage }))
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
                            object["usage"] = json!(usage(&summary));
                            say(object)?;
                        }
                        return Some(());
                    }
                    Event::Failed(error) => return say(json!(ApiError::internal(&error).body())),
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

fn usage(summary: &Summary) -> Usage {
    let (prompt_tokens, completion_tokens) = (summary.prompt_tokens, summary.tokens.len());
    let prompt_tokens_details = CachedTokens { cached_tokens: summary.cached_tokens };
    Usage { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, prompt_tokens_details }
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
