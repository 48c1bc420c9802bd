//! Text to the tokens of an embedding model, cut at its longest input.

use super::EmbedError;
use candle_transformers::models::bert::Config;
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// No word piece is worth more characters of ordinary text than this; bounds the work on a text of megabytes.
const MAX_CHARS_PER_TOKEN: usize = 128;

/// A text's tokens, special ones included.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    pub(super) ids: Vec<u32>,
    pub(super) type_ids: Vec<u32>,
}

/// The tokenizer in its two uses: cut for the model, whole for counting.
pub(super) struct TextTokenizer {
    cut: Tokenizer,
    whole: Tokenizer,
    max_tokens: usize,
    pad_id: u32,
}

impl TextTokenizer {
    pub(super) fn load(path: &Path, bytes: &[u8], shape: &Config, max_tokens: usize) -> Result<Self, EmbedError> {
        let malformed = |reason: String| EmbedError::Malformed { path: path.to_owned(), reason };
        let mut whole = Tokenizer::from_bytes(bytes).map_err(|error| malformed(error.to_string()))?;
        let vocabulary = whole.get_vocab_size(true);
        if vocabulary > shape.vocab_size {
            let rows = shape.vocab_size;
            return Err(malformed(format!("{vocabulary} tokens, but the model's table has {rows} rows")));
        }
        // Published files carry a truncation and a padding of their own (128 tokens, to a fixed length).
        whole.with_padding(None);
        whole.with_truncation(None).map_err(|error| malformed(error.to_string()))?;
        let mut cut = whole.clone();
        cut.with_truncation(Some(TruncationParams { max_length: max_tokens, ..TruncationParams::default() }))
            .map_err(|error| malformed(error.to_string()))?;
        let pad_id = u32::try_from(shape.pad_token_id).map_err(|error| malformed(error.to_string()))?;
        Ok(Self { cut, whole, max_tokens, pad_id })
    }

    pub(super) fn encode(&self, prefix: &str, text: &str) -> Result<Tokens, EmbedError> {
        let end = text.char_indices().nth(self.max_tokens * MAX_CHARS_PER_TOKEN).map_or(text.len(), |(end, _)| end);
        let text = &text[..end];
        let joined;
        let text = if prefix.is_empty() {
            text
        } else {
            joined = format!("{prefix}{text}");
            &joined
        };
        let failed = |reason: String| EmbedError::Tokens { num_bytes: text.len(), reason };
        let encoding = self.cut.encode_fast(text, true).map_err(|error| failed(error.to_string()))?;
        if encoding.get_ids().is_empty() {
            return Err(failed("the tokenizer adds no special token and the text has none".to_owned()));
        }
        Ok(Tokens { ids: encoding.get_ids().to_vec(), type_ids: encoding.get_type_ids().to_vec() })
    }

    /// Tokens of the whole text; its words where the tokenizer refuses it (it refuses none that is known).
    pub(super) fn count(&self, text: &str) -> usize {
        self.whole.encode_fast(text, false).map_or_else(|_| text.split_whitespace().count(), |encoding| encoding.len())
    }

    pub(super) fn pad_id(&self) -> u32 {
        self.pad_id
    }
}
