//! Questions that others wrote about eight books: how often the page is found. Needs the shared evaluation books.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod shelf;

use lectern::embed::{EmbedConfig, Embedder};
use lectern::ingest::{IngestOptions, ingest};
use lectern::library::Library;
use lectern::passage::Passage;
use lectern::retrieval::{Query, Retriever};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn books() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("LECTERN_SHARED").map_or(beside, PathBuf::from);
    let books = shared.join("eval/books");
    if !books.join("questions.jsonl").exists() {
        println!("skipped: no questions.jsonl in {}; set LECTERN_SHARED", books.display());
        return None;
    }
    Some(books)
}

/// Whether a passage is of that book and has text on one of those pages.
fn on_page(passage: &Passage, book: &str, pages: &[u64]) -> bool {
    let has = |page: u64| passage.page_starts.iter().any(|start| u64::from(start.page.number()) == page);
    passage.book.file_name == book && pages.iter().any(|page| has(*page))
}

#[test]
fn the_page_of_most_answers_is_among_the_first() {
    let (Some(models), Some(books)) = (shelf::models(), books()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let library = Arc::new(Library::open(folder.path()).unwrap());
    let embedder = Arc::new(Embedder::load(&EmbedConfig::new(models.join("all-minilm-l6-v2"))).unwrap());
    let begun = Instant::now();
    let never = AtomicBool::new(false);
    let report =
        ingest(std::slice::from_ref(&books), &library, &embedder, &IngestOptions::default(), &mut |_| {}, &never)
            .unwrap();
    assert_eq!((report.added.len(), &report.failed), (8, &vec![]));
    println!("{:?}, ingested in {:?}", library.counts().unwrap(), begun.elapsed());

    let retriever = Retriever::new(library, embedder);
    let questions = std::fs::read_to_string(books.join("questions.jsonl")).unwrap();
    let (mut total, mut first_page, mut page_hits, mut answer_hits) = (0, 0, [0; 3], [0; 3]);
    let begun = Instant::now();
    for line in questions.lines() {
        let question: Value = serde_json::from_str(line).unwrap();
        if question["answerable"] != true {
            continue;
        }
        let passages = retriever.search(&Query::new(question["question"].as_str().unwrap())).unwrap();
        let book = question["book"].as_str().unwrap();
        let pages: Vec<u64> = question["pages"].as_array().unwrap().iter().map(|page| page.as_u64().unwrap()).collect();
        let answers: Vec<&str> = question["answers"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let answered =
            |p: &Passage| p.book.file_name == book && answers.iter().any(|a| flat(&p.text).contains(&flat(a)));
        total += 1;
        first_page += usize::from(
            passages
                .first()
                .is_some_and(|p| p.book.file_name == book && pages.contains(&p.page_starts[0].page.number().into())),
        );
        for (at, depth) in [1, 3, 5].into_iter().enumerate() {
            page_hits[at] += usize::from(passages.iter().take(depth).any(|p| on_page(p, book, &pages)));
            answer_hits[at] += usize::from(passages.iter().take(depth).any(answered));
        }
    }
    let elapsed = begun.elapsed();
    let share = |hits: [usize; 3]| hits.map(|n| format!("{:.3}", n as f64 / total as f64)).join(" ");
    println!("{total} questions in {elapsed:?}, {:?} each", elapsed / total as u32);
    println!("page hit @1 @3 @5: {} (@1 by first page: {:.3})", share(page_hits), first_page as f64 / total as f64);
    println!("answer in passage @1 @3 @5: {}", share(answer_hits));
    assert!(page_hits[0] as f64 >= 0.90 * total as f64, "page hit@1: {}", share(page_hits));
    assert!(page_hits[2] as f64 >= 0.98 * total as f64, "page hit@5: {}", share(page_hits));
}

#[test]
fn whatever_is_asked_is_searched_for_and_another_model_is_refused() {
    let Some(models) = shelf::models() else { return };
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("rivers.pdf");
    shelf::write_book(&book, "glacier", 3);
    let library = Arc::new(Library::open(&folder.path().join("data")).unwrap());
    let config = EmbedConfig::new(models.join("all-minilm-l6-v2"));
    let embedder = Arc::new(Embedder::load(&config).unwrap());
    let never = AtomicBool::new(false);
    ingest(&[book], &library, &embedder, &IngestOptions::default(), &mut |_| {}, &never).unwrap();
    let retriever = Retriever::new(Arc::clone(&library), embedder);
    let long = "what does the glacier carry ".repeat(4000);
    for (question, is_found) in [
        (long.as_str(), true),
        ("glacier AND NOT (\"stone* OR NEAR(", true),
        ("text:glacier ^ - + * \" ' ; DROP TABLE chunks", true),
        ("glacier\0\u{202e}\u{feff}", true),
        ("हिमनद क्या ले जाता है?", true),
        ("冰川携带什么", true),
        ("", false),
        ("  \n\t ?!", false),
        ("🙂🙂", false),
    ] {
        let found = retriever.search(&Query::new(question)).unwrap();
        let shown: String = question.chars().take(40).collect();
        assert_eq!(!found.is_empty(), is_found, "{shown:?}");
    }
    let none = retriever.search(&Query { limit: 0, ..Query::new("glacier") }).unwrap();
    assert!(none.is_empty());

    let other = Embedder::load(&EmbedConfig { max_tokens: 128, ..config }).unwrap();
    let error = Retriever::new(library, Arc::new(other)).search(&Query::new("glacier")).unwrap_err().to_string();
    assert!(error.contains("run `lectern ingest` once with this model"), "{error}");
}
