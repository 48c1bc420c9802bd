//! `lectern eval`: this build against reference data.

mod answers;
mod grading;
mod headings;
mod intents;
mod lessons;
mod misses;
mod pages;
mod questions;
mod questions_made;
mod reference;
mod refusal;
mod retrieval;

pub(super) use questions::{Question, QuestionArgs};

use super::CliError;
use super::folders::Folders;
use std::process::ExitCode;

/// What all measurements on labelled questions have.
#[derive(Debug, clap::Args)]
struct EvalArgs {
    #[command(flatten)]
    questions: QuestionArgs,
    /// Print what was found for each question, a JSON object a line, before the table
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    misses: misses::MissesArgs,
    /// Print the figures as one JSON object in the last line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folders: Folders,
}

/// Flags of `lectern eval`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to measure.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// Compare inference with what llama.cpp answered: log-probabilities, greedy tokens, token ids, chat templates
    Reference(reference::Args),
    /// Search the library for labelled questions: is the right page among the first passages, is the answer in them
    Retrieval(retrieval::Args),
    /// Answer labelled questions: does the quote hold the answer, is every citation true, is what the model says supported
    Answers(answers::Args),
    /// Ask what the books do not say: is it refused, and how often is what they do say
    Refusal(refusal::Args),
    /// Find headings without the books' outlines, and compare them with the outlines
    Headings(headings::Args),
    /// Make questions of the books' own sentences, without any model, and print them with their answers
    QuestionsMade(questions_made::Args),
    /// Grade labelled answers of students: how often is right told from not right, and how often asked again
    Grading(grading::Args),
    /// Teach scripted students from the library: lessons, detours, quizzes and reviews, and what holds of them
    Lessons(lessons::Args),
    /// Read labelled messages of students: is it understood what each asks for
    Intents(intents::Args),
}

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    match args.what {
        What::Reference(args) => reference::run(&args),
        What::Retrieval(args) => retrieval::run(&args),
        What::Answers(args) => answers::run(&args),
        What::Refusal(args) => refusal::run(&args),
        What::Headings(args) => headings::run(&args),
        What::QuestionsMade(args) => questions_made::run(&args),
        What::Grading(args) => grading::run(&args),
        What::Lessons(args) => lessons::run(&args),
        What::Intents(args) => intents::run(&args),
    }
}
