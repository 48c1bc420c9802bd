//! The embedder, as `/v1/embeddings` uses it.

use crate::embed::Embedder;
use crate::server::openai::{Embed, EmbedError};
use std::sync::Arc;

/// Embeds every text as a passage of a book: OpenAI's form does not tell questions from passages.
pub(super) struct PassageEmbedder(pub(super) Arc<Embedder>);

impl Embed for PassageEmbedder {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.0.embed_passages(texts).map_err(|error| EmbedError(Box::new(error)))
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }
}
