//! `lectern ingest` killed at any moment and run again ends in the same library as an undisturbed run.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod shelf;

use lectern::embed::{EmbedConfig, Embedder};
use lectern::library::{Filter, Library};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const SUBJECTS: [&str; 5] = ["glacier", "magnet", "beetle", "lever", "comet"];

fn write_books(folder: &Path) {
    for (n, subject) in SUBJECTS.iter().enumerate() {
        shelf::write_book(&folder.join(format!("{subject}.pdf")), subject, 2 + n % 2);
    }
}

/// Runs an ingest and kills it `delay` after its `num_lines`-th line of news; whether it was still running.
fn kill_after(models: &Path, data: &Path, corpus: &Path, num_lines: usize, delay: Duration) -> bool {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("lectern"))
        .args([Path::new("ingest"), corpus, Path::new("--data"), data, Path::new("--models"), models])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut news = BufReader::new(child.stderr.take().unwrap()).lines();
    let seen = news.by_ref().take(num_lines).count();
    std::thread::sleep(delay);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    running && seen == num_lines
}

fn check_vectors(models: &Path, undisturbed: &Path, disturbed: &Path) {
    let (expected, got) = (shelf::vectors(undisturbed), shelf::vectors(disturbed));
    assert_eq!(expected.len(), got.len());
    for (at, (a, b)) in expected.iter().zip(&got).enumerate() {
        let cosine: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
        assert!(cosine > 0.9999, "vector {at}: cosine {cosine}");
    }
    let embedder = Embedder::load(&EmbedConfig::new(models.join("all-minilm-l6-v2"))).unwrap();
    let search = |data: &Path, question: &str| {
        let library = Library::open_existing(data).unwrap();
        let hits = library.search_vectors(&embedder.embed_query(question).unwrap(), 5, &Filter::default()).unwrap();
        let chunks: Vec<_> = hits.iter().map(|hit| hit.chunk).collect();
        library.passages(&chunks).unwrap().into_iter().map(|passage| passage.text).collect::<Vec<_>>()
    };
    for question in ["what does the comet lift?", "the beetle and its neighbours"] {
        assert_eq!(search(disturbed, question), search(undisturbed, question), "{question}");
    }
}

#[test]
fn a_killed_ingest_that_is_run_again_ends_as_an_undisturbed_one() {
    let Some(models) = shelf::models() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (corpus, undisturbed) = (folder.path().join("corpus"), folder.path().join("undisturbed"));
    write_books(&corpus);
    let (code, text) = shelf::ingest(&models, &undisturbed, &[&corpus], &[]);
    assert_eq!(code, 0, "{text}");
    let expected = shelf::dump(&undisturbed);
    assert_eq!(expected.len(), SUBJECTS.len());

    // The first line says what there is to do, every further one that a book is stored. Later runs of a round meet a library
    // that is partly there; the last round is killed while the vector index is written.
    let rounds: [&[(usize, u64)]; 3] = [
        &[(0, 40), (1, 0), (1, 500), (2, 0), (2, 300)],
        &[(0, 5), (1, 120), (3, 3), (2, 30)],
        &[(SUBJECTS.len() + 1, 0)],
    ];
    let mut num_kills = 0;
    for (round, kills) in rounds.iter().enumerate() {
        let data = folder.path().join(format!("disturbed{round}"));
        for (num_lines, delay) in *kills {
            num_kills += usize::from(kill_after(&models, &data, &corpus, *num_lines, Duration::from_millis(*delay)));
            if data.join("library.sqlite").exists() {
                for book in shelf::dump(&data) {
                    assert!(expected.contains(&book), "round {round}: a book that is there is whole");
                }
            }
        }
        let (code, text) = shelf::ingest(&models, &data, &[&corpus], &[]);
        assert_eq!(code, 0, "round {round}: {text}");
        assert_eq!(shelf::dump(&data), expected, "round {round}");
        check_vectors(&models, &undisturbed, &data);
    }
    println!("killed {num_kills} times");
    assert!(num_kills >= 6, "only {num_kills} of 10 runs were killed before they ended");
}
