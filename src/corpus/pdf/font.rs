//! One font of a file: how a string splits into codes, what each code means, and how far it moves the pen.

use super::cmap::CMap;
use super::{embedded, glyph_names, objects, standard_widths};
use encoding_rs::Encoding;
use lopdf::{Dictionary, Document, Object};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;

/// How many widths one font may list.
const MAX_WIDTHS: usize = 131_072;

/// A font as the text interpreter needs it.
pub(super) struct Font {
    codes: Codes,
    to_unicode: CMap,
    /// Whether codes are characters, as `/ToUnicode /Identity-H` says.
    is_unicode: bool,
    texts: Vec<Option<Box<str>>>,
    glyph_texts: HashMap<u32, char>,
    widths: HashMap<u32, f64>,
    default_width: f64,
    /// Text space units per width unit: 1/1000, or what a Type 3 font's matrix says.
    scale: f64,
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

/// How strings split into codes.
enum Codes {
    OneByte,
    TwoBytes,
    Mapped(CMap),
    Utf16,
    Legacy(&'static Encoding),
}

/// One code of a string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Code {
    pub(super) value: u32,
    pub(super) num_bytes: usize,
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
        let lower = base_font.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let font = Self {
            codes: Codes::OneByte,
            is_unicode,
            to_unicode,
            texts: Vec::new(),
            glyph_texts: HashMap::new(),
            widths: HashMap::new(),
            default_width: 0.0,
            scale: 0.001,
            em: 1.0,
            vertical: false,
            bold: says(&["bold", "black", "heavy", "demi", "cmbx", "sfbx", "ecbx"]) || is_tex_bold(&lower),
            italic: says(&["italic", "oblique", "slanted", "cmti", "cmsl", "sfti", "ecti"]) || lower.ends_with("-it"),
            face: face(&lower),
            mono: says(&[
                "courier", "mono", "consol", "typewriter", "cmtt", "lmtt", "sftt", "ectt", "menlo", "inconsol",
            ]),
        };
        match objects::name(doc, dict, b"Subtype") {
            Some(b"Type0") => font.composite(doc, dict),
            Some(b"Type3") => font.simple(doc, dict, &base_font).type3(doc, dict),
            _ => font.simple(doc, dict, &base_font),
        }
    }

    /// The first code of `bytes`, which must not be empty.
    pub(super) fn next_code(&self, bytes: &[u8]) -> Code {
        let (value, num_bytes) = match &self.codes {
            Codes::OneByte => (u32::from(bytes[0]), 1),
            Codes::Mapped(map) => map.next_code(bytes),
            Codes::Legacy(encoding) if !is_lead(encoding, bytes[0]) => (u32::from(bytes[0]), 1),
            Codes::TwoBytes | Codes::Utf16 | Codes::Legacy(_) => {
                let low = bytes.get(1).copied().unwrap_or_default();
                (u32::from(bytes[0]) << 8 | u32::from(low), bytes.len().min(2))
            }
        };
        Code { value, num_bytes }
    }

    /// The text of `code`, ligatures as letters; empty if nothing tells.
    pub(super) fn text(&self, code: Code, into: &mut String) {
        if let Some(text) = self.to_unicode.text(code.value)
            && text.chars().any(|c| c != '\0' && c != char::REPLACEMENT_CHARACTER)
        {
            return text.chars().for_each(|c| push_plain(c, into));
        }
        match &self.codes {
            _ if self.is_unicode => char::from_u32(code.value).into_iter().for_each(|c| push_plain(c, into)),
            Codes::OneByte => {
                let text = self.texts.get(code.value as usize).and_then(Option::as_deref).unwrap_or_default();
                text.chars().for_each(|c| push_plain(c, into));
            }
            Codes::Utf16 => into.extend(char::from_u32(code.value)),
            Codes::Legacy(encoding) => {
                let bytes = code.value.to_be_bytes();
                let (text, _, wrong) = encoding.decode(&bytes[4 - code.num_bytes.clamp(1, 4)..]);
                if !wrong {
                    into.push_str(&text);
                }
            }
            Codes::Mapped(_) | Codes::TwoBytes => {
                into.extend(self.glyph_texts.get(&self.cid(code.value)));
            }
        }
    }

    /// How far `code` moves the pen, in text space per unit of font size.
    pub(super) fn advance(&self, code: Code) -> f64 {
        self.widths.get(&self.cid(code.value)).copied().unwrap_or(self.default_width) * self.scale
    }

    fn cid(&self, code: u32) -> u32 {
        match &self.codes {
            Codes::Mapped(map) => map.cid(code).unwrap_or(code),
            _ => code,
        }
    }

    fn simple(mut self, doc: &Document, dict: &Dictionary, base_font: &str) -> Self {
        let descriptor = objects::dict(doc, dict, b"FontDescriptor");
        self.default_width = descriptor.and_then(|d| objects::number(doc, d, b"MissingWidth")).unwrap_or(0.0);
        let first = objects::integer(doc, dict, b"FirstChar").unwrap_or(0).clamp(0, 255) as u32;
        match objects::array(doc, dict, b"Widths") {
            Some(widths) => {
                let number = |object| objects::resolve(doc, object).and_then(|o: &Object| o.as_float().ok());
                let numbers = widths.iter().take(256).map(|object| number(object).map(f64::from).unwrap_or(0.0));
                self.widths = (first..).zip(numbers).collect();
            }
            None => self.widths = (0..=255_u8).map(|c| (u32::from(c), standard_widths::width(base_font, c))).collect(),
        }
        self.texts = simple_texts(doc, dict, base_font);
        self
    }

    fn type3(mut self, doc: &Document, dict: &Dictionary) -> Self {
        let matrix = objects::numbers::<6>(doc, dict, b"FontMatrix").unwrap_or([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
        self.scale = if matrix[0] == 0.0 { 0.001 } else { matrix[0].abs() };
        let widths: Vec<f64> = self.widths.values().copied().filter(|width| *width > 0.0).collect();
        let mean = widths.iter().sum::<f64>() / widths.len().max(1) as f64;
        // A letter is about half as wide as its font is high.
        self.em = if mean > 0.0 { (mean * self.scale * 2.0).clamp(1e-4, 1e4) } else { 1.0 };
        self
    }

    fn composite(mut self, doc: &Document, dict: &Dictionary) -> Self {
        match objects::get(doc, dict, b"Encoding") {
            Some(Object::Stream(stream)) => {
                let map = objects::stream_bytes(stream, 8 << 20).map(|bytes| CMap::parse(&bytes)).unwrap_or_default();
                self.vertical = objects::integer(doc, &stream.dict, b"WMode") == Some(1);
                self.codes = Codes::Mapped(map);
            }
            Some(Object::Name(name)) => {
                self.vertical = name.ends_with(b"-V") || name == b"V";
                self.codes = predefined(name);
            }
            _ => self.codes = Codes::TwoBytes,
        }
        let descendants = objects::array(doc, dict, b"DescendantFonts").unwrap_or_default();
        let descendant = descendants.first().and_then(|d| objects::resolve(doc, d)).and_then(objects::as_dict);
        self.default_width = 1000.0;
        if let Some(descendant) = descendant {
            self.default_width = objects::number(doc, descendant, b"DW").unwrap_or(1000.0);
            self.widths = composite_widths(doc, descendant);
            if !self.to_unicode.has_texts() {
                self.glyph_texts = embedded::texts_of_glyphs(doc, descendant);
            }
        }
        if self.vertical {
            (self.widths, self.default_width) = (HashMap::new(), 1000.0);
        }
        self
    }
}

/// The encodings of composite fonts that are known by name alone.
fn predefined(name: &[u8]) -> Codes {
    let has = |part: &str| name.windows(part.len()).any(|window| window == part.as_bytes());
    if has("UCS2") || has("UTF16") {
        Codes::Utf16
    } else if has("RKSJ") {
        Codes::Legacy(encoding_rs::SHIFT_JIS)
    } else if has("GBK") || has("GB-EUC") || has("GBpc") {
        Codes::Legacy(encoding_rs::GBK)
    } else if has("ETen") || has("B5pc") || has("HKscs") {
        Codes::Legacy(encoding_rs::BIG5)
    } else if has("KSC") {
        Codes::Legacy(encoding_rs::EUC_KR)
    } else if has("EUC-") {
        Codes::Legacy(encoding_rs::EUC_JP)
    } else {
        Codes::TwoBytes
    }
}

/// Whether `byte` begins a code of two bytes.
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

fn is_lead(encoding: &'static Encoding, byte: u8) -> bool {
    match byte {
        0..=0x80 | 0xFF => false,
        0xA0..=0xDF => encoding != encoding_rs::SHIFT_JIS,
        _ => true,
    }
}

/// `/W`: lists `first [w w w]` and ranges `first last w`.
fn composite_widths(doc: &Document, descendant: &Dictionary) -> HashMap<u32, f64> {
    let mut widths = HashMap::new();
    let items: Vec<&Object> = objects::array(doc, descendant, b"W")
        .unwrap_or_default()
        .iter()
        .filter_map(|o| objects::resolve(doc, o))
        .collect();
    let number = |object: &Object| object.as_float().ok().map(f64::from);
    let mut at = 0;
    while at + 1 < items.len() && widths.len() < MAX_WIDTHS {
        let Some(first) = number(items[at]).map(|first| first.max(0.0) as u32) else { break };
        if let Ok(list) = items[at + 1].as_array() {
            let list = list.iter().filter_map(|o| number(objects::resolve(doc, o)?));
            widths.extend((first..0x11_0000).zip(list));
            at += 2;
        } else {
            let (Some(last), Some(width)) = (number(items[at + 1]), items.get(at + 2).and_then(|o| number(o))) else {
                break;
            };
            widths.extend((first..=(last as u32).min(first.saturating_add(0xFFFF))).map(|cid| (cid, width)));
            at += 3;
        }
    }
    widths
}

/// What the 256 codes of a simple font mean without its `ToUnicode`.
fn simple_texts(doc: &Document, dict: &Dictionary, base_font: &str) -> Vec<Option<Box<str>>> {
    let encoding = objects::get(doc, dict, b"Encoding");
    let described = encoding.and_then(objects::as_dict);
    let base = match encoding {
        Some(Object::Name(name)) => Some(name.as_slice()),
        _ => described.and_then(|d| objects::name(doc, d, b"BaseEncoding")),
    };
    let own = || embedded::texts_of_codes(doc, dict);
    let fallback: &[u8] = match objects::name(doc, dict, b"Subtype") {
        Some(b"TrueType") => b"WinAnsiEncoding",
        _ => b"StandardEncoding",
    };
    let symbol = base_font.contains("Symbol");
    let mut texts: Vec<Option<Box<str>>> = match base.and_then(glyph_names::base_encoding) {
        Some(chars) if !symbol && !base_font.contains("Dingbats") => {
            chars.into_iter().map(|c| c.map(|c| c.to_string().into())).collect()
        }
        _ if base_font.contains("Dingbats") => vec![Some("■".into()); 256],
        _ if symbol => (0..=255).map(|code| symbol_char(code).map(|c| c.to_string().into())).collect(),
        _ => own().unwrap_or_else(|| {
            let chars = glyph_names::base_encoding(fallback).unwrap_or_else(|| vec![None; 256]);
            chars.into_iter().map(|c| c.map(|c| c.to_string().into())).collect()
        }),
    };
    texts.resize(256, None);
    let mut code = 0_usize;
    for item in described.and_then(|d| objects::array(doc, d, b"Differences")).unwrap_or_default() {
        match objects::resolve(doc, item) {
            Some(Object::Integer(number)) => code = usize::try_from(*number).unwrap_or(256),
            Some(Object::Name(name)) => {
                if let (Some(place), Some(text)) = (texts.get_mut(code), glyph_names::to_text(name)) {
                    *place = Some(text.into());
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    texts
}

/// The Symbol font's own encoding: Greek letters at the places of Latin ones, and the signs most used.
fn symbol_char(code: u8) -> Option<char> {
    const UPPER: &str = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ";
    const LOWER: &str = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ";
    const HIGH: &str = "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…";
    match code {
        b'A'..=b'Z' => UPPER.chars().nth(usize::from(code - b'A')),
        b'a'..=b'z' => LOWER.chars().nth(usize::from(code - b'a')),
        0x22 => Some('∀'),
        0x24 => Some('∃'),
        0x2A => Some('∗'),
        0x2D => Some('−'),
        0x20..=0x7E => Some(char::from(code)),
        0xA1..=0xBC => HIGH.chars().nth(usize::from(code - 0xA1)),
        0xC5 => Some('⊕'),
        0xCE => Some('∈'),
        0xD1 => Some('∇'),
        0xD6 => Some('√'),
        0xD7 => Some('⋅'),
        0xE5 => Some('∑'),
        0xF2 => Some('∫'),
        _ => None,
    }
}

/// Adds `c` as readers want it: ligatures and presentation forms as letters, symbols out of the private area.
fn push_plain(c: char, into: &mut String) {
    match c {
        '\u{FB00}'..='\u{FB4F}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' => {
            into.extend(std::iter::once(c).nfkc())
        }
        '\u{F020}'..='\u{F0FF}' => into.extend(symbol_char((c as u32 & 0xFF) as u8)),
        '\u{A0}' | '\t' | '\r' | '\n' => into.push(' '),
        '\u{20DD}' => into.push('○'),
        '\0' | '\u{FEFF}' => {}
        c if c.is_control() => {}
        c => into.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::dictionary;

    fn read(font: &Font, mut bytes: &[u8]) -> (String, f64) {
        let (mut text, mut advance) = (String::new(), 0.0);
        while !bytes.is_empty() {
            let code = font.next_code(bytes);
            font.text(code, &mut text);
            advance += font.advance(code);
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
        let dict = dictionary! {
            "Subtype" => "Type0", "Encoding" => "UniJIS-UCS2-H",
            "DescendantFonts" => vec![Object::Dictionary(dictionary! { "DW" => 1000, "W" => widths })],
        };
        let font = Font::load(&doc, &dict);
        assert_eq!(read(&font, &[0, 1, 0, 2, 0, 6, 0x30, 0x42]).1, 1.6);
        assert_eq!(read(&font, &[0x30, 0x42]).0, "あ");
        let legacy = Font::load(&doc, &dictionary! { "Subtype" => "Type0", "Encoding" => "90ms-RKSJ-V" });
        assert_eq!(read(&legacy, &[0x82, 0xA0, b'a']).0, "あa");
        assert!(legacy.vertical);
    }
}
