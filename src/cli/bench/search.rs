//! `lectern bench search`: how finding grows with the library.
//!
//! The libraries are made of the texts of one that is there, copied as often as needed, with random vectors: what is found
//! means nothing, what it takes does. Random vectors are the hardest for the index, because none is near another.

use super::super::eval::QuestionArgs;
use super::super::folders::Folders;
use super::super::weights::{self, EmbedderArgs};
use super::scratch::Scratch;
use super::{CliError, median, print_json, resident_bytes};
use crate::embed::Embedder;
use crate::library::{BookFile, Library, NewBook, NewChunk, NewPage, NewSection, NewSentence, SectionKind};
use crate::passage::{PageIndex, PageStart, Passage, sentences};
use crate::retrieval::{Query, Retriever, Timings};
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Chunks of a copied book.
const BOOK_CHUNKS: usize = 500;

/// Flags of `lectern bench search`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    questions: QuestionArgs,
    /// Sizes of the libraries, ascending
    #[arg(long, value_delimiter = ',', default_value = "500,5000,50000", value_name = "N,N")]
    chunks: Vec<usize>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    embedder: EmbedderArgs,
    #[command(flatten)]
    folders: Folders,
}

/// What was measured of one size; times are medians in milliseconds.
#[derive(Serialize)]
struct Row {
    chunks: usize,
    embed: f64,
    vector: f64,
    bm25: f64,
    fuse: f64,
    rank: f64,
    all: f64,
    /// Growth of the process since the models were loaded.
    memory_mb: f64,
    library_mb: f64,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let questions: Vec<String> = args.questions.read()?.into_iter().map(|question| question.question).collect();
    let texts = texts(&Library::open_existing(&args.folders.data)?)?;
    if texts.is_empty() || questions.is_empty() {
        return Err(CliError::Usage("there is nothing to search: no books, or no questions".to_owned()));
    }
    let embedder = Arc::new(weights::embedder(&args.folders, &args.embedder)?);
    embedder.embed_query(&questions[0])?;
    let before = memory_mb();
    let scratch = Scratch::new()?;
    let library = Arc::new(Library::open(scratch.path())?);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut rows = Vec::new();
    let mut have = 0;
    for &wanted in &args.chunks {
        while have < wanted {
            let count = BOOK_CHUNKS.min(wanted - have);
            library.put_book(&copied(&texts, have, count, &embedder, &mut random))?;
            have += count;
        }
        library.prepare_vectors()?;
        library.settle()?;
        let retriever = Retriever::new(Arc::clone(&library), Arc::clone(&embedder));
        let mut timings = Vec::with_capacity(questions.len());
        for question in &questions {
            let mut one = Timings::default();
            retriever.find(&Query::new(question), &mut one)?;
            timings.push(one);
        }
        rows.push(row(have, &timings, (memory_mb() - before).max(0.0), scratch.num_bytes()?));
    }
    if args.json {
        print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} questions; medians in milliseconds", questions.len());
    println!("   chunks  embed  vector   BM25   fuse   rank    all   memory MB  library MB");
    for Row { chunks, embed, vector, bm25, fuse, rank, all, memory_mb, library_mb } in rows {
        println!(
            "{chunks:9} {embed:6.2} {vector:7.2} {bm25:6.2} {fuse:6.2} {rank:6.2} {all:6.2} {memory_mb:11.0} {library_mb:11.0}"
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn row(chunks: usize, timings: &[Timings], memory_mb: f64, library_bytes: u64) -> Row {
    let of = |stage: fn(&Timings) -> Duration| median(timings.iter().map(|one| stage(one).as_secs_f64() * 1e3));
    Row {
        chunks,
        embed: of(|one| one.embed),
        vector: of(|one| one.vector),
        bm25: of(|one| one.words),
        fuse: of(|one| one.fuse),
        rank: of(|one| one.rank),
        all: of(|one| one.embed + one.vector + one.words + one.fuse + one.rank),
        memory_mb,
        library_mb: library_bytes as f64 / 1e6,
    }
}

fn memory_mb() -> f64 {
    resident_bytes().unwrap_or(0) as f64 / 1e6
}

/// The texts of all chunks.
fn texts(library: &Library) -> Result<Vec<Passage>, CliError> {
    let mut all = Vec::new();
    for book in library.books()? {
        all.extend(library.book_chunks(&book.book.id)?);
    }
    Ok(all)
}

/// A book of `count` chunks, the texts from the `first` on, over and over.
fn copied(texts: &[Passage], first: usize, count: usize, embedder: &Embedder, random: &mut Random) -> NewBook {
    let page = PageIndex(0);
    let chunk = |n: usize, random: &mut Random| {
        let text = texts[n % texts.len()].text.clone();
        let sentences = sentences(&text)
            .into_iter()
            .map(|range| NewSentence { range, embedding: random.unit_vector(embedder.dimensions()).into() });
        NewChunk {
            section: 0,
            sentences: sentences.collect(),
            page_starts: vec![PageStart { offset: 0, page, label: "1".to_owned() }],
            embedding: random.unit_vector(embedder.dimensions()),
            text,
        }
    };
    let name = format!("copy {first}");
    NewBook {
        file: BookFile { path: std::env::temp_dir().join(format!("{name}.pdf")), sha256: name.clone(), num_bytes: 0 },
        title: name.clone(),
        author: None,
        pages: vec![NewPage { page, label: "1".to_owned(), text: String::new() }],
        num_pages: 1,
        sections: vec![NewSection {
            title: name.clone(),
            path: name,
            level: 0,
            kind: SectionKind::Body,
            first_page: page,
            last_page: page,
        }],
        chunks: (first..first + count).map(|n| chunk(n, random)).collect(),
        embedder: embedder.fingerprint().to_owned(),
        recipe: "copy".to_owned(),
    }
}

/// Xorshift: numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    /// The sum of four uniform numbers for each dimension is near enough to a normal one.
    fn unit_vector(&mut self, dimensions: usize) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..dimensions).map(|_| (0..4).map(|_| self.uniform()).sum()).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
        vector
    }

    /// -1 to 1.
    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}
