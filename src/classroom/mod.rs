//! What lasts of a conversation: who spoke to the tutor, what was said, and where the conversation stood (SQLite).
//!
//! Knows no models and no HTTP. What a reply or a state looks like inside is its writer's business: both are kept as
//! opaque JSON. A session is one student's conversation, named by its `client_id`; a message is one thing the student
//! said together with the reply it got.
//!
//! # Invariants
//! * A message is stored before anyone works on its reply; a message without a reply was interrupted, or given up.
//! * A token, a PIN and a password are kept as hashes only.
//! * A reply and the state it leads to are stored in one transaction: after a crash both are there or neither is.
//! * A [`SessionKey`] dies with [`Store::reset`]: a reply that was still being written for it is refused as
//!   [`ClassroomError::Gone`] and never shows up in the fresh session.

mod notices;
mod people;
mod questions;
mod schema;
mod settings;
mod store;
mod upkeep;

pub use notices::{Notice, NoticeId};
pub use people::{Person, Role, TokenHash};
pub use questions::{NewQuestion, SessionRow, StoredQuestion};
pub use settings::Setting;
pub use store::{Message, MessageId, NewReply, Reply, Session, SessionKey, Store};
pub use upkeep::{backup, check, is_in_use};

use std::path::PathBuf;

/// What the classroom could not keep or find.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClassroomError {
    /// The file is not there, not writable, or not a database.
    #[error("{path}: could not open the classroom's database; check that the folder exists and can be written")]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file was written by a newer program.
    #[error("{path}: written by a newer version (layout {found}, this one knows {known}); use that version")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The newest layout this program knows.
        known: i64,
    },
    /// The file is a database of ours, but not whole.
    #[error("{path}: the classroom's database is damaged: {reason}; bring back a backup with `lectern restore`")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite found.
        reason: String,
    },
    /// One read or write failed.
    #[error("could not {what} in the classroom's database")]
    Database {
        /// What was attempted, `store a message`.
        what: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
    /// A student has a name already that looks the same.
    #[error("there is a student called {name} already")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The session was reset meanwhile.
    #[error("the session was reset while message {message_id} was being answered")]
    Gone {
        /// The message whose reply has no place to go.
        message_id: MessageId,
    },
}

impl ClassroomError {
    /// Whether the disk has no room for what was to be written.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        let (Self::Open { source, .. } | Self::Database { source, .. }) = self else { return false };
        source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
    }
}
