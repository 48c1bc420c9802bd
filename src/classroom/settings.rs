//! What the teacher has set for the class.

use super::store::while_doing;
use super::{ClassroomError, Store};
use rusqlite::OptionalExtension as _;

/// One thing that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The code by which students join.
    ClassCode,
    /// The teacher's password, as its hash.
    TeacherPassword,
    /// Whether the class is paused: `1` or `0`.
    Paused,
}

impl Setting {
    fn name(self) -> &'static str {
        match self {
            Self::ClassCode => "class_code",
            Self::TeacherPassword => "teacher_password",
            Self::Paused => "paused",
        }
    }
}

impl Store {
    /// What is set; nothing if it never was.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn setting(&self, setting: Setting) -> Result<Option<String>, ClassroomError> {
        self.connection()
            .prepare_cached("SELECT value FROM settings WHERE name = ?1")
            .and_then(|mut statement| statement.query_row([setting.name()], |row| row.get(0)).optional())
            .map_err(while_doing("read a setting"))
    }

    /// Sets it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set(&self, setting: Setting, value: &str) -> Result<(), ClassroomError> {
        let query = "INSERT INTO settings (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.connection()
            .prepare_cached(query)
            .and_then(|mut statement| statement.execute([setting.name(), value]))
            .map(|_| ())
            .map_err(while_doing("store a setting"))
    }
}
