//! `lectern ingest`.

use super::CliError;
use super::confine::Confined;
use super::folders::Folders;
use super::ingest_lines;
use super::reading::ReadingArgs;
use super::weights::{self, EmbedderArgs};
use crate::corpus::ReadOptions;
use crate::embed::Embedder;
use crate::ingest::{Gone, IngestEvent, IngestOptions, IngestReport, ingest};
use crate::library::Library;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Exit code of a run that left files out.
const SOME_FAILED: u8 = 2;

/// Flags of `lectern ingest`.
///
/// A file that was read before and has not changed is not read again; a changed one replaces its old self. The run may be
/// stopped at any moment and started again.
///
/// Exit code: 0 when every file is in the library, 2 when some could not be read (each is named with the reason), 1 when the
/// run could not go on.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// PDF files, and folders that are searched for them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Drop the books of the given folders whose file is gone
    #[arg(long)]
    prune: bool,
    /// Write every event to stdout as a line of JSON: stage, file, done, total, book, error
    #[arg(long)]
    events: bool,
    /// Take no more than this memory and processor time, and end when stdin does
    #[arg(long, hide = true, value_name = "MEMORY_MIB,CPU_SECONDS")]
    confined: Option<Confined>,
    /// Leave out files with more pages
    #[arg(long, hide = true, value_name = "N")]
    max_pages: Option<usize>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    embedder: EmbedderArgs,
    /// The classroom's folders.
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    if let Some(confined) = args.confined {
        confined.begin()?;
    }
    let ended = read_all(&args);
    match &ended {
        Ok(report) if args.events => ingest_lines::tell_end(report),
        Ok(report) => writeln!(std::io::stdout(), "{}", summary(report))?,
        Err(error) if args.events => ingest_lines::tell_failure(error),
        Err(_) => {}
    }
    Ok(if ended?.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

fn read_all(args: &Args) -> Result<IngestReport, CliError> {
    let library = Library::open(&args.folders.data)?;
    let embedder = weights::embedder(&args.folders, &args.embedder)?;
    let gone = if args.prune { Gone::Prune } else { Gone::Keep };
    let mut reading = args.reading.options()?;
    reading.max_pages = args.max_pages.unwrap_or(reading.max_pages);
    let options = IngestOptions { gone, reading };
    if !args.events {
        return read(&args.paths, &library, &embedder, &options);
    }
    let never = AtomicBool::new(false);
    Ok(ingest(&args.paths, &library, &embedder, &options, &mut ingest_lines::tell, &never)?)
}

/// Reads files and folders into the library and shows on stderr how it goes.
fn read(
    paths: &[PathBuf],
    library: &Library,
    embedder: &Embedder,
    options: &IngestOptions,
) -> Result<IngestReport, CliError> {
    let mut progress = Progress::new();
    let report = ingest(paths, library, embedder, options, &mut |event| progress.tell(event), &AtomicBool::new(false));
    progress.end();
    Ok(report?)
}

/// Brings the library up to date with a folder of books, before serving; what could not be read is named on stderr.
pub(super) fn read_books(
    folder: &Path,
    library: &Library,
    embedder: &Embedder,
    reading: ReadOptions,
) -> Result<(), CliError> {
    let options = IngestOptions { reading, ..IngestOptions::default() };
    let report = read(&[folder.to_owned()], library, embedder, &options)?;
    eprintln!("{}", summary(&report));
    Ok(())
}

fn summary(report: &IngestReport) -> String {
    let mut text = format!(
        "{} added, {} replaced, {} unchanged",
        count(report.added.len(), "book"),
        report.replaced.len(),
        report.unchanged.len()
    );
    for (number, what) in
        [(report.copies.len(), "left out as copies"), (report.pruned.len(), "pruned"), (report.failed.len(), "failed")]
    {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    for failed in &report.failed {
        text.push_str(&format!("\n  failed: {}: {}", failed.path.display(), failed.reason));
    }
    text
}

/// Tells how far an ingest is: a bar on a terminal, a line per book elsewhere.
struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    num_books: usize,
    num_bytes: u64,
    /// Of books that are done, failed ones included.
    done_books: usize,
    done_bytes: u64,
    done_chunks: usize,
    embedding_since: Option<Instant>,
    /// Size, pages and chunks of the books under way.
    books: HashMap<PathBuf, (u64, usize, usize)>,
}

impl Progress {
    fn new() -> Self {
        Self {
            bar: None,
            began: Instant::now(),
            num_books: 0,
            num_bytes: 0,
            done_books: 0,
            done_bytes: 0,
            done_chunks: 0,
            embedding_since: None,
            books: HashMap::new(),
        }
    }

    fn tell(&mut self, event: IngestEvent) {
        match event {
            IngestEvent::Planned { num_files, num_books, num_bytes } => self.begin(num_files, num_books, num_bytes),
            IngestEvent::Reading { path, num_bytes } => {
                self.books.insert(path, (num_bytes, 0, 0));
            }
            IngestEvent::Read { path, num_pages, num_chunks } => {
                self.embedding_since.get_or_insert_with(Instant::now);
                let book = self.books.entry(path).or_default();
                (book.1, book.2) = (num_pages, num_chunks);
            }
            IngestEvent::EmbeddingAgain { book, num_chunks } => {
                self.line(&format!("{book}: {} for this embedding model", count(num_chunks, "new vector")));
            }
            IngestEvent::PageSkipped { path, page, reason } => {
                self.line(&format!("{}: page {} left out: {reason}", name(&path), page.number()));
            }
            IngestEvent::Embedded { path, num_done, num_chunks } => self.embedded(&path, num_done, num_chunks),
            IngestEvent::Stored { path, .. } => self.stored(&path),
            IngestEvent::Failed(failed) => {
                // Files that could not even be looked at are not among those to be read.
                if let Some((num_bytes, ..)) = self.books.remove(&failed.path) {
                    self.done_books += 1;
                    self.done_bytes += num_bytes;
                }
                self.line(&format!("failed: {}: {}", failed.path.display(), failed.reason));
            }
            IngestEvent::Indexing => {
                if let Some(bar) = &self.bar {
                    bar.set_message("vector index");
                }
            }
        }
    }

    fn begin(&mut self, num_files: usize, num_books: usize, num_bytes: u64) {
        (self.num_books, self.num_bytes) = (num_books, num_bytes);
        self.line(&format!("{}, {num_books} to read", count(num_files, "file")));
        if num_books > 0 && std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{bar:24} {percent:>3}% {eta:>4} left  {wide_msg}");
            let bar = ProgressBar::new(num_bytes).with_style(style.expect("the template is well formed"));
            bar.enable_steady_tick(Duration::from_millis(200));
            self.bar = Some(bar);
        }
    }

    fn embedded(&self, path: &Path, num_done: usize, num_chunks: usize) {
        let Some(bar) = &self.bar else { return };
        let num_bytes = self.books.get(path).map_or(0, |book| book.0) as f64;
        bar.set_position(self.done_bytes + (num_bytes * num_done as f64 / num_chunks.max(1) as f64) as u64);
        bar.set_message(format!(
            "book {} of {}: {}, {num_done} of {num_chunks} chunks, {:.0} chunks/s",
            self.done_books + 1,
            self.num_books,
            name(path),
            self.chunks_per_second(num_done)
        ));
    }

    fn stored(&mut self, path: &Path) {
        let (num_bytes, num_pages, num_chunks) = self.books.remove(path).unwrap_or_default();
        self.done_books += 1;
        self.done_bytes += num_bytes;
        self.done_chunks += num_chunks;
        self.line(&format!(
            "[{}/{}] {}: {}, {}, {:.0} chunks/s{}",
            self.done_books,
            self.num_books,
            name(path),
            count(num_pages, "page"),
            count(num_chunks, "chunk"),
            self.chunks_per_second(0),
            self.time_left()
        ));
    }

    fn chunks_per_second(&self, num_running: usize) -> f64 {
        let seconds = self.embedding_since.map_or(0.0, |since| since.elapsed().as_secs_f64());
        (self.done_chunks + num_running) as f64 / seconds.max(0.001)
    }

    /// Guessed from the bytes done so far.
    fn time_left(&self) -> String {
        let left = self.num_bytes.saturating_sub(self.done_bytes);
        if left == 0 || self.done_bytes == 0 {
            return String::new();
        }
        let seconds = self.began.elapsed().as_secs_f64() * left as f64 / self.done_bytes as f64;
        let minutes = (seconds / 60.0).ceil() as u64;
        if minutes > 1 { format!(", about {minutes} minutes left") } else { ", less than a minute left".to_owned() }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `1 book`, `2 books`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Failed;

    #[test]
    fn the_summary_names_what_failed() {
        let failed = Failed { path: "a/b.pdf".into(), reason: "encrypted".into() };
        let report = IngestReport { failed: vec![failed], ..IngestReport::default() };
        assert_eq!(summary(&report), "0 books added, 0 replaced, 0 unchanged, 1 failed\n  failed: a/b.pdf: encrypted");
    }
}
