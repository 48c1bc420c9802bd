//! Who may come in: students and the teacher, and the tokens by which their devices are known.

use super::store::while_doing;
use super::{ClassroomError, Store};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Learns.
    Student,
    /// Sees and leads the class.
    Teacher,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Teacher => "teacher",
        }
    }
}

/// Someone who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Names their session.
    pub client_id: String,
    /// What they may do.
    pub role: Role,
    /// As they are called.
    pub name: String,
    /// The hash of the picture-PIN; nothing before the first one was chosen, and after it was forgotten.
    pub pin: Option<String>,
    /// Since when, in seconds since 1970.
    pub created: i64,
}

/// A token as it is kept. A token is random and long, so a plain hash is as good as a slow one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// A name as it is compared: compatibility forms, case and repeated blanks do not count.
fn folded(name: &str) -> String {
    let plain: String = name.nfkc().flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

const PERSON: &str = "client_id, role, name, pin, created";

fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    let role = if row.get_ref(1)?.as_str()? == "teacher" { Role::Teacher } else { Role::Student };
    Ok(Person { client_id: row.get(0)?, role, name: row.get(2)?, pin: row.get(3)?, created: row.get(4)? })
}

fn one(connection: &Connection, filter: &str, value: &str) -> rusqlite::Result<Option<Person>> {
    let query = format!("SELECT {PERSON} FROM people WHERE {filter}");
    connection.prepare_cached(&query)?.query_row([value], person).optional()
}

impl Store {
    /// The person of this `client_id`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn person(&self, client_id: &str) -> Result<Option<Person>, ClassroomError> {
        one(&self.connection(), "client_id = ?1", client_id).map_err(while_doing("find a person"))
    }

    /// The person whose name is, or looks like, this one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn person_named(&self, name: &str) -> Result<Option<Person>, ClassroomError> {
        one(&self.connection(), "folded = ?1", &folded(name)).map_err(while_doing("find a person"))
    }

    /// All students, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn students(&self) -> Result<Vec<Person>, ClassroomError> {
        let query = format!("SELECT {PERSON} FROM people WHERE role = 'student' ORDER BY folded");
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&query).map_err(while_doing("list the students"))?;
        let rows = statement.query_map([], person).map_err(while_doing("list the students"))?;
        rows.collect::<Result<_, _>>().map_err(while_doing("list the students"))
    }

    /// Adds a person.
    ///
    /// # Errors
    /// Somebody is called so ([`ClassroomError::NameTaken`]), or the database cannot be written.
    pub fn add_person(&self, person: &Person) -> Result<(), ClassroomError> {
        let Person { client_id, role, name, pin, created } = person;
        let query = "INSERT INTO people (client_id, role, name, folded, pin, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO NOTHING";
        let added = self
            .connection()
            .prepare_cached(query)
            .and_then(|mut statement| {
                statement.execute(params![client_id, role.name(), name, folded(name), pin, created])
            })
            .map_err(while_doing("add a person"))?;
        if added == 0 { Err(ClassroomError::NameTaken { name: name.clone() }) } else { Ok(()) }
    }

    /// Gives a student another PIN; none where it was forgotten. Their devices are signed out then.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_pin(&self, client_id: &str, pin: Option<&str>) -> Result<(), ClassroomError> {
        let failed = while_doing("change a PIN");
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(&failed)?;
        transaction
            .execute("UPDATE people SET pin = ?2 WHERE client_id = ?1", params![client_id, pin])
            .map_err(&failed)?;
        if pin.is_none() {
            transaction.execute("DELETE FROM tokens WHERE client_id = ?1", [client_id]).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }

    /// Removes a student with all that is kept of them; says whether there was one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_student(&self, client_id: &str) -> Result<bool, ClassroomError> {
        let failed = while_doing("remove a student");
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(&failed)?;
        let mut found = 0;
        for table in ["people", "sessions", "learners", "questions", "notices", "noticed"] {
            let query = format!("DELETE FROM {table} WHERE client_id = ?1");
            found += transaction.execute(&query, [client_id]).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)?;
        Ok(found > 0)
    }

    /// Lets a token stand for a person.
    ///
    /// # Errors
    /// The database cannot be written, or there is no such person.
    pub fn add_token(&self, token: TokenHash, client_id: &str, at: i64) -> Result<(), ClassroomError> {
        self.connection()
            .prepare_cached("INSERT OR REPLACE INTO tokens (hash, client_id, created) VALUES (?1, ?2, ?3)")
            .and_then(|mut statement| statement.execute(params![token.0, client_id, at]))
            .map(|_| ())
            .map_err(while_doing("sign in"))
    }

    /// Whom a token stands for.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn holder(&self, token: TokenHash) -> Result<Option<Person>, ClassroomError> {
        let query =
            format!("SELECT {PERSON} FROM people WHERE client_id = (SELECT client_id FROM tokens WHERE hash = ?1)");
        self.connection()
            .prepare_cached(&query)
            .and_then(|mut statement| statement.query_row([token.0], person).optional())
            .map_err(while_doing("look a token up"))
    }

    /// Forgets a token.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_token(&self, token: TokenHash) -> Result<(), ClassroomError> {
        self.connection()
            .execute("DELETE FROM tokens WHERE hash = ?1", [token.0])
            .map(|_| ())
            .map_err(while_doing("sign out"))
    }

    /// Forgets all tokens of a person but one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_other_tokens(&self, client_id: &str, kept: TokenHash) -> Result<(), ClassroomError> {
        self.connection()
            .execute("DELETE FROM tokens WHERE client_id = ?1 AND hash <> ?2", params![client_id, kept.0])
            .map(|_| ())
            .map_err(while_doing("sign out"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    fn student(client_id: &str, name: &str) -> Person {
        let pin = Some("hash".to_owned());
        Person { client_id: client_id.into(), role: Role::Student, name: name.into(), pin, created: 5 }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("classroom.sqlite")).unwrap();
        (folder, store)
    }

    #[test]
    fn names_that_look_the_same_are_one_name() {
        let (_folder, store) = store();
        store.add_person(&student("s-1", "Asha Rao")).unwrap();
        for same in ["Asha Rao", "ASHA  rao", " asha rao ", "Ａsha Rao"] {
            assert_eq!(store.person_named(same).unwrap().unwrap().client_id, "s-1", "{same}");
            let again = store.add_person(&student("s-2", same)).unwrap_err();
            assert!(matches!(again, ClassroomError::NameTaken { .. }), "{again}");
        }
        assert_eq!(store.person_named("Asha").unwrap(), None);
    }

    #[test]
    fn a_token_stands_for_its_person_until_it_is_taken_away() {
        let (_folder, store) = store();
        store.add_person(&student("s-1", "Asha")).unwrap();
        let tokens: Vec<_> = ["one", "two", "three"].iter().map(|token| TokenHash::of(token)).collect();
        tokens.iter().for_each(|token| store.add_token(*token, "s-1", 9).unwrap());
        assert_eq!(store.holder(tokens[0]).unwrap().unwrap().name, "Asha");
        assert_eq!(store.holder(TokenHash::of("four")).unwrap(), None);
        store.remove_token(tokens[0]).unwrap();
        assert_eq!(store.holder(tokens[0]).unwrap(), None);
        store.remove_other_tokens("s-1", tokens[1]).unwrap();
        assert_eq!(store.holder(tokens[2]).unwrap(), None);
        assert!(store.holder(tokens[1]).unwrap().is_some());
        store.set_pin("s-1", None).unwrap();
        assert_eq!(store.holder(tokens[1]).unwrap(), None, "a forgotten PIN signs out");
        assert_eq!(store.person("s-1").unwrap().unwrap().pin, None);
        assert!(store.add_token(tokens[0], "s-9", 9).is_err(), "there is nobody called so");
    }

    #[test]
    fn a_removed_student_leaves_nothing() {
        let (_folder, store) = store();
        store.add_person(&student("s-1", "Asha")).unwrap();
        store.add_person(&student("s-2", "Ben")).unwrap();
        store.add_token(TokenHash::of("one"), "s-1", 9).unwrap();
        let (key, _) = store.accept("s-1", "hello", 1).unwrap();
        assert!(store.remove_student("s-1").unwrap());
        assert!(!store.remove_student("s-1").unwrap());
        assert_eq!(store.holder(TokenHash::of("one")).unwrap(), None);
        assert_eq!(store.history(key, None, 9).unwrap(), []);
        assert_eq!(store.students().unwrap(), [student("s-2", "Ben")]);
    }
}
