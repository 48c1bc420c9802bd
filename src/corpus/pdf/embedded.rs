//! What the font file inside a PDF says about its glyphs, for fonts whose dictionary does not say.

use super::type1::built_in_encoding;
use super::{glyph_names, objects};
use lopdf::{Dictionary, Document, Object, Stream};
use read_fonts::ps::Sid;
use read_fonts::ps::cff::CffFontRef;
use read_fonts::tables::cmap::{CmapIterLimits, PlatformId};
use read_fonts::types::GlyphId;
use read_fonts::{FontRef, TableProvider};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How much of a font file is read.
const MAX_FONT_BYTES: usize = 16 << 20;

/// How many entries of all character tables of a font are read.
const MAX_CHARACTERS: usize = 0x4_0000;

/// The font file of a font, unpacked and read when it is first asked.
#[derive(Default)]
pub(super) struct Embedded {
    file: Option<Stream>,
    glyphs_of_cids: Option<Stream>,
    read: OnceCell<(FontFile, Vec<u8>)>,
}

/// What a font file says.
#[derive(Debug, Default)]
pub(super) struct FontFile {
    /// Texts of the codes of a simple font by the file's own encoding.
    codes: HashMap<u32, Box<str>>,
    /// Texts of glyphs.
    glyphs: HashMap<u32, Box<str>>,
    /// Glyphs of the codes of a simple font.
    glyphs_of_codes: HashMap<u32, u32>,
    /// Glyphs of character ids, where they differ.
    glyphs_of_cids: HashMap<u32, u32>,
    /// Advances of glyphs, in thousandths of the font size.
    widths: Vec<f64>,
}

impl Embedded {
    /// The font file that `font` (a simple font, or the descendant of a composite one) names.
    pub(super) fn new(doc: &Document, font: &Dictionary) -> Self {
        let stream = |dict: &Dictionary, key: &[u8]| match objects::get(doc, dict, key) {
            Some(Object::Stream(stream)) => Some(stream.clone()),
            _ => None,
        };
        let keys: [&[u8]; 3] = [b"FontFile2", b"FontFile3", b"FontFile"];
        let descriptor = objects::dict(doc, font, b"FontDescriptor");
        let file = descriptor.and_then(|descriptor| keys.into_iter().find_map(|key| stream(descriptor, key)));
        Self { file, glyphs_of_cids: stream(font, b"CIDToGIDMap"), read: OnceCell::new() }
    }

    /// Whether the file tells what any code of a simple font stands for.
    pub(super) fn tells_codes(&self) -> bool {
        let font = self.font();
        !font.codes.is_empty() || font.glyphs_of_codes.values().any(|glyph| font.glyphs.contains_key(glyph))
    }

    /// Whether there is a file.
    pub(super) fn is_there(&self) -> bool {
        self.file.is_some()
    }

    /// The text of a simple font's code.
    pub(super) fn text_of_code(&self, code: u8) -> Option<&str> {
        let font = self.font();
        let code = u32::from(code);
        let glyph = || font.glyphs.get(font.glyphs_of_codes.get(&code)?);
        font.codes.get(&code).or_else(glyph).map(AsRef::as_ref)
    }

    /// The text of a glyph.
    pub(super) fn text_of_glyph(&self, glyph: u32) -> Option<&str> {
        self.font().glyphs.get(&glyph).map(AsRef::as_ref)
    }

    /// The text of a composite font's character id.
    pub(super) fn text_of_cid(&self, cid: u32) -> Option<&str> {
        self.text_of_glyph(self.glyph_of_cid(cid)?)
    }

    /// How wide the glyph of a simple font's code is, in thousandths of the font size.
    pub(super) fn width_of_code(&self, code: u8) -> Option<f64> {
        let font = self.font();
        let glyph = *font.glyphs_of_codes.get(&u32::from(code))?;
        // All glyphs after the last width are as wide as it says.
        font.widths.get(glyph as usize).or(font.widths.last()).copied()
    }

    fn glyph_of_cid(&self, cid: u32) -> Option<u32> {
        let (font, map) = self.read();
        if map.is_empty() {
            return Some(font.glyphs_of_cids.get(&cid).copied().unwrap_or(cid));
        }
        let pair = map.get(cid as usize * 2..)?.first_chunk()?;
        Some(u32::from(u16::from_be_bytes(*pair)))
    }

    fn font(&self) -> &FontFile {
        &self.read().0
    }

    fn read(&self) -> &(FontFile, Vec<u8>) {
        self.read.get_or_init(|| {
            let bytes = |stream: &Option<Stream>| {
                stream
                    .as_ref()
                    .and_then(|stream| objects::stream_bytes(stream, MAX_FONT_BYTES).ok())
                    .unwrap_or_default()
            };
            (FontFile::read(&bytes(&self.file)), bytes(&self.glyphs_of_cids))
        })
    }
}

impl FontFile {
    /// Reads a font of any kind; a file that is broken says nothing.
    fn read(bytes: &[u8]) -> Self {
        catch_unwind(AssertUnwindSafe(|| Self::read_unguarded(bytes))).unwrap_or_default()
    }

    fn read_unguarded(bytes: &[u8]) -> Self {
        match bytes.get(..4) {
            Some([0, 1, 0, 0] | b"true" | b"OTTO" | b"ttcf") => Self::open_type(bytes),
            Some([1, 0, ..]) => Self::default().with_cff(bytes),
            _ => Self::type1(bytes),
        }
    }

    fn type1(bytes: &[u8]) -> Self {
        let names = built_in_encoding(bytes).unwrap_or_default();
        let text = |(code, name): (u8, Vec<u8>)| Some((u32::from(code), glyph_names::to_text(&name)?.into()));
        Self { codes: names.into_iter().filter_map(text).collect(), ..Self::default() }
    }

    /// The names and the encoding of a CFF table.
    fn with_cff(mut self, bytes: &[u8]) -> Self {
        let Ok(font) = CffFontRef::new_cff(bytes, 0, None) else { return self };
        let Some(charset) = font.charset() else { return self };
        let glyphs = (0..font.num_glyphs().min(0x1_0000)).map(GlyphId::new);
        if font.is_cid() {
            let cids = glyphs.filter_map(|glyph| Some((u32::from(charset.string_id(glyph)?.to_u16()), glyph.to_u32())));
            self.glyphs_of_cids = cids.collect();
            return self;
        }
        let text = |sid: Sid| glyph_names::to_text(font.string(sid)?).map(String::into_boxed_str);
        for glyph in glyphs {
            if let Some(text) = charset.string_id(glyph).and_then(text) {
                self.glyphs.entry(glyph.to_u32()).or_insert(text);
            }
        }
        if let Some(encoding) = font.encoding() {
            let glyph = |code: u8| Some((u32::from(code), encoding.map(code)?.to_u32()));
            self.glyphs_of_codes = (0..=255).filter_map(glyph).filter(|(_, glyph)| *glyph != 0).collect();
        }
        self
    }

    /// The character tables, glyph names and widths of a TrueType or OpenType file.
    fn open_type(bytes: &[u8]) -> Self {
        let mut this = Self::default();
        let Ok(font) = FontRef::from_index(bytes, 0) else { return this };
        let mut last_resort = HashMap::new();
        this.read_characters(&font, &mut last_resort);
        this.read_names(&font);
        if let Some(cff) = font.cff().ok().map(|cff| cff.offset_data()) {
            let by_code = std::mem::take(&mut this.glyphs_of_codes);
            this = this.with_cff(cff.as_bytes());
            this.glyphs_of_codes.extend(by_code);
        }
        for (glyph, c) in last_resort {
            this.glyphs.entry(glyph).or_insert_with(|| c.to_string().into());
        }
        if let (Ok(widths), Ok(head)) = (font.hmtx(), font.head()) {
            let per_em = f64::from(head.units_per_em().max(1));
            this.widths =
                widths.h_metrics().iter().map(|metric| f64::from(metric.advance()) * 1000.0 / per_em).collect();
        }
        this
    }

    /// Notes which glyph stands for which character; `last_resort` gets those of the old Macintosh tables.
    fn read_characters(&mut self, font: &FontRef, last_resort: &mut HashMap<u32, char>) {
        let Ok(cmap) = font.cmap() else { return };
        let limits = CmapIterLimits { max_char: 0x10_FFFF, glyph_count: 0x1_0000 };
        let roman = glyph_names::base_encoding(b"MacRomanEncoding").unwrap_or_default();
        let mut left = MAX_CHARACTERS;
        for record in cmap.encoding_records().iter().take(32) {
            let Ok(table) = record.subtable(cmap.offset_data()) else { continue };
            let unicode = match (record.platform_id(), record.encoding_id()) {
                (PlatformId::Unicode, _) => true,
                (PlatformId::Windows, encoding) => matches!(encoding, 1 | 10),
                _ => false,
            };
            for (code, glyph) in table.iter_with_limits(limits).take(left).filter(|(_, glyph)| glyph.to_u32() != 0) {
                left -= 1;
                let glyph = glyph.to_u32();
                if unicode {
                    self.put_character(glyph, code);
                    continue;
                }
                // Codes of symbol fonts may be shifted to the private area.
                let low = if code & !0xFF == 0xF000 { code & 0xFF } else { code };
                self.glyphs_of_codes.entry(low).or_insert(glyph);
                let guess = roman.get(low as usize).copied().flatten().filter(|c| *c > ' ');
                if let Some(c) = guess.filter(|_| record.is_mac_roman()) {
                    last_resort.entry(glyph).or_insert(c);
                }
            }
        }
    }

    fn put_character(&mut self, glyph: u32, code: u32) {
        let plain = |c: &char| !glyph_names::is_private(*c) && !c.is_control();
        if let Some(c) = char::from_u32(code).filter(plain) {
            self.glyphs.entry(glyph).or_insert_with(|| c.to_string().into());
        }
    }

    fn read_names(&mut self, font: &FontRef) {
        let Ok(post) = font.post() else { return };
        for (glyph, name) in post.glyph_names().take(0x1_0000) {
            let Some(text) = glyph_names::to_text(name.as_bytes()) else { continue };
            self.glyphs.entry(glyph.to_u32()).or_insert_with(|| text.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An OpenType file of these tables.
    fn open_type(tables: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
        let mut file = vec![0, 1, 0, 0, 0, tables.len() as u8, 0, 0, 0, 0, 0, 0];
        let mut at = 12 + 16 * tables.len();
        for (tag, table) in tables {
            file.extend(tag.as_slice());
            file.extend([0; 4]);
            file.extend((at as u32).to_be_bytes());
            file.extend((table.len() as u32).to_be_bytes());
            at += table.len();
        }
        tables.iter().for_each(|(_, table)| file.extend(table));
        file
    }

    /// A character table of one subtable (format 6): codes from `first` on lead to glyphs.
    fn cmap(platform: u8, encoding: u8, first: u16, glyphs: &[u8]) -> Vec<u8> {
        let mut table = vec![0, 0, 0, 1, 0, platform, 0, encoding, 0, 0, 0, 12];
        table.extend([0, 6, 0, 10 + 2 * glyphs.len() as u8, 0, 0]);
        table.extend(first.to_be_bytes());
        table.extend([0, glyphs.len() as u8]);
        glyphs.iter().for_each(|glyph| table.extend([0, *glyph]));
        table
    }

    /// Glyph names: those of the Macintosh by number, then one of its own.
    fn post() -> Vec<u8> {
        let mut table = [&[0, 2, 0, 0][..], &[0; 28], &[0, 3, 0, 0, 0, 36, 1, 2]].concat();
        table.extend(b"\x08f_f.alt1");
        table
    }

    /// A bare CFF font of two glyphs named `fi` and `Z_a`, its own encoding the codes 7 and 9.
    fn cff() -> Vec<u8> {
        let index = |items: &[&[u8]]| {
            let mut index = vec![0, items.len() as u8, 1, 1];
            let mut end = 1;
            for item in items {
                end += item.len() as u8;
                index.push(end);
            }
            [index, items.concat()].concat()
        };
        let offset = |at: usize, operator: u8| vec![29, 0, 0, 0, at as u8, operator];
        let head = [vec![1, 0, 4, 1], index(&[b"F"])].concat();
        let strings = [index(&[b"Z_a"]), vec![0, 0]].concat();
        let start = head.len() + index(&[&[0; 21]]).len() + strings.len();
        let charset: &[u8] = &[0, 0, 109, 1, 0x87];
        let encoding: &[u8] = &[0, 2, 7, 9];
        let glyphs = index(&[&[14], &[14], &[14]]);
        let private = vec![139, 139, 18];
        let dict = [offset(start, 15), offset(start + 5, 16), offset(start + 9, 17), private].concat();
        [head, index(&[&dict]), strings, charset.to_vec(), encoding.to_vec(), glyphs].concat()
    }

    #[test]
    fn every_kind_of_file_tells_its_codes_and_glyphs() {
        let unicode = open_type(&[(b"cmap", cmap(3, 1, 0x3B1, &[0, 4]))]);
        let symbol = open_type(&[(b"cmap", cmap(3, 0, 0xF041, &[1])), (b"post", post())]);
        let mac = open_type(&[(b"cmap", cmap(1, 0, 0x8A, &[2]))]);
        let type1 = b"%!PS /Encoding 256 array dup 65 /alpha put def eexec".to_vec();
        // What a code says, and what a glyph says.
        type Says<T> = (T, Option<&'static str>);
        type Case = (Vec<u8>, Says<u8>, Says<u32>);
        let cases: [Case; 6] = [
            (unicode, (65, None), (4, Some("β"))),
            (symbol, (0x41, Some("A")), (2, Some("ff"))),
            (mac, (0x8A, Some("ä")), (2, Some("ä"))),
            (type1, (65, Some("α")), (1, None)),
            (cff(), (9, Some("Za")), (1, Some("\u{fb01}"))),
            (Vec::new(), (0, None), (0, None)),
        ];
        for (index, (file, (code, code_text), (glyph, glyph_text))) in cases.into_iter().enumerate() {
            let embedded = Embedded::default();
            embedded.read.get_or_init(|| (FontFile::read(&file), Vec::new()));
            assert_eq!(embedded.text_of_code(code), code_text, "case {index}");
            assert_eq!(embedded.text_of_cid(glyph), glyph_text, "case {index}");
        }
    }

    #[test]
    fn character_ids_go_through_the_map() {
        let embedded = Embedded::default();
        let file = open_type(&[(b"cmap", cmap(3, 1, 0x41, &[1, 2]))]);
        embedded.read.get_or_init(|| (FontFile::read(&file), vec![0, 0, 0, 2, 0]));
        let texts: Vec<_> = (0..3).map(|cid| embedded.text_of_cid(cid)).collect();
        assert_eq!(texts, [None, Some("B"), None]);
    }

    proptest::proptest! {
        #[test]
        fn no_font_file_panics(bytes: Vec<u8>, kind in 0_usize..5) {
            let start: [&[u8]; 5] = [b"", b"\x01\0\x04\x01", b"%!PS /Encoding ", b"OTTO", b"ttcf"];
            FontFile::read_unguarded(&[start[kind], &bytes].concat());
            for tag in [b"cmap", b"post", b"CFF ", b"hmtx"] {
                FontFile::read_unguarded(&open_type(&[(tag, bytes.clone())]));
            }
            let mut damaged = cff();
            damaged.iter_mut().skip(10).zip(&bytes).for_each(|(byte, noise)| *byte ^= noise & noise.rotate_left(3));
            FontFile::read_unguarded(&damaged);
        }
    }
}
