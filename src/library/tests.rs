//! The library with made-up books: what is put is found, what is replaced is gone, whatever happens to the files.

use super::*;
use crate::passage::{BookId, PageStart};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const DIMENSIONS: usize = 32;

/// A unit vector that looks random and depends on `seed` alone.
fn vector(seed: usize) -> Vec<f32> {
    let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let _ = (next(), next());
    let vector: Vec<f32> = (0..DIMENSIONS).map(|_| next()).collect();
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter().map(|x| x / length).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// A book of front matter and a body; chunk `n` says `word` and has the vector of `seed + n`.
fn book(path: &Path, word: &str, seed: usize, num_chunks: usize) -> NewBook {
    let section = |title: &str, kind| NewSection {
        title: title.into(),
        path: title.into(),
        level: 1,
        kind,
        first_page: PageIndex(0),
        last_page: PageIndex(1),
    };
    let start = |offset, page| PageStart { offset, page: PageIndex(page), label: format!("p{page}") };
    NewBook {
        file: BookFile { path: path.to_owned(), sha256: format!("{word}{seed}"), num_bytes: 10 },
        title: format!("About {word}"),
        author: None,
        num_pages: 2,
        pages: vec![NewPage { page: PageIndex(0), label: "i".into(), text: format!("page of {word}") }],
        sections: vec![section("Licence", SectionKind::FrontMatter), section("Running", SectionKind::Body)],
        chunks: (0..num_chunks)
            .map(|n| NewChunk {
                section: usize::from(n > 0),
                text: format!("{word} number{n}"),
                page_starts: vec![start(0, 0), start(word.len(), 1)],
                embedding: vector(seed + n),
                sentences: vec![sentence(0..word.len(), seed + n), sentence(word.len() + 1..word.len() + 4, seed)],
            })
            .collect(),
        embedder: "model@1".into(),
        recipe: "1".into(),
    }
}

fn sentence(range: std::ops::Range<usize>, seed: usize) -> NewSentence {
    NewSentence { range, embedding: vector(seed).into() }
}

fn library() -> (tempfile::TempDir, Library) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let library = Library::open(&folder.path().join("data")).expect("a library opens");
    (folder, library)
}

fn texts(library: &Library, hits: &[Hit]) -> Vec<String> {
    let chunks: Vec<_> = hits.iter().map(|hit| hit.chunk).collect();
    library.passages(&chunks).expect("chunks are read").into_iter().map(|passage| passage.text).collect()
}

fn words(library: &Library, query: &[&str], filter: &Filter) -> Vec<String> {
    texts(library, &library.search_text(query, 10, filter).expect("a text search"))
}

fn near(library: &Library, query: &[f32], filter: &Filter) -> Vec<String> {
    texts(library, &library.search_vectors(query, 3, filter).expect("a vector search"))
}

#[test]
fn a_book_is_found_by_its_words_and_vectors_until_it_is_replaced_or_removed() {
    let (folder, library) = library();
    let path = folder.path().join("A Book.pdf");
    let all = Filter::default();
    let id = library.put_book(&book(&path, "apples", 0, 4)).expect("a book is put");
    assert_eq!(id, BookId("a-book".into()));
    assert_eq!(words(&library, &["apple", "number2"], &all)[0], "apples number2");
    assert_eq!(near(&library, &vector(3), &all)[0], "apples number3");

    let info = library.book_at(&path).expect("books are read").expect("the book is there");
    assert_eq!((info.num_pages, info.num_sections, info.num_chunks), (2, 2, 4));
    assert_eq!(library.book_file(&id).expect("books are read"), Some(path.clone()));
    let page = library.page(&id, PageIndex(0)).expect("pages are read").expect("the page is there");
    assert_eq!((page.label.as_str(), page.text.as_str()), ("i", "page of apples"));
    assert_eq!(library.page_labels(&id).expect("pages are read"), ["i", "2"]);
    let sections = library.sections(&id).expect("sections are read");
    assert_eq!(
        sections.iter().map(|s| (s.kind, s.num_chunks)).collect::<Vec<_>>(),
        [(SectionKind::FrontMatter, 1), (SectionKind::Body, 3)]
    );
    let passages = library.section_passages(sections[1].section.id).expect("chunks are read");
    assert_eq!(passages.iter().map(|p| p.ordinal).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(passages[0].page_at(6).label, "p1");

    assert_eq!(library.put_book(&book(&path, "pears", 100, 2)).expect("a book is replaced"), id);
    assert!(words(&library, &["apples"], &all).is_empty());
    assert_eq!(near(&library, &vector(101), &all), ["pears number1"]);
    assert_eq!(library.counts().expect("counts"), Counts { books: 1, pages: 2, sections: 2, chunks: 2 });
    assert!(library.section_passages(sections[1].section.id).expect("chunks are read").is_empty());

    library.remove_book(&id).expect("a book is removed");
    assert_eq!(library.counts().expect("counts"), Counts::default());
    assert!(near(&library, &vector(101), &all).is_empty() && words(&library, &["pears"], &all).is_empty());
    assert!(matches!(library.remove_book(&id), Err(LibraryError::NoBook { .. })));
}

#[test]
fn a_filter_leaves_only_what_it_names() {
    let (folder, library) = library();
    let a = library.put_book(&book(&folder.path().join("a.pdf"), "fruit", 0, 3)).expect("a book is put");
    let b = library.put_book(&book(&folder.path().join("b.pdf"), "fruit", 50, 3)).expect("a book is put");
    let licence = library.sections(&b).expect("sections are read")[0].section.id;
    for (filter, expected) in [
        (Filter::default(), 4),
        (Filter { front_matter: FrontMatter::Searched, ..Filter::default() }, 6),
        (Filter { books: Some(vec![a.clone()]), ..Filter::default() }, 2),
        (Filter { books: Some(vec![]), ..Filter::default() }, 0),
        (Filter { books: Some(vec![BookId("none".into())]), ..Filter::default() }, 0),
        (Filter { sections: Some(vec![licence]), ..Filter::default() }, 1),
        (Filter { sections: Some(vec![licence]), books: Some(vec![a]), ..Filter::default() }, 0),
    ] {
        assert_eq!(words(&library, &["fruit"], &filter).len(), expected, "words, {filter:?}");
        let hits = library.search_vectors(&vector(1), 10, &filter).expect("a vector search");
        assert_eq!(hits.len(), expected, "vectors, {filter:?}");
    }
}

#[test]
fn nothing_in_a_word_is_an_operator() {
    let (folder, library) = library();
    library.put_book(&book(&folder.path().join("a.pdf"), "fruit", 0, 3)).expect("a book is put");
    for hostile in
        ["\"", "fruit\" OR \"", "a*", "NEAR(", "text:", "-", "^", "(", "'; DROP TABLE books; --", "\0", "😀", ""]
    {
        library.search_text(&[hostile], 5, &Filter::default()).unwrap_or_else(|error| panic!("{hostile:?}: {error:?}"));
        assert_eq!(words(&library, &[hostile, "fruit"], &Filter::default()).len(), 2, "{hostile:?}");
    }
    assert!(words(&library, &[], &Filter::default()).is_empty());
}

#[test]
fn a_damaged_or_strange_vector_file_changes_nothing_that_is_found() {
    let (folder, library) = library();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    library.put_book(&book(&folder.path().join("a.pdf"), "fruit", 0, 40)).expect("a book is put");
    library.prepare_vectors().expect("an index is kept");
    let file = data.join("vectors.usearch");
    let good = std::fs::read(&file).expect("the index is there");
    let strange = Library::open(&other).expect("another library opens");
    strange.put_book(&book(&folder.path().join("b.pdf"), "stones", 900, 40)).expect("a book is put");
    strange.prepare_vectors().expect("an index is kept");
    let expected = near(&library, &vector(7), &Filter::default());
    drop((library, strange));

    let check = |bytes: &[u8], what: &str| {
        std::fs::write(&file, bytes).expect("the file is written");
        let library = Library::open(&data).expect("the library opens");
        assert_eq!(near(&library, &vector(7), &Filter::default()), expected, "{what}");
    };
    check(&good, "as it was");
    check(&std::fs::read(other.join("vectors.usearch")).expect("the index is there"), "of another library");
    for length in [0, 1, 8, 40, good.len() / 2, good.len() - 1] {
        check(&good[..length], &format!("cut to {length} bytes"));
    }
    for at in (0..good.len()).step_by(good.len() / 150 + 1) {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        check(&bytes, &format!("a bit flipped in byte {at}"));
    }
}

#[test]
fn an_index_that_is_behind_catches_up() {
    let (folder, library) = library();
    let path = |name: &str| folder.path().join(name);
    library.put_book(&book(&path("a.pdf"), "one", 0, 60)).expect("a book is put");
    library.put_book(&book(&path("b.pdf"), "two", 100, 10)).expect("a book is put");
    library.prepare_vectors().expect("an index is kept");
    // Another process: it replaces a book and adds one, and is killed before it writes the index.
    let writer = Library::open(&folder.path().join("data")).expect("the library opens again");
    writer.put_book(&book(&path("b.pdf"), "three", 200, 10)).expect("a book is replaced");
    writer.put_book(&book(&path("c.pdf"), "four", 300, 10)).expect("a book is put");
    drop(writer);
    let fresh = Library::open(&folder.path().join("data")).expect("the library opens again");
    for library in [&library, &fresh] {
        for (seed, expected) in [(5, "one number5"), (203, "three number3"), (301, "four number1")] {
            assert_eq!(near(library, &vector(seed), &Filter::default())[0], expected);
        }
        assert!(!near(library, &vector(103), &Filter::default()).iter().any(|text| text.starts_with("two")));
    }
}

#[test]
fn words_are_found_alike_in_all_sections_and_in_every_section_by_name() {
    let (folder, library) = library();
    for (word, seed) in [("fruit", 0), ("stone", 100), ("fruits", 200)] {
        library.put_book(&book(&folder.path().join(format!("{word}.pdf")), word, seed, 30)).expect("a book is put");
    }
    let books = library.books().expect("books are read");
    let all = Filter { books: Some(books.into_iter().map(|info| info.book.id).collect()), ..Filter::default() };
    for limit in [1, 2, 10, 40, 80] {
        for query in [&["fruit"][..], &["number4", "stone"], &["number29"], &["absent"], &["fruit", "stone", "number3"]]
        {
            let found = |filter| library.search_text(query, limit, filter).expect("a text search");
            assert_eq!(found(&Filter::default()), found(&all), "{query:?}, {limit}");
        }
    }
}

#[test]
fn sentences_and_words_are_found_until_their_book_is_removed() {
    let (folder, library) = library();
    let id = library.put_book(&book(&folder.path().join("a.pdf"), "fruit", 0, 10)).expect("a book is put");
    let chunks: Vec<_> = library.book_chunks(&id).expect("read").iter().map(|chunk| chunk.chunk).collect();
    let found = library.sentences(&vector(3), &chunks).expect("sentences are read");
    assert_eq!(found.len(), 10);
    let ranges: Vec<_> = found[&chunks[3]].iter().map(|hit| hit.range.clone()).collect();
    assert_eq!(ranges, [0..5, 6..9]);
    assert!((found[&chunks[3]][0].cosine - 1.0).abs() < 0.005);
    let counts = || library.word_counts(&["fruits", "number4", "stone", "*\" OR"]).expect("words are counted");
    assert_eq!(counts(), (vec![10, 1, 0, 0], 10));
    library.remove_book(&id).expect("the book is removed");
    assert!(library.sentences(&vector(3), &chunks).expect("read").is_empty());
    assert_eq!(counts(), (vec![0; 4], 0));
}

#[test]
fn vectors_of_another_model_take_the_place_of_the_old() {
    let (folder, library) = library();
    let id = library.put_book(&book(&folder.path().join("a.pdf"), "fruit", 0, 10)).expect("a book is put");
    library.prepare_vectors().expect("an index is kept");
    let chunks = library.book_chunks(&id).expect("chunks are read");
    let renewed = |(n, chunk): (usize, &crate::passage::Passage)| NewVectors {
        chunk: chunk.chunk,
        embedding: vector(500 + n),
        sentences: vec![sentence(0..5, 600 + n)],
    };
    let renewed: Vec<_> = chunks.iter().enumerate().map(renewed).collect();
    let short = library.put_vectors(&id, "model@2", &renewed[1..]);
    assert!(matches!(short, Err(LibraryError::Inconsistent { .. })), "{short:?}");
    assert_eq!(library.embedder().expect("read").as_deref(), Some("model@1"));
    library.put_vectors(&id, "model@2", &renewed).expect("vectors are put");
    assert_eq!(library.embedder().expect("read").as_deref(), Some("model@2"));
    let fresh = Library::open(&folder.path().join("data")).expect("the library opens again");
    for library in [&library, &fresh] {
        let best = library.search_vectors(&vector(504), 1, &Filter::default()).expect("a vector search")[0];
        assert_eq!(best.chunk, renewed[4].chunk);
        assert!((best.score - 1.0).abs() < 1e-5);
        let sentences = library.sentences(&vector(604), &[best.chunk]).expect("sentences are read");
        let [only] = &sentences[&best.chunk][..] else { panic!("expected the new sentence alone, got {sentences:?}") };
        assert!(only.range == (0..5) && (only.cosine - 1.0).abs() < 0.005, "{only:?}");
    }
}

#[test]
fn the_graph_finds_what_looking_at_everything_finds() {
    let (folder, library) = library();
    let count = 6000;
    library.put_book(&book(&folder.path().join("a.pdf"), "fruit", 0, count)).expect("a book is put");
    library.prepare_vectors().expect("an index is kept");
    let reopened = Library::open(&folder.path().join("data")).expect("the library opens again");
    for library in [&library, &reopened] {
        let chunks = library.book_chunks(&BookId("a".into())).expect("chunks are read");
        let mut found = 0;
        for query in 0..50 {
            let query = vector(1_000_000 + query);
            let mut exact: Vec<_> = (1..count).map(|n| (cosine(&query, &vector(n)), chunks[n].chunk)).collect();
            exact.sort_by(|a, b| b.0.total_cmp(&a.0));
            let hits = library.search_vectors(&query, 10, &Filter::default()).expect("a vector search");
            assert!(hits.windows(2).all(|pair| pair[0].score >= pair[1].score), "best first");
            let cosines =
                library.cosines(&query, &hits.iter().map(|hit| hit.chunk).collect::<Vec<_>>()).expect("cosines");
            assert!(
                hits.iter().zip(cosines).all(|(hit, cosine)| (hit.score - cosine.expect("it is there")).abs() < 1e-4)
            );
            found += exact[..10].iter().filter(|(_, chunk)| hits.iter().any(|hit| hit.chunk == *chunk)).count();
        }
        assert!(found >= 490, "recall@10: {found} of 500");
    }
}

#[test]
fn a_vector_of_another_shape_is_refused() {
    let (folder, library) = library();
    assert!(library.search_vectors(&[1.0], 5, &Filter::default()).expect("an empty library").is_empty());
    let path = folder.path().join("a.pdf");
    library.put_book(&book(&path, "fruit", 0, 3)).expect("a book is put");
    for bad in [vec![1.0; DIMENSIONS - 1], vec![f32::NAN; DIMENSIONS], vec![]] {
        let error = library.search_vectors(&bad, 5, &Filter::default()).expect_err("a vector of another shape");
        assert!(error.to_string().contains("expected a vector of 32 finite numbers"), "{error}");
    }
    let spoil = |spoil: &dyn Fn(&mut NewChunk)| {
        let mut book = book(&path, "fruit", 0, 3);
        spoil(&mut book.chunks[1]);
        library.put_book(&book).expect_err("a chunk that does not fit").to_string()
    };
    assert!(spoil(&|chunk| chunk.embedding[3] = f32::NAN).contains("chunk 1: expected a vector of 32 finite numbers"));
    assert!(spoil(&|chunk| chunk.sentences[0].range = 0..99).contains("chunk 1: a sentence is not inside its text"));
    assert!(spoil(&|chunk| chunk.sentences[0].embedding = [1.0].into()).contains("chunk 1: a sentence"));
    assert!(spoil(&|chunk| chunk.section = 2).contains("chunk 1 is of section 2, there are 2"));
    assert!(spoil(&|chunk| chunk.page_starts[0].offset = 1).contains("chunk 1: its pages"));
    assert!(spoil(&|chunk| chunk.page_starts.clear()).contains("chunk 1: its pages"));
}

#[test]
fn readers_see_the_old_book_or_the_new_one() {
    let (folder, library) = library();
    let path = folder.path().join("a.pdf");
    let id = library.put_book(&book(&path, "edition0", 0, 20)).expect("a book is put");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = || {
            let mut num_reads = 0;
            while !done.load(Ordering::Relaxed) || num_reads == 0 {
                let chunks = library.book_chunks(&id).expect("chunks are read while a book is replaced");
                assert_eq!(chunks.len(), 20);
                let edition = chunks[0].text.split(' ').next().expect("a word");
                assert!(chunks.iter().all(|chunk| chunk.text.starts_with(edition)), "two editions at once");
                library.search_vectors(&vector(3), 5, &Filter::default()).expect("a search while a book is replaced");
                num_reads += 1;
            }
        };
        let readers: Vec<_> = (0..3).map(|_| scope.spawn(reader)).collect();
        for edition in 1..30 {
            library.put_book(&book(&path, &format!("edition{edition}"), edition, 20)).expect("a book is replaced");
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().expect("a reader saw whole books only");
        }
    });
}

#[test]
fn a_hundred_searches_at_once_are_answered() {
    let (folder, library) = library();
    library.put_book(&book(&folder.path().join("a.pdf"), "fruit", 0, 5000)).expect("a book is put");
    library.prepare_vectors().expect("an index is made");
    std::thread::scope(|scope| {
        for seed in 1..=100 {
            let library = &library;
            scope.spawn(move || {
                let best =
                    library.search_vectors(&vector(seed), 1, &Filter::default()).expect("a search among many")[0];
                assert!(best.score > 0.999, "{seed}: {}", best.score);
            });
        }
    });
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let check = |result: Result<Library, LibraryError>, expected: &str| {
        let error = result.expect_err("it cannot be opened");
        let cause = std::error::Error::source(&error).map_or_else(String::new, ToString::to_string);
        assert!(format!("{error}: {cause}").contains(expected), "{error}: {cause}");
    };
    let at = |name: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(&path).expect("a folder is made");
        path
    };
    check(Library::open_existing(&at("empty")), "lectern ingest");
    std::fs::write(folder.path().join("file"), "").expect("a file is written");
    check(Library::open(&folder.path().join("file")), "choose another with --data");
    check(Library::open(&folder.path().join("file/data")), "choose another with --data");
    std::fs::write(at("garbage").join("library.sqlite"), "x".repeat(5000)).expect("a file is written");
    check(Library::open(&at("garbage")), "not a database");
    let sql = |folder: &Path, sql: &str| {
        let db = rusqlite::Connection::open(folder.join("library.sqlite")).expect("a database opens");
        db.execute_batch(sql).expect("the statement runs");
    };
    sql(&at("foreign"), "CREATE TABLE t (x)");
    check(Library::open(&at("foreign")), "of another program");
    drop(Library::open(&at("newer")).expect("a library opens"));
    sql(&at("newer"), "PRAGMA user_version = 99");
    check(Library::open(&at("newer")), "version 99, this program knows versions up to 2");
}

#[test]
fn one_writes_at_a_time() {
    let (folder, library) = library();
    let second = Library::open(&folder.path().join("data")).expect("the library opens twice");
    let lock = library.lock().expect("nobody writes");
    assert!(second.lock().expect_err("another writes").to_string().contains("wait until it has ended"));
    drop(lock);
    second.lock().expect("nobody writes any more");
}

#[test]
fn books_keep_apart_names_and_places() {
    let (folder, library) = library();
    let path = |name: &str| folder.path().join(name);
    let a = library.put_book(&book(&path("x/Same.pdf"), "a", 0, 2)).expect("a book is put");
    let b = library.put_book(&book(&path("y/same.pdf"), "b", 10, 2)).expect("a book is put");
    assert_eq!((a.0.as_str(), b.0.as_str()), ("same", "same-2"));
    library.move_book(&a, &path("z/other.pdf")).expect("a book moves");
    let moved = library.book(&a).expect("books are read").expect("the book is there");
    assert_eq!((moved.book.file_name.as_str(), moved.path), ("other.pdf", path("z/other.pdf")));
    assert!(library.move_book(&a, &path("y/same.pdf")).is_err(), "another book is there");
}
