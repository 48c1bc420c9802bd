//! What can go wrong with models, said so that the reader knows what to do.

use super::gguf::GgufError;
use std::fmt;
use std::path::PathBuf;

/// Why a model is not usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelsError {
    /// A catalogue that cannot be read; `reason` names the line or the entry.
    #[error("{path}: {reason}")]
    Catalog {
        /// Which catalogue.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name that no catalogue and no folder knows.
    #[error("no model `{name}`; known are {known}; a file of your own is given by its path")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are, joined by commas.
        known: String,
    },
    /// A model of another role than the one asked for.
    #[error("`{name}` is a model for {found}, not for {expected}")]
    WrongRole {
        /// The model.
        name: String,
        /// What it is for.
        found: super::Role,
        /// What was asked for.
        expected: super::Role,
    },
    /// A catalogue without a default for a role.
    #[error("the catalogue names no default model for {role}")]
    NoDefault {
        /// The role.
        role: super::Role,
    },
    /// A known model whose file is not there.
    #[error("{} is not there; fetch it with `lectern models pull {name}`", path.display())]
    Absent {
        /// The model.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// A file of another length than the catalogue says.
    #[error("{} has {got} bytes, expected {expected}; fetch it again with `lectern models pull {name}`", path.display())]
    Size {
        /// The model.
        name: String,
        /// The file.
        path: PathBuf,
        /// Bytes by the catalogue.
        expected: u64,
        /// Bytes on disk.
        got: u64,
    },
    /// A path that holds no model of the asked role.
    #[error("{}: {reason}", path.display())]
    NotAModel {
        /// The path.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// A GGUF file that cannot be used.
    #[error("{} is not a usable GGUF file", path.display())]
    Gguf {
        /// The file.
        path: PathBuf,
        /// Why.
        source: GgufError,
    },
    /// A file or folder that cannot be read or written.
    #[error("{}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No source had the files.
    #[error("{}", Failure { name, folder, attempts })]
    Fetch {
        /// The model.
        name: String,
        /// Its folder.
        folder: PathBuf,
        /// What was tried, in order; never empty.
        attempts: Vec<Attempt>,
    },
}

/// One source that did not deliver one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The source, as people name it: `hub owner/name@revision`.
    pub from: String,
    /// The file.
    pub file: String,
    /// Why not.
    pub reason: String,
}

impl ModelsError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> ModelsError {
        let path = path.into();
        move |source| ModelsError::Io { path, source }
    }
}

/// Writes a failed pull with every source, its reason, and the way out.
struct Failure<'a> {
    name: &'a str,
    folder: &'a PathBuf,
    attempts: &'a [Attempt],
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "could not fetch the model `{}`:", self.name)?;
        for attempt in self.attempts {
            writeln!(f, "  {}, {}: {}", attempt.from, attempt.file, attempt.reason)?;
        }
        write!(
            f,
            "what helps: run `lectern models pull {}` again when this machine is online, or bring the files from another \
             machine into {} (`lectern models add FILE` checks and copies them)",
            self.name,
            self.folder.display()
        )
    }
}

/// Why one source did not deliver one file.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("wrong content: sha256 {got}, expected {expected}")]
    WrongHash { expected: String, got: String },
    #[error("wrong length: {got} bytes, expected {expected}")]
    WrongLength { expected: u64, got: u64 },
    #[error("not a usable GGUF file: {0}")]
    Gguf(#[from] GgufError),
    #[error("{0}")]
    Source(String),
    /// The disk, not the source: the next source would fail alike.
    #[error("{path}: {source}", path = path.display())]
    Disk { path: PathBuf, source: std::io::Error },
}

impl FetchError {
    pub(super) fn disk(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> FetchError {
        let path = path.into();
        move |source| FetchError::Disk { path, source }
    }
}
