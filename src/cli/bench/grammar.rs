//! `lectern bench grammar`: what it costs to hold an answer to a form.

use super::super::folders::Folders;
use super::super::weights;
use super::{CliError, ended, median, print_json};
use crate::engine::{Drafts, EndTokens, Engine, EngineConfig, Grammar, Message, Prompt, Request, Role};
use serde::Serialize;
use serde_json::json;
use std::process::ExitCode;
use std::time::Instant;

/// Flags of `lectern bench grammar`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many answers are written at once, one measurement each
    #[arg(long, value_delimiter = ',', default_value = "1,8", value_name = "N,N")]
    streams: Vec<usize>,
    /// Tokens of each answer
    #[arg(long, default_value_t = 96, value_name = "N")]
    tokens: usize,
    /// How often each is measured, both ways in turn; the median is reported
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// A GGUF file, or a name of `lectern models list`; the default language model without it
    #[arg(long, value_name = "NAME|FILE")]
    model: Option<String>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folders: Folders,
}

/// What was measured; times are medians in milliseconds.
#[derive(Serialize)]
struct Report {
    /// The first request with a grammar makes the model's tokens ready for all.
    first_request: f64,
    /// A later request, its schema compiled.
    request: f64,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    streams: usize,
    free_per_token: f64,
    held_per_token: f64,
    /// The median of the runs' own ratios.
    ratio: f64,
}

/// Questions of a quiz, more of them than any answer here has tokens for.
fn quiz() -> Grammar {
    let question = json!({
        "type": "object",
        "properties": {
            "question": {"type": "string", "maxLength": 80},
            "options": {"type": "array", "items": {"type": "string", "maxLength": 20}, "minItems": 3, "maxItems": 4},
            "answer": {"enum": ["A", "B", "C", "D"]},
            "page": {"type": "integer", "minimum": 1, "maximum": 999},
        },
        "required": ["question", "options", "answer", "page"],
        "additionalProperties": false,
    });
    Grammar::JsonSchema(json!({"type": "array", "items": question, "minItems": 1000}))
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let path = weights::chat_file(&args.folders, args.model.as_deref())?;
    let most = args.streams.iter().copied().max().unwrap_or(1).max(1);
    let config = EngineConfig { drafts: Drafts::Off, max_running: most, max_queued: most, ..EngineConfig::default() };
    let engine = Engine::load(&path, config)?;
    let first_request = submit_ms(&engine)?;
    let request = median((0..20).map(|_| submit_ms(&engine)).collect::<Result<Vec<_>, _>>()?);
    let mut rows = Vec::new();
    for &streams in &args.streams {
        let (mut free, mut held, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for run in 0..args.runs {
            let measure = |is_held| per_token_ms(&engine, args.tokens, streams, is_held);
            let (one, other) = if run % 2 == 0 {
                let one = measure(false)?;
                (one, measure(true)?)
            } else {
                let other = measure(true)?;
                (measure(false)?, other)
            };
            free.push(one);
            held.push(other);
            ratios.push(other / one);
        }
        let (free_per_token, held_per_token) = (median(free), median(held));
        rows.push(Row { streams, free_per_token, held_per_token, ratio: median(ratios) });
    }
    let report = Report { first_request, request, rows };
    if args.json {
        print_json(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "first request with a grammar {first_request:8.1} ms, a later one {request:.2} ms, for a schema of a quiz"
    );
    println!("streams  free ms/token  held ms/token  ratio");
    for Row { streams, free_per_token, held_per_token, ratio } in report.rows {
        println!("{streams:7} {free_per_token:14.3} {held_per_token:14.3} {ratio:6.2}");
    }
    Ok(ExitCode::SUCCESS)
}

fn asked(tokens: usize, is_held: bool) -> Request {
    let words = "Write questions about rivers and lakes as JSON, with their options, the right letter and the page.";
    Request {
        max_tokens: tokens,
        end_tokens: if is_held { EndTokens::Stop } else { EndTokens::Forbid },
        grammar: is_held.then(quiz),
        ..Request::new(Prompt::Chat(vec![Message::new(Role::User, words)]))
    }
}

/// From a request to its place in the line.
fn submit_ms(engine: &Engine) -> Result<f64, CliError> {
    let begun = Instant::now();
    let generation = engine.submit(asked(1, true))?;
    let elapsed = begun.elapsed().as_secs_f64() * 1e3;
    drop(generation);
    Ok(elapsed)
}

/// What a token of one stream takes, from the first token of each on.
fn per_token_ms(engine: &Engine, tokens: usize, streams: usize, is_held: bool) -> Result<f64, CliError> {
    let running: Vec<_> = (0..streams).map(|_| engine.submit(asked(tokens, is_held))).collect::<Result<_, _>>()?;
    let (mut seconds, mut count) = (0.0, 0);
    for generation in running {
        let summary = ended(generation)?;
        seconds += summary.timings.decode.as_secs_f64();
        count += summary.tokens.len().saturating_sub(1);
    }
    Ok(seconds * 1e3 / (count as f64).max(1.0))
}
