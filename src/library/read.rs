//! Reading books, sections, chunks and pages.

use super::{BookInfo, Counts, Library, LibraryError, PageText, SectionInfo, SectionKind};
use crate::passage::{BookId, BookRef, ChunkId, PageIndex, PageStart, Passage, SectionId, SectionRef};
use rusqlite::{OptionalExtension as _, Row, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const BOOKS: &str = "SELECT b.slug, b.file_name, b.title, b.author, b.path, b.sha256, b.num_bytes, b.num_pages,
    (SELECT count(*) FROM sections WHERE book = b.id), (SELECT count(*) FROM chunks WHERE book = b.id),
    b.embedder, b.recipe, b.ingested_at FROM books b";

const PASSAGES: &str =
    "SELECT c.id, c.ordinal, b.slug, b.file_name, b.title, s.id, s.ordinal, s.title, s.path, c.text, c.page_starts
    FROM chunks c JOIN sections s ON s.id = c.section JOIN books b ON b.id = c.book";

impl Library {
    /// All books, by file name.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn books(&self) -> Result<Vec<BookInfo>, LibraryError> {
        self.db.read(|db| {
            db.prepare_cached(&format!("{BOOKS} ORDER BY b.file_name, b.slug"))?
                .query_map([], |row| self.book_info(row))?
                .collect()
        })
    }

    /// One book.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn book(&self, book: &BookId) -> Result<Option<BookInfo>, LibraryError> {
        self.one_book("b.slug", &book.0)
    }

    /// The book that was read from a path.
    ///
    /// # Errors
    /// The path is not text, or the library cannot be read.
    pub fn book_at(&self, path: &Path) -> Result<Option<BookInfo>, LibraryError> {
        self.one_book("b.path", &self.places.stored(path)?)
    }

    /// The books whose file had this content, the first that was put first.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn books_of_content(&self, sha256: &str) -> Result<Vec<BookInfo>, LibraryError> {
        self.db.read(|db| {
            db.prepare_cached(&format!("{BOOKS} WHERE b.sha256 = ?1 ORDER BY b.id"))?
                .query_map([sha256], |row| self.book_info(row))?
                .collect()
        })
    }

    /// Where a book's file is.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn book_file(&self, book: &BookId) -> Result<Option<PathBuf>, LibraryError> {
        Ok(self.book(book)?.map(|info| info.path))
    }

    /// A book's sections in book order; none where there is no such book.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn sections(&self, book: &BookId) -> Result<Vec<SectionInfo>, LibraryError> {
        let sql = "SELECT s.id, s.ordinal, s.title, s.path, s.level, s.kind, s.first_page, s.last_page,
            (SELECT count(*) FROM chunks WHERE section = s.id)
            FROM sections s JOIN books b ON b.id = s.book WHERE b.slug = ?1 ORDER BY s.ordinal";
        self.db.read(|db| db.prepare_cached(sql)?.query_map([&book.0], section_info)?.collect())
    }

    /// A section's chunks in book order; none where there is no such section.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn section_passages(&self, section: SectionId) -> Result<Vec<Passage>, LibraryError> {
        self.db.read(|db| {
            db.prepare_cached(&format!("{PASSAGES} WHERE c.section = ?1 ORDER BY c.ordinal"))?
                .query_map([section.0], passage)?
                .collect()
        })
    }

    /// All chunks of a book in book order, front matter included; none where there is no such book.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn book_chunks(&self, book: &BookId) -> Result<Vec<Passage>, LibraryError> {
        self.db.read(|db| {
            db.prepare_cached(&format!("{PASSAGES} WHERE b.slug = ?1 ORDER BY c.ordinal"))?
                .query_map([&book.0], passage)?
                .collect()
        })
    }

    /// Chunks by id, in the order asked for; those that are there no more are left out.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn passages(&self, chunks: &[ChunkId]) -> Result<Vec<Passage>, LibraryError> {
        let ids = serde_json::to_string(chunks).expect("ids are numbers");
        let mut found: HashMap<ChunkId, Passage> = self.db.read(|db| {
            db.prepare_cached(&format!("{PASSAGES} WHERE c.id IN (SELECT value FROM json_each(?1))"))?
                .query_map([ids], |row| passage(row).map(|passage| (passage.chunk, passage)))?
                .collect()
        })?;
        Ok(chunks.iter().filter_map(|chunk| found.remove(chunk)).collect())
    }

    /// A page's text; `None` where the book or the page is not there or the page could not be read.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn page(&self, book: &BookId, page: PageIndex) -> Result<Option<PageText>, LibraryError> {
        let sql = "SELECT p.label, p.text FROM pages p JOIN books b ON b.id = p.book WHERE b.slug = ?1 AND p.page = ?2";
        self.db.read(|db| {
            let text = |row: &Row<'_>| Ok(PageText { label: row.get(0)?, text: row.get(1)? });
            db.prepare_cached(sql)?.query_row(params![book.0, page.0], text).optional()
        })
    }

    /// The printed labels of a book's pages in order; the page number where a page could not be read.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn page_labels(&self, book: &BookId) -> Result<Vec<String>, LibraryError> {
        let Some(info) = self.book(book)? else { return Ok(Vec::new()) };
        let sql = "SELECT p.page, p.label FROM pages p JOIN books b ON b.id = p.book WHERE b.slug = ?1";
        let known: HashMap<u32, String> = self
            .db
            .read(|db| db.prepare_cached(sql)?.query_map([&book.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())?;
        Ok((0..info.num_pages)
            .map(|page| known.get(&page).cloned().unwrap_or_else(|| PageIndex(page).number().to_string()))
            .collect())
    }

    /// All chunks that have a vector of any model.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn chunk_ids(&self) -> Result<Vec<ChunkId>, LibraryError> {
        self.db.read(|db| {
            db.prepare_cached("SELECT id FROM chunks ORDER BY id")?
                .query_map([], |row| Ok(ChunkId(row.get(0)?)))?
                .collect()
        })
    }

    /// How much is in it.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn counts(&self) -> Result<Counts, LibraryError> {
        let sql = "SELECT (SELECT count(*) FROM books), (SELECT coalesce(sum(num_pages), 0) FROM books),
            (SELECT count(*) FROM sections), (SELECT count(*) FROM chunks)";
        self.db.read(|db| {
            db.query_row(sql, [], |row| {
                Ok(Counts {
                    books: number(row, 0)?,
                    pages: number(row, 1)?,
                    sections: number(row, 2)?,
                    chunks: number(row, 3)?,
                })
            })
        })
    }

    fn one_book(&self, column: &str, value: &str) -> Result<Option<BookInfo>, LibraryError> {
        self.db.read(|db| {
            let mut statement = db.prepare_cached(&format!("{BOOKS} WHERE {column} = ?1"))?;
            statement.query_row([value], |row| self.book_info(row)).optional()
        })
    }

    fn book_info(&self, row: &Row<'_>) -> rusqlite::Result<BookInfo> {
        Ok(BookInfo {
            book: BookRef { id: BookId(row.get(0)?), file_name: row.get(1)?, title: row.get(2)? },
            author: row.get(3)?,
            path: self.places.path(&row.get::<_, String>(4)?),
            sha256: row.get(5)?,
            num_bytes: number(row, 6)?,
            num_pages: row.get(7)?,
            num_sections: row.get(8)?,
            num_chunks: row.get(9)?,
            embedder: row.get(10)?,
            recipe: row.get(11)?,
            ingested_at: row.get(12)?,
        })
    }
}

fn section_info(row: &Row<'_>) -> rusqlite::Result<SectionInfo> {
    Ok(SectionInfo {
        section: SectionRef {
            id: SectionId(row.get(0)?),
            ordinal: number(row, 1)?,
            title: row.get(2)?,
            path: row.get(3)?,
        },
        level: row.get(4)?,
        kind: SectionKind::from_stored(&row.get::<_, String>(5)?),
        first_page: PageIndex(row.get(6)?),
        last_page: PageIndex(row.get(7)?),
        num_chunks: row.get(8)?,
    })
}

/// A row of [`PASSAGES`], not scored.
fn passage(row: &Row<'_>) -> rusqlite::Result<Passage> {
    let starts: String = row.get(10)?;
    let page_starts: Vec<PageStart> = serde_json::from_str(&starts)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(10, rusqlite::types::Type::Text, error.into()))?;
    Ok(Passage {
        chunk: ChunkId(row.get(0)?),
        ordinal: number(row, 1)?,
        book: BookRef { id: BookId(row.get(2)?), file_name: row.get(3)?, title: row.get(4)? },
        section: SectionRef {
            id: SectionId(row.get(5)?),
            ordinal: number(row, 6)?,
            title: row.get(7)?,
            path: row.get(8)?,
        },
        text: row.get(9)?,
        page_starts,
        score: 0.0,
        cosine: 0.0,
    })
}

/// A number that is never negative; SQLite knows only signed ones.
fn number<T: TryFrom<i64>>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let value: i64 = row.get(at)?;
    T::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, value))
}
