//! The rooms of the crate talk only to the rooms they may: reads the `crate::` paths of every source file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Who may call whom; every room may also use itself and `passage`.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "device", "corpus", "embed", "library", "ingest", "retrieval", "models", "engine", "tutor", "classroom",
            "server",
        ],
    ),
    ("server", &["tutor", "classroom", "library", "engine"]),
    ("tutor", &["retrieval", "engine", "classroom"]),
    ("retrieval", &["embed", "library"]),
    ("ingest", &["corpus", "embed", "library"]),
    ("embed", &["device", "kernels"]),
    ("engine", &["device", "kernels"]),
    ("kernels", &[]),
    ("corpus", &[]),
    ("library", &[]),
    ("models", &[]),
    ("classroom", &[]),
    ("device", &[]),
    ("passage", &[]),
    ("main", &[]),
];

/// Crates that only one place may use.
const OWNED: &[(&str, &str)] =
    &[("lopdf", "corpus/pdf"), ("usearch", "library/vectors"), ("anyhow", "main.rs"), ("hf_hub", "models")];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the source folder is readable") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

/// The code of a file without its comments (whole-line comments are the only ones that name paths).
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source file is UTF-8");
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The first segments after every `crate::` of a text, those of `use crate::{a::b, c}` included.
fn called_rooms(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        if at > 0 && is_word(text.as_bytes()[at - 1]) {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            rooms.insert(rest.bytes().take_while(|b| is_word(*b)).map(char::from).collect());
            continue;
        };
        let (mut depth, mut word) = (0, String::new());
        for c in list.chars() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    rooms.insert(std::mem::take(&mut word).split("::").next().unwrap_or_default().trim().to_owned());
                    continue;
                }
                _ => {}
            }
            word.push(c);
        }
        rooms.insert(word.split("::").next().unwrap_or_default().trim().to_owned());
    }
    rooms.remove("");
    rooms
}

#[test]
fn every_room_calls_only_the_rooms_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20, "found only {} source files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let place = file.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
        let room = place.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        let text = code(&file);
        if room != "lib" {
            let allowed = ALLOWED.iter().find(|(name, _)| *name == room);
            let allowed = allowed.unwrap_or_else(|| panic!("{place}: the room `{room}` is not in the list")).1;
            for called in called_rooms(&text) {
                if called != room && called != "passage" && !allowed.contains(&called.as_str()) {
                    wrong.push(format!("{place} calls crate::{called}"));
                }
            }
        }
        for (owned, home) in OWNED {
            let used =
                text.match_indices(&format!("{owned}::")).any(|(at, _)| at == 0 || !is_word(text.as_bytes()[at - 1]));
            if used && !place.starts_with(home) {
                wrong.push(format!("{place} uses {owned}, which is for src/{home} alone"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn paths_are_read_also_from_nested_lists() {
    let text = "use crate::{embed::{A, B}, library, retrieval::x};\nlet y = crate::engine::E; mycrate::no";
    let expected: Vec<_> = ["embed", "engine", "library", "retrieval"].map(String::from).into();
    assert_eq!(called_rooms(text).into_iter().collect::<Vec<_>>(), expected);
}
