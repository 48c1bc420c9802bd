//! Sessions and their messages: reads and writes.

use super::questions::{self, NewQuestion};
use super::{ClassroomError, schema};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One life of a session: from its first message to its reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey(pub(super) i64);

/// A message's name, unique in one classroom and never used again; later messages are greater. Written `m17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub(super) i64);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m{}", self.0)
    }
}

impl FromStr for MessageId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = text.strip_prefix('m').ok_or(())?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        number.parse().map(Self).map_err(|_| ())
    }
}

/// A stored session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its present life.
    pub key: SessionKey,
    /// Where the conversation stands, as JSON; nothing before the first reply.
    pub state: Option<String>,
    /// When its first message came, in seconds since 1970.
    pub created: i64,
    /// When its last message or reply came, in seconds since 1970.
    pub updated: i64,
}

/// A stored reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its words.
    pub text: String,
    /// All of it, as JSON.
    pub json: String,
    /// When it was stored, in seconds since 1970.
    pub created: i64,
}

/// What a student said, and the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name.
    pub id: MessageId,
    /// The student's words.
    pub content: String,
    /// When it was accepted, in seconds since 1970.
    pub created: i64,
    /// Nothing while it is being answered, and if that was interrupted.
    pub reply: Option<Reply>,
}

/// A reply to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewReply<'a> {
    /// What it answers.
    pub message_id: MessageId,
    /// Its words.
    pub text: &'a str,
    /// All of it, as JSON.
    pub json: &'a str,
    /// Where the conversation stands after it, as JSON.
    pub state: &'a str,
    /// What the student knows after it, as JSON.
    pub learned: &'a str,
    /// The question to the books, if the message was one.
    pub asked: Option<&'a NewQuestion>,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// The classroom's database. Clones share it. Calls block for the length of one small transaction.
#[derive(Debug, Clone)]
pub struct Store(Arc<Mutex<Connection>>);

/// Names what was attempted in an error.
pub(super) fn while_doing(what: &'static str) -> impl Fn(rusqlite::Error) -> ClassroomError {
    move |source| ClassroomError::Database { what, source }
}

const MESSAGE: &str = "id, content, created, reply_text, reply, replied";

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let reply = match (row.get(3)?, row.get(4)?, row.get(5)?) {
        (Some(text), Some(json), Some(created)) => Some(Reply { text, json, created }),
        _ => None,
    };
    Ok(Message { id: MessageId(row.get(0)?), content: row.get(1)?, created: row.get(2)?, reply })
}

impl Store {
    /// Opens `path`, making it if it is not there.
    ///
    /// # Errors
    /// The file cannot be opened or written, is not a database, or is of a newer layout.
    pub fn open(path: &Path) -> Result<Self, ClassroomError> {
        Ok(Self(Arc::new(Mutex::new(schema::open(path)?))))
    }

    /// A panic inside a transaction rolled it back, so the connection is good after one.
    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of `client_id`; nothing before its first message.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn session(&self, client_id: &str) -> Result<Option<Session>, ClassroomError> {
        let query = "SELECT id, state, created, updated FROM sessions WHERE client_id = ?1";
        let session = |row: &Row<'_>| {
            Ok(Session { key: SessionKey(row.get(0)?), state: row.get(1)?, created: row.get(2)?, updated: row.get(3)? })
        };
        let connection = self.connection();
        let mut statement = connection.prepare_cached(query).map_err(while_doing("find a session"))?;
        statement.query_row([client_id], session).optional().map_err(while_doing("find a session"))
    }

    /// Stores a student's message; its session begins with it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn accept(&self, client_id: &str, content: &str, at: i64) -> Result<(SessionKey, MessageId), ClassroomError> {
        let failed = while_doing("store a message");
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(&failed)?;
        let session: i64 = transaction
            .prepare_cached(
                "INSERT INTO sessions (client_id, created, updated) VALUES (?1, ?2, ?2)
                 ON CONFLICT (client_id) DO UPDATE SET updated = excluded.updated RETURNING id",
            )
            .and_then(|mut statement| statement.query_row(params![client_id, at], |row| row.get(0)))
            .map_err(&failed)?;
        transaction
            .prepare_cached("INSERT INTO messages (session, content, created) VALUES (?1, ?2, ?3)")
            .and_then(|mut statement| statement.execute(params![session, content, at]))
            .map_err(&failed)?;
        let id = MessageId(transaction.last_insert_rowid());
        transaction.commit().map_err(&failed)?;
        Ok((SessionKey(session), id))
    }

    /// What the student of `client_id` knows, as JSON; it outlives the session.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn learned(&self, client_id: &str) -> Result<Option<String>, ClassroomError> {
        let query = "SELECT learned FROM learners WHERE client_id = ?1";
        self.connection()
            .prepare_cached(query)
            .and_then(|mut statement| statement.query_row([client_id], |row| row.get(0)).optional())
            .map_err(while_doing("read what a student knows"))
    }

    /// Stores a reply, the state and the knowledge after it, all or nothing.
    ///
    /// # Errors
    /// The session was reset ([`ClassroomError::Gone`]), or the database cannot be written.
    pub fn reply(&self, session: SessionKey, reply: &NewReply<'_>) -> Result<(), ClassroomError> {
        let failed = while_doing("store a reply");
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(&failed)?;
        let found = transaction
            .prepare_cached(
                "UPDATE messages SET reply_text = ?3, reply = ?4, replied = ?5 WHERE id = ?1 AND session = ?2",
            )
            .and_then(|mut statement| {
                statement.execute(params![reply.message_id.0, session.0, reply.text, reply.json, reply.at])
            })
            .map_err(&failed)?;
        if found == 0 {
            return Err(ClassroomError::Gone { message_id: reply.message_id });
        }
        transaction
            .prepare_cached("UPDATE sessions SET state = ?2, updated = ?3 WHERE id = ?1")
            .and_then(|mut statement| statement.execute(params![session.0, reply.state, reply.at]))
            .map_err(&failed)?;
        transaction
            .prepare_cached(
                "INSERT INTO learners (client_id, learned, updated)
                 SELECT client_id, ?2, ?3 FROM sessions WHERE id = ?1
                 ON CONFLICT (client_id) DO UPDATE SET learned = excluded.learned, updated = excluded.updated",
            )
            .and_then(|mut statement| statement.execute(params![session.0, reply.learned, reply.at]))
            .map_err(&failed)?;
        if let Some(asked) = reply.asked {
            questions::insert(&transaction, session.0, reply, asked).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }

    /// Notes that the student's program has the reply to `message_id`.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn mark_delivered(&self, client_id: &str, message_id: MessageId) -> Result<(), ClassroomError> {
        let query = "UPDATE messages SET delivered = 1
                     WHERE id = ?1 AND session = (SELECT id FROM sessions WHERE client_id = ?2)";
        self.connection()
            .prepare_cached(query)
            .and_then(|mut statement| statement.execute(params![message_id.0, client_id]))
            .map(|_| ())
            .map_err(while_doing("note a delivered reply"))
    }

    /// The last messages, at most `limit`, whose replies the student's program may not have; oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn undelivered(&self, session: SessionKey, limit: usize) -> Result<Vec<Message>, ClassroomError> {
        let filter = "session = ?1 AND reply IS NOT NULL AND delivered = 0";
        self.last_messages(filter, params![session.0, limit_of(limit)])
    }

    /// The messages behind the last reply, at most `limit`, that still wait for theirs; oldest first. There are some when
    /// the program was killed, or the student left, in the middle of it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unanswered(&self, session: SessionKey, limit: usize) -> Result<Vec<Message>, ClassroomError> {
        let filter = "session = ?1 AND reply IS NULL AND given_up = 0
                      AND id > coalesce((SELECT max(id) FROM messages WHERE session = ?1 AND reply IS NOT NULL), 0)";
        self.last_messages(filter, params![session.0, limit_of(limit)])
    }

    /// Notes that a message will have no reply, because answering it failed and the student was told so.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn give_up(&self, message_id: MessageId) -> Result<(), ClassroomError> {
        self.connection()
            .execute("UPDATE messages SET given_up = 1 WHERE id = ?1", [message_id.0])
            .map(|_| ())
            .map_err(while_doing("note a failure"))
    }

    /// The newest message that has a reply.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_replied(&self, session: SessionKey) -> Result<Option<Message>, ClassroomError> {
        let mut found = self.last_messages("session = ?1 AND reply IS NOT NULL", params![session.0, 1])?;
        Ok(found.pop())
    }

    /// The last messages, at most `limit`, that are older than `before`; oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn history(
        &self,
        session: SessionKey,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Message>, ClassroomError> {
        let before = before.map_or(i64::MAX, |id| id.0);
        self.last_messages("session = ?1 AND id < ?3", params![session.0, limit_of(limit), before])
    }

    /// Whether the message is of this session.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn has_message(&self, session: SessionKey, message_id: MessageId) -> Result<bool, ClassroomError> {
        self.connection()
            .prepare_cached("SELECT 1 FROM messages WHERE id = ?1 AND session = ?2")
            .and_then(|mut statement| statement.exists(params![message_id.0, session.0]))
            .map_err(while_doing("find a message"))
    }

    /// Deletes the session of `client_id` with all its messages; what the student knows stays.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn reset(&self, client_id: &str) -> Result<(), ClassroomError> {
        self.connection()
            .execute("DELETE FROM sessions WHERE client_id = ?1", [client_id])
            .map(|_| ())
            .map_err(while_doing("reset a session"))
    }

    /// `?2` is the limit.
    fn last_messages(&self, filter: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Message>, ClassroomError> {
        let failed = while_doing("read messages");
        let query = format!("SELECT {MESSAGE} FROM messages WHERE {filter} ORDER BY id DESC LIMIT ?2");
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&query).map_err(&failed)?;
        let rows = statement.query_map(values, message).map_err(&failed)?;
        let mut messages = rows.collect::<Result<Vec<_>, _>>().map_err(&failed)?;
        messages.reverse();
        Ok(messages)
    }
}

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("classroom.sqlite")).unwrap();
        (folder, store)
    }

    fn answer(store: &Store, session: SessionKey, message_id: MessageId, text: &str) -> Result<(), ClassroomError> {
        store.reply(
            session,
            &NewReply { message_id, text, json: "{}", state: "\"after\"", learned: "\"much\"", asked: None, at: 7 },
        )
    }

    fn contents(messages: &[Message]) -> Vec<&str> {
        messages.iter().map(|message| message.content.as_str()).collect()
    }

    #[test]
    fn a_session_begins_with_its_first_message_and_outlives_the_program() {
        let (folder, store) = store();
        assert_eq!(store.session("ann").unwrap(), None);
        let (key, first) = store.accept("ann", "hello", 5).unwrap();
        answer(&store, key, first, "welcome").unwrap();
        let (same, second) = store.accept("ann", "more", 9).unwrap();
        assert_eq!(key, same);
        assert!(second > first);
        drop(store);
        let store = Store::open(&folder.path().join("classroom.sqlite")).unwrap();
        let session = store.session("ann").unwrap().unwrap();
        assert_eq!(session, Session { key, state: Some("\"after\"".into()), created: 5, updated: 9 });
        let history = store.history(key, None, 10).unwrap();
        assert_eq!(contents(&history), ["hello", "more"]);
        assert_eq!(history[0].reply, Some(Reply { text: "welcome".into(), json: "{}".into(), created: 7 }));
        assert_eq!(history[1].reply, None, "interrupted before its reply");
        store.reset("ann").unwrap();
        assert_eq!(store.learned("ann").unwrap().as_deref(), Some("\"much\""), "it outlives the session");
        assert_eq!(store.learned("ben").unwrap(), None);
    }

    #[test]
    fn history_is_read_in_pages_from_the_end() {
        let (_folder, store) = store();
        let mut key = None;
        for number in 0..7 {
            key = Some(store.accept("ann", &number.to_string(), number).unwrap().0);
            store.accept("ben", "not ann's", number).unwrap();
        }
        let key = key.unwrap();
        let last = store.history(key, None, 3).unwrap();
        assert_eq!(contents(&last), ["4", "5", "6"]);
        let middle = store.history(key, Some(last[0].id), 3).unwrap();
        assert_eq!(contents(&middle), ["1", "2", "3"]);
        assert_eq!(contents(&store.history(key, Some(middle[0].id), 3).unwrap()), ["0"]);
        assert!(store.has_message(key, last[0].id).unwrap());
        let bens = store.history(store.session("ben").unwrap().unwrap().key, None, 1).unwrap();
        assert!(!store.has_message(key, bens[0].id).unwrap());
    }

    #[test]
    fn a_reply_is_undelivered_until_it_is_marked() {
        let (_folder, store) = store();
        let (key, first) = store.accept("ann", "one", 0).unwrap();
        let (_, second) = store.accept("ann", "two", 0).unwrap();
        assert_eq!(store.undelivered(key, 9).unwrap(), [], "no reply yet");
        answer(&store, key, first, "1").unwrap();
        answer(&store, key, second, "2").unwrap();
        assert_eq!(contents(&store.undelivered(key, 9).unwrap()), ["one", "two"]);
        store.mark_delivered("ben", first).unwrap();
        assert_eq!(store.undelivered(key, 9).unwrap().len(), 2, "only its own student can mark it");
        store.mark_delivered("ann", first).unwrap();
        assert_eq!(contents(&store.undelivered(key, 9).unwrap()), ["two"]);
        assert_eq!(store.last_replied(key).unwrap().unwrap().id, second);
    }

    #[test]
    fn what_was_interrupted_still_waits_and_what_failed_does_not() {
        let (_folder, store) = store();
        let (key, interrupted) = store.accept("ann", "long ago", 0).unwrap();
        let (_, replied) = store.accept("ann", "one", 0).unwrap();
        answer(&store, key, replied, "1").unwrap();
        let (_, failed) = store.accept("ann", "fails", 0).unwrap();
        store.accept("ann", "killed", 0).unwrap();
        store.give_up(failed).unwrap();
        assert_eq!(contents(&store.unanswered(key, 9).unwrap()), ["killed"]);
        store.give_up(interrupted).unwrap();
        assert_eq!(store.unanswered(key, 0).unwrap(), []);
    }

    #[test]
    fn a_reply_for_a_session_that_was_reset_is_refused() {
        let (_folder, store) = store();
        let (key, message) = store.accept("ann", "one", 0).unwrap();
        store.reset("ann").unwrap();
        assert_eq!(store.session("ann").unwrap(), None);
        let (fresh, _) = store.accept("ann", "anew", 1).unwrap();
        assert_ne!(key, fresh);
        assert!(
            matches!(answer(&store, key, message, "late"), Err(ClassroomError::Gone { message_id }) if message_id == message)
        );
        assert_eq!(store.session("ann").unwrap().unwrap().state, None);
        assert_eq!(contents(&store.history(fresh, None, 9).unwrap()), ["anew"]);
    }

    #[test]
    fn a_file_of_the_first_layout_is_brought_to_this_one() {
        let (folder, store) = store();
        let (key, first) = store.accept("ann", "hello", 5).unwrap();
        drop(store);
        let path = folder.path().join("classroom.sqlite");
        let older = Connection::open(&path).unwrap();
        let later = ["learners", "tokens", "people", "settings", "notices", "noticed", "questions"];
        later.iter().for_each(|table| older.execute_batch(&format!("DROP TABLE {table}")).unwrap());
        older.execute_batch("ALTER TABLE messages DROP COLUMN given_up; PRAGMA user_version = 1").unwrap();
        drop(older);
        let store = Store::open(&path).unwrap();
        assert_eq!(contents(&store.history(key, None, 10).unwrap()), ["hello"]);
        answer(&store, key, first, "welcome").unwrap();
        assert!(store.learned("ann").unwrap().is_some());
    }

    #[test]
    fn a_message_id_reads_back_and_nothing_else_does() {
        for (text, expect) in
            [("m17", Some(17)), ("m0", Some(0)), ("17", None), ("m", None), ("m-1", None), ("m+1", None), ("", None)]
        {
            assert_eq!(text.parse::<MessageId>().ok(), expect.map(MessageId), "{text:?}");
        }
        assert_eq!(MessageId(17).to_string(), "m17");
    }

    #[test]
    fn a_file_that_cannot_serve_is_named() {
        let (folder, _store) = store();
        let check = |path: &Path, expect: &str| {
            let error = Store::open(path).unwrap_err().to_string();
            assert!(error.starts_with(&path.display().to_string()) && error.contains(expect), "{error}");
        };
        check(&folder.path().join("absent/classroom.sqlite"), "could not open");
        let text = folder.path().join("text.sqlite");
        std::fs::write(&text, "this is not a database, it is a text of some length").unwrap();
        check(&text, "could not open");
        let newer = folder.path().join("newer.sqlite");
        Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
        check(&newer, "layout 99, this one knows 3");
    }
}
