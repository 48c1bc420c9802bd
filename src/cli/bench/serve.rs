//! `lectern bench serve`: a class that asks at the same moment.

use super::client::{Chat, Server};
use super::prompts::{Lengths, Words};
use super::{CliError, median, percentile, print_json};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Flags of `lectern bench serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A server of OpenAI's form, such as `lectern serve --openai`
    #[arg(long, default_value = "http://127.0.0.1:8000", value_name = "URL")]
    url: Server,
    /// How many clients ask at once, one measurement each
    #[arg(long, value_delimiter = ',', default_value = "1,8,16,32", value_name = "N,N")]
    clients: Vec<usize>,
    /// Tokens of each prompt, roughly
    #[arg(long, default_value_t = 400, value_name = "N")]
    prompt_tokens: usize,
    /// Tokens with which all prompts of a run begin alike, roughly; 300 without a number
    #[arg(long, default_value_t = 0, default_missing_value = "300", num_args = 0..=1, value_name = "N")]
    shared: usize,
    /// Tokens of each answer
    #[arg(long, default_value_t = 64, value_name = "N")]
    tokens: usize,
    /// How often each is measured; medians are reported
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Number of the first run: the server must not have seen its prompts before
    #[arg(long, default_value_t = 0, value_name = "N")]
    first_run: u32,
    /// The model to ask for, where the server has several
    #[arg(long, default_value = "default", value_name = "NAME")]
    model: String,
    /// The folder of books whose text the prompts are made of
    #[arg(long, env = "LECTERN_CORPUS", default_value = "corpus", value_name = "FOLDER")]
    corpus: PathBuf,
    /// Print one JSON object for each number of clients instead of a table
    #[arg(long)]
    json: bool,
}

/// What a class saw; times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Report {
    clients: usize,
    prompt_tokens: f64,
    cached_tokens: f64,
    first_token_p50: f64,
    first_token_p95: f64,
    client_tokens_per_second: f64,
    total_tokens_per_second: f64,
    longest_stall: f64,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let lengths = Lengths { prompt_tokens: args.prompt_tokens, shared_tokens: args.shared };
    let most = args.clients.iter().max().copied().unwrap_or(0);
    let words = Words::read(&args.corpus, Words::needed(lengths, most))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if !args.json {
        println!("clients  prompt (cached)  first token p50    p95    per client   in all   longest stall");
    }
    for (place, clients) in args.clients.iter().enumerate() {
        let mut reports = Vec::new();
        for run in args.first_run..args.first_run + args.runs {
            // No two measurements have a prompt in common.
            let round = run as usize * args.clients.len() + place;
            let chats = runtime.block_on(class(args, &words, lengths, (round, *clients)))?;
            reports.push(report(&chats));
        }
        let report = middle(&reports);
        if args.json { print_json(&report)? } else { print_row(&report) }
    }
    Ok(ExitCode::SUCCESS)
}

/// All clients ask at once.
async fn class(
    args: &Args,
    words: &Words,
    lengths: Lengths,
    (round, clients): (usize, usize),
) -> Result<Vec<Chat>, CliError> {
    let ask = |index| {
        let (server, messages) = (args.url.clone(), words.messages(lengths, round, index));
        let body = json!({
            "model": args.model, "messages": messages, "max_tokens": args.tokens, "temperature": 0, "ignore_eos": true,
            "stream": true, "stream_options": {"include_usage": true}, "user": format!("client {index}"),
        });
        tokio::spawn(async move { server.chat(body).await })
    };
    let asked: Vec<_> = (0..clients).map(ask).collect();
    let mut chats = Vec::new();
    for chat in asked {
        chats.push(chat.await.map_err(|error| CliError::Output(std::io::Error::other(error)))??);
    }
    Ok(chats)
}

fn report(chats: &[Chat]) -> Report {
    let first = |chat: &Chat| chat.words.first().map_or(0.0, Duration::as_secs_f64);
    let last = |chat: &Chat| chat.words.last().map_or(0.0, Duration::as_secs_f64);
    let rate = |chat: &Chat| chat.tokens.saturating_sub(1) as f64 / (last(chat) - first(chat)).max(1e-9);
    let stalls = chats.iter().flat_map(|chat| chat.words.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()));
    let whole = chats.iter().map(last).fold(1e-9, f64::max);
    Report {
        clients: chats.len(),
        prompt_tokens: median(chats.iter().map(|chat| chat.prompt_tokens as f64)),
        cached_tokens: median(chats.iter().map(|chat| chat.cached_tokens as f64)),
        first_token_p50: median(chats.iter().map(first)),
        first_token_p95: percentile(chats.iter().map(first), 95),
        client_tokens_per_second: median(chats.iter().map(rate)),
        total_tokens_per_second: chats.iter().map(|chat| chat.tokens as f64).sum::<f64>() / whole,
        longest_stall: stalls.fold(0.0, f64::max),
    }
}

/// Each number's median.
fn middle(reports: &[Report]) -> Report {
    let of = |number: fn(&Report) -> f64| median(reports.iter().map(number));
    Report {
        clients: reports.first().map_or(0, |report| report.clients),
        prompt_tokens: of(|report| report.prompt_tokens),
        cached_tokens: of(|report| report.cached_tokens),
        first_token_p50: of(|report| report.first_token_p50),
        first_token_p95: of(|report| report.first_token_p95),
        client_tokens_per_second: of(|report| report.client_tokens_per_second),
        total_tokens_per_second: of(|report| report.total_tokens_per_second),
        longest_stall: of(|report| report.longest_stall),
    }
}

fn print_row(report: &Report) {
    println!(
        "{:7}  {:6.0} ({:6.0})  {:11.2} s  {:5.2} s  {:6.1} tok/s  {:6.1} tok/s  {:6.2} s",
        report.clients,
        report.prompt_tokens,
        report.cached_tokens,
        report.first_token_p50,
        report.first_token_p95,
        report.client_tokens_per_second,
        report.total_tokens_per_second,
        report.longest_stall
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_reported_by_what_its_clients_saw() {
        let chat = |first: u64, gap: u64| Chat {
            words: (0..5).map(|word| Duration::from_secs(first + gap * word)).collect(),
            tokens: 5,
            prompt_tokens: 400,
            cached_tokens: 300,
        };
        let found = report(&[chat(1, 1), chat(2, 1), chat(6, 2)]);
        let expected = Report {
            clients: 3,
            prompt_tokens: 400.0,
            cached_tokens: 300.0,
            first_token_p50: 2.0,
            first_token_p95: 6.0,
            client_tokens_per_second: 1.0,
            total_tokens_per_second: 15.0 / 14.0,
            longest_stall: 2.0,
        };
        assert_eq!(found, expected);
        assert_eq!(middle(&[found.clone(), Report { longest_stall: 9.0, ..found.clone() }, found.clone()]), found);
    }
}
