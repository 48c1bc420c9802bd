//! `lectern bench engine`: a model file alone, without a server.

use super::super::folders::Folders;
use super::super::weights;
use super::{CliError, ended, median, print_json, resident_bytes};
use crate::device::DeviceKind;
use crate::engine::{EndTokens, Engine, EngineConfig, Prompt, Request};
use serde::Serialize;
use std::process::ExitCode;
use std::time::Instant;

/// Tokens of the prompts before decoding: enough to differ, few enough to be read at once.
const SHORT_PROMPT: usize = 16;
/// Tokens of a long conversation, for which the memory of its keys and values is told.
const CONVERSATION_TOKENS: usize = 2048;

/// Flags of `lectern bench engine`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A GGUF file, or a name of `lectern models list`; the default language model without it
    #[arg(long, value_name = "NAME|FILE")]
    model: Option<String>,
    /// Tokens of the prompt that is read
    #[arg(long, default_value_t = 512, value_name = "N")]
    prompt_tokens: usize,
    /// How many answers are written at once, one measurement each
    #[arg(long, value_delimiter = ',', default_value = "1,8,16,32", value_name = "N,N")]
    streams: Vec<usize>,
    /// How many tokens come before a single answer, one measurement each
    #[arg(long, value_delimiter = ',', default_value = "2048", value_name = "N,N")]
    depths: Vec<usize>,
    /// Tokens of each answer
    #[arg(long, default_value_t = 64, value_name = "N")]
    tokens: usize,
    /// How often each is measured; the median is reported
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Where the model is computed
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    #[command(flatten)]
    folders: Folders,
}

/// What was measured.
#[derive(Serialize)]
struct Report {
    model: String,
    weights: String,
    file_bytes: u64,
    prompt_tokens: usize,
    /// From nothing to the first token of a short prompt.
    first_token_seconds: f64,
    /// After loading; nothing where the system does not tell.
    resident_bytes: Option<u64>,
    /// Keys and values of a conversation of 2,048 tokens.
    conversation_bytes: usize,
    prefill_per_second: f64,
    decode: Vec<Decode>,
}

#[derive(Serialize)]
struct Decode {
    streams: usize,
    depth: usize,
    total_per_second: f64,
}

/// Random numbers that are the same on every machine.
struct Ids {
    state: u64,
    vocab: u64,
}

impl Ids {
    /// A prompt that begins like no other.
    fn prompt(&mut self, count: usize) -> Prompt {
        let mut next = || {
            self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from((self.state >> 33) % self.vocab).expect("a vocabulary has fewer than 2^32 tokens")
        };
        Prompt::Ids((0..count).map(|_| next()).collect())
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let path = weights::chat_file(&args.folders, args.model.as_deref())?;
    let streams = args.streams.iter().copied().max().unwrap_or(1).max(1);
    let config =
        EngineConfig { device: args.device, max_running: streams, max_queued: streams, ..EngineConfig::default() };
    let (idle_bytes, began) = (resident_bytes(), Instant::now());
    let engine = Engine::load(&path, config)?;
    let loaded_bytes = resident_bytes();
    let mut ids = Ids { state: 1, vocab: engine.info().vocab as u64 };
    ended(engine.submit(Request { max_tokens: 1, ..Request::new(ids.prompt(SHORT_PROMPT)) })?)?;
    let first_token_seconds = began.elapsed().as_secs_f64();
    let mut prefills = Vec::new();
    for _ in 0..args.runs {
        let request = Request { max_tokens: 0, ..Request::new(ids.prompt(args.prompt_tokens)) };
        let summary = ended(engine.submit(request)?)?;
        prefills.push(args.prompt_tokens as f64 / summary.timings.prefill.as_secs_f64());
    }
    let of_class = args.streams.iter().map(|streams| (*streams, 0));
    let mut decode = Vec::new();
    for (streams, depth) in of_class.chain(args.depths.iter().map(|depth| (1, *depth))) {
        let rates = (0..args.runs).map(|_| decode_rate(&engine, &mut ids, (streams, depth), args.tokens));
        let rates: Vec<f64> = rates.collect::<Result<_, _>>()?;
        decode.push(Decode { streams, depth, total_per_second: median(rates) });
    }
    let info = engine.info();
    let report = Report {
        model: info.name.clone(),
        weights: info.weights.clone(),
        file_bytes: info.file_bytes,
        prompt_tokens: args.prompt_tokens,
        first_token_seconds,
        resident_bytes: loaded_bytes.zip(idle_bytes).map(|(loaded, idle)| loaded.saturating_sub(idle)),
        conversation_bytes: info.kv_bytes_per_token * CONVERSATION_TOKENS,
        prefill_per_second: median(prefills),
        decode,
    };
    if args.json {
        print_json(&report)?
    } else {
        print_table(&report)
    }
    Ok(ExitCode::SUCCESS)
}

/// Tokens per second of all streams together, from the first token of each on, after prompts of `depth` tokens.
fn decode_rate(
    engine: &Engine,
    ids: &mut Ids,
    (streams, depth): (usize, usize),
    tokens: usize,
) -> Result<f64, CliError> {
    let submit = |_| {
        let end_tokens = EndTokens::Forbid;
        engine.submit(Request { max_tokens: tokens, end_tokens, ..Request::new(ids.prompt(depth.max(SHORT_PROMPT))) })
    };
    let running: Vec<_> = (0..streams).map(submit).collect::<Result<_, _>>()?;
    let mut rate = 0.0;
    for generation in running {
        let summary = ended(generation)?;
        // The first token belongs to the prompt's last step.
        rate += summary.tokens.len().saturating_sub(1) as f64 / summary.timings.decode.as_secs_f64().max(1e-9);
    }
    Ok(rate)
}

fn print_table(report: &Report) {
    let mb = |bytes: u64| bytes as f64 / 1e6;
    println!("{}, {}, {:.0} MB", report.model, report.weights, mb(report.file_bytes));
    println!("start    to the first token     {:8.2} s", report.first_token_seconds);
    println!("prefill  {:5} tokens            {:8.1} tokens/s", report.prompt_tokens, report.prefill_per_second);
    for Decode { streams, depth, total_per_second } in &report.decode {
        println!("decode   {streams:5} streams at {depth:5}  {total_per_second:8.1} tokens/s in all");
    }
    if let Some(bytes) = report.resident_bytes {
        let times = bytes as f64 / report.file_bytes as f64;
        println!("memory   of the loaded model    {:8.1} MB, {times:.2} times the file", mb(bytes));
    }
    let kv = mb(report.conversation_bytes as u64);
    println!("memory   of {CONVERSATION_TOKENS} tokens of context {kv:8.1} MB");
}
