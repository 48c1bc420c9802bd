//! The three files of a model.

use super::weights::Weights;
use super::{EmbedError, Shape};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What a model's folder holds.
pub(super) struct ModelFiles {
    pub(super) config_path: PathBuf,
    pub(super) shape: Shape,
    pub(super) tokenizer_path: PathBuf,
    pub(super) tokenizer: Vec<u8>,
    pub(super) weights: Weights,
    pub(super) name: String,
    /// Changes with any of the files or the settings.
    pub(super) fingerprint: String,
}

impl ModelFiles {
    /// Reads the files of `dir`, for texts of `max_tokens`; `settings` are what else changes the results.
    pub(super) fn read(dir: &Path, max_tokens: usize, settings: &str) -> Result<Self, EmbedError> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read(&path).map(|bytes| (path.clone(), bytes)).map_err(|source| EmbedError::File { path, source })
        };
        let (config_path, config) = read("config.json")?;
        let (tokenizer_path, tokenizer) = read("tokenizer.json")?;
        let (weights_path, weights) = read("model.safetensors")?;
        let shape = Shape::read(&config_path, &config, max_tokens)?;
        let name = folder_name(dir);
        let fingerprint = format!("{name}@{}", hash(&[&config, &tokenizer, &weights], settings));
        let weights = Weights::read(weights_path, weights)?;
        Ok(Self { config_path, shape, tokenizer_path, tokenizer, weights, name, fingerprint })
    }
}

fn hash(files: &[&[u8]], settings: &str) -> String {
    let mut hash = Sha256::new();
    for digest in files.par_iter().map(Sha256::digest).collect::<Vec<_>>() {
        hash.update(digest);
    }
    hash.update(settings);
    hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn folder_name(dir: &Path) -> String {
    let name = dir.file_name().or_else(|| dir.as_os_str().into());
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
