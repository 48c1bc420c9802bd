//! The tables of `classroom.sqlite` and how a file comes to have them.

use super::ClassroomError;
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// The layout this program writes; stored as SQLite's `user_version`.
pub(super) const LAYOUT: i64 = 3;

/// How long one writer waits for another, such as a backup or a second program.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// `AUTOINCREMENT` so that neither a session nor a message ever gets the name of one that was deleted.
const TABLES: &str = "
    CREATE TABLE sessions (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        client_id TEXT NOT NULL UNIQUE,
        state     TEXT,
        created   INTEGER NOT NULL,
        updated   INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE messages (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        session    INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
        content    TEXT NOT NULL,
        created    INTEGER NOT NULL,
        reply_text TEXT,
        reply      TEXT,
        replied    INTEGER,
        delivered  INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX messages_of_session ON messages(session, id);
";

/// What layout 2 has more: what each student knows, which outlives a session.
const LEARNERS: &str = "
    CREATE TABLE learners (
        client_id TEXT PRIMARY KEY,
        learned   TEXT NOT NULL,
        updated   INTEGER NOT NULL
    ) STRICT;
";

/// What layout 3 has more: who may come in, what the teacher tells the class, and what was asked of the books.
///
/// A token and a PIN are here only as their hash. `folded` is a name as it is compared: two students cannot have names
/// that look the same.
const CLASS: &str = "
    CREATE TABLE people (
        client_id TEXT PRIMARY KEY,
        role      TEXT NOT NULL CHECK (role IN ('student', 'teacher')),
        name      TEXT NOT NULL,
        folded    TEXT NOT NULL UNIQUE,
        pin       TEXT,
        created   INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE tokens (
        hash      BLOB PRIMARY KEY,
        client_id TEXT NOT NULL REFERENCES people(client_id) ON DELETE CASCADE,
        created   INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX tokens_of_person ON tokens(client_id);
    CREATE TABLE settings (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;
    CREATE TABLE notices (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        client_id TEXT,
        content   TEXT NOT NULL,
        created   INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE noticed (
        client_id TEXT PRIMARY KEY,
        last      INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE questions (
        message   INTEGER PRIMARY KEY,
        client_id TEXT NOT NULL,
        key       TEXT NOT NULL,
        question  TEXT NOT NULL,
        verdict   TEXT NOT NULL,
        sources   TEXT NOT NULL,
        asked     INTEGER NOT NULL
    ) STRICT;
    ALTER TABLE messages ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0;
";

/// Opens the file, makes it if it is not there, and brings it to this layout.
pub(super) fn open(path: &Path) -> Result<Connection, ClassroomError> {
    let failed = |source| ClassroomError::Open { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    // What a student has seen outlives a power cut too: every commit is on the disk.
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    match found {
        LAYOUT => {}
        0..LAYOUT => {
            let steps = [TABLES, LEARNERS, CLASS];
            for step in steps.iter().skip(usize::try_from(found).unwrap_or(0)) {
                transaction.execute_batch(step).map_err(failed)?;
            }
            transaction.pragma_update(None, "user_version", LAYOUT).map_err(failed)?;
        }
        _ => return Err(ClassroomError::Newer { path: path.to_owned(), found, known: LAYOUT }),
    }
    transaction.commit().map_err(failed)?;
    Ok(connection)
}
