//! `lectern bench`: how fast this build is here. Medians of several runs; compare only what ran in turn on a quiet machine.

mod client;
mod embed;
mod engine;
mod grammar;
mod ingest;
mod lookup;
mod prompts;
mod scratch;
mod search;
mod serve;

use super::CliError;
use crate::engine::{EngineError, Event, Generation, Summary};
use std::process::ExitCode;

/// Flags of `lectern bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to measure.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// The language model in this process: tokens read and written per second, and memory
    Engine(engine::Args),
    /// A running server of OpenAI's form: a class of clients that ask at once
    Serve(serve::Args),
    /// The embedding model: passages per second, and milliseconds a question
    Embed(embed::Args),
    /// Reading books: pages and chunks per second, from files to a library that is thrown away
    Ingest(ingest::Args),
    /// Answers that quote: with drafts looked up in the prompt, and without
    Lookup(lookup::Args),
    /// Answers held to a JSON Schema, and free ones: milliseconds a token
    Grammar(grammar::Args),
    /// Finding passages as the library grows: milliseconds a question by stage, and memory
    Search(search::Args),
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.what {
        What::Engine(args) => engine::run(&args),
        What::Serve(args) => serve::run(&args),
        What::Embed(args) => embed::run(&args),
        What::Ingest(args) => ingest::run(&args),
        What::Lookup(args) => lookup::run(&args),
        What::Grammar(args) => grammar::run(&args),
        What::Search(args) => search::run(&args),
    }
}

/// The end of a sequence.
fn ended(mut generation: Generation) -> Result<Summary, CliError> {
    loop {
        match generation.recv() {
            Some(Event::Finished(summary)) => return Ok(summary),
            Some(Event::Failed(error)) => return Err(error.into()),
            Some(_) => {}
            None => return Err(EngineError::Closed.into()),
        }
    }
}

/// Memory that this process has in use, in bytes.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The value in the middle, of an even number the upper of two; 0 of none.
fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(values, 50)
}

/// The value that `percent` of all do not exceed; 0 of none.
fn percentile(values: impl IntoIterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let place = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(place).copied().unwrap_or(0.0)
}

/// Prints a value as one line of JSON.
fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(std::io::Error::from)?;
    println!("{text}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let all = || (1..=20).rev().map(f64::from);
        assert_eq!([median(all()), percentile(all(), 95), percentile(all(), 100)], [11.0, 20.0, 20.0]);
        assert_eq!((median([3.0]), median([])), (3.0, 0.0));
    }
}
