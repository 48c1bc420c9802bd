//! Element by element: norms and the gate of a feed-forward layer.

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
