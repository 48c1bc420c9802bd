//! What can go wrong with a search.

use crate::embed::EmbedError;
use crate::library::LibraryError;

/// Why a question could not be searched for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetrievalError {
    /// Vectors of two models cannot be compared.
    #[error(
        "the library was embedded with {library}, this is {model}: run `lectern ingest` once with this model, or use that one"
    )]
    OtherModel {
        /// Fingerprint of the model of the library's vectors.
        library: String,
        /// Fingerprint of the model that is loaded.
        model: String,
    },
    /// The library failed.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The model failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}
