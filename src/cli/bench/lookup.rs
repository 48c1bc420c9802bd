//! `lectern bench lookup`: answers over passages of books, with drafts looked up in the prompt and without.

use super::super::eval::{Question, QuestionArgs};
use super::super::folders::Folders;
use super::super::weights;
use super::{CliError, ended, median, print_json};
use crate::corpus::{self, ReadOptions};
use crate::engine::{Drafts, Engine, EngineConfig, Message, Prompt, Request, Role, Summary, Totals};
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Words of a page that a prompt holds at most.
const PASSAGE_WORDS: usize = 300;

/// Flags of `lectern bench lookup`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    questions: QuestionArgs,
    /// The books that the questions are about
    #[arg(long, value_name = "FOLDER")]
    corpus: PathBuf,
    /// What is asked of the passage
    #[arg(long, value_enum, value_delimiter = ',', default_value = "quote,answer,explain", value_name = "TASK,TASK")]
    tasks: Vec<Task>,
    /// How many answers are written at once, one measurement each
    #[arg(long, value_delimiter = ',', default_value = "1,4,16", value_name = "N,N")]
    streams: Vec<usize>,
    /// Most tokens of an answer
    #[arg(long, default_value_t = 96, value_name = "N")]
    tokens: usize,
    /// How often each is measured, both ways in turn; the median is reported
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Draft wherever something is found, whether it pays or not
    #[arg(long)]
    always: bool,
    /// A GGUF file, or a name of `lectern models list`; the default language model without it
    #[arg(long, value_name = "NAME|FILE")]
    model: Option<String>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folders: Folders,
}

/// What is asked of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Task {
    /// The sentence that answers the question, word for word
    Quote,
    /// An answer in one or two sentences
    Answer,
    /// An explanation in other words
    Explain,
}

impl Task {
    fn instruction(self) -> &'static str {
        match self {
            Self::Quote => {
                "Quote the sentences of the passage that answer the question, word for word, in quotation marks."
            }
            Self::Answer => "Answer the question from the passage in one or two sentences.",
            Self::Explain => "Explain the answer to a child in your own words.",
        }
    }
}

/// What was measured of a task at so many streams.
#[derive(Serialize)]
struct Row {
    task: Task,
    streams: usize,
    answers: usize,
    /// Tokens written per second of decoding, of one stream: without drafts and with them.
    plain_per_second: f64,
    drafted_per_second: f64,
    /// The median of the runs' own ratios.
    ratio: f64,
    /// Tokens of drafts that were written, for each step of a sequence.
    accepted_per_step: f64,
    /// The part of the drafted tokens that was written.
    accepted_of_drafted: f64,
    /// Answers that are not the same to the last token.
    different: usize,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let path = weights::chat_file(&args.folders, args.model.as_deref())?;
    let most = args.streams.iter().copied().max().unwrap_or(1).max(1);
    // What was read stays known, from one run to the next.
    let config = EngineConfig { max_running: most, max_queued: most, kv_bytes: 3 << 30, ..EngineConfig::default() };
    let load = |drafts| Engine::load(&path, EngineConfig { drafts, ..config.clone() });
    let (plain, drafted) = (load(Drafts::Off)?, load(if args.always { Drafts::Always } else { Drafts::Lookup })?);
    let passages = passages(&args.corpus, args.questions.read()?)?;
    let mut rows = Vec::new();
    for task in &args.tasks {
        let requests: Vec<Request> =
            passages.iter().map(|(passage, question)| request(args, *task, passage, question)).collect();
        for streams in &args.streams {
            rows.push(row(args, (&plain, &drafted), *task, *streams, &requests)?);
        }
    }
    if args.json {
        print_json(&rows)?;
    } else {
        print_table(&rows);
    }
    let same = rows.iter().all(|row| row.different == 0);
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Of each question that its book answers, the page's words and the question.
fn passages(folder: &Path, questions: Vec<Question>) -> Result<Vec<(String, String)>, CliError> {
    let mut books: HashMap<String, Vec<String>> = HashMap::new();
    let mut passages = Vec::new();
    for question in questions {
        let Some((book, page)) = question.place() else { continue };
        if !books.contains_key(book) {
            let read = corpus::read(&folder.join(book), &ReadOptions::default())?;
            books.insert(book.to_owned(), read.pages.into_iter().map(|page| page.text).collect());
        }
        let page = books[book].get(page as usize - 1).map(String::as_str).unwrap_or_default();
        let words: Vec<&str> = page.split_whitespace().take(PASSAGE_WORDS).collect();
        passages.push((words.join(" "), question.question));
    }
    if passages.is_empty() {
        return Err(CliError::Usage("none of the questions has a page that answers it".to_owned()));
    }
    Ok(passages)
}

fn request(args: &Args, task: Task, passage: &str, question: &str) -> Request {
    let asked = format!("Question: {question}\n\nPassage:\n\"{passage}\"\n\n{}", task.instruction());
    let prompt = Prompt::Chat(vec![Message::new(Role::User, asked)]);
    Request { max_tokens: args.tokens, ..Request::new(prompt) }
}

/// What all answers took.
#[derive(Default)]
struct Measured {
    answers: Vec<Vec<u32>>,
    tokens: usize,
    seconds: f64,
    sequence_steps: u64,
    totals: Totals,
}

/// Lets so many be written at once; what they read is read before, so that only writing is measured.
fn measure(engine: &Engine, streams: usize, requests: &[Request]) -> Result<Measured, CliError> {
    let mut measured = Measured::default();
    for together in requests.chunks(streams.max(1)) {
        finished(engine, together.iter().map(|request| Request { max_tokens: 0, ..request.clone() }))?;
        let before = engine.totals();
        for summary in finished(engine, together.iter().cloned())? {
            // The first token belongs to the prompt's last step.
            measured.tokens += summary.tokens.len().saturating_sub(1);
            measured.seconds += summary.timings.decode.as_secs_f64();
            measured.answers.push(summary.tokens);
        }
        let after = engine.totals();
        measured.totals.drafted_tokens += after.drafted_tokens - before.drafted_tokens;
        measured.totals.accepted_tokens += after.accepted_tokens - before.accepted_tokens;
    }
    measured.sequence_steps = (measured.tokens as u64).saturating_sub(measured.totals.accepted_tokens);
    Ok(measured)
}

fn finished(engine: &Engine, requests: impl Iterator<Item = Request>) -> Result<Vec<Summary>, CliError> {
    let running: Vec<_> = requests.map(|request| engine.submit(request)).collect::<Result<_, _>>()?;
    running.into_iter().map(ended).collect()
}

fn row(
    args: &Args,
    (plain, drafted): (&Engine, &Engine),
    task: Task,
    streams: usize,
    requests: &[Request],
) -> Result<Row, CliError> {
    let (mut rates, mut ratios, mut last) = ((Vec::new(), Vec::new()), Vec::new(), Measured::default());
    let mut different = 0;
    for run in 0..args.runs {
        let (one, other) = if run % 2 == 0 {
            let first = measure(plain, streams, requests)?;
            (first, measure(drafted, streams, requests)?)
        } else {
            let first = measure(drafted, streams, requests)?;
            (measure(plain, streams, requests)?, first)
        };
        let rate = |measured: &Measured| measured.tokens as f64 / measured.seconds.max(1e-9);
        rates.0.push(rate(&one));
        rates.1.push(rate(&other));
        ratios.push(rate(&other) / rate(&one));
        different = different.max(one.answers.iter().zip(&other.answers).filter(|(one, other)| one != other).count());
        last = other;
    }
    let Totals { drafted_tokens, accepted_tokens, .. } = last.totals;
    Ok(Row {
        task,
        streams,
        answers: requests.len(),
        plain_per_second: median(rates.0),
        drafted_per_second: median(rates.1),
        ratio: median(ratios),
        accepted_per_step: accepted_tokens as f64 / (last.sequence_steps as f64).max(1.0),
        accepted_of_drafted: accepted_tokens as f64 / (drafted_tokens as f64).max(1.0),
        different,
    })
}

fn print_table(rows: &[Row]) {
    println!("tokens per second of a stream while it writes; medians of runs in turn");
    println!("task     streams answers   plain  drafted   ratio  accepted/step  of drafted  different");
    for row in rows {
        let task = format!("{:?}", row.task).to_lowercase();
        let Row { streams, answers, plain_per_second, drafted_per_second, ratio, .. } = row;
        let Row { accepted_per_step, accepted_of_drafted, different, .. } = row;
        println!(
            "{task:<8} {streams:7} {answers:7} {plain_per_second:7.1} {drafted_per_second:8.1} {ratio:6.2}x {accepted_per_step:14.2} \
             {:10.0}% {different:10}",
            100.0 * accepted_of_drafted
        );
    }
}
