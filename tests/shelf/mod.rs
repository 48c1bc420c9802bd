//! Made-up books for the tests of `lectern ingest`, and the program itself.

#![allow(dead_code, reason = "every test file that has this module uses a part of it")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use lectern::library::Library;
use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};
use std::path::{Path, PathBuf};

/// The folder of models that has the embedding model, or a line that says what is not tested.
pub(crate) fn models() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = std::env::var_os("LECTERN_MODELS").map_or_else(|| root.join("models"), PathBuf::from);
    let there = models.join("all-minilm-l6-v2/model.safetensors").exists();
    if !there {
        println!(
            "skipped: no all-minilm-l6-v2 in {}; run `lectern models pull` or set LECTERN_MODELS",
            models.display()
        );
    }
    there.then_some(models)
}

/// `lectern SUBCOMMAND … --data DATA`, not yet run.
pub(crate) fn lectern(subcommand: &str, data: &Path) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::cargo_bin("lectern").unwrap();
    command.arg(subcommand).arg("--data").arg(data).env_remove("LECTERN_DATA");
    command
}

/// Runs `lectern ingest` to its end: its exit code and all it wrote.
pub(crate) fn ingest(models: &Path, data: &Path, paths: &[&Path], flags: &[&str]) -> (i32, String) {
    let output = lectern("ingest", data).arg("--models").arg(models).args(flags).args(paths).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    (output.status.code().unwrap_or(-1), text)
}

/// A PDF with these pages, each of these lines.
pub(crate) fn pdf(title: &str, pages: &[Vec<String>]) -> Document {
    let mut document = Document::with_version("1.5");
    let root = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let mut kids: Vec<Object> = Vec::new();
    for lines in pages {
        let mut operations = vec![
            Operation::new("BT", vec![]),
            Operation::new("Tf", vec!["F1".into(), 11.into()]),
            Operation::new("TL", vec![14.into()]),
            Operation::new("Td", vec![60.into(), 760.into()]),
        ];
        for line in lines {
            operations.push(Operation::new("Tj", vec![Object::string_literal(line.as_str())]));
            operations.push(Operation::new("T*", vec![]));
        }
        operations.push(Operation::new("ET", vec![]));
        let content = document.add_object(Stream::new(dictionary! {}, Content { operations }.encode().unwrap()));
        let page = dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content };
        kids.push(document.add_object(page).into());
    }
    let tree = dictionary! {
        "Type" => "Pages", "Count" => kids.len() as i64, "Kids" => kids, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    };
    document.objects.insert(root, Object::Dictionary(tree));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    let info = document.add_object(dictionary! { "Title" => Object::string_literal(title) });
    document.trailer.set("Root", catalog);
    document.trailer.set("Info", info);
    document
}

/// Writes a book about `subject`, `num_pages` long, to `path`.
pub(crate) fn write_book(path: &Path, subject: &str, num_pages: usize) {
    let verbs = ["carries", "warms", "divides", "measures", "surrounds", "explains", "lifts", "slows"];
    let things = [
        "the river", "a heavy stone", "every small cell", "the northern wind", "an old engine", "the outer shell",
        "its neighbours",
    ];
    let pages: Vec<Vec<String>> = (0..num_pages)
        .map(|page| {
            (0..30)
                .map(|line| {
                    let n = page * 30 + line;
                    format!("The {subject} {} {} on day {n}.", verbs[n * 5 % verbs.len()], things[n * 3 % things.len()])
                })
                .collect()
        })
        .collect();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    pdf(&format!("All about {subject}"), &pages).save(path).unwrap();
}

/// A book as it should be whatever happened on the way: everything but ids and times.
#[derive(Debug, PartialEq)]
pub(crate) struct Canonical {
    pub(crate) book: String,
    pub(crate) pages: Vec<String>,
    pub(crate) sections: Vec<String>,
    pub(crate) chunks: Vec<String>,
}

/// The whole of a library, by book; asserts that words and vectors of every chunk are found.
pub(crate) fn dump(data: &Path) -> Vec<Canonical> {
    let library = Library::open_existing(data).unwrap();
    let mut books = Vec::new();
    for info in library.books().unwrap() {
        let id = info.book.id.clone();
        let pages =
            (0..info.num_pages).filter_map(|page| library.page(&id, lectern::passage::PageIndex(page)).unwrap());
        let sections = library.sections(&id).unwrap().into_iter().map(|s| {
            format!(
                "{} {} {} {} {:?} {:?}-{:?} {}",
                s.section.ordinal,
                s.section.title,
                s.section.path,
                s.level,
                s.kind,
                s.first_page,
                s.last_page,
                s.num_chunks
            )
        });
        let chunks = library.book_chunks(&id).unwrap();
        books.push(Canonical {
            book: format!(
                "{id} {} {:?} {} {} {} {}",
                info.book.title, info.path, info.sha256, info.num_bytes, info.num_pages, info.embedder
            ),
            pages: pages.map(|page| format!("{}: {}", page.label, page.text)).collect(),
            sections: sections.collect(),
            chunks: chunks
                .iter()
                .map(|c| format!("{} {} {} {:?}", c.ordinal, c.section.ordinal, c.text, c.page_starts))
                .collect(),
        });
    }
    books
}

/// The vectors of a library's chunks in the order of [`dump`].
pub(crate) fn vectors(data: &Path) -> Vec<Vec<f32>> {
    let database = rusqlite::Connection::open(data.join("library.sqlite")).unwrap();
    let mut statement = database
        .prepare("SELECT embedding FROM chunks c JOIN books b ON b.id = c.book ORDER BY b.file_name, b.slug, c.ordinal")
        .unwrap();
    let floats = |blob: Vec<u8>| blob.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    statement.query_map([], |row| row.get(0).map(floats)).unwrap().map(Result::unwrap).collect()
}
