//! What an answer may be: JSON of a schema, one of some texts, or what a regular expression matches. Tokens that would leave
//! the grammar are never chosen.
//!
//! The grammar engine is llguidance. A grammar that it does not support, or that would take it too long, is refused when the
//! request comes in.

use super::error::EngineError;
use super::tokenizer::Tokenizer;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Of a long explanation so much is told, in characters.
const MAX_REASON_CHARS: usize = 400;

/// The form of an answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Grammar {
    /// JSON that fits a JSON Schema.
    JsonSchema(Value),
    /// Exactly one of these texts.
    Choice(Vec<String>),
    /// A text that the regular expression matches from its beginning to its end (syntax of the crate `regex`, without
    /// look-around).
    Regex(String),
}

impl Grammar {
    /// Any JSON object.
    #[must_use]
    pub fn any_object() -> Self {
        Self::JsonSchema(json!({"type": "object"}))
    }

    fn compile(&self) -> Result<TopLevelGrammar, EngineError> {
        Ok(match self {
            Self::JsonSchema(schema) => TopLevelGrammar::from_json_schema(compact(schema)),
            Self::Regex(regex) => TopLevelGrammar::from_regex(regex),
            Self::Choice(texts) if texts.is_empty() || texts.iter().any(String::is_empty) => {
                return Err(refused("a choice needs one text or more, none of them empty"));
            }
            Self::Choice(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| escaped(text)).collect();
                TopLevelGrammar::from_regex(&format!("(?:{})", texts.join("|")))
            }
        })
    }
}

/// A small model that may write as much white space as it likes writes nothing else.
fn compact(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        let layout = json!({"whitespace_flexible": false, "item_separator": ", ", "key_separator": ": "});
        fields.entry("x-guidance").or_insert(layout);
    }
    schema
}

/// A regular expression that matches this text alone.
fn escaped(text: &str) -> String {
    let mut regex = String::with_capacity(text.len());
    for c in text.chars() {
        // Not all punctuation: of some, `\>`, the escape means something else.
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            regex.push('\\');
        }
        regex.push(c);
    }
    regex
}

fn refused(reason: impl fmt::Display) -> EngineError {
    EngineError::Grammar(reason.to_string())
}

/// The grammars of a model: its tokens as the grammar engine has them, once the first is asked for.
#[derive(Default)]
pub(super) struct Grammars {
    factory: OnceLock<Result<ParserFactory, String>>,
}

impl fmt::Debug for Grammars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grammars").finish_non_exhaustive()
    }
}

impl Grammars {
    /// Holds an answer to a grammar. `vocab` is the length of a row of logits.
    ///
    /// # Errors
    /// The grammar is wrong, not supported or too large.
    pub(super) fn hold(
        &self,
        grammar: &Grammar,
        tokenizer: &Tokenizer,
        vocab: usize,
    ) -> Result<Constraint, EngineError> {
        let factory = self.factory.get_or_init(|| factory(tokenizer, vocab));
        let factory = factory.as_ref().map_err(refused)?;
        let matcher = Matcher::new(factory.create_parser(grammar.compile()?));
        match matcher.get_error() {
            Some(error) => {
                let words = error.split_whitespace().collect::<Vec<_>>().join(" ");
                Err(refused(words.chars().take(MAX_REASON_CHARS).collect::<String>()))
            }
            None => Ok(Constraint { matcher }),
        }
    }
}

fn factory(tokenizer: &Tokenizer, vocab: usize) -> Result<ParserFactory, String> {
    let num_tokens = u32::try_from(vocab).map_err(|error| error.to_string())?;
    let end = tokenizer.ends().first().ok_or("the model has no token that ends an answer")?;
    let mut words: Vec<Vec<u8>> = (0..num_tokens).map(|id| tokenizer.piece(id).to_vec()).collect();
    for (text, id) in tokenizer.specials() {
        // Marked, so that no grammar takes it for a text.
        words[*id as usize] = [&[TokTrie::SPECIAL_TOKEN_MARKER], text.as_bytes()].concat();
    }
    let trie = TokTrie::from(&TokRxInfo::new(num_tokens, *end), &words);
    let env: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
    let mut factory = ParserFactory::new_simple(&env).map_err(|error| error.to_string())?;
    factory.quiet();
    Ok(factory)
}

/// One answer's way through its grammar.
pub(super) struct Constraint {
    matcher: Matcher,
}

impl fmt::Debug for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Constraint").finish_non_exhaustive()
    }
}

impl Constraint {
    /// Leaves only the tokens that may come next.
    pub(super) fn mask(&mut self, logits: &mut [f32]) -> Result<(), EngineError> {
        let mask = self.matcher.compute_mask_or_eos().map_err(refused)?;
        for (id, logit) in (0u32..).zip(logits) {
            if !mask.is_allowed(id) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }

    /// A token was chosen; whether the answer is whole with it and nothing can follow.
    pub(super) fn accept(&mut self, id: u32) -> Result<bool, EngineError> {
        self.matcher.consume_token(id).map_err(refused)?;
        Ok(self.matcher.is_stopped())
    }
}
