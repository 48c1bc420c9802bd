//! From glyphs on a page to lines of text, near the order in which the file shows them: gaps become spaces, accents join
//! their letters, letters drawn twice count once, right-to-left lines are put in reading order.

use super::content::Glyph;
use unicode_normalization::UnicodeNormalization as _;

/// A gap wider than this part of the font's size is a space.
const SPACE_GAP: f64 = 0.15;
/// A gap wider than this many font sizes separates cells or columns.
const WIDE_GAP: f64 = 2.0;
/// A glyph shifted by less than this part of the font's size is a super- or subscript of the line.
const SCRIPT_SHIFT: f64 = 0.45;
/// How far a glyph may step back and still follow the one before.
const STEP_BACK: f64 = 0.6;
/// How many lines back an exact continuation is looked for.
const LOOK_BACK: usize = 6;

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
    /// How many gaps in it are wide enough to separate cells of a table.
    pub(in crate::corpus) num_wide_gaps: usize,
    /// Where in `text` the cells of a table row after the first begin: byte offsets behind gaps that are wide enough.
    pub(in crate::corpus) cells: Vec<usize>,
}

/// A glyph seen along its line.
struct Placed {
    text: String,
    from: f64,
    to: f64,
    size: f64,
    bold: bool,
    italic: bool,
    face: u32,
    mono: bool,
    space_before: bool,
}

/// A line being put together.
struct Building {
    direction: (f64, f64),
    baseline: f64,
    size: f64,
    from: f64,
    to: f64,
    glyphs: Vec<Placed>,
    space: bool,
    disordered: bool,
}

/// The lines of a page `height` points high.
pub(super) fn lines(glyphs: Vec<Glyph>, height: f64) -> Vec<Line> {
    let mut building: Vec<Building> = Vec::new();
    for glyph in glyphs {
        add(&mut building, glyph);
    }
    join_neighbours(&mut building);
    let mut lines: Vec<Line> = Vec::with_capacity(building.len());
    for line in building.into_iter().filter_map(|line| line.finish(height)) {
        let same = |other: &Line| {
            let near = (other.y - line.y).abs() + (other.left - line.left).abs() < 0.25 * line.size;
            near && other.text == line.text && other.upright == line.upright
        };
        if !lines.iter().rev().take(64).any(same) {
            lines.push(line);
        }
    }
    lines
}

fn add(lines: &mut Vec<Building>, glyph: Glyph) {
    let (dx, dy) = glyph.direction;
    let along = |point: (f64, f64)| point.0 * dx + point.1 * dy;
    let across = glyph.from.1 * dx - glyph.from.0 * dy;
    let (a, b) = (along(glyph.from), along(glyph.to));
    let (from, to) = (a.min(b), a.max(b));
    if glyph.text.trim().is_empty() {
        if let Some(line) = lines.last_mut().filter(|line| line.is_level(&glyph, across, SCRIPT_SHIFT)) {
            if !glyph.text.is_empty() {
                line.space = true;
            } else if (from - line.to).abs() < glyph.size {
                // A glyph of unknown meaning fills its place: what comes after it is not far away.
                line.to = line.to.max(to);
                line.glyphs.last_mut().into_iter().for_each(|last| last.to = last.to.max(to));
            }
        }
        return;
    }
    let last = lines.len().saturating_sub(1);
    let oldest = lines.len().saturating_sub(LOOK_BACK);
    let mut place = None;
    for index in (oldest..lines.len()).rev() {
        let line = &lines[index];
        let fits = if index == last {
            line.is_level(&glyph, across, SCRIPT_SHIFT) && line.takes(&glyph.text, from, to, glyph.size)
        } else {
            line.is_level(&glyph, across, 0.1) && (-0.1..0.8).contains(&((from - line.to) / glyph.size))
        };
        if fits {
            place = Some(index);
            break;
        }
    }
    let line = match place {
        Some(index) => &mut lines[index],
        None => {
            lines.push(Building {
                direction: glyph.direction,
                baseline: across,
                size: glyph.size,
                from,
                to: from,
                glyphs: Vec::new(),
                space: false,
                disordered: false,
            });
            lines.last_mut().expect("a line was just added")
        }
    };
    line.push(&glyph, across, from, to);
}

/// Joins lines that follow each other in the file and on the page stand side by side.
fn join_neighbours(lines: &mut Vec<Building>) {
    let mut joined: Vec<Building> = Vec::with_capacity(lines.len());
    for line in lines.drain(..) {
        let near = joined.last().is_some_and(|last| {
            let level = (last.baseline - line.baseline).abs() < 0.2 * last.size.min(line.size);
            let turned = last.direction.0 * line.direction.0 + last.direction.1 * line.direction.1;
            let gap = (last.from - line.to).max(line.from - last.to);
            level && turned > 0.98 && (-0.2..1.5).contains(&(gap / last.size.max(line.size)))
        });
        match joined.last_mut().filter(|_| near) {
            Some(last) => {
                last.disordered = true;
                (last.from, last.to) = (last.from.min(line.from), last.to.max(line.to));
                last.glyphs.extend(line.glyphs);
            }
            None => joined.push(line),
        }
    }
    *lines = joined;
}

impl Building {
    fn is_level(&self, glyph: &Glyph, across: f64, shift: f64) -> bool {
        let turned = self.direction.0 * glyph.direction.0 + self.direction.1 * glyph.direction.1;
        turned > 0.98 && (across - self.baseline).abs() <= shift * self.size.max(glyph.size)
    }

    /// Whether a glyph on this level follows what is there.
    fn takes(&self, text: &str, from: f64, to: f64, size: f64) -> bool {
        let size = size.max(self.size);
        if from >= self.to - STEP_BACK * size {
            return true;
        }
        text.chars().any(is_right_to_left) && (-0.3..1.0).contains(&((self.from - to) / size))
    }

    fn push(&mut self, glyph: &Glyph, across: f64, from: f64, to: f64) {
        let space = std::mem::take(&mut self.space);
        if let Some(last) = self.glyphs.last_mut() {
            let drawn_twice = last.text == *glyph.text && (from - last.from).abs() < 0.1 * glyph.size && to > from;
            if drawn_twice || (!space && join_accent(last, &glyph.text, from, to)) {
                last.to = last.to.max(to);
                self.to = self.to.max(to);
                return;
            }
        }
        if from < self.to - STEP_BACK * self.size {
            self.disordered = true;
        }
        let gap = if self.glyphs.is_empty() { 0.0 } else { (from - self.to).max(self.from - to) };
        if glyph.size > self.size * 1.05 {
            (self.size, self.baseline) = (glyph.size, across);
        }
        (self.from, self.to) = (self.from.min(from), self.to.max(to));
        let space_before = space || gap > SPACE_GAP * glyph.size;
        let text = glyph.text.to_string();
        let &Glyph { size, bold, italic, face, mono, .. } = glyph;
        self.glyphs.push(Placed { text, from, to, size, bold, italic, face, mono, space_before });
    }

    fn finish(mut self, height: f64) -> Option<Line> {
        let num_rtl: usize = self.count(is_right_to_left);
        let right_to_left = num_rtl > 0 && num_rtl * 2 >= self.count(char::is_alphabetic);
        if right_to_left {
            self.order_right_to_left();
        } else if self.disordered {
            self.glyphs.sort_by(|a, b| a.from.total_cmp(&b.from));
        }
        let mut text = String::new();
        let mut gaps: Vec<(f64, usize)> = Vec::new();
        let mut previous: Option<&Placed> = None;
        for glyph in &self.glyphs {
            if let Some(previous) = previous {
                let gap = (glyph.from - previous.to).max(previous.from - glyph.to);
                if (glyph.space_before || gap > SPACE_GAP * glyph.size) && !text.ends_with(' ') {
                    text.push(' ');
                }
                if gap > SPACE_GAP * glyph.size {
                    gaps.push((gap / glyph.size, text.len()));
                }
            }
            for c in glyph.text.chars() {
                match c.is_whitespace() {
                    true if text.is_empty() || text.ends_with(' ') => {}
                    true => text.push(' '),
                    false => text.push(c),
                }
            }
            previous = Some(glyph);
        }
        text.truncate(text.trim_end().len());
        if text.is_empty() {
            return None;
        }
        let upright = self.direction.0 > 0.98;
        let y = if upright { height - self.baseline } else { -self.baseline };
        // In a line stretched to its column's width all gaps are wide.
        let mut sorted: Vec<f64> = gaps.iter().map(|(gap, _)| *gap).collect();
        sorted.sort_by(f64::total_cmp);
        let usual = sorted.get(sorted.len() / 2).filter(|_| sorted.len() > 2).copied().unwrap_or_default();
        gaps.retain(|(gap, _)| *gap > WIDE_GAP && *gap > 2.0 * usual);
        let num_wide_gaps = gaps.len();
        let cells = gaps.into_iter().map(|(_, at)| at).collect();
        let most =
            |is: fn(&Placed) -> bool| 2 * self.glyphs.iter().filter(|glyph| is(glyph)).count() > self.glyphs.len();
        let (bold, italic) = (most(|glyph| glyph.bold), most(|glyph| glyph.italic));
        let mono = most(|glyph| glyph.mono) || self.is_monospaced();
        let (size, face) = (self.main_size(), self.main_face());
        let (left, right) = (self.from, self.to);
        Some(Line { text, left, right, y, size, bold, italic, face, mono, upright, num_wide_gaps, cells })
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

    /// The size that most letters have.
    fn main_size(&self) -> f64 {
        let mut sizes: Vec<(i64, usize)> = Vec::new();
        for glyph in &self.glyphs {
            let key = (glyph.size * 10.0).round() as i64;
            match sizes.iter_mut().find(|(size, _)| *size == key) {
                Some((_, count)) => *count += 1,
                None => sizes.push((key, 1)),
            }
        }
        sizes.into_iter().max_by_key(|(_, count)| *count).map_or(self.size, |(size, _)| size as f64 / 10.0)
    }

    /// The typeface that most letters have.
    fn main_face(&self) -> u32 {
        let mut faces: Vec<(u32, usize)> = Vec::new();
        for glyph in &self.glyphs {
            match faces.iter_mut().find(|(face, _)| *face == glyph.face) {
                Some((_, count)) => *count += 1,
                None => faces.push((glyph.face, 1)),
            }
        }
        faces.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(face, _)| face)
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

/// Whether `c` belongs to a script written from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}')
        && !matches!(c, '\u{660}'..='\u{669}' | '\u{6F0}'..='\u{6F9}')
}

/// Joins an accent and a letter that stand in the same place, whichever was drawn first.
fn join_accent(last: &mut Placed, text: &str, from: f64, to: f64) -> bool {
    let single = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    let (Some(old), Some(new)) = (single(&last.text), single(text)) else { return false };
    let within = |(a, b): (f64, f64), (c, d): (f64, f64)| (c..d).contains(&((a + b) / 2.0));
    let (letter, mark) = if let Some(mark) = combining(old)
        && new.is_alphabetic()
        && within((last.from, last.to), (from, to))
    {
        (new, mark)
    } else if let Some(mark) = combining(new)
        && old.is_alphabetic()
        && within((from, to), (last.from, last.to))
    {
        (old, mark)
    } else {
        return false;
    };
    let letter = match letter {
        'ı' => 'i',
        'ȷ' => 'j',
        letter => letter,
    };
    last.text = [letter, mark].into_iter().nfc().collect();
    (last.from, last.to) = (last.from.min(from), last.to.max(to));
    true
}

/// The combining form of an accent that was drawn as a glyph of its own.
fn combining(accent: char) -> Option<char> {
    Some(match accent {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Words at places: each letter is half as wide as the size, which is 10.
    fn page(words: &[(&str, f64, f64)]) -> Vec<String> {
        let mut glyphs = Vec::new();
        for (word, x, y) in words {
            for (index, letter) in word.chars().enumerate() {
                let x = x + 5.0 * index as f64;
                let (from, to) = ((x, *y), (x + 5.0, *y));
                let text = letter.to_string().into();
                let direction = (1.0, 0.0);
                let plain =
                    Glyph { text, from, to, direction, size: 10.0, bold: false, italic: false, face: 0, mono: false };
                glyphs.push(plain);
            }
        }
        lines(glyphs, 800.0).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn gaps_are_spaces_and_baselines_are_lines() {
        assert_eq!(page(&[("one", 0.0, 700.0), ("two", 18.0, 700.0), ("s", 33.5, 700.0)]), ["one twos"]);
        assert_eq!(page(&[("one", 0.0, 700.0), ("two", 0.0, 688.0)]), ["one", "two"]);
        assert_eq!(page(&[("x", 0.0, 700.0), ("2", 5.0, 703.5), ("y", 10.0, 700.0)]), ["x2y"]);
    }

    #[test]
    fn a_word_drawn_late_or_twice_is_read_in_its_place() {
        assert_eq!(page(&[("two", 18.0, 700.0), ("one", 0.0, 700.0)]), ["one two"]);
        assert_eq!(page(&[("bold", 0.0, 700.0), ("bold", 0.3, 700.0), ("x", 0.0, 600.0)]), ["bold", "x"]);
    }

    #[test]
    fn accents_join_their_letters() {
        assert_eq!(page(&[("caf", 0.0, 700.0), ("´", 15.0, 702.0), ("e", 15.0, 700.0)]), ["café"]);
        assert_eq!(page(&[("c", 0.0, 700.0), ("¸", 0.0, 700.0), ("a", 5.0, 700.0)]), ["ça"]);
    }

    #[test]
    fn right_to_left_lines_are_read_from_the_right() {
        assert_eq!(page(&[("םולש", 0.0, 700.0)]), ["שלום"]);
        assert_eq!(page(&[("12", 0.0, 700.0), ("םולש", 13.0, 700.0)]), ["שלום 12"]);
    }
}
