//! Searching by words and by vector.

use super::vectors::{Stamp, Vectors};
use super::{Library, LibraryError, SectionKind, coarse};
use crate::passage::{BookId, ChunkId, SectionId};
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::PoisonError;

/// Weight of a word in the heading path against one in the text.
const HEADING_WEIGHT: f64 = 1.0;

/// Most words of one search; a question has no more that tell anything.
const MAX_WORDS: usize = 64;

/// Whether licences, contents and the like are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FrontMatter {
    /// Only [`SectionKind::Body`].
    #[default]
    LeftOut,
    /// All.
    Searched,
}

/// What may be found. The default is everything but front matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only these books.
    pub books: Option<Vec<BookId>>,
    /// Only these sections; one that is named is searched also where it is front matter.
    pub sections: Option<Vec<SectionId>>,
    /// Licences, contents and the like.
    pub front_matter: FrontMatter,
}

/// A chunk that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which.
    pub chunk: ChunkId,
    /// Higher is better: BM25 from [`Library::search_text`], the cosine from [`Library::search_vectors`].
    pub score: f32,
}

/// A sentence of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct SentenceHit {
    /// Where it stands in its chunk's text, in bytes.
    pub range: Range<usize>,
    /// Its cosine with what was asked for.
    pub cosine: f32,
}

/// What is needed to filter the vectors of chunks without SQL: where one is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) book: i64,
    pub(super) section: i64,
    pub(super) kind: SectionKind,
}

impl Library {
    /// The chunks that BM25 likes best for any of `words`, stemmed as English and without accents; a hit in the heading
    /// path counts too.
    ///
    /// Words are taken as they are: nothing in them is an operator.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn search_text(&self, words: &[&str], limit: usize, filter: &Filter) -> Result<Vec<Hit>, LibraryError> {
        let query = quoted(words);
        if query.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        if filter.books.is_none() && filter.sections.is_none() {
            // The best of all are nearly always the best that may be found: only they are looked up then.
            let depth = 2 * limit;
            let best = self.best_text(&query, depth)?;
            let are_all = best.len() < depth;
            let searched =
                |kind: &SectionKind| filter.front_matter == FrontMatter::Searched || *kind == SectionKind::Body;
            let hits: Vec<Hit> = best.into_iter().filter(|(_, kind)| searched(kind)).map(|(hit, _)| hit).collect();
            if are_all || hits.len() >= limit {
                return Ok(hits.into_iter().take(limit).collect());
            }
        }
        self.text_within(&query, limit, filter)
    }

    /// The best chunks of all, each with the kind of its section.
    fn best_text(&self, query: &str, limit: usize) -> Result<Vec<(Hit, SectionKind)>, LibraryError> {
        let sql = format!(
            "SELECT c.id, -t.rank AS score, s.kind FROM
               (SELECT rowid, rank FROM chunk_text
                WHERE chunk_text MATCH ?1 AND rank MATCH 'bm25({HEADING_WEIGHT}, 1.0)' ORDER BY rank LIMIT ?2) t
             JOIN chunks c ON c.id = t.rowid JOIN sections s ON s.id = c.section ORDER BY score DESC, c.id"
        );
        self.db.read(|db| {
            db.prepare_cached(&sql)?
                .query_map(params![query, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                    let hit = Hit { chunk: ChunkId(row.get(0)?), score: row.get::<_, f64>(1)? as f32 };
                    Ok((hit, SectionKind::from_stored(row.get_ref(2)?.as_str()?)))
                })?
                .collect()
        })
    }

    /// The best chunks that `filter` lets through.
    fn text_within(&self, query: &str, limit: usize, filter: &Filter) -> Result<Vec<Hit>, LibraryError> {
        let sql = format!(
            "SELECT c.id, -bm25(chunk_text, {HEADING_WEIGHT}, 1.0) AS score FROM chunk_text
             JOIN chunks c ON c.id = chunk_text.rowid JOIN sections s ON s.id = c.section
             WHERE chunk_text MATCH ?1
               AND (?3 IS NULL OR c.book IN (SELECT id FROM books WHERE slug IN (SELECT value FROM json_each(?3))))
               AND (?4 IS NULL OR c.section IN (SELECT value FROM json_each(?4)))
               AND (?5 OR ?4 IS NOT NULL OR s.kind = 'body')
             ORDER BY score DESC, c.id LIMIT ?2"
        );
        let json = |ids: Option<serde_json::Result<String>>| ids.map(|ids| ids.expect("ids are text and numbers"));
        let books = json(filter.books.as_ref().map(serde_json::to_string));
        let sections = json(filter.sections.as_ref().map(serde_json::to_string));
        let all = filter.front_matter == FrontMatter::Searched;
        self.db.read(|db| {
            db.prepare_cached(&sql)?
                .query_map(params![query, i64::try_from(limit).unwrap_or(i64::MAX), books, sections, all], |row| {
                    Ok(Hit { chunk: ChunkId(row.get(0)?), score: row.get::<_, f64>(1)? as f32 })
                })?
                .collect()
        })
    }

    /// The chunks whose vectors are nearest to `vector`, which has unit length; scores are cosines.
    ///
    /// # Errors
    /// The vector has another dimension than the library's, or the library cannot be read.
    pub fn search_vectors(&self, vector: &[f32], limit: usize, filter: &Filter) -> Result<Vec<Hit>, LibraryError> {
        let books = self.book_rows(filter)?;
        let sections: Option<HashSet<i64>> =
            filter.sections.as_ref().map(|sections| sections.iter().map(|section| section.0).collect());
        let all = filter.front_matter == FrontMatter::Searched || sections.is_some();
        self.with_vectors(|vectors| {
            vectors.search(vector, limit, &|place| {
                (all || place.kind == SectionKind::Body)
                    && books.as_ref().is_none_or(|books| books.contains(&place.book))
                    && sections.as_ref().is_none_or(|sections| sections.contains(&place.section))
            })
        })
    }

    /// The cosines of `vector`, which has unit length, with chunks; `None` for a chunk that has no vector of the present
    /// embedding model.
    ///
    /// # Errors
    /// As [`Library::search_vectors`].
    pub fn cosines(&self, vector: &[f32], chunks: &[ChunkId]) -> Result<Vec<Option<f32>>, LibraryError> {
        self.with_vectors(|vectors| vectors.cosines(vector, chunks))
    }

    /// The sentences of chunks with their cosines to `vector`, which has unit length, in the order of the text. A chunk whose
    /// sentences have no vectors of the present embedding model is left out.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn sentences(
        &self,
        vector: &[f32],
        chunks: &[ChunkId],
    ) -> Result<HashMap<ChunkId, Vec<SentenceHit>>, LibraryError> {
        let ids = serde_json::to_string(chunks).expect("ids are numbers");
        let sql = "SELECT t.chunk, t.begin, t.end, t.embedding FROM sentences t JOIN chunks c ON c.id = t.chunk
            JOIN books b ON b.id = c.book WHERE t.chunk IN (SELECT value FROM json_each(?1))
            AND b.embedder = (SELECT embedder FROM library) ORDER BY t.chunk, t.begin";
        self.db.read(|db| {
            let mut found: HashMap<ChunkId, Vec<SentenceHit>> = HashMap::new();
            let mut statement = db.prepare_cached(sql)?;
            let mut rows = statement.query([ids])?;
            while let Some(row) = rows.next()? {
                if let Some(cosine) = coarse::product(vector, row.get_ref(3)?.as_blob()?) {
                    let hit =
                        SentenceHit { range: row.get::<_, u32>(1)? as usize..row.get::<_, u32>(2)? as usize, cosine };
                    found.entry(ChunkId(row.get(0)?)).or_default().push(hit);
                }
            }
            Ok(found)
        })
    }

    /// In how many chunks each of `words` stands, stemmed as in [`Library::search_text`], and how many chunks there are.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn word_counts(&self, words: &[&str]) -> Result<(Vec<u32>, u32), LibraryError> {
        self.db.read(|db| {
            let mut count = db.prepare_cached("SELECT count(*) FROM chunk_text WHERE chunk_text MATCH ?1")?;
            let mut counts = Vec::with_capacity(words.len());
            for word in words {
                let query = quoted(&[word]);
                counts.push(if query.is_empty() { 0 } else { count.query_row([query], |row| row.get(0))? });
            }
            let all = db.prepare_cached("SELECT count(*) FROM chunks")?.query_row([], |row| row.get(0))?;
            Ok((counts, all))
        })
    }

    /// Fingerprint of the embedding model whose vectors are searched; `None` in an empty library.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn embedder(&self) -> Result<Option<String>, LibraryError> {
        self.db.read(|db| db.query_row("SELECT embedder FROM library", [], |row| row.get(0)))
    }

    /// Makes the vector index ready: loads it, brings it up to date, and keeps it on disk for the next start. Searching does
    /// the first two by itself where needed. A disk that does not take the file is logged: the index is made again then.
    ///
    /// # Errors
    /// The library cannot be read.
    pub fn prepare_vectors(&self) -> Result<(), LibraryError> {
        self.with_vectors(|vectors| {
            if let Err(error) = vectors.save() {
                tracing::warn!(
                    "{error}: {}; it will be built again at the next start",
                    std::error::Error::source(&error).map_or_else(String::new, ToString::to_string)
                );
            }
            Ok(())
        })
    }

    fn book_rows(&self, filter: &Filter) -> Result<Option<HashSet<i64>>, LibraryError> {
        let Some(books) = &filter.books else { return Ok(None) };
        let slugs = serde_json::to_string(books).expect("names are text");
        let rows = self.db.read(|db| {
            db.prepare_cached("SELECT id FROM books WHERE slug IN (SELECT value FROM json_each(?1))")?
                .query_map([slugs], |row| row.get(0))?
                .collect()
        })?;
        Ok(Some(rows))
    }

    /// Runs `work` on vectors that are those of the library as it is now.
    fn with_vectors<T>(&self, work: impl FnOnce(&Vectors) -> Result<T, LibraryError>) -> Result<T, LibraryError> {
        let stamp = self.db.read(stamp)?;
        {
            let vectors = self.vectors.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(vectors) = vectors.as_ref().filter(|vectors| vectors.is_of(&stamp)) {
                return work(vectors);
            }
        }
        let mut slot = self.vectors.write().unwrap_or_else(PoisonError::into_inner);
        if !slot.as_ref().is_some_and(|vectors| vectors.is_of(&stamp)) {
            // Taken out, so that a failure on the way leaves nothing that is half up to date.
            let old = slot.take();
            *slot = Some(self.db.read_or_fail(|db| Vectors::up_to_date(db, &self.folder, old))?);
        }
        work(slot.as_ref().expect("it was just put there"))
    }
}

/// What state the library is in.
pub(super) fn stamp(db: &Connection) -> rusqlite::Result<Stamp> {
    db.prepare_cached("SELECT name, revision, epoch, embedder FROM library")?.query_row([], |row| {
        Ok(Stamp { library: row.get(0)?, revision: row.get(1)?, epoch: row.get(2)?, embedder: row.get(3)? })
    })
}

/// An FTS5 query for any of the words, each a string that holds no operator.
fn quoted(words: &[&str]) -> String {
    let has_text = |word: &&&str| word.chars().any(char::is_alphanumeric);
    let words = words.iter().filter(has_text).take(MAX_WORDS);
    words.map(|word| format!("\"{}\"", word.replace(['"', '\0'], " "))).collect::<Vec<_>>().join(" OR ")
}
