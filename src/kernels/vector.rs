//! Element by element: norms, the gate of a feed-forward layer and other activations.

#![allow(unsafe_code, reason = "the call of code for a detected processor; tasks write different rows")]

use super::level::{Level, Path};
use super::pool::{Pool, Shares};

/// Numbers for which a task of their own is worth it.
const TASK_NUMBERS: usize = 16 * 1024;

/// Calls `each(row, numbers)` for all rows of `(rows, width)`.
///
/// # Panics
/// If the numbers are no whole rows.
pub(crate) fn for_rows(pool: &Pool, numbers: &mut [f32], width: usize, each: impl Fn(usize, &mut [f32]) + Sync) {
    assert!(width > 0 && numbers.len().is_multiple_of(width), "{} numbers are no rows of {width}", numbers.len());
    let rows = numbers.len() / width;
    let rows_per_task = (TASK_NUMBERS / width).clamp(1, 64);
    let shares = Shares::new(numbers);
    pool.run(rows.div_ceil(rows_per_task), |task| {
        for row in task * rows_per_task..rows.min((task + 1) * rows_per_task) {
            // SAFETY: each task has rows of its own.
            each(row, unsafe { shares.piece(row * width, width) });
        }
    });
}

/// A root-mean-square norm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Norm<'a> {
    pub(crate) weight: &'a [f32],
    pub(crate) eps: f32,
}

/// `x / rms(x) * weight`, the squares summed in f64 as ggml does: the last bits decide how the products that follow round.
pub(crate) fn rms_norm(x: &[f32], norm: Norm<'_>, out: &mut [f32]) {
    let scale = rms_scale(x, norm.eps);
    for ((out, x), weight) in out.iter_mut().zip(x).zip(norm.weight) {
        *out = (x * scale) * weight;
    }
}

/// [`rms_norm`] in place.
pub(crate) fn rms_norm_in_place(x: &mut [f32], norm: Norm<'_>) {
    let scale = rms_scale(x, norm.eps);
    for (x, weight) in x.iter_mut().zip(norm.weight) {
        *x = (*x * scale) * weight;
    }
}

/// What a row is multiplied with.
pub(super) fn rms_scale(x: &[f32], eps: f32) -> f32 {
    // Eight sums, so that the processor need not wait for one.
    let mut sums = [0f64; 8];
    let (eights, rest) = x.as_chunks::<8>();
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, x)| *sum += f64::from(x * x));
    }
    let sum = sums.iter().sum::<f64>() + rest.iter().map(|x| f64::from(x * x)).sum::<f64>();
    1.0 / ((sum / x.len() as f64) as f32 + eps).sqrt()
}

/// `gate = silu(gate) * up`, where `silu(x) = x / (1 + exp(-x))`.
pub(super) fn swiglu(level: Level, gate: &mut [f32], up: &[f32]) {
    match level.path() {
        Path::Twin => swiglu_twin(gate, up),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level is proof of AVX2, FMA and F16C.
        _ => unsafe { swiglu_wide(gate, up) },
    }
}

fn swiglu_twin(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + (-*gate).exp()) * up;
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn swiglu_wide(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

/// `x = norm(x + add)`: the numbers brought to mean 0 and variance 1, then scaled and shifted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerNorm<'a> {
    pub(crate) scale: &'a [f32],
    pub(crate) shift: &'a [f32],
    pub(crate) eps: f32,
}

impl LayerNorm<'_> {
    /// Of one row, `add` as long as it or empty.
    pub(crate) fn apply(&self, level: Level, x: &mut [f32], add: &[f32]) {
        match level.path() {
            Path::Twin => self.twin(x, add),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is proof of AVX2, FMA and F16C.
            _ => unsafe { self.wide(x, add) },
        }
    }

    #[inline(always)]
    fn twin(&self, x: &mut [f32], add: &[f32]) {
        x.iter_mut().zip(add).for_each(|(x, add)| *x += add);
        let mean = lanes(x, |x| x) / x.len() as f32;
        let variance = lanes(x, |x| (x - mean) * (x - mean)) / x.len() as f32;
        let factor = 1.0 / (variance + self.eps).sqrt();
        for ((x, scale), shift) in x.iter_mut().zip(self.scale).zip(self.shift) {
            *x = (*x - mean) * factor * scale + shift;
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn wide(&self, x: &mut [f32], add: &[f32]) {
        self.twin(x, add);
    }
}

/// The sum of `each` number, as sixteen sums side by side.
#[inline(always)]
fn lanes(x: &[f32], each: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0_f32; 16];
    let (blocks, rest) = x.as_chunks::<16>();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, x)| *sum += each(*x));
    }
    sums.iter().sum::<f32>() + rest.iter().map(|x| each(*x)).sum::<f32>()
}

/// `x = exp(x - max)`; returns their sum.
pub(super) fn exp_in_place(level: Level, x: &mut [f32]) -> f32 {
    match level.path() {
        Path::Twin => exp_twin(x),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level is proof of AVX2, FMA and F16C.
        _ => unsafe { exp_wide(x) },
    }
}

fn exp_twin(x: &mut [f32]) -> f32 {
    let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    x.iter_mut().for_each(|x| *x = (*x - max).exp());
    lanes(x, |x| x)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn exp_wide(x: &mut [f32]) -> f32 {
    let mut most = [f32::NEG_INFINITY; 8];
    let (eights, rest) = x.as_chunks::<8>();
    for eight in eights {
        most.iter_mut().zip(eight).for_each(|(most, x)| *most = if *x > *most { *x } else { *most });
    }
    let max = most.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    x.iter_mut().for_each(|x| *x = exp(*x - max));
    lanes(x, |x| x)
}

/// What is between the two products of a feed-forward layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// `x Φ(x)`, with the normal distribution's own function.
    Gelu,
    /// The same with a hyperbolic tangent in its place.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
}

impl Activation {
    /// Of each number.
    pub(crate) fn apply(self, level: Level, x: &mut [f32]) {
        match level.path() {
            Path::Twin => self.twin(x),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is proof of AVX2, FMA and F16C.
            _ => unsafe { self.wide(x) },
        }
    }

    fn twin(self, x: &mut [f32]) {
        self.with(x, f32::exp);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn wide(self, x: &mut [f32]) {
        self.with(x, exp);
    }

    #[inline(always)]
    fn with(self, x: &mut [f32], exp: impl Fn(f32) -> f32) {
        match self {
            Self::Gelu => x.iter_mut().for_each(|x| *x = gelu(*x, &exp)),
            Self::GeluTanh => x.iter_mut().for_each(|x| *x = gelu_tanh(*x, &exp)),
            Self::Relu => x.iter_mut().for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x }),
        }
    }
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26, for the tail beyond |x|: within 1.5e-7 of `erf`.
#[inline(always)]
fn gelu(x: f32, exp: impl Fn(f32) -> f32) -> f32 {
    let y = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * y);
    let mut p = 1.061_405_4_f32;
    for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        p = p * t + coefficient;
    }
    let tail = 0.5 * p * t * exp(-y * y);
    if x < 0.0 { x * tail } else { x - x * tail }
}

#[inline(always)]
fn gelu_tanh(x: f32, exp: impl Fn(f32) -> f32) -> f32 {
    // (1 + tanh(y)) / 2 = 1 / (1 + exp(-2 y)), y = √(2/π) (x + 0.044715 x³)
    x / (1.0 + exp(-1.595_769 * (x + 0.044_715 * x * x * x)))
}

/// `exp(x)` within 2 units in the last place, without a branch, so that a loop over it becomes vector code. 0 for what is
/// below the normal numbers, infinity from 88.3 on; what is not a number stays none.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const MOST: f32 = 88.3;
    const LEAST: f32 = -87.3;
    /// Adding it leaves no bits after the point, and the whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    // x = n ln 2 + r, the logarithm in two parts so that the first product is exact.
    let rounded = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut p = 1.987_569_1e-4_f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        p = p.mul_add(r, coefficient);
    }
    let p = p.mul_add(r * r, r) + 1.0;
    let value = p * f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));
    let value = if x > MOST { f32::INFINITY } else { value };
    if x < LEAST { 0.0 } else { value }
}
