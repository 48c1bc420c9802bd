//! What a glyph's name says about its text: `A`, `fi`, `uni00E9`, `f_f_i`, `a.alt`.

use lopdf::{Dictionary, Document, Encoding, Object};

/// Names of TeX's and others' fonts that the Adobe glyph list lacks.
const EXTRA: &[(&str, &str)] = &[
    ("ff", "ff"),
    ("ffi", "ffi"),
    ("ffl", "ffl"),
    ("st", "st"),
    ("ct", "ct"),
    ("visiblespace", " "),
    ("nbspace", " "),
    ("compwordmark", ""),
    ("cwm", ""),
    ("dotlessj", "ȷ"),
    ("suppress", "ł"),
    ("tie", "\u{361}"),
    ("vector", "\u{20d7}"),
    ("openbullet", "◦"),
    ("triangleright", "▷"),
    ("triangleleft", "◁"),
    ("lscript", "ℓ"),
    ("star", "⋆"),
    ("diamondmath", "⋄"),
    ("follows", "≻"),
    ("precedes", "≺"),
    ("owner", "∋"),
    ("mapsto", "↦"),
    ("prime", "′"),
    ("epsilon1", "ϵ"),
    ("rho1", "ϱ"),
    ("pi1", "ϖ"),
    ("sigma1", "ς"),
    ("theta1", "ϑ"),
    ("phi1", "ϕ"),
    ("arrowsouthwest", "↙"),
    ("asteriskmath", "∗"),
    ("greatermuch", "≫"),
    ("lessmuch", "≪"),
    ("nabla", "∇"),
    ("bardbl", "‖"),
    ("similar", "∼"),
    ("braceleftbigg", "{"),
    ("bracerightbigg", "}"),
    ("parenleftbig", "("),
    ("parenrightbig", ")"),
    ("parenleftbigg", "("),
    ("parenrightbigg", ")"),
    ("bracketleftbig", "["),
    ("bracketrightbig", "]"),
    ("summationdisplay", "∑"),
    ("summationtext", "∑"),
    ("integraldisplay", "∫"),
    ("integraltext", "∫"),
    ("productdisplay", "∏"),
    ("radicalbig", "√"),
    ("radicalbigg", "√"),
    ("perthousandzero", "0"),
    ("Ng", "Ŋ"),
    ("ng", "ŋ"),
    ("SS", "SS"),
    ("sfthyphen", "\u{ad}"),
    ("hyphenchar", "-"),
    ("ringfitted", "˚"),
];

/// The text that `name` stands for, if the name tells.
pub(super) fn to_text(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
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

fn one(name: &str) -> Option<String> {
    if let Some((_, text)) = EXTRA.iter().find(|(known, _)| *known == name) {
        return Some((*text).to_owned());
    }
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len() >= 4
        && digits.len() % 4 == 0
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
    {
        let units =
            digits.as_bytes().chunks(4).filter_map(|four| u16::from_str_radix(str::from_utf8(four).ok()?, 16).ok());
        return char::decode_utf16(units).collect::<Result<_, _>>().ok();
    }
    if let Some(digits) = name.strip_prefix('u')
        && (4..=6).contains(&digits.len())
        && let Ok(code) = u32::from_str_radix(digits, 16)
    {
        return char::from_u32(code).map(String::from);
    }
    let numbered = name.len() > 1 && name[1..].bytes().all(|b| b.is_ascii_digit());
    if numbered || !name.is_ascii() { None } else { listed(name) }
}

/// The Adobe glyph list's answer. lopdf has the list but shows it only as the encoding of a font, so a font with this one
/// glyph is made for the question.
fn listed(name: &str) -> Option<String> {
    let differences = vec![Object::Integer(0), Object::Name(name.as_bytes().to_vec())];
    let encoding = Dictionary::from_iter([("Differences", Object::Array(differences))]);
    let font =
        Dictionary::from_iter([("Type", Object::Name(b"Font".to_vec())), ("Encoding", Object::Dictionary(encoding))]);
    let doc = Document::new();
    let text = match font.get_font_encoding(&doc).ok()? {
        Encoding::Differences(differences) => {
            let unit = differences.map.get(&0)?.utf16_code_unit();
            char::decode_utf16([unit]).next()?.ok()
        }
        _ => None,
    };
    text.map(String::from)
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
            ("f_f_i", Some("\u{fb03}")),
            ("uni00E9", Some("é")),
            ("uni00660069", Some("fi")),
            ("u1F600", Some("😀")),
            ("a.alt", Some("a")),
            ("g12", None),
            (".notdef", None),
            ("", None),
            ("uniXYZW", None),
            ("alpha", Some("α")),
            ("nosuchname", None),
        ];
        for (name, text) in cases {
            assert_eq!(to_text(name.as_bytes()).as_deref(), *text, "{name}");
        }
    }

    #[test]
    fn named_encodings_are_there() {
        let ansi = base_encoding(b"WinAnsiEncoding").expect("a named encoding");
        assert_eq!((ansi[0x41], ansi[0xE9], ansi[0x93]), (Some('A'), Some('é'), Some('“')));
        assert!(base_encoding(b"StandardEncoding").is_some() && base_encoding(b"MacRomanEncoding").is_some());
        assert!(base_encoding(b"NoSuchEncoding").is_none());
    }
}
