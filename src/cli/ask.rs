//! `lectern ask`: one question, answered in the terminal from the books.

use super::CliError;
use super::folders::Folders;
use super::weights::{self, ModelArgs};
use crate::library::Library;
use crate::retrieval::Retriever;
use crate::tutor::{Cancel, Reply, Scope, TurnEvent, Tutor, Writer};
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

/// Flags of `lectern ask`.
///
/// Exit code: 0 when the books answer, 3 when they do not, 1 when something failed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to ask
    #[arg(value_name = "QUESTION")]
    question: String,
    /// Ask this book only: its file name, id, or a part of its title
    #[arg(long, value_name = "NAME")]
    book: Option<String>,
    /// Print one JSON object instead of the words as they come
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    folders: Folders,
}

/// Exit code of a question that the books do not answer.
const NOT_IN_BOOKS: u8 = 3;

pub(super) fn run(args: Args) -> Result<ExitCode, CliError> {
    if args.question.trim().is_empty() {
        return Err(CliError::Usage("the question is empty".into()));
    }
    let library = Arc::new(Library::open_existing(&args.folders.data)?);
    let embedder = weights::embedder(&args.folders, &args.models.embedder)?;
    let reranker = weights::reranker(&args.folders, &args.models.reranker, args.models.embedder.device)?;
    let retriever = Retriever::new(library, Arc::new(embedder)).with_reranker(reranker);
    let scope = match &args.book {
        Some(name) => one_book(&retriever, name)?,
        None => Scope::all(),
    };
    let engine = weights::engine(&args.folders, &args.models)?;
    let writer = engine.map(|(_, engine)| Arc::new(engine) as Arc<dyn Writer>);
    let tutor = Tutor::new(Arc::new(retriever), writer);
    let mut shown = Ok(());
    let reply = tutor.ask(
        &args.question,
        scope,
        &mut |event| {
            if let (TurnEvent::Delta(words), false) = (event, args.json) {
                shown = write!(std::io::stdout(), "{words}").and_then(|()| std::io::stdout().flush());
            }
        },
        &Cancel::default(),
    )?;
    match shown.and_then(|()| print(&reply, args.json)) {
        // Whoever reads has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(if reply.grounded { ExitCode::SUCCESS } else { ExitCode::from(NOT_IN_BOOKS) })
}

fn one_book(retriever: &Retriever, name: &str) -> Result<Scope, CliError> {
    let found = retriever.find_books(name)?;
    if found.is_empty() {
        let known: Vec<String> = retriever.books()?.into_iter().map(|book| book.file_name).collect();
        return Err(CliError::Usage(format!("no book is called {name:?}; there are: {}", known.join(", "))));
    }
    Ok(Scope { books: found.into_iter().map(|book| book.id).collect(), sections: Vec::new() })
}

/// What comes behind the words: the sources, or with `--json` everything.
fn print(reply: &Reply, json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let object = serde_json::json!({
            "response": reply.text,
            "grounded": reply.grounded,
            "citations": reply.citations,
        });
        return writeln!(out, "{object}");
    }
    writeln!(out)?;
    let mut told = Vec::new();
    for citation in &reply.citations {
        let place = (&citation.book, citation.page);
        if told.contains(&place) {
            continue;
        }
        told.push(place);
        write!(out, "\n  {}, page {}", citation.book, citation.page)?;
        if citation.page_label != citation.page.to_string() {
            write!(out, " (printed {})", citation.page_label)?;
        }
    }
    if reply.citations.is_empty() { Ok(()) } else { writeln!(out) }
}
