//! New books while the class goes on: one after the other, each read by a process of its own that has its limits.
//!
//! A file arrives in a hidden folder beside the books and is read there; it stands among the books only once it is in the
//! library. So a file that no reader survives cannot keep the next start from its work: what was left is read again then,
//! within the same limits.

mod child;
mod shelf;

use crate::cli::confine::Confined;
use crate::cli::ingest_lines::{Line, LineStage};
use crate::library::{Library, LibraryError};
use crate::passage::BookId;
use crate::server::{IngestProgress, IngestStage, Intake, IntakeError, Received};
use child::Reader;
use shelf::BookFolder;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Books that may wait.
const MAX_WAITING: usize = 32;

/// News that a slow listener may be behind.
const MAX_NEWS: usize = 256;

/// How often a library is asked whether another process still writes.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Flags of `lectern serve` for books that are uploaded.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct UploadArgs {
    /// Largest book that may be uploaded, in MiB
    #[arg(long, env = "LECTERN_MAX_UPLOAD_MIB", default_value_t = 200, value_name = "MIB",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_upload_mib: u32,
    /// Most memory in MiB for reading an uploaded book
    #[arg(long, env = "LECTERN_UPLOAD_MEMORY_MIB", default_value_t = 2048, value_name = "MIB",
          value_parser = clap::value_parser!(u32).range(64..))]
    upload_memory_mib: u32,
    /// Longest time in minutes without any progress in reading an uploaded book, and twice of it in all of computing
    #[arg(long, env = "LECTERN_UPLOAD_MINUTES", default_value_t = 15, value_name = "MINUTES",
          value_parser = clap::value_parser!(u32).range(1..))]
    upload_minutes: u32,
    /// Most pages of an uploaded book
    #[arg(long, env = "LECTERN_UPLOAD_PAGES", default_value_t = 3000, value_name = "PAGES",
          value_parser = clap::value_parser!(u32).range(1..))]
    upload_pages: u32,
}

/// What the reading processes are told besides their limits.
pub(super) struct Reading {
    /// Flags of `ingest`.
    pub(super) flags: Vec<OsString>,
    /// The same in the environment.
    pub(super) settings: Vec<(&'static str, OsString)>,
}

/// See the module. Clones are the same.
#[derive(Clone)]
pub(super) struct ChildIntake(Arc<Shared>);

struct Shared {
    library: Arc<Library>,
    books: BookFolder,
    reader: Reader,
    queue: Mutex<Queue>,
    news: broadcast::Sender<IngestProgress>,
    stopping: CancellationToken,
}

/// The uploads in order; the first of them is being read.
#[derive(Default)]
struct Queue {
    uploads: VecDeque<Upload>,
    /// All that ever were.
    num_uploads: u64,
    /// A task takes one after the other.
    is_served: bool,
}

/// A book that waits or is being read.
struct Upload {
    file: PathBuf,
    sha256: Option<String>,
    progress: watch::Sender<IngestProgress>,
}

/// How a book ended.
enum Ended {
    Read(String),
    Failed(String),
    Stopped,
}

impl ChildIntake {
    pub(super) fn new(
        library: Arc<Library>,
        corpus: &Path,
        args: &UploadArgs,
        reading: Reading,
    ) -> std::io::Result<Self> {
        let minutes = u64::from(args.upload_minutes);
        let reader = Reader {
            program: std::env::current_exe()?,
            flags: reading.flags,
            settings: reading.settings,
            confined: Confined { memory_mib: args.upload_memory_mib.into(), cpu_seconds: 2 * 60 * minutes },
            max_pages: args.upload_pages as usize,
            patience: Duration::from_secs(60 * minutes),
        };
        let (queue, stopping) = (Mutex::default(), CancellationToken::new());
        let news = broadcast::Sender::new(MAX_NEWS);
        let books = BookFolder(corpus.to_owned());
        Ok(Self(Arc::new(Shared { library, books, reader, queue, news, stopping })))
    }

    /// Lets the books be read that the last end cut short. Call it inside the runtime.
    pub(super) fn resume(&self) {
        for file in self.0.books.left_over() {
            let known = file.canonicalize().ok().and_then(|path| self.0.library.book_at(&path).ok()?);
            match known {
                Some(book) => self.0.keep(&file, &book.book.id),
                None => drop(self.enqueue(&mut self.0.queue(), file, None)),
            }
        }
    }

    /// Puts a file at the end of the line, and has the line served.
    fn enqueue(&self, queue: &mut Queue, file: PathBuf, sha256: Option<String>) -> watch::Receiver<IngestProgress> {
        queue.num_uploads += 1;
        let (progress, receiver) = watch::channel(IngestProgress {
            upload: format!("u{}", queue.num_uploads),
            file_name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            stage: IngestStage::Waiting,
            done: queue.uploads.len(),
            total: 0,
            book: None,
            error: None,
        });
        self.0.publish(receiver.borrow().clone());
        queue.uploads.push_back(Upload { file, sha256, progress });
        if !queue.is_served {
            queue.is_served = true;
            tokio::spawn(Arc::clone(&self.0).serve());
        }
        receiver
    }
}

impl Intake for ChildIntake {
    fn folder(&self, num_bytes: u64) -> Result<PathBuf, IntakeError> {
        self.0.books.make_room(num_bytes)
    }

    fn submit(&self, received: Received) -> Result<watch::Receiver<IngestProgress>, IntakeError> {
        let Received { path, file_name, sha256 } = received;
        let same = self.0.library.books_of_content(&sha256).map_err(failed)?;
        let mut queue = self.0.queue();
        if self.0.stopping.is_cancelled() || queue.uploads.len() > MAX_WAITING {
            return Err(IntakeError::Busy { waiting: queue.uploads.len() });
        }
        if let Some(book) = same.into_iter().find(|book| book.path.exists()) {
            let text = format!("this book is there already: {} ({})", book.book.title, book.book.file_name);
            return Err(IntakeError::Exists(text));
        }
        let waits = queue.uploads.iter().any(|upload| upload.sha256.as_ref() == Some(&sha256));
        if waits || self.0.books.has(&file_name) {
            let text = format!("there is a book {file_name} already; remove it first, or give this one another name");
            return Err(IntakeError::Exists(text));
        }
        let file = self.0.books.incoming().join(file_name);
        std::fs::rename(path, &file)?;
        Ok(self.enqueue(&mut queue, file, Some(sha256)))
    }

    fn subscribe(&self) -> broadcast::Receiver<IngestProgress> {
        self.0.news.subscribe()
    }

    fn running(&self) -> Vec<IngestProgress> {
        self.0.queue().uploads.iter().map(|upload| upload.progress.borrow().clone()).collect()
    }

    fn remove(&self, book: &str) -> Result<bool, IntakeError> {
        let (library, id) = (&self.0.library, BookId(book.to_owned()));
        let Some(path) = library.book_file(&id).map_err(failed)? else { return Ok(false) };
        // First the file: a start that is between would else read it again.
        let aside = if path.exists() { self.0.books.put_aside(&path)? } else { path.clone() };
        match library.remove_book(&id) {
            Ok(()) => {}
            Err(LibraryError::NoBook { .. }) => return Ok(false),
            Err(error) => {
                if let Err(error) = std::fs::rename(&aside, &path) {
                    tracing::error!(path = %aside.display(), %error, "the file of a book could not be put back");
                }
                return Err(failed(error));
            }
        }
        tracing::info!(book, "a book was removed");
        self.0.prepare();
        Ok(true)
    }

    fn stop(&self) {
        self.0.stopping.cancel();
    }
}

fn failed(error: LibraryError) -> IntakeError {
    IntakeError::Failed(Box::new(error))
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, progress: IngestProgress) {
        // Nobody may listen.
        let _num_listeners = self.news.send(progress);
    }

    /// Reads the books of the line, until there are none.
    async fn serve(self: Arc<Self>) {
        loop {
            let file = {
                let mut queue = self.queue();
                let file = queue.uploads.front().map(|upload| upload.file.clone());
                queue.is_served = file.is_some();
                file
            };
            let Some(file) = file else { return };
            let ended = self.take_in(&file).await;
            let shared = Arc::clone(&self);
            let ending = tokio::task::spawn_blocking(move || shared.end(&file, ended));
            if let Err(error) = ending.await {
                tracing::error!(%error, "an upload could not be ended");
                self.queue().uploads.pop_front();
            }
        }
    }

    /// Has a book read.
    async fn take_in(&self, file: &Path) -> Ended {
        let reading = async {
            self.until_unlocked().await;
            self.reader.read(file, |line| self.hear(line)).await
        };
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => Ended::Stopped,
            read = reading => match read {
                Ok(book) => Ended::Read(book),
                Err(reason) => Ended::Failed(reason),
            },
        }
    }

    /// Another `lectern ingest` may be at work.
    async fn until_unlocked(&self) {
        while let Err(LibraryError::Locked { .. }) = self.library.lock() {
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    fn hear(&self, line: &Line) {
        self.change(|progress| match line.stage {
            LineStage::Reading => progress.stage = IngestStage::Reading,
            LineStage::Embedding if line.file.is_some() => {
                progress.stage = IngestStage::Embedding;
                (progress.done, progress.total) = (line.done, line.total);
            }
            LineStage::Stored => progress.book.clone_from(&line.book),
            LineStage::Indexing if progress.book.is_some() => progress.stage = IngestStage::Indexing,
            _ => {}
        });
    }

    /// Changes what is told of the first upload.
    fn change(&self, change: impl FnOnce(&mut IngestProgress)) {
        let queue = self.queue();
        let Some(upload) = queue.uploads.front() else { return };
        let before = upload.progress.borrow().clone();
        upload.progress.send_modify(change);
        let after = upload.progress.borrow().clone();
        if after != before {
            self.publish(after);
        }
    }

    /// Takes the first upload from the line, its file to where it belongs, and tells how it ended.
    fn end(&self, file: &Path, ended: Ended) {
        let (stage, book, error) = match ended {
            Ended::Read(book) => {
                self.keep(file, &BookId(book.clone()));
                self.prepare();
                (IngestStage::Done, Some(book), None)
            }
            Ended::Failed(reason) => (IngestStage::Failed, None, Some(self.reject(file, reason))),
            Ended::Stopped => {
                let reason = "the server is ending; the book is read when it starts again";
                (IngestStage::Failed, None, Some(reason.to_owned()))
            }
        };
        self.change(|progress| (progress.stage, progress.book, progress.error) = (stage, book, error));
        let mut queue = self.queue();
        queue.uploads.pop_front();
        for (place, upload) in queue.uploads.iter().enumerate() {
            upload.progress.send_modify(|progress| progress.done = place);
            self.publish(upload.progress.borrow().clone());
        }
    }

    /// Puts the file of a book that is in the library among the others.
    fn keep(&self, file: &Path, book: &BookId) {
        let kept = self.books.keep(file).and_then(|kept| kept.canonicalize());
        let moved = match kept {
            Ok(kept) => self.library.move_book(book, &kept).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match moved {
            Ok(()) => tracing::info!(%book, "a book was added"),
            // It can be used where it is, and the next start tries again.
            Err(error) => tracing::warn!(%book, error, "the file of a new book could not be put among the others"),
        }
    }

    /// Puts a file aside that could not be read; what to tell of it.
    fn reject(&self, file: &Path, reason: String) -> String {
        tracing::warn!(file = %file.display(), reason, "a book could not be read");
        match self.books.put_aside(file) {
            Ok(aside) => format!("{reason}; its file was put aside as {}", aside.display()),
            Err(error) => {
                tracing::error!(file = %file.display(), %error, "a file could not be put aside");
                reason
            }
        }
    }

    /// Brings the vectors up to date now, not when the next student asks.
    fn prepare(&self) {
        if let Err(error) = self.library.prepare_vectors() {
            tracing::error!(%error, "the vectors of the library could not be brought up to date");
        }
    }
}
