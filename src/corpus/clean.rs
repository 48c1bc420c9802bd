//! Takes from a page what is no text of the book: running heads and feet, page numbers, lines of a table of contents. And
//! mends characters: composed letters, plain spaces, no soft hyphens.

use super::pdf::{Line, RawPage};
use super::running::{self, Furniture};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;

/// Letters so much larger than the text's are those of a heading, which a running line is not.
pub(super) const LARGER: f64 = 1.12;

/// How many entries make a page one of a table of contents.
const MIN_ENTRIES: usize = 4;
/// A table of contents whose entries have no dotted leaders is looked for on so many first pages.
const CONTENTS_PAGES: usize = 30;

/// A book's pages without what is no text of the book.
pub(super) struct Cleaned<'a> {
    /// The lines of each page that are text, in order. Pages of a table of contents have none.
    pub(super) bodies: Vec<Vec<&'a Line>>,
    /// What stands at each page's head and foot.
    pub(super) furniture: Vec<Furniture>,
}

/// Tells the text of each page from its head and foot.
pub(super) fn clean(pages: &[RawPage]) -> Cleaned<'_> {
    let body_size = body_size(pages.iter().flat_map(|page| &page.lines));
    let furniture = running::furniture(pages, body_size);
    let mut bodies = Vec::with_capacity(pages.len());
    for (at, (page, found)) in pages.iter().zip(&furniture).enumerate() {
        let is_body = |(index, _): &(usize, &Line)| !found.head.contains(index) && !found.foot.contains(index);
        let body: Vec<&Line> = page.lines.iter().enumerate().filter(is_body).map(|(_, line)| line).collect();
        let num_leaders = body.iter().filter(|line| has_leader(&line.text)).count();
        let is_contents = num_leaders >= MIN_ENTRIES && num_leaders * 5 >= body.len() * 2
            || at < CONTENTS_PAGES && is_plain_contents(&body);
        bodies.push(match is_contents {
            true => Vec::new(),
            false => body.into_iter().filter(|line| !has_leader(&line.text)).collect(),
        });
    }
    Cleaned { bodies, furniture }
}

/// Whether most lines end in numbers that grow: a table of contents without leaders.
fn is_plain_contents(lines: &[&Line]) -> bool {
    let number = |line: &&Line| {
        let (words, number) = line.text.rsplit_once(' ')?;
        let has_words = words.chars().filter(|c| c.is_alphabetic()).count() > 2;
        number.parse::<u32>().ok().filter(|number| has_words && *number < 5000)
    };
    let numbers: Vec<u32> = lines.iter().filter_map(number).collect();
    let num_back = numbers.windows(2).filter(|pair| pair[1] < pair[0]).count();
    let spread = numbers.last().zip(numbers.first()).is_some_and(|(last, first)| *last >= first + 3);
    numbers.len() > MIN_ENTRIES && numbers.len() * 5 >= lines.len() * 3 && num_back * 10 <= numbers.len() && spread
}

/// The font size of most letters, in points.
pub(super) fn body_size<'a>(lines: impl Iterator<Item = &'a Line>) -> f64 {
    let mut sizes: HashMap<i64, usize> = HashMap::new();
    for line in lines {
        *sizes.entry((line.size * 2.0).round() as i64).or_default() += line.text.len();
    }
    sizes.into_iter().max_by_key(|(size, count)| (*count, *size)).map_or(10.0, |(size, _)| size as f64 / 2.0)
}

/// A dotted leader: `3.1 Streams . . . . . 17`.
fn has_leader(text: &str) -> bool {
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    squeezed.contains(".....") || squeezed.contains("·····") || squeezed.matches('…').count() >= 3
}

/// The text with composed letters, plain spaces and without invisible characters.
pub(super) fn normalised(text: &str) -> String {
    let plain = text.chars().filter_map(|c| match c {
        '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{200E}' | '\u{200F}' => None,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => None,
        '\u{E000}'..='\u{F8FF}' | '\u{FFFD}' => None,
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => Some(' '),
        '\u{2010}' | '\u{2011}' => Some('-'),
        c => Some(c),
    });
    let composed: String = plain.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line of a page of test text, 10 points high.
    pub(in crate::corpus) fn line(text: &str, left: f64, y: f64) -> Line {
        let right = left + 5.0 * text.chars().count() as f64;
        let text = text.to_owned();
        let (size, face, cells) = (10.0, 0, Vec::new());
        let (bold, italic, mono, upright) = (false, false, false, true);
        Line { text, left, right, y, size, bold, italic, face, mono, upright, cells }
    }

    pub(in crate::corpus) fn page(label: &str, lines: Vec<Line>) -> RawPage {
        RawPage { label: Some(label.into()), lines, problem: None, is_scan: false }
    }

    fn bodies(pages: &[RawPage]) -> Vec<Vec<&str>> {
        clean(pages).bodies.iter().map(|lines| lines.iter().map(|line| line.text.as_str()).collect()).collect()
    }

    #[test]
    fn heads_feet_and_numbers_are_dropped_and_text_stays() {
        let make = |number: usize| {
            let body = (0..6).map(|i| {
                line(
                    &format!("{} of {} words", ["a", "b", "c", "d"][number % 4], "x".repeat(i + number)),
                    0.0,
                    100.0 + 12.0 * i as f64,
                )
            });
            let mut lines = vec![line("The Book", 0.0, 40.0)];
            lines.extend(body);
            lines.push(line(&format!("Page {number}"), 0.0, 760.0));
            page(&number.to_string(), lines)
        };
        let pages: Vec<RawPage> = (1..=4).map(make).collect();
        for body in bodies(&pages) {
            assert_eq!(body.len(), 6, "{body:?}");
        }
    }

    #[test]
    fn what_returns_only_twice_or_elsewhere_is_text() {
        let pages: Vec<RawPage> = (1..=4)
            .map(|number| page("x", vec![line("Summary", 0.0, 50.0 * f64::from(number)), line("z", 0.0, 500.0)]))
            .collect();
        assert!(bodies(&pages).iter().all(|body| body.contains(&"Summary")));
    }

    #[test]
    fn contents_pages_are_no_text() {
        let entry = |i: usize| line(&format!("{i} Title . . . . . . {}", i * 7), 0.0, 100.0 + 12.0 * i as f64);
        let pages = [page("1", (1..6).map(entry).collect()), page("2", vec![line("Text.", 0.0, 100.0)])];
        assert_eq!(bodies(&pages), [vec![], vec!["Text."]]);
    }

    #[test]
    fn characters_are_mended() {
        assert_eq!(normalised("cafe\u{301}  in\u{ad}for\u{a0}mation \u{200b}x"), "café infor mation x");
    }
}
