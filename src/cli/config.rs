//! `lectern config`: the settings file, explained or checked.

use super::{CliError, settings};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Flags of `lectern config`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Look for mistakes in this file instead of printing one
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let mut out = std::io::stdout().lock();
    match args.check {
        None => out.write_all(settings::commented(&settings::command()).as_bytes())?,
        Some(path) => match settings::check(&path)? {
            1 => writeln!(out, "{}: good, 1 setting", path.display())?,
            number => writeln!(out, "{}: good, {number} settings", path.display())?,
        },
    }
    Ok(ExitCode::SUCCESS)
}
