//! What the data folder holds: books and conversations; and the program that reads scanned pages.

use super::{Finding, in_words};
use crate::cli::archive::{CLASSROOM, LIBRARY};
use crate::cli::{serve, weights};
use crate::corpus::Recogniser;
use crate::library::{self, Library};
use crate::models::{self, Catalog, Role};
use crate::{classroom, library::BookInfo};

pub(super) fn all(args: &serve::Args) -> Vec<Finding> {
    let mut findings = books(args);
    findings.push(conversations(args));
    findings.push(scans(args.reading.ocr.as_deref()));
    findings
}

fn conversations(args: &serve::Args) -> Finding {
    let path = args.folders.data.join(CLASSROOM);
    if !path.exists() {
        return Finding::ok("class", "no conversations yet; the first start makes their file");
    }
    match classroom::check(&path) {
        Ok(()) => Finding::ok("class", format!("{} is whole", path.display())),
        Err(error) => Finding::problem("class", in_words(&error), "bring back a backup with `lectern restore`"),
    }
}

fn books(args: &serve::Args) -> Vec<Finding> {
    let (folder, path) = (&args.folders.data, args.folders.data.join(LIBRARY));
    let empty =
        |found: &str| Finding::warning("library", found, "`lectern serve` reads the books of --corpus at its start");
    if !path.exists() {
        return vec![empty("no book was read yet")];
    }
    let mend = "bring back a backup with `lectern restore`, or ingest the books anew";
    if let Err(error) = library::check(&path) {
        return vec![Finding::problem("library", in_words(&error), mend)];
    }
    let books = match Library::open_existing(folder).and_then(|library| library.books()) {
        Ok(books) => books,
        Err(error) => return vec![Finding::problem("library", in_words(&error), mend)],
    };
    let Some(last) = books.iter().map(|book| book.ingested_at.as_str()).max() else {
        return vec![empty("it holds no book")];
    };
    let number = books.len();
    let number = if number == 1 { "1 book".to_owned() } else { format!("{number} books") };
    let mut findings = vec![Finding::ok("library", format!("{number}, the last read at {last}"))];
    findings.extend(gone(&books));
    findings.extend(vectors(args, &books));
    findings
}

fn gone(books: &[BookInfo]) -> Option<Finding> {
    let gone: Vec<&str> =
        books.iter().filter(|book| !book.path.is_file()).map(|book| book.book.file_name.as_str()).collect();
    let found = format!("the PDF file is gone: {}; its pages cannot be shown", gone.join(", "));
    let remedy = "put the file back, or drop the book with `lectern ingest --prune FOLDER`";
    (!gone.is_empty()).then(|| Finding::warning("library", found, remedy))
}

/// Whether the vectors are of the embedding model that would be used; nothing where that is not here.
fn vectors(args: &serve::Args, books: &[BookInfo]) -> Option<Finding> {
    let folder = &args.folders.models;
    let catalog = Catalog::load(folder).ok()?;
    let chosen = &args.models.embedder;
    let is_here = match chosen.embedder.as_deref() {
        Some(name) => models::locate(folder, &catalog, Role::Embed, name).is_ok(),
        None => catalog.default_for(Role::Embed).is_ok_and(|entry| models::is_here(entry, folder)),
    };
    if !is_here {
        return None; // and is never fetched for a check
    }
    let embedder = match weights::embedder(&args.folders, chosen) {
        Ok(embedder) => embedder,
        Err(error) => {
            let remedy = "`lectern models verify` says which file is damaged";
            return Some(Finding::problem("embedder", format!("it does not load: {}", in_words(&error)), remedy));
        }
    };
    let others = books.iter().filter(|book| book.embedder != embedder.fingerprint()).count();
    Some(if others == 0 {
        Finding::ok("vectors", format!("all of {}", embedder.name()))
    } else {
        let found = format!("{others} of {} books have vectors of another embedding model", books.len());
        Finding::warning(
            "vectors",
            found,
            "the next `lectern serve` or `lectern ingest` makes them anew, which takes a while",
        )
    })
}

fn scans(wanted: Option<&str>) -> Finding {
    match (Recogniser::new(wanted.unwrap_or("eng")), wanted) {
        (Ok(found), _) => Finding::ok("tesseract", format!("reads scanned pages ({})", found.languages())),
        (Err(error), Some(_)) => {
            Finding::problem("tesseract", in_words(&error), "install it, or leave --ocr out: scanned pages stay unread")
        }
        (Err(_), None) => Finding::ok("tesseract", "not here; it is optional and reads scanned pages"),
    }
}
