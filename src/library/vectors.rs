//! The vector index: usearch's HNSW in memory, a checked cache of it on disk. The only user of usearch, and the one place
//! where its *distance* (1 - cosine) becomes a score (the cosine).
//!
//! A file with flipped bits crashes usearch, and a file of other vectors misleads it, so the cache carries what it was made
//! from and a hash over everything; it is not even parsed where the hash is not right.

use super::db::Failed;
use super::search::{Hit, Place, stamp};
use super::{LibraryError, SectionKind};
use crate::passage::ChunkId;
use rayon::prelude::*;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

const FILE_NAME: &str = "vectors.usearch";
const MAGIC: &[u8; 8] = b"LECTVEC1";
const HASH_BYTES: usize = 32;

/// Among so few the nearest are found exactly, by looking at every one: about a millisecond.
const MAX_EXACT: usize = 4096;

/// Edges of a graph node, and how widely the graph is searched: recall@10 of 0.99 and more on text embeddings.
const CONNECTIVITY: usize = 16;
const EXPANSION_ADD: usize = 128;
const EXPANSION_SEARCH: usize = 192;

/// Vectors fetched from SQLite and added to the graph at a time.
const ADD_AT_ONCE: usize = 1024;

/// Which vectors an index is made from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Stamp {
    pub(super) library: String,
    pub(super) revision: i64,
    pub(super) epoch: i64,
    pub(super) embedder: Option<String>,
}

impl Stamp {
    /// Whether an index made at `self` differs from one made at `other` by whole chunks only.
    fn is_kin_of(&self, other: &Self) -> bool {
        (&self.library, self.epoch, &self.embedder) == (&other.library, other.epoch, &other.embedder)
    }
}

/// What stands before the ids and the index in the cache file.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Header {
    stamp: Stamp,
    dimensions: usize,
    num_chunks: usize,
}

/// The vectors of one state of a library.
pub(super) struct Vectors {
    /// `None` while there is no vector, as the dimension is not known before.
    index: Option<Index>,
    dimensions: usize,
    /// Every chunk of the index.
    places: HashMap<i64, Place>,
    stamp: Stamp,
    path: PathBuf,
    saved: AtomicBool,
}

impl std::fmt::Debug for Vectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vectors").field("stamp", &self.stamp).field("len", &self.places.len()).finish_non_exhaustive()
    }
}

/// The index and the ids in it, before the places of the chunks are known.
#[derive(Default)]
struct Base {
    index: Option<Index>,
    dimensions: usize,
    ids: Vec<i64>,
    /// Whether the file holds exactly this.
    saved: bool,
}

impl Vectors {
    pub(super) fn is_of(&self, stamp: &Stamp) -> bool {
        self.stamp == *stamp
    }

    /// The vectors of the library as `db` sees it, from those that were there before, the cache in `folder`, or anew.
    pub(super) fn up_to_date(db: &Connection, folder: &Path, old: Option<Self>) -> Result<Self, Failed> {
        let (stamp, path) = (stamp(db)?, folder.join(FILE_NAME));
        let places = places(db)?;
        let mut base = match old {
            Some(old) if old.stamp.is_kin_of(&stamp) => Base {
                saved: old.saved.load(Ordering::Relaxed),
                dimensions: old.dimensions,
                ids: old.places.into_keys().collect(),
                index: old.index,
            },
            _ => load(&path, &stamp).unwrap_or_default(),
        };
        let (kept, gone): (Vec<i64>, Vec<i64>) = base.ids.iter().partition(|id| places.contains_key(id));
        // Removing leaves holes in the graph; past a quarter a new one is better.
        if gone.len() * 4 > base.ids.len() {
            base = Base::default();
        } else if let Some(index) = &base.index {
            for id in &gone {
                index.remove(*id as u64).map_err(broken)?;
            }
            base.saved &= gone.is_empty();
            base.ids = kept;
        }
        base.ids.sort_unstable();
        let mut new: Vec<i64> = places.keys().copied().filter(|id| base.ids.binary_search(id).is_err()).collect();
        new.sort_unstable();
        base.saved &= new.is_empty();
        add(db, &mut base, &new, places.len())?;
        Ok(Self {
            index: base.index,
            dimensions: base.dimensions,
            places,
            stamp,
            path,
            saved: AtomicBool::new(base.saved),
        })
    }

    /// The `limit` best of the chunks that are `wanted`, best first.
    pub(super) fn search(
        &self,
        query: &[f32],
        limit: usize,
        wanted: &(dyn Fn(&Place) -> bool + Sync),
    ) -> Result<Vec<Hit>, LibraryError> {
        let Some(index) = &self.index else { return Ok(Vec::new()) };
        self.check(query)?;
        let allowed: Vec<i64> = self.places.iter().filter(|(_, place)| wanted(place)).map(|(id, _)| *id).collect();
        // A graph searched for few of its nodes may not reach them.
        if allowed.len() <= MAX_EXACT || allowed.len() * 4 < self.places.len() {
            return self.search_exactly(index, query, limit, &allowed);
        }
        let is_wanted = |key: u64| self.places.get(&(key as i64)).is_some_and(wanted);
        match index.filtered_search(query, limit.min(allowed.len()), is_wanted) {
            Ok(found) => {
                let hits = found.keys.iter().zip(&found.distances);
                Ok(hits.map(|(key, distance)| Hit { chunk: ChunkId(*key as i64), score: 1.0 - distance }).collect())
            }
            // usearch has a fixed number of searches at once, and refuses one more.
            Err(_) => self.search_exactly(index, query, limit, &allowed),
        }
    }

    fn search_exactly(
        &self,
        index: &Index,
        query: &[f32],
        limit: usize,
        ids: &[i64],
    ) -> Result<Vec<Hit>, LibraryError> {
        let mut vector = vec![0.0; self.dimensions];
        let mut hits = Vec::with_capacity(ids.len());
        for id in ids {
            if index.get(*id as u64, &mut vector).map_err(broken)? == 1 {
                hits.push(Hit { chunk: ChunkId(*id), score: dot(query, &vector) });
            }
        }
        hits.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
        hits.truncate(limit);
        Ok(hits)
    }

    pub(super) fn cosines(&self, query: &[f32], chunks: &[ChunkId]) -> Result<Vec<Option<f32>>, LibraryError> {
        let Some(index) = &self.index else { return Ok(vec![None; chunks.len()]) };
        self.check(query)?;
        let mut vector = vec![0.0; self.dimensions];
        let mut cosine = |chunk: &ChunkId| {
            let found = index.get(chunk.0 as u64, &mut vector).map_err(broken)?;
            Ok((found == 1).then(|| dot(query, &vector)))
        };
        chunks.iter().map(&mut cosine).collect()
    }

    /// Writes the cache file, unless it holds this already: aside, synced, renamed.
    pub(super) fn save(&self) -> Result<(), LibraryError> {
        let Some(index) = &self.index else { return Ok(()) };
        if self.saved.load(Ordering::Relaxed) {
            return Ok(());
        }
        let header = Header { stamp: self.stamp.clone(), dimensions: self.dimensions, num_chunks: self.places.len() };
        let header = serde_json::to_vec(&header).expect("a header is text and numbers");
        let mut bytes = MAGIC.to_vec();
        bytes.extend((header.len() as u64).to_le_bytes());
        bytes.extend(header);
        bytes.extend(self.places.keys().flat_map(|id| id.to_le_bytes()));
        let start = bytes.len();
        bytes.resize(start + index.serialized_length(), 0);
        index.save_to_buffer(&mut bytes[start..]).map_err(broken)?;
        bytes.extend(Sha256::digest(&bytes));
        write_aside(&self.path, &bytes)
            .map_err(|source| LibraryError::VectorFile { path: self.path.clone(), source })?;
        self.saved.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn check(&self, query: &[f32]) -> Result<(), LibraryError> {
        if query.len() != self.dimensions || !query.iter().all(|x| x.is_finite()) {
            let (expected, got) = (self.dimensions, query.len());
            return Err(LibraryError::Vectors(format!(
                "expected a vector of {expected} finite numbers, got {got} numbers"
            )));
        }
        Ok(())
    }
}

/// A vector as it is stored: little-endian `f32`.
pub(super) fn blob(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Every chunk that has a vector of the present model.
fn places(db: &Connection) -> rusqlite::Result<HashMap<i64, Place>> {
    let sql = "SELECT c.id, c.book, c.section, s.kind FROM chunks c JOIN sections s ON s.id = c.section
        JOIN books b ON b.id = c.book WHERE b.embedder = (SELECT embedder FROM library)";
    db.prepare_cached(sql)?
        .query_map([], |row| {
            let kind = SectionKind::from_stored(row.get_ref(3)?.as_str()?);
            Ok((row.get(0)?, Place { book: row.get(1)?, section: row.get(2)?, kind }))
        })?
        .collect()
}

fn add(db: &Connection, base: &mut Base, new: &[i64], total: usize) -> Result<(), Failed> {
    let mut fetch = db.prepare("SELECT embedding FROM chunks WHERE id = ?1")?;
    for ids in new.chunks(ADD_AT_ONCE) {
        let mut vectors = Vec::with_capacity(ids.len());
        for id in ids {
            let vector: Vec<f32> = fetch.query_row([id], |row| Ok(floats(row.get_ref(0)?.as_blob()?)))?;
            if base.dimensions == 0 {
                base.dimensions = vector.len();
            }
            if vector.is_empty() || vector.len() != base.dimensions || !vector.iter().all(|x| x.is_finite()) {
                let (expected, got) = (base.dimensions, vector.len());
                let reason =
                    format!("chunk {id}: expected {expected} finite numbers, got {got} numbers; ingest its book again");
                return Err(LibraryError::Vectors(reason).into());
            }
            vectors.push((*id as u64, vector));
        }
        let index = match &base.index {
            Some(index) => index,
            None => base.index.insert(empty(base.dimensions)?),
        };
        reserve(index, total)?;
        // Nodes added at once to a graph of a few may miss each other and never be reached.
        if index.size() < ADD_AT_ONCE {
            vectors.iter().try_for_each(|(key, vector)| index.add(*key, vector).map_err(broken))?;
        } else {
            vectors.par_iter().try_for_each(|(key, vector)| index.add(*key, vector).map_err(broken))?;
        }
    }
    Ok(())
}

fn floats(blob: &[u8]) -> Vec<f32> {
    let (numbers, rest) = blob.as_chunks::<4>();
    if rest.is_empty() { numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect() } else { Vec::new() }
}

fn empty(dimensions: usize) -> Result<Index, LibraryError> {
    let options = IndexOptions {
        dimensions,
        metric: MetricKind::Cos,
        quantization: ScalarKind::F32,
        connectivity: CONNECTIVITY,
        expansion_add: EXPANSION_ADD,
        expansion_search: EXPANSION_SEARCH,
        multi: false,
    };
    Index::new(&options).map_err(broken)
}

/// Room for `total` vectors and for all threads that may add or search at once.
fn reserve(index: &Index, total: usize) -> Result<(), LibraryError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    index.reserve_capacity_and_threads(total.max(index.size()) + 1, (threads * 4).max(64)).map_err(broken)
}

/// The cache, if there is one, it is whole, and it was made from vectors of this library and model.
fn load(path: &Path, stamp: &Stamp) -> Option<Base> {
    let bytes = std::fs::read(path).ok()?;
    let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
    if Sha256::digest(content).as_slice() != hash {
        tracing::warn!("vector index {} is damaged or of another version; building it again", path.display());
        return None;
    }
    let (length, rest) = content.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
    let (header, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    if !header.stamp.is_kin_of(stamp) || header.dimensions == 0 {
        return None;
    }
    let (ids, payload) = rest.split_at_checked(header.num_chunks.checked_mul(8)?)?;
    let ids: Vec<i64> = ids.as_chunks::<8>().0.iter().map(|id| i64::from_le_bytes(*id)).collect();
    let index = empty(header.dimensions).ok()?;
    index.load_from_buffer(payload).ok()?;
    if index.dimensions() != header.dimensions || index.size() != ids.len() {
        return None;
    }
    reserve(&index, ids.len()).ok()?;
    index.change_expansion_search(EXPANSION_SEARCH);
    Some(Base { index: Some(index), dimensions: header.dimensions, ids, saved: true })
}

/// The name aside is always the same: what a killed process left is overwritten, and should two processes ever write it at
/// once, the hash tells.
fn write_aside(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = path.with_extension("usearch.new");
    let mut file = std::fs::File::create(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    if let Some(folder) = path.parent() {
        // Not every system lets a folder be synced; the file is whole in any case.
        let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight sums at once, so that the compiler uses vector registers.
    let mut sums = [0.0_f32; 8];
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (a, b) in a8.iter().zip(b8) {
        for at in 0..8 {
            sums[at] += a[at] * b[at];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f32>()
}

fn broken(error: impl std::fmt::Display) -> LibraryError {
    LibraryError::Vectors(error.to_string())
}
