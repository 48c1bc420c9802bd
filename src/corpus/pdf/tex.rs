//! TeX's own encodings, for its bitmap fonts: their glyphs have no names but the number of their code.

/// What the codes of a TeX font without names stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TexEncoding {
    /// The encoding of Computer Modern's text fonts.
    Ot1,
    /// The encoding of the EC fonts.
    T1,
    /// Of a typewriter's or a mathematical font, only the codes of ASCII are known.
    Ascii,
}

/// How many small letters a font has at least that sets running text.
const MIN_LETTERS: usize = 15;

/// The codes 0x0B to 0x20 of OT1.
const OT1_LOW: [&str; 22] = [
    "ff", "fi", "fl", "ffi", "ffl", "ı", "ȷ", "`", "´", "ˇ", "˘", "¯", "˚", "¸", "ß", "æ", "œ", "ø", "Æ", "Œ", "Ø", "",
];

/// The codes 0x00 to 0x1F of T1.
const T1_LOW: [&str; 32] = [
    "`", "´", "ˆ", "˜", "¨", "˝", "˚", "ˇ", "˘", "¯", "˙", "¸", "˛", "‚", "‹", "›", "“", "”", "„", "«", "»", "–", "—",
    "", "", "ı", "ȷ", "ff", "fi", "fl", "ffi", "ffl",
];

/// The codes 0x80 to 0xBF of T1.
const T1_HIGH: &str = "ĂĄĆČĎĚĘĞĹĽŁŃŇŊŐŔŘŚŠŞŤŢŰŮŸŹŽŻĲİđ§ăąćčďěęğĺľłńňŋőŕřśšşťţűůÿźžżĳ¡¿£";

impl TexEncoding {
    /// The encoding of a font that has these codes, the typewriter's if `fixed` says that all are of one width.
    pub(super) fn of(codes: &[u8], fixed: bool) -> Self {
        let any = |wanted: &dyn Fn(u8) -> bool| codes.iter().any(|code| wanted(*code));
        if fixed || codes.iter().filter(|code| code.is_ascii_lowercase()).count() < MIN_LETTERS {
            Self::Ascii
        } else if any(&|code| code >= 0x80)
            || (any(&|code| matches!(code, 0x1B..=0x1F)) && !any(&|c| matches!(c, 0x0B..=0x0F)))
        {
            Self::T1
        } else {
            Self::Ot1
        }
    }

    /// What `code` stands for.
    pub(super) fn text(self, code: u8) -> Option<String> {
        let listed = |text: &str| Some(text.to_owned());
        let ascii = || matches!(code, 0x20..0x7F).then(|| char::from(code).to_string());
        match (self, code) {
            (Self::Ascii, _) => ascii(),
            (_, b'\'') => listed("’"),
            (_, b'`') => listed("‘"),
            (Self::T1, 0..0x20) => listed(T1_LOW[usize::from(code)]),
            (Self::T1, 0x7F) => listed("-"),
            (Self::T1, 0x80..0xC0) => T1_HIGH.chars().nth(usize::from(code - 0x80)).map(String::from),
            (Self::T1, 0xD7) => listed("Œ"),
            (Self::T1, 0xDF) => listed("SS"),
            (Self::T1, 0xF7) => listed("œ"),
            (Self::T1, 0xFF) => listed("ß"),
            (Self::T1, 0xC0..) => Some(char::from(code).to_string()),
            (Self::Ot1, 0x0B..=0x20) => listed(OT1_LOW[usize::from(code - 0x0B)]),
            (Self::Ot1, b'"') => listed("”"),
            (Self::Ot1, b'\\') => listed("“"),
            (Self::Ot1, b'<') => listed("¡"),
            (Self::Ot1, b'>') => listed("¿"),
            (Self::Ot1, b'^') => listed("ˆ"),
            (Self::Ot1, b'_') => listed("˙"),
            (Self::Ot1, b'{') => listed("–"),
            (Self::Ot1, b'|') => listed("—"),
            (Self::Ot1, b'}') => listed("˝"),
            (Self::Ot1, b'~') => listed("˜"),
            (Self::Ot1, 0x7F) => listed("¨"),
            _ => ascii(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(codes: &[u8], fixed: bool, shown: &[u8], text: &str) {
        let encoding = TexEncoding::of(codes, fixed);
        assert_eq!(shown.iter().filter_map(|code| encoding.text(*code)).collect::<String>(), text, "{encoding:?}");
    }

    #[test]
    fn codes_of_tex_fonts_are_read_by_the_font_s_kind() {
        let letters: Vec<u8> = (b'a'..=b'z').collect();
        let more = |code: u8| [letters.as_slice(), &[code]].concat();
        check(&letters, false, b"\x0Ci\x0Fe \\a\" {", "fiiffle “a” –".replace(' ', "").as_str());
        check(&more(0x1C), false, b"\x1Cn\x10\xE9\xA0", "fin“éă");
        check(&more(0xE9), false, b"\x15\xFF\xBF", "–ß£");
        check(&letters, true, b"\x0C{|}", "{|}");
        check(b"abc", false, b"\x0Bx=", "x=");
    }
}
