//! `lectern generate`.

use super::CliError;
use std::process::ExitCode;

/// Flags of `lectern generate`.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: Args) -> Result<ExitCode, CliError> {
    Err(CliError::Usage("not built yet".into()))
}
