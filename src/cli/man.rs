//! `lectern man`: manual pages.

use super::{CliError, settings};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Flags of `lectern man`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the pages of all commands into this folder, instead of printing the first
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.folder {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(settings::command()).render(&mut page)?;
            std::io::stdout().write_all(&page)?;
        }
        Some(folder) => {
            let written =
                std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(settings::command(), &folder));
            written.map_err(|source| CliError::File { path: folder, source })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
