//! `lectern eval answers`: labelled questions answered as a student would see it.

use super::EvalArgs;
use super::misses::{Evidence, Miss, Misses};
use super::pages::Pages;
use super::questions::{Question, share};
use crate::cli::CliError;
use crate::cli::weights::{self, ModelArgs};
use crate::library::Library;
use crate::passage::{Citation, sentences};
use crate::retrieval::Retriever;
use crate::tutor::{Cancel, Probe, Reply, Scope, Tutor, Writer};
use serde_json::json;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// Flags of `lectern eval answers`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    eval: EvalArgs,
    #[command(flatten)]
    models: ModelArgs,
}

/// Counts over all answerable questions.
#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    answered: usize,
    right_page: usize,
    /// The best sentence alone, and one of the three best.
    quote_has_answer: [usize; 2],
    /// One of the sentences that are quoted first.
    shown_has_answer: usize,
    answer_has_answer: usize,
    citations: usize,
    true_citations: usize,
    model_sentences: usize,
    unsupported: usize,
    quote_seconds: f64,
    reply_seconds: f64,
}

impl Tally {
    fn count(&mut self, question: &Question, probe: Option<&Probe>, reply: &Reply) {
        self.asked += 1;
        self.answered += usize::from(reply.grounded);
        if let Some(probe) = probe {
            self.right_page += usize::from(probe.citations.iter().any(|cited| question.is_cited_by(cited)));
            let quoted: Vec<&str> = probe.citations.iter().map(|citation| citation.quote.as_str()).collect();
            let shown = question.is_answered_in(&quoted.join(" "));
            let rank = probe.ranked.iter().position(|sentence| question.is_answered_in(sentence));
            self.quote_has_answer[0] += usize::from(rank == Some(0));
            self.quote_has_answer[1] += usize::from(rank.is_some());
            self.shown_has_answer += usize::from(shown);
        }
        self.answer_has_answer += usize::from(reply.grounded && question.is_answered_in(&reply.text));
        for sentence in model_sentences(&reply.text) {
            self.model_sentences += 1;
            self.unsupported += usize::from(!is_supported(&sentence, &reply.citations));
        }
    }

    fn json(&self) -> serde_json::Value {
        let of = |part: usize| share(part, self.asked);
        json!({
            "questions": self.asked,
            "answered": of(self.answered),
            "right_page": of(self.right_page),
            "quote_has_answer": {"1": of(self.quote_has_answer[0]), "3": of(self.quote_has_answer[1]), "shown": of(self.shown_has_answer)},
            "answer_has_answer": of(self.answer_has_answer),
            "citation_precision": share(self.true_citations, self.citations),
            "model_sentences": self.model_sentences,
            "unsupported_rate": share(self.unsupported, self.model_sentences),
            "ms": {"quote": self.quote_seconds * 1e3 / self.asked.max(1) as f64,
                   "reply": self.reply_seconds * 1e3 / self.asked.max(1) as f64},
        })
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let questions = args.eval.questions.read()?;
    let library = Arc::new(Library::open_existing(&args.eval.folders.data)?);
    let embedder = weights::embedder(&args.eval.folders, &args.models.embedder)?;
    let engine = weights::engine(&args.eval.folders, &args.models)?;
    let writer = engine.map(|(_, engine)| Arc::new(engine) as Arc<dyn Writer>);
    let reranker = weights::reranker(&args.eval.folders, &args.models.reranker, args.models.embedder.device)?;
    let retriever = Retriever::new(Arc::clone(&library), Arc::new(embedder)).with_reranker(reranker);
    let tutor = Tutor::new(Arc::new(retriever), writer);
    let (mut tally, mut pages, mut misses) = (Tally::default(), Pages::new(&library)?, Misses::new(&args.eval.misses));
    let mut out = std::io::stdout().lock();
    for question in questions.iter().filter(|question| question.answerable) {
        let began = Instant::now();
        let probe = tutor.probe(&question.question, &Scope::all())?;
        tally.quote_seconds += began.elapsed().as_secs_f64();
        let began = Instant::now();
        let reply = tutor.ask(&question.question, Scope::all(), &mut |_| {}, &Cancel::default())?;
        tally.reply_seconds += began.elapsed().as_secs_f64();
        tally.count(question, probe.as_ref(), &reply);
        let has_answer = reply.grounded && question.is_answered_in(&reply.text);
        for citation in &reply.citations {
            let holds = pages.hold(citation)?;
            tally.citations += 1;
            tally.true_citations += usize::from(holds);
            if !holds {
                misses.add(|| miss(question, "The cited page does not hold the quote.", &reply));
            }
        }
        if !has_answer {
            let what = if reply.grounded { "The answer is not in the reply." } else { "Not answered." };
            misses.add(|| miss(question, what, &reply));
        }
        if args.eval.verbose {
            let line = json!({"question": question.question, "answers": question.answers, "probe": probe, "reply": reply.text});
            writeln!(out, "{line}")?;
        }
    }
    let report = tally.json();
    misses.write("Questions that were not answered well", &report)?;
    if args.eval.json {
        writeln!(out, "{report}")?;
    } else {
        for (name, value) in report.as_object().into_iter().flatten() {
            writeln!(out, "{name:20} {value}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn miss(question: &Question, what: &'static str, reply: &Reply) -> Miss {
    let said = Evidence { place: "The reply".to_owned(), text: reply.text.clone() };
    let found = reply.citations.iter().map(Evidence::of).chain([said]).collect();
    Miss { question: question.question.clone(), what, expected: question.expected(), found }
}

/// The sentences that the model worded.
fn model_sentences(reply: &str) -> Vec<String> {
    let Some((_, worded)) = reply.split_once(crate::tutor::MODEL_LEAD) else { return Vec::new() };
    let worded = worded.split("\n\n").next().unwrap_or_default();
    sentences(worded).into_iter().map(|range| worded[range].to_owned()).filter(|text| text.len() > 8).collect()
}

/// Whether every number, and every name in the middle of the sentence, is in what is cited. Page marks do not count.
fn is_supported(sentence: &str, citations: &[Citation]) -> bool {
    let sentence = sentence.split("(p. ").next().unwrap_or_default();
    let quotes: String = citations.iter().map(|citation| format!(" {}", citation.quote.to_lowercase())).collect();
    let words = sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.enumerate().all(|(i, word)| {
        let is_number = word.chars().any(char::is_numeric);
        let is_name = i > 0 && word.chars().next().is_some_and(char::is_uppercase) && word.len() > 1;
        !(is_number || is_name) || quotes.contains(&word.to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_numbers_and_names_are_found() {
        let citation = Citation {
            book: "b.pdf".into(),
            title: "B".into(),
            page: 1,
            page_label: "1".into(),
            quote: "Newcomen built the engine in 1712.".into(),
            url: String::new(),
            spans: Vec::new(),
        };
        for (sentence, expected) in [
            ("The engine was built by Newcomen in 1712 (p. 9).", true),
            ("The engine was built by Watt in 1712.", false),
            ("It was built in 1713.", false),
            ("Engines were built.", true),
        ] {
            assert_eq!(is_supported(sentence, std::slice::from_ref(&citation)), expected, "{sentence}");
        }
    }
}
