//! `lectern extract`: what a book says, as a program or a person reads it.

use super::CliError;
use super::reading::ReadingArgs;
use crate::corpus::{self, Book};
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::ExitCode;

/// Flags of `lectern extract`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The PDF to read
    #[arg(value_name = "FILE.pdf")]
    file: PathBuf,
    #[command(flatten)]
    form: Form,
    /// Only these pages, counted from 1 as they stand in the file: `7`, `3-12`, `40-`
    #[arg(long, value_name = "A-B", value_parser = page_range)]
    pages: Option<RangeInclusive<u32>>,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// What to print.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Form {
    /// A JSON object per page and line: `page`, `label`, `text`, `headings` (the default)
    #[arg(long)]
    json_lines: bool,
    /// The text of the pages as they stand, a form feed after each
    #[arg(long)]
    text: bool,
    /// The parts, chapters and sections with their first pages, as printed
    #[arg(long)]
    outline: bool,
}

/// One page, as printed.
#[derive(serde::Serialize)]
struct PageLine<'a> {
    page: u32,
    label: &'a str,
    text: &'a str,
    headings: Vec<Heading<'a>>,
}

/// A section that begins on the page.
#[derive(serde::Serialize)]
struct Heading<'a> {
    level: u32,
    title: &'a str,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let book = corpus::read(&args.file, &args.reading.options()?)?;
    let pages = args.pages.unwrap_or(1..=u32::MAX);
    let num_pages = book.pages.len();
    if *pages.start() as usize > num_pages {
        let file = args.file.display();
        return Err(CliError::Usage(format!("{file} has {num_pages} pages; --pages begins at {}", pages.start())));
    }
    for problem in book.problems.iter().filter(|problem| pages.contains(&problem.page.number())) {
        let label = &book.pages[problem.page.0 as usize].label;
        let printed = if *label == problem.page.number().to_string() { String::new() } else { format!(" ({label})") };
        eprintln!("warning: {}: page {}{printed}: {}", args.file.display(), problem.page.number(), problem.reason);
    }
    let out = BufWriter::new(std::io::stdout().lock());
    match args.form {
        Form { text: true, .. } => write_text(&book, &pages, out)?,
        Form { outline: true, .. } => write_outline(&book, &pages, out)?,
        Form { .. } => write_lines(&book, &pages, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write_lines(book: &Book, pages: &RangeInclusive<u32>, mut out: impl Write) -> std::io::Result<()> {
    for page in book.pages.iter().filter(|page| pages.contains(&page.index.number())) {
        let headings = book.headings().filter(|section| section.first_page == page.index);
        let line = PageLine {
            page: page.index.number(),
            label: &page.label,
            text: &page.text,
            headings: headings.map(|section| Heading { level: section.level, title: &section.title }).collect(),
        };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn write_text(book: &Book, pages: &RangeInclusive<u32>, mut out: impl Write) -> std::io::Result<()> {
    for page in book.pages.iter().filter(|page| pages.contains(&page.index.number())) {
        writeln!(out, "{}\n\x0C", page.text)?;
    }
    out.flush()
}

fn write_outline(book: &Book, pages: &RangeInclusive<u32>, mut out: impl Write) -> std::io::Result<()> {
    for section in book.headings().filter(|section| pages.contains(&section.first_page.number())) {
        let label = &book.pages[section.first_page.0 as usize].label;
        writeln!(out, "{}{}\t{label}", "  ".repeat(section.level as usize), section.title)?;
    }
    out.flush()
}

/// `7`, `3-12` or `40-`.
fn page_range(text: &str) -> Result<RangeInclusive<u32>, String> {
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0);
    let (first, last) = match text.split_once('-') {
        None => (number(text), number(text)),
        Some((first, "")) => (number(first), Some(u32::MAX)),
        Some((first, last)) => (number(first), number(last)),
    };
    match (first, last) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err("expected pages such as `7`, `3-12` or `40-`, counted from 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::page_range;

    #[test]
    fn page_ranges_are_read_or_refused() {
        for (text, range) in [("7", 7..=7), ("3-12", 3..=12), ("40-", 40..=u32::MAX)] {
            assert_eq!(page_range(text), Ok(range), "{text}");
        }
        for text in ["", "0", "5-3", "-3", "a-b", "1-2-3"] {
            assert!(page_range(text).is_err(), "{text}");
        }
    }
}
