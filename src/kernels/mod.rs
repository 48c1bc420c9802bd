//! The products that candle lacks, as vector code chosen at run time: the only home of `unsafe` SIMD. A scalar twin of every
//! kernel is its specification and its test. Knows no models.

#[cfg(target_arch = "x86_64")]
mod q4_1;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use absent::Q4_1;
#[cfg(target_arch = "x86_64")]
pub(crate) use q4_1::Q4_1;

/// For processors without a kernel: it is never there, and its caller uses candle's own product.
#[cfg(not(target_arch = "x86_64"))]
mod absent {
    use candle_core::quantized::QTensor;
    use candle_core::{Result, Tensor};

    /// A weight that this processor has no kernel for; there are none of it.
    #[derive(Debug, Clone)]
    pub(crate) enum Q4_1 {}

    impl Q4_1 {
        pub(crate) fn new(_: &QTensor) -> Result<Option<Self>> {
            Ok(None)
        }

        pub(crate) fn forward(&self, _: &Tensor) -> Result<Tensor> {
            match *self {}
        }
    }
}
