//! Rows of f32 times a Q4_1 weight, with AVX2 and FMA. candle multiplies this type with scalar code only, and the default
//! model is made of it.
//!
//! As ggml does it: a row is rounded to 8 bits in blocks of 32 numbers (number ≈ d·q), a weight's block of 32 is d'·q' + m
//! with q' of 4 bits, so a block's part of the product is d·d'·Σq·q' + m·s, where s is the sum of d·q, rounded to 16 bits.

#![allow(unsafe_code, reason = "vector loads and the call of code for a detected processor")]

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;
use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_and_si128, _mm_loadu_si128, _mm_set1_epi8, _mm_srli_epi16, _mm256_add_ps,
    _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set_m128i,
    _mm256_set1_epi16, _mm256_set1_ps, _mm256_setzero_ps,
};
use std::sync::Arc;

/// Numbers of a block.
const BLOCK: usize = 32;
/// Bytes of a block in the file: two f16 and 32 numbers of 4 bits.
const BLOCK_BYTES: usize = 20;
/// Rows that are multiplied with a block while it is unpacked.
const ROWS_AT_ONCE: usize = 4;
/// Rows of the weight that one thread takes at a time.
const OUT_AT_ONCE: usize = 16;

/// A block of a weight.
#[derive(Debug, Clone, Copy)]
struct Weight {
    /// Number `i` in the low half of byte `i`, number `i + 16` in its high half.
    packed: [u8; BLOCK / 2],
    scale: f32,
    min: f32,
}

/// A block of a row, rounded.
#[derive(Debug, Clone, Copy)]
struct Rounded {
    numbers: [i8; BLOCK],
    scale: f32,
    /// Sum of the block's numbers times its scale.
    sum: f32,
}

/// A weight `(out, in)` of this type, on a processor that has what the kernel needs.
#[derive(Debug, Clone)]
pub(crate) struct Q4_1 {
    blocks: Arc<[Weight]>, // (out, in / 32)
    out: usize,
    blocks_per_row: usize,
}

impl Q4_1 {
    /// `None` for another type, another device, or a processor without AVX2, FMA and F16C.
    pub(crate) fn new(weight: &QTensor) -> Result<Option<Self>> {
        let fits = weight.dtype() == GgmlDType::Q4_1 && weight.device().is_cpu();
        if !fits || !is_x86_feature_detected!("avx2") || !is_x86_feature_detected!("fma") {
            return Ok(None);
        }
        let (out, columns) = weight.shape().dims2()?;
        let half = |bytes: &[u8]| half_to_f32(u16::from_le_bytes([bytes[0], bytes[1]]));
        let data = weight.data()?;
        let blocks: Arc<[Weight]> = data
            .chunks_exact(BLOCK_BYTES)
            .map(|bytes| Weight {
                packed: bytes[4..].try_into().expect("a block has sixteen bytes after its two f16"),
                scale: half(&bytes[..2]),
                min: half(&bytes[2..4]),
            })
            .collect();
        let blocks_per_row = columns / BLOCK;
        if blocks.len() != out * blocks_per_row {
            bail!("a Q4_1 weight of shape {:?} has {} blocks", weight.shape(), blocks.len());
        }
        Ok(Some(Self { blocks, out, blocks_per_row }))
    }

    /// `(rows, in)` to `(rows, out)`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op1_no_bwd(self)
    }

    fn product(&self, x: &[f32]) -> Vec<f32> {
        let rounded: Vec<Rounded> = x.as_chunks::<BLOCK>().0.iter().map(round).collect();
        let rows = rounded.len() / self.blocks_per_row;
        let mut columns = vec![0f32; self.out * rows]; // (out, rows)
        let weights = self.blocks.par_chunks(self.blocks_per_row * OUT_AT_ONCE);
        columns.par_chunks_mut(rows * OUT_AT_ONCE).zip(weights).for_each(|(columns, weights)| {
            for (column, weight) in columns.chunks_exact_mut(rows).zip(weights.chunks_exact(self.blocks_per_row)) {
                let parts = rounded.chunks(self.blocks_per_row * ROWS_AT_ONCE);
                for (y, x) in column.chunks_mut(ROWS_AT_ONCE).zip(parts) {
                    // SAFETY: `new` made this value only after it had found AVX2 and FMA.
                    unsafe { dot_rows(weight, x, y) }
                }
            }
        });
        let mut y = vec![0f32; rows * self.out]; // (rows, out)
        for (i, column) in columns.chunks_exact(rows).enumerate() {
            for (row, value) in column.iter().enumerate() {
                y[row * self.out + i] = *value;
            }
        }
        y
    }
}

impl CustomOp1 for Q4_1 {
    fn name(&self) -> &'static str {
        "q4_1-product"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, columns) = layout.shape().dims2()?;
        if columns != self.blocks_per_row * BLOCK {
            bail!("a product of {columns} columns with a weight of {}", self.blocks_per_row * BLOCK);
        }
        let Some((from, to)) = layout.contiguous_offsets() else { bail!("rows that are not contiguous") };
        let y = if rows == 0 { Vec::new() } else { self.product(&storage.as_slice::<f32>()?[from..to]) };
        Ok((CpuStorage::F32(y), (rows, self.out).into()))
    }
}

fn half_to_f32(bits: u16) -> f32 {
    half::f16::from_bits(bits).to_f32()
}

/// Rounds a block to 8 bits; scale and sum are kept as f16 would keep them.
fn round(block: &[f32; BLOCK]) -> Rounded {
    let largest = block.iter().fold(0f32, |largest, number| largest.max(number.abs()));
    let scale = largest / 127.0;
    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    let mut numbers = [0i8; BLOCK];
    let mut sum = 0i32;
    for (rounded, number) in numbers.iter_mut().zip(block) {
        // At most 127 in size by construction; `as` saturates what is not a number.
        *rounded = (number * inverse).round_ties_even() as i8;
        sum += i32::from(*rounded);
    }
    let halved = |number: f32| half::f16::from_f32(number).to_f32();
    Rounded { numbers, scale: halved(scale), sum: halved(scale * sum as f32) }
}

/// The products of one weight row with up to [`ROWS_AT_ONCE`] rows, which stand one after the other in `x`.
#[target_feature(enable = "avx2,fma")]
fn dot_rows(weight: &[Weight], x: &[Rounded], y: &mut [f32]) {
    assert_eq!(x.len(), weight.len() * y.len(), "whole rows");
    match y {
        [a, b, c, d] => [*a, *b, *c, *d] = dot::<ROWS_AT_ONCE>(weight, x),
        fewer => {
            for (y, x) in fewer.iter_mut().zip(x.chunks_exact(weight.len())) {
                [*y] = dot::<1>(weight, x);
            }
        }
    }
}

/// The products of one weight row with `N` rows.
#[target_feature(enable = "avx2,fma")]
fn dot<const N: usize>(weight: &[Weight], x: &[Rounded]) -> [f32; N] {
    let rows: [&[Rounded]; N] = std::array::from_fn(|row| &x[row * weight.len()..(row + 1) * weight.len()]);
    let mut sums: [__m256; N] = [_mm256_setzero_ps(); N];
    let mut mins = [0f32; N];
    for (i, block) in weight.iter().enumerate() {
        let unpacked = unpack(&block.packed);
        for row in 0..N {
            let rounded = &rows[row][i];
            // Pairs of products are at most 2·15·127, which fits 16 bits.
            let pairs = _mm256_maddubs_epi16(unpacked, load(&rounded.numbers));
            let fours = _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
            sums[row] = _mm256_fmadd_ps(_mm256_set1_ps(block.scale * rounded.scale), fours, sums[row]);
            mins[row] += block.min * rounded.sum;
        }
    }
    std::array::from_fn(|row| total(sums[row]) + mins[row])
}

/// Numbers of 4 bits to bytes, in order.
#[target_feature(enable = "avx2")]
fn unpack(packed: &[u8; BLOCK / 2]) -> __m256i {
    // SAFETY: an unaligned load of the sixteen bytes of `packed`.
    let packed = unsafe { _mm_loadu_si128(packed.as_ptr().cast::<__m128i>()) };
    let low = _mm_set1_epi8(0x0f);
    let high = _mm_and_si128(_mm_srli_epi16(packed, 4), low);
    _mm256_set_m128i(high, _mm_and_si128(packed, low))
}

#[target_feature(enable = "avx2")]
fn load(numbers: &[i8; BLOCK]) -> __m256i {
    // SAFETY: an unaligned load of the thirty-two bytes of `numbers`.
    unsafe { _mm256_loadu_si256(numbers.as_ptr().cast::<__m256i>()) }
}

/// The sum of eight numbers.
#[target_feature(enable = "avx2")]
fn total(numbers: __m256) -> f32 {
    let twice = _mm256_add_ps(numbers, std::arch::x86_64::_mm256_permute2f128_ps(numbers, numbers, 1));
    let mut all = [0f32; 8];
    // SAFETY: an unaligned store of eight numbers into an array of eight.
    unsafe { std::arch::x86_64::_mm256_storeu_ps(all.as_mut_ptr(), twice) };
    all[0] + all[1] + all[2] + all[3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::quantized::QMatMul;
    use candle_core::{Device, Module as _};

    /// The product as the module's first lines define it.
    fn twin(weight: &[Weight], x: &[Rounded]) -> f32 {
        let part = |(weight, x): (&Weight, &Rounded)| {
            let number = |i: usize| i32::from(if i < 16 { weight.packed[i] & 15 } else { weight.packed[i - 16] >> 4 });
            let whole: i32 = (0..BLOCK).map(|i| number(i) * i32::from(x.numbers[i])).sum();
            weight.scale * x.scale * whole as f32 + weight.min * x.sum
        };
        weight.iter().zip(x).map(part).sum()
    }

    fn random(shape: (usize, usize)) -> Tensor {
        Tensor::randn(0.3f32, 1.0, shape, &Device::Cpu).expect("random numbers")
    }

    #[test]
    fn the_kernel_is_its_scalar_twin_and_candles_product_for_any_number_of_rows() {
        for (rows, out, columns) in
            [(1, 1, 32), (1, 33, 96), (2, 16, 64), (3, 17, 576), (4, 5, 32), (7, 40, 160), (9, 64, 320)]
        {
            let weight = QTensor::quantize(&random((out, columns)), GgmlDType::Q4_1).expect("whole blocks");
            let Some(kernel) = Q4_1::new(&weight).expect("a matrix") else {
                println!("SKIPPED: this processor has no AVX2 and FMA");
                return;
            };
            let x = random((rows, columns));
            let ours: Vec<Vec<f32>> = kernel.forward(&x).and_then(|y| y.to_vec2()).expect("a product");
            // candle multiplies an even number of blocks only.
            let theirs = (columns % (2 * BLOCK) == 0).then_some(weight);
            let theirs = theirs.map(|weight| {
                let product =
                    QMatMul::from_qtensor(weight).and_then(|w| w.forward(&x)).and_then(|y| y.to_vec2::<f32>());
                product.expect("a product")
            });
            let flat: Vec<f32> = x.flatten_all().and_then(|x| x.to_vec1()).expect("numbers");
            let rounded: Vec<Rounded> = flat.as_chunks::<BLOCK>().0.iter().map(round).collect();
            for row in 0..rows {
                let x = &rounded[row * columns / BLOCK..(row + 1) * columns / BLOCK];
                for i in 0..out {
                    let expected = twin(&kernel.blocks[i * columns / BLOCK..(i + 1) * columns / BLOCK], x);
                    let tolerance = 1e-4 * (columns as f32).sqrt();
                    assert!((ours[row][i] - expected).abs() < tolerance, "({rows}, {out}, {columns}) at {row}, {i}");
                    // candle may round a number halfway between two 8-bit steps the other way.
                    let near = theirs.as_ref().is_none_or(|theirs| (ours[row][i] - theirs[row][i]).abs() < 0.2);
                    assert!(near, "({rows}, {out}, {columns}) at {row}, {i}: candle's product differs");
                }
            }
        }
    }

    #[test]
    fn other_types_and_wrong_widths_are_refused() {
        let other = QTensor::quantize(&random((4, 64)), GgmlDType::Q8_0).expect("whole blocks");
        assert!(Q4_1::new(&other).expect("a matrix").is_none());
        let weight = QTensor::quantize(&random((4, 64)), GgmlDType::Q4_1).expect("whole blocks");
        if let Some(kernel) = Q4_1::new(&weight).expect("a matrix") {
            assert!(kernel.forward(&random((2, 32))).is_err());
            assert_eq!(kernel.forward(&random((0, 64))).expect("nothing").dims(), [0, 4]);
        }
    }
}
