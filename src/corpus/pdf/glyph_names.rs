//! What a glyph's name says about its text: `A`, `fi`, `uni00E9`, `f_f_i`, `a.alt`.

use super::glyph_names_more::NAMES;
use lopdf::{Dictionary, Document, Encoding, Object};
use read_fonts::ps::agl;

/// The longest name that is looked at.
const MAX_NAME_BYTES: usize = 256;

/// Endings that say how a glyph is drawn, not what it stands for. The big sizes are those of TeX's extension fonts.
const ENDINGS: &[&str] = &[
    "biggg", "Biggg", "bigg", "Bigg", "big", "Big", "text", "display", "fitted", "oldstyle", "inferior", "superior",
    "wide", "wider", "widest", "v1", "v2", "v3", "v4",
];

/// The text that `name` stands for, if the name tells.
pub(super) fn to_text(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok().filter(|name| name.len() <= MAX_NAME_BYTES)?;
    if name == ".notdef" || name.is_empty() {
        return None;
    }
    let stem = match name.find('.') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    };
    if let Some(text) = one(stem) {
        return Some(text);
    }
    let parts: Option<Vec<String>> = stem.split('_').map(one).collect();
    parts.filter(|parts| parts.len() > 1).map(|parts| parts.concat())
}

/// The number in a name that is only a number with a letter or word before it (`g12`, `glyph12`, `c65`).
pub(super) fn number(name: &[u8]) -> Option<u32> {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (word, digits) = name.split_at(name.len() - digits);
    let is_word = matches!(word, b"glyph" | b"index" | b"gid" | b"cid" | b"char" | b"SYMBOL" | b"FontObject")
        || (word.len() <= 2 && word.iter().all(u8::is_ascii_alphabetic));
    if !is_word { None } else { std::str::from_utf8(digits).ok()?.parse().ok() }
}

/// Whether a name only repeats its code, in decimal or hexadecimal digits (`a65`, `char41` at 65).
pub(super) fn repeats(name: &[u8], code: u8) -> bool {
    let hex = || {
        let digits = str::from_utf8(name.get(name.len().checked_sub(2)?..)?).ok()?;
        let word = &name[..name.len() - 2];
        u8::from_str_radix(digits, 16).ok().filter(|_| word.len() <= 1 || word == b"char")
    };
    number(name) == Some(u32::from(code)) || hex() == Some(code)
}

/// The character of a name of the Zapf Dingbats font: `a1` to `a206`.
pub(super) fn dingbat(name: &[u8]) -> Option<char> {
    agl::name_to_char(std::str::from_utf8(name).ok()?)
}

fn one(name: &str) -> Option<String> {
    if let Ok(at) = NAMES.binary_search_by_key(&name, |(known, _)| known) {
        return Some(NAMES[at].1.to_owned());
    }
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len() >= 4
        && digits.len().is_multiple_of(4)
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
    {
        let units =
            digits.as_bytes().chunks(4).filter_map(|four| u16::from_str_radix(str::from_utf8(four).ok()?, 16).ok());
        return char::decode_utf16(units).collect::<Result<_, _>>().ok();
    }
    if let Some(digits) = name.strip_prefix('u')
        && (4..=6).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(String::from);
    }
    // In other fonts than Zapf Dingbats, `a12` is a number.
    if !name.is_ascii() || name.strip_prefix('a').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())) {
        return (name == "a").then(|| name.to_owned());
    }
    listed(name).or_else(|| drawn(name))
}

/// What the Adobe glyph list alone says of `name`.
pub(super) fn to_listed_text(name: &[u8]) -> Option<String> {
    let name = str::from_utf8(name).ok().filter(|name| name.len() <= MAX_NAME_BYTES)?;
    let is_number = name.starts_with('a') && number(name.as_bytes()).is_some();
    if name == ".notdef" || is_number { None } else { listed(name) }
}

/// The Adobe glyph list's answer, if it is a character and no place in the private area.
fn listed(name: &str) -> Option<String> {
    let text: String = agl::name_to_chars(name).collect();
    (!text.is_empty() && !text.chars().any(is_private)).then_some(text)
}

/// What is left of a name without the ending that says how it is drawn: `parenleftbigg`, `Asmall`, `oneoldstyle`.
fn drawn(name: &str) -> Option<String> {
    if let Some(stem) = name.strip_suffix("small") {
        return listed(stem).map(|text| text.to_lowercase());
    }
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).filter(|stem| stem.len() > 1)?;
    let known = NAMES.binary_search_by_key(&stem, |(known, _)| known).ok().map(|at| NAMES[at].1.to_owned());
    known.or_else(|| listed(stem))
}

/// Whether `c` means nothing outside the font it was made for.
pub(super) fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
}

/// The characters of one of the named one-byte encodings (`WinAnsiEncoding` …), by code.
pub(super) fn base_encoding(name: &[u8]) -> Option<Vec<Option<char>>> {
    let named = Object::Name(name.to_vec());
    let font = Dictionary::from_iter([("Type", Object::Name(b"Font".to_vec())), ("Encoding", named)]);
    let doc = Document::new();
    let encoding = font.get_font_encoding(&doc).ok()?;
    if !matches!(encoding, Encoding::OneByteEncoding(_)) {
        return None;
    }
    Some((0..=255).map(|code: u8| encoding.bytes_to_string(&[code]).ok()?.chars().next()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_their_text_or_nothing() {
        let cases: &[(&str, Option<&str>)] = &[
            ("A", Some("A")),
            ("eacute", Some("é")),
            ("fi", Some("\u{fb01}")),
            ("ffi", Some("ffi")),
            ("f_f_i", Some("ffi")),
            ("uni00E9", Some("é")),
            ("uni00660069", Some("fi")),
            ("u1F600", Some("😀")),
            ("a.alt", Some("a")),
            ("alpha", Some("α")),
            ("Asmall", Some("a")),
            ("oneoldstyle", Some("1")),
            ("parenleftbigg", Some("(")),
            ("integraldisplay", Some("∫")),
            ("parenlefttp", Some("⎛")),
            ("negationslash", Some("\u{338}")),
            ("a", Some("a")),
            ("H18533", Some("●")),
            ("dalethatafpatah", Some("דֲ")),
            ("g12", None),
            ("a12", None),
            ("glyph12", None),
            (".notdef", None),
            ("", None),
            ("uniXYZW", None),
            ("nosuchname", None),
        ];
        for (name, text) in cases {
            assert_eq!(to_text(name.as_bytes()).as_deref(), *text, "{name}");
        }
        assert!(NAMES.is_sorted());
        assert_eq!(dingbat(b"a73"), Some('■'));
    }

    #[test]
    fn names_that_are_numbers_give_the_number() {
        let cases: [(&[u8], _); 6] = [
            (b"g12", Some(12)),
            (b"glyph7", Some(7)),
            (b"C65", Some(65)),
            (b"G", None),
            (b"alpha1", None),
            (b"", None),
        ];
        for (name, expected) in cases {
            assert_eq!(number(name), expected);
        }
        assert!(repeats(b"a65", 65) && repeats(b"char41", 65) && repeats(b"41", 65));
        assert!(!repeats(b"a41", 66) && !repeats(b"A", 65) && !repeats(b"", 0));
    }

    #[test]
    fn named_encodings_are_there() {
        let ansi = base_encoding(b"WinAnsiEncoding").expect("a named encoding");
        assert_eq!((ansi[0x41], ansi[0xE9], ansi[0x93]), (Some('A'), Some('é'), Some('“')));
        assert!(base_encoding(b"StandardEncoding").is_some() && base_encoding(b"MacRomanEncoding").is_some());
        assert!(base_encoding(b"NoSuchEncoding").is_none());
    }
}
