//! The database as a file: copied while it is used, and checked.

use super::{LibraryError, db, schema};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a copy waits where the database is locked.
const PAUSE: Duration = Duration::from_millis(20);

/// Copies the library's database at `from` into a new file, whoever writes to it meanwhile: the copy is one state of it.
/// The vector index is not copied; it is made again from the database.
///
/// # Errors
/// One of the files cannot be opened, read or written, or the copy is damaged.
pub fn backup(from: &Path, to: &Path) -> Result<(), LibraryError> {
    let source = open_to_read(from)?;
    let failed = |source| LibraryError::Sqlite { path: to.to_owned(), source };
    let mut copy = Connection::open(to).map_err(failed)?;
    // All pages in one step are pages of one moment: writers go on, and their changes come too late for it.
    let all = Backup::new(&source, &mut copy).and_then(|backup| backup.run_to_completion(i32::MAX, PAUSE, None));
    all.map_err(failed)?;
    copy.pragma_update(None, "journal_mode", "DELETE").map_err(failed)?;
    drop(copy);
    check(to)
}

/// Looks whether the database at `path` is a library that this program knows, and whole. Changes nothing.
///
/// # Errors
/// It is not; the error says what is wrong.
pub fn check(path: &Path) -> Result<(), LibraryError> {
    let failed = |source| LibraryError::Sqlite { path: path.to_owned(), source };
    let database = open_to_read(path)?;
    match schema::kind(&database).map_err(failed)? {
        schema::Kind::Usable => {}
        schema::Kind::Newer(found) => {
            return Err(LibraryError::Newer { path: path.to_owned(), found, known: schema::VERSION });
        }
        schema::Kind::Foreign => return Err(LibraryError::NotOurs { path: path.to_owned() }),
    }
    let reason: String = database.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(failed)?;
    match reason.as_str() {
        "ok" => Ok(()),
        _ => Err(LibraryError::Damaged { path: path.to_owned(), reason }),
    }
}

fn open_to_read(path: &Path) -> Result<Connection, LibraryError> {
    let failed = |source| LibraryError::Sqlite { path: path.to_owned(), source };
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    database.busy_timeout(db::BUSY).map_err(failed)?;
    Ok(database)
}
