//! `lectern eval refusal`: is what the books do not say told so?

use super::EvalArgs;
use super::misses::{Evidence, Miss, Misses};
use super::questions::{Question, share};
use crate::cli::CliError;
use crate::cli::weights::{self, EmbedderArgs, RerankerArgs};
use crate::library::Library;
use crate::passage::BookRef;
use crate::retrieval::Retriever;
use crate::tutor::{Probe, Scope, Tutor};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

/// Points of the curve.
const NUM_POINTS: usize = 20;

/// Flags of `lectern eval refusal`.
///
/// Answerable questions are asked of all books, where refusing is wrong, and of all books but their own, where it is right.
/// Those made to look answerable, and those of books that are not there, are asked of all books, where it is right.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    eval: EvalArgs,
    #[command(flatten)]
    embedder: EmbedderArgs,
    #[command(flatten)]
    reranker: RerankerArgs,
}

/// What came of one kind of question.
#[derive(Debug, Default)]
struct Kind {
    refused: usize,
    /// How sure the tutor was that the books answer, one for each question.
    confidence: Vec<f32>,
}

impl Kind {
    fn count(&mut self, probe: Option<&Probe>) {
        self.refused += usize::from(!probe.is_some_and(|probe| probe.answered));
        self.confidence.push(probe.map_or(0.0, |probe| probe.confidence));
    }

    fn refused(&self) -> f64 {
        share(self.refused, self.confidence.len())
    }

    /// Share that would be refused if answers needed so much confidence.
    fn refused_below(&self, least: f32) -> f64 {
        share(self.confidence.iter().filter(|confidence| **confidence < least).count(), self.confidence.len())
    }
}

/// All kinds of questions.
#[derive(Debug, Default)]
struct Kinds {
    answerable: Kind,
    /// Answerable ones without the book that answers them.
    elsewhere: Kind,
    adversarial: Kind,
    /// Adversarial ones, and those of books that are not there at all.
    unanswerable: Kind,
}

impl Kinds {
    /// For each confidence that could be asked for, what share of each kind would be refused.
    fn curve(&self) -> Vec<[f64; 4]> {
        let point = |i: usize| {
            let least = i as f32 / NUM_POINTS as f32;
            let [a, b, c] =
                [&self.answerable, &self.elsewhere, &self.adversarial].map(|kind| kind.refused_below(least));
            [f64::from(least), a, b, c]
        };
        (0..=NUM_POINTS).map(point).collect()
    }

    /// The best that could be had of refusing the adversarial and not refusing the answerable, as the mean of both shares.
    fn best_balanced(&self) -> f64 {
        self.curve().iter().map(|[_, wrongly, _, rightly]| (1.0 - wrongly + rightly) / 2.0).fold(0.0, f64::max)
    }

    fn json(&self) -> Value {
        let point = |[least, a, b, c]: &[f64; 4]| json!({"confidence": least, "false_refusal": a, "true_refusal_elsewhere": b, "true_refusal_adversarial": c});
        json!({
            "false_refusal": self.answerable.refused(),
            "true_refusal": self.unanswerable.refused(),
            "true_refusal_adversarial": self.adversarial.refused(),
            "true_refusal_elsewhere": self.elsewhere.refused(),
            "best_balanced_accuracy": self.best_balanced(),
            "curve": self.curve().iter().map(point).collect::<Vec<_>>(),
        })
    }

    fn write_table(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        writeln!(out, "{:>12} {:>12} {:>22} {:>14}", "confidence", "answerable", "without their book", "adversarial")?;
        for [least, a, b, c] in self.curve() {
            writeln!(out, "{least:>12.2} {a:>12.3} {b:>22.3} {c:>14.3}")?;
        }
        let [a, b, c] = [&self.answerable, &self.elsewhere, &self.adversarial].map(Kind::refused);
        writeln!(out, "{:>12} {a:>12.3} {b:>22.3} {c:>14.3}", "as it is")?;
        writeln!(out, "best balanced accuracy on the adversarial: {:.3}", self.best_balanced())
    }
}

/// In which role a question is asked, and of which books.
fn roles(question: &Question, books: &[BookRef]) -> Vec<(&'static str, Scope)> {
    let is_its_book = |book: &&BookRef| book.file_name == question.book;
    let others: Vec<_> = books.iter().filter(|book| !is_its_book(book)).map(|book| book.id.clone()).collect();
    if !question.answerable {
        return vec![("adversarial", Scope::all())];
    }
    if others.len() == books.len() {
        return vec![("absent", Scope::all())];
    }
    let mut roles = vec![("answerable", Scope::all())];
    if !others.is_empty() {
        roles.push(("elsewhere", Scope { books: others, sections: Vec::new() }));
    }
    roles
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let questions = args.eval.questions.read()?;
    let library = Arc::new(Library::open_existing(&args.eval.folders.data)?);
    let embedder = weights::embedder(&args.eval.folders, &args.embedder)?;
    let reranker = weights::reranker(&args.eval.folders, &args.reranker, args.embedder.device)?;
    let retriever = Retriever::new(library, Arc::new(embedder)).with_reranker(reranker);
    let books = retriever.books()?;
    let tutor = Tutor::new(Arc::new(retriever), None);
    let (mut kinds, mut misses) = (Kinds::default(), Misses::new(&args.eval.misses));
    let mut out = std::io::stdout().lock();
    for question in &questions {
        for (role, scope) in roles(question, &books) {
            let probe = tutor.probe(&question.question, &scope)?;
            let Kinds { answerable, elsewhere, adversarial, unanswerable } = &mut kinds;
            let counted = match role {
                "answerable" => vec![answerable],
                "elsewhere" => vec![elsewhere],
                "absent" => vec![elsewhere, unanswerable],
                _ => vec![adversarial, unanswerable],
            };
            counted.into_iter().for_each(|kind| kind.count(probe.as_ref()));
            if probe.as_ref().is_some_and(|probe| probe.answered) != (role == "answerable") {
                misses.add(|| miss(question, role, probe.as_ref()));
            }
            if args.eval.verbose {
                writeln!(out, "{}", json!({"kind": role, "question": question.question, "probe": probe}))?;
            }
        }
    }
    let report = kinds.json();
    misses.write("Questions that were wrongly answered or wrongly refused", &report)?;
    if args.eval.json {
        writeln!(out, "{report}")?;
    } else {
        kinds.write_table(&mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn miss(question: &Question, role: &str, probe: Option<&Probe>) -> Miss {
    let what = match role {
        "answerable" => "Refused, but it is in the books.",
        "elsewhere" | "absent" => "Answered, but from the wrong book: the right one is not there.",
        _ => "Answered, but it only looks as if the page did.",
    };
    let place = probe.map_or_else(String::new, |probe| {
        let Probe { confidence, coverage, sentence_coverage, passage_cosine, sentence_cosine, sense, .. } = probe;
        format!(
            "Confidence {confidence:.2}: words {coverage:.2} and {sentence_coverage:.2} in the sentence, cosine \
             {passage_cosine:.2} and {sentence_cosine:.2}, sense {sense:?}"
        )
    });
    let found = probe.into_iter().flat_map(|probe| probe.citations.iter().map(Evidence::of));
    let figures = Evidence { place, text: String::new() };
    Miss {
        question: question.question.clone(),
        what,
        expected: question.expected(),
        found: found.chain([figures]).collect(),
    }
}
