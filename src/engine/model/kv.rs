//! Keys and values of one sequence, all layers. Room grows by whole blocks, so that a token's step copies no earlier token.

use super::config::Config;
use candle_core::{DType, Device, Result, Tensor};

/// Tokens by which the room grows.
const BLOCK_TOKENS: usize = 256;

#[derive(Debug)]
struct LayerCache {
    keys: Tensor,   // (num_kv_heads, capacity, key_dim)
    values: Tensor, // (num_kv_heads, capacity, value_dim)
}

/// One sequence's keys and values.
#[derive(Debug)]
pub(crate) struct KvCache {
    layers: Vec<LayerCache>,
    num_tokens: usize,
    capacity: usize,
    num_kv_heads: usize,
    dims: (usize, usize),
    device: Device,
}

impl KvCache {
    /// An empty cache; takes memory with the first token.
    pub(crate) fn new(config: &Config, device: &Device) -> Self {
        Self {
            layers: Vec::with_capacity(config.num_layers),
            num_tokens: 0,
            capacity: 0,
            num_kv_heads: config.num_kv_heads,
            dims: (config.key_dim, config.value_dim),
            device: device.clone(),
        }
    }

    /// Tokens whose keys and values are in every layer.
    pub(crate) fn num_tokens(&self) -> usize {
        self.num_tokens
    }

    /// Makes room for `more` tokens in all of `num_layers` layers.
    pub(crate) fn reserve(&mut self, num_layers: usize, more: usize) -> Result<()> {
        let needed = self.num_tokens + more;
        if needed <= self.capacity {
            return Ok(());
        }
        // Half as much again, so that a long answer copies each token a bounded number of times.
        let capacity = needed.max(self.capacity + self.capacity / 2).next_multiple_of(BLOCK_TOKENS);
        let fresh = |dim| Tensor::zeros((self.num_kv_heads, capacity, dim), DType::F32, &self.device);
        let mut layers = Vec::with_capacity(num_layers);
        for index in 0..num_layers {
            let layer = LayerCache { keys: fresh(self.dims.0)?, values: fresh(self.dims.1)? };
            if let (Some(old), true) = (self.layers.get(index), self.num_tokens > 0) {
                layer.keys.slice_set(&old.keys.narrow(1, 0, self.num_tokens)?.contiguous()?, 1, 0)?;
                layer.values.slice_set(&old.values.narrow(1, 0, self.num_tokens)?.contiguous()?, 1, 0)?;
            }
            layers.push(layer);
        }
        self.layers = layers;
        self.capacity = capacity;
        Ok(())
    }

    /// Writes a step's keys and values after the earlier tokens of `layer` and returns all of them:
    /// `(num_kv_heads, earlier + tokens, dim)` each. The tokens count only after [`Self::commit`].
    pub(crate) fn extend(&mut self, layer: usize, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor)> {
        let cache = &self.layers[layer];
        let total = self.num_tokens + keys.dim(1)?;
        cache.keys.slice_set(keys, 1, self.num_tokens)?;
        cache.values.slice_set(values, 1, self.num_tokens)?;
        Ok((cache.keys.narrow(1, 0, total)?, cache.values.narrow(1, 0, total)?))
    }

    /// A step of `tokens` tokens has passed all layers.
    pub(crate) fn commit(&mut self, tokens: usize) {
        self.num_tokens += tokens;
    }
}
