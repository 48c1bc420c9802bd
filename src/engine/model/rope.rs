//! Rotary positions: the angle of each pair of a head's elements at each position.

use super::config::Config;
use candle_core::{Device, Result, Tensor};

/// How fast each pair turns.
#[derive(Debug)]
pub(crate) struct Angles {
    /// Radians per position, in f64 because positions of thousands would leave few bits of an f32 angle.
    frequencies: Vec<f64>, // (key_dim / 2)
}

impl Angles {
    /// `factors` divide the frequencies: Llama 3.1's long context.
    pub(crate) fn new(config: &Config, factors: Option<&[f32]>) -> Self {
        let half = config.key_dim / 2;
        let frequency = |pair: usize| {
            let factor = factors.map_or(1.0, |factors| f64::from(factors[pair]));
            config.rope.base.powf(-(pair as f64) / half as f64) / factor / config.rope.position_divisor
        };
        Self { frequencies: (0..half).map(frequency).collect() }
    }

    /// Appends the cosines and sines of one position: `(key_dim / 2)` each.
    pub(crate) fn push(&self, position: usize, cos: &mut Vec<f32>, sin: &mut Vec<f32>) {
        for frequency in &self.frequencies {
            let angle = position as f64 * frequency;
            cos.push(angle.cos() as f32);
            sin.push(angle.sin() as f32);
        }
    }

    /// Cosines and sines for `tokens` positions after `earlier`: `(tokens, key_dim / 2)` each.
    pub(crate) fn tables(&self, earlier: usize, tokens: usize, device: &Device) -> Result<(Tensor, Tensor)> {
        let positions = earlier..earlier + tokens;
        let angles: Vec<f64> = positions.flat_map(|p| self.frequencies.iter().map(move |f| p as f64 * f)).collect();
        let table = |turn: fn(f64) -> f64| {
            let values: Vec<f32> = angles.iter().map(|angle| turn(*angle) as f32).collect();
            Tensor::from_vec(values, (tokens, self.frequencies.len()), device)
        };
        Ok((table(f64::cos)?, table(f64::sin)?))
    }
}
