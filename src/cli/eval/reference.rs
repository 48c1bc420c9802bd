//! `lectern eval reference`: token ids and chat templates must be equal, log-probabilities within a bound that depends on
//! the type of the weights, greedy tokens equal as long as the choice was not closer than that bound.

use super::super::generate::{finished, generate};
use super::CliError;
use crate::device::DeviceKind;
use crate::engine::{
    ChatTemplate, EndTokens, Engine, EngineConfig, EngineError, KvPrecision, Message, Prompt, Request, Specials,
    Summary, Tokenizer,
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How many of our likeliest tokens the reference's are looked for in.
const LOOKED_AT: usize = 512;
const SEPARATOR: &str = "\n__ggml_vocab_test__\n";

/// Flags of `lectern eval reference`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder with *.gguf and *.json of the same names, and the folders `tokenizers` and `templates`
    folder: PathBuf,
    /// The model of the *.json that has no *.gguf beside it
    #[arg(long, value_name = "FILE")]
    chat_model: Option<PathBuf>,
    /// Where the models are computed
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
}

/// What llama.cpp answered for one model.
#[derive(Deserialize)]
struct Reference {
    sha256: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    /// The conversation that `prompt` is, where it is one.
    messages: Option<Vec<Message>>,
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    first_top: Vec<(u32, f32)>,
}

#[derive(Deserialize)]
struct Rendering {
    messages: Vec<Message>,
    rendered: String,
}

/// Largest differences over all cases of a model.
#[derive(Default)]
struct Worst {
    logprob: f32,
    squares: f32,
    num_compared: usize,
    equal_tokens: usize,
    all_tokens: usize,
    /// How much likelier our choice was to us than the reference's, where they first differ.
    gap: f32,
    wrong_prompts: usize,
}

/// Prints lines, and remembers whether all was well.
struct Table {
    num_rows: usize,
    num_wrong: usize,
}

impl Table {
    fn row(&mut self, name: &str, good: bool, text: &str) {
        self.num_rows += 1;
        self.num_wrong += usize::from(!good);
        println!("{:4} {name:28} {text}", if good { "ok" } else { "BAD" });
    }
}

/// How far log-probabilities may be from the reference's.
struct Bound {
    /// Any one.
    worst: f32,
    /// The root of their mean square.
    rms: f32,
}

/// What was measured over all files, rounded up.
///
/// Both sides round activations to 8 bits for a quantised product. A number that falls on the other side in one of them
/// changes what is rounded after it, so what differs in the last bit at first differs by this much at the end. Which
/// numbers do depends on the order in which sums are made: of four such orders, the largest difference for the chat model
/// was 0.30 to 0.45, while the root of the mean square hardly moved (0.10 to 0.13).
fn bound(weights: &str) -> Bound {
    let (rms, worst) = match weights {
        "F32" => (0.0005, 0.001),                 // measured 0.00003 and 0.00008
        "Q8_0" | "Q5_0" => (0.04, 0.15),          // 0.025 and 0.081
        "Q4_0" | "Q4_K" | "Q6_K" => (0.07, 0.25), // 0.051 and 0.136
        _ => (0.15, 0.5),                         // Q4_1 over the 30 layers of the chat model: 0.114 and 0.450
    };
    Bound { worst, rms }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let mut table = Table { num_rows: 0, num_wrong: 0 };
    for path in files(&args.folder, "json")? {
        compare_model(&mut table, &path, args)?;
    }
    if args.folder.join("tokenizers").is_dir() {
        for path in files(&args.folder.join("tokenizers"), "gguf")? {
            compare_tokenizer(&mut table, &path)?;
        }
    }
    if args.folder.join("templates").is_dir() {
        for path in files(&args.folder.join("templates"), "jinja")? {
            compare_template(&mut table, &path)?;
        }
    }
    if table.num_rows == 0 {
        return Err(CliError::Usage(format!("{} holds nothing to compare with", args.folder.display())));
    }
    println!("{} compared, {} out of bounds", table.num_rows, table.num_wrong);
    Ok(if table.num_wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, CliError> {
    let failed = |source| CliError::File { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|source| CliError::File { path: path.to_owned(), source })
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, CliError> {
    serde_json::from_str(&read(path)?).map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn sha256(path: &Path) -> Result<String, CliError> {
    let failed = |source| CliError::File { path: path.to_owned(), source };
    let mut hash = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path).map_err(failed)?, &mut hash).map_err(failed)?;
    let mut text = String::new();
    for byte in hash.finalize() {
        write!(text, "{byte:02x}").expect("a String takes all");
    }
    Ok(text)
}

fn compare_model(table: &mut Table, path: &Path, args: &Args) -> Result<(), CliError> {
    let reference: Reference = parse(path)?;
    let beside = path.with_extension("gguf");
    let model = match &args.chat_model {
        _ if beside.is_file() => &beside,
        Some(model) => model,
        None => {
            println!("skip {:28} its model is not beside it and --chat-model is not given", stem(path));
            return Ok(());
        }
    };
    let found = sha256(model)?;
    if found != reference.sha256 {
        let text = format!("made from a file of sha256 {}, {} has {found}", reference.sha256, model.display());
        table.row(&stem(path), false, &text);
        return Ok(());
    }
    let engine = Engine::load(
        model,
        EngineConfig { device: args.device, kv_precision: KvPrecision::Full, ..EngineConfig::default() },
    )?;
    let bound = bound(&engine.info().weights);
    let mut worst = Worst::default();
    let mut alone = Vec::new();
    for case in &reference.cases {
        alone.push(compare_case(&engine, case, &mut worst)?);
    }
    let num_same = same_together(model, &engine, args.device, (&reference.cases, &alone))?;
    let rms = (worst.squares / worst.num_compared.max(1) as f32).sqrt();
    let near = worst.logprob <= bound.worst && rms <= bound.rms && worst.gap <= bound.worst;
    let good = near && worst.num_compared > 0 && worst.wrong_prompts == 0 && num_same == alone.len();
    let text = format!(
        "{:5} {} cases, logprob differs by {:.5} at most (bound {}), rms {rms:.5} (bound {}), greedy {}/{} tokens, gap {:.5}, {} wrong prompts, {num_same} the same together",
        engine.info().weights,
        reference.cases.len(),
        worst.logprob,
        bound.worst,
        bound.rms,
        worst.equal_tokens,
        worst.all_tokens,
        worst.gap,
        worst.wrong_prompts
    );
    table.row(&stem(path), good, &text);
    Ok(())
}

/// How many of the cases come out to the last bit as they did alone when all are asked at once, with room for the keys and
/// values of one and a half of the longest.
fn same_together(
    model: &Path,
    roomy: &Engine,
    device: DeviceKind,
    (cases, alone): (&[Case], &[Summary]),
) -> Result<usize, CliError> {
    let longest = cases.iter().map(|case| case.prompt.len() + case.tokens.len()).max().unwrap_or(0);
    let kv_bytes = (longest + longest / 2) * roomy.info().kv_bytes_per_token;
    let engine = Engine::load(
        model,
        EngineConfig { device, kv_precision: KvPrecision::Full, kv_bytes, ..EngineConfig::default() },
    )?;
    let running: Vec<_> =
        cases.iter().map(|case| engine.submit(request(case.prompt.clone(), case.tokens.len()))).collect();
    let mut num_same = 0;
    for (generation, alone) in running.into_iter().zip(alone) {
        let summary = finished(generation?, |_| Ok(()))?.1;
        num_same += usize::from(summary.tokens == alone.tokens && summary.first_top == alone.first_top);
    }
    Ok(num_same)
}

fn request(prompt: Vec<u32>, max_tokens: usize) -> Request {
    let end_tokens = EndTokens::Forbid;
    Request { max_tokens, top_logprobs: LOOKED_AT, end_tokens, ..Request::new(Prompt::Ids(prompt)) }
}

/// What came of the case by itself.
fn compare_case(engine: &Engine, case: &Case, worst: &mut Worst) -> Result<Summary, CliError> {
    if let Some(messages) = &case.messages {
        let ids = engine.prompt_ids(&Prompt::Chat(messages.clone()))?;
        worst.wrong_prompts += usize::from(ids != case.prompt);
    }
    let ask = |prompt: Vec<u32>, max_tokens: usize| {
        generate(engine, request(prompt, max_tokens), |_| Ok(())).map(|(_, summary)| summary)
    };
    let logprob = |top: &[(u32, f32)], id: u32| {
        top.iter().find(|(found, _)| *found == id).map_or(f32::NEG_INFINITY, |(_, logprob)| *logprob)
    };
    let summary = ask(case.prompt.clone(), case.tokens.len())?;
    let top = match unfinished(engine, &case.tokens) {
        0 => summary.first_top.clone(),
        held => ask([&case.prompt[..], &case.tokens[..held]].concat(), 0)?.first_top,
    };
    for (id, expected) in &case.first_top {
        let difference = logprob(&top, *id) - expected;
        worst.logprob = worst.logprob.max(difference.abs());
        worst.squares += difference * difference;
        worst.num_compared += 1;
    }
    let equal = summary.tokens.iter().zip(&case.tokens).take_while(|(ours, theirs)| ours == theirs).count();
    worst.equal_tokens += equal;
    worst.all_tokens += case.tokens.len();
    // After the first other token the two answers are about different things.
    if let (Some(ours), Some(theirs)) = (summary.tokens.get(equal), case.tokens.get(equal)) {
        let top = ask([&case.prompt[..], &case.tokens[..equal]].concat(), 0)?.first_top;
        worst.gap = worst.gap.max(logprob(&top, *ours) - logprob(&top, *theirs));
    } else if equal < case.tokens.len() {
        worst.gap = f32::INFINITY;
    }
    Ok(summary)
}

/// How many of the first tokens end inside a character: llama.cpp's server holds those back, and what it reports as its
/// first probabilities is of the token that completes the character.
fn unfinished(engine: &Engine, tokens: &[u32]) -> usize {
    let mut bytes = Vec::new();
    let is_whole = |id: &u32| {
        bytes.extend_from_slice(engine.tokenizer().piece(*id));
        std::str::from_utf8(&bytes).map_or_else(|error| error.error_len().is_some(), |_| true)
    };
    tokens.iter().position(is_whole).unwrap_or(0)
}

fn compare_tokenizer(table: &mut Table, path: &Path) -> Result<(), CliError> {
    let with = |ending: &str| PathBuf::from(format!("{}.{ending}", path.display()));
    let tokenizer = match Tokenizer::open(path) {
        Ok(tokenizer) => tokenizer,
        Err(EngineError::Load { source, .. }) if matches!(*source, EngineError::Unsupported { .. }) => {
            table.row(&stem(path), source.to_string().contains("sentencepiece"), &format!("refused: {source}"));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let (texts, ids) = (read(&with("inp"))?, read(&with("out"))?);
    // The last text ends with the file, after one separator more.
    let texts: Vec<&str> = texts.strip_suffix(SEPARATOR).unwrap_or(&texts).split(SEPARATOR).collect();
    let expected: Vec<&str> = ids.lines().collect();
    let mut wrong = Vec::new();
    for (text, expected) in texts.iter().zip(&expected) {
        let ids: Vec<_> = tokenizer.encode(text, Specials::AsText)?.iter().map(u32::to_string).collect();
        if ids.iter().map(String::as_str).ne(expected.split_whitespace()) {
            wrong.push(*text);
        }
    }
    let good = wrong.is_empty() && texts.len() == expected.len();
    let text = format!("{} texts, {} lines of ids, {} wrong {wrong:?}", texts.len(), expected.len(), wrong.len());
    table.row(&stem(path), good, &text);
    Ok(())
}

fn compare_template(table: &mut Table, path: &Path) -> Result<(), CliError> {
    let template = ChatTemplate::new(&read(path)?, "", "")?;
    let renderings = path.with_extension("json");
    if !renderings.is_file() {
        let question = Message::new(crate::engine::Role::User, "Why does ice float?");
        let rendered = template.render(&[question])?;
        table.row(&stem(path), rendered.contains("Why does ice float?"), "renders; nothing to compare with");
        return Ok(());
    }
    let cases: Vec<Rendering> = parse(&renderings)?;
    let mut num_wrong = 0;
    for case in &cases {
        num_wrong += usize::from(template.render(&case.messages)? != case.rendered);
    }
    table.row(&stem(path), num_wrong == 0, &format!("{} renderings, {num_wrong} wrong", cases.len()));
    Ok(())
}
