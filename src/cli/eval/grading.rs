//! `lectern eval grading`: answers of students, graded by the tutor and by a teacher.

use super::questions::share;
use crate::cli::CliError;
use crate::cli::folders::Folders;
use crate::cli::weights::{self, EmbedderArgs};
use crate::embed::Embedder;
use crate::tutor::{Grade, GradingCase, grading_cases};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::process::ExitCode;

/// Flags of `lectern eval grading`.
///
/// Only "right" or not is measured: an answer that is partly right counts as not right. What the tutor would ask again is
/// left out of the accuracy and told as a share of its own.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print every answer that is graded otherwise than by the teacher, or asked again
    #[arg(long)]
    verbose: bool,
    /// Print the figures as one JSON object in the last line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    embedder: EmbedderArgs,
}

/// What came of some answers.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    num_answers: usize,
    num_unsure: usize,
    /// Graded right, or not, against the teacher.
    num_wrong: usize,
    num_right: usize,
    said_right: usize,
    both_right: usize,
    /// The same one of the teacher's four grades.
    num_same: usize,
}

impl Tally {
    fn count(&mut self, label: Grade, graded: Grade) {
        let (is, said) = (label == Grade::Right, graded == Grade::Right);
        self.num_answers += 1;
        self.num_unsure += usize::from(graded == Grade::Unsure);
        self.num_wrong += usize::from(graded != Grade::Unsure && is != said);
        self.num_right += usize::from(is);
        self.said_right += usize::from(said);
        self.both_right += usize::from(is && said);
        self.num_same += usize::from(label == graded);
    }

    fn accuracy(&self) -> f64 {
        1.0 - share(self.num_wrong, self.num_answers - self.num_unsure)
    }

    fn precision(&self) -> f64 {
        share(self.both_right, self.said_right)
    }

    fn recall(&self) -> f64 {
        share(self.both_right, self.num_right)
    }

    fn json(&self) -> Value {
        json!({
            "answers": self.num_answers,
            "accuracy": self.accuracy(),
            "asked_again": share(self.num_unsure, self.num_answers),
            "precision_of_right": self.precision(),
            "recall_of_right": self.recall(),
            "same_of_four_grades": share(self.num_same, self.num_answers),
        })
    }
}

/// By set and kind of question; all kinds of a set together under an empty name.
type Tallies = BTreeMap<(String, String), Tally>;

/// Grades all answers.
fn graded(
    cases: &[GradingCase],
    nearness: &mut dyn FnMut(&str, &str) -> Option<f32>,
    mut differs: impl FnMut(&GradingCase, Grade),
) -> Tallies {
    let mut tallies = Tallies::new();
    for case in cases {
        let grade = case.grade(nearness);
        for kind in [case.kind(), String::new()] {
            tallies.entry((case.set.clone(), kind)).or_default().count(case.label, grade);
        }
        if grade != case.label {
            differs(case, grade);
        }
    }
    tallies
}

/// The cosine of two texts; each is embedded once.
fn cosine(embedder: &Embedder, seen: &mut HashMap<String, Vec<f32>>, a: &str, b: &str) -> Option<f32> {
    for text in [a, b] {
        if !seen.contains_key(text) {
            let vector = embedder.embed_passages(&[text]).ok()?.pop()?;
            seen.insert(text.to_owned(), vector);
        }
    }
    Some(seen.get(a)?.iter().zip(seen.get(b)?).map(|(a, b)| a * b).sum())
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let embedder = weights::embedder(&args.folders, &args.embedder)?;
    let cases = grading_cases();
    let mut out = std::io::stdout().lock();
    let mut differences = Vec::new();
    let mut seen = HashMap::new();
    let with = graded(&cases, &mut |a, b| cosine(&embedder, &mut seen, a, b), |case, grade| {
        let (prompt, student, label) = (&case.question.prompt, &case.student, case.label);
        differences.push(json!({
            "set": case.set, "kind": case.kind(), "prompt": prompt, "student": student, "label": label, "grade": grade,
        }));
    });
    let without = graded(&cases, &mut |_, _| None, |_, _| {});
    if args.verbose {
        for difference in differences {
            writeln!(out, "{difference}")?;
        }
    }
    if args.json {
        writeln!(out, "{}", json!({ "with_embedder": report(&with), "without_embedder": report(&without) }))?;
        return Ok(ExitCode::SUCCESS);
    }
    write_table(&mut out, "with the embedder", &with)?;
    write_table(&mut out, "without it", &without)?;
    writeln!(out, "right or not: partly right counts as not right; what is asked again is in no accuracy")?;
    Ok(ExitCode::SUCCESS)
}

fn report(tallies: &Tallies) -> Value {
    let mut sets = serde_json::Map::new();
    for ((set, kind), tally) in tallies {
        let kind = if kind.is_empty() { "all" } else { kind };
        sets.entry(set).or_insert_with(|| json!({}))[kind] = tally.json();
    }
    Value::Object(sets)
}

fn write_table(out: &mut impl Write, title: &str, tallies: &Tallies) -> std::io::Result<()> {
    writeln!(
        out,
        "{title:<26} {:>7} {:>9} {:>11} {:>10} {:>7} {:>10}",
        "answers", "accuracy", "asked again", "precision", "recall", "same grade"
    )?;
    for ((set, kind), tally) in tallies {
        let name = format!("  {set} {}", if kind.is_empty() { "all" } else { kind });
        let again = share(tally.num_unsure, tally.num_answers);
        let same = share(tally.num_same, tally.num_answers);
        let (accuracy, precision, recall) = (tally.accuracy(), tally.precision(), tally.recall());
        writeln!(
            out,
            "{name:<26} {:>7} {accuracy:>9.3} {again:>11.3} {precision:>10.3} {recall:>7.3} {same:>10.3}",
            tally.num_answers
        )?;
    }
    Ok(())
}
