//! One font of a file: how a string splits into codes, what each code means, and how far it moves the pen.

use super::cmap::CMap;
use super::composite::Composite;
use super::simple::{self, Simple};
use super::{glyph_names, objects};
use compact_str::CompactString;
use lopdf::{Dictionary, Document, Object};
use std::cell::RefCell;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;

/// How many codes of a font are remembered.
const MAX_REMEMBERED: usize = 65_536;

/// A font as the text interpreter needs it.
pub(super) struct Font {
    kind: Kind,
    to_unicode: CMap,
    /// Whether codes are characters, as `/ToUnicode /Identity-H` says.
    is_unicode: bool,
    /// Text space units per width unit: 1/1000, or what a Type 3 font's matrix says.
    scale: f64,
    /// What was shown already: 256 places for codes of one byte, and the rest by code and length.
    bytes_shown: RefCell<Vec<Option<Shown>>>,
    codes_shown: RefCell<HashMap<Code, Shown>>,
    /// The height of the font's letters in text space per unit of font size; 1 except for Type 3.
    pub(super) em: f64,
    /// Whether the pen moves down instead of right.
    pub(super) vertical: bool,
    /// Whether the name says bold.
    pub(super) bold: bool,
    /// Whether the name says italic or slanted.
    pub(super) italic: bool,
    /// Tells the typeface from others of the file: the same for every subset and encoding of it.
    pub(super) face: u32,
    /// Whether it is a typewriter's font, as code is set in.
    pub(super) mono: bool,
}

enum Kind {
    Simple(Simple),
    Composite(Composite),
}

/// One code of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Code {
    pub(super) value: u32,
    pub(super) num_bytes: usize,
}

/// What a code shows.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// Its text, ligatures as letters; empty if nothing tells.
    pub(super) text: CompactString,
    /// How far it moves the pen, in text space per unit of font size.
    pub(super) advance: f64,
}

impl Code {
    /// The code that all of `bytes` are.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            value: bytes.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte)),
            num_bytes: bytes.len(),
        }
    }
}

impl Font {
    /// Reads what the font's dictionary says; what is missing or broken gets a fair default.
    pub(super) fn load(doc: &Document, dict: &Dictionary) -> Self {
        let base_font =
            objects::name(doc, dict, b"BaseFont").map(String::from_utf8_lossy).unwrap_or_default().into_owned();
        let to_unicode = match objects::get(doc, dict, b"ToUnicode") {
            Some(Object::Stream(stream)) => {
                objects::stream_bytes(stream, 8 << 20).map(|bytes| CMap::parse(&bytes)).unwrap_or_default()
            }
            _ => CMap::default(),
        };
        let is_unicode = objects::name(doc, dict, b"ToUnicode").is_some_and(|name| name.starts_with(b"Identity"));
        let subtype = objects::name(doc, dict, b"Subtype");
        let kind = match subtype {
            Some(b"Type0") => Kind::Composite(Composite::load(doc, dict)),
            _ => Kind::Simple(Simple::load(doc, dict, &base_font)),
        };
        let (scale, em) = match &kind {
            Kind::Simple(font) if subtype == Some(b"Type3") => type3_scale(doc, dict, font),
            _ => (0.001, 1.0),
        };
        let lower = base_font.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        Self {
            vertical: matches!(&kind, Kind::Composite(font) if font.vertical),
            kind,
            is_unicode,
            to_unicode: simple::useful(to_unicode),
            scale,
            bytes_shown: RefCell::new(vec![None; 256]),
            codes_shown: RefCell::default(),
            em,
            bold: says(&["bold", "black", "heavy", "demi", "cmbx", "sfbx", "ecbx"]) || is_tex_bold(&lower),
            italic: says(&["italic", "oblique", "slanted", "cmti", "cmsl", "sfti", "ecti"]) || lower.ends_with("-it"),
            face: face(&lower),
            mono: says(&[
                "courier", "mono", "consol", "typewriter", "cmtt", "lmtt", "sftt", "ectt", "menlo", "inconsol",
            ]),
        }
    }

    /// The first code of `bytes`, which must not be empty.
    pub(super) fn next_code(&self, bytes: &[u8]) -> Code {
        match &self.kind {
            Kind::Simple(_) => Code::of(&bytes[..1]),
            Kind::Composite(font) => font.next_code(bytes),
        }
    }

    /// What `code` shows.
    pub(super) fn shown(&self, code: Code) -> Shown {
        if code.num_bytes == 1
            && let Some(place) = self.bytes_shown.borrow_mut().get_mut(code.value as usize)
        {
            return place.get_or_insert_with(|| self.look_up(code)).clone();
        }
        if let Some(shown) = self.codes_shown.borrow().get(&code) {
            return shown.clone();
        }
        let shown = self.look_up(code);
        let mut codes_shown = self.codes_shown.borrow_mut();
        if codes_shown.len() < MAX_REMEMBERED {
            codes_shown.insert(code, shown.clone());
        }
        shown
    }

    fn look_up(&self, code: Code) -> Shown {
        let text = self.text(code);
        let width = match &self.kind {
            Kind::Simple(font) => font.width(code.value as u8, &text),
            Kind::Composite(font) => font.width(code),
        };
        Shown { text: text.into(), advance: width * self.scale }
    }

    /// What the first source that says something sensible says; private characters are taken where nothing else is said.
    fn text(&self, code: Code) -> String {
        let mapped = self.to_unicode.text(code.value).filter(|text| says_something(text));
        let sensible = |text: &str| !text.chars().all(glyph_names::is_private);
        if let Some(text) = mapped.filter(|text| sensible(text)) {
            return self.plain(text);
        }
        if self.is_unicode
            && let Some(c) = char::from_u32(code.value)
        {
            return self.plain(c.encode_utf8(&mut [0; 4]));
        }
        let other = match &self.kind {
            Kind::Simple(font) => font.text(code.value as u8),
            Kind::Composite(font) => font.text(code).or_else(|| {
                let cid = font.cid(code);
                self.to_unicode.text(cid).filter(|text| cid != code.value && says_something(text)).map(str::to_owned)
            }),
        };
        let other = other.filter(|text| mapped.is_none() || (says_something(text) && sensible(text)));
        other.as_deref().or(mapped).map(|text| self.plain(text)).unwrap_or_default()
    }

    /// `text` as readers want it: ligatures and presentation forms as letters, symbols out of the private area.
    fn plain(&self, text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        for c in text.chars() {
            let sign = match &self.kind {
                Kind::Simple(font) => font.sign(c),
                Kind::Composite(_) => simple::symbol_of(c, None),
            };
            push_plain(sign.unwrap_or(c), &mut plain);
        }
        plain
    }
}

/// Whether `text` is more than fillers.
fn says_something(text: &str) -> bool {
    text.chars().any(|c| c != char::REPLACEMENT_CHARACTER && (!c.is_control() || c.is_whitespace()))
}

/// The scale of a Type 3 font's widths and the height of its letters.
fn type3_scale(doc: &Document, dict: &Dictionary, font: &Simple) -> (f64, f64) {
    let matrix = objects::numbers::<6>(doc, dict, b"FontMatrix").unwrap_or([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
    let scale = if matrix[0] == 0.0 { 0.001 } else { matrix[0].abs() };
    let mean = font.mean_width();
    // A letter is about half as wide as its font is high.
    (scale, if mean > 0.0 { (mean * scale * 2.0).clamp(1e-4, 1e4) } else { 1.0 })
}

/// Adds `c` as readers want it.
fn push_plain(c: char, into: &mut String) {
    match c {
        '\u{FB00}'..='\u{FDFF}' | '\u{FE10}'..='\u{FE1F}' | '\u{FE30}'..='\u{FE4F}' | '\u{FE70}'..='\u{FEFC}' => {
            into.extend(std::iter::once(c).nfkc())
        }
        '\u{A0}' | '\t' | '\r' | '\n' => into.push(' '),
        '\u{20DD}' => into.push('○'),
        '\0' | '\u{FEFF}' => {}
        // Big brackets are drawn in parts: one part of each stands for all.
        '⎛' => into.push('('),
        '⎞' => into.push(')'),
        '⎡' => into.push('['),
        '⎤' => into.push(']'),
        '⎨' => into.push('{'),
        '⎬' => into.push('}'),
        '⌠' => into.push('∫'),
        '⌡' | '\u{239C}'..='\u{23AF}' | '⏐' => {}
        c if c.is_control() => {}
        c => into.push(c),
    }
}

/// `VNBX12`, `PLBX10`: the bold fonts of the Computer Modern families.
fn is_tex_bold(name: &str) -> bool {
    let family = name.trim_end_matches(|c: char| c.is_ascii_digit());
    family.len() < name.len() && family.ends_with("bx")
}

/// A number for a font's name without the six letters and the plus sign of a subset.
fn face(name: &str) -> u32 {
    let bare = match name.split_once('+') {
        Some((subset, bare)) if subset.len() == 6 => bare,
        _ => name,
    };
    bare.bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::dictionary;

    fn read(font: &Font, mut bytes: &[u8]) -> (String, f64) {
        let (mut text, mut advance) = (String::new(), 0.0);
        while !bytes.is_empty() {
            let code = font.next_code(bytes);
            let shown = font.shown(code);
            text.push_str(&shown.text);
            advance += shown.advance;
            bytes = &bytes[code.num_bytes..];
        }
        (text, advance)
    }

    #[test]
    fn a_simple_font_reads_differences_over_its_base() {
        let doc = Document::new();
        let differences = vec![1.into(), "fi".into(), "nosuchname".into(), "uni00E9".into()];
        let dict = dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Example-Bold", "FirstChar" => 1,
            "Widths" => vec![500.into(), 250.into(), 250.into()],
            "Encoding" => dictionary! { "BaseEncoding" => "WinAnsiEncoding", "Differences" => differences },
        };
        let font = Font::load(&doc, &dict);
        assert_eq!(read(&font, &[1, 3, 0x41]), ("fiéA".into(), 0.75));
        assert!(font.bold);
    }

    #[test]
    fn a_composite_font_reads_widths_in_both_forms() {
        let doc = Document::new();
        let widths = vec![1.into(), Object::Array(vec![100.into(), 200.into()]), 5.into(), 7.into(), 300.into()];
        let descendant = dictionary! { "DW" => 1000, "W" => widths, "DW2" => vec![880.into(), (-900).into()],
        "W2" => vec![7.into(), Object::Array(vec![(-500).into(), 250.into(), 880.into()])],
        "CIDSystemInfo" => dictionary! { "Ordering" => Object::string_literal("Japan1") } };
        let font = |encoding: &str| {
            let descendants = vec![Object::Dictionary(descendant.clone())];
            let dict = dictionary! { "Subtype" => "Type0", "Encoding" => encoding, "DescendantFonts" => descendants };
            Font::load(&doc, &dict)
        };
        // Character ids: 34 is A, 843 is あ.
        assert_eq!(read(&font("Identity-H"), &[0, 1, 0, 2, 0, 6, 3, 0x4B, 0, 34]), (" !%あA".into(), 2.6));
        assert_eq!(read(&font("UniJIS-UCS2-H"), &[0x30, 0x42, 0, 0x20]), ("あ ".into(), 1.1));
        assert_eq!(read(&font("Identity-V"), &[0, 7, 0, 34]), ("&A".into(), 1.4));
        assert_eq!(read(&font("90ms-RKSJ-V"), &[0x82, 0xA0, b'a']).0, "あa");
        assert!(font("90ms-RKSJ-V").vertical);
    }

    #[test]
    fn a_bad_map_leaves_the_rest_to_the_other_sources() {
        let mut doc = Document::new();
        let map = b"3 beginbfchar <41> <FFFD> <42> <F042> <43> <0078> endbfchar 1 beginbfchar <44> <E123> endbfchar";
        let map = doc.add_object(lopdf::Stream::new(dictionary! {}, map.to_vec()));
        let dict = dictionary! { "Subtype" => "Type1", "Encoding" => "WinAnsiEncoding", "ToUnicode" => map };
        assert_eq!(read(&Font::load(&doc, &dict), b"ABCD").0, "ABxD");
        let dict = dictionary! { "Subtype" => "Type1", "BaseFont" => "Symbol", "ToUnicode" => map };
        assert_eq!(read(&Font::load(&doc, &dict), b"ABa").0, "ΑΒα");
    }
}
