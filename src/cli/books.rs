//! `lectern books`.

use super::CliError;
use super::folders::Folders;
use crate::library::{BookInfo, Library};
use crate::tutor::reading_grade;
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

/// Chunks of a book that its reading grade is measured on, spread over it.
const GRADED_CHUNKS: usize = 60;

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let library = Library::open_existing(&args.folders.data)?;
    let mut books = Vec::new();
    for book in library.books()? {
        let grade = grade(&library, &book)?;
        books.push((book, grade));
    }
    let text = if args.json { json(&books) } else { table(&books) };
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

/// How hard a book is to read: the Flesch-Kincaid grade of its running text; nothing where that is not known.
fn grade(library: &Library, info: &BookInfo) -> Result<Option<f32>, CliError> {
    let chunks = library.book_chunks(&info.book.id)?;
    let every = chunks.len().div_ceil(GRADED_CHUNKS).max(1);
    let text: Vec<&str> = chunks.iter().step_by(every).map(|chunk| chunk.text.as_str()).collect();
    Ok(reading_grade(&text.join("\n\n")).map(|grade| (grade * 10.0).round() / 10.0))
}

fn json(books: &[(BookInfo, Option<f32>)]) -> String {
    let line = |(book, grade): &(BookInfo, Option<f32>)| {
        let mut object = serde_json::to_value(book).expect("a book is text and numbers");
        object["reading_grade"] = serde_json::json!(grade);
        object.to_string() + "\n"
    };
    books.iter().map(line).collect()
}

fn table(books: &[(BookInfo, Option<f32>)]) -> String {
    let mut rows = vec![["ID", "TITLE", "PAGES", "SECTIONS", "CHUNKS", "GRADE", "FILE"].map(str::to_owned)];
    rows.extend(books.iter().map(|(info, grade)| {
        [
            info.book.id.to_string(),
            info.book.title.clone(),
            info.num_pages.to_string(),
            info.num_sections.to_string(),
            info.num_chunks.to_string(),
            grade.map_or_else(|| "-".to_owned(), |grade| format!("{grade:.1}")),
            info.path.display().to_string(),
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for [id, title, pages, sections, chunks, grade, file] in &rows {
        let row = format!(
            "{id:<0$}  {title:<1$}  {pages:>2$}  {sections:>3$}  {chunks:>4$}  {grade:>5$}  {file}\n",
            widths[0], widths[1], widths[2], widths[3], widths[4], widths[5]
        );
        text.push_str(&row);
    }
    text
}
