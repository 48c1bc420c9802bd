//! `lectern bench embed`: the embedding model alone, on passages of books.

use super::super::folders::Folders;
use super::super::weights::{self, EmbedderArgs};
use super::prompts::Words;
use super::{CliError, median, percentile, print_json};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Words of a question.
const QUESTION_WORDS: usize = 9;
/// Questions whose time is measured in a run.
const QUESTIONS: usize = 50;

/// Flags of `lectern bench embed`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many passages are embedded in a run
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    texts: u32,
    /// Words of each passage
    #[arg(long, default_value_t = 150, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    words: u32,
    /// How often it is measured; the median is reported
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// The folder of books whose text is embedded
    #[arg(long, env = "LECTERN_CORPUS", default_value = "corpus", value_name = "FOLDER")]
    corpus: PathBuf,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    embedder: EmbedderArgs,
    #[command(flatten)]
    folders: Folders,
}

/// What was measured.
#[derive(Serialize)]
struct Report {
    model: String,
    texts: usize,
    tokens_per_text: f64,
    texts_per_second: f64,
    tokens_per_second: f64,
    question_ms_p50: f64,
    question_ms_p95: f64,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let embedder = weights::embedder(&args.folders, &args.embedder)?;
    let (count, length) = (args.texts as usize, args.words as usize);
    let words = Words::read(&args.corpus, count * length)?;
    let texts: Vec<String> = (0..count).map(|index| words.passage(index * length, length)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let num_tokens: usize = texts.iter().map(|text| embedder.count_tokens(text)).sum();
    let questions: Vec<String> = (0..QUESTIONS).map(|index| words.passage(index * 31, QUESTION_WORDS)).collect();
    let (mut seconds, mut question_ms) = (Vec::new(), Vec::new());
    for _ in 0..args.runs {
        let began = Instant::now();
        embedder.embed_passages(&texts)?;
        seconds.push(began.elapsed().as_secs_f64());
        for question in &questions {
            let began = Instant::now();
            embedder.embed_query(question)?;
            question_ms.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    let seconds = median(seconds);
    let report = Report {
        model: embedder.name().to_owned(),
        texts: count,
        tokens_per_text: num_tokens as f64 / count as f64,
        texts_per_second: count as f64 / seconds,
        tokens_per_second: num_tokens as f64 / seconds,
        question_ms_p50: median(question_ms.iter().copied()),
        question_ms_p95: percentile(question_ms, 95),
    };
    if args.json {
        print_json(&report)?;
    } else {
        println!("{}, {} passages of {:.0} tokens", report.model, report.texts, report.tokens_per_text);
        println!("passages   {:8.1} a second, {:.0} tokens", report.texts_per_second, report.tokens_per_second);
        println!("questions  {:8.1} ms each, 95 % within {:.1} ms", report.question_ms_p50, report.question_ms_p95);
    }
    Ok(ExitCode::SUCCESS)
}
