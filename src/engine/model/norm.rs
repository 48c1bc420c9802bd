//! Root-mean-square norm. On the processor it is computed as ggml computes it, with the squares summed in f64: the last
//! bits decide how the activations of the quantised products that follow are rounded.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

/// Norms each row of `x` `(…, dim)` and multiplies it by `weight` `(dim)`.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
    if x.device().is_cpu() {
        x.contiguous()?.apply_op2_no_bwd(weight, &RmsNorm { eps })
    } else {
        candle_nn::ops::rms_norm(&x.contiguous()?, weight, eps)
    }
}

struct RmsNorm {
    eps: f32,
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_at: &Layout,
        weight: &CpuStorage,
        weight_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (Some((x_start, x_end)), Some((start, end))) = (x_at.contiguous_offsets(), weight_at.contiguous_offsets())
        else {
            bail!("rms-norm takes contiguous tensors, got {x_at:?} and {weight_at:?}");
        };
        let (x, weight) = (&x.as_slice::<f32>()?[x_start..x_end], &weight.as_slice::<f32>()?[start..end]);
        if x_at.dims().last() != Some(&weight.len()) || weight.is_empty() {
            bail!("rms-norm of {:?} by {:?}", x_at.shape(), weight_at.shape());
        }
        let mut normed = vec![0.0; x.len()];
        let rows = normed.par_chunks_mut(weight.len()).zip(x.par_chunks(weight.len()));
        rows.with_min_len(16).for_each(|(normed, row)| {
            let sum: f64 = row.iter().map(|x| f64::from(x * x)).sum();
            let scale = 1.0 / ((sum / row.len() as f64) as f32 + self.eps).sqrt();
            for ((normed, x), weight) in normed.iter_mut().zip(row).zip(weight) {
                *normed = (x * scale) * weight;
            }
        });
        Ok((CpuStorage::F32(normed), x_at.shape().clone()))
    }
}
