//! What the lines of a book have in common: size, typeface, distance, words.

use super::clean::body_size;
use super::kinds::looks_like_code;
use super::pdf::Line;
use std::collections::{HashMap, HashSet};

/// What the lines of a book have in common.
pub(super) struct Measures {
    /// The font size of most letters.
    pub(super) body_size: f64,
    /// The typeface of most letters.
    pub(super) body_face: u32,
    /// Whether most letters are bold.
    pub(super) body_is_bold: bool,
    /// The distance of most lines, as a multiple of the font size.
    pub(super) leading: f64,
    /// Whether the book sets its prose in a monospaced font too, so that such a font does not tell code.
    pub(super) prose_is_mono: bool,
    /// Words seen whole, in lower case, hyphenated ones included.
    pub(super) words: HashSet<String>,
}

impl Measures {
    /// Measures all lines of a book.
    pub(super) fn of(pages: &[Vec<&Line>]) -> Self {
        let mut words = HashSet::new();
        for line in pages.iter().flatten() {
            let mut in_line = line.text.split_whitespace().peekable();
            while let Some(word) = in_line.next() {
                if in_line.peek().is_some() || !word.ends_with('-') {
                    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
                    words.insert(word);
                }
            }
        }
        let body_size = body_size(pages.iter().flatten().copied());
        let mut steps: HashMap<i64, usize> = HashMap::new();
        for page in pages {
            for pair in page.windows(2) {
                let step = (pair[1].y - pair[0].y) / body_size;
                let is_prose = (pair[0].size - body_size).abs() < 0.6 && !looks_like_code(&pair[0].text);
                if (0.8..3.0).contains(&step) && is_prose {
                    *steps.entry((step * 20.0).round() as i64).or_default() += 1;
                }
            }
        }
        let leading =
            steps.into_iter().max_by_key(|(step, count)| (*count, -*step)).map_or(1.2, |(s, _)| s as f64 / 20.0);
        let letters = |mono: bool| -> usize {
            pages.iter().flatten().filter(|line| line.mono == mono).map(|line| line.text.len()).sum()
        };
        let mut faces: HashMap<(u32, bool), usize> = HashMap::new();
        for line in pages.iter().flatten().filter(|line| (line.size - body_size).abs() < 0.6) {
            *faces.entry((line.face, line.bold)).or_default() += line.text.len();
        }
        let body = faces.into_iter().max_by_key(|(face, count)| (*count, *face)).map(|(face, _)| face);
        let (body_face, body_is_bold) = body.unwrap_or_default();
        Self { body_size, body_face, body_is_bold, leading, prose_is_mono: letters(true) > letters(false), words }
    }
}
