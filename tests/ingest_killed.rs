//! `lectern ingest` killed at any moment and run again ends in the same library as an undisturbed run.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod shelf;

use lectern::embed::{EmbedConfig, Embedder};
use lectern::library::{Filter, Library};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SUBJECTS: [&str; 6] = ["glacier", "magnet", "beetle", "lever", "harbour", "comet"];

fn write_books(folder: &Path) {
    for (n, subject) in SUBJECTS.iter().enumerate() {
        shelf::write_book(&folder.join(format!("{subject}.pdf")), subject, 4 + n);
    }
}

/// Runs an ingest and kills it after `after`; whether it was still running.
fn kill_after(models: &Path, data: &Path, corpus: &Path, after: Duration) -> bool {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("lectern"))
        .args([Path::new("ingest"), corpus, Path::new("--data"), data, Path::new("--models"), models])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + after;
    while Instant::now() < end {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    true
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
    let begun = Instant::now();
    let (code, text) = shelf::ingest(&models, &undisturbed, &[&corpus], &[]);
    let whole_run = begun.elapsed();
    assert_eq!(code, 0, "{text}");
    let expected = shelf::dump(&undisturbed);
    assert_eq!(expected.len(), SUBJECTS.len());

    let mut num_kills = 0;
    for round in 0..4 {
        let data = folder.path().join(format!("disturbed{round}"));
        // Moments spread over the run, other ones in every round; later kills meet a library that is partly there.
        for fraction in [0.9, 0.35, 0.6, 0.2] {
            let after = whole_run.mul_f64(fraction * (1.0 - 0.13 * f64::from(round)));
            num_kills += usize::from(kill_after(&models, &data, &corpus, after));
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
    println!("killed {num_kills} times; a whole run took {whole_run:?}");
    assert!(num_kills >= 6, "only {num_kills} of 16 runs were killed before they ended");
}
