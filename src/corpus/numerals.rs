//! Numbers as page labels and headings have them: roman ones, and decimal ones in the digits of several scripts.

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Script {
    /// With ten digits, of which this is the zero.
    Decimal(char),
    /// In small roman letters.
    Roman,
}

impl Script {
    /// Writes a positive number.
    pub(super) fn write(self, value: usize) -> String {
        match self {
            Self::Roman => roman(value),
            Self::Decimal(zero) => {
                let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(u32::from(zero) + digit));
                value.to_string().chars().filter_map(digit).collect()
            }
        }
    }
}

/// The zeros of the scripts whose digits are known, each followed by its nine others.
const ZEROS: &[char] = &['0', '٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '０'];

/// The value of a number of at most six digits of one script, and that script's zero.
pub(super) fn decimal(word: &str) -> Option<(usize, char)> {
    let first = u32::from(word.chars().next()?);
    let zero = *ZEROS.iter().find(|zero| (u32::from(**zero)..u32::from(**zero) + 10).contains(&first))?;
    let mut value = 0;
    for (at, c) in word.chars().enumerate() {
        let digit = u32::from(c).checked_sub(u32::from(zero)).filter(|digit| *digit < 10 && at < 6)?;
        value = value * 10 + digit as usize;
    }
    Some((value, zero))
}

/// The small roman number of a positive value.
pub(super) fn roman(value: usize) -> String {
    const PARTS: [(usize, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    if !(1..=9999).contains(&value) {
        return value.to_string();
    }
    let (mut text, mut rest) = (String::new(), value);
    for (part, letters) in PARTS {
        while rest >= part {
            text.push_str(letters);
            rest -= part;
        }
    }
    text
}

/// The value of a small or capital roman number up to 200, if that is how it is written.
pub(super) fn from_roman(word: &str) -> Option<usize> {
    let lower = word.to_ascii_lowercase();
    let is_one_case = lower == word || word.to_ascii_uppercase() == word;
    let is_roman = lower.len() <= 8 && lower.bytes().all(|b| b"ivxlc".contains(&b)) && !lower.is_empty();
    (is_one_case && is_roman).then(|| (1..=200).find(|value| roman(*value) == lower)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roman_numbers() {
        for (number, text) in [(4, "iv"), (9, "ix"), (14, "xiv"), (199, "cxcix")] {
            assert_eq!(roman(number), text);
            assert_eq!(from_roman(text), Some(number));
        }
        assert_eq!(roman(1999), "mcmxcix");
        for word in ["", "iiii", "Iv", "mix", "x1"] {
            assert_eq!(from_roman(word), None, "{word}");
        }
    }

    #[test]
    fn decimal_numbers() {
        for (word, value) in [("12", Some((12, '0'))), ("१२", Some((12, '०'))), ("1२", None), ("", None), ("a", None)]
        {
            assert_eq!(decimal(word), value, "{word}");
        }
        assert_eq!(Script::Decimal('०').write(120), "१२०");
    }
}
