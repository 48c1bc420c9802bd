//! Rotary positions: the angle of each pair of a head's elements at each position.
//!
//! Angles are computed in f32, each from the one before it, as ggml does. Angles in f64 are nearer to the truth, but by
//! less than f32 resolves, while agreeing with ggml in the last bits keeps the activations of quantised products on the
//! same side when they are rounded: that is most of what would differ from its answers on long prompts.

use super::config::Config;
use candle_core::{Device, Result, Tensor};

/// What decides the angles.
#[derive(Debug)]
pub(crate) struct Angles {
    /// From one pair's frequency to the next.
    ratio: f32,
    /// Multiplies every angle: linear context scaling.
    scale: f32,
    /// Divides each pair's angle; 1 where the model has no factors.
    factors: Vec<f32>, // (key_dim / 2)
}

impl Angles {
    pub(crate) fn new(config: &Config, factors: Option<Vec<f32>>) -> Self {
        let half = config.key_dim / 2;
        Self {
            ratio: (config.rope.base as f32).powf(-2.0 / config.key_dim as f32),
            scale: (1.0 / config.rope.position_divisor) as f32,
            factors: factors.unwrap_or_else(|| vec![1.0; half]),
        }
    }

    /// Cosines and sines for `tokens` positions after `earlier`: `(tokens, key_dim / 2)` each.
    pub(crate) fn tables(&self, earlier: usize, tokens: usize, device: &Device) -> Result<(Tensor, Tensor)> {
        let half = self.factors.len();
        let (mut cos, mut sin) = (Vec::with_capacity(tokens * half), Vec::with_capacity(tokens * half));
        for position in earlier..earlier + tokens {
            let mut angle = position as f32;
            for factor in &self.factors {
                let turned = self.scale * (angle / factor);
                cos.push(turned.cos());
                sin.push(turned.sin());
                angle *= self.ratio;
            }
        }
        Ok((Tensor::from_vec(cos, (tokens, half), device)?, Tensor::from_vec(sin, (tokens, half), device)?))
    }
}
