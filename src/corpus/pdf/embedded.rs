//! What the font file inside a PDF says about its glyphs, for fonts whose dictionary does not say.

use super::{glyph_names, objects};
use lopdf::{Dictionary, Document, Object};
use std::collections::HashMap;

/// How much of a font file is read.
const MAX_FONT_BYTES: usize = 16 << 20;

/// How many entries of a character table are read: twice what Unicode has.
const MAX_CHARACTERS: usize = 0x22_0000;

/// The texts of the 256 codes by the built-in encoding of a simple font, if its file tells.
pub(super) fn texts_of_codes(doc: &Document, font: &Dictionary) -> Option<Vec<Option<Box<str>>>> {
    let descriptor = objects::dict(doc, font, b"FontDescriptor")?;
    let Object::Stream(stream) = objects::get(doc, descriptor, b"FontFile")? else { return None };
    type1_encoding(&objects::stream_bytes(stream, MAX_FONT_BYTES).ok()?)
}

/// The characters of glyphs by number, from the character table of an embedded TrueType font.
pub(super) fn texts_of_glyphs(doc: &Document, descendant: &Dictionary) -> HashMap<u32, char> {
    let file = || {
        let descriptor = objects::dict(doc, descendant, b"FontDescriptor")?;
        let Object::Stream(stream) = objects::get(doc, descriptor, b"FontFile2")? else { return None };
        objects::stream_bytes(stream, MAX_FONT_BYTES).ok()
    };
    file().and_then(|bytes| truetype_characters(&bytes)).unwrap_or_default()
}

/// The `dup 65 /A put` lines in the clear part of a Type 1 font.
fn type1_encoding(bytes: &[u8]) -> Option<Vec<Option<Box<str>>>> {
    let find = |needle: &[u8], from: usize| {
        bytes.get(from..)?.windows(needle.len()).position(|window| window == needle).map(|at| from + at)
    };
    let start = find(b"/Encoding", 0)?;
    let end = find(b"eexec", start).unwrap_or(bytes.len()).min(start + 40_000);
    let text = String::from_utf8_lossy(&bytes[start..end]).replace('/', " /");
    let mut words = text.split_ascii_whitespace().skip(1).peekable();
    if words.peek() == Some(&"StandardEncoding") {
        return None;
    }
    let mut texts = vec![None; 256];
    let words: Vec<&str> = words.collect();
    for entry in words.windows(4) {
        let (number, name) = match entry {
            ["dup", number, name, "put"] => (number, *name),
            _ => continue,
        };
        if let (Ok(code), Some(name)) = (number.parse::<u8>(), name.strip_prefix('/')) {
            texts[usize::from(code)] = glyph_names::to_text(name.as_bytes()).map(String::into_boxed_str);
        }
    }
    texts.iter().any(Option::is_some).then_some(texts)
}

/// Reads the Unicode subtables (formats 4 and 12) of a TrueType font, backwards: glyph to character.
fn truetype_characters(bytes: &[u8]) -> Option<HashMap<u32, char>> {
    let mut table = CharacterTable { bytes, characters: HashMap::new(), num_read: 0 };
    let num_tables = table.u16(4)? as usize;
    let entry = (0..num_tables.min(64)).map(|i| 12 + 16 * i).find(|at| bytes.get(*at..at + 4) == Some(b"cmap"))?;
    let cmap = table.u32(entry + 8)? as usize;
    for i in 0..(table.u16(cmap + 2)? as usize).min(32) {
        let record = cmap + 4 + 8 * i;
        let is_unicode = matches!((table.u16(record)?, table.u16(record + 2)?), (0, _) | (3, 1) | (3, 10));
        let at = cmap.checked_add(table.u32(record + 4)? as usize)?;
        // A table that breaks off is read up to there.
        let _ = match table.u16(at) {
            Some(4) if is_unicode => table.read_segments(at),
            Some(12) if is_unicode => table.read_groups(at),
            _ => None,
        };
    }
    Some(table.characters)
}

struct CharacterTable<'a> {
    bytes: &'a [u8],
    characters: HashMap<u32, char>,
    num_read: usize,
}

impl CharacterTable<'_> {
    fn u16(&self, at: usize) -> Option<u32> {
        Some(u32::from(u16::from_be_bytes(*self.bytes.get(at..)?.first_chunk()?)))
    }

    fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_be_bytes(*self.bytes.get(at..)?.first_chunk()?))
    }

    /// Notes one character; nothing once too many were read.
    fn put(&mut self, glyph: u32, code: u32) -> Option<()> {
        self.num_read += 1;
        if let Some(c) = char::from_u32(code).filter(|_| glyph != 0) {
            self.characters.entry(glyph).or_insert(c);
        }
        (self.num_read < MAX_CHARACTERS).then_some(())
    }

    /// Format 4: segments of codes with a shift, or with a list of glyphs.
    fn read_segments(&mut self, at: usize) -> Option<()> {
        let num_segments = self.u16(at + 6)? as usize / 2;
        for segment in 0..num_segments {
            let field = |part: usize| at + 14 + 2 * (part * num_segments + segment) + if part > 0 { 2 } else { 0 };
            let (end, start, delta) = (self.u16(field(0))?, self.u16(field(1))?, self.u16(field(2))?);
            let offset = self.u16(field(3))? as usize;
            for code in start..=end.min(0xFFFE) {
                let listed = || self.u16(field(3) + offset + 2 * (code - start) as usize).filter(|glyph| *glyph != 0);
                let glyph = if offset == 0 { Some(code) } else { listed() };
                self.put(glyph.map_or(0, |glyph| (glyph + delta) & 0xFFFF), code)?;
            }
        }
        Some(())
    }

    /// Format 12: groups of codes that follow each other.
    fn read_groups(&mut self, at: usize) -> Option<()> {
        for group in 0..(self.u32(at + 12)? as usize).min(MAX_CHARACTERS) {
            let at = at + 16 + 12 * group;
            let (start, end, first) = (self.u32(at)?, self.u32(at + 4)?, self.u32(at + 8)?);
            for code in start..=end.min(start.saturating_add(0xFFFF)) {
                self.put(first.saturating_add(code - start), code)?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type1_font_tells_its_encoding() {
        let file = b"%!PS /Encoding 256 array 0 1 255 {1 index exch /.notdef put} for dup 65 /alpha put dup 66 /ff put readonly def eexec";
        let texts = type1_encoding(file).expect("an encoding");
        assert_eq!((texts[65].as_deref(), texts[66].as_deref(), texts[67].as_deref()), (Some("α"), Some("ff"), None));
        assert!(type1_encoding(b"/Encoding StandardEncoding def eexec").is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_font_file_panics(mut bytes: Vec<u8>, table in 0_u32..64) {
            type1_encoding(&bytes);
            truetype_characters(&bytes);
            let mut font = b"\0\x01\0\0\0\x01\0\0\0\0\0\0cmap\0\0\0\0".to_vec();
            font.extend(table.to_be_bytes());
            font.extend([0; 4]);
            font.append(&mut bytes);
            truetype_characters(&font);
        }
    }
}
