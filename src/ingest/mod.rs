//! The pipeline: PDF files to pages and chunks (`corpus`), to vectors (`embed`), to the library. Knows no terminal and no
//! HTTP: what happens is told in events.
//!
//! Invariants: a book is in the library whole or not at all, so a run that was killed at any moment and is run again ends
//! as an undisturbed one; a file that has not changed is not read again; a file that cannot be read is named with the
//! reason, leaves what the library had of it, and the rest goes on.

mod files;
mod meaning;
mod plan;
mod work;

pub use plan::Failed;

use crate::corpus::{Book, CorpusError, ReadOptions};
use crate::embed::{EmbedError, Embedder};
use crate::library::{Library, LibraryError};
use crate::passage::{BookId, PageIndex};
use plan::Plan;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Names the pipeline from file to chunks. Raise it whenever the same file would give other chunks: the books that an
/// earlier pipeline wrote are then read again.
const RECIPE: &str = "3";

/// The recipe of a book as it was read: [`RECIPE`], and how its scanned pages fared.
fn recipe(book: &Book, reading: &ReadOptions) -> String {
    match &reading.ocr {
        Some(ocr) => format!("{RECIPE} ocr {}", ocr.languages()),
        None if book.pages.iter().any(|page| page.is_scan) => format!("{RECIPE} scans left out"),
        None => RECIPE.to_owned(),
    }
}

/// Whether a book of this recipe is what reading it now would give, or more: pages that were recognised once stay.
fn is_current(recipe: &str, reading: &ReadOptions) -> bool {
    let Some(scans) = recipe.strip_prefix(RECIPE) else { return false };
    match (&reading.ocr, scans.strip_prefix(" ocr ")) {
        (None, _) => scans.is_empty() || scans.starts_with(' '),
        (Some(ocr), Some(languages)) => languages == ocr.languages(),
        (Some(_), None) => scans.is_empty(),
    }
}

/// Tokens of a chunk, about; the embedder sees it whole, with its headings before it.
const CHUNK_TOKENS: usize = 200;

/// What becomes of books whose file is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gone {
    /// They stay.
    #[default]
    Keep,
    /// They are dropped, if they were below one of the folders given.
    Prune,
}

/// How to ingest.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// What becomes of books whose file is gone.
    pub gone: Gone,
    /// How files are read.
    pub reading: ReadOptions,
}

/// What happens, in order. Reading runs ahead of embedding by a book, so events of two books may alternate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum IngestEvent {
    /// Every file was looked at; these are to be read.
    Planned {
        /// Files given, and those in folders given.
        num_files: usize,
        /// Those of them that are new or changed.
        num_books: usize,
        /// Their size.
        num_bytes: u64,
    },
    /// A file is being read.
    Reading {
        /// Which.
        path: PathBuf,
        /// Its size.
        num_bytes: u64,
    },
    /// A file was read and is to be embedded.
    Read {
        /// Which.
        path: PathBuf,
        /// Its pages.
        num_pages: usize,
        /// Its chunks.
        num_chunks: usize,
    },
    /// A book that another model embedded gets new vectors.
    EmbeddingAgain {
        /// Its name.
        book: BookId,
        /// Its chunks.
        num_chunks: usize,
    },
    /// A page has no text in the library, and why; its book goes on.
    PageSkipped {
        /// Its file.
        path: PathBuf,
        /// Which.
        page: PageIndex,
        /// Why.
        reason: String,
    },
    /// Some more of a book's chunks have vectors.
    Embedded {
        /// Its file.
        path: PathBuf,
        /// Chunks that have, so far.
        num_done: usize,
        /// Chunks of the book.
        num_chunks: usize,
    },
    /// A book is in the library.
    Stored {
        /// Its file.
        path: PathBuf,
        /// Its name.
        book: BookId,
        /// Size of the file.
        num_bytes: u64,
    },
    /// A file was left out.
    Failed(Failed),
    /// The vector index is being brought up to date.
    Indexing,
}

/// What an ingest did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// Books that are new.
    pub added: Vec<BookId>,
    /// Books whose file had changed, or that another version or embedding model had written.
    pub replaced: Vec<BookId>,
    /// Books whose file had not changed, moved ones included.
    pub unchanged: Vec<BookId>,
    /// Files with the same content as another book's, which is there: the library has them once.
    pub copies: Vec<PathBuf>,
    /// Books that were dropped because their file is gone.
    pub pruned: Vec<BookId>,
    /// Files that could not be read, and why.
    pub failed: Vec<Failed>,
}

/// Why an ingest ended early. Books that were stored before stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The library could not be written.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The embedding model failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// It was asked to end.
    #[error("ingest was cancelled; run it again to go on")]
    Cancelled,
}

/// Where events go.
pub type Sink<'a> = &'a mut dyn FnMut(IngestEvent);

/// Reads the PDF files among `paths` and in the folders among them into the library.
///
/// # Errors
/// Only what ends the whole run: the library or the model fails, another process writes, or `cancel` was set. A file that
/// cannot be read is in [`IngestReport::failed`].
pub fn ingest(
    paths: &[PathBuf],
    library: &Library,
    embedder: &Embedder,
    options: &IngestOptions,
    sink: Sink<'_>,
    cancel: &AtomicBool,
) -> Result<IngestReport, IngestError> {
    let _lock = library.lock()?;
    let mut report = IngestReport::default();
    let Plan { tasks, num_files } = plan::plan(paths, library, options, &mut report, cancel)?;
    for failed in &report.failed {
        sink(IngestEvent::Failed(failed.clone()));
    }
    let num_bytes = tasks.iter().map(|task| task.file.num_bytes).sum();
    sink(IngestEvent::Planned { num_files, num_books: tasks.len(), num_bytes });
    if options.gone == Gone::Prune {
        plan::prune(paths, library, &mut report)?;
    }
    let rooms = work::Rooms { library, embedder, reading: &options.reading, cancel };
    work::embed_again(&tasks, &rooms, &mut report, sink)?;
    work::run(tasks, &rooms, &mut report, sink)?;
    sink(IngestEvent::Indexing);
    library.prepare_vectors()?;
    library.settle()?;
    Ok(report)
}

fn check(cancel: &AtomicBool) -> Result<(), IngestError> {
    if cancel.load(Ordering::Relaxed) { Err(IngestError::Cancelled) } else { Ok(()) }
}

/// An error and its causes in one line, without the path, which stands beside it.
fn reason(path: &Path, error: &CorpusError) -> String {
    let text = error.to_string();
    let mut text = text.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&text).to_owned();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_is_read_again_only_where_that_gives_more() {
        let plain = ReadOptions::default();
        let cases = [
            (RECIPE.to_owned(), true),
            (format!("{RECIPE} scans left out"), true),
            (format!("{RECIPE} ocr eng"), true),
        ];
        for (recipe, expected) in cases {
            assert_eq!(is_current(&recipe, &plain), expected, "{recipe}");
        }
        assert!(!is_current("1", &plain) && !is_current(&format!("{RECIPE}0"), &plain));
    }
}
