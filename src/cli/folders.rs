//! Where a classroom's files are: three folders, each with a flag and an environment variable.

use std::path::PathBuf;

/// The folders of one classroom.
#[derive(Debug, Clone, clap::Args)]
pub struct Folders {
    /// What the library and the sessions are kept in
    #[arg(long, env = "LECTERN_DATA", default_value = "data", value_name = "FOLDER")]
    pub data: PathBuf,
    /// Where the model weights are
    #[arg(long, env = "LECTERN_MODELS", default_value = "models", value_name = "FOLDER")]
    pub models: PathBuf,
}
