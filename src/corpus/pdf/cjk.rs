//! The predefined encodings and character collections of Chinese, Japanese and Korean fonts. Their tables are Adobe's, as
//! `hayro-cmap` packs them.

use super::font::Code;
use encoding_rs::Encoding;
use hayro_cmap::{BfString, CMap, CMapName, CidFamily, load_embedded};
use std::sync::LazyLock;

/// An encoding of composite fonts that is known by its name.
pub(super) struct Predefined {
    form: Form,
    /// Codes to character ids.
    map: Option<Box<CMap>>,
    /// Whether the map takes UTF-16 where the codes are in another form of Unicode.
    maps_utf16: bool,
}

/// How codes are written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// Two bytes that are no characters by themselves.
    Pairs,
    Utf8,
    Utf16,
    Utf32,
    /// An older encoding of one and two bytes.
    Legacy(&'static Encoding),
}

/// A character collection: what character ids stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collection {
    Japan,
    China,
    Taiwan,
    Korea,
}

static JAPAN: LazyLock<Option<CMap>> = LazyLock::new(|| load(b"Adobe-Japan1-UCS2"));
static CHINA: LazyLock<Option<CMap>> = LazyLock::new(|| load(b"Adobe-GB1-UCS2"));
static TAIWAN: LazyLock<Option<CMap>> = LazyLock::new(|| load(b"Adobe-CNS1-UCS2"));
static KOREA: LazyLock<Option<CMap>> = LazyLock::new(|| load(b"Adobe-Korea1-UCS2"));

fn load(name: &[u8]) -> Option<CMap> {
    CMap::parse(load_embedded(CMapName::from_bytes(name))?, load_embedded)
}

impl Predefined {
    /// The encoding of this name; `Identity-H` and unknown names give none.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        if name.starts_with(b"Identity") {
            return None;
        }
        let has = |part: &str| name.windows(part.len()).any(|window| window == part.as_bytes());
        let unicode = name.starts_with(b"Uni");
        let form = match () {
            () if has("UTF8") => Form::Utf8,
            () if has("UTF32") => Form::Utf32,
            () if has("UCS2") || has("UTF16") => Form::Utf16,
            () if has("RKSJ") => Form::Legacy(encoding_rs::SHIFT_JIS),
            () if has("GBK2K") => Form::Legacy(encoding_rs::GB18030),
            () if has("GBK") || has("GB-EUC") || has("GBpc") || has("GBT") => Form::Legacy(encoding_rs::GBK),
            () if has("-B5-") || has("B5pc") => Form::Legacy(encoding_rs::BIG5),
            () if has("KSC") => Form::Legacy(encoding_rs::EUC_KR),
            () if name.starts_with(b"EUC-") => Form::Legacy(encoding_rs::EUC_JP),
            () => Form::Pairs,
        };
        let own = load(name);
        let maps_utf16 = own.is_none() && unicode;
        let collection: &[u8] = match () {
            () if has("JIS") => b"UniJIS-UTF16-H",
            () if has("GB") => b"UniGB-UTF16-H",
            () if has("CNS") => b"UniCNS-UTF16-H",
            () => b"UniKS-UTF16-H",
        };
        let map = own.or_else(|| load(collection).filter(|_| unicode));
        (map.is_some() || form != Form::Pairs).then(|| Self { form, map: map.map(Box::new), maps_utf16 })
    }

    /// The first code of `bytes`, which must not be empty.
    pub(super) fn next_code(&self, bytes: &[u8]) -> Code {
        let num_bytes = match self.form {
            Form::Pairs => 2,
            Form::Utf8 => match bytes[0] {
                0..0xC0 => 1,
                0xC0..0xE0 => 2,
                0xE0..0xF0 => 3,
                _ => 4,
            },
            Form::Utf16 if matches!(bytes[0], 0xD8..=0xDB) => 4,
            Form::Utf16 => 2,
            Form::Utf32 => 4,
            Form::Legacy(encoding) => match bytes {
                // GB 18030 has codes of four bytes, their second a digit.
                [0x81..=0xFE, 0x30..=0x39, ..] if encoding == encoding_rs::GB18030 => 4,
                [first, ..] if !is_lead(encoding, *first) => 1,
                _ => 2,
            },
        };
        Code::of(&bytes[..num_bytes.min(bytes.len())])
    }

    /// The character id of `code`.
    pub(super) fn cid(&self, code: Code) -> Option<u32> {
        let map = self.map.as_ref()?;
        if !self.maps_utf16 {
            return map.lookup_cid_code(code.value, code.num_bytes as u8);
        }
        let mut units = [0; 2];
        match self.character(code)?.encode_utf16(&mut units) {
            [unit] => map.lookup_cid_code(u32::from(*unit), 2),
            [high, low] => map.lookup_cid_code(u32::from(*high) << 16 | u32::from(*low), 4),
            _ => None,
        }
    }

    /// What `code` stands for, if its form tells.
    pub(super) fn text(&self, code: Code) -> Option<String> {
        let Form::Legacy(encoding) = self.form else { return self.character(code).map(String::from) };
        let bytes = code.value.to_be_bytes();
        let (text, _, wrong) = encoding.decode(&bytes[4 - code.num_bytes.clamp(1, 4)..]);
        (!wrong).then(|| text.into_owned())
    }

    /// The collection of the character ids.
    pub(super) fn collection(&self) -> Option<Collection> {
        match self.map.as_ref()?.metadata().character_collection.as_ref()?.family {
            CidFamily::AdobeJapan1 => Some(Collection::Japan),
            CidFamily::AdobeGB1 => Some(Collection::China),
            CidFamily::AdobeCNS1 => Some(Collection::Taiwan),
            CidFamily::AdobeKorea1 => Some(Collection::Korea),
            CidFamily::AdobeIdentity | CidFamily::Custom { .. } => None,
        }
    }

    /// The character that a code in a form of Unicode is.
    fn character(&self, code: Code) -> Option<char> {
        let bytes = code.value.to_be_bytes();
        let bytes = &bytes[4 - code.num_bytes.clamp(1, 4)..];
        match self.form {
            Form::Utf8 => std::str::from_utf8(bytes).ok()?.chars().next(),
            Form::Utf16 => {
                let units = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
                char::decode_utf16(units).next()?.ok()
            }
            Form::Utf32 => char::from_u32(code.value),
            Form::Pairs | Form::Legacy(_) => None,
        }
    }
}

impl Collection {
    /// The collection that `/Ordering` names.
    pub(super) fn named(ordering: &[u8]) -> Option<Self> {
        match ordering {
            b"Japan1" => Some(Self::Japan),
            b"GB1" => Some(Self::China),
            b"CNS1" => Some(Self::Taiwan),
            b"Korea1" => Some(Self::Korea),
            _ => None,
        }
    }

    /// What the character id stands for; which of a character's forms it is, is left out.
    pub(super) fn text(self, cid: u32) -> Option<String> {
        let map = match self {
            Self::Japan => JAPAN.as_ref(),
            Self::China => CHINA.as_ref(),
            Self::Taiwan => TAIWAN.as_ref(),
            Self::Korea => KOREA.as_ref(),
        };
        match map?.lookup_bf_string(cid)? {
            BfString::Char(c) => Some(c.to_string()),
            BfString::String(text) => Some(text.chars().filter(|c| !is_selector(*c)).collect()),
        }
    }
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether `byte` begins a code of two bytes.
fn is_lead(encoding: &'static Encoding, byte: u8) -> bool {
    match byte {
        0..=0x80 | 0xFF => false,
        0xA0..=0xDF => encoding != encoding_rs::SHIFT_JIS,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads all codes: by the encoding itself, and by the character ids.
    fn check(name: &str, mut bytes: &[u8], by_form: &str, by_cid: &str) {
        let map = Predefined::named(name.as_bytes()).expect("a known encoding");
        let collection = map.collection();
        let (mut direct, mut through) = (String::new(), String::new());
        while !bytes.is_empty() {
            let code = map.next_code(bytes);
            direct.extend(map.text(code));
            through.extend(collection.zip(map.cid(code)).and_then(|(collection, cid)| collection.text(cid)));
            bytes = &bytes[code.num_bytes..];
        }
        assert_eq!((direct.as_str(), through.as_str()), (by_form, by_cid), "{name}");
    }

    #[test]
    fn encodings_are_read_by_their_form_and_by_character_ids() {
        check("H", &[0x24, 0x22, 0x46, 0x7C], "", "あ日");
        check("90ms-RKSJ-H", &[0x82, 0xA0, b'a', 0xB1], "あaｱ", "あaｱ");
        check("EUC-V", &[0xA4, 0xA2, b'a'], "あa", "あa");
        check("GBK-EUC-H", &[0xD6, 0xD0, b'a'], "中a", "中a");
        check("GBK2K-H", &[0xD6, 0xD0, 0x81, 0x30, 0x84, 0x36], "中¥", "中¥");
        check("ETen-B5-H", &[0xA4, 0xA4, b'a'], "中a", "中a");
        check("KSCms-UHC-H", &[0xC7, 0xD1, b'a'], "한a", "한a");
        check("UniJIS-UTF16-H", &[0x30, 0x42, 0xD8, 0x40, 0xDC, 0x0B], "あ𠀋", "あ𠀋");
        check("UniJIS-UTF8-H", "あa".as_bytes(), "あa", "あa");
        check("UniKS-UTF32-H", &[0, 0, 0xD5, 0x5C], "한", "한");
        check("UniGB-UCS2-H", &[0x4E, 0x2D], "中", "中");
        assert!(Predefined::named(b"Identity-H").is_none() && Predefined::named(b"NoSuch-H").is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 1..9), which in 0_usize..6) {
            static MAPS: LazyLock<Vec<Predefined>> = LazyLock::new(|| {
                let names = ["H", "90ms-RKSJ-H", "GBK2K-H", "UniJIS-UTF8-H", "UniJIS-UTF16-H", "UniKS-UTF32-V"];
                names.iter().filter_map(|name| Predefined::named(name.as_bytes())).collect()
            });
            let code = MAPS[which].next_code(&bytes);
            assert!((1..=bytes.len()).contains(&code.num_bytes));
            let _ = (MAPS[which].text(code), MAPS[which].cid(code));
        }
    }
}
