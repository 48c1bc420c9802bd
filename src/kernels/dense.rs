//! Products with weights that are not quantised: numbers of 32 or 16 bits, computed in f32. Models of this kind are for
//! comparison, not for a class, so the code is short rather than fast.

#![allow(unsafe_code, reason = "the call of code for a detected processor")]

use super::format::from_half;
use super::level::{Level, Path};
use super::packed::{Kind, Packed, TILE};

/// `sums[row] += tile · row`; `rows` is `(rows, inputs)`.
pub(super) fn tile_sums(level: Level, weight: &Packed, tile: usize, rows: &[f32], sums: &mut [[f32; TILE]]) {
    match level.path() {
        Path::Twin => twin(weight, tile, rows, sums),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level is proof of AVX2, FMA and F16C.
        _ => unsafe { wide(weight, tile, rows, sums) },
    }
}

/// The twin; compiled for a processor with AVX2 it is the vector code too.
#[inline(always)]
fn twin(weight: &Packed, tile: usize, rows: &[f32], sums: &mut [[f32; TILE]]) {
    let range = tile * weight.inputs..(tile + 1) * weight.inputs;
    for (row, sums) in rows.chunks_exact(weight.inputs).zip(sums) {
        if weight.kind == Kind::Full {
            for (numbers, x) in weight.full[range.clone()].iter().zip(row) {
                sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number * x);
            }
        } else {
            let half = weight.kind == Kind::Half;
            for (numbers, x) in weight.half[range.clone()].iter().zip(row) {
                for (sum, bits) in sums.iter_mut().zip(numbers) {
                    let number = if half { from_half(*bits) } else { f32::from_bits(u32::from(*bits) << 16) };
                    *sum += number * x;
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn wide(weight: &Packed, tile: usize, rows: &[f32], sums: &mut [[f32; TILE]]) {
    twin(weight, tile, rows, sums);
}
