//! A decoder's weights, quantised as in the file; each with its shape beside it. A tensor of the wrong shape, and a tensor
//! that the decoder would leave out, are errors that name it.

use super::super::error::{EngineError, Place as _};
use super::super::gguf::Gguf;
use super::config::Config;
use super::expand::{self, Expanded};
use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Device, Module as _, Tensor};
use std::sync::Arc;

/// A product with an optional bias: `x · weightᵀ + bias`.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    weight: Weight,       // (out, in)
    bias: Option<Tensor>, // (out)
}

/// The ways to multiply with a weight, the fastest first.
#[derive(Debug, Clone)]
enum Weight {
    /// candle's product, and for steps of many rows the weight expanded, as it is of a type that candle multiplies slowly.
    Expanded(QMatMul, Expanded),
    /// candle's product.
    Candle(QMatMul),
}

impl Linear {
    fn new(weight: Arc<QTensor>, bias: Option<Tensor>) -> candle_core::Result<Self> {
        let weight = match Expanded::new(&weight)? {
            Some(expanded) => Weight::Expanded(QMatMul::from_arc(weight)?, expanded),
            None => Weight::Candle(QMatMul::from_arc(weight)?),
        };
        Ok(Self { weight, bias })
    }
}

impl Linear {
    /// `(tokens, in)` to `(tokens, out)`.
    pub(crate) fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let y = match &self.weight {
            Weight::Expanded(_, expanded) if x.dim(0)? >= expand::MIN_ROWS => expanded.forward(x)?,
            Weight::Expanded(weight, _) | Weight::Candle(weight) => weight.forward(x)?,
        };
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

/// Weights of one layer.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) attn_norm: Tensor,      // (hidden)
    pub(crate) q: Linear,              // (num_heads * key_dim, hidden)
    pub(crate) k: Linear,              // (num_kv_heads * key_dim, hidden)
    pub(crate) v: Linear,              // (num_kv_heads * value_dim, hidden)
    pub(crate) q_norm: Option<Tensor>, // (key_dim), over each head; Qwen3
    pub(crate) k_norm: Option<Tensor>, // (key_dim), over each head; Qwen3
    pub(crate) output: Linear,         // (hidden, num_heads * value_dim)
    pub(crate) ffn_norm: Tensor,       // (hidden)
    pub(crate) gate: Linear,           // (feed_forward, hidden)
    pub(crate) up: Linear,             // (feed_forward, hidden)
    pub(crate) down: Linear,           // (hidden, feed_forward)
}

/// All weights of a decoder.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(crate) embedding: Arc<QTensor>, // (vocab, hidden)
    pub(crate) layers: Vec<Layer>,
    pub(crate) output_norm: Tensor, // (hidden)
    pub(crate) output: Linear,      // (vocab, hidden); the embedding itself where the file has no output.weight
    /// Divisors of the rotation's frequencies: Llama 3.1's long context.
    pub(crate) rope_factors: Option<Vec<f32>>, // (key_dim / 2)
}

impl Weights {
    /// Reads all tensors.
    ///
    /// # Errors
    /// A tensor is missing, of another shape than the configuration says, unreadable, or unknown.
    pub(crate) fn read(gguf: &mut Gguf, config: &Config, device: &Device) -> Result<Self, EngineError> {
        let hidden = config.hidden;
        let mut from = Reader { gguf, device };
        let embedding = Arc::new(from.gguf.tensor("token_embd.weight", &[config.vocab, hidden], device)?);
        let rope_factors = match from.vector("rope_freqs.weight", config.key_dim / 2)? {
            Some(factors) => Some(factors.to_vec1::<f32>().place(|| "reading tensor rope_freqs.weight".into())?),
            None => None,
        };
        let layers = (0..config.num_layers).map(|i| from.layer(i, config)).collect::<Result<_, _>>()?;
        let output_norm = from.need_vector("output_norm.weight", hidden)?;
        // Whether the embedding doubles as output is decided by the file's table alone: a failed read is an error.
        let output = if from.gguf.has("output.weight") {
            from.linear("output", config.vocab, hidden)?
        } else {
            Linear::new(Arc::clone(&embedding), None).place(|| "tied embedding".into())?
        };
        if let Some(name) = from.gguf.untouched() {
            return Err(EngineError::unsupported(format!("{} with tensor {name}", config.architecture)));
        }
        Ok(Self { embedding, layers, output_norm, output, rope_factors })
    }
}

struct Reader<'a> {
    gguf: &'a mut Gguf,
    device: &'a Device,
}

impl Reader<'_> {
    fn layer(&mut self, index: usize, config: &Config) -> Result<Layer, EngineError> {
        let Config { hidden, feed_forward, num_heads, num_kv_heads, key_dim, value_dim, .. } = *config;
        let name = |part: &str| format!("blk.{index}.{part}");
        Ok(Layer {
            attn_norm: self.need_vector(&name("attn_norm.weight"), hidden)?,
            q: self.linear(&name("attn_q"), num_heads * key_dim, hidden)?,
            k: self.linear(&name("attn_k"), num_kv_heads * key_dim, hidden)?,
            v: self.linear(&name("attn_v"), num_kv_heads * value_dim, hidden)?,
            q_norm: self.vector(&name("attn_q_norm.weight"), key_dim)?,
            k_norm: self.vector(&name("attn_k_norm.weight"), key_dim)?,
            output: self.linear(&name("attn_output"), hidden, num_heads * value_dim)?,
            ffn_norm: self.need_vector(&name("ffn_norm.weight"), hidden)?,
            gate: self.linear(&name("ffn_gate"), feed_forward, hidden)?,
            up: self.linear(&name("ffn_up"), feed_forward, hidden)?,
            down: self.linear(&name("ffn_down"), hidden, feed_forward)?,
        })
    }

    /// `NAME.weight`, and `NAME.bias` where the file has one.
    fn linear(&mut self, name: &str, rows: usize, columns: usize) -> Result<Linear, EngineError> {
        let weight = self.gguf.tensor(&format!("{name}.weight"), &[rows, columns], self.device)?;
        let bias = self.vector(&format!("{name}.bias"), rows)?;
        Linear::new(Arc::new(weight), bias).place(|| format!("preparing tensor {name}.weight"))
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Option<Tensor>, EngineError> {
        if self.gguf.has(name) { self.need_vector(name, length).map(Some) } else { Ok(None) }
    }

    fn need_vector(&mut self, name: &str, length: usize) -> Result<Tensor, EngineError> {
        let tensor = self.gguf.tensor(name, &[length], self.device)?;
        tensor.dequantize(self.device).place(|| format!("preparing tensor {name}"))
    }
}
