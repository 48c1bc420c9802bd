//! Accents that a file draws as glyphs of their own, and signs it puts together of two.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization as _;

/// A glyph's text with where it begins and ends along its line.
pub(super) type Drawn<'a> = (&'a str, f64, f64);

/// What an accent and a letter that stand in the same place mean together, whichever was drawn first.
pub(super) fn joined(first: Drawn, second: Drawn, size: f64) -> Option<CompactString> {
    let ((first, from, to), (second, next_from, next_to)) = (first, second);
    let (old, new) = (single(first)?, single(second)?);
    if matches!((old, new), ('↦' | '↪', '→' | '⟶') | ('←' | '⟵', '↩')) && next_from < to + 0.3 * size {
        // TeX draws these arrows as their end and a plain arrow.
        return Some(if new == '↩' { second.into() } else { first.into() });
    }
    let within = |(a, b): (f64, f64), (c, d): (f64, f64)| (c..d).contains(&((a + b) / 2.0));
    let takes = |letter: char, mark: char| letter.is_alphabetic() || mark == '\u{338}';
    let (old_place, new_place) = ((from, to), (next_from, next_to));
    let after = combining(old).filter(|mark| takes(new, *mark) && within(old_place, new_place)).map(|mark| (new, mark));
    let before = || combining(new).filter(|mark| takes(old, *mark) && within(new_place, old_place));
    let (letter, mark) = after.or_else(|| before().map(|mark| (old, mark)))?;
    let letter = match letter {
        'ı' => 'i',
        'ȷ' => 'j',
        letter => letter,
    };
    Some([letter, mark].into_iter().nfc().collect())
}

/// Whether this is an accent that waits for its letter.
pub(super) fn is_accent(text: &str) -> bool {
    single(text).and_then(combining).is_some()
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The combining form of an accent that was drawn as a glyph of its own.
fn combining(accent: char) -> Option<char> {
    Some(match accent {
        // TeX strikes a sign out with a slash of its own.
        '\u{338}' => '\u{338}',
        '`' | 'ˋ' => '\u{300}',
        '´' | 'ˊ' => '\u{301}',
        '^' | 'ˆ' => '\u{302}',
        '~' | '˜' => '\u{303}',
        '¯' | 'ˉ' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' => '\u{30A}',
        '˝' => '\u{30B}',
        'ˇ' => '\u{30C}',
        '¸' => '\u{327}',
        '˛' => '\u{328}',
        _ => return None,
    })
}
