//! The connections: one writer, and readers of their own.

use super::{LibraryError, schema};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub(super) const FILE_NAME: &str = "library.sqlite";

/// Readers kept open for the next caller; more than this many at once are opened and closed.
const MAX_IDLE_READERS: usize = 16;

/// How long to wait for another process's transaction, which is that of one book.
pub(super) const BUSY: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Db {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Db {
    pub(super) fn open(path: &Path) -> Result<Self, LibraryError> {
        let failed = |source| LibraryError::Sqlite { path: path.to_owned(), source };
        let mut writer = Connection::open(path).map_err(failed)?;
        writer.busy_timeout(BUSY).map_err(failed)?;
        match schema::kind(&writer).map_err(failed)? {
            schema::Kind::Usable => {}
            schema::Kind::Newer(found) => {
                return Err(LibraryError::Newer { path: path.to_owned(), found, known: schema::VERSION });
            }
            schema::Kind::Foreign => return Err(LibraryError::NotOurs { path: path.to_owned() }),
        }
        writer.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
        writer.pragma_update(None, "synchronous", "normal").map_err(failed)?;
        writer.pragma_update(None, "foreign_keys", true).map_err(failed)?;
        schema::migrate(&mut writer).map_err(failed)?;
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::new(Vec::new()) })
    }

    /// Runs `work` on one state of the library, whatever is written meanwhile.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, LibraryError> {
        self.read_or_fail(|db| Ok(work(db)?))
    }

    /// As [`Db::read`], for work that can fail for reasons of its own.
    pub(super) fn read_or_fail<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failed>,
    ) -> Result<T, LibraryError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => self.open_reader().map_err(|source| self.failed(source))?,
        };
        let result = reader.transaction().map_err(Failed::from).and_then(|transaction| work(&transaction));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < MAX_IDLE_READERS {
            readers.push(reader);
        }
        result.map_err(|failed| self.named(failed))
    }

    /// Runs `work` in one transaction, kept only if it succeeds, and counts the change.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Failed>) -> Result<T, LibraryError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let done = (|| {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.execute("UPDATE library SET revision = revision + 1", [])?;
            transaction.commit()?;
            Ok(value)
        })();
        done.map_err(|failed| self.named(failed))
    }

    /// Moves what is in the write-ahead log into the database; a reader that is busy with it leaves it for later.
    pub(super) fn checkpoint(&self) -> Result<(), LibraryError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(|source| self.failed(source))
    }

    fn open_reader(&self) -> rusqlite::Result<Connection> {
        let reader = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        reader.busy_timeout(BUSY)?;
        reader.set_prepared_statement_cache_capacity(32);
        Ok(reader)
    }

    fn named(&self, failed: Failed) -> LibraryError {
        match failed {
            Failed::Sqlite(source) => self.failed(source),
            Failed::Library(error) => error,
        }
    }

    fn failed(&self, source: rusqlite::Error) -> LibraryError {
        LibraryError::Sqlite { path: self.path.clone(), source }
    }
}

/// Why a read or a write was given up.
pub(super) enum Failed {
    Sqlite(rusqlite::Error),
    Library(LibraryError),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<LibraryError> for Failed {
    fn from(error: LibraryError) -> Self {
        Self::Library(error)
    }
}
