//! What the engine could not do: where, what was expected, what was found.

use std::path::PathBuf;

/// Why a model cannot be loaded, or a sequence has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// As many sequences wait as may.
    #[error("the language model's queue is full")]
    Overloaded,
    /// The model's thread is gone.
    #[error("the language model has been shut down")]
    Closed,
    /// A model file, with what is wrong with it.
    #[error("model {path}")]
    Load {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: Box<EngineError>,
    },
    /// The file could not be read.
    #[error("could not read the file")]
    Io(#[from] std::io::Error),
    /// The header is not one of a GGUF file.
    #[error("not a readable GGUF file: {reason} (at byte {offset})")]
    Gguf {
        /// Byte offset in the file.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The file ends too early.
    #[error("the file is cut short: {what} needs {needed} bytes of file, it has {found}; fetch it again")]
    Truncated {
        /// Tensor or header part.
        what: String,
        /// Bytes the file must at least have.
        needed: u64,
        /// Bytes it has.
        found: u64,
    },
    /// A metadata key that must be there is not.
    #[error("metadata has no {key}")]
    MissingKey {
        /// Its name.
        key: String,
    },
    /// A metadata value of the wrong kind or range.
    #[error("metadata {key}: expected {expected}, got {got}")]
    Key {
        /// Its name.
        key: String,
        /// What it should be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// A tensor that must be there is not.
    #[error("there is no tensor {name}")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor of the wrong shape.
    #[error("tensor {name}: expected shape {expected:?}, got {got:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Shape the configuration asks for, rows first.
        expected: Vec<usize>,
        /// Shape in the file.
        got: Vec<usize>,
    },
    /// Something real that this decoder does not do; named, never ignored.
    #[error("{what} is not supported{hint}")]
    Unsupported {
        /// What, by its name.
        what: String,
        /// What is supported instead, beginning with `: `, or nothing.
        hint: String,
    },
    /// The vocabulary contradicts itself.
    #[error("the file's tokenizer: {0}")]
    Tokenizer(String),
    /// The chat template does not compile or refuses the messages.
    #[error("the chat template: {0}")]
    Template(String),
    /// Messages for a model that has no chat template.
    #[error("this model has no chat template and no <|im_start|> token: give it plain text or token ids")]
    NoTemplate,
    /// A grammar that is wrong, not supported or too large.
    #[error("grammar: {0}")]
    Grammar(String),
    /// A request that cannot be run.
    #[error("request: {0}")]
    Request(String),
    /// The prompt does not fit.
    #[error("the prompt has {tokens} tokens, the model can take {max}")]
    PromptTooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens of the context, one of them kept for the answer.
        max: usize,
    },
    /// The device is not there.
    #[error("the device cannot be used")]
    Device(#[source] candle_core::Error),
    /// A tensor operation failed.
    #[error("{place}")]
    Compute {
        /// Which part of the model, or which tensor.
        place: String,
        /// What candle says.
        source: candle_core::Error,
    },
    /// The arithmetic went wrong.
    #[error("the model computed no finite number: its file is damaged, or its weights overflow")]
    NotFinite,
    /// A bug of ours; the sequence is lost, the thread lives on.
    #[error("the language model's code failed: {0}")]
    Panicked(String),
}

impl EngineError {
    /// Something real that this decoder does not do, without a hint.
    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into(), hint: String::new() }
    }

    /// Something real that this decoder does not do, with what it does instead.
    pub(crate) fn unsupported_but(what: impl Into<String>, hint: &str) -> Self {
        Self::Unsupported { what: what.into(), hint: format!(": {hint}") }
    }
}

/// Names the part of the model in which a tensor operation failed.
pub(crate) trait Place<T> {
    /// The same result with the place's name in its error.
    fn place(self, name: impl FnOnce() -> String) -> Result<T, EngineError>;
}

impl<T> Place<T> for candle_core::Result<T> {
    fn place(self, name: impl FnOnce() -> String) -> Result<T, EngineError> {
        self.map_err(|source| EngineError::Compute { place: name(), source })
    }
}
