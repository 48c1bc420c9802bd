//! Takes from a page what is no text of the book: running heads and feet, page numbers, lines of a table of contents. And
//! mends characters: composed letters, plain spaces, no soft hyphens.

use super::pdf::{Line, RawPage};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;

/// How many lines at each end of a page may be heads or feet.
const EDGE_LINES: usize = 3;
/// On how many pages a line must return at the same height to be a running one.
const MIN_RETURNS: usize = 3;
/// Lines at heights that differ by less than this many points are at the same height.
const SAME_HEIGHT: f64 = 3.0;
/// Letters so much larger than the text's are those of a heading, which a running line is not.
pub(super) const LARGER: f64 = 1.12;

/// The lines of each page that are text of the book, in order. Pages of a table of contents have none.
pub(super) fn body_lines(pages: &[RawPage]) -> Vec<Vec<&Line>> {
    let edges: Vec<Vec<usize>> = pages.iter().map(|page| edge_lines(&page.lines)).collect();
    let mut returns: HashMap<String, Vec<f64>> = HashMap::new();
    let mut num_labelled = 0;
    for (page, edge) in pages.iter().zip(&edges) {
        for index in edge {
            returns.entry(masked(&page.lines[*index].text)).or_default().push(page.lines[*index].y);
        }
        num_labelled += usize::from(edge.iter().any(|index| has_label(&page.lines[*index].text, &page.label)));
    }
    let body_size = body_size(pages.iter().flat_map(|page| &page.lines));
    let has_labels = num_labelled >= MIN_RETURNS && num_labelled * 10 >= pages.len() * 3;
    let is_running = |page: &RawPage, line: &Line| {
        if line.size > body_size * LARGER {
            return false;
        }
        let heights = returns.get(&masked(&line.text)).map(Vec::as_slice).unwrap_or_default();
        let num_returns = heights.iter().filter(|y| (**y - line.y).abs() < SAME_HEIGHT).count();
        is_far_number(page, line) || num_returns >= MIN_RETURNS || (has_labels && has_label(&line.text, &page.label))
    };
    let mut bodies = Vec::with_capacity(pages.len());
    for (page, edge) in pages.iter().zip(&edges) {
        let is_body = |(index, line): &(usize, &Line)| !(edge.contains(index) && is_running(page, line));
        let body: Vec<&Line> = page.lines.iter().enumerate().filter(is_body).map(|(_, line)| line).collect();
        let num_contents = body.iter().filter(|line| has_leader(&line.text)).count();
        match num_contents >= 4 && num_contents * 5 >= body.len() * 2 {
            true => bodies.push(Vec::new()),
            false => bodies.push(body.into_iter().filter(|line| !has_leader(&line.text)).collect()),
        }
    }
    bodies
}

/// The font size of most letters, in points.
pub(super) fn body_size<'a>(lines: impl Iterator<Item = &'a Line>) -> f64 {
    let mut sizes: HashMap<i64, usize> = HashMap::new();
    for line in lines {
        *sizes.entry((line.size * 2.0).round() as i64).or_default() += line.text.len();
    }
    sizes.into_iter().max_by_key(|(size, count)| (*count, *size)).map_or(10.0, |(size, _)| size as f64 / 2.0)
}

/// Whether the line is a number (`12`, `7-45`) that stands alone at the page's head or foot.
fn is_far_number(page: &RawPage, line: &Line) -> bool {
    let text = line.text.trim_matches(|c: char| "[]()|-–—·• ".contains(c));
    let is_number = text.len() <= 8
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.split(['-', '–']).all(|part| part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()));
    let distance = |other: &&Line| (other.y - line.y).abs();
    let others = || page.lines.iter().filter(|other| other.upright && distance(other) > 0.5);
    is_number
        && others().map(|other| distance(&other)).fold(f64::INFINITY, f64::min) > 1.8 * line.size
        && (others().all(|other| other.y < line.y) || others().all(|other| other.y > line.y))
}

/// Which lines stand highest and lowest on the page. A page of few lines has only running ones at its edges if the lines
/// between outnumber them.
fn edge_lines(lines: &[Line]) -> Vec<usize> {
    let mut upright: Vec<usize> = (0..lines.len()).filter(|index| lines[*index].upright).collect();
    upright.sort_by(|a, b| lines[*a].y.total_cmp(&lines[*b].y));
    let each = EDGE_LINES.min(upright.len() / 2);
    let feet = upright.split_off(upright.len() - each);
    upright.truncate(EDGE_LINES.min(upright.len()));
    upright.extend(feet);
    upright
}

/// The text with what differs from page to page masked: numbers.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_roman = !bare.is_empty() && bare.bytes().all(|b| b"ivxlcdm".contains(&b));
        if is_roman || bare.bytes().any(|b| b.is_ascii_digit()) {
            masked.push('#');
        } else {
            masked.extend(word.chars().flat_map(char::to_lowercase));
        }
        masked.push(' ');
    }
    masked
}

/// Whether a line is the page's printed label, alone or at either end of a few words.
fn has_label(text: &str, label: &str) -> bool {
    let mut words = text.split_whitespace().map(|word| word.trim_matches(|c: char| "[]()|-–—·•.".contains(c)));
    let (first, last) = (words.next(), words.next_back());
    text.chars().count() <= 80 && (first == Some(label) || last == Some(label)) && !text.ends_with(['.', '!', '?'])
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
        Line { text, left, right, y, size: 10.0, bold: false, mono: false, upright: true, cells: Vec::new() }
    }

    pub(in crate::corpus) fn page(label: &str, lines: Vec<Line>) -> RawPage {
        RawPage { label: label.into(), lines, problem: None, is_scan: false }
    }

    fn bodies(pages: &[RawPage]) -> Vec<Vec<&str>> {
        body_lines(pages).iter().map(|lines| lines.iter().map(|line| line.text.as_str()).collect()).collect()
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
