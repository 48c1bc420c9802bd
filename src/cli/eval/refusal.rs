//! `lectern eval refusal`: is what the books do not say told so?

use super::misses::{Evidence, Miss, Misses, MissesArgs};
use super::questions::{Question, QuestionArgs, share};
use crate::cli::CliError;
use crate::cli::folders::Folders;
use crate::cli::weights::{self, EmbedderArgs, RerankerArgs};
use crate::library::Library;
use crate::retrieval::Retriever;
use crate::tutor::{Probe, Scope, Tutor};
use serde_json::json;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

/// Points of the curve.
const NUM_POINTS: usize = 20;

/// Flags of `lectern eval refusal`.
///
/// Answerable questions are asked of all books, where refusing is wrong, and of all books but their own, where it is right.
/// Those made to look answerable are asked of all books, where it is right.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    questions: QuestionArgs,
    /// Print what was found for each question, a JSON object a line, before the table
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    misses: MissesArgs,
    /// Print the figures as one JSON object in the last line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    embedder: EmbedderArgs,
    #[command(flatten)]
    reranker: RerankerArgs,
    #[command(flatten)]
    folders: Folders,
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

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let questions = args.questions.read()?;
    let library = Arc::new(Library::open_existing(&args.folders.data)?);
    let embedder = weights::embedder(&args.folders, &args.embedder)?;
    let reranker = weights::reranker(&args.folders, &args.reranker, args.embedder.device)?;
    let retriever = Retriever::new(library, Arc::new(embedder)).with_reranker(reranker);
    let books = retriever.books()?;
    let tutor = Tutor::new(Arc::new(retriever), None);
    let (mut answerable, mut elsewhere, mut adversarial) = (Kind::default(), Kind::default(), Kind::default());
    let mut misses = Misses::new(&args.misses);
    let mut out = std::io::stdout().lock();
    for question in &questions {
        let others = books.iter().filter(|book| book.file_name != question.book).map(|book| book.id.clone()).collect();
        let others = Scope { books: others, sections: Vec::new() };
        let kinds = if question.answerable {
            vec![("answerable", &mut answerable, Scope::all()), ("elsewhere", &mut elsewhere, others)]
        } else {
            vec![("adversarial", &mut adversarial, Scope::all())]
        };
        for (name, kind, scope) in kinds {
            let probe = tutor.probe(&question.question, &scope)?;
            kind.count(probe.as_ref());
            let answered = probe.as_ref().is_some_and(|probe| probe.answered);
            if answered != (name == "answerable") {
                misses.add(|| miss(question, name, probe.as_ref()));
            }
            if args.verbose {
                writeln!(out, "{}", json!({"kind": name, "question": question.question, "probe": probe}))?;
            }
        }
    }
    let points: Vec<[f64; 4]> = (0..=NUM_POINTS)
        .map(|i| i as f32 / NUM_POINTS as f32)
        .map(|least| {
            let [a, b, c] = [&answerable, &elsewhere, &adversarial].map(|kind| kind.refused_below(least));
            [f64::from(least), a, b, c]
        })
        .collect();
    let balanced = points.iter().map(|[_, wrongly, _, rightly]| (1.0 - wrongly + rightly) / 2.0).fold(0.0, f64::max);
    let curve: Vec<_> = points.iter().map(|[least, a, b, c]| {
        json!({"confidence": least, "false_refusal": a, "true_refusal_elsewhere": b, "true_refusal": c})
    }).collect();
    let report = json!({
        "questions": questions.len(), "false_refusal": answerable.refused(), "true_refusal": adversarial.refused(),
        "true_refusal_elsewhere": elsewhere.refused(), "best_balanced_accuracy": balanced, "curve": curve,
    });
    misses.write("Questions that were wrongly answered or wrongly refused", &report)?;
    if args.json {
        writeln!(out, "{report}")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{:>12} {:>12} {:>22} {:>14}", "confidence", "answerable", "without their book", "adversarial")?;
    for [least, a, b, c] in points {
        writeln!(out, "{least:>12.2} {a:>12.3} {b:>22.3} {c:>14.3}")?;
    }
    let kinds = [&answerable, &elsewhere, &adversarial].map(Kind::refused);
    writeln!(out, "{:>12} {:>12.3} {:>22.3} {:>14.3}", "as it is", kinds[0], kinds[1], kinds[2])?;
    writeln!(out, "best balanced accuracy on the adversarial: {balanced:.3}")?;
    Ok(ExitCode::SUCCESS)
}

fn miss(question: &Question, kind: &str, probe: Option<&Probe>) -> Miss {
    let what = match kind {
        "answerable" => "Refused, but it is in the books.",
        "elsewhere" => "Answered, but from the wrong book: the right one was left out.",
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
