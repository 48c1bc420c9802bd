//! `lectern generate`: a language model on one prompt.

use super::CliError;
use super::folders::Folders;
use super::weights;
use crate::device::DeviceKind;
use crate::engine::{
    Drafts, EndTokens, Engine, EngineConfig, Event, FinishReason, Generation, Grammar, KvPrecision, Message, Prompt,
    Request, Sampling, Summary,
};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Flags of `lectern generate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A GGUF file, or the name of a folder of --models that holds one
    #[arg(long, value_name = "NAME|FILE")]
    model: String,
    #[command(flatten)]
    prompt: PromptArgs,
    /// Most tokens of the answer
    #[arg(long, default_value_t = 128, value_name = "N")]
    max_tokens: usize,
    #[command(flatten)]
    sampling: SamplingArgs,
    /// End the answer before this text; can be given more than once
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// Report the first step's K likeliest tokens
    #[arg(long, default_value_t = 0, value_name = "K", requires = "json")]
    top_logprobs: usize,
    /// Never choose a token that ends the answer
    #[arg(long)]
    ignore_eos: bool,
    /// Hold the answer to JSON of this schema
    #[arg(long, value_name = "FILE.json", group = "form")]
    json_schema: Option<PathBuf>,
    /// Hold the answer to what a regular expression matches
    #[arg(long, value_name = "REGEX", group = "form")]
    regex: Option<String>,
    /// Hold the answer to one of the texts that are given so; repeat it
    #[arg(long, value_name = "TEXT", group = "form")]
    choice: Vec<String>,
    /// Write every token by itself, instead of drafting what the answer probably quotes; the answer is the same
    #[arg(long)]
    no_lookup: bool,
    /// Print one JSON object instead of the text as it comes
    #[arg(long)]
    json: bool,
    /// Where the model is computed
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    #[command(flatten)]
    folders: Folders,
}

/// One of three forms of a prompt.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct PromptArgs {
    /// Raw text, no chat template; control tokens in it are recognised
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// Token ids
    #[arg(long, value_delimiter = ',', value_name = "1,2,3")]
    ids: Option<Vec<u32>>,
    /// A conversation for the chat template: a list of {"role","content"}, or an object with "messages"
    #[arg(long, value_name = "FILE.json")]
    messages: Option<PathBuf>,
}

/// How tokens are chosen.
#[derive(Debug, clap::Args)]
struct SamplingArgs {
    /// 0 always takes the likeliest token; 1 keeps the model's own distribution
    #[arg(long, default_value_t = 0.0, value_name = "T")]
    temperature: f32,
    /// The same seed gives the same answer
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,
    /// Choose among the K likeliest tokens; 0 for all
    #[arg(long, default_value_t = 40, value_name = "K")]
    top_k: usize,
    /// Choose among the likeliest tokens that together reach this probability
    #[arg(long, default_value_t = 0.95, value_name = "P")]
    top_p: f32,
    /// Choose among tokens at least this likely in proportion to the likeliest
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    min_p: f32,
    /// Above 1, tokens of the last 64 are made less likely
    #[arg(long, default_value_t = 1.0, value_name = "F")]
    repetition_penalty: f32,
}

/// A file of messages.
#[derive(Deserialize)]
#[serde(untagged)]
enum Conversation {
    List(Vec<Message>),
    Object { messages: Vec<Message> },
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    first_top: Vec<(u32, f32)>,
    text: String,
    finish: &'static str,
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    let Args { prompt, sampling, json, json_schema, regex, choice, .. } = args;
    let schema = json_schema.map(|path| read_json(&path).map(Grammar::JsonSchema)).transpose()?;
    let choice = Some(choice).filter(|texts| !texts.is_empty()).map(Grammar::Choice);
    let request = Request {
        sampling: Sampling {
            temperature: sampling.temperature,
            top_k: sampling.top_k,
            top_p: sampling.top_p,
            min_p: sampling.min_p,
            repetition_penalty: sampling.repetition_penalty,
            seed: sampling.seed,
            ..Sampling::default()
        },
        max_tokens: args.max_tokens,
        stop: args.stop,
        top_logprobs: args.top_logprobs,
        grammar: schema.or(regex.map(Grammar::Regex)).or(choice),
        end_tokens: if args.ignore_eos { EndTokens::Forbid } else { EndTokens::Stop },
        ..Request::new(read_prompt(prompt)?)
    };
    let model = weights::chat_file(&args.folders, Some(&args.model))?;
    // One sequence has the memory for the keys and values as they are computed.
    let drafts = if args.no_lookup { Drafts::Off } else { Drafts::Lookup };
    let config =
        EngineConfig { device: args.device, kv_precision: KvPrecision::Full, drafts, ..EngineConfig::default() };
    let engine = Engine::load(&model, config)?;
    let mut out = std::io::stdout().lock();
    let (prompt, summary) = generate(&engine, request, |text| {
        if !json {
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
        Ok(())
    })?;
    let Summary { tokens, first_top, text, finish, timings, .. } = summary;
    let rate = |count: usize, time: std::time::Duration| count as f64 / time.as_secs_f64().max(1e-9);
    tracing::info!(
        prompt_tokens = prompt.len(),
        tokens = tokens.len(),
        prefill_per_second = rate(prompt.len(), timings.prefill),
        decode_per_second = rate(tokens.len(), timings.decode),
        "generated"
    );
    if json {
        serde_json::to_writer(&mut out, &Report { prompt, tokens, first_top, text, finish: finish_name(finish) })
            .map_err(std::io::Error::from)?;
    }
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs one request to its end; returns the prompt's ids and the end.
pub(super) fn generate(
    engine: &Engine,
    request: Request,
    show: impl FnMut(&str) -> std::io::Result<()>,
) -> Result<(Vec<u32>, Summary), CliError> {
    finished(engine.submit(request)?, show)
}

/// Waits for a sequence's end; returns the prompt's ids and the end.
pub(super) fn finished(
    mut generation: Generation,
    mut show: impl FnMut(&str) -> std::io::Result<()>,
) -> Result<(Vec<u32>, Summary), CliError> {
    let mut ids = Vec::new();
    while let Some(event) = generation.recv() {
        match event {
            Event::Started { prompt } => ids = prompt,
            Event::Delta { text } => show(&text)?,
            Event::Finished(summary) => return Ok((ids, summary)),
            Event::Failed(error) => return Err(error.into()),
            _ => {}
        }
    }
    Err(crate::engine::EngineError::Closed.into())
}

fn finish_name(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::Cancelled => "cancelled",
    }
}

fn read_prompt(args: PromptArgs) -> Result<Prompt, CliError> {
    match args {
        PromptArgs { prompt: Some(text), .. } => Ok(Prompt::Text(text)),
        PromptArgs { ids: Some(ids), .. } => Ok(Prompt::Ids(ids)),
        PromptArgs { messages: Some(path), .. } => read_messages(&path).map(Prompt::Chat),
        PromptArgs { .. } => Err(CliError::Usage("one of --prompt, --ids and --messages is needed".into())),
    }
}

fn read_json(path: &Path) -> Result<serde_json::Value, CliError> {
    let text = std::fs::read_to_string(path).map_err(|source| CliError::File { path: path.to_owned(), source })?;
    serde_json::from_str(&text).map_err(|error| CliError::Usage(format!("{}: not JSON ({error})", path.display())))
}

fn read_messages(path: &Path) -> Result<Vec<Message>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|source| CliError::File { path: path.to_owned(), source })?;
    match serde_json::from_str(&text) {
        Ok(Conversation::List(messages) | Conversation::Object { messages }) => Ok(messages),
        Err(error) => Err(CliError::Usage(format!(
            "{}: expected a JSON list of {{\"role\": \"system\"|\"user\"|\"assistant\", \"content\": \"…\"}}, or an object with \
             such a list as \"messages\" ({error})",
            path.display()
        ))),
    }
}
