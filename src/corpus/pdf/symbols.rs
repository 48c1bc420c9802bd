//! Fonts of signs whose codes are no letters: Symbol, Zapf Dingbats and Wingdings.

/// The fonts of signs, known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignFont {
    Symbol,
    Dingbats,
    Wingdings,
}

impl SignFont {
    /// The font of signs that `base_font` names, its subset's prefix aside.
    pub(super) fn named(base_font: &str) -> Option<Self> {
        let name = base_font.split_once('+').map_or(base_font, |(_, name)| name);
        match name {
            _ if name.starts_with("Symbol") => Some(Self::Symbol),
            _ if name.contains("Dingbats") => Some(Self::Dingbats),
            _ if name.starts_with("Wingdings") && !name.contains(['2', '3']) => Some(Self::Wingdings),
            _ => None,
        }
    }

    /// The sign of `code` in the font's own encoding.
    pub(super) fn sign(self, code: u8) -> Option<char> {
        match self {
            Self::Symbol => symbol(code),
            Self::Dingbats => dingbat(code),
            Self::Wingdings => wingding(code),
        }
    }
}

/// Symbol: Greek letters at the places of Latin ones, and mathematical signs.
fn symbol(code: u8) -> Option<char> {
    const UPPER: &str = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ";
    const LOWER: &str = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ";
    const HIGH: &str = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪";
    const HIGHER: &str = "⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭";
    match code {
        b'A'..=b'Z' => UPPER.chars().nth(usize::from(code - b'A')),
        b'a'..=b'z' => LOWER.chars().nth(usize::from(code - b'a')),
        0x22 => Some('∀'),
        0x24 => Some('∃'),
        0x27 => Some('∋'),
        0x2A => Some('∗'),
        0x2D => Some('−'),
        0x40 => Some('≅'),
        0x5C => Some('∴'),
        0x5E => Some('⊥'),
        0x60 => Some('‾'),
        0x7E => Some('∼'),
        0x20..=0x7D => Some(char::from(code)),
        0xA0..=0xEF => HIGH.chars().nth(usize::from(code - 0xA0)),
        0xF1..=0xFE => HIGHER.chars().nth(usize::from(code - 0xF1)),
        _ => None,
    }
}

/// Zapf Dingbats: nearly in the order of Unicode's block of that name.
fn dingbat(code: u8) -> Option<char> {
    let value = u32::from(code);
    let point = match code {
        0x20 => 0x20,
        0x25 => 0x260E,
        0x2A => 0x261B,
        0x2B => 0x261E,
        0x48 => 0x2605,
        0x6C => 0x25CF,
        0x6E => 0x25A0,
        0x73 => 0x25B2,
        0x74 => 0x25BC,
        0x75 => 0x25C6,
        0x77 => 0x25D7,
        0x21..=0x7E => 0x2701 + value - 0x21,
        0x80..=0x8D => 0x2768 + value - 0x80,
        0xA8 => 0x2663,
        0xA9 => 0x2666,
        0xAA => 0x2665,
        0xAB => 0x2660,
        0xA1..=0xA7 => 0x2761 + value - 0xA1,
        0xAC..=0xB5 => 0x2460 + value - 0xAC,
        0xD5 => 0x2192,
        0xD6 => 0x2194,
        0xD7 => 0x2195,
        0xB6..=0xEF | 0xF1..=0xFE => 0x2776 + value - 0xB6,
        _ => return None,
    };
    char::from_u32(point)
}

/// Wingdings: the signs that lists and forms use.
fn wingding(code: u8) -> Option<char> {
    Some(match code {
        0x20 => ' ',
        0x28 => '☎',
        0x2A => '✉',
        0x4A => '☺',
        0x6C => '●',
        0x6D => '❍',
        0x6E => '■',
        0x6F | 0xA8 => '□',
        0x71 => '❑',
        0x74 | 0x75 => '◆',
        0x76 => '❖',
        0x77 => '⬥',
        0x9F => '•',
        0xA7 => '▪',
        0xB2 => '✧',
        0xD8 => '➢',
        0xDF | 0xE7 => '←',
        0xE0 | 0xE8 => '→',
        0xE1 | 0xE9 => '↑',
        0xE2 | 0xEA => '↓',
        0xF0 => '⇨',
        0xFB => '✗',
        0xFC => '✓',
        0xFD => '☒',
        0xFE => '☑',
        _ => '•',
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_of_signs_are_known_and_read() {
        let cases = [
            ("Symbol", 0x61, Some('α')),
            ("ABCDEF+SymbolMT", 0xB7, Some('•')),
            ("Symbol", 0xBC, Some('…')),
            ("Symbol", 0xD7, Some('⋅')),
            ("Symbol", 0xEF, Some('⎪')),
            ("Symbol", 0xF2, Some('∫')),
            ("Symbol", 0xFE, Some('⎭')),
            ("Symbol", 0xFF, None),
            ("ZapfDingbats", 0x34, Some('✔')),
            ("ZapfDingbats", 0x6E, Some('■')),
            ("ZapfDingbats", 0xC0, Some('➀')),
            ("ZapfDingbats", 0xFE, Some('➾')),
            ("Wingdings-Regular", 0xFC, Some('✓')),
        ];
        for (name, code, expected) in cases {
            let font = SignFont::named(name).expect("a font of signs");
            assert_eq!(font.sign(code), expected, "{name} {code:#x}");
        }
        assert_eq!(SignFont::named("Helvetica").or(SignFont::named("Wingdings2")).or(SignFont::named("+")), None);
    }
}
