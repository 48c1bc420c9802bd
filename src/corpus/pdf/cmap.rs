//! Character maps (CMaps): how a string splits into codes, and what a code means. The same small language serves
//! `ToUnicode` streams and the embedded encodings of composite fonts.

use super::cjk::Predefined;
use super::font::Code;
use super::glyph_names;
use std::collections::HashMap;

/// How many entries one map may have: all of Unicode's basic plane, twice.
const MAX_ENTRIES: usize = 131_072;

/// How many ranges before the nearest one are looked at, as ranges may overlap.
const MAX_OVERLAPS: usize = 8;

/// A parsed character map.
#[derive(Default)]
pub(super) struct CMap {
    /// Code lengths in bytes with their ranges.
    spaces: Vec<(usize, u32, u32)>,
    /// Code to text (`bfchar`, `bfrange`).
    texts: HashMap<u32, Box<str>>,
    /// Code ranges to character ids (`cidchar`, `cidrange`), in the order of codes.
    cids: Vec<(u32, u32, u32)>,
    /// The map that this one adds to.
    base: Option<Box<Base>>,
    /// Whether the map itself says that it is for vertical writing.
    pub(super) vertical: bool,
}

/// What a map may add to.
pub(super) enum Base {
    Predefined(Predefined),
    Embedded(CMap),
}

impl CMap {
    /// Reads what can be read; what is damaged is left out.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut operands: Vec<Token> = Vec::new();
        for token in (Tokens { bytes, at: 0 }) {
            let Token::Word(word) = &token else {
                operands.push(token);
                continue;
            };
            match word.as_slice() {
                b"endcodespacerange" => map.add_spaces(&operands),
                b"endbfchar" => map.add_chars(&operands),
                b"endbfrange" => map.add_ranges(&operands),
                b"endcidchar" => map.add_cids(&operands, 2),
                b"endcidrange" => map.add_cids(&operands, 3),
                b"usecmap" => map.set_base(&operands),
                b"def" if matches!(operands.as_slice(), [.., Token::Name(name), Token::Number(1)] if name == b"WMode") =>
                {
                    map.vertical = true;
                }
                _ => {}
            }
            operands.clear();
        }
        map.cids.sort_by_key(|range| range.0);
        map
    }

    /// The same map, adding to `base` unless it names its own.
    pub(super) fn over(mut self, base: Option<Base>) -> Self {
        self.base = self.base.or(base.map(Box::new));
        self
    }

    /// The text of `code`, if the map says.
    pub(super) fn text(&self, code: u32) -> Option<&str> {
        self.texts.get(&code).map(AsRef::as_ref)
    }

    /// The character id of `code`, if the map says.
    pub(super) fn cid(&self, code: Code) -> Option<u32> {
        let after = self.cids.partition_point(|range| range.0 <= code.value);
        let near = self.cids[..after].iter().rev().take(MAX_OVERLAPS);
        let range = near.copied().find(|(_, high, _)| code.value <= *high);
        range.map(|(low, _, cid)| cid.saturating_add(code.value - low)).or_else(|| match self.base.as_deref()? {
            Base::Predefined(base) => base.cid(code),
            Base::Embedded(base) => base.cid(code),
        })
    }

    /// The predefined encoding under all, if there is one.
    pub(super) fn predefined(&self) -> Option<&Predefined> {
        match self.base.as_deref()? {
            Base::Predefined(base) => Some(base),
            Base::Embedded(base) => base.predefined(),
        }
    }

    /// Whether the texts tell nothing: several codes, all of the same text.
    pub(super) fn is_junk(&self) -> bool {
        let mut texts = self.texts.values();
        let first = texts.next();
        self.texts.len() >= 4 && texts.all(|text| Some(text) == first)
    }

    /// The first code of `bytes`, of 1 to 4 bytes; of two where the map does not say.
    pub(super) fn next_code(&self, bytes: &[u8]) -> Code {
        match self.base.as_deref().filter(|_| self.spaces.is_empty()) {
            Some(Base::Predefined(base)) => return base.next_code(bytes),
            Some(Base::Embedded(base)) => return base.next_code(bytes),
            None => {}
        }
        let mut code = 0;
        for (index, byte) in bytes.iter().take(4).enumerate() {
            code = code << 8 | u32::from(*byte);
            let fits = |(length, low, high): &(usize, u32, u32)| {
                *length == index + 1
                    && (0..*length).all(|i| {
                        let part = |value: u32| value >> (8 * i) & 0xFF;
                        (part(*low)..=part(*high)).contains(&part(code))
                    })
            };
            if self.spaces.iter().any(fits) {
                return Code { value: code, num_bytes: index + 1 };
            }
        }
        let shortest = self.spaces.iter().map(|space| space.0).min().unwrap_or(2).min(bytes.len());
        Code::of(&bytes[..shortest])
    }

    fn add_spaces(&mut self, operands: &[Token]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::Bytes(low), Token::Bytes(high)] = pair
                && (1..=4).contains(&low.len())
            {
                self.spaces.push((low.len(), number(low), number(high)));
            }
        }
    }

    fn add_chars(&mut self, operands: &[Token]) {
        for pair in operands.chunks_exact(2) {
            match pair {
                [Token::Bytes(code), Token::Bytes(text)] => self.put(number(code), utf16(text, 0)),
                [Token::Bytes(code), Token::Name(name)] => {
                    glyph_names::to_text(name).into_iter().for_each(|text| self.put(number(code), text));
                }
                _ => {}
            }
        }
    }

    fn add_ranges(&mut self, operands: &[Token]) {
        let mut rest = operands;
        while let [Token::Bytes(low), Token::Bytes(high), target, after @ ..] = rest {
            let (low, high) = (number(low), number(high));
            let span = high.saturating_sub(low).min(0xFFFF);
            match target {
                Token::Bytes(first) => (0..=span).for_each(|i| self.put(low.saturating_add(i), utf16(first, i))),
                Token::Array(each) => {
                    (0..=span).zip(each).for_each(|(i, text)| self.put(low.saturating_add(i), utf16(text, 0)));
                }
                _ => {}
            }
            rest = after;
        }
    }

    fn add_cids(&mut self, operands: &[Token], size: usize) {
        for entry in operands.chunks_exact(size) {
            if let (Token::Bytes(low), Token::Bytes(high), Token::Number(cid)) =
                (&entry[0], &entry[size - 2], &entry[size - 1])
                && self.cids.len() < MAX_ENTRIES
            {
                self.cids.push((number(low), number(high), *cid));
            }
        }
    }

    fn set_base(&mut self, operands: &[Token]) {
        if let Some(Token::Name(name)) = operands.last() {
            self.base = Predefined::named(name).map(|base| Box::new(Base::Predefined(base)));
        }
    }

    fn put(&mut self, code: u32, text: String) {
        if self.texts.len() < MAX_ENTRIES {
            self.texts.insert(code, text.into());
        }
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// UTF-16 with `add` added to its last unit: big-endian unless it is marked as little-endian; a single byte is a
/// character.
fn utf16(bytes: &[u8], add: u32) -> String {
    let mut units: Vec<u16> = match bytes {
        [byte] => vec![u16::from(*byte)],
        [0xFF, 0xFE, rest @ ..] => rest.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect(),
        [0xFE, 0xFF, bytes @ ..] if bytes.len() > 1 => return utf16(bytes, add),
        _ => bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect(),
    };
    if let Some(last) = units.last_mut() {
        *last = last.wrapping_add(add as u16);
    }
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

enum Token {
    Bytes(Vec<u8>),
    Array(Vec<Vec<u8>>),
    Number(u32),
    Name(Vec<u8>),
    Word(Vec<u8>),
}

/// Splits the PostScript of a map into the tokens that matter.
struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Tokens<'_> {
    fn hex(&mut self) -> Vec<u8> {
        let mut digits = Vec::new();
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            match (*byte as char).to_digit(16) {
                Some(digit) => digits.push(digit as u8),
                None if *byte == b'>' => break,
                None => {}
            }
        }
        digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect()
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0 || b"<>[]()/%{}".contains(byte);
        while self.bytes.get(self.at).is_some_and(|byte| !ends(byte)) {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        if let Some(name) = word.strip_prefix(b"/") {
            return Token::Name(name.to_vec());
        }
        match std::str::from_utf8(word).ok().and_then(|word| word.parse().ok()) {
            Some(number) => Token::Number(number),
            None => Token::Word(word.to_vec()),
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            match *self.bytes.get(self.at)? {
                b'%' => {
                    while self.bytes.get(self.at).is_some_and(|byte| !b"\r\n".contains(byte)) {
                        self.at += 1;
                    }
                }
                b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => self.at += 2,
                b'<' => {
                    self.at += 1;
                    return Some(Token::Bytes(self.hex()));
                }
                b'[' => {
                    self.at += 1;
                    let mut items = Vec::new();
                    while let Some(byte) = self.bytes.get(self.at) {
                        self.at += 1;
                        match byte {
                            b'<' => items.push(self.hex()),
                            b']' => break,
                            _ => {}
                        }
                    }
                    return Some(Token::Array(items));
                }
                byte if byte.is_ascii_whitespace() || b">](){}\0".contains(&byte) => self.at += 1,
                _ => return Some(self.word()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_gives_texts_ligatures_ranges_and_arrays() {
        let map = CMap::parse(
            b"1 begincodespacerange <00> <80> <8140> <FEFE> endcodespacerange
              2 beginbfchar <01> <00660069> <02> <D83DDE00> endbfchar % a comment
              2 beginbfrange <10> <12> <0041> <20> <21> [<0061> <00620063>] endbfrange
              1 begincidrange <8140> <8150> 633 endcidrange",
        );
        let expected = [(1, "fi"), (2, "\u{1F600}"), (0x10, "A"), (0x12, "C"), (0x20, "a"), (0x21, "bc")];
        for (code, text) in expected {
            assert_eq!(map.text(code), Some(text), "code {code}");
        }
        let code = |bytes: &[u8]| Code::of(bytes);
        let cids = (map.text(0x13), map.cid(code(&[0x81, 0x42])), map.cid(code(&[1])));
        assert_eq!(cids, (None, Some(635), None));
        assert_eq!(map.next_code(&[0x41, 0x42]), code(&[0x41]));
        assert_eq!(map.next_code(&[0x82, 0x42]), code(&[0x82, 0x42]));
        assert_eq!(CMap::default().next_code(&[0x82, 0x42, 1]), code(&[0x82, 0x42]));
        assert_eq!(CMap::default().next_code(&[0x82]), code(&[0x82]));
        assert!(!map.is_junk() && !map.vertical);
    }

    #[test]
    fn a_map_may_add_to_a_predefined_one() {
        let map = CMap::parse(b"/H usecmap /WMode 1 def 1 begincidchar <2422> 7 endcidchar");
        let code = |bytes: &[u8]| map.cid(map.next_code(bytes));
        assert_eq!((code(&[0x24, 0x22]), code(&[0x24, 0x24]), map.vertical), (Some(7), Some(845), true));
    }

    #[test]
    fn odd_texts_are_read_and_junk_is_known() {
        let map = CMap::parse(b"4 beginbfchar <01> /eacute <02> <FFFE4100> <03> <FEFF0042> <0> <43> endbfchar");
        let texts: Vec<_> = (0..4).map(|code| map.text(code).unwrap_or_default()).collect();
        assert_eq!(texts, ["C", "é", "A", "B"]);
        assert!(CMap::parse(b"1 beginbfchar <01> <0020> <02> <0020> <03> <0020> <04> <0020> endbfchar").is_junk());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            CMap::parse(&bytes);
        }

        #[test]
        fn no_words_panic(words in "(<[0-9a-f]{0,9}> ?|\\[|\\]|endbfrange |endbfchar |endcodespacerange |endcidrange |[0-9]{1,11} ){0,40}") {
            CMap::parse(words.as_bytes()).next_code(&[1, 2, 3]);
        }
    }
}
