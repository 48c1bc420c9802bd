//! Putting, moving, re-embedding and removing books; every change is one transaction.

use super::coarse;
use super::db::Failed;
use super::vectors::blob;
use super::{Library, LibraryError, SectionKind};
use crate::passage::{BookId, ChunkId, PageIndex, PageStart};
use rusqlite::{OptionalExtension as _, Transaction, params};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;

/// The file a book was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookFile {
    /// Where it is, canonical.
    pub path: PathBuf,
    /// Hash of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Its size.
    pub num_bytes: u64,
}

/// A book to be put.
#[derive(Debug, Clone)]
pub struct NewBook {
    /// Its file.
    pub file: BookFile,
    /// Its title.
    pub title: String,
    /// Its author, where known.
    pub author: Option<String>,
    /// Its pages with text, ascending.
    pub pages: Vec<NewPage>,
    /// Pages of the file, those that could not be read included.
    pub num_pages: u32,
    /// Its sections, in book order.
    pub sections: Vec<NewSection>,
    /// Its chunks, in book order.
    pub chunks: Vec<NewChunk>,
    /// Fingerprint of the model that the vectors are from.
    pub embedder: String,
    /// Names the pipeline; a book that another recipe wrote is written again.
    pub recipe: String,
}

/// A page to be put.
#[derive(Debug, Clone)]
pub struct NewPage {
    /// Its place in the file.
    pub page: PageIndex,
    /// The page as printed.
    pub label: String,
    /// Its text.
    pub text: String,
}

/// A section to be put.
#[derive(Debug, Clone)]
pub struct NewSection {
    /// Its heading.
    pub title: String,
    /// Headings from the top down to it, joined by ` > `.
    pub path: String,
    /// Depth, from 0.
    pub level: u32,
    /// What it is for.
    pub kind: SectionKind,
    /// Page on which it begins.
    pub first_page: PageIndex,
    /// Page on which it ends.
    pub last_page: PageIndex,
}

/// A chunk to be put.
#[derive(Debug, Clone)]
pub struct NewChunk {
    /// Index into the book's sections.
    pub section: usize,
    /// Its text.
    pub text: String,
    /// Its pages, ascending by offset, the first at 0.
    pub page_starts: Vec<PageStart>,
    /// Its vector, of unit length.
    pub embedding: Vec<f32>,
    /// Its sentences with their own vectors, ascending; those that say too little may be left out.
    pub sentences: Vec<NewSentence>,
}

/// A sentence to be put.
#[derive(Debug, Clone)]
pub struct NewSentence {
    /// Where it stands in its chunk's text, in bytes.
    pub range: Range<usize>,
    /// Its vector, of unit length.
    pub embedding: Arc<[f32]>,
}

/// The vectors of a chunk that another model made.
#[derive(Debug, Clone)]
pub struct NewVectors {
    /// Which chunk.
    pub chunk: ChunkId,
    /// Its vector, of unit length.
    pub embedding: Vec<f32>,
    /// Its sentences.
    pub sentences: Vec<NewSentence>,
}

impl Library {
    /// Puts a book; the one that was read from the same path before is replaced and keeps its name in links.
    ///
    /// # Errors
    /// The book does not fit together, or the disk is full; the library is as it was.
    pub fn put_book(&self, book: &NewBook) -> Result<BookId, LibraryError> {
        check(book)?;
        let path = self.places.stored(&book.file.path)?;
        self.db.write(|transaction| {
            let old: Option<(i64, String)> = transaction
                .query_row("SELECT id, slug FROM books WHERE path = ?1", [&path], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let slug = match old {
                Some((id, slug)) => {
                    delete(transaction, id)?;
                    slug
                }
                None => free_slug(transaction, &book.file.path)?,
            };
            insert(transaction, book, &path, &slug)?;
            transaction.execute("UPDATE library SET embedder = ?1", [&book.embedder])?;
            Ok(BookId(slug))
        })
    }

    /// Removes a book.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove_book(&self, book: &BookId) -> Result<(), LibraryError> {
        self.db.write(|transaction| {
            let id = row_of(transaction, book)?;
            Ok(delete(transaction, id)?)
        })
    }

    /// Notes that a book's file is at another place now.
    ///
    /// # Errors
    /// There is no book of that name, or another book is at that place.
    pub fn move_book(&self, book: &BookId, path: &Path) -> Result<(), LibraryError> {
        let (stored, name) = (self.places.stored(path)?, file_name(path));
        self.db.write(|transaction| {
            let id = row_of(transaction, book)?;
            transaction
                .execute("UPDATE books SET path = ?2, file_name = ?3 WHERE id = ?1", params![id, stored, name])?;
            Ok(())
        })
    }

    /// Gives all chunks of a book new vectors, those of `embedder`, in the order of
    /// [`Library::book_chunks`].
    ///
    /// # Errors
    /// There is no book of that name, or the chunks are not those it has.
    pub fn put_vectors(&self, book: &BookId, embedder: &str, vectors: &[NewVectors]) -> Result<(), LibraryError> {
        self.db.write(|transaction| {
            let id = row_of(transaction, book)?;
            let expected: i64 =
                transaction.query_row("SELECT count(*) FROM chunks WHERE book = ?1", [id], |row| row.get(0))?;
            let mut changed = 0;
            let mut update = transaction.prepare("UPDATE chunks SET embedding = ?3 WHERE id = ?1 AND book = ?2")?;
            for new in vectors {
                changed += update.execute(params![new.chunk.0, id, blob(&new.embedding)])?;
            }
            drop(update);
            let expected = usize::try_from(expected).unwrap_or(0);
            if changed != expected || vectors.len() != expected {
                let reason = format!(
                    "expected vectors of its {expected} chunks, got {}, {changed} of them its own",
                    vectors.len()
                );
                return Err(LibraryError::Inconsistent { book: book.0.clone(), reason }.into());
            }
            transaction
                .execute("DELETE FROM sentences WHERE chunk IN (SELECT id FROM chunks WHERE book = ?1)", [id])?;
            for new in vectors {
                insert_sentences(transaction, new.chunk.0, &new.sentences)?;
            }
            transaction.execute("UPDATE books SET embedder = ?2 WHERE id = ?1", params![id, embedder])?;
            transaction.execute("UPDATE library SET embedder = ?1, epoch = epoch + 1", [embedder])?;
            Ok(())
        })
    }

    /// Moves what was written from the log into the database file, so that the file alone is the library.
    ///
    /// # Errors
    /// The disk is full.
    pub fn settle(&self) -> Result<(), LibraryError> {
        self.db.checkpoint()
    }
}

fn check(book: &NewBook) -> Result<(), LibraryError> {
    let inconsistent = |reason| Err(LibraryError::Inconsistent { book: file_name(&book.file.path), reason });
    let dimensions = book.chunks.first().map_or(0, |chunk| chunk.embedding.len());
    for (at, chunk) in book.chunks.iter().enumerate() {
        if chunk.section >= book.sections.len() {
            return inconsistent(format!(
                "chunk {at} is of section {}, there are {}",
                chunk.section,
                book.sections.len()
            ));
        }
        if chunk.embedding.len() != dimensions || !chunk.embedding.iter().all(|x| x.is_finite()) {
            let got = chunk.embedding.len();
            return inconsistent(format!(
                "chunk {at}: expected a vector of {dimensions} finite numbers, got {got} numbers"
            ));
        }
        let sentences_fit = chunk.sentences.iter().all(|sentence| {
            chunk.text.get(sentence.range.clone()).is_some_and(|text| !text.is_empty())
                && sentence.embedding.len() == dimensions
                && sentence.embedding.iter().all(|x| x.is_finite())
        });
        if !sentences_fit {
            return inconsistent(format!(
                "chunk {at}: a sentence is not inside its text, or has no vector of {dimensions} finite numbers"
            ));
        }
        let ascending = chunk.page_starts.windows(2).all(|pair| pair[0].offset < pair[1].offset);
        let inside = chunk.page_starts.iter().all(|start| chunk.text.is_char_boundary(start.offset));
        if chunk.page_starts.first().is_none_or(|start| start.offset != 0) || !ascending || !inside {
            return inconsistent(format!("chunk {at}: its pages do not begin at 0 and ascend inside its text"));
        }
    }
    Ok(())
}

fn insert(transaction: &Transaction<'_>, book: &NewBook, path: &str, slug: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO books (slug, path, file_name, title, author, sha256, num_bytes, num_pages, embedder, recipe, ingested_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            slug,
            path,
            file_name(&book.file.path),
            book.title,
            book.author,
            book.file.sha256,
            i64::try_from(book.file.num_bytes).unwrap_or(i64::MAX),
            book.num_pages,
            book.embedder,
            book.recipe,
            jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ],
    )?;
    let id = transaction.last_insert_rowid();
    let mut statement = transaction.prepare("INSERT INTO pages VALUES (?1, ?2, ?3, ?4)")?;
    for page in &book.pages {
        statement.execute(params![id, page.page.0, page.label, page.text])?;
    }
    let mut statement = transaction.prepare(
        "INSERT INTO sections (book, ordinal, title, path, level, kind, first_page, last_page)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut sections = Vec::with_capacity(book.sections.len());
    for (ordinal, section) in (0_i64..).zip(&book.sections) {
        let (first, last) = (section.first_page.0, section.last_page.0);
        let kind = section.kind.stored();
        statement.execute(params![id, ordinal, section.title, section.path, section.level, kind, first, last])?;
        sections.push(transaction.last_insert_rowid());
    }
    let mut chunks = transaction.prepare(
        "INSERT INTO chunks (book, section, ordinal, text, page_starts, embedding) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut words = transaction.prepare("INSERT INTO chunk_text (rowid, heading, text) VALUES (?1, ?2, ?3)")?;
    for (ordinal, chunk) in (0_i64..).zip(&book.chunks) {
        let starts = serde_json::to_string(&chunk.page_starts).expect("page starts are numbers and text");
        chunks.execute(params![id, sections[chunk.section], ordinal, chunk.text, starts, blob(&chunk.embedding)])?;
        let row = transaction.last_insert_rowid();
        insert_sentences(transaction, row, &chunk.sentences)?;
        words.execute(params![row, book.sections[chunk.section].path, chunk.text])?;
    }
    Ok(())
}

fn insert_sentences(transaction: &Transaction<'_>, chunk: i64, sentences: &[NewSentence]) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached("INSERT INTO sentences VALUES (?1, ?2, ?3, ?4)")?;
    for NewSentence { range, embedding } in sentences {
        statement.execute(params![chunk, range.start as i64, range.end as i64, coarse::blob(embedding)])?;
    }
    Ok(())
}

fn delete(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM chunk_text WHERE rowid IN (SELECT id FROM chunks WHERE book = ?1)", [id])?;
    transaction.execute("DELETE FROM books WHERE id = ?1", [id])?;
    Ok(())
}

fn row_of(transaction: &Transaction<'_>, book: &BookId) -> Result<i64, Failed> {
    let id = transaction.query_row("SELECT id FROM books WHERE slug = ?1", [&book.0], |row| row.get(0)).optional()?;
    id.ok_or_else(|| LibraryError::NoBook { book: book.clone() }.into())
}

/// A book's name in links, from its file's name: lower-case letters, digits and `-`, numbered where it is taken.
fn free_slug(transaction: &Transaction<'_>, path: &Path) -> rusqlite::Result<String> {
    let slug = slug(&path.file_stem().unwrap_or_default().to_string_lossy());
    let mut taken = transaction.prepare("SELECT 1 FROM books WHERE slug = ?1")?;
    let mut candidate = slug.clone();
    for number in 2.. {
        if !taken.exists([&candidate])? {
            break;
        }
        candidate = format!("{slug}-{number}");
    }
    Ok(candidate)
}

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.nfkd().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !unicode_normalization::char::is_combining_mark(c) && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 64 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "book".to_owned() } else { slug.to_owned() }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl SectionKind {
    /// As it is stored.
    pub(super) fn stored(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::FrontMatter => "front_matter",
        }
    }

    /// From what was stored; the table admits nothing else.
    pub(super) fn from_stored(stored: &str) -> Self {
        if stored == "front_matter" { Self::FrontMatter } else { Self::Body }
    }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn names_in_links_are_plain() {
        for (name, expected) in [
            ("Physics 101 (3rd ed.)", "physics-101-3rd-ed"),
            ("european_union_law", "european-union-law"),
            ("Élémens de géométrie", "elemens-de-geometrie"),
            ("物理学", "book"),
            ("--", "book"),
            ("", "book"),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
        assert!(slug(&"a b".repeat(100)).len() <= 64);
    }
}
