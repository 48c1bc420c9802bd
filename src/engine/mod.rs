//! Text generation.

/// Placeholder.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Queue full.
    #[error("overloaded")]
    Overloaded,
}
