//! `lectern eval retrieval`: where the right page and the answer stand among the passages found.

use super::EvalArgs;
use super::misses::{Evidence, Miss, Misses};
use super::questions::{Question, share};
use crate::cli::CliError;
use crate::cli::weights::{self, EmbedderArgs, RerankerArgs};
use crate::embed::Embedder;
use crate::library::{Filter, FrontMatter, Library};
use crate::passage::{ChunkId, Passage};
use crate::retrieval::{Query, Retriever, Timings};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Depths that are reported.
const DEPTHS: [usize; 4] = [1, 3, 5, 10];
/// Nearest vectors that are compared with an exact search.
const NEAREST: usize = 10;

/// Flags of `lectern eval retrieval`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    eval: EvalArgs,
    #[command(flatten)]
    embedder: EmbedderArgs,
    #[command(flatten)]
    reranker: RerankerArgs,
}

/// Counts over all questions.
#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    page_hit: [usize; DEPTHS.len()],
    has_answer: [usize; DEPTHS.len()],
    reciprocal_ranks: f64,
    nearest_found: usize,
    nearest: usize,
    timings: Timings,
}

impl Tally {
    fn count(&mut self, question: &Question, passages: &[Passage]) {
        self.asked += 1;
        let page = passages.iter().position(|passage| question.is_touched_by(passage));
        let answer = passages.iter().position(|passage| question.is_answered_in(&passage.text));
        for (i, depth) in DEPTHS.iter().enumerate() {
            self.page_hit[i] += usize::from(page.is_some_and(|rank| rank < *depth));
            self.has_answer[i] += usize::from(answer.is_some_and(|rank| rank < *depth));
        }
        self.reciprocal_ranks += page.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0));
    }

    /// Compares the index with an exact search.
    fn count_nearest(&mut self, library: &Library, vector: &[f32], chunks: &[ChunkId]) -> Result<(), CliError> {
        let filter = Filter { front_matter: FrontMatter::Searched, ..Filter::default() };
        let found: HashSet<_> =
            library.search_vectors(vector, NEAREST, &filter)?.into_iter().map(|hit| hit.chunk).collect();
        let cosines = library.cosines(vector, chunks)?;
        let mut exact: Vec<_> =
            chunks.iter().zip(cosines).filter_map(|(chunk, cosine)| Some((chunk, cosine?))).collect();
        exact.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.nearest += exact.len().min(NEAREST);
        self.nearest_found += exact.iter().take(NEAREST).filter(|(chunk, _)| found.contains(chunk)).count();
        Ok(())
    }

    fn ms(&self, stage: Duration) -> f64 {
        stage.as_secs_f64() * 1e3 / self.asked.max(1) as f64
    }

    fn json(&self) -> Value {
        let by_depth = |counts: &[usize; DEPTHS.len()]| {
            DEPTHS
                .iter()
                .zip(counts)
                .map(|(k, n)| (k.to_string(), json!(share(*n, self.asked))))
                .collect::<serde_json::Map<_, _>>()
        };
        let Timings { embed, vector, words, fuse, rank, rerank } = self.timings;
        json!({
            "questions": self.asked,
            "page_hit": by_depth(&self.page_hit),
            "answer_in_passage": by_depth(&self.has_answer),
            "mrr": self.reciprocal_ranks / self.asked.max(1) as f64,
            "index_recall_at_10": share(self.nearest_found, self.nearest),
            "ms": {"embed": self.ms(embed), "vector": self.ms(vector), "bm25": self.ms(words), "fuse": self.ms(fuse),
                   "rank": self.ms(rank), "rerank": self.ms(rerank),
                   "all": self.ms(embed + vector + words + fuse + rank + rerank)},
        })
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let questions = args.eval.questions.read()?;
    let library = Arc::new(Library::open_existing(&args.eval.folders.data)?);
    let embedder = Arc::new(weights::embedder(&args.eval.folders, &args.embedder)?);
    let reranker = weights::reranker(&args.eval.folders, &args.reranker, args.embedder.device)?;
    let retriever = Retriever::new(Arc::clone(&library), Arc::clone(&embedder)).with_reranker(reranker);
    let chunks = library.chunk_ids()?;
    let (mut tally, mut misses) = (Tally::default(), Misses::new(&args.eval.misses));
    let mut out = std::io::stdout().lock();
    for question in questions.iter().filter(|question| question.answerable) {
        let query = Query { limit: DEPTHS[DEPTHS.len() - 1], ..Query::new(&question.question) };
        let found = retriever.find(&query, &mut tally.timings)?;
        let passages: Vec<Passage> = found.into_iter().map(|found| found.passage).collect();
        tally.count(question, &passages);
        if !passages.first().is_some_and(|first| question.is_touched_by(first)) {
            misses.add(|| miss(question, &passages));
        }
        tally.count_nearest(&library, &embed(&embedder, &question.question)?, &chunks)?;
        if args.eval.verbose {
            writeln!(out, "{}", described(question, &passages))?;
        }
    }
    let report = tally.json();
    misses.write("Questions whose page was not found first", &report)?;
    if !args.eval.json {
        write_table(&mut out, &tally)?;
    } else {
        writeln!(out, "{report}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn embed(embedder: &Embedder, question: &str) -> Result<Vec<f32>, CliError> {
    Ok(embedder.embed_query(question)?)
}

/// A question whose page is not the first that was found, with the first passages and the right one.
fn miss(question: &Question, passages: &[Passage]) -> Miss {
    let right = passages.iter().position(|passage| question.is_touched_by(passage));
    let shown = passages.iter().enumerate().filter(|(rank, _)| *rank < 2 || Some(*rank) == right);
    let evidence = |(rank, passage): (usize, &Passage)| {
        let pages: Vec<String> = passage.page_starts.iter().map(|start| start.page.number().to_string()).collect();
        let book = &passage.book.file_name;
        let place = format!("{}. {book}, page {}; score {:.2}", rank + 1, pages.join(", "), passage.score);
        Evidence { place, text: passage.text.clone() }
    };
    let what = if right.is_some() { "Found, not first." } else { "Not found." };
    Miss {
        question: question.question.clone(),
        what,
        expected: question.expected(),
        found: shown.map(evidence).collect(),
    }
}

fn described(question: &Question, passages: &[Passage]) -> Value {
    let passage = |passage: &Passage| {
        json!({
            "book": passage.book.file_name, "section": passage.section.path, "text": passage.text,
            "pages": passage.page_starts.iter().map(|start| start.page.number()).collect::<Vec<_>>(),
            "score": passage.score, "cosine": passage.cosine,
            "right_page": question.is_touched_by(passage), "has_answer": question.is_answered_in(&passage.text),
        })
    };
    json!({"question": question.question, "passages": passages.iter().map(passage).collect::<Vec<_>>()})
}

fn write_table(out: &mut impl std::io::Write, tally: &Tally) -> std::io::Result<()> {
    writeln!(out, "{:>30} {:>7} {:>7} {:>7} {:>7}", "", "@1", "@3", "@5", "@10")?;
    for (name, counts) in [("page hit", tally.page_hit), ("answer in the passage", tally.has_answer)] {
        let [a, b, c, d] = counts.map(|count| share(count, tally.asked));
        writeln!(out, "{name:>30} {a:>7.3} {b:>7.3} {c:>7.3} {d:>7.3}")?;
    }
    let Timings { embed, vector, words, fuse, rank, rerank } = tally.timings;
    writeln!(
        out,
        "{} questions, mean reciprocal rank {:.3}",
        tally.asked,
        tally.reciprocal_ranks / tally.asked.max(1) as f64
    )?;
    writeln!(out, "index against exact search, recall at 10: {:.4}", share(tally.nearest_found, tally.nearest))?;
    let all = tally.ms(embed + vector + words + fuse + rank + rerank);
    let [embed, vector, words, fuse, rank, rerank] =
        [embed, vector, words, fuse, rank, rerank].map(|stage| tally.ms(stage));
    writeln!(
        out,
        "milliseconds a question: embed {embed:.1}, vectors {vector:.2}, BM25 {words:.2}, fuse {fuse:.2}, rank {rank:.2}, \
         rerank {rerank:.1}; all {all:.1}"
    )
}
