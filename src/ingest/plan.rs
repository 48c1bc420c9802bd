//! What is to be done: which files are new or changed, which books lost theirs.

use super::{IngestError, IngestOptions, IngestReport, check, files, is_current};
use crate::corpus::ReadOptions;
use crate::library::{BookFile, BookInfo, Library};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// A file to be read.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) file: BookFile,
    pub(super) is_new: IsNew,
}

/// Whether the library has an older self of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsNew {
    New,
    Replaces,
}

pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    pub(super) num_files: usize,
}

/// Looks at every file. Books that only moved are noted in the library at once.
pub(super) fn plan(
    paths: &[PathBuf],
    library: &Library,
    options: &IngestOptions,
    report: &mut IngestReport,
    cancel: &AtomicBool,
) -> Result<Plan, IngestError> {
    let reading = &options.reading;
    let (files, failed) = files::pdf_files(paths);
    report.failed.extend(failed.into_iter().map(|(path, reason)| Failed { path, reason }));
    let num_files = files.len();
    let mut tasks: Vec<Task> = Vec::new();
    for path in files {
        check(cancel)?;
        if path.to_str().is_none() {
            report.failed.push(Failed { path, reason: "its name is not valid UTF-8: rename it".to_owned() });
            continue;
        }
        let (num_bytes, sha256) = match files::hash(&path) {
            Ok(hashed) => hashed,
            Err(error) => {
                report.failed.push(Failed { path, reason: error.to_string() });
                continue;
            }
        };
        let file = BookFile { path, sha256, num_bytes };
        match library.book_at(&file.path)? {
            Some(book) if is_same(&book, &file, reading) => report.unchanged.push(book.book.id),
            Some(_) => tasks.push(Task { file, is_new: IsNew::Replaces }),
            None => match same_elsewhere(library, &file, reading)? {
                Some(book) if book.path.exists() => report.copies.push(file.path),
                Some(book) => {
                    library.move_book(&book.book.id, &file.path)?;
                    report.unchanged.push(book.book.id);
                }
                None if tasks.iter().any(|task| task.is_new == IsNew::New && task.file.sha256 == file.sha256) => {
                    report.copies.push(file.path);
                }
                None => tasks.push(Task { file, is_new: IsNew::New }),
            },
        }
    }
    Ok(Plan { tasks, num_files })
}

fn is_same(book: &BookInfo, file: &BookFile, reading: &ReadOptions) -> bool {
    book.sha256 == file.sha256 && is_current(&book.recipe, reading)
}

/// A book of the same content whose file is gone, else one whose file is there.
fn same_elsewhere(library: &Library, file: &BookFile, reading: &ReadOptions) -> Result<Option<BookInfo>, IngestError> {
    let mut books = library.books_of_content(&file.sha256)?;
    books.retain(|book| is_same(book, file, reading));
    let gone = books.iter().position(|book| !book.path.exists());
    Ok(if books.is_empty() { None } else { Some(books.swap_remove(gone.unwrap_or(0))) })
}

/// Drops the books below the folders given whose file is gone.
pub(super) fn prune(paths: &[PathBuf], library: &Library, report: &mut IngestReport) -> Result<(), IngestError> {
    let folders: Vec<PathBuf> =
        paths.iter().filter_map(|path| path.canonicalize().ok()).filter(|path| path.is_dir()).collect();
    let is_below = |path: &Path| folders.iter().any(|folder| path.starts_with(folder));
    for book in library.books()? {
        if is_below(&book.path) && !book.path.exists() {
            library.remove_book(&book.book.id)?;
            report.pruned.push(book.book.id);
        }
    }
    Ok(())
}
