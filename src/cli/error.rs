//! What a subcommand could not do.

use crate::corpus::CorpusError;

/// One variant per room, its source kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// Flags that do not fit together, or name something that is not there.
    #[error("{0}")]
    Usage(String),
    /// A file of the user's.
    #[error("{path}")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A settings file with a mistake.
    #[error("{path}, line {line}: {reason}")]
    Settings {
        /// Which file.
        path: std::path::PathBuf,
        /// Where in it.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A backup that is not whole, or not one.
    #[error("{path}: {reason}")]
    Backup {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A server that is measured.
    #[error("{url}: {reason}")]
    Peer {
        /// Which server.
        url: String,
        /// What it did.
        reason: String,
    },
    /// The conversations.
    #[error(transparent)]
    Classroom(#[from] crate::classroom::ClassroomError),
    /// The server.
    #[error(transparent)]
    Server(#[from] crate::server::ServerError),
    /// A book that cannot be read.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The library.
    #[error(transparent)]
    Library(#[from] crate::library::LibraryError),
    /// The embedding model.
    #[error(transparent)]
    Embed(#[from] crate::embed::EmbedError),
    /// Reading books into the library.
    #[error(transparent)]
    Ingest(#[from] crate::ingest::IngestError),
    /// Writing to the terminal or a pipe.
    #[error("could not write the output")]
    Output(#[from] std::io::Error),
    /// The language model.
    #[error(transparent)]
    Engine(#[from] crate::engine::EngineError),
    /// A model that is not here, not whole, or not to be had.
    #[error(transparent)]
    Models(#[from] crate::models::ModelsError),
    /// Searching the library.
    #[error(transparent)]
    Retrieval(#[from] crate::retrieval::RetrievalError),
    /// Answering.
    #[error(transparent)]
    Tutor(#[from] crate::tutor::TutorError),
    /// The address to listen on.
    #[error("could not listen on {addr}; is another server running there? Choose another with --addr")]
    Listen {
        /// Which address.
        addr: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

impl CliError {
    /// The process's exit code: 3 for a book that needs a password, 4 for one without text, 1 for all else.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Corpus(CorpusError::Encrypted { .. }) => 3,
            Self::Corpus(CorpusError::NoText { .. }) => 4,
            _ => 1,
        }
    }
}
