//! What can go wrong with an embedding or a reranking model.

use std::path::PathBuf;

/// Why a model could not be loaded, or a text not be embedded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// A file of the model could not be read.
    #[error("embedding model: {path} cannot be read")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the model is not what it should be.
    #[error("embedding model: {path}: {reason}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Expected and got.
        reason: String,
    },
    /// A text could not be split into tokens.
    #[error("embedding model: text of {num_bytes} bytes could not be split into tokens: {reason}")]
    Tokens {
        /// Length of the text.
        num_bytes: usize,
        /// Why.
        reason: String,
    },
    /// The weights gave a vector without a direction.
    #[error(
        "embedding model: a vector came out with length {length}, expected a positive number; the weights are damaged"
    )]
    NotANumber {
        /// The length it had.
        length: f64,
    },
    /// The weights gave a score that is no number.
    #[error("reranking model: a score came out as {score}, expected a finite number; the weights are damaged")]
    Score {
        /// What came out.
        score: f32,
    },
    /// The system has no room for the weights.
    #[error("embedding model: no memory for the weights")]
    Memory(#[source] std::io::Error),
    /// The device could not do it.
    #[error("embedding model: the device failed")]
    Device(#[from] candle_core::Error),
}
