//! The tensors of a safetensors file, by the names that published models give them.

use super::EmbedError;
use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use std::path::PathBuf;

/// The last part of the name by which the rest of a model is found.
const ANCHOR: &str = "embeddings.word_embeddings.weight";

/// A file of weights, its names and lengths checked.
pub(super) struct Weights {
    path: PathBuf,
    file: BufferedSafetensors,
    /// Put before the names of the encoder's tensors: nothing, or `bert.`.
    prefix: String,
}

impl Weights {
    pub(super) fn read(path: PathBuf, bytes: Vec<u8>) -> Result<Self, EmbedError> {
        let file = BufferedSafetensors::new(bytes).map_err(|error| damaged(&path, &error))?;
        let names = file.tensors().into_iter().map(|(name, _)| name);
        let mut prefixes: Vec<String> = names
            .filter_map(|name| name.strip_suffix(ANCHOR).map(str::to_owned))
            .filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))
            .collect();
        prefixes.sort_by_key(String::len);
        let Some(prefix) = prefixes.into_iter().next() else {
            return Err(EmbedError::Malformed { path, reason: format!("no tensor {ANCHOR}, so it is no BERT") });
        };
        Ok(Self { path, file, prefix })
    }

    /// A tensor of the encoder as f32.
    pub(super) fn encoder(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        self.tensor(&format!("{}{name}", self.prefix), shape)
    }

    /// Either of two tensors of the encoder: files from old tools call a norm's numbers `gamma` and `beta`.
    pub(super) fn either(&self, name: &str, old: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        let there = self.file.get(&format!("{}{name}", self.prefix)).is_ok();
        self.encoder(if there { name } else { old }, shape)
    }

    /// A tensor by its whole name, as f32.
    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        let damaged = |error| damaged(&self.path, &error);
        let tensor = self.file.load(name, &Device::Cpu).map_err(damaged)?;
        if tensor.dims() != shape {
            return Err(EmbedError::Malformed {
                path: self.path.clone(),
                reason: format!("tensor {name} has shape {:?}, expected {shape:?}", tensor.dims()),
            });
        }
        let numbers = |tensor: Tensor| tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>();
        numbers(tensor).map_err(damaged)
    }

    /// The encoder's tensors for candle.
    pub(super) fn on(self, device: &Device) -> Result<(PathBuf, VarBuilder<'static>), EmbedError> {
        let mut tensors = std::collections::HashMap::new();
        for (name, _) in self.file.tensors() {
            if let Some(rest) = name.strip_prefix(&self.prefix) {
                let tensor = self.file.load(&name, device).map_err(|error| damaged(&self.path, &error))?;
                tensors.insert(rest.to_owned(), tensor);
            }
        }
        Ok((self.path, VarBuilder::from_tensors(tensors, DType::F32, device)))
    }
}

/// The first line of an error of candle, which may carry a backtrace.
pub(super) fn damaged(path: &std::path::Path, error: &candle_core::Error) -> EmbedError {
    let reason = error.to_string();
    let reason = reason.lines().next().unwrap_or_default();
    EmbedError::Malformed { path: path.to_owned(), reason: format!("{reason} (fetch the file again)") }
}
