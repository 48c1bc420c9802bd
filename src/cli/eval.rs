//! `lectern eval`: this build against reference data.

mod reference;

use super::CliError;
use std::process::ExitCode;

/// Flags of `lectern eval`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to measure.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Compare inference with what llama.cpp answered: log-probabilities, greedy tokens, token ids, chat templates
    Reference(reference::Args),
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.what {
        What::Reference(args) => reference::run(&args),
    }
}
