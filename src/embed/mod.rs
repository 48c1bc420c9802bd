//! Texts to unit vectors: a BERT sentence encoder (safetensors) that runs in `f32` inside the process. Knows no books and
//! no index.
//!
//! Invariants: every vector has unit length and [`Embedder::dimensions`] finite numbers; a text's vector does not depend
//! on the texts it shares a batch with (beyond rounding); a text longer than [`EmbedConfig::max_tokens`] counts only up
//! to there.

mod error;
mod text;

pub use error::EmbedError;

use crate::device::DeviceKind;
use candle_core::{D, DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use text::{TextTokenizer, Tokens};

/// Padded tokens of one forward pass. On a processor small batches stay in its cache and every core takes its own batch;
/// a GPU wants large ones.
const MAX_CPU_BATCH_TOKENS: usize = 2048;
const MAX_GPU_BATCH_TOKENS: usize = 16_384;

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

/// A loaded model. Calls may come from several threads at once.
pub struct Embedder {
    model: BertModel,
    tokenizer: TextTokenizer,
    device: Device,
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
        let read = |name: &str| {
            let path = config.dir.join(name);
            std::fs::read(&path).map(|bytes| (path.clone(), bytes)).map_err(|source| EmbedError::File { path, source })
        };
        let (config_path, config_bytes) = read("config.json")?;
        let (tokenizer_path, tokenizer_bytes) = read("tokenizer.json")?;
        let (weights_path, weights) = read("model.safetensors")?;

        let shape: Config = serde_json::from_slice(&config_bytes)
            .map_err(|error| EmbedError::Malformed { path: config_path.clone(), reason: error.to_string() })?;
        check_shape(&config_path, &shape, config)?;
        let tokenizer = TextTokenizer::load(&tokenizer_path, &tokenizer_bytes, &shape, config.max_tokens)?;
        let device = crate::device::open(config.device)?;
        let fingerprint = fingerprint(config, &[&config_bytes, &tokenizer_bytes, &weights]);
        let malformed = |error: candle_core::Error| EmbedError::Malformed {
            path: weights_path.clone(),
            reason: format!("{} (fetch the file again)", error.to_string().lines().next().unwrap_or_default()),
        };
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &device).map_err(malformed)?;
        let model = BertModel::load(weights, &shape).map_err(malformed)?;
        Ok(Self {
            model,
            tokenizer,
            device,
            pooling: config.pooling,
            query_prefix: config.query_prefix.clone(),
            passage_prefix: config.passage_prefix.clone(),
            dimensions: shape.hidden_size,
            name: folder_name(&config.dir),
            fingerprint,
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
        let mut tokens: Vec<(usize, Tokens)> = texts
            .par_iter()
            .enumerate()
            .map(|(at, text)| Ok((at, self.tokenizer.encode(prefix, text)?)))
            .collect::<Result<_, EmbedError>>()?;
        // Texts of like length share a batch, so that little of it is padding; the longest first, so that no core is
        // left with a long batch at the end.
        tokens.sort_by_key(|(_, tokens)| std::cmp::Reverse(tokens.ids.len()));
        let batches = batches(&tokens, if self.device.is_cpu() { MAX_CPU_BATCH_TOKENS } else { MAX_GPU_BATCH_TOKENS });
        let vectors: Vec<Vec<Vec<f32>>> = if self.device.is_cpu() {
            batches.par_iter().map(|batch| self.forward(batch)).collect::<Result<_, EmbedError>>()?
        } else {
            batches.iter().map(|batch| self.forward(batch)).collect::<Result<_, EmbedError>>()?
        };
        let mut sorted = vec![Vec::new(); texts.len()];
        for ((at, _), vector) in tokens.iter().zip(vectors.into_iter().flatten()) {
            sorted[*at] = vector;
        }
        Ok(sorted)
    }

    /// One forward pass, `batch` longest first.
    fn forward(&self, batch: &[(usize, Tokens)]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (rows, width) = (batch.len(), batch[0].1.ids.len());
        let mut ids = Vec::with_capacity(rows * width);
        let mut types = Vec::with_capacity(rows * width);
        let mut mask = Vec::with_capacity(rows * width);
        for (_, tokens) in batch {
            let padding = width - tokens.ids.len();
            ids.extend(tokens.ids.iter().copied().chain(std::iter::repeat_n(self.tokenizer.pad_id(), padding)));
            types.extend(tokens.type_ids.iter().copied().chain(std::iter::repeat_n(0, padding)));
            mask.extend(std::iter::repeat_n(1_f32, tokens.ids.len()).chain(std::iter::repeat_n(0.0, padding)));
        }
        let ids = Tensor::from_vec(ids, (rows, width), &self.device)?; // (texts, tokens)
        let types = Tensor::from_vec(types, (rows, width), &self.device)?; // (texts, tokens)
        let mask = Tensor::from_vec(mask, (rows, width), &self.device)?; // (texts, tokens)
        let hidden = self.model.forward(&ids, &types, Some(&mask))?; // (texts, tokens, dimensions)
        let pooled = match self.pooling {
            Pooling::Cls => hidden.narrow(1, 0, 1)?.squeeze(1)?, // (texts, dimensions)
            Pooling::Mean => {
                let sum = hidden.broadcast_mul(&mask.unsqueeze(D::Minus1)?)?.sum(1)?; // (texts, dimensions)
                sum.broadcast_div(&mask.sum_keepdim(1)?)? // (texts, dimensions)
            }
        };
        let mut vectors = pooled.to_vec2::<f32>()?;
        for vector in &mut vectors {
            to_unit_length(vector)?;
        }
        Ok(vectors)
    }
}

/// Consecutive texts whose padded size is at most `max_tokens` together; a longer text is a batch of its own.
fn batches(texts: &[(usize, Tokens)], max_tokens: usize) -> Vec<&[(usize, Tokens)]> {
    let mut batches = Vec::new();
    let mut rest = texts;
    while let Some((_, longest)) = rest.first() {
        let rows = (max_tokens / longest.ids.len().max(1)).clamp(1, rest.len());
        let (batch, after) = rest.split_at(rows);
        batches.push(batch);
        rest = after;
    }
    batches
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

/// What would make the model's own code divide by zero or read past a table.
fn check_shape(path: &Path, shape: &Config, config: &EmbedConfig) -> Result<(), EmbedError> {
    let malformed = |reason| Err(EmbedError::Malformed { path: path.to_owned(), reason });
    let heads = shape.num_attention_heads;
    if heads == 0 || shape.hidden_size == 0 || !shape.hidden_size.is_multiple_of(heads) {
        return malformed(format!(
            "hidden_size {} is not a multiple of num_attention_heads {heads}",
            shape.hidden_size
        ));
    }
    if config.max_tokens < 8 || config.max_tokens > shape.max_position_embeddings {
        let most = shape.max_position_embeddings;
        return malformed(format!("max_tokens is {}, expected 8 to max_position_embeddings {most}", config.max_tokens));
    }
    Ok(())
}

fn fingerprint(config: &EmbedConfig, files: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for digest in files.par_iter().map(Sha256::digest).collect::<Vec<_>>() {
        hash.update(digest);
    }
    let settings = (config.pooling, &config.query_prefix, &config.passage_prefix, config.max_tokens);
    hash.update(format!("{settings:?}"));
    let hex: String = hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}@{hex}", folder_name(&config.dir))
}

fn folder_name(dir: &Path) -> String {
    let name = dir.file_name().or_else(|| dir.as_os_str().into());
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
