//! Twenty scripted conversations with the real tutor, without a language model, over the books of `corpus/` and of the
//! shared evaluation: every word and every state as they were read and found good.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod shelf;

use lectern::embed::{EmbedConfig, Embedder};
use lectern::ingest::{IngestOptions, ingest};
use lectern::library::Library;
use lectern::retrieval::Retriever;
use lectern::tutor::{Cancel, Learner, Quiz, Said, Session, Student, Teach as _, Tutor};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const SCRIPTS: &str = include_str!("class/scripts.txt");
/// When every conversation begins, in seconds since 1970.
const BEGIN: i64 = 1_767_600_000;
const DAY: i64 = 86_400;

/// Where a book of the scripts is, if it is here.
fn book(file_name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("LECTERN_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    [root.join("corpus"), shared.join("eval/books")]
        .map(|folder| folder.join(file_name))
        .into_iter()
        .find(|path| path.exists())
}

/// Name, book and messages of every script.
fn scripts() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let mut scripts: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for line in SCRIPTS.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("== ") {
            Some(head) => {
                let (name, book) = head.split_once(", ").expect("a name and a book");
                scripts.push((name, book, Vec::new()));
            }
            None => scripts.last_mut().expect("a script has a head").2.push(line),
        }
    }
    scripts
}

/// What the student of a script has in hand.
struct Desk<'a> {
    tutor: &'a Tutor,
    session: Session,
    learner: Learner,
    at: i64,
}

impl Desk<'_> {
    fn say(&mut self, message: &str) -> String {
        let student = Student { session: &mut self.session, learner: &mut self.learner };
        let said = Said { content: message, at: self.at };
        let reply = self.tutor.turn(student, said, &mut |_| {}, &Cancel::default()).unwrap();
        self.at += 60;
        let lesson = reply.lesson.map_or_else(String::new, |place| format!(", step {} of {}", place.step, place.total));
        let quiz = reply.quiz.map_or_else(String::new, |quiz| {
            format!(
                ", question {} of {}, {} attempts, {} hints, {:?}",
                quiz.number, quiz.total, quiz.attempts, quiz.hints, quiz.result
            )
        });
        format!(
            "{}\n\n[{:?}{lesson}{quiz}, {} citations, grounded {}]",
            reply.text,
            reply.mode,
            reply.citations.len(),
            reply.grounded
        )
    }

    /// What a line of a script makes the student say; nothing where it makes time pass.
    fn line(&mut self, line: &str) -> Option<String> {
        let question = self.session.quiz.as_ref().and_then(Quiz::item).map(|item| item.question.clone());
        match line.split_once(' ').unwrap_or((line, "")) {
            ("@restart", _) => {
                let stored =
                    (serde_json::to_string(&self.session).unwrap(), serde_json::to_string(&self.learner).unwrap());
                self.session = serde_json::from_str(&stored.0).unwrap();
                self.learner = serde_json::from_str(&stored.1).unwrap();
                None
            }
            ("@days", days) => {
                self.at += days.parse::<i64>().unwrap() * DAY;
                None
            }
            ("@right", _) => Some(question.map_or_else(|| "continue".to_owned(), |question| question.right_answer())),
            ("@wrong", _) => Some("purple elephants".to_owned()),
            _ => Some(line.to_owned()),
        }
    }
}

#[test]
fn the_class_goes_as_it_was_read() {
    let scripts = scripts();
    assert_eq!(scripts.len(), 20);
    let Some(models) = shelf::models() else { return };
    let folder = tempfile::tempdir().unwrap();
    let library = Arc::new(Library::open(folder.path()).unwrap());
    let embedder = Arc::new(Embedder::load(&EmbedConfig::new(models.join("all-minilm-l6-v2"))).unwrap());
    let mut names: Vec<&str> = scripts.iter().map(|(_, book, _)| *book).collect();
    names.sort_unstable();
    names.dedup();
    let found: Vec<PathBuf> = names.iter().filter_map(|name| book(name)).collect();
    let all_here = found.len() == names.len();
    if !all_here {
        // What a tutor says depends on all the books it has.
        println!("skipped: the conversations need the shared evaluation books; set LECTERN_SHARED");
        return;
    }
    let never = AtomicBool::new(false);
    ingest(&found, &library, &embedder, &IngestOptions::default(), &mut |_| {}, &never).unwrap();
    let tutor = Tutor::new(Arc::new(Retriever::new(library, embedder)), None);
    for (name, _, messages) in scripts {
        let mut desk = Desk { tutor: &tutor, session: Session::default(), learner: Learner::default(), at: BEGIN };
        let mut transcript = String::new();
        for line in messages {
            match desk.line(line) {
                Some(message) => {
                    let reply = desk.say(&message);
                    let _infallible = write!(transcript, "STUDENT: {message}\n\n{reply}\n\n");
                }
                None => {
                    let _infallible = write!(transcript, "({line})\n\n");
                }
            }
        }
        insta::assert_snapshot!(name.replace(' ', "_"), transcript);
    }
}
