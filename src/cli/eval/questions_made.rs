//! `lectern eval questions-made`: the questions that are made of the books' own sentences, to be read by people.

use super::super::CliError;
use super::super::folders::Folders;
use crate::library::{Library, SectionKind};
use crate::tutor::make::{Kind, Material, Source, Wish, questions, sources};
use crate::tutor::{Expected, Question, Task};
use std::process::ExitCode;

/// Flags of `lectern eval questions-made`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this book (its name in links)
    #[arg(long, value_name = "BOOK")]
    book: Option<String>,
    /// Questions of a section at most
    #[arg(long, default_value_t = 5, value_name = "N")]
    per_section: usize,
    /// Sentences that are asked about together; a longer section is cut
    #[arg(long, default_value_t = 25, value_name = "N")]
    sentences: usize,
    /// Another seed, other questions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    folders: Folders,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let library = Library::open_existing(&args.folders.data)?;
    let (mut num_questions, mut num_parts) = (0usize, 0usize);
    for book in library.books()? {
        if args.book.as_ref().is_some_and(|wanted| *wanted != book.book.id.0) {
            continue;
        }
        let chunks = library.book_chunks(&book.book.id)?;
        let mut parts: Vec<Vec<Source>> = Vec::new();
        for info in library.sections(&book.book.id)?.iter().filter(|info| info.kind == SectionKind::Body) {
            let passages: Vec<_> = chunks.iter().filter(|chunk| chunk.section.id == info.section.id).cloned().collect();
            parts.extend(sources(&passages).chunks(args.sentences.max(1)).map(<[Source]>::to_vec));
        }
        for (i, own) in parts.iter().enumerate() {
            let others = parts.iter().enumerate().filter(|(other, _)| *other != i);
            let around: Vec<Source> = others.flat_map(|(_, part)| part.iter().cloned()).collect();
            let heading = own.first().map_or("", |source| source.section.as_str());
            let wish = Wish { kinds: Kind::ALL, count: args.per_section };
            let made = questions(&Material { heading, own, around: &around }, wish, args.seed.wrapping_add(i as u64));
            num_parts += 1;
            if !made.is_empty() {
                println!("\n## {}: {heading}", book.book.file_name);
            }
            for question in made {
                num_questions += 1;
                show(num_questions, &question);
            }
        }
    }
    println!("\n{num_questions} questions of {num_parts} sections and parts of sections");
    Ok(ExitCode::SUCCESS)
}

fn show(number: usize, question: &Question) {
    println!("{number}. (p. {}) {}", question.source.page_label, question.prompt);
    match &question.task {
        Task::Cloze { answer } | Task::Short { answer } | Task::Exercise { answer: Some(answer) } => {
            show_answer(answer)
        }
        Task::Exercise { answer: None } => println!("    = ?"),
        Task::Choice { options, correct } => {
            for (i, option) in options.iter().enumerate() {
                println!("    {} {option}", if i == *correct { '*' } else { '-' });
            }
        }
        Task::Order { events, order } => order.iter().for_each(|i| println!("    {}", events[*i])),
        Task::Match { terms, meanings, pairs } => {
            terms.iter().zip(pairs).for_each(|(term, pair)| println!("    {term} = {}", meanings[*pair]));
        }
    }
}

fn show_answer(answer: &Expected) {
    let also = if answer.also.is_empty() { String::new() } else { format!(" (also: {})", answer.also.join("; ")) };
    println!("    = {}{also}", answer.text);
}
