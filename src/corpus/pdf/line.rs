//! One line of a page: its glyphs, and the words they are. Right-to-left lines are put in reading order.

use compact_str::CompactString;
use std::collections::HashMap;

/// A gap wider than this part of the font's size is a space.
pub(super) const SPACE_GAP: f64 = 0.15;
/// A gap wider than this many font sizes separates cells or columns.
const WIDE_GAP: f64 = 2.0;

/// A line of text on a page. Lengths are points; places are seen along the direction of writing.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::corpus) struct Line {
    /// The words, one space between them.
    pub(in crate::corpus) text: String,
    /// Where it begins.
    pub(in crate::corpus) left: f64,
    /// Where it ends.
    pub(in crate::corpus) right: f64,
    /// Its baseline, from the page's top downwards (for turned lines from some fixed place).
    pub(in crate::corpus) y: f64,
    /// The font size of most of its letters.
    pub(in crate::corpus) size: f64,
    /// Whether most of its letters are bold.
    pub(in crate::corpus) bold: bool,
    /// Whether most of its letters are italic.
    pub(in crate::corpus) italic: bool,
    /// The typeface of most of its letters; equal numbers are equal typefaces.
    pub(in crate::corpus) face: u32,
    /// Whether most of its letters are a typewriter's.
    pub(in crate::corpus) mono: bool,
    /// Whether it is written left to right without a turn.
    pub(in crate::corpus) upright: bool,
    /// Where in `text` a word begins after a gap wide enough to separate cells of a table; in bytes, ascending.
    pub(in crate::corpus) cells: Vec<usize>,
}

/// A glyph seen along its line.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) text: CompactString,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) face: u32,
    pub(super) mono: bool,
    pub(super) space_before: bool,
}

/// A line being put together.
#[derive(Debug, Clone)]
pub(super) struct Building {
    pub(super) direction: (f64, f64),
    pub(super) baseline: f64,
    pub(super) size: f64,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) glyphs: Vec<Placed>,
    pub(super) space: bool,
    pub(super) disordered: bool,
}

impl Building {
    pub(super) fn finish(mut self, height: f64) -> Option<Line> {
        let num_rtl: usize = self.count(is_right_to_left);
        let right_to_left = num_rtl > 0 && num_rtl * 2 >= self.count(char::is_alphabetic);
        if right_to_left {
            self.order_right_to_left();
        } else if self.disordered {
            self.glyphs.sort_by(|a, b| a.from.total_cmp(&b.from));
        }
        let (text, cells) = self.words();
        if text.is_empty() {
            return None;
        }
        let upright = self.direction.0 > 0.98;
        let y = if upright { height - self.baseline } else { -self.baseline };
        let most =
            |is: fn(&Placed) -> bool| 2 * self.glyphs.iter().filter(|glyph| is(glyph)).count() > self.glyphs.len();
        let (bold, italic) = (most(|glyph| glyph.bold), most(|glyph| glyph.italic));
        let mono = most(|glyph| glyph.mono) || self.is_monospaced();
        let face = most_common(self.glyphs.iter().map(|glyph| glyph.face)).unwrap_or_default();
        let sizes = self.glyphs.iter().map(|glyph| (glyph.size * 10.0).round() as i64);
        let size = most_common(sizes).map_or(self.size, |size| size as f64 / 10.0);
        let (left, right) = (self.from, self.to);
        Some(Line { text, left, right, y, size, bold, italic, face, mono, upright, cells })
    }

    /// The line's words with one space between them, and where cells begin.
    fn words(&self) -> (String, Vec<usize>) {
        let mut text = String::new();
        // Gaps in font sizes, and where in the text they end.
        let mut gaps: Vec<(f64, usize)> = Vec::new();
        let mut previous: Option<&Placed> = None;
        for glyph in &self.glyphs {
            let gap = previous.map_or(0.0, |previous| (glyph.from - previous.to).max(previous.from - glyph.to));
            let is_wide = gap > SPACE_GAP * glyph.size;
            let letters = glyph.text.trim_start();
            let is_space = glyph.space_before || is_wide || letters.len() < glyph.text.len();
            if is_space && !text.is_empty() && !text.ends_with(' ') {
                text.push(' ');
            }
            if is_wide {
                gaps.push((gap / glyph.size, text.len()));
            }
            text.push_str(letters);
            previous = Some(glyph);
        }
        text.truncate(text.trim_end().len());
        // In a line stretched to its column's width all gaps are rather wide.
        let mut widths: Vec<f64> = gaps.iter().map(|(width, _)| *width).collect();
        widths.sort_by(f64::total_cmp);
        let usual = widths.get(widths.len() / 4).filter(|_| widths.len() > 2).copied().unwrap_or_default();
        let usual = if usual > WIDE_GAP { 0.0 } else { usual };
        let is_cell = |(width, at): &&(f64, usize)| *width > WIDE_GAP && *width > 2.0 * usual && *at < text.len();
        let cells = gaps.iter().filter(is_cell).map(|(_, at)| *at).collect();
        (text, cells)
    }

    /// The line as two: what stands before `x` and what stands after it. `None` where one of them would be empty.
    pub(super) fn split(mut self, x: f64) -> Result<(Self, Self), Self> {
        let (before, after): (Vec<Placed>, Vec<Placed>) =
            self.glyphs.iter().cloned().partition(|glyph| (glyph.from + glyph.to) / 2.0 < x);
        let ends = |glyphs: &[Placed]| {
            let from = glyphs.iter().map(|glyph| glyph.from).fold(f64::INFINITY, f64::min);
            (from, glyphs.iter().map(|glyph| glyph.to).fold(from, f64::max))
        };
        if before.is_empty() || after.is_empty() {
            return Err(self);
        }
        let (from, to) = ends(&after);
        let right = Self { from, to, glyphs: after, ..self.clone() };
        (self.from, self.to) = ends(&before);
        self.glyphs = before;
        Ok((self, right))
    }

    fn count(&self, kind: impl Fn(char) -> bool) -> usize {
        self.glyphs.iter().flat_map(|glyph| glyph.text.chars()).filter(|c| kind(*c)).count()
    }

    /// Whether all letters are equally wide, narrow and wide ones alike.
    fn is_monospaced(&self) -> bool {
        let width_of = |letters: &str| {
            let mut widths =
                self.glyphs.iter().filter(|g| letters.contains(&*g.text)).map(|g| (g.to - g.from) / g.size);
            let first = widths.next()?;
            widths.all(|width| (width - first).abs() < 0.01).then_some(first)
        };
        match (width_of("iljtf.,';:()[]"), width_of("abdeghnopuvwmA=<>_")) {
            (Some(narrow), Some(wide)) => (narrow - wide).abs() < 0.01 && narrow > 0.3,
            _ => false,
        }
    }

    /// Puts the glyphs, wherever the file shows them, in the order in which a right-to-left line is read: from the
    /// right, but numbers and foreign words within from the left.
    fn order_right_to_left(&mut self) {
        self.glyphs.sort_by(|a, b| (b.from + b.to).total_cmp(&(a.from + a.to)));
        for glyph in &mut self.glyphs {
            glyph.space_before = false;
        }
        let foreign = |glyph: &Placed| glyph.text.chars().any(|c| c.is_alphanumeric() && !is_right_to_left(c));
        let mut start = 0;
        while start < self.glyphs.len() {
            if !foreign(&self.glyphs[start]) {
                start += 1;
                continue;
            }
            let mut end = start + 1;
            for index in start + 1..self.glyphs.len() {
                if self.glyphs[index].text.chars().any(is_right_to_left) {
                    break;
                }
                if foreign(&self.glyphs[index]) {
                    end = index + 1;
                }
            }
            self.glyphs[start..end].reverse();
            start = end;
        }
    }
}

/// The value that occurs most often, the largest of them.
fn most_common<T: Copy + Eq + std::hash::Hash + Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts.into_iter().max_by_key(|(value, count)| (*count, *value)).map(|(value, _)| value)
}

/// Whether `c` belongs to a script written from right to left.
pub(super) fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}')
        && !matches!(c, '\u{660}'..='\u{669}' | '\u{6F0}'..='\u{6F9}')
}
