//! What the teacher tells the class, or one student.

use super::store::while_doing;
use super::{ClassroomError, Store};
use rusqlite::params;
use std::fmt;

/// A notice's name; later ones are greater. Written `n3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoticeId(i64);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// Something the teacher said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its name.
    pub id: NoticeId,
    /// Whom it is for; everyone if nothing.
    pub client_id: Option<String>,
    /// The words.
    pub content: String,
    /// When, in seconds since 1970.
    pub created: i64,
}

impl Store {
    /// Keeps a notice.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn add_notice(&self, client_id: Option<&str>, content: &str, at: i64) -> Result<Notice, ClassroomError> {
        let connection = self.connection();
        connection
            .prepare_cached("INSERT INTO notices (client_id, content, created) VALUES (?1, ?2, ?3)")
            .and_then(|mut statement| statement.execute(params![client_id, content, at]))
            .map_err(while_doing("keep a notice"))?;
        let id = NoticeId(connection.last_insert_rowid());
        Ok(Notice { id, client_id: client_id.map(str::to_owned), content: content.to_owned(), created: at })
    }

    /// The notices that a student has not had, oldest first: those for them, and those for everyone since `since`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unread_notices(&self, client_id: &str, since: i64) -> Result<Vec<Notice>, ClassroomError> {
        let query = "SELECT id, client_id, content, created FROM notices
                     WHERE id > coalesce((SELECT last FROM noticed WHERE client_id = ?1), 0)
                       AND (client_id = ?1 OR (client_id IS NULL AND created >= ?2)) ORDER BY id";
        let failed = while_doing("read the notices");
        let connection = self.connection();
        let mut statement = connection.prepare_cached(query).map_err(&failed)?;
        let rows = statement.query_map(params![client_id, since], |row| {
            Ok(Notice { id: NoticeId(row.get(0)?), client_id: row.get(1)?, content: row.get(2)?, created: row.get(3)? })
        });
        rows.map_err(&failed)?.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Notes that a student has had the notices up to `last`.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn mark_noticed(&self, client_id: &str, last: NoticeId) -> Result<(), ClassroomError> {
        let query = "INSERT INTO noticed (client_id, last) VALUES (?1, ?2)
                     ON CONFLICT (client_id) DO UPDATE SET last = max(last, excluded.last)";
        self.connection()
            .prepare_cached(query)
            .and_then(|mut statement| statement.execute(params![client_id, last.0]))
            .map(|_| ())
            .map_err(while_doing("note a notice"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn everyone_gets_what_is_for_them_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("classroom.sqlite")).unwrap();
        let unread = |client_id: &str, since| {
            let notices = store.unread_notices(client_id, since).unwrap();
            notices.into_iter().map(|notice| notice.content).collect::<Vec<_>>()
        };
        store.add_notice(None, "yesterday", 10).unwrap();
        let for_ann = store.add_notice(Some("ann"), "to ann", 20).unwrap();
        store.add_notice(None, "to all", 100).unwrap();
        assert_eq!(unread("ann", 50), ["to ann", "to all"]);
        assert_eq!(unread("ben", 50), ["to all"]);
        store.mark_noticed("ann", for_ann.id).unwrap();
        assert_eq!(unread("ann", 50), ["to all"]);
        assert_eq!(unread("ben", 0), ["yesterday", "to all"]);
    }
}
