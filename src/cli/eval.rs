//! `lectern eval`: this build against reference data.

mod answers;
mod headings;
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
    /// Ask the library labelled questions: is the right page cited, is what the books do not have refused
    Answers(answers::Args),
    /// Find headings without the books' outlines, and compare them with the outlines
    Headings(headings::Args),
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.what {
        What::Reference(args) => reference::run(&args),
        What::Answers(args) => answers::run(&args),
        What::Headings(args) => headings::run(&args),
    }
}
