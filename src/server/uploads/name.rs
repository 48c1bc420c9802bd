//! The name that an uploaded file gets.

use unicode_normalization::UnicodeNormalization as _;

/// Longest name, in bytes.
const MAX_BYTES: usize = 120;

const ENDING: &str = ".pdf";

/// The name without folders, without what is invisible, and without what some file system does not take; it ends in `.pdf`.
pub(super) fn clean(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let text: String = last.nfc().filter(|c| !is_invisible(*c)).map(plain).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let has_ending = text.len() >= ENDING.len()
        && text.get(text.len() - ENDING.len()..).is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING));
    let stem = if has_ending { &text[..text.len() - ENDING.len()] } else { &text };
    // A leading dot would hide the file; some systems drop dots and blanks at the end.
    let stem = cut(stem.trim_start_matches(['.', ' ']), MAX_BYTES - ENDING.len()).trim_end_matches(['.', ' ']);
    let stem = if stem.is_empty() { "book" } else { stem };
    format!("{stem}{ENDING}")
}

/// Control characters, and those that turn the direction of text to disguise how a name ends.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

fn plain(c: char) -> char {
    if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c }
}

fn cut(text: &str, max_bytes: usize) -> &str {
    let end = (0..=max_bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_end_in_pdf() {
        let (long, cut) = ("長".repeat(99) + ".pdf", "長".repeat(38) + ".pdf");
        for (given, expected) in [
            ("Waves.pdf", "Waves.pdf"),
            ("Waves.PDF", "Waves.pdf"),
            ("Физика 7 класс.pdf", "Физика 7 класс.pdf"),
            ("कक्षा १०.pdf", "कक्षा १०.pdf"),
            ("e\u{301}tude.pdf", "étude.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("C:\\books\\a.pdf", "a.pdf"),
            ("/a/b/", "book.pdf"),
            ("a\u{0}b\r\nc.pdf", "abc.pdf"),
            ("evil\u{202E}fdp.exe", "evilfdp.exe.pdf"),
            (".hidden.pdf", "hidden.pdf"),
            ("..pdf", "book.pdf"),
            (".pdf", "book.pdf"),
            ("", "book.pdf"),
            ("  a   b .pdf", "a b.pdf"),
            ("what? 1:2 <b>.pdf", "what_ 1_2 _b_.pdf"),
            ("é.pd", "é.pd.pdf"),
            (&long, &cut),
        ] {
            let name = clean(given);
            assert_eq!(name, expected, "{given:?}");
            assert!(name.len() <= MAX_BYTES, "{name}");
            assert_eq!(clean(&name), name, "a clean name stays");
        }
    }
}
