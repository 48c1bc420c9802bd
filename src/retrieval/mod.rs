//! A question to ranked passages: vectors and BM25, fused by score. All that the teaching knows of the books comes through
//! here. Knows no chat and no lessons.

mod error;
mod fuse;
mod join;
mod rank;
mod seen;
mod words;

pub use crate::library::{SectionInfo, SectionKind};
pub use error::RetrievalError;
pub use rank::{Found, Sentence};

use crate::embed::{Embedder, Reranker};
use crate::library::{Filter, FrontMatter, Hit, Library};
use crate::passage::{BookId, BookRef, ChunkId, PageIndex, Passage, SectionId};
use seen::Seen;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use words::Wanted;

/// Candidates taken from each of the two searches.
const NUM_CANDIDATES: usize = 50;

/// Candidates of both whose sentences are weighed.
const NUM_WEIGHED: usize = 40;

/// Passages that a reranker reads, where there is one.
const NUM_RERANKED: usize = 10;

/// Longest question that is searched for, in characters; more tells nothing that the beginning does not.
const MAX_QUESTION_CHARS: usize = 4000;

/// What is searched for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The question as the student wrote it.
    pub text: String,
    /// Only these books.
    pub book: Option<Vec<BookId>>,
    /// Only these sections; front matter only if it is named here.
    pub sections: Option<Vec<SectionId>>,
    /// At most so many passages.
    pub limit: usize,
}

impl Query {
    /// A question to all books, for five passages.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), book: None, sections: None, limit: 5 }
    }
}

/// What the stages of searching took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// The question's vector.
    pub embed: Duration,
    /// Nearest vectors.
    pub vector: Duration,
    /// BM25.
    pub words: Duration,
    /// Joining both.
    pub fuse: Duration,
    /// Reading the best candidates and weighing their sentences.
    pub rank: Duration,
    /// Reading the best passages once more with a reranker; none where there is none.
    pub rerank: Duration,
}

/// Runs `work` and adds what it took.
fn timed<T>(spent: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    *spent += began.elapsed();
    done
}

/// Searches one library with one embedding model. Clones share both.
#[derive(Debug, Clone)]
pub struct Retriever {
    library: Arc<Library>,
    embedder: Arc<Embedder>,
    reranker: Option<Arc<Reranker>>,
    seen: Arc<Seen>,
}

impl Retriever {
    /// A retriever of that library's books.
    #[must_use]
    pub fn new(library: Arc<Library>, embedder: Arc<Embedder>) -> Self {
        Self { library, embedder, reranker: None, seen: Arc::default() }
    }

    /// The same, with the best passages put in the order of a model that reads question and passage together.
    #[must_use]
    pub fn with_reranker(self, reranker: Option<Arc<Reranker>>) -> Self {
        Self { reranker, ..self }
    }

    /// The passages that bear on a question, best first; none for a question without a letter or digit.
    ///
    /// # Errors
    /// The library's vectors are from another model, or the library or the model fails.
    pub fn search(&self, query: &Query) -> Result<Vec<Passage>, RetrievalError> {
        let found = self.find(query, &mut Timings::default())?;
        Ok(found.into_iter().map(|found| found.passage).collect())
    }

    /// The same with their sentences, and with what each stage took added to `timings`.
    ///
    /// # Errors
    /// As for [`Self::search`].
    pub fn find(&self, query: &Query, timings: &mut Timings) -> Result<Vec<Found>, RetrievalError> {
        let text: String = query.text.chars().take(MAX_QUESTION_CHARS).collect();
        if query.limit == 0 || !text.chars().any(char::is_alphanumeric) {
            return Ok(Vec::new());
        }
        self.check_model()?;
        let vector = timed(&mut timings.embed, || self.embedder.embed_query(&text))?;
        // A book that is replaced between the searches and the reading takes its chunks with it: once more, then.
        let (found, missed) = self.find_once(query, &text, &vector, timings)?;
        let found = if missed == 0 { found } else { self.find_once(query, &text, &vector, timings)?.0 };
        let Some(reranker) = &self.reranker else { return Ok(join::for_readers(found, query.limit)) };
        let best = join::for_readers(found, query.limit.max(NUM_RERANKED));
        let mut best = timed(&mut timings.rerank, || rank::again(reranker, &text, best))?;
        best.truncate(query.limit);
        Ok(best)
    }

    /// The candidates, best first, and how many that were found were there no more.
    fn find_once(
        &self,
        query: &Query,
        text: &str,
        vector: &[f32],
        timings: &mut Timings,
    ) -> Result<(Vec<Found>, usize), RetrievalError> {
        let filter =
            Filter { books: query.book.clone(), sections: query.sections.clone(), front_matter: FrontMatter::LeftOut };
        let depth = NUM_CANDIDATES.max(query.limit);
        let by_vector = timed(&mut timings.vector, || self.library.search_vectors(vector, depth, &filter))?;
        let words = words::of(text);
        let word_list: Vec<&str> = words.iter().map(String::as_str).collect();
        let by_words = timed(&mut timings.words, || self.library.search_text(&word_list, depth, &filter))?;
        let began = Instant::now();
        let beyond = self.cosines_beyond(vector, &by_vector, &by_words)?;
        let mut fused = fuse::fuse(&by_vector, &beyond, &by_words);
        fused.truncate(NUM_WEIGHED.max(query.limit));
        timings.fuse += began.elapsed();
        let began = Instant::now();
        let (counts, num_chunks) = self.library.word_counts(&word_list)?;
        let wanted = Wanted::new(&words, &counts, num_chunks);
        let ids: Vec<ChunkId> = fused.iter().map(|hit| hit.chunk).collect();
        let mut sentences = self.library.sentences(vector, &ids)?;
        let passages = self.library.passages(&ids)?;
        let missed = ids.len() - passages.len();
        let cosines = scores(by_vector.iter().chain(&beyond));
        let (bm25, least) = (scores(&by_words), least_bm25(&by_words, depth));
        let best = by_words.first().map_or(1.0, |hit| hit.score.max(f32::MIN_POSITIVE));
        let mut found: Vec<Found> = passages
            .into_iter()
            .map(|mut passage| {
                let chunk = passage.chunk;
                passage.cosine = cosines.get(&chunk).copied().unwrap_or(0.0);
                let bm25 = bm25.get(&chunk).copied().unwrap_or(least) / best;
                rank::weigh(passage, bm25, sentences.remove(&chunk), &wanted)
            })
            .collect();
        found.sort_by(|a, b| b.passage.score.total_cmp(&a.passage.score).then(a.passage.chunk.cmp(&b.passage.chunk)));
        timings.rank += began.elapsed();
        Ok((found, missed))
    }

    /// The cosines of the chunks that are in `by_words` alone.
    fn cosines_beyond(&self, vector: &[f32], by_vector: &[Hit], by_words: &[Hit]) -> Result<Vec<Hit>, RetrievalError> {
        let near: HashSet<ChunkId> = by_vector.iter().map(|hit| hit.chunk).collect();
        let chunks: Vec<ChunkId> = by_words.iter().map(|hit| hit.chunk).filter(|chunk| !near.contains(chunk)).collect();
        let cosines = self.library.cosines(vector, &chunks)?;
        Ok(chunks.into_iter().zip(cosines).filter_map(|(chunk, score)| Some(Hit { chunk, score: score? })).collect())
    }

    /// All books, by file name.
    ///
    /// # Errors
    /// The library fails.
    pub fn books(&self) -> Result<Vec<BookRef>, RetrievalError> {
        Ok(self.library.books()?.into_iter().map(|info| info.book).collect())
    }

    /// The books that people may mean by `name`: its file name, the same without `.pdf`, its name in links, else those with
    /// `name` in their title or file name; upper and lower case are alike.
    ///
    /// # Errors
    /// The library fails.
    pub fn find_books(&self, name: &str) -> Result<Vec<BookRef>, RetrievalError> {
        Ok(matching(self.books()?, name))
    }

    /// A book's sections in book order, front matter included.
    ///
    /// # Errors
    /// The library fails.
    pub fn sections(&self, book: &BookId) -> Result<Vec<SectionInfo>, RetrievalError> {
        Ok(self.library.sections(book)?)
    }

    /// A section's own chunks in book order; score and cosine are 0.
    ///
    /// # Errors
    /// The library fails.
    pub fn section_passages(&self, section: SectionId) -> Result<Vec<Passage>, RetrievalError> {
        Ok(self.library.section_passages(section)?)
    }

    /// The printed labels of a book's pages, in order.
    ///
    /// # Errors
    /// The library fails.
    pub fn page_labels(&self, book: &BookId) -> Result<Vec<String>, RetrievalError> {
        Ok(self.library.page_labels(book)?)
    }

    /// A page's text; nothing where the page is not there or has none.
    ///
    /// # Errors
    /// The library fails.
    pub fn page_text(&self, book: &BookId, page: PageIndex) -> Result<Option<String>, RetrievalError> {
        Ok(self.library.page(book, page)?.map(|page| page.text))
    }

    /// The chunks that stand on a page, wholly or in part, front matter included, in book order; score and cosine are 0.
    ///
    /// # Errors
    /// The library fails.
    pub fn page_passages(&self, book: &BookId, page: PageIndex) -> Result<Vec<Passage>, RetrievalError> {
        let mut chunks = self.library.book_chunks(book)?;
        chunks.retain(|chunk| chunk.page_starts.iter().any(|start| start.page == page));
        Ok(chunks)
    }

    /// The cosines of `text` with each of `others`, -1 to 1.
    ///
    /// # Errors
    /// The model fails.
    pub fn similarities(&self, text: &str, others: &[&str]) -> Result<Vec<f32>, RetrievalError> {
        let question = self.embedder.embed_query(text)?;
        let others = self.seen.vectors(others, |new| self.embedder.embed_passages(new))?;
        Ok(others.iter().map(|other| question.iter().zip(&**other).map(|(a, b)| a * b).sum()).collect())
    }

    /// The vectors of texts that are compared with each other.
    ///
    /// # Errors
    /// The model fails.
    pub fn meanings(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, RetrievalError> {
        Ok(if texts.is_empty() { Vec::new() } else { self.embedder.embed_passages(texts)? })
    }

    fn check_model(&self) -> Result<(), RetrievalError> {
        match self.library.embedder()? {
            Some(library) if library != self.embedder.fingerprint() => {
                Err(RetrievalError::OtherModel { library, model: self.embedder.fingerprint().to_owned() })
            }
            _ => Ok(()),
        }
    }
}

fn scores<'a>(hits: impl IntoIterator<Item = &'a Hit>) -> HashMap<ChunkId, f32> {
    hits.into_iter().map(|hit| (hit.chunk, hit.score)).collect()
}

/// The BM25 of a chunk that is not among the `depth` best: none where all that have a word are there.
fn least_bm25(by_words: &[Hit], depth: usize) -> f32 {
    by_words.last().filter(|_| by_words.len() >= depth).map_or(0.0, |last| last.score)
}

fn matching(books: Vec<BookRef>, name: &str) -> Vec<BookRef> {
    let fold = |text: &str| text.to_lowercase();
    let wanted = fold(name.trim());
    if wanted.is_empty() {
        return Vec::new();
    }
    let exact = |book: &&BookRef| {
        let file = fold(&book.file_name);
        wanted == file
            || file.strip_suffix(".pdf") == Some(&wanted)
            || wanted == book.id.0
            || wanted == fold(&book.title)
    };
    let found: Vec<BookRef> = books.iter().filter(exact).cloned().collect();
    if !found.is_empty() {
        return found;
    }
    books
        .into_iter()
        .filter(|book| fold(&book.title).contains(&wanted) || fold(&book.file_name).contains(&wanted))
        .collect()
}

#[cfg(test)]
mod tests;
