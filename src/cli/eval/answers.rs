//! `lectern eval answers`: labelled questions put to the library.
//!
//! A line of the file is `{"question","answers":[…],"answerable":bool,"book":"x.pdf","pages":[n…]}`, pages from 1. An
//! answerable question is asked of all books: is a right page cited first, and does the quote hold an answer? Then it is
//! asked of all *other* books: there the right reply is that they do not say.

use crate::cli::CliError;
use crate::cli::folders::Folders;
use crate::cli::weights::{self, EmbedderArgs};
use crate::library::Library;
use crate::retrieval::Retriever;
use crate::tutor::{Probe, Scope, Tutor};
use serde::Deserialize;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Flags of `lectern eval answers`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The questions, one JSON object a line
    #[arg(long, value_name = "FILE.jsonl")]
    questions: PathBuf,
    /// Ask only every Nth question
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// Print what was found for each question, a JSON object a line, before the table
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    embedder: EmbedderArgs,
    #[command(flatten)]
    folders: Folders,
}

#[derive(Debug, Deserialize)]
struct Question {
    question: String,
    answers: Vec<String>,
    answerable: bool,
    book: String,
    pages: Vec<u32>,
}

/// Counts of one kind of question.
#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    answered: usize,
    right_page: usize,
    answer_quoted: usize,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let questions = read(args)?;
    let library = Arc::new(Library::open_existing(&args.folders.data)?);
    let embedder = weights::embedder(&args.folders, &args.embedder)?;
    let retriever = Retriever::new(library, Arc::new(embedder));
    let books = retriever.books()?;
    let tutor = Tutor::new(Arc::new(retriever), None);
    let (mut inside, mut elsewhere, mut unanswerable) = (Tally::default(), Tally::default(), Tally::default());
    let mut out = std::io::stdout().lock();
    for question in &questions {
        let others = books.iter().filter(|book| book.file_name != question.book).map(|book| book.id.clone()).collect();
        let others = Scope { books: others, sections: Vec::new() };
        let kinds = if question.answerable {
            vec![("inside", &mut inside, Scope::all()), ("elsewhere", &mut elsewhere, others)]
        } else {
            vec![("unanswerable", &mut unanswerable, Scope::all())]
        };
        for (kind, tally, scope) in kinds {
            let probe = tutor.probe(&question.question, &scope)?;
            tally.count(question, probe.as_ref());
            if args.verbose {
                let line = serde_json::json!({
                    "kind": kind,
                    "question": question.question,
                    "probe": probe,
                    "right_page": probe.as_ref().is_some_and(|probe| is_right_page(question, probe)),
                    "answer_quoted": probe.as_ref().is_some_and(|probe| is_quoted(question, probe)),
                });
                writeln!(out, "{line}")?;
            }
        }
    }
    writeln!(out, "{:42} {:>6} {:>9} {:>11} {:>14}", "questions", "asked", "answered", "page right", "answer quoted")?;
    for (name, tally) in [
        ("answerable, all books", inside),
        ("answerable, without their book", elsewhere),
        ("made unanswerable, all books", unanswerable),
    ] {
        writeln!(out, "{name:42} {}", tally.row())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read(args: &Args) -> Result<Vec<Question>, CliError> {
    let text = std::fs::read_to_string(&args.questions)
        .map_err(|source| CliError::File { path: args.questions.clone(), source })?;
    let parsed = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(|(i, line)| {
        serde_json::from_str(line).map_err(|error| {
            CliError::Usage(format!("{}, line {}: not a labelled question: {error}", args.questions.display(), i + 1))
        })
    });
    let all = parsed.collect::<Result<Vec<Question>, _>>()?;
    Ok(all.into_iter().step_by(args.every as usize).collect())
}

fn is_right_page(question: &Question, probe: &Probe) -> bool {
    probe.citations.first().is_some_and(|first| first.book == question.book && question.pages.contains(&first.page))
}

fn is_quoted(question: &Question, probe: &Probe) -> bool {
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let quotes: Vec<String> = probe.citations.iter().map(|citation| fold(&citation.quote)).collect();
    question.answers.iter().any(|answer| quotes.iter().any(|quote| quote.contains(&fold(answer))))
}

impl Tally {
    fn count(&mut self, question: &Question, probe: Option<&Probe>) {
        self.asked += 1;
        let Some(probe) = probe else { return };
        self.answered += usize::from(probe.answered);
        self.right_page += usize::from(is_right_page(question, probe));
        self.answer_quoted += usize::from(is_quoted(question, probe));
    }

    fn row(&self) -> String {
        let share = |number: usize| number as f64 / self.asked.max(1) as f64;
        format!(
            "{:>6} {:>9.3} {:>11.3} {:>14.3}",
            self.asked,
            share(self.answered),
            share(self.right_page),
            share(self.answer_quoted)
        )
    }
}
