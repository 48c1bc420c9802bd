//! `lectern ingest` and `lectern books`, the real program on made-up books, good and bad.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod shelf;

use lectern::library::Library;
use std::fs;
use std::path::{Path, PathBuf};

struct Classroom {
    models: PathBuf,
    folder: tempfile::TempDir,
}

impl Classroom {
    fn new() -> Option<Self> {
        Some(Self { models: shelf::models()?, folder: tempfile::tempdir().unwrap() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Ingests the folder `corpus` and checks exit code and summary.
    fn check(&self, flags: &[&str], code: i32, summary: &str) -> String {
        let (got, text) = shelf::ingest(&self.models, &self.data(), &[&self.path("corpus")], flags);
        assert_eq!(got, code, "{text}");
        assert!(text.contains(summary), "expected {summary:?} in:\n{text}");
        text
    }

    fn books(&self) -> Vec<(String, String)> {
        let books = Library::open_existing(&self.data()).unwrap().books().unwrap();
        let short =
            |path: &Path| path.strip_prefix(self.folder.path().canonicalize().unwrap()).unwrap().display().to_string();
        books.iter().map(|info| (info.book.id.0.clone(), short(&info.path))).collect()
    }
}

fn pair(id: &str, path: &str) -> (String, String) {
    (id.to_owned(), path.to_owned())
}

#[test]
fn the_library_follows_the_files() {
    let Some(class) = Classroom::new() else { return };
    shelf::write_book(&class.path("corpus/a.pdf"), "glacier", 2);
    shelf::write_book(&class.path("corpus/deep/folder/B.PDF"), "magnet", 2);
    fs::write(class.path("corpus/notes.txt"), "not a book").unwrap();
    class.check(&[], 0, "2 books added, 0 replaced, 0 unchanged");
    assert_eq!(class.books(), [pair("b", "corpus/deep/folder/B.PDF"), pair("a", "corpus/a.pdf")]);
    let before = shelf::dump(&class.data());

    class.check(&[], 0, "0 books added, 0 replaced, 2 unchanged");
    assert_eq!(shelf::dump(&class.data()), before, "nothing changed");

    fs::rename(class.path("corpus/a.pdf"), class.path("corpus/moved.pdf")).unwrap();
    class.check(&[], 0, "0 books added, 0 replaced, 2 unchanged");
    assert_eq!(class.books()[1], pair("a", "corpus/moved.pdf"), "a moved book keeps its name in links");

    fs::copy(class.path("corpus/moved.pdf"), class.path("corpus/zz copy.pdf")).unwrap();
    class.check(&[], 0, "0 books added, 0 replaced, 2 unchanged, 1 left out as copies");

    shelf::write_book(&class.path("corpus/moved.pdf"), "beetle", 3);
    class.check(&[], 0, "1 replaced");
    let dump = shelf::dump(&class.data());
    let book = dump.iter().find(|book| book.book.starts_with("a ")).unwrap();
    assert!(book.chunks.iter().all(|chunk| chunk.contains("beetle") && !chunk.contains("glacier")));

    fs::remove_dir_all(class.path("corpus/deep")).unwrap();
    class.check(&[], 0, "unchanged");
    assert_eq!(class.books().len(), 3, "a book whose file is gone stays unless asked otherwise");
    class.check(&["--prune"], 0, "1 pruned");
    assert_eq!(class.books().len(), 2);

    // The same text in a library that was made in one go.
    let fresh = class.path("fresh");
    let (code, text) = shelf::ingest(&class.models, &fresh, &[&class.path("corpus")], &[]);
    assert_eq!(code, 0, "{text}");
    let chunks = |data: &Path| {
        let mut chunks: Vec<_> = shelf::dump(data).into_iter().flat_map(|book| book.chunks).collect();
        chunks.sort();
        chunks
    };
    assert_eq!(chunks(&fresh), chunks(&class.data()));
}

#[test]
fn prune_touches_nothing_outside_the_folders_given() {
    let Some(class) = Classroom::new() else { return };
    for name in ["corpus/a.pdf", "elsewhere/b.pdf"] {
        shelf::write_book(&class.path(name), name, 1);
    }
    class.check(&[], 0, "1 book added");
    shelf::ingest(&class.models, &class.data(), &[&class.path("elsewhere/b.pdf")], &[]);
    for name in ["corpus/a.pdf", "elsewhere/b.pdf"] {
        fs::remove_file(class.path(name)).unwrap();
    }
    class.check(&["--prune"], 0, "1 pruned");
    assert_eq!(class.books(), [pair("b", "elsewhere/b.pdf")]);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_rest_goes_on() {
    let Some(class) = Classroom::new() else { return };
    shelf::write_book(&class.path("corpus/good.pdf"), "lever", 1);
    shelf::write_book(&class.path("corpus/z good.pdf"), "comet", 1);
    let whole = fs::read(class.path("corpus/good.pdf")).unwrap();
    fs::write(class.path("corpus/cut.pdf"), &whole[..whole.len() / 3]).unwrap();
    fs::write(class.path("corpus/empty.pdf"), "").unwrap();
    fs::write(class.path("corpus/html.pdf"), "<html>not found</html>").unwrap();
    shelf::pdf("Scan", &[vec![], vec![]]).save(class.path("corpus/scan.pdf")).unwrap();
    let text = class.check(&[], 2, "2 books added, 0 replaced, 0 unchanged, 4 failed");
    for name in ["cut.pdf: ", "empty.pdf: ", "html.pdf: ", "scan.pdf: "] {
        let line = text.lines().find(|line| line.contains("failed: ") && line.contains(name));
        assert!(
            line.is_some_and(|line| line.split(name).nth(1).is_some_and(|reason| reason.len() > 10)),
            "{name}: {text}"
        );
    }
    assert_eq!(class.books().len(), 2);
    // A book that was good once and is not now keeps its old self.
    fs::write(class.path("corpus/good.pdf"), "oops").unwrap();
    class.check(&[], 2, "0 books added, 0 replaced, 1 unchanged, 5 failed");
    assert_eq!(class.books().len(), 2);
    let missing = class.path("missing");
    let (code, text) = shelf::ingest(&class.models, &class.data(), &[&missing], &["--prune"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("missing: no such file or folder"), "{text}");
    assert_eq!(class.books().len(), 2);
}

#[test]
fn what_ends_the_run_says_why() {
    let Some(class) = Classroom::new() else { return };
    shelf::write_book(&class.path("corpus/a.pdf"), "harbour", 1);
    let corpus = class.path("corpus");
    let check = |models: &Path, data: &Path, expected: &str| {
        // A model that is named is not fetched.
        let (code, text) = shelf::ingest(models, data, &[&corpus], &["--embedder", "all-minilm-l6-v2"]);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(expected), "expected {expected:?} in:\n{text}");
    };
    fs::write(class.path("file"), "").unwrap();
    check(&class.models, &class.path("file"), "choose another with --data");
    check(&class.path("no models"), &class.data(), "all-minilm-l6-v2");
    let library = Library::open(&class.data()).unwrap();
    let lock = library.lock().unwrap();
    check(&class.models, &class.data(), "another `lectern ingest` is writing");
    drop(lock);
    class.check(&[], 0, "1 book added");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let locked = class.path("locked");
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(locked.join("probe"), "").is_ok() {
            println!("skipped: this user may write to a read-only folder");
        } else {
            check(&class.models, &locked.join("data"), "choose another with --data");
            check(&class.models, &locked, "library");
        }
    }
}

#[test]
fn books_lists_what_is_there() {
    let Some(class) = Classroom::new() else { return };
    let output = shelf::lectern("books", &class.data()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("lectern ingest"), "{output:?}");
    shelf::write_book(&class.path("corpus/a.pdf"), "harbour", 3);
    class.check(&[], 0, "1 book added");
    let table = String::from_utf8(shelf::lectern("books", &class.data()).output().unwrap().stdout).unwrap();
    assert!(table.lines().count() == 2 && table.contains("a.pdf"), "{table}");
    let json = shelf::lectern("books", &class.data()).arg("--json").output().unwrap().stdout;
    let book: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&book["id"], &book["file_name"], &book["num_pages"]), (&"a".into(), &"a.pdf".into(), &3.into()));
    assert!(book["num_chunks"].as_u64().unwrap() >= 3, "{book}");
}

#[test]
fn books_of_another_embedding_model_are_embedded_again() {
    let Some(class) = Classroom::new() else { return };
    shelf::write_book(&class.path("corpus/a.pdf"), "harbour", 2);
    shelf::write_book(&class.path("corpus/b.pdf"), "comet", 2);
    class.check(&[], 0, "2 books added");
    let (before, vectors) = (shelf::dump(&class.data()), shelf::vectors(&class.data()));
    let database = rusqlite::Connection::open(class.data().join("library.sqlite")).unwrap();
    let spoil = "UPDATE books SET embedder = 'other@0'; UPDATE chunks SET embedding = zeroblob(64); \
                 UPDATE library SET embedder = 'other@0', epoch = epoch + 1, revision = revision + 1";
    database.execute_batch(spoil).unwrap();
    drop(database);
    fs::remove_file(class.path("corpus/b.pdf")).unwrap(); // its stored text is enough
    let text = class.check(&[], 0, "0 books added, 2 replaced, 0 unchanged");
    assert!(text.contains("for this embedding model"), "{text}");
    assert_eq!(shelf::dump(&class.data()), before);
    for (a, b) in vectors.iter().zip(shelf::vectors(&class.data())) {
        assert!(a.iter().zip(&b).map(|(x, y)| x * y).sum::<f32>() > 0.9999);
    }
}
