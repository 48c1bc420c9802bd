//! Text to the tokens of a model, cut at its longest input.

use super::{EmbedError, Shape};
use std::path::Path;
use tokenizers::{Encoding, PostProcessor, Tokenizer, TruncationDirection, TruncationParams};

/// No word piece is worth more characters of ordinary text than this; bounds the work on a text of megabytes.
const MAX_CHARS_PER_TOKEN: usize = 128;

/// A text's tokens, special ones included.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    pub(super) ids: Vec<u32>,
    pub(super) type_ids: Vec<u32>,
}

/// A question's tokens without special ones, to be put before passages.
pub(super) struct Question(Encoding);

/// The tokenizer in its two uses: cut for the model, whole for counting.
pub(super) struct TextTokenizer {
    cut: Tokenizer,
    whole: Tokenizer,
    max_tokens: usize,
    /// Rows of the model's tables of words and of types.
    tables: [usize; 2],
}

impl TextTokenizer {
    pub(super) fn load(path: &Path, bytes: &[u8], shape: &Shape, max_tokens: usize) -> Result<Self, EmbedError> {
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
        Ok(Self { cut, whole, max_tokens, tables: [shape.vocab_size, shape.type_vocab_size] })
    }

    /// One text.
    pub(super) fn encode(&self, prefix: &str, text: &str) -> Result<Tokens, EmbedError> {
        let text = self.within_reach(text);
        let joined;
        let text = if prefix.is_empty() {
            text
        } else {
            joined = format!("{prefix}{text}");
            &joined
        };
        let encoding = self.cut.encode_fast(text, true).map_err(|error| failed(text, &error))?;
        self.tokens(text, &encoding)
    }

    /// A question that passages are compared with, cut at half of the tokens.
    pub(super) fn question(&self, text: &str) -> Result<Question, EmbedError> {
        let text = self.within_reach(text);
        let mut encoding = self.whole.encode_fast(text, false).map_err(|error| failed(text, &error))?;
        cut(&mut encoding, self.room_of_pair() / 2);
        Ok(Question(encoding))
    }

    /// A question and a passage, the passage cut to what room there is.
    pub(super) fn pair(&self, question: &Question, passage: &str) -> Result<Tokens, EmbedError> {
        let passage = self.within_reach(passage);
        let mut second = self.whole.encode_fast(passage, false).map_err(|error| failed(passage, &error))?;
        cut(&mut second, self.room_of_pair().saturating_sub(question.0.len()));
        // Some post-processors give each sequence its type, others take what is there.
        second.set_type_ids(vec![1; second.len()]);
        let both = self.whole.post_process(question.0.clone(), Some(second), true);
        self.tokens(passage, &both.map_err(|error| failed(passage, &error))?)
    }

    /// Tokens of the whole text; its words where the tokenizer refuses it (it refuses none that is known).
    pub(super) fn count(&self, text: &str) -> usize {
        self.whole.encode_fast(text, false).map_or_else(|_| text.split_whitespace().count(), |encoding| encoding.len())
    }

    /// Tokens of a pair without the special ones.
    fn room_of_pair(&self) -> usize {
        let added = self.whole.get_post_processor().map_or(0, |processor| processor.added_tokens(true));
        self.max_tokens.saturating_sub(added)
    }

    /// The part of a text that can count.
    fn within_reach<'a>(&self, text: &'a str) -> &'a str {
        let end = text.char_indices().nth(self.max_tokens * MAX_CHARS_PER_TOKEN).map_or(text.len(), |(end, _)| end);
        &text[..end]
    }

    /// The numbers of an encoding, if the model has a row for each.
    fn tokens(&self, text: &str, encoding: &Encoding) -> Result<Tokens, EmbedError> {
        let failed = |reason: String| EmbedError::Tokens { num_bytes: text.len(), reason };
        if encoding.get_ids().is_empty() {
            return Err(failed("the tokenizer adds no special token and the text has none".to_owned()));
        }
        let tables = [("token", encoding.get_ids()), ("type", encoding.get_type_ids())];
        for ((name, ids), rows) in tables.into_iter().zip(self.tables) {
            if let Some(id) = ids.iter().find(|id| **id as usize >= rows) {
                return Err(failed(format!("{name} {id}, but the model's table has {rows} rows")));
            }
        }
        Ok(Tokens { ids: encoding.get_ids().to_vec(), type_ids: encoding.get_type_ids().to_vec() })
    }
}

fn failed(text: &str, error: &tokenizers::Error) -> EmbedError {
    EmbedError::Tokens { num_bytes: text.len(), reason: error.to_string() }
}

fn cut(encoding: &mut Encoding, max_tokens: usize) {
    encoding.truncate(max_tokens, 0, TruncationDirection::Right);
    encoding.take_overflowing();
}
