//! `POST /v1/embeddings`.

use super::{ApiError, App, parse};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Most texts of one request.
const MAX_TEXTS: usize = 512;

/// The body of a request. Fields that are not here are ignored.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::server) struct EmbeddingRequest {
    /// One text or many.
    input: Input,
    /// `float` if absent, or `base64`.
    encoding_format: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
    /// Token ids, of one text or of many: refused.
    #[schemars(skip)]
    Other(Vec<Value>),
}

/// The vector of a text.
#[derive(Serialize, JsonSchema)]
struct Embedding {
    /// `embedding`
    object: &'static str,
    /// Which text.
    index: usize,
    /// Numbers, or base64 of 32-bit floats in little-endian order.
    embedding: Value,
}

/// How many tokens the texts were.
#[derive(Serialize, JsonSchema)]
struct TextTokens {
    prompt_tokens: usize,
    total_tokens: usize,
}

/// A vector for each text.
#[derive(Serialize, JsonSchema)]
pub(in crate::server) struct EmbeddingList {
    /// `list`
    object: &'static str,
    /// In the order of the texts.
    data: Vec<Embedding>,
    /// The embedding model.
    model: String,
    usage: TextTokens,
}

/// `POST /v1/embeddings`
pub(super) async fn embeddings(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<EmbeddingList>, ApiError> {
    let request: EmbeddingRequest = parse(body)?;
    let embed = app.models.embed.clone().ok_or_else(|| ApiError::not_found("this server has no embedding model"))?;
    let texts = match request.input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
        Input::Other(values) => {
            let message =
                format!("expected a text or a list of texts, got {} values, not all of them texts", values.len());
            return Err(ApiError::invalid(Some("input"), message));
        }
    };
    if texts.is_empty() || texts.len() > MAX_TEXTS {
        return Err(ApiError::invalid(Some("input"), format!("{} texts, expected 1 to {MAX_TEXTS}", texts.len())));
    }
    let encode: fn(&[f32]) -> Value = match request.encoding_format.as_deref() {
        None | Some("float") => |vector| json!(vector),
        Some("base64") => {
            |vector| Value::String(base64(&vector.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>()))
        }
        Some(other) => {
            let message = format!("{other:?} is not known; use float or base64");
            return Err(ApiError::invalid(Some("encoding_format"), message));
        }
    };
    let computing = tokio::task::spawn_blocking(move || {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let tokens: usize = texts.iter().map(|text| embed.count_tokens(text)).sum();
        embed.embed(&texts).map(|vectors| (embed.name().to_owned(), tokens, vectors))
    });
    let computed = computing.await.map_err(|error| ApiError::internal(&error))?;
    let (model, tokens, vectors) = computed.map_err(|error| ApiError::internal(&error))?;
    let entry =
        |(index, vector): (usize, &Vec<f32>)| Embedding { object: "embedding", index, embedding: encode(vector) };
    Ok(Json(EmbeddingList {
        object: "list",
        data: vectors.iter().enumerate().map(entry).collect(),
        model,
        usage: TextTokens { prompt_tokens: tokens, total_tokens: tokens },
    }))
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(super::base64(bytes.as_bytes()), text);
        }
    }
}
