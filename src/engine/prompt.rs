//! What a model is asked, to token ids. Text of students and books can hold `<|im_start|>`: it stays text, whatever the
//! template does with it.
//!
//! Every control token's text inside a message is put between two sentinel characters, the conversation is rendered, and
//! control tokens are recognised outside sentinels only. A message cannot bring its own sentinels: they are taken out of
//! it first. A template that cuts a message between two sentinels leaves one alone; that one is dropped, and text beside it
//! is read as the template's only where it is a control token's text by itself, which the cut cannot have made.

use super::error::EngineError;
use super::template::ChatTemplate;
use super::tokenizer::{Specials, Tokenizer};
use serde::{Deserialize, Serialize};

/// Noncharacters: no text in an open exchange of Unicode has them.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The operator: how to answer.
    System,
    /// The person who asks.
    User,
    /// The model, earlier.
    Assistant,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said; any text, control tokens in it stay text.
    pub content: String,
}

impl Message {
    /// A message.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// Token ids as they are.
    Ids(Vec<u32>),
    /// Raw text whose control tokens are recognised: for the operator only, never for text of students or books.
    Text(String),
    /// A conversation, through the model's chat template.
    Chat(Vec<Message>),
}

/// The ids of a conversation.
pub(super) fn chat_ids(
    tokenizer: &Tokenizer,
    template: &ChatTemplate,
    messages: &[Message],
) -> Result<Vec<u32>, EngineError> {
    if messages.is_empty() {
        return Err(EngineError::Request("a conversation of no messages".into()));
    }
    let guarded: Vec<Message> = messages
        .iter()
        .map(|message| Message { role: message.role, content: guard(tokenizer, &message.content) })
        .collect();
    Ok(tokenizer.with_bos(encode_guarded(tokenizer, &template.render(&guarded)?)?))
}

/// The text with each control token's text between sentinels.
fn guard(tokenizer: &Tokenizer, text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    let clean = text.replace([OPEN, CLOSE], "");
    let mut rest = clean.as_str();
    while let Some(c) = rest.chars().next() {
        if let Some((special, _)) = tokenizer.special_at(rest) {
            guarded.extend([OPEN]);
            guarded.push_str(special);
            guarded.push(CLOSE);
            rest = &rest[special.len()..];
        } else {
            guarded.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    guarded
}

/// The ids of a rendered conversation: control tokens outside sentinels are tokens, all else is text.
fn encode_guarded(tokenizer: &Tokenizer, rendered: &str) -> Result<Vec<u32>, EngineError> {
    let mut ids = Vec::new();
    let mut plain = String::new();
    let mut rest = rendered;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if c == OPEN
            && let Some((special, _)) = tokenizer.special_at(after)
            && after[special.len()..].starts_with(CLOSE)
        {
            plain.push_str(special);
            rest = &after[special.len()..];
        } else if c == OPEN || c == CLOSE {
            rest = after;
        } else if let Some((special, id)) = tokenizer.special_at(rest) {
            ids.extend(tokenizer.encode(&plain, Specials::AsText)?);
            plain.clear();
            ids.push(id);
            rest = &rest[special.len()..];
        } else {
            plain.push(c);
            rest = after;
        }
    }
    ids.extend(tokenizer.encode(&plain, Specials::AsText)?);
    Ok(ids)
}
