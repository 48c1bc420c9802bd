//! `lectern eval headings`: headings found on the pages, without the outline, against the outline of the same book.

use super::super::CliError;
use crate::corpus::{HeadingPlace, ReadOptions, headings_against_outline};
use std::path::PathBuf;
use std::process::ExitCode;

/// Flags of `lectern eval headings`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// PDFs; those without a usable outline are left out
    #[arg(required = true, value_name = "FILE.pdf")]
    files: Vec<PathBuf>,
    /// List the entries that were missed (-) and the headings that the outline does not have (+)
    #[arg(long)]
    show: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let (mut precisions, mut recalls) = (Vec::new(), Vec::new());
    println!("precision  recall  matched  missed  extra  book");
    for path in &args.files {
        let Some(score) = headings_against_outline(path, &ReadOptions::default())? else { continue };
        let (precision, recall) = (score.precision(), score.recall());
        let (missed, extra) = (score.missed.len(), score.extra.len());
        println!("{precision:9.3} {recall:7.3} {:8} {missed:7} {extra:6}  {}", score.num_matched, path.display());
        precisions.push(precision);
        recalls.push(recall);
        if args.show {
            show('-', &score.missed);
            show('+', &score.extra);
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    println!("{:9.3} {:7.3}  mean of {} books that have an outline", mean(&precisions), mean(&recalls), recalls.len());
    Ok(if recalls.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(sign: char, places: &[HeadingPlace]) {
    for place in places {
        println!("  {sign} page {:4}, level {}: {}", place.page.number(), place.level, place.title);
    }
}
