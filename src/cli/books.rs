//! `lectern books`.

use super::CliError;
use super::folders::Folders;
use crate::library::{BookInfo, Library};
use std::io::Write as _;
use std::process::ExitCode;

/// Flags of `lectern books`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one JSON object per book
    #[arg(long)]
    json: bool,
    /// The classroom's folders.
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let books = Library::open_existing(&args.folders.data)?.books()?;
    let text = if args.json { json(&books) } else { table(&books) };
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

fn json(books: &[BookInfo]) -> String {
    let line = |book| serde_json::to_string(book).expect("a book is text and numbers") + "\n";
    books.iter().map(line).collect()
}

fn table(books: &[BookInfo]) -> String {
    let mut rows = vec![["ID", "TITLE", "PAGES", "SECTIONS", "CHUNKS", "FILE"].map(str::to_owned)];
    rows.extend(books.iter().map(|info| {
        [
            info.book.id.to_string(),
            info.book.title.clone(),
            info.num_pages.to_string(),
            info.num_sections.to_string(),
            info.num_chunks.to_string(),
            info.path.display().to_string(),
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut text = String::new();
    for [id, title, pages, sections, chunks, file] in &rows {
        let row = format!(
            "{id:<0$}  {title:<1$}  {pages:>2$}  {sections:>3$}  {chunks:>4$}  {file}\n",
            widths[0], widths[1], widths[2], widths[3], widths[4]
        );
        text.push_str(&row);
    }
    text
}
