//! The encoding in the clear part of a Type 1 font. Only that part is read: the glyphs after it are encrypted, and nothing
//! in them tells more.

use std::collections::HashMap;

/// How much of the clear part is looked at.
const MAX_CLEAR_BYTES: usize = 64_000;

/// The glyph names of codes by the font's own `/Encoding`, if it has one of its own: `dup 65 /A put` lines or a list of
/// names.
pub(super) fn built_in_encoding(bytes: &[u8]) -> Option<HashMap<u8, Vec<u8>>> {
    let find = |needle: &[u8], from: usize| {
        bytes.get(from..)?.windows(needle.len()).position(|window| window == needle).map(|at| from + at)
    };
    let start = find(b"/Encoding", 0)? + b"/Encoding".len();
    let end = find(b"eexec", start).unwrap_or(bytes.len()).min(start + MAX_CLEAR_BYTES);
    let words = words(&bytes[start..end]);
    match words.as_slice() {
        [b"StandardEncoding", ..] => None,
        [b"[", names @ ..] => {
            let names = names.iter().take_while(|word| **word != b"]").map(|word| word.strip_prefix(b"/"));
            Some((0..=255).zip(names).filter_map(|(code, name)| Some((code, name?.to_vec()))).collect())
        }
        _ => Some(words.windows(4).take_while(|four| four[0] != b"def").filter_map(entry).collect()),
    }
    .filter(|names: &HashMap<_, _>| !names.is_empty())
}

fn entry(four: &[&[u8]]) -> Option<(u8, Vec<u8>)> {
    match four {
        [b"dup", code, name, b"put"] => Some((number(code)?, name.strip_prefix(b"/")?.to_vec())),
        _ => None,
    }
}

/// A code: decimal, or with its base (`8#101`).
fn number(word: &[u8]) -> Option<u8> {
    let word = std::str::from_utf8(word).ok()?;
    match word.split_once('#') {
        Some((base, digits)) => {
            let base = base.parse().ok().filter(|base| (2..=36).contains(base))?;
            u8::from_str_radix(digits, base).ok()
        }
        None => word.parse().ok(),
    }
}

/// Words of PostScript; `/` begins a name, brackets stand alone, comments are left out.
fn words(bytes: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begin = at;
        at += 1;
        match bytes[begin] {
            b'%' => at += bytes[at..].iter().take_while(|byte| !b"\r\n".contains(byte)).count(),
            byte if byte.is_ascii_whitespace() || byte == 0 => {}
            b'[' | b']' | b'{' | b'}' => words.push(&bytes[begin..at]),
            _ => {
                let ends = |byte: &&u8| !byte.is_ascii_whitespace() && !b"/[]{}%\0".contains(byte);
                at += bytes[at..].iter().take_while(ends).count();
                words.push(&bytes[begin..at]);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read_in_every_form() {
        let lines: &[u8] = b"%!PS /Encoding 256 array 0 1 255 {1 index exch /.notdef put} for dup 65/alpha put % no\n \
            dup 8#102 /ff put readonly def dup 67 /late put eexec dup 68 /hidden put";
        let list: &[u8] = b"/Encoding [/.notdef/a /b] def eexec";
        type Names = &'static [(u8, &'static str)];
        let cases: [(&[u8], Names); 5] = [
            (lines, &[(65, "alpha"), (66, "ff")]),
            (list, &[(0, ".notdef"), (1, "a"), (2, "b")]),
            (b"/Encoding StandardEncoding def eexec", &[]),
            (b"/Encoding 256 array def", &[]),
            (b"", &[]),
        ];
        for (file, expected) in cases {
            let names = built_in_encoding(file).unwrap_or_default();
            let expected: HashMap<u8, Vec<u8>> = expected.iter().map(|(c, n)| (*c, n.as_bytes().to_vec())).collect();
            assert_eq!(names, expected, "{}", String::from_utf8_lossy(file));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            built_in_encoding(&[b"/Encoding ".as_slice(), &bytes].concat());
        }
    }
}
