//! Texts to unit vectors, and questions with passages to scores: BERT encoders (safetensors) that run in `f32` inside the
//! process. Knows no books and no index.
//!
//! Invariants: every vector has unit length and [`Embedder::dimensions`] finite numbers; a text's vector does not depend
//! on the texts it shares a batch with (beyond rounding); a text longer than [`EmbedConfig::max_tokens`] counts only up
//! to there.

mod bert;
mod encoder;
mod error;
mod files;
mod rerank;
mod shape;
mod share;
mod text;
mod weights;

pub use error::EmbedError;
pub use rerank::{RerankConfig, Reranker};

use crate::device::DeviceKind;
use encoder::Encoder;
use files::ModelFiles;
use shape::Shape;
use std::path::PathBuf;
use text::TextTokenizer;

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooling {
    /// Their mean (all-MiniLM, e5).
    #[default]
    Mean,
    /// The first token's (bge).
    Cls,
}

/// Which model to load, and how it was trained to be used.
#[derive(Debug, Clone)]
pub struct EmbedConfig {
    /// Folder with `config.json`, `tokenizer.json` and `model.safetensors`.
    pub dir: PathBuf,
    /// Where it runs.
    pub device: DeviceKind,
    /// How token vectors become one.
    pub pooling: Pooling,
    /// Put before every question (`query: ` for e5).
    pub query_prefix: String,
    /// Put before every passage.
    pub passage_prefix: String,
    /// Longest text in tokens, the two special ones included; what is longer is cut.
    pub max_tokens: usize,
}

impl EmbedConfig {
    /// The settings of all-MiniLM-L6-v2 for the model in `dir`, on the processor.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            device: DeviceKind::Cpu,
            pooling: Pooling::Mean,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            max_tokens: 256,
        }
    }
}

/// A loaded model. Calls may come from several threads at once; a question does not wait for the passages of others.
pub struct Embedder {
    encoder: Encoder,
    tokenizer: TextTokenizer,
    pooling: Pooling,
    query_prefix: String,
    passage_prefix: String,
    dimensions: usize,
    name: String,
    fingerprint: String,
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedder")
            .field("name", &self.name)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl Embedder {
    /// Loads a model into memory.
    ///
    /// # Errors
    /// A file is missing, cut short or not what it should be, or the device is not there.
    pub fn load(config: &EmbedConfig) -> Result<Self, EmbedError> {
        let settings = (config.pooling, &config.query_prefix, &config.passage_prefix, config.max_tokens);
        let files = ModelFiles::read(&config.dir, config.max_tokens, &format!("{settings:?}"))?;
        let shape = &files.shape;
        let tokenizer = TextTokenizer::load(&files.tokenizer_path, &files.tokenizer, shape, config.max_tokens)?;
        let encoder = Encoder::load(files.weights, shape, crate::device::open(config.device)?)?;
        Ok(Self {
            encoder,
            tokenizer,
            pooling: config.pooling,
            query_prefix: config.query_prefix.clone(),
            passage_prefix: config.passage_prefix.clone(),
            dimensions: shape.hidden_size,
            name: files.name,
            fingerprint: files.fingerprint,
        })
    }

    /// Vectors of texts that are searched for, in the order given.
    ///
    /// # Errors
    /// The device failed (out of memory).
    pub fn embed_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.embed(&self.passage_prefix, texts)
    }

    /// The vector of a question.
    ///
    /// # Errors
    /// As [`Embedder::embed_passages`].
    pub fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let mut vectors = self.embed(&self.query_prefix, &[text])?;
        Ok(vectors.pop().expect("one text gives one vector"))
    }

    /// Numbers in a vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The text's length in tokens, without the special ones and without any cut.
    #[must_use]
    pub fn count_tokens(&self, text: &str) -> usize {
        self.tokenizer.count(text)
    }

    /// The model as people name it: its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Changes whenever the vectors of a text might: name and a hash of weights, tokenizer and settings.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn embed(&self, prefix: &str, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let tokens = self.encoder.map(texts, |text| self.tokenizer.encode(prefix, text));
        let tokens = tokens.into_iter().collect::<Result<Vec<_>, EmbedError>>()?;
        let mut vectors = self.encoder.vectors(&tokens, self.pooling)?;
        vectors.iter_mut().try_for_each(|vector| to_unit_length(vector))?;
        Ok(vectors)
    }
}

fn to_unit_length(vector: &mut [f32]) -> Result<(), EmbedError> {
    let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return Err(EmbedError::NotANumber { length });
    }
    for x in vector {
        *x = (f64::from(*x) / length) as f32;
    }
    Ok(())
}

#[cfg(test)]
mod parity_tests;
#[cfg(test)]
mod rerank_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tiny;
