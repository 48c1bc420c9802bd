//! Files on disk: hashing, whole-or-nothing writing, and one writer at a time.

use super::error::{FetchError, ModelsError};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What is known of a file's content before it is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) sha256: Option<String>,
    pub(super) bytes: Option<u64>,
}

/// What a file's content turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

impl Expected {
    /// Compares content with what was expected of it; the hash decides where it is known.
    pub(super) fn check(&self, content: &Content) -> Result<(), FetchError> {
        match (&self.sha256, self.bytes) {
            (Some(expected), _) if *expected != content.sha256 => {
                Err(FetchError::WrongHash { expected: expected.clone(), got: content.sha256.clone() })
            }
            (None, Some(expected)) if expected != content.bytes => {
                Err(FetchError::WrongLength { expected, got: content.bytes })
            }
            _ => Ok(()),
        }
    }
}

/// Reads a whole file for its hash and length.
pub(super) fn content_of(path: &Path) -> std::io::Result<Content> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Content { sha256: hex(hasher), bytes }),
            Ok(num) => {
                hasher.update(&buffer[..num]);
                bytes += num as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file that is being written under `<name>.part`. It gets its name when it is whole, or it goes.
#[derive(Debug)]
pub(super) struct PartFile {
    path: PathBuf,
    target: PathBuf,
    file: File,
    hasher: Sha256,
    written: u64,
}

impl PartFile {
    /// Begins a file; what an earlier, killed process left under the same name is dropped.
    pub(super) fn create(target: &Path) -> Result<Self, FetchError> {
        let mut path = target.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let file = File::create(&path).map_err(FetchError::disk(&path))?;
        Ok(PartFile { path, target: target.to_owned(), file, hasher: Sha256::new(), written: 0 })
    }

    /// Bytes written so far.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(FetchError::disk(&self.path))?;
        self.hasher.update(bytes);
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Forgets what was written.
    pub(super) fn restart(&mut self) -> Result<(), FetchError> {
        self.file = File::create(&self.path).map_err(FetchError::disk(&self.path))?;
        self.hasher = Sha256::new();
        self.written = 0;
        Ok(())
    }

    /// Checks the content and gives the file its name. Whatever fails, nothing is left behind.
    pub(super) fn finish(mut self, expected: &Expected) -> Result<Content, FetchError> {
        let content = Content { sha256: hex(std::mem::take(&mut self.hasher)), bytes: self.written };
        expected.check(&content)?;
        // Without a known hash the file's own structure is the only witness that it is whole.
        if expected.sha256.is_none() && self.target.extension().is_some_and(|ending| ending == "gguf") {
            super::gguf::inspect(&self.path)?;
        }
        self.file.sync_all().map_err(FetchError::disk(&self.path))?;
        std::fs::rename(&self.path, &self.target).map_err(FetchError::disk(&self.target))?;
        sync_folder_of(&self.target);
        Ok(content)
    }
}

impl Drop for PartFile {
    /// After [`PartFile::finish`] has renamed the file there is nothing to remove, and the error of that is meant.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Makes a rename last over a power cut, where the system can.
fn sync_folder_of(path: &Path) {
    if let Some(folder) = path.parent()
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
}

/// Writes a small file so that a reader sees the old content or the new, never a mix.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), ModelsError> {
    let aside = path.with_extension(format!("{}.part", std::process::id()));
    let write = || {
        let mut file = File::create(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&aside, path)
    };
    write().map_err(|source| {
        let _ = std::fs::remove_file(&aside);
        ModelsError::Io { path: path.to_owned(), source }
    })?;
    sync_folder_of(path);
    Ok(())
}

/// The right to write in a models folder, held by one process at a time and given back when dropped or killed.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: Option<File>,
}

impl FolderLock {
    /// Makes the folder where needed and waits for the right; `on_wait` is called once if another has it.
    pub(super) fn acquire(folder: &Path, on_wait: impl FnOnce()) -> Result<Self, ModelsError> {
        std::fs::create_dir_all(folder).map_err(ModelsError::io(folder))?;
        let path = folder.join(".pull.lock");
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(ModelsError::io(&path))?;
        let locked = match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                on_wait();
                file.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        match locked {
            Ok(()) => Ok(FolderLock { _file: Some(file) }),
            // Some network and FUSE file systems have no locks; one pull at a time is then up to the user.
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => Ok(FolderLock { _file: None }),
            Err(source) => Err(ModelsError::Io { path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn written(expected: &Expected, name: &str) -> (Result<Content, FetchError>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let mut part = PartFile::create(&folder.path().join(name)).unwrap();
        part.write(b"x").unwrap();
        part.restart().unwrap();
        part.write(b"ab").unwrap();
        part.write(b"c").unwrap();
        assert_eq!(part.written(), 3);
        let result = part.finish(expected);
        let names = std::fs::read_dir(folder.path()).unwrap();
        (result, names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let known = |sha256: &str, bytes| Expected { sha256: Some(sha256.into()), bytes };
        let content = Content { sha256: ABC.into(), bytes: 3 };
        for good in [Expected::default(), known(ABC, Some(3)), Expected { sha256: None, bytes: Some(3) }] {
            let (result, names) = written(&good, "file");
            assert_eq!((result.unwrap(), names), (content.clone(), vec!["file".to_owned()]));
        }
        let other = ABC.replace('b', "c");
        for (bad, name, says) in [
            (known(&other, None), "file", format!("sha256 {ABC}, expected {other}")),
            (Expected { sha256: None, bytes: Some(4) }, "file", "3 bytes, expected 4".into()),
            (Expected::default(), "file.gguf", "not a usable GGUF file: it begins with \"abc\"".into()),
        ] {
            let (result, names) = written(&bad, name);
            let error = result.unwrap_err().to_string();
            assert!(error.contains(&says), "{error}\nshould say {says}");
            assert!(names.is_empty(), "{names:?} were left behind");
        }
    }

    #[test]
    fn the_second_writer_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path(), || panic!("nobody to wait for")).unwrap();
        let (waiting, waits) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| FolderLock::acquire(folder.path(), || waiting.send(()).unwrap()).unwrap());
            waits.recv().unwrap();
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap();
        });
    }
}
