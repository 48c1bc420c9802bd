//! `lectern eval intents`: labelled messages of students, read with and without the embedding model.

use crate::cli::CliError;
use crate::cli::folders::Folders;
use crate::cli::weights::{self, EmbedderArgs};
use crate::embed::Embedder;
use crate::tutor::{Examples, Intent, ShelfError, TutorError, Utterance, UtteranceSet, read_by, utterances};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Flags of `lectern eval intents`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    embedder: EmbedderArgs,
    /// Measure the rules and the words alone, without an embedding model
    #[arg(long)]
    rules: bool,
    /// Print every message that was not understood
    #[arg(long)]
    verbose: bool,
    /// Print the figures as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folders: Folders,
}

/// The intents that every tutor must tell apart.
const SEEDS: &[&str] = &["teach", "continue", "question", "other"];

const SETS: &[(UtteranceSet, &str)] =
    &[(UtteranceSet::Tune, "tune"), (UtteranceSet::Test, "test"), (UtteranceSet::Held, "held")];

/// How many of how many were understood.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    right: usize,
    all: usize,
}

impl Count {
    fn add(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.all += 1;
    }

    fn share(self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
    }

    fn json(self) -> serde_json::Value {
        json!({"right": self.right, "of": self.all, "share": self.share()})
    }
}

/// The figures of one set.
#[derive(Debug, Default)]
struct Tally {
    seeds: Count,
    all: Count,
    topics: Count,
    languages: BTreeMap<String, Count>,
    /// By meant and understood intent.
    confusion: BTreeMap<(&'static str, &'static str), usize>,
}

impl Tally {
    fn count(&mut self, utterance: &Utterance, read: &Intent) {
        let is_right = read.name() == utterance.intent;
        self.all.add(is_right);
        if SEEDS.contains(&utterance.intent.as_str()) {
            self.seeds.add(is_right);
        }
        if is_right && !utterance.topic.is_empty() {
            self.topics.add(read.topic() == utterance.topic);
        }
        self.languages.entry(utterance.lang.clone()).or_default().add(is_right);
        if let Some(meant) = Intent::NAMES.iter().find(|name| **name == utterance.intent) {
            *self.confusion.entry((meant, read.name())).or_default() += 1;
        }
    }

    fn json(&self) -> serde_json::Value {
        let languages: BTreeMap<_, _> = self.languages.iter().map(|(name, count)| (name, count.json())).collect();
        let confusion: Vec<_> =
            self.confusion.iter().map(|((meant, read), n)| json!({"meant": meant, "read": read, "count": n})).collect();
        json!({"seeds": self.seeds.json(), "all": self.all.json(), "topics": self.topics.json(),
               "languages": languages, "confusion": confusion})
    }

    fn print(&self, name: &str) {
        let line = |what: &str, count: Count| {
            println!("{name} {what:8} {:.3}  {} of {}", count.share(), count.right, count.all)
        };
        line("seeds", self.seeds);
        line("all", self.all);
        line("topics", self.topics);
        for (language, count) in &self.languages {
            line(language, *count);
        }
    }

    /// The confusion table: a row for what was meant, a column for what was understood.
    fn print_confusion(&self) {
        print!("\n{:10}", "meant");
        Intent::NAMES.iter().for_each(|name| print!("{:>5}", &name[..name.len().min(4)]));
        println!();
        for meant in Intent::NAMES {
            print!("{meant:10}");
            for read in Intent::NAMES {
                match self.confusion.get(&(*meant, *read)) {
                    Some(n) => print!("{n:5}"),
                    None => print!("{:>5}", "."),
                }
            }
            println!();
        }
    }
}

fn meanings(embedder: Option<&Embedder>, texts: &[&str]) -> Result<Vec<Vec<f32>>, ShelfError> {
    let Some(embedder) = embedder else { return Ok(Vec::new()) };
    embedder.embed_passages(texts).map_err(|error| ShelfError(error.to_string()))
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let embedder = if args.rules { None } else { Some(weights::embedder(&args.folders, &args.embedder)?) };
    if embedder.is_none() {
        eprintln!("Without an embedding model: this measures the rules and the words alone.");
    }
    let mut embed = |texts: &[&str]| meanings(embedder.as_ref(), texts);
    let examples = Examples::new(&mut embed).map_err(TutorError::from)?;
    let mut tallies: BTreeMap<UtteranceSet, Tally> = BTreeMap::new();
    for utterance in utterances() {
        let read = read_by(&utterance.text, utterance.situation(), &examples, &mut embed).map_err(TutorError::from)?;
        if args.verbose && (read.name() != utterance.intent || read.topic() != utterance.topic) {
            let Utterance { text, intent, topic, lesson, asked, set, lang } = &utterance;
            let situation = json!({"set": format!("{set:?}"), "lang": lang, "lesson": lesson, "asked": asked});
            println!("{situation} {text:?}: meant {intent} {topic:?}, read {} {:?}", read.name(), read.topic());
        }
        tallies.entry(utterance.set).or_default().count(&utterance, &read);
    }
    let named = |set: &UtteranceSet| SETS.iter().find(|(known, _)| known == set).map_or("", |(_, name)| *name);
    if args.json {
        let figures: BTreeMap<_, _> = tallies.iter().map(|(set, tally)| (named(set), tally.json())).collect();
        println!("{}", json!({"with_embedder": embedder.is_some(), "sets": figures}));
        return Ok(ExitCode::SUCCESS);
    }
    for (set, tally) in &tallies {
        tally.print(named(set));
    }
    if let Some(test) = tallies.get(&UtteranceSet::Test) {
        test.print_confusion();
    }
    Ok(ExitCode::SUCCESS)
}
