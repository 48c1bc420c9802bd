//! What stands at a page's head and foot on page after page: running heads and feet, page numbers. And the labels that the
//! printed numbers give.

use super::clean::LARGER;
use super::kinds;
use super::numerals::{Script, decimal, from_roman};
use super::pdf::{Line, RawPage};
use std::collections::{HashMap, HashSet};

/// How many lines at each end of a page may be heads or feet.
const EDGE_LINES: usize = 3;
/// On how many pages a line must return at the same height to be a running one.
const MIN_RETURNS: usize = 3;
/// Lines at heights that differ by less than this many points are at the same height.
const SAME_HEIGHT: f64 = 3.0;
/// One in this many pages must have running lines at a height, for other lines there to count as running.
const HEIGHT_PAGES: usize = 8;
/// A line at such a height is running if the text is further from it than this many of its sizes.
const HEAD_GAP: f64 = 1.6;
/// A running line has no more letters than this.
const MAX_CHARS: usize = 100;
/// One in this many pages must have a printed number, for the numbers to become labels.
const NUMBERED_PAGES: usize = 3;

/// The lines of a page that are no text, by their indices from the top down, and the page's number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Furniture {
    /// Running heads.
    pub(super) head: Vec<usize>,
    /// Running feet.
    pub(super) foot: Vec<usize>,
    /// Which number of a sequence is printed on the page.
    number: Option<Number>,
}

/// A printed page number as a member of a sequence: its value is the page's index plus `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Number {
    script: Script,
    offset: i64,
}

/// The running heads and feet of each page.
pub(super) fn furniture(pages: &[RawPage], body_size: f64) -> Vec<Furniture> {
    let edges: Vec<Edge> = pages.iter().map(|page| Edge::of(&page.lines)).collect();
    let numbers = numbers(pages, &edges);
    let running = running_lines(pages, &edges, &numbers, body_size);
    let mut heights: Vec<f64> =
        pages.iter().zip(&running).flat_map(|(p, found)| found.iter().map(|i| p.lines[*i].y)).collect();
    heights.sort_by(f64::total_cmp);
    let is_usual = |y: f64| {
        let num_below = |limit: f64| heights.partition_point(|height| *height < limit);
        let num = num_below(y + SAME_HEIGHT) - num_below(y - SAME_HEIGHT);
        num >= MIN_RETURNS.max(pages.len() / HEIGHT_PAGES)
    };
    let margins = margin_notes(pages);
    let mut furniture = Vec::with_capacity(pages.len());
    for (at, (page, edge)) in pages.iter().zip(&edges).enumerate() {
        let take = |inwards: &[usize]| {
            let alone = |position: usize| {
                let line = &page.lines[inwards[position]];
                let next = edge.inwards(page, line, inwards);
                let is_short = !kinds::is_item(&line.text)
                    && line.text.chars().count() <= MAX_CHARS
                    && line.size <= body_size * LARGER;
                is_short
                    && is_usual(line.y)
                    && next.is_none_or(|next| (next - line.y).abs() > HEAD_GAP * line.size.max(body_size))
            };
            let mut taken = Vec::new();
            for (position, index) in inwards.iter().enumerate() {
                let is_outermost = taken.len() == position;
                if running[at].contains(index) || (is_outermost && alone(position)) {
                    taken.push(*index);
                }
            }
            taken
        };
        let mut foot = take(&edge.bottom);
        foot.reverse();
        let number = edge.all().find_map(|index| numbers.get(&(at, index)).copied());
        foot.extend(
            (0..page.lines.len())
                .filter(|index| margins.contains(&page.lines[*index].text) && !page.lines[*index].upright),
        );
        furniture.push(Furniture { head: take(&edge.top), foot, number });
    }
    furniture
}

/// Which lines at the edges of each page are running ones by themselves: page numbers, and what returns at the same height.
fn running_lines(
    pages: &[RawPage],
    edges: &[Edge],
    numbers: &HashMap<(usize, usize), Number>,
    body_size: f64,
) -> Vec<HashSet<usize>> {
    let mut returns: HashMap<String, Vec<f64>> = HashMap::new();
    let mut num_labelled = 0;
    for (page, edge) in pages.iter().zip(edges) {
        for line in edge.all().map(|index| &page.lines[index]) {
            returns.entry(masked(&line.text)).or_default().push(line.y);
        }
        let is_labelled = |index: usize| page.label.as_deref().is_some_and(|l| has_label(&page.lines[index].text, l));
        num_labelled += usize::from(edge.all().any(is_labelled));
    }
    let has_labels = num_labelled >= MIN_RETURNS && num_labelled * 10 >= pages.len() * 3;
    let is_running = |at: usize, index: usize| {
        let (page, line) = (&pages[at], &pages[at].lines[index]);
        if kinds::is_item(&line.text) {
            return false;
        }
        let is_number = numbers.contains_key(&(at, index));
        if is_far_number(page, line) || (is_number && !line.text.contains(char::is_whitespace)) {
            return true;
        }
        let heights = returns.get(&masked(&line.text)).map(Vec::as_slice).unwrap_or_default();
        let says_something = line.text.chars().filter(|c| c.is_alphabetic()).count() > 2;
        let num_returns = heights.iter().filter(|y| (**y - line.y).abs() < SAME_HEIGHT).count();
        let is_labelled = has_labels && page.label.as_deref().is_some_and(|label| has_label(&line.text, label));
        line.size <= body_size * LARGER && (is_number || (says_something && num_returns >= MIN_RETURNS) || is_labelled)
    };
    edges.iter().enumerate().map(|(at, edge)| edge.all().filter(|index| is_running(at, *index)).collect()).collect()
}

/// Turned lines that return on several pages, as a printer's marks in the margin do.
fn margin_notes(pages: &[RawPage]) -> HashSet<&String> {
    let mut returns: HashMap<&String, usize> = HashMap::new();
    for page in pages {
        let turned: HashSet<&String> = page.lines.iter().filter(|line| !line.upright).map(|line| &line.text).collect();
        if turned.len() * 2 < page.lines.len() {
            turned.into_iter().for_each(|text| *returns.entry(text).or_default() += 1);
        }
    }
    returns.into_iter().filter(|(_, count)| *count >= MIN_RETURNS).map(|(text, _)| text).collect()
}

/// The label of each page. The file's own labels stand, unless most printed numbers contradict them. Without labels in the
/// file, a page has the number of the sequence that is printed on it or on the pages before; pages before number 1 have
/// their place in the file in brackets. Without printed numbers, a page's label is its place in the file.
pub(super) fn labels(pages: &[RawPage], furniture: &[Furniture]) -> Vec<String> {
    let place = |index: usize| (index + 1).to_string();
    let printed = printed_labels(furniture);
    let differs = |(page, printed): (&RawPage, &Option<String>)| {
        printed.as_deref().zip(page.label.as_deref()).map(|(printed, label)| !printed.eq_ignore_ascii_case(label))
    };
    let checks: Vec<bool> = pages.iter().zip(&printed).filter_map(differs).collect();
    let num_wrong = checks.iter().filter(|wrong| **wrong).count();
    let file_is_wrong = num_wrong >= MIN_RETURNS && num_wrong * 10 > checks.len() * 7;
    let file_has_any = pages.iter().any(|page| page.label.is_some());
    let label = |(index, page): (usize, &RawPage)| {
        let own = page.label.clone();
        let seen = printed[index].clone();
        let chosen = if file_has_any && !file_is_wrong { own } else { seen };
        chosen.unwrap_or_else(|| place(index))
    };
    pages.iter().enumerate().map(label).collect()
}

fn printed_labels(furniture: &[Furniture]) -> Vec<Option<String>> {
    let num_numbered = furniture.iter().filter(|page| page.number.is_some()).count();
    if num_numbered < MIN_RETURNS || num_numbered * NUMBERED_PAGES < furniture.len() {
        return vec![None; furniture.len()];
    }
    let mut current = furniture.iter().find_map(|page| page.number);
    let mut labels = Vec::with_capacity(furniture.len());
    for (index, page) in (0_i64..).zip(furniture) {
        current = page.number.or(current);
        let value = |number: Number| usize::try_from(index + number.offset).ok().filter(|value| *value > 0);
        let label = current.and_then(|number| Some(number.script.write(value(number)?)));
        labels.push(Some(label.unwrap_or_else(|| format!("[{}]", index + 1))));
    }
    labels
}

/// The lines that hold a page's printed number, each with the sequence to which the number belongs.
fn numbers(pages: &[RawPage], edges: &[Edge]) -> HashMap<(usize, usize), Number> {
    let mut candidates: HashMap<Number, Vec<(usize, usize, f64)>> = HashMap::new();
    for (page, edge) in edges.iter().enumerate() {
        for line in edge.all() {
            let Line { text, y, .. } = &pages[page].lines[line];
            for (value, script) in values(text) {
                let number = Number { script, offset: value - page as i64 };
                candidates.entry(number).or_default().push((page, line, *y));
            }
        }
    }
    let mut found: HashMap<(usize, usize), (usize, Number)> = HashMap::new();
    for (number, places) in candidates {
        let num_pages = places.iter().map(|(page, ..)| page).collect::<HashSet<_>>().len();
        if num_pages < MIN_RETURNS {
            continue;
        }
        for (page, line, y) in &places {
            let num_level =
                places.iter().filter(|(_, _, other)| (other - y).abs() < SAME_HEIGHT).take(MIN_RETURNS).count();
            // The number of a chapter's first page often stands alone at the foot, the others in the head.
            let is_bare = !pages[*page].lines[*line].text.contains(char::is_whitespace);
            if num_level == MIN_RETURNS || is_bare {
                let known = found.entry((*page, *line)).or_insert((num_pages, number));
                *known = (*known).max((num_pages, number));
            }
        }
    }
    found.into_iter().map(|(place, (_, number))| (place, number)).collect()
}

/// The numbers that a line could have as its page's number: its first and its last word.
fn values(text: &str) -> Vec<(i64, Script)> {
    if text.chars().count() > MAX_CHARS {
        return Vec::new();
    }
    let bare = |word: &str| word.trim_matches(|c: char| "[]()|-–—·•.,/".contains(c)).to_owned();
    let words = text.split_whitespace().map(bare).filter(|word| !word.is_empty());
    let words: Vec<String> = words.collect();
    let value = |word: &String| match decimal(word) {
        Some((number, zero)) => Some((i64::try_from(number).ok()?, Script::Decimal(zero))),
        None => Some((i64::try_from(from_roman(word)?).ok()?, Script::Roman)),
    };
    let mut found: Vec<(i64, Script)> = [words.first(), words.last()].into_iter().flatten().filter_map(value).collect();
    found.dedup();
    found
}

/// Which lines stand highest and lowest on a page, from the edge inwards. A page of few lines has only running ones at its
/// edges if the lines between outnumber them.
struct Edge {
    top: Vec<usize>,
    bottom: Vec<usize>,
}

impl Edge {
    fn of(lines: &[Line]) -> Self {
        let mut upright: Vec<usize> = (0..lines.len()).filter(|index| lines[*index].upright).collect();
        upright.sort_by(|a, b| lines[*a].y.total_cmp(&lines[*b].y));
        let each = EDGE_LINES.min(upright.len() / 2);
        let mut bottom = upright.split_off(upright.len() - each);
        bottom.reverse();
        upright.truncate(EDGE_LINES.min(upright.len()));
        Self { top: upright, bottom }
    }

    fn all(&self) -> impl Iterator<Item = usize> {
        self.top.iter().chain(&self.bottom).copied()
    }

    /// The height of the line next to `line` towards the middle of the page, seen from the edge `from`.
    fn inwards(&self, page: &RawPage, line: &Line, from: &[usize]) -> Option<f64> {
        let is_top = from.first() == self.top.first();
        let others = page.lines.iter().filter(|other| other.upright).map(|other| other.y);
        match is_top {
            true => others.filter(|y| *y > line.y + 0.5).min_by(f64::total_cmp),
            false => others.filter(|y| *y < line.y - 0.5).max_by(f64::total_cmp),
        }
    }
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

/// The text with what differs from page to page masked: numbers.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_roman = !bare.is_empty() && bare.bytes().all(|b| b"ivxlcdm".contains(&b));
        if is_roman {
            masked.push('#');
        } else {
            for c in word.chars() {
                match c.is_numeric() {
                    true if masked.ends_with('#') => {}
                    true => masked.push('#'),
                    false => masked.extend(c.to_lowercase()),
                }
            }
        }
        masked.push(' ');
    }
    masked
}

/// Whether a line is the page's label, alone or at either end of a few words.
fn has_label(text: &str, label: &str) -> bool {
    let mut words = text.split_whitespace().map(|word| word.trim_matches(|c: char| "[]()|-–—·•.".contains(c)));
    let (first, last) = (words.next(), words.next_back());
    text.chars().count() <= 80 && (first == Some(label) || last == Some(label)) && !text.ends_with(['.', '!', '?'])
}

#[cfg(test)]
mod tests {
    use super::super::clean::tests::{line, page};
    use super::*;

    /// A page with a head, six lines of text and a foot.
    fn make(head: &str, foot: &str, words: usize) -> RawPage {
        let text = |i: usize| {
            line(
                &format!("{} words {}", ["a", "be", "see"][i % 3], "o".repeat(words + i)),
                0.0,
                100.0 + 12.0 * i as f64,
            )
        };
        let mut lines: Vec<Line> = (0..6).map(text).collect();
        lines.extend((!head.is_empty()).then(|| line(head, 0.0, 40.0)));
        lines.extend((!foot.is_empty()).then(|| line(foot, 0.0, 760.0)));
        RawPage { label: None, ..page("", lines) }
    }

    fn check(pages: &[RawPage], heads: &[&str], expected: &[&str]) {
        let furniture = furniture(pages, 10.0);
        let texts = |(page, found): (&RawPage, &Furniture)| {
            let all = found.head.iter().chain(&found.foot).map(|index| page.lines[*index].text.clone());
            all.collect::<Vec<_>>().join("/")
        };
        assert_eq!(pages.iter().zip(&furniture).map(texts).collect::<Vec<_>>(), heads);
        assert_eq!(labels(pages, &furniture), expected);
    }

    #[test]
    fn heads_of_chapters_alternate_and_printed_numbers_are_labels() {
        let pages = [
            make("", "", 1),
            make("", "ii", 2),
            make("", "iii", 3),
            make("", "iv", 4),
            make("", "1", 5),
            make("2 | Force", "", 6),
            make("Mass 3", "", 7),
            make("4 | Force", "", 8),
            make("Inertia of bodies", "", 9),
            make("6 | Waves", "", 10),
        ];
        let heads = ["", "ii", "iii", "iv", "1", "2 | Force", "Mass 3", "4 | Force", "Inertia of bodies", "6 | Waves"];
        check(&pages, &heads, &["i", "ii", "iii", "iv", "1", "2", "3", "4", "5", "6"]);
    }

    #[test]
    fn labels_of_the_file_stand_unless_the_pages_contradict() {
        let scan: Vec<RawPage> =
            (1..=5).map(|i| RawPage { label: Some(i.to_string()), ..make("", &(i + 100).to_string(), i) }).collect();
        check(&scan, &["101", "102", "103", "104", "105"], &["101", "102", "103", "104", "105"]);
        let plain: Vec<RawPage> = (1..)
            .zip(["A", "B", "C"])
            .map(|(i, label)| RawPage { label: Some(label.into()), ..make("", "", i) })
            .collect();
        check(&plain, &["", "", ""], &["A", "B", "C"]);
        let none: Vec<RawPage> = (1..=3).map(|i| make("", "", i)).collect();
        check(&none, &["", "", ""], &["1", "2", "3"]);
    }
}
