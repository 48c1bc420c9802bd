//! What a chat request says, checked once; what is not supported is refused by name, not ignored.

use super::ApiError;
use crate::engine::{EndTokens, Grammar, Message, Prompt, Request, Role, Sampling};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Most tokens of an answer where the request does not say.
const MAX_TOKENS: usize = 1024;
/// Most stop texts.
const MAX_STOPS: usize = 16;
/// Most alternatives reported beside a token.
const MAX_TOP_LOGPROBS: usize = 20;

/// The body of `POST /v1/chat/completions`. Fields that are not here are ignored.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::server) struct ChatRequest {
    messages: Vec<ChatMessage>,
    pub(super) stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    /// Not OpenAI's own: only the likeliest so many tokens.
    top_k: Option<usize>,
    /// Not OpenAI's own: only tokens at least this likely in proportion to the likeliest.
    min_p: Option<f32>,
    /// Any integer.
    seed: Option<i64>,
    stop: Option<Stops>,
    logprobs: Option<bool>,
    top_logprobs: Option<usize>,
    /// Not OpenAI's own: an answer of full length, for measurements.
    ignore_eos: Option<bool>,
    /// Who asks: users take turns.
    user: Option<String>,
    response_format: Option<ResponseFormat>,
    /// Not OpenAI's own: the answer is held to a form.
    structured_outputs: Option<StructuredOutputs>,
    n: Option<u32>,
    presence_penalty: Option<f32>,
    frequency_penalty: Option<f32>,
    logit_bias: Option<Value>,
    tools: Option<Value>,
    functions: Option<Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ChatMessage {
    role: String,
    content: Content,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ContentPart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Stops {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ResponseFormat {
    /// `text`, `json_object` or `json_schema`
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<JsonSchemaFormat>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct JsonSchemaFormat {
    schema: Value,
}

/// Forms of an answer besides JSON, as vLLM names them.
#[derive(Debug, Deserialize, JsonSchema)]
struct StructuredOutputs {
    /// The answer is one of these texts.
    choice: Option<Vec<String>>,
    /// The answer is what this regular expression matches.
    regex: Option<String>,
    /// The answer is JSON of this schema.
    json: Option<Value>,
}

impl ChatRequest {
    /// Whether the last event of a stream counts the tokens.
    pub(super) fn wants_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.include_usage).unwrap_or(false)
    }

    /// The request as the engine takes it.
    pub(super) fn into_request(self) -> Result<Request, ApiError> {
        self.check_supported()?;
        let sampling = self.sampling()?;
        let max_tokens = self.max_completion_tokens.or(self.max_tokens).unwrap_or(MAX_TOKENS);
        let stop = match self.stop {
            None => Vec::new(),
            Some(Stops::One(stop)) => vec![stop],
            Some(Stops::Many(stops)) => stops,
        };
        if stop.len() > MAX_STOPS {
            return Err(ApiError::invalid(Some("stop"), format!("{} texts, expected {MAX_STOPS} at most", stop.len())));
        }
        let logprobs = match (self.logprobs.unwrap_or(false), self.top_logprobs) {
            (true, top) => Some(top.unwrap_or(0)),
            (false, None | Some(0)) => None,
            (false, Some(_)) => return Err(ApiError::invalid(Some("top_logprobs"), "it needs \"logprobs\": true")),
        };
        if logprobs > Some(MAX_TOP_LOGPROBS) {
            let message = format!("expected {MAX_TOP_LOGPROBS} at most, got {}", logprobs.unwrap_or_default());
            return Err(ApiError::invalid(Some("top_logprobs"), message));
        }
        let grammar = grammar(self.response_format, self.structured_outputs)?;
        let messages = self.messages.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
        let forever = self.ignore_eos.unwrap_or(false);
        Ok(Request {
            sampling,
            max_tokens,
            stop,
            logprobs,
            grammar,
            end_tokens: if forever { EndTokens::Forbid } else { EndTokens::Stop },
            owner: self.user.filter(|user| !user.is_empty()),
            ..Request::new(Prompt::Chat(messages))
        })
    }

    fn sampling(&self) -> Result<Sampling, ApiError> {
        let own = Sampling::default();
        let within = |param, value: f32, max: f32| match value {
            value if (0.0..=max).contains(&value) => Ok(value),
            value => Err(ApiError::invalid(Some(param), format!("expected 0 to {max}, got {value}"))),
        };
        Ok(Sampling {
            temperature: within("temperature", self.temperature.unwrap_or(1.0), 2.0)?,
            top_p: within("top_p", self.top_p.unwrap_or(1.0), 1.0)?,
            min_p: within("min_p", self.min_p.unwrap_or(own.min_p), 1.0)?,
            top_k: self.top_k.unwrap_or(own.top_k),
            // Without a seed every answer is another.
            seed: self.seed.map_or_else(rand::random, i64::cast_unsigned),
            ..own
        })
    }

    fn check_supported(&self) -> Result<(), ApiError> {
        let is_given = |value: &Option<Value>| match value {
            None | Some(Value::Null) => false,
            Some(Value::Array(all)) => !all.is_empty(),
            Some(Value::Object(all)) => !all.is_empty(),
            Some(_) => true,
        };
        let refused = [
            ("n", self.n.unwrap_or(1) != 1, "only one answer is given"),
            ("presence_penalty", self.presence_penalty.unwrap_or(0.0) != 0.0, "it is not supported"),
            ("frequency_penalty", self.frequency_penalty.unwrap_or(0.0) != 0.0, "it is not supported"),
            ("logit_bias", is_given(&self.logit_bias), "it is not supported"),
            ("tools", is_given(&self.tools), "tools are not supported"),
            ("functions", is_given(&self.functions), "functions are not supported"),
        ];
        if let Some((param, _, message)) = refused.into_iter().find(|(_, given, _)| *given) {
            return Err(ApiError::invalid(Some(param), message));
        }
        match self.response_format.as_ref().map(|format| format.kind.as_str()) {
            None | Some("text") => Ok(()),
            Some("json_object" | "json_schema") => Ok(()),
            Some(kind) => Err(ApiError::invalid(
                Some("response_format"),
                format!("{kind:?} is not known; use text, json_object or json_schema"),
            )),
        }
    }
}

/// The form of the answer that is asked for, in one way or the other.
fn grammar(format: Option<ResponseFormat>, outputs: Option<StructuredOutputs>) -> Result<Option<Grammar>, ApiError> {
    let of_format = match format {
        Some(ResponseFormat { kind, json_schema: Some(JsonSchemaFormat { schema }) }) if kind == "json_schema" => {
            Some(Grammar::JsonSchema(schema))
        }
        Some(ResponseFormat { kind, .. }) if kind == "json_schema" => {
            return Err(ApiError::invalid(
                Some("response_format"),
                "json_schema needs \"json_schema\": {\"schema\": …}",
            ));
        }
        Some(ResponseFormat { kind, .. }) if kind == "json_object" => Some(Grammar::any_object()),
        _ => None,
    };
    let of_outputs = outputs.map(|StructuredOutputs { choice, regex, json }| {
        [choice.map(Grammar::Choice), regex.map(Grammar::Regex), json.map(Grammar::JsonSchema)]
    });
    let mut all = of_outputs.into_iter().flatten().flatten().chain(of_format);
    match (all.next(), all.next()) {
        (grammar, None) => Ok(grammar),
        _ => Err(ApiError::invalid(Some("structured_outputs"), "the answer can be held to one form only")),
    }
}

fn message(ChatMessage { role, content }: ChatMessage) -> Result<Message, ApiError> {
    let role = match role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => {
            let message = format!("role {other:?}; expected system, developer, user or assistant");
            return Err(ApiError::invalid(Some("messages"), message));
        }
    };
    let text = match content {
        Content::Text(text) => text,
        Content::Parts(parts) => {
            let part = |part: ContentPart| match (part.kind.as_str(), part.text) {
                ("text", Some(text)) => Ok(text),
                (kind, _) => {
                    Err(ApiError::invalid(Some("messages"), format!("a part of type {kind:?}; only text is read")))
                }
            };
            parts.into_iter().map(part).collect::<Result<Vec<_>, _>>()?.concat()
        }
    };
    Ok(Message::new(role, text))
}
