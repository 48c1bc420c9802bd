//! The forward pass: token ids and a cache in, logits of the last token out. Activations are f32.

use super::super::error::{EngineError, Place as _};
use super::super::gguf::Gguf;
use super::config::{Config, RopeLayout};
use super::kv::KvCache;
use super::norm::rms_norm;
use super::rope::Angles;
use super::weights::{Layer, Weights};
use candle_core::{DType, Device, Result, Tensor};
use candle_nn::ops::{silu, softmax_last_dim};
use candle_nn::rotary_emb::{rope, rope_i};

/// Most bytes that the attention scores of one step may take; a prompt's chunks shrink to keep within.
const MAX_SCORES_BYTES: usize = 256 << 20;
/// Most tokens of a step.
const MAX_STEP_TOKENS: usize = 256;

/// A language model, without the state of any sequence.
#[derive(Debug)]
pub(crate) struct Decoder {
    config: Config,
    weights: Weights,
    angles: Angles,
    device: Device,
}

/// What all layers of one step share.
struct Step {
    cos: Tensor,          // (tokens, key_dim / 2)
    sin: Tensor,          // (tokens, key_dim / 2)
    mask: Option<Tensor>, // (1, 1, tokens, earlier + tokens); none for one token, which sees all
}

impl Decoder {
    /// Reads a model.
    ///
    /// # Errors
    /// See [`Config::read`] and [`Weights::read`].
    pub(crate) fn load(gguf: &mut Gguf, device: &Device) -> std::result::Result<Self, EngineError> {
        let config = Config::read(gguf)?;
        let weights = Weights::read(gguf, &config, device)?;
        let angles = Angles::new(&config, weights.rope_factors.as_deref());
        Ok(Self { config, weights, angles, device: device.clone() })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// An empty cache for one sequence.
    pub(crate) fn new_cache(&self) -> KvCache {
        KvCache::new(&self.config, &self.device)
    }

    /// How many of `waiting` prompt tokens the next step after `earlier` tokens may take.
    pub(crate) fn step_tokens(&self, earlier: usize, waiting: usize) -> usize {
        let row = self.config.num_heads * (earlier + MAX_STEP_TOKENS) * size_of::<f32>();
        (MAX_SCORES_BYTES / row).clamp(1, MAX_STEP_TOKENS).min(waiting)
    }

    /// One step: runs `ids`, which follow the tokens in `cache`, and returns the last one's logits: `(vocab)`.
    ///
    /// # Errors
    /// A tensor operation failed; the cache is as before.
    ///
    /// # Panics
    /// If `ids` is empty or holds an id outside the vocabulary.
    pub(crate) fn forward(&self, ids: &[u32], cache: &mut KvCache) -> std::result::Result<Vec<f32>, EngineError> {
        assert!(!ids.is_empty(), "a step has at least one token");
        assert!(ids.iter().all(|id| (*id as usize) < self.config.vocab), "ids are checked when a request comes in");
        let tokens = ids.len();
        let step = self.step(tokens, cache.num_tokens()).place(|| "position tables".into())?;
        cache.reserve(self.config.num_layers, tokens).place(|| "growing the KV cache".into())?;
        let mut x = self.embed(ids).place(|| "token embedding".into())?; // (tokens, hidden)
        for (index, layer) in self.weights.layers.iter().enumerate() {
            x = self.layer(index, layer, &x, &step, cache).place(|| format!("layer {index}"))?;
        }
        let logits = self.logits(&x).place(|| "output".into())?;
        cache.commit(tokens);
        Ok(logits)
    }

    fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        let ids = Tensor::new(ids, &self.device)?; // (tokens)
        self.weights.embedding.embedding(&ids)?.to_dtype(DType::F32)
    }

    /// `(tokens, hidden)` to the last token's logits `(vocab)`.
    fn logits(&self, x: &Tensor) -> Result<Vec<f32>> {
        let last = x.narrow(0, x.dim(0)? - 1, 1)?.contiguous()?; // (1, hidden)
        let normed = rms_norm(&last, &self.weights.output_norm, self.config.norm_eps)?;
        self.weights.output.forward(&normed)?.squeeze(0)?.to_vec1()
    }

    /// `(tokens, hidden)` to `(tokens, hidden)`.
    fn layer(&self, index: usize, layer: &Layer, x: &Tensor, step: &Step, cache: &mut KvCache) -> Result<Tensor> {
        let normed = rms_norm(x, &layer.attn_norm, self.config.norm_eps)?;
        let x = (x + self.attention(index, layer, &normed, step, cache)?)?;
        let normed = rms_norm(&x, &layer.ffn_norm, self.config.norm_eps)?;
        let gated = (silu(&layer.gate.forward(&normed)?)? * layer.up.forward(&normed)?)?; // (tokens, feed_forward)
        x + layer.down.forward(&gated)?
    }

    /// Causal attention over the cache and this step: `(tokens, hidden)` to `(tokens, hidden)`.
    fn attention(&self, index: usize, layer: &Layer, x: &Tensor, step: &Step, cache: &mut KvCache) -> Result<Tensor> {
        let Config { num_heads, num_kv_heads, key_dim, value_dim, .. } = self.config;
        let (tokens, group) = (x.dim(0)?, num_heads / num_kv_heads);
        let q = self.heads(&layer.q.forward(x)?, key_dim, layer.q_norm.as_ref())?; // (num_heads, tokens, key_dim)
        let k = self.heads(&layer.k.forward(x)?, key_dim, layer.k_norm.as_ref())?; // (num_kv_heads, tokens, key_dim)
        let v = self.heads(&layer.v.forward(x)?, value_dim, None)?; // (num_kv_heads, tokens, value_dim)
        let (q, k) = (self.rotate(&q, step)?, self.rotate(&k, step)?);
        let (k, v) = cache.extend(index, &k, &v)?; // (num_kv_heads, total, dim)
        let total = k.dim(1)?;
        // The heads that share keys stand one below the other, so no key is copied for them.
        let q = (q.reshape((num_kv_heads, group * tokens, key_dim))? * (key_dim as f64).powf(-0.5))?;
        let mut scores = q.matmul(&k.t()?)?; // (num_kv_heads, group * tokens, total)
        if let Some(mask) = &step.mask {
            scores = scores.reshape((num_kv_heads, group, tokens, total))?.broadcast_add(mask)?;
            scores = scores.reshape((num_kv_heads, group * tokens, total))?;
        }
        let mixed = softmax_last_dim(&scores)?.matmul(&v)?; // (num_kv_heads, group * tokens, value_dim)
        let mixed = mixed.reshape((num_heads, tokens, value_dim))?.transpose(0, 1)?;
        layer.output.forward(&mixed.reshape((tokens, num_heads * value_dim))?)
    }

    /// `(tokens, heads * dim)` to `(heads, tokens, dim)`, each head normed where the model does that.
    fn heads(&self, x: &Tensor, dim: usize, norm: Option<&Tensor>) -> Result<Tensor> {
        let tokens = x.dim(0)?;
        let x = x.reshape((tokens, (), dim))?;
        let x = match norm {
            Some(norm) => rms_norm(&x, norm, self.config.norm_eps)?,
            None => x,
        };
        x.transpose(0, 1)?.contiguous()
    }

    /// Writes the positions into `(heads, tokens, key_dim)`.
    fn rotate(&self, x: &Tensor, step: &Step) -> Result<Tensor> {
        let x = x.unsqueeze(0)?;
        let turned = match self.config.rope.layout {
            RopeLayout::Interleaved => rope_i(&x, &step.cos, &step.sin)?,
            RopeLayout::HalfSplit => rope(&x, &step.cos, &step.sin)?,
        };
        turned.squeeze(0)
    }

    fn step(&self, tokens: usize, earlier: usize) -> Result<Step> {
        let (cos, sin) = self.angles.tables(earlier, tokens, &self.device)?;
        let mask = if tokens == 1 {
            None
        } else {
            let total = earlier + tokens;
            let sees = |row: usize, column: usize| if column <= earlier + row { 0.0 } else { f32::NEG_INFINITY };
            let table: Vec<f32> = (0..tokens).flat_map(|r| (0..total).map(move |c| sees(r, c))).collect();
            Some(Tensor::from_vec(table, (1, 1, tokens, total), &self.device)?)
        };
        Ok(Step { cos, sin, mask })
    }
}
