//! `lectern extract` on real files: what it prints, what it refuses, and that nothing makes it panic or hang.

#![allow(clippy::print_stderr, reason = "a test says what it skips")]

use assert_cmd::Command;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

/// No file of the tests may take longer, even in a slow build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn extract(file: &Path) -> Output {
    extract_with(file, &[])
}

fn extract_with(file: &Path, flags: &[&str]) -> Output {
    let mut command = Command::cargo_bin("lectern").expect("the binary is built");
    command.env_remove("LECTERN_OCR").env_remove("LECTERN_BOOK_PASSWORD");
    command.arg("extract").arg(file).args(flags).timeout(PATIENCE).output().expect("the binary runs")
}

/// Page number to (label, text) of what was printed.
fn pages(output: &Output) -> BTreeMap<u64, (String, String)> {
    let text = std::str::from_utf8(&output.stdout).expect("the output is UTF-8");
    let page = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        let part = |key: &str| value[key].as_str().expect("a string").to_owned();
        (value["page"].as_u64().expect("a number"), (part("label"), part("text")))
    };
    text.lines().map(page).collect()
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

/// The folder of test material that does not belong to the project, if it is there.
fn shared() -> Option<PathBuf> {
    let given = std::env::var_os("LECTERN_SHARED").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared")).join("corpus");
    if !folder.is_dir() {
        eprintln!("skipped: no {} (set LECTERN_SHARED)", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn the_shipped_books_read_page_by_page() {
    let cases = [
        ("physics-question-library.pdf", 176, 6, "1.1 Multiple Choice"),
        ("stream-handbook.pdf", 21, 3, "readable streams"),
        ("aircraft-nuts-faa-handbook.pdf", 1, 1, "Stainless Steel Self-Locking Nut"),
    ];
    for (name, num_pages, page, words) in cases {
        let output = extract(&shipped(name));
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let pages = pages(&output);
        assert_eq!(pages.keys().copied().collect::<Vec<_>>(), (1..=num_pages).collect::<Vec<_>>(), "{name}");
        let (label, text) = &pages[&page];
        assert_eq!(*label, page.to_string(), "{name}");
        assert!(text.contains(words), "{name} page {page}: {text}");
    }
}

#[test]
fn what_is_no_book_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    };
    let cases = [
        (write("empty.pdf", b""), "no readable PDF"),
        (write("words.pdf", b"just words"), "no readable PDF"),
        (folder.path().join("missing.pdf"), "cannot be read"),
        (folder.path().to_owned(), "cannot be read"),
    ];
    for (path, reason) in cases {
        let output = extract(&path);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{}: {message}", path.display());
        assert!(message.contains(reason) && message.contains(&*path.to_string_lossy()), "{message}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn pages_outline_and_text_are_printed_as_asked() {
    let book = shipped("physics-question-library.pdf");
    let some = extract_with(&book, &["--pages", "6-7", "--json-lines"]);
    assert_eq!(pages(&some).keys().copied().collect::<Vec<_>>(), [6, 7]);
    let first: serde_json::Value =
        serde_json::from_slice(some.stdout.split(|b| *b == b'\n').next().expect("a line")).expect("JSON");
    assert_eq!(first["headings"][1]["title"], "1.1 Multiple Choice", "{first}");
    let text = String::from_utf8(extract_with(&book, &["--pages", "6", "--text"]).stdout).expect("UTF-8");
    assert!(text.contains("1.1 Multiple Choice") && text.ends_with("\u{c}\n"), "{text}");
    let outline = String::from_utf8(extract_with(&book, &["--outline"]).stdout).expect("UTF-8");
    assert!(outline.contains("\n  1.1 Multiple Choice\t6\n"), "{outline}");
    for flags in [["--pages", "200"], ["--pages", "5-2"], ["--text", "--outline"]] {
        assert!(!extract_with(&book, &flags).status.success(), "{flags:?}");
    }
}

/// A file of one page that shows nothing but a picture of words, black on white, one bit a sample.
fn scan(folder: &Path) -> PathBuf {
    use lopdf::{Document, Object, Stream, dictionary};
    let rows: Vec<&str> = include_str!("scan.txt").lines().collect();
    const SCALE: usize = 6;
    let (width, height) = (SCALE * rows.iter().map(|row| row.len()).max().unwrap_or(0), SCALE * rows.len());
    let sample = |x: usize, y: usize| rows[y / SCALE].as_bytes().get(x / SCALE).is_none_or(|c| *c == b'.');
    let byte = |y: usize, x: usize| (0..8).fold(0, |byte, bit| byte << 1 | u8::from(sample(x + bit, y)));
    let data: Vec<u8> =
        (0..height).flat_map(|y| (0..width).step_by(8).map(move |x| (y, x))).map(|(y, x)| byte(y, x)).collect();
    let mut doc = Document::with_version("1.5");
    let picture = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => width as i64, "Height" => height as i64,
        "ColorSpace" => "DeviceGray", "BitsPerComponent" => 1,
    };
    let picture = doc.add_object(Stream::new(picture, data));
    let content = doc.add_object(Stream::new(dictionary! {}, b"q 400 0 0 100 0 0 cm /P Do Q".to_vec()));
    let tree = doc.new_object_id();
    let page = doc.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "Contents" => content,
        "MediaBox" => vec![0.into(), 0.into(), 400.into(), 100.into()],
        "Resources" => dictionary! { "XObject" => dictionary! { "P" => picture } },
    });
    doc.objects
        .insert(tree, dictionary! { "Type" => "Pages", "Kids" => vec![Object::from(page)], "Count" => 1 }.into());
    let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    doc.trailer.set("Root", catalog);
    let path = folder.join("scan.pdf");
    doc.save(&path).expect("a file");
    path
}

#[test]
fn a_scan_is_called_one_and_read_where_the_machine_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let scan = scan(folder.path());
    let refused = extract(&scan);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(4) && message.contains("a scan: 1 of its 1 page"), "{message}");
    let read = extract_with(&scan, &["--ocr", "eng"]);
    let message = String::from_utf8_lossy(&read.stderr).into_owned();
    if message.contains("install tesseract-ocr") {
        assert!(std::env::var_os("LECTERN_REQUIRE_ALL").is_none(), "{message}");
        eprintln!("skipped: {message}");
        return;
    }
    assert!(read.status.success(), "{message}");
    assert!(pages(&read)[&1].1.contains("LIGHT"), "{:?}", pages(&read));
    let unknown = extract_with(&scan, &["--ocr", "nosuch"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no language \"nosuch\""));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("lectern"))
        .arg("extract")
        .arg(shipped("physics-question-library.pdf"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn hard_files_give_pages_or_a_reason() {
    let Some(folder) = shared() else { return };
    let reasons = HashMap::from([
        ("pdfminer__aes-256-r6.pdf", "needs a password"),
        ("pypdf__crazyones-encrypted-256.pdf", "needs a password"),
        ("pypdf__r3-user-password.pdf", "needs a password"),
        ("pysample__libreoffice-writer-password.pdf", "needs a password"),
        ("plumber__empty.pdf", "no readable PDF"),
        ("pdfjs__empty_protected.pdf", "no text here"),
        ("pdfminer__simple2.pdf", "no text here"),
        ("pysample__imagemagick-images.pdf", "a scan: 6 of its 6 pages"),
    ]);
    let code = |reason: &str| match reason {
        "needs a password" => 3,
        "no readable PDF" => 1,
        _ => 4,
    };
    let mut num_files = 0;
    for entry in std::fs::read_dir(folder.join("torture")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let began = Instant::now();
        let output = extract(&path);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!message.contains("panicked"), "{name}: {message}");
        match reasons.get(name.as_str()) {
            Some(reason) => {
                assert!(output.status.code() == Some(code(reason)) && message.contains(reason), "{name}: {message}")
            }
            None => assert!(output.status.success() && !pages(&output).is_empty(), "{name}: {message}"),
        }
        assert!(began.elapsed() < PATIENCE, "{name}");
        num_files += 1;
    }
    assert!(num_files >= 50, "found only {num_files} files");
}

#[test]
fn passwords_open_protected_files() {
    let Some(folder) = shared() else { return };
    let cases = [
        ("pypdf__r3-user-password", "asdfzxcv"),
        ("pypdf__crazyones-encrypted-256", "password"),
        ("pysample__libreoffice-writer-password", "openpassword"),
    ];
    for (name, password) in cases {
        let path = folder.join("torture").join(format!("{name}.pdf"));
        let opened = extract_with(&path, &["--password", password]);
        assert!(opened.status.success() && !pages(&opened).is_empty(), "{name}: {opened:?}");
        let wrong = extract_with(&path, &["--password", "wrong"]);
        assert_eq!(wrong.status.code(), Some(3), "{name}: {wrong:?}");
    }
}

/// How many of the words of the second text the first has too, and of how many. Words broken at line ends are made whole.
fn common_words(found: &str, expected: &str) -> (usize, usize) {
    let words = |text: &str| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let whole = text.replace("-\n", "").to_lowercase();
        for word in whole.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1) {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
        counts
    };
    let (found, expected) = (words(found), words(expected));
    let hits = expected.iter().map(|(word, count)| *count.min(found.get(word).unwrap_or(&0))).sum();
    (hits, expected.values().sum())
}

#[test]
fn books_hold_the_words_that_another_reader_finds() {
    let Some(folder) = shared() else { return };
    let cases = [
        ("amt_handbook_faa_indesign_2col", 0.995),
        ("csunplugged_guide_word", 0.99),
        ("federal_register_3col_itext", 0.98),
        ("metafont_beginners_distiller7", 0.96),
        ("sil_abyssinica_libreoffice", 0.98),
        ("simplified_latex_gs871", 0.99),
        ("stream_handbook_qt_wkhtml", 0.99),
    ];
    for (name, at_least) in cases {
        let output = extract(&folder.join("textbooks").join(format!("{name}.pdf")));
        let reference = folder.join("ref/pdftotext/textbooks").join(format!("{name}.pdf.jsonl"));
        let reference = std::fs::read_to_string(reference).expect("a reference");
        let (mut hits, mut total) = (0, 0);
        let found = pages(&output);
        for line in reference.lines() {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let page = value["page"].as_u64().expect("a number");
            let expected = value["text"].as_str().unwrap_or_default();
            let (some, all) = common_words(found.get(&page).map_or("", |(_, text)| text), expected);
            (hits, total) = (hits + some, total + all);
        }
        let share = hits as f64 / total as f64;
        assert!(share >= at_least, "{name}: {share:.4} of {total} words, expected {at_least}");
    }
}
