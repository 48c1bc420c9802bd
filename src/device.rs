//! Where tensors live: CPU by default, CUDA or Metal where the build has it. The only file with `cfg(feature = ...)` of a GPU.

use candle_core::Device;

/// The device a user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DeviceKind {
    /// The processor; always there.
    #[default]
    Cpu,
    /// The first NVIDIA GPU; needs the feature `cuda`.
    Cuda,
    /// The Apple GPU; needs the feature `metal`.
    Metal,
}

/// Opens the device.
///
/// # Errors
/// Where this build has no support for it, or the machine has none.
pub fn open(kind: DeviceKind) -> candle_core::Result<Device> {
    match kind {
        DeviceKind::Cpu => Ok(Device::Cpu),
        DeviceKind::Cuda => cuda(),
        DeviceKind::Metal => metal(),
    }
}

#[cfg(feature = "cuda")]
fn cuda() -> candle_core::Result<Device> {
    Device::new_cuda(0)
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> candle_core::Result<Device> {
    candle_core::bail!("this binary has no CUDA support: build it with `--features cuda`")
}

#[cfg(feature = "metal")]
fn metal() -> candle_core::Result<Device> {
    Device::new_metal(0)
}

#[cfg(not(feature = "metal"))]
fn metal() -> candle_core::Result<Device> {
    candle_core::bail!("this binary has no Metal support: build it with `--features metal`")
}
