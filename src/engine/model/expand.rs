//! The product of many rows with a weight for which candle has no vector code on x86 (Q4_1, Q5_0, Q5_1): a prompt of some
//! hundred tokens would take a minute. The weight is expanded to f32 for the step, and the rows are rounded as ggml rounds
//! them for its own product, so that the result is ggml's but for the order of the sums.
//!
//! ggml rounds a row in blocks of 32 to 8 bits: number ≈ d·q. A weight of these types is w = d'·q' + m, and ggml multiplies m
//! not by the sum of d·q, but by that sum computed before d is rounded to 16 bits. [`Expanded::mins`] carries the difference.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Result, Tensor};
use std::sync::Arc;

/// Numbers of a block.
const BLOCK: usize = 32;
/// From this many rows on, expanding takes less time than the scalar product.
pub(crate) const MIN_ROWS: usize = 8;

/// A weight that is expanded for each step of many rows.
#[derive(Debug, Clone)]
pub(crate) struct Expanded {
    weight: Arc<QTensor>, // (out, in)
    /// What each block's numbers have in common, of types that have that.
    mins: Option<Tensor>, // (out, in / 32)
}

impl Expanded {
    /// `None` for a weight that candle multiplies fast itself.
    pub(crate) fn new(weight: &Arc<QTensor>) -> Result<Option<Self>> {
        // Bytes of a block; of types with a minimum, bytes 2 and 3 are it.
        let block_bytes = match weight.dtype() {
            _ if !weight.device().is_cpu() => return Ok(None),
            GgmlDType::Q5_0 => None,
            GgmlDType::Q4_1 | GgmlDType::Q5_1 => Some(weight.dtype().type_size()),
            _ => return Ok(None),
        };
        let (rows, columns) = weight.shape().dims2()?;
        let mins = match block_bytes {
            None => None,
            Some(size) => {
                let data = weight.data()?;
                let halves: Vec<u8> = data.chunks_exact(size).flat_map(|block| [block[2], block[3]]).collect();
                let shape = [rows, columns / BLOCK];
                let mins = Tensor::from_raw_buffer(&halves, DType::F16, &shape, &weight.device())?;
                Some(mins.to_dtype(DType::F32)?)
            }
        };
        Ok(Some(Self { weight: Arc::clone(weight), mins }))
    }

    /// `(rows, in)` to `(rows, out)`.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let rounded = Rounded::new(x)?;
        let weight = self.weight.dequantize(x.device())?; // (out, in)
        let y = rounded.x.matmul(&weight.t()?)?;
        match &self.mins {
            Some(mins) => y + rounded.missing.matmul(&mins.t()?)?,
            None => Ok(y),
        }
    }
}

/// Rows rounded to 8 bits, in f32.
struct Rounded {
    x: Tensor,       // (rows, in)
    missing: Tensor, // (rows, in / 32): a block's sum as ggml has it, less the sum of `x`
}

impl Rounded {
    fn new(x: &Tensor) -> Result<Self> {
        let (rows, columns) = x.dims2()?;
        let mut numbers: Vec<f32> = x.flatten_all()?.to_vec1()?;
        let (mut scales, mut sums) = (Vec::new(), Vec::new());
        for block in numbers.chunks_exact_mut(BLOCK) {
            let largest = block.iter().fold(0.0f32, |largest, number| largest.max(number.abs()));
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            block.iter_mut().for_each(|number| *number = (*number * inverse).round_ties_even());
            scales.push(largest / 127.0);
            sums.push(block.iter().sum::<f32>()); // whole numbers below 2^12: exact
        }
        let blocks = (rows, columns / BLOCK);
        let scales = Tensor::from_vec(scales, blocks, x.device())?;
        let sums = Tensor::from_vec(sums, blocks, x.device())?;
        let halved = |tensor: &Tensor| tensor.to_dtype(DType::F16)?.to_dtype(DType::F32);
        let short = halved(&scales)?;
        let missing = (halved(&(&scales * &sums)?)? - (&short * &sums)?)?;
        let x = Tensor::from_vec(numbers, (rows, blocks.1, BLOCK), x.device())?;
        let x = x.broadcast_mul(&short.unsqueeze(2)?)?.reshape((rows, columns))?;
        Ok(Self { x, missing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::quantized::QMatMul;
    use candle_core::{Device, Module as _};

    #[test]
    fn the_product_is_candles_own() {
        let x = Tensor::randn(0f32, 1.0, (9, 64), &Device::Cpu).expect("random numbers");
        let weight = Tensor::randn(0.5f32, 1.0, (48, 64), &Device::Cpu).expect("random numbers");
        for dtype in [GgmlDType::Q4_1, GgmlDType::Q5_0, GgmlDType::Q5_1] {
            let weight = Arc::new(QTensor::quantize(&weight, dtype).expect("rows of whole blocks"));
            let ours = Expanded::new(&weight).expect("a matrix").expect("a slow type").forward(&x).expect("a product");
            let theirs = QMatMul::from_arc(weight).expect("a matrix").forward(&x).expect("a product");
            let differences = (ours - theirs).and_then(|d| d.abs()?.flatten_all()?.to_vec1::<f32>()).expect("numbers");
            let worst = differences.into_iter().fold(0.0, f32::max);
            // A number halfway between two 8-bit steps may be rounded either way: about 0.03 times a weight of up to 3.
            assert!(worst < 0.2, "{dtype:?}: {worst}");
        }
        let fast = QTensor::quantize(&weight, GgmlDType::Q8_0).expect("rows of whole blocks");
        assert!(Expanded::new(&Arc::new(fast)).expect("a matrix").is_none());
    }
}
