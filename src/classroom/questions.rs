//! What students asked of the books, and what became of it: for the teacher. Outlives a reset.

use super::store::{NewReply, while_doing};
use super::{ClassroomError, Store};
use rusqlite::{Connection, params};

/// Questions that a list holds at most, the newest.
const MAX_LISTED: i64 = 20_000;

/// A question to the books, to be stored with its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuestion {
    /// The same for questions that ask the same.
    pub key: String,
    /// As it was searched for.
    pub question: String,
    /// What became of it, in one word.
    pub verdict: String,
    /// Where the reply found it, as JSON.
    pub sources: String,
}

/// A stored question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredQuestion {
    /// Who asked.
    pub client_id: String,
    /// What, and what became of it.
    pub asked: NewQuestion,
    /// When, in seconds since 1970.
    pub at: i64,
}

pub(super) fn insert(
    connection: &Connection,
    session: i64,
    reply: &NewReply<'_>,
    asked: &NewQuestion,
) -> rusqlite::Result<()> {
    let NewQuestion { key, question, verdict, sources } = asked;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO questions (message, client_id, key, question, verdict, sources, asked)
             SELECT ?1, client_id, ?2, ?3, ?4, ?5, ?6 FROM sessions WHERE id = ?7",
        )?
        .execute(params![reply.message_id.0, key, question, verdict, sources, reply.at, session])
        .map(|_| ())
}

impl Store {
    /// The questions of all students, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn questions(&self) -> Result<Vec<StoredQuestion>, ClassroomError> {
        let failed = while_doing("list the questions");
        let query = "SELECT client_id, key, question, verdict, sources, asked FROM questions
                     ORDER BY message DESC LIMIT ?1";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(query).map_err(&failed)?;
        let rows = statement.query_map([MAX_LISTED], |row| {
            let asked =
                NewQuestion { key: row.get(1)?, question: row.get(2)?, verdict: row.get(3)?, sources: row.get(4)? };
            Ok(StoredQuestion { client_id: row.get(0)?, asked, at: row.get(5)? })
        });
        rows.map_err(&failed)?.collect::<Result<_, _>>().map_err(&failed)
    }

    /// What every student knows, as JSON, by `client_id`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn all_learned(&self) -> Result<Vec<(String, String)>, ClassroomError> {
        let failed = while_doing("read what the students know");
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT client_id, learned FROM learners ORDER BY client_id").map_err(&failed)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.map_err(&failed)?.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Every session: its `client_id`, its state as JSON, when it was last used, and how many messages it has.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn all_sessions(&self) -> Result<Vec<SessionRow>, ClassroomError> {
        let failed = while_doing("list the sessions");
        let query = "SELECT client_id, state, updated, (SELECT count(*) FROM messages WHERE session = sessions.id)
                     FROM sessions ORDER BY client_id";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(query).map_err(&failed)?;
        let rows = statement.query_map([], |row| {
            Ok(SessionRow {
                client_id: row.get(0)?,
                state: row.get(1)?,
                updated: row.get(2)?,
                num_messages: row.get(3)?,
            })
        });
        rows.map_err(&failed)?.collect::<Result<_, _>>().map_err(&failed)
    }
}

/// A session in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose.
    pub client_id: String,
    /// Where the conversation stands, as JSON.
    pub state: Option<String>,
    /// When its last message or reply came, in seconds since 1970.
    pub updated: i64,
    /// How many messages it has.
    pub num_messages: u32,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn questions_are_listed_newest_first_and_outlive_a_reset() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("classroom.sqlite")).unwrap();
        for (number, who) in ["ann", "ben"].iter().enumerate() {
            let (key, message_id) = store.accept(who, "what is silt?", 1).unwrap();
            let asked = NewQuestion {
                key: "silt".into(),
                question: format!("what is silt? {number}"),
                verdict: "answered".into(),
                sources: "[]".into(),
            };
            let reply =
                NewReply { message_id, text: "", json: "", state: "", learned: "{}", asked: Some(&asked), at: 7 };
            store.reply(key, &reply).unwrap();
        }
        store.reset("ann").unwrap();
        let questions = store.questions().unwrap();
        let listed: Vec<_> = questions.iter().map(|one| (one.client_id.as_str(), one.at)).collect();
        assert_eq!(listed, [("ben", 7), ("ann", 7)]);
        assert_eq!(store.all_learned().unwrap().len(), 2);
        let sessions = store.all_sessions().unwrap();
        assert_eq!(sessions.iter().map(|one| one.num_messages).collect::<Vec<_>>(), [1]);
    }
}
