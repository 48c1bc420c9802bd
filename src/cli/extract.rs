//! `lectern extract`: the text of a book's pages, as a program reads it.

use super::CliError;
use crate::corpus::{self, ReadOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Flags of `lectern extract`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The PDF to read
    #[arg(value_name = "FILE.pdf")]
    file: PathBuf,
    /// Opens a protected file
    #[arg(long, value_name = "PASSWORD")]
    password: Option<String>,
}

/// One page, as printed.
#[derive(serde::Serialize)]
struct PageLine<'a> {
    page: u32,
    label: &'a str,
    text: &'a str,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let options = ReadOptions { password: args.password, ..ReadOptions::default() };
    let book = corpus::read(&args.file, &options)?;
    for problem in &book.problems {
        eprintln!("warning: {}: page {}: {}", args.file.display(), problem.page.number(), problem.reason);
    }
    match write_pages(&book, BufWriter::new(std::io::stdout().lock())) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

fn write_pages(book: &corpus::Book, mut out: impl Write) -> std::io::Result<()> {
    for page in &book.pages {
        let line = PageLine { page: page.index.number(), label: &page.label, text: &page.text };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
