//! `lectern bench ingest`: reading books into a library that is thrown away.

use super::super::folders::Folders;
use super::super::weights::{self, EmbedderArgs};
use super::scratch::Scratch;
use super::{CliError, print_json};
use crate::ingest::{IngestEvent, IngestOptions, ingest};
use crate::library::Library;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Flags of `lectern bench ingest`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// PDF files, and folders that are searched for them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    embedder: EmbedderArgs,
    #[command(flatten)]
    folders: Folders,
}

/// What was measured.
#[derive(Default, Serialize)]
struct Report {
    books: usize,
    failed: usize,
    pages: usize,
    chunks: usize,
    seconds: f64,
    /// Of the whole, until the last book's text was there. Reading runs beside embedding.
    read_seconds: f64,
    pages_per_second: f64,
    chunks_per_second: f64,
    library_bytes: u64,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let embedder = weights::embedder(&args.folders, &args.embedder)?;
    let scratch = Scratch::new()?;
    let library = Library::open(scratch.path())?;
    let mut report = Report::default();
    let began = Instant::now();
    let mut listen = |event| {
        if let IngestEvent::Read { num_pages, num_chunks, .. } = event {
            report.pages += num_pages;
            report.chunks += num_chunks;
            report.read_seconds = began.elapsed().as_secs_f64();
        }
    };
    let done =
        ingest(&args.paths, &library, &embedder, &IngestOptions::default(), &mut listen, &AtomicBool::new(false))?;
    report.seconds = began.elapsed().as_secs_f64();
    (report.books, report.failed) = (done.added.len(), done.failed.len());
    report.pages_per_second = report.pages as f64 / report.seconds;
    report.chunks_per_second = report.chunks as f64 / report.seconds;
    report.library_bytes = scratch.num_bytes()?;
    if args.json {
        print_json(&report)?;
    } else {
        let Report { books, failed, pages, chunks, seconds, read_seconds, .. } = report;
        println!("{books} books, {pages} pages, {chunks} chunks in {seconds:.1} s; {failed} books failed");
        println!("{:8.1} pages and {:.1} chunks a second", report.pages_per_second, report.chunks_per_second);
        println!("{read_seconds:8.1} s until the last text was read, the embedding beside it");
        println!("{:8.1} MB in the library", report.library_bytes as f64 / 1e6);
    }
    Ok(ExitCode::SUCCESS)
}
