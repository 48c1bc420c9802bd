//! Tokens to text: the byte alphabet of GPT-2's byte-pair encoding, and a stream of bytes to a stream of whole characters.

/// The byte that a character of the vocabulary stands for, `None` where it stands for itself only.
///
/// GPT-2 writes the 188 printable bytes of Latin-1 as themselves and the other 68, in order, as U+0100 and following.
fn byte_of(c: char) -> Option<u8> {
    let code = u32::from(c);
    match code {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => u8::try_from(code).ok(),
        0x100..=0x120 => u8::try_from(code - 0x100).ok(),
        0x121..=0x142 => u8::try_from(code - 0x121 + 0x7F).ok(),
        0x143 => Some(0xAD),
        _ => None,
    }
}

/// The bytes that a vocabulary entry prints. Characters outside the alphabet print as themselves.
pub(crate) fn piece_bytes(entry: &str) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(entry.len());
    for c in entry.chars() {
        match byte_of(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes.into()
}

/// Turns bytes that come in pieces into text that never splits a character. What all calls return joins to
/// `String::from_utf8_lossy` of all bytes.
#[derive(Debug, Default)]
pub(crate) struct CharStream {
    /// The beginning of a character whose end has not come: at most 3 bytes.
    pending: Vec<u8>,
}

impl CharStream {
    /// The characters that are whole now.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut whole = 0;
        for chunk in self.pending.utf8_chunks() {
            let last = whole + chunk.valid().len() + chunk.invalid().len() == self.pending.len();
            text.push_str(chunk.valid());
            whole += chunk.valid().len();
            if last && is_beginning(chunk.invalid()) {
                break;
            }
            if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
                whole += chunk.invalid().len();
            }
        }
        self.pending.drain(..whole);
        text
    }

    /// What is left at the end: a character that never became whole, as U+FFFD.
    pub(crate) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.pending)).into_owned()
    }
}

/// Whether more bytes could make these invalid ones a character.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_alphabet_has_each_byte_once() {
        let bytes: BTreeSet<u8> = (0..0x200).filter_map(char::from_u32).filter_map(byte_of).collect();
        let characters = (0..0x200).filter_map(char::from_u32).filter(|c| byte_of(*c).is_some()).count();
        assert_eq!((bytes.len(), characters), (256, 256));
    }

    #[test]
    fn entries_print_what_they_stand_for() {
        for (entry, text) in [("Ġthe", " the"), ("Ċ", "\n"), ("Ã©", "é"), ("ĉ", "\t"), ("日", "日")] {
            assert_eq!(&*piece_bytes(entry), text.as_bytes(), "{entry}");
        }
    }

    #[test]
    fn a_character_comes_when_it_is_whole() {
        let mut stream = CharStream::default();
        let steps: &[(&[u8], &str)] =
            &[(b"a\xF0\x9F", "a"), (b"\x98", ""), (b"\x80b", "😀b"), (b"\xC3", ""), (b"(", "\u{FFFD}("), (b"\xE2", "")];
        for (bytes, text) in steps {
            assert_eq!(stream.push(bytes), *text);
        }
        assert_eq!(stream.finish(), "\u{FFFD}");
        assert_eq!(stream.finish(), "");
    }

    proptest! {
        #[test]
        fn pieces_join_to_the_whole(text in ".*", noise in proptest::collection::vec(any::<u8>(), 0..8), size in 1usize..5) {
            let bytes = [text.as_bytes(), &noise, text.as_bytes()].concat();
            let mut stream = CharStream::default();
            let mut joined: String = bytes.chunks(size).map(|chunk| stream.push(chunk)).collect();
            joined.push_str(&stream.finish());
            prop_assert_eq!(joined, String::from_utf8_lossy(&bytes));
        }
    }
}
