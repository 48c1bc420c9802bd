//! One writer at a time, between processes.

use super::{Library, LibraryError};
use std::fs::{File, OpenOptions, TryLockError};

/// Held while a process writes; given back when dropped, and by the system when the process is killed.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

impl Library {
    /// Takes the right to write. Every writer asks for it, so that two `ingest` do not undo each other.
    ///
    /// # Errors
    /// Another process has it, or the lock file cannot be made.
    pub fn lock(&self) -> Result<WriteLock, LibraryError> {
        let path = self.folder.join("ingest.lock");
        let failed = |source| LibraryError::Lock { path: path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(WriteLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LibraryError::Locked { path: self.folder.clone() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
