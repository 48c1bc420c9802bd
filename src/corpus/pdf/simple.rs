//! Simple fonts: one byte is one code, which names a glyph.

use super::cmap::CMap;
use super::embedded::Embedded;
use super::symbols::SignFont;
use super::tex::TexEncoding;
use super::{glyph_names, objects, standard_widths};
use lopdf::{Dictionary, Document, Object};
use std::collections::HashMap;

/// A Type 1, TrueType or Type 3 font.
pub(super) struct Simple {
    base_font: String,
    /// The names that `/Differences` gives to codes.
    names: HashMap<u8, Vec<u8>>,
    /// The characters of the encoding that the dictionary names.
    base: Option<Vec<Option<char>>>,
    /// The characters to guess by where nothing else tells.
    guess: Vec<Option<char>>,
    signs: Option<SignFont>,
    /// Whether the glyphs are drawings of the file's author, with names of his own.
    drawings: bool,
    /// How the codes are read if the names only repeat them.
    tex: Option<TexEncoding>,
    embedded: Embedded,
    first_width: usize,
    widths: Vec<f64>,
    missing_width: Option<f64>,
}

impl Simple {
    /// Reads what the font's dictionary says.
    pub(super) fn load(doc: &Document, dict: &Dictionary, base_font: &str) -> Self {
        let encoding = objects::get(doc, dict, b"Encoding");
        let described = encoding.and_then(objects::as_dict);
        let base = match encoding {
            Some(Object::Name(name)) => Some(name.as_slice()),
            _ => described.and_then(|d| objects::name(doc, d, b"BaseEncoding")),
        };
        let subtype = objects::name(doc, dict, b"Subtype");
        let guess: &[u8] = match subtype {
            Some(b"TrueType") => b"WinAnsiEncoding",
            _ => b"StandardEncoding",
        };
        let number = |object| objects::resolve(doc, object).and_then(|o: &Object| o.as_float().ok());
        let widths = objects::array(doc, dict, b"Widths").unwrap_or_default();
        let widths: Vec<f64> = widths.iter().take(256).map(|width| number(width).map_or(0.0, f64::from)).collect();
        let descriptor = objects::dict(doc, dict, b"FontDescriptor");
        let names = described.map(|described| differences(doc, described)).unwrap_or_default();
        let embedded = Embedded::new(doc, dict);
        Self {
            base_font: base_font.to_owned(),
            tex: if embedded.is_there() { None } else { tex_encoding(&names, &widths) },
            names,
            drawings: subtype == Some(b"Type3"),
            base: base.and_then(glyph_names::base_encoding),
            guess: glyph_names::base_encoding(guess).unwrap_or_default(),
            signs: SignFont::named(base_font),
            embedded,
            first_width: objects::integer(doc, dict, b"FirstChar").unwrap_or(0).clamp(0, 255) as usize,
            widths,
            missing_width: descriptor.and_then(|descriptor| objects::number(doc, descriptor, b"MissingWidth")),
        }
    }

    /// What `code` stands for without its `ToUnicode`.
    pub(super) fn text(&self, code: u8) -> Option<String> {
        let name = self.names.get(&code);
        if let Some(name) = name {
            let sign =
                || glyph_names::dingbat(name).filter(|_| self.signs == Some(SignFont::Dingbats)).map(String::from);
            let glyph = || {
                let text = self.embedded.text_of_glyph(glyph_names::number(name)?)?;
                Some(text.to_owned())
            };
            let known = if self.drawings { glyph_names::to_listed_text } else { glyph_names::to_text };
            let text = sign().or_else(|| known(name)).or_else(glyph);
            if text.is_some() || name == b".notdef" {
                return text;
            }
        }
        if let Some(tex) = self.tex {
            return tex.text(code);
        }
        let at = |chars: &[Option<char>]| chars.get(usize::from(code)).copied().flatten().map(String::from);
        if let Some(signs) = self.signs {
            return signs.sign(code).map(String::from);
        }
        let own = || self.embedded.text_of_code(code).map(str::to_owned);
        let numbered = |name: &Vec<u8>| glyph_names::number(name).is_some_and(|number| number != u32::from(code));
        if self.embedded.is_there() && name.is_some_and(numbered) {
            // The name is a glyph's number, and the code as meaningless.
            return own();
        }
        match &self.base {
            Some(base) => at(base).or_else(own),
            None => own().or_else(|| if self.embedded.tells_codes() { None } else { at(&self.guess) }),
        }
    }

    /// How far `code`, which stands for `text`, moves the pen, in the font's units.
    pub(super) fn width(&self, code: u8, text: &str) -> f64 {
        let given = usize::from(code).checked_sub(self.first_width).and_then(|index| self.widths.get(index));
        let standard = || match self.widths.is_empty() {
            true if self.embedded.is_there() => self.embedded.width_of_code(code),
            true => Some(standard_widths::width(&self.base_font, code, text)),
            false => None,
        };
        given.copied().or(self.missing_width.filter(|width| *width > 0.0)).or_else(standard).unwrap_or(0.0)
    }

    /// The mean of the widths that are not 0; 0 if there are none.
    pub(super) fn mean_width(&self) -> f64 {
        let widths = self.widths.iter().copied().filter(|width| *width > 0.0);
        widths.clone().sum::<f64>() / widths.count().max(1) as f64
    }

    /// The sign that a private character of the font's `ToUnicode` is.
    pub(super) fn sign(&self, c: char) -> Option<char> {
        symbol_of(c, self.signs)
    }
}

/// The sign or letter that a character in the private area of symbol fonts is.
pub(super) fn symbol_of(c: char, signs: Option<SignFont>) -> Option<char> {
    let code = (c as u32).checked_sub(0xF000).and_then(|code| u8::try_from(code).ok()).filter(|code| *code >= 0x20)?;
    match signs {
        Some(signs) => signs.sign(code),
        None if code.is_ascii_alphanumeric() => Some(char::from(code)),
        None => SignFont::Symbol.sign(code),
    }
}

/// Whether a `ToUnicode` map of a simple font says something.
pub(super) fn useful(map: CMap) -> CMap {
    if map.is_junk() { CMap::default() } else { map }
}

/// The encoding of TeX that a font is in, if nearly all of its names only repeat their codes.
fn tex_encoding(names: &HashMap<u8, Vec<u8>>, widths: &[f64]) -> Option<TexEncoding> {
    let repeating: Vec<u8> =
        names.iter().filter(|(code, name)| glyph_names::repeats(name, **code)).map(|n| *n.0).collect();
    let mut used = widths.iter().filter(|width| **width > 0.0);
    let fixed = used.next().is_some_and(|first| used.all(|width| (width - first).abs() < 1e-3 * first));
    (!repeating.is_empty() && repeating.len() * 5 >= names.len() * 4).then(|| TexEncoding::of(&repeating, fixed))
}

/// The names that `/Differences` gives.
fn differences(doc: &Document, encoding: &Dictionary) -> HashMap<u8, Vec<u8>> {
    let mut names = HashMap::new();
    let mut code = 0_i64;
    for item in objects::array(doc, encoding, b"Differences").unwrap_or_default().iter().take(4096) {
        match objects::resolve(doc, item) {
            Some(Object::Integer(number)) => code = *number,
            Some(Object::Name(name)) => {
                if let Ok(code) = u8::try_from(code) {
                    names.insert(code, name.clone());
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    names
}
