//! The tables, and how an older library becomes a present one.

use rusqlite::{Connection, TransactionBehavior};

/// `PRAGMA application_id` of our databases: `Lect`.
pub(super) const APPLICATION_ID: i32 = 0x4c65_6374;

/// `PRAGMA user_version` of a library that is up to date: the number of [`STEPS`].
pub(super) const VERSION: i32 = 2;

/// Step `n` makes version `n + 1` out of version `n`.
const STEPS: [&str; VERSION as usize] = [BOOKS, SENTENCES];

const BOOKS: &str = "
    CREATE TABLE library (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        -- Which library this is, so that an index of another one is never taken for ours.
        name TEXT NOT NULL,
        -- Counts every change.
        revision INTEGER NOT NULL,
        -- Counts the times that vectors of known chunks changed; an index of an earlier epoch is of no use.
        epoch INTEGER NOT NULL,
        -- Fingerprint of the model that the newest vectors are from; only its vectors are searched.
        embedder TEXT
    ) STRICT;
    INSERT INTO library VALUES (1, lower(hex(randomblob(16))), 0, 0, NULL);

    CREATE TABLE books (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        slug TEXT NOT NULL UNIQUE,
        path TEXT NOT NULL UNIQUE,
        file_name TEXT NOT NULL,
        title TEXT NOT NULL,
        author TEXT,
        sha256 TEXT NOT NULL,
        num_bytes INTEGER NOT NULL,
        num_pages INTEGER NOT NULL,
        embedder TEXT NOT NULL,
        recipe TEXT NOT NULL,
        ingested_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX books_by_content ON books (sha256);

    CREATE TABLE pages (
        book INTEGER NOT NULL REFERENCES books ON DELETE CASCADE,
        page INTEGER NOT NULL,
        label TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (book, page)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE sections (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        book INTEGER NOT NULL REFERENCES books ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        title TEXT NOT NULL,
        path TEXT NOT NULL,
        level INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('body', 'front_matter')),
        first_page INTEGER NOT NULL,
        last_page INTEGER NOT NULL,
        UNIQUE (book, ordinal)
    ) STRICT;

    CREATE TABLE chunks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        book INTEGER NOT NULL REFERENCES books ON DELETE CASCADE,
        section INTEGER NOT NULL REFERENCES sections ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        text TEXT NOT NULL,
        page_starts TEXT NOT NULL,
        embedding BLOB NOT NULL,
        UNIQUE (book, ordinal)
    ) STRICT;
    CREATE INDEX chunks_by_section ON chunks (section, ordinal);

    -- Its rows have the ids of their chunks. It keeps no text of its own: that is in chunks.
    CREATE VIRTUAL TABLE chunk_text USING fts5 (
        heading, text, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
    );
";

/// Where the sentences of a chunk stand in its text, in bytes, and what each means. Books of an earlier recipe have none.
const SENTENCES: &str = "
    CREATE TABLE sentences (
        chunk INTEGER NOT NULL REFERENCES chunks ON DELETE CASCADE,
        begin INTEGER NOT NULL,
        end INTEGER NOT NULL,
        embedding BLOB NOT NULL,
        PRIMARY KEY (chunk, begin)
    ) STRICT, WITHOUT ROWID;
";

/// What a database file is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// New, or a library of a version we know.
    Usable,
    /// A library of a later version.
    Newer(i32),
    /// Something else.
    Foreign,
}

pub(super) fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, version, tables) {
        (0, 0, 0) => Kind::Usable,
        (APPLICATION_ID, version, _) if version > VERSION => Kind::Newer(version),
        (APPLICATION_ID, 0..=VERSION, _) => Kind::Usable,
        _ => Kind::Foreign,
    })
}

/// Brings a usable database to [`VERSION`]; several processes may do so at once.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    if connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0))? == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in &STEPS[usize::try_from(version).unwrap_or(0).min(STEPS.len())..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
