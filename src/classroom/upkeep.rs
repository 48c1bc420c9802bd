//! The database as a file: copied while it is used, checked, and seen to be in use.

use super::{ClassroomError, schema};
use rusqlite::backup::Backup;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a copy waits where the database is locked.
const PAUSE: Duration = Duration::from_millis(20);

/// Copies the database at `from` into a new file, whoever writes to it meanwhile: the copy is one state of it.
///
/// # Errors
/// One of the files cannot be opened, read or written, or the copy is damaged.
pub fn backup(from: &Path, to: &Path) -> Result<(), ClassroomError> {
    let failed = |source| ClassroomError::Database { what: "copy the messages", source };
    let source = open_to_read(from)?;
    let mut copy = Connection::open(to).map_err(|source| ClassroomError::Open { path: to.to_owned(), source })?;
    // All pages in one step are pages of one moment: writers go on, and their changes come too late for it.
    let all = Backup::new(&source, &mut copy).and_then(|backup| backup.run_to_completion(i32::MAX, PAUSE, None));
    all.map_err(failed)?;
    copy.pragma_update(None, "journal_mode", "DELETE").map_err(failed)?;
    drop(copy);
    check(to)
}

/// Looks whether the database can be read, is of a layout that this program knows, and is whole. Changes nothing.
///
/// # Errors
/// It is not; the error says what is wrong.
pub fn check(path: &Path) -> Result<(), ClassroomError> {
    let failed = |source| ClassroomError::Open { path: path.to_owned(), source };
    let database = open_to_read(path)?;
    let found: i64 = database.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    if found > schema::LAYOUT {
        return Err(ClassroomError::Newer { path: path.to_owned(), found, known: schema::LAYOUT });
    }
    let reason: String = database.pragma_query_value(None, "integrity_check", |row| row.get(0)).map_err(failed)?;
    match reason.as_str() {
        "ok" => Ok(()),
        _ => Err(ClassroomError::Damaged { path: path.to_owned(), reason }),
    }
}

/// Whether a program has the database open. For a database that is about to be replaced: it leaves the write-ahead log.
///
/// # Errors
/// It cannot be opened.
pub fn is_in_use(path: &Path) -> Result<bool, ClassroomError> {
    let failed = |source| ClassroomError::Open { path: path.to_owned(), source };
    let database = Connection::open(path).map_err(failed)?;
    database.busy_timeout(Duration::ZERO).map_err(failed)?;
    match database.pragma_update(None, "journal_mode", "DELETE") {
        Ok(()) => Ok(false),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(true),
        Err(source) => Err(failed(source)),
    }
}

fn open_to_read(path: &Path) -> Result<Connection, ClassroomError> {
    let failed = |source| ClassroomError::Open { path: path.to_owned(), source };
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    database.busy_timeout(schema::BUSY).map_err(failed)?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use crate::classroom::Store;

    #[test]
    fn a_copy_holds_what_was_there_and_takes_no_part_in_what_comes() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.sqlite"), folder.path().join("b.sqlite"));
        let store = Store::open(&from).unwrap();
        store.accept("ann", "before", 1).unwrap();
        assert!(is_in_use(&from).unwrap());
        backup(&from, &to).unwrap();
        store.accept("ann", "after", 2).unwrap();
        drop(store);
        assert!(!is_in_use(&from).unwrap());
        let copy = Store::open(&to).unwrap();
        let history = copy.history(copy.session("ann").unwrap().unwrap().key, None, 9).unwrap();
        assert_eq!(history.iter().map(|message| message.content.as_str()).collect::<Vec<_>>(), ["before"]);
    }

    #[test]
    fn damage_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let store = Store::open(&path).unwrap();
        for number in 0..500 {
            store.accept("ann", &"words ".repeat(40), number).unwrap();
        }
        drop(store);
        check(&path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4096].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
        let error = check(&path).unwrap_err();
        assert!(matches!(error, ClassroomError::Damaged { .. } | ClassroomError::Open { .. }), "{error}");
        assert!(check(&folder.path().join("absent.sqlite")).is_err());
        assert!(!folder.path().join("absent.sqlite").exists(), "a check makes no file");
    }
}
