//! A decoder's weights packed for our own kernels, one tensor at a time, so that a file is never in memory twice. The checks
//! are those of [`super::weights`].

use super::super::error::{EngineError, Place as _};
use super::super::gguf::Gguf;
use super::config::Config;
use crate::kernels::{Format, Forms, Memory, PackError, Packed, Pool};
use candle_core::Device;
use candle_core::quantized::GgmlDType;
use std::sync::Arc;

/// A product with an optional bias.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weight: Packed,         // (out, in)
    pub(super) bias: Option<Vec<f32>>, // (out)
}

/// Weights of one layer.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) attn_norm: Vec<f32>,      // (hidden)
    pub(super) q: Linear,                // (num_heads * key_dim, hidden)
    pub(super) k: Linear,                // (num_kv_heads * key_dim, hidden)
    pub(super) v: Linear,                // (num_kv_heads * value_dim, hidden)
    pub(super) q_norm: Option<Vec<f32>>, // (key_dim), over each head; Qwen3
    pub(super) k_norm: Option<Vec<f32>>, // (key_dim), over each head; Qwen3
    pub(super) output: Linear,           // (hidden, num_heads * value_dim)
    pub(super) ffn_norm: Vec<f32>,       // (hidden)
    pub(super) gate: Packed,             // (feed_forward, hidden)
    pub(super) up: Packed,               // (feed_forward, hidden)
    pub(super) down: Linear,             // (hidden, feed_forward)
}

impl Layer {
    /// The forms in which queries, keys and values take their rows.
    pub(super) fn attention_forms(&self) -> Forms {
        [&self.q, &self.k, &self.v].iter().fold(Forms::default(), |forms, linear| forms.and(linear.weight.kind()))
    }

    /// The forms in which gate and up take their rows.
    pub(super) fn gate_forms(&self) -> Forms {
        Forms::default().and(self.gate.kind()).and(self.up.kind())
    }
}

/// All weights.
#[derive(Debug)]
pub(super) struct FlatWeights {
    pub(super) embedding: Arc<Packed>, // (vocab, hidden)
    pub(super) layers: Vec<Layer>,
    pub(super) output_norm: Vec<f32>, // (hidden)
    pub(super) output: Arc<Packed>,   // (vocab, hidden); the embedding itself where the file has no output.weight
    /// Divisors of the rotation's frequencies: Llama 3.1's long context.
    pub(super) rope_factors: Option<Vec<f32>>, // (key_dim / 2)
}

/// Whether all of a file's tensors are of types that the kernels have, and none is one that this pass leaves out.
pub(super) fn is_covered(gguf: &Gguf, config: &Config) -> bool {
    let gate_bias =
        |layer: usize| ["ffn_gate", "ffn_up"].iter().any(|part| gguf.has(&format!("blk.{layer}.{part}.bias")));
    gguf.dtypes().all(|dtype| format(dtype).is_some())
        && !(0..config.num_layers).any(gate_bias)
        && !gguf.has("output.bias")
}

fn format(dtype: GgmlDType) -> Option<Format> {
    Some(match dtype {
        GgmlDType::F32 => Format::F32,
        GgmlDType::F16 => Format::F16,
        GgmlDType::BF16 => Format::Bf16,
        GgmlDType::Q4_0 => Format::Q4_0,
        GgmlDType::Q4_1 => Format::Q4_1,
        GgmlDType::Q5_0 => Format::Q5_0,
        GgmlDType::Q5_1 => Format::Q5_1,
        GgmlDType::Q8_0 => Format::Q8_0,
        GgmlDType::Q4K => Format::Q4K,
        GgmlDType::Q5K => Format::Q5K,
        GgmlDType::Q6K => Format::Q6K,
        _ => return None,
    })
}

impl FlatWeights {
    /// Reads all tensors.
    ///
    /// # Errors
    /// A tensor is missing, of another shape than the configuration says, unreadable, or unknown.
    pub(super) fn read(gguf: &mut Gguf, config: &Config, pool: &Pool) -> Result<Self, EngineError> {
        let Config { hidden, vocab, key_dim, .. } = *config;
        let mut from = Reader { gguf, pool, memory: Memory::default() };
        let embedding = Arc::new(from.packed("token_embd.weight", vocab, hidden)?);
        let rope_factors = from.vector("rope_freqs.weight", key_dim / 2)?;
        let layers = (0..config.num_layers).map(|i| from.layer(i, config)).collect::<Result<_, _>>()?;
        let output_norm = from.need_vector("output_norm.weight", hidden)?;
        // Whether the embedding doubles as output is decided by the file's table alone: a failed read is an error.
        let output = match from.gguf.has("output.weight") {
            true => Arc::new(from.packed("output.weight", vocab, hidden)?),
            false => Arc::clone(&embedding),
        };
        if let Some(name) = from.gguf.untouched() {
            return Err(EngineError::unsupported(format!("{} with tensor {name}", config.architecture)));
        }
        Ok(Self { embedding, layers, output_norm, output, rope_factors })
    }

    /// Bytes in memory of all packed weights.
    pub(super) fn num_bytes(&self) -> usize {
        let layer = |layer: &Layer| {
            let linears = [&layer.q, &layer.k, &layer.v, &layer.output, &layer.down];
            linears.iter().map(|linear| linear.weight.num_bytes()).sum::<usize>()
                + layer.gate.num_bytes()
                + layer.up.num_bytes()
        };
        let output = if Arc::ptr_eq(&self.embedding, &self.output) { 0 } else { self.output.num_bytes() };
        self.embedding.num_bytes() + output + self.layers.iter().map(layer).sum::<usize>()
    }
}

struct Reader<'a> {
    gguf: &'a mut Gguf,
    pool: &'a Pool,
    memory: Memory,
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
            gate: self.packed(&name("ffn_gate.weight"), feed_forward, hidden)?,
            up: self.packed(&name("ffn_up.weight"), feed_forward, hidden)?,
            down: self.linear(&name("ffn_down"), hidden, feed_forward)?,
        })
    }

    /// `NAME.weight`, and `NAME.bias` where the file has one.
    fn linear(&mut self, name: &str, rows: usize, columns: usize) -> Result<Linear, EngineError> {
        let weight = self.packed(&format!("{name}.weight"), rows, columns)?;
        Ok(Linear { weight, bias: self.vector(&format!("{name}.bias"), rows)? })
    }

    fn packed(&mut self, name: &str, rows: usize, columns: usize) -> Result<Packed, EngineError> {
        let tensor = self.gguf.tensor(name, &[rows, columns], &Device::Cpu)?;
        let bytes = tensor.data().place(|| format!("reading tensor {name}"))?;
        let format = format(tensor.dtype())
            .ok_or_else(|| EngineError::unsupported(format!("tensor {name}: its type {:?}", tensor.dtype())))?;
        Packed::new((self.pool, &mut self.memory), format, (rows, columns), &bytes).map_err(|error| match error {
            PackError::Memory(source) => EngineError::Io(source),
            other => EngineError::unsupported(format!("tensor {name}: {other}, which")),
        })
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Option<Vec<f32>>, EngineError> {
        if self.gguf.has(name) { self.need_vector(name, length).map(Some) } else { Ok(None) }
    }

    fn need_vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, EngineError> {
        let tensor = self.gguf.tensor(name, &[length], &Device::Cpu)?;
        let numbers = tensor.dequantize(&Device::Cpu).and_then(|tensor| tensor.to_vec1::<f32>());
        numbers.place(|| format!("preparing tensor {name}"))
    }
}
