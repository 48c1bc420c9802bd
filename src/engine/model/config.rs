//! A decoder's numbers, read from the metadata and checked once. Whatever would change the arithmetic in a way that the
//! decoder does not do is refused here by name.

use super::super::error::EngineError;
use super::super::gguf::{Gguf, Metadata, Value};

/// How the pairs of a head's elements are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RopeLayout {
    /// Neighbours (0,1), (2,3), …: GGUF's `llama`.
    Interleaved,
    /// First half with second half: `qwen2`, `qwen3`.
    HalfSplit,
}

/// The architectures and what their name alone decides.
const ARCHITECTURES: &[(&str, RopeLayout)] =
    &[("llama", RopeLayout::Interleaved), ("qwen2", RopeLayout::HalfSplit), ("qwen3", RopeLayout::HalfSplit)];

/// Keys that change the arithmetic, with the value at which they change nothing.
const NEUTRAL_ONLY: &[(&str, f64)] = &[
    ("expert_count", 0.0),
    ("attn_logit_softcapping", 0.0),
    ("final_logit_softcapping", 0.0),
    ("logit_scale", 1.0),
    ("embedding_scale", 1.0),
    ("residual_scale", 1.0),
    ("attention.scale", 0.0),
    ("attention.max_alibi_bias", 0.0),
    ("attention.clamp_kqv", 0.0),
];

/// The numbers of a decoder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub(crate) architecture: String,
    pub(crate) num_layers: usize,
    pub(crate) hidden: usize,
    pub(crate) feed_forward: usize,
    pub(crate) num_heads: usize,
    pub(crate) num_kv_heads: usize,
    /// Elements of one head's query and key.
    pub(crate) key_dim: usize,
    /// Elements of one head's value.
    pub(crate) value_dim: usize,
    pub(crate) vocab: usize,
    pub(crate) context_tokens: usize,
    pub(crate) norm_eps: f32,
    pub(crate) rope: Rope,
}

/// How positions are written into queries and keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rope {
    pub(crate) layout: RopeLayout,
    pub(crate) base: f64,
    /// Positions are divided by this: linear context scaling, 1 for none.
    pub(crate) position_divisor: f64,
}

impl Config {
    /// Bytes of one token's keys and values in all layers, as f32.
    pub(crate) fn kv_bytes_per_token(&self) -> usize {
        self.num_layers * self.num_kv_heads * (self.key_dim + self.value_dim) * size_of::<f32>()
    }

    /// Reads and checks the metadata.
    ///
    /// # Errors
    /// A key that is missing or senseless, or a feature that the decoder does not have, by name.
    pub(crate) fn read(gguf: &Gguf) -> Result<Self, EngineError> {
        let keys = &gguf.metadata;
        let architecture =
            keys.text("general.architecture")?.ok_or(EngineError::MissingKey { key: "general.architecture".into() })?;
        let Some((_, layout)) = ARCHITECTURES.iter().find(|(name, _)| *name == architecture) else {
            let known: Vec<_> = ARCHITECTURES.iter().map(|(name, _)| *name).collect();
            let hint = format!("supported are {}", known.join(", "));
            return Err(EngineError::unsupported_but(format!("architecture {architecture:?}"), &hint));
        };
        let key = |name: &str| format!("{architecture}.{name}");
        refuse_what_is_not_done(keys, architecture)?;
        let hidden = keys.need_count(&key("embedding_length"))?;
        let num_heads = keys.need_count(&key("attention.head_count"))?;
        let num_kv_heads = keys.count(&key("attention.head_count_kv"))?.unwrap_or(num_heads);
        if num_kv_heads == 0 || !num_heads.is_multiple_of(num_kv_heads) {
            let expected = format!("a divisor of the {num_heads} heads");
            return Err(EngineError::Key {
                key: key("attention.head_count_kv"),
                expected,
                got: num_kv_heads.to_string(),
            });
        }
        let key_dim = keys.count(&key("attention.key_length"))?.unwrap_or(hidden / num_heads);
        let value_dim = keys.count(&key("attention.value_length"))?.unwrap_or(key_dim);
        let rope_dim = keys.count(&key("rope.dimension_count"))?.unwrap_or(key_dim);
        if rope_dim != key_dim || key_dim == 0 || !key_dim.is_multiple_of(2) || value_dim == 0 {
            let what = format!("rotating {rope_dim} of a head's {key_dim} elements (value length {value_dim})");
            return Err(EngineError::unsupported_but(what, "all must be rotated, and be even in number"));
        }
        let vocab = gguf.shape("token_embd.weight").and_then(|shape| shape.first().copied());
        let config = Self {
            architecture: architecture.to_owned(),
            num_layers: keys.need_count(&key("block_count"))?,
            hidden,
            feed_forward: keys.need_count(&key("feed_forward_length"))?,
            num_heads,
            num_kv_heads,
            key_dim,
            value_dim,
            vocab: vocab.ok_or(EngineError::MissingTensor { name: "token_embd.weight".into() })?,
            context_tokens: keys.need_count(&key("context_length"))?,
            norm_eps: positive(keys, &key("attention.layer_norm_rms_epsilon"), None)? as f32,
            rope: Rope {
                layout: *layout,
                base: positive(keys, &key("rope.freq_base"), Some(10_000.0))?,
                position_divisor: position_divisor(keys, architecture)?,
            },
        };
        Ok(config)
    }
}

/// A number above 0; `default` where the key is not there.
fn positive(keys: &Metadata, key: &str, default: Option<f64>) -> Result<f64, EngineError> {
    match keys.number(key)?.or(default) {
        None => Err(EngineError::MissingKey { key: key.into() }),
        Some(value) if value > 0.0 => Ok(value),
        Some(value) => {
            Err(EngineError::Key { key: key.into(), expected: "a number above 0".into(), got: value.to_string() })
        }
    }
}

fn position_divisor(keys: &Metadata, architecture: &str) -> Result<f64, EngineError> {
    let factor_key = format!("{architecture}.rope.scaling.factor");
    match keys.text(&format!("{architecture}.rope.scaling.type"))? {
        Some("linear") => positive(keys, &factor_key, Some(1.0)),
        Some("none") => Ok(1.0),
        Some(other) => {
            let what = format!("position scaling {other:?}");
            Err(EngineError::unsupported_but(what, "linear scaling and rope_freqs.weight are"))
        }
        // Files older than the key `scaling.type` have this one, and it means linear.
        None => positive(keys, &format!("{architecture}.rope.scale_linear"), Some(1.0)),
    }
}

fn refuse_what_is_not_done(keys: &Metadata, architecture: &str) -> Result<(), EngineError> {
    for (name, neutral) in NEUTRAL_ONLY {
        let key = format!("{architecture}.{name}");
        if let Some(value) = keys.number(&key)?
            && value != *neutral
        {
            return Err(EngineError::unsupported(format!("a model with {key} = {value}")));
        }
    }
    if matches!(keys.get(&format!("{architecture}.attention.causal")), Some(Value::Bool(false))) {
        return Err(EngineError::unsupported("a model without a causal mask"));
    }
    let window = keys.count(&format!("{architecture}.attention.sliding_window"))?.unwrap_or(0);
    let context = keys.count(&format!("{architecture}.context_length"))?.unwrap_or(0);
    if window != 0 && window < context {
        return Err(EngineError::unsupported(format!("attention with a sliding window of {window} tokens")));
    }
    Ok(())
}
