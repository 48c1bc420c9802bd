//! From glyphs on a page to lines of text, near the order in which the file shows them: gaps become spaces, accents join
//! their letters, letters drawn twice count once, right-to-left lines are put in reading order.

use super::content::Glyph;
use super::line::{Building, Line, Placed, SPACE_GAP, is_right_to_left};
use super::{accents, columns};

/// A glyph shifted by less than this part of the font's size is a super- or subscript of the line.
const SCRIPT_SHIFT: f64 = 0.45;
/// How far a glyph may step back and still follow the one before.
const STEP_BACK: f64 = 0.6;
/// How many lines back an exact continuation is looked for.
const LOOK_BACK: usize = 6;
/// How many lines back a glyph is looked for that is drawn a second time, to look bold or by two layers of a file.
const DRAWN_TWICE_BACK: usize = 64;
/// How many comparisons with glyphs drawn before one page is worth, against files made to exhaust.
const MAX_COMPARISONS: usize = 20_000_000;

/// The lines of a page `height` points high.
pub(super) fn lines(glyphs: Vec<Glyph>, height: f64) -> Vec<Line> {
    let mut building: Vec<Building> = Vec::new();
    let mut comparisons_left = MAX_COMPARISONS;
    for glyph in glyphs {
        add(&mut building, glyph, &mut comparisons_left);
    }
    join_neighbours(&mut building);
    columns::put_in_order(&mut building);
    building.into_iter().filter_map(|line| line.finish(height)).collect()
}

fn add(lines: &mut Vec<Building>, glyph: Glyph, comparisons_left: &mut usize) {
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
    let steps_back = place.is_none_or(|index| from < lines[index].to - 0.1 * glyph.size);
    if steps_back {
        let mut recent = lines.iter().rev().take(DRAWN_TWICE_BACK);
        if recent.any(|line| line.shows(&glyph, across, from, comparisons_left)) {
            return;
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
        // A letter under its accent may begin before it.
        let after_accent = self.glyphs.last().is_some_and(|last| accents::is_accent(&last.text));
        if from >= self.to - if after_accent { 1.0 } else { STEP_BACK } * size {
            return true;
        }
        text.chars().any(is_right_to_left) && (-0.3..1.0).contains(&((self.from - to) / size))
    }

    /// Whether the same glyph stands in the same place already.
    fn shows(&self, glyph: &Glyph, across: f64, from: f64, comparisons_left: &mut usize) -> bool {
        let near = 0.1 * glyph.size;
        if !self.is_level(glyph, across, 0.1) || !(self.from - near..=self.to + near).contains(&from) {
            return false;
        }
        let glyphs = self.glyphs.iter().rev().take(*comparisons_left);
        *comparisons_left = comparisons_left.saturating_sub(self.glyphs.len());
        glyphs.into_iter().any(|other| (other.from - from).abs() < near && other.text == glyph.text)
    }

    fn push(&mut self, glyph: &Glyph, across: f64, from: f64, to: f64) {
        let space = std::mem::take(&mut self.space);
        let is_first = self.glyphs.len() == 1;
        if let Some(last) = self.glyphs.last_mut().filter(|_| !space)
            && let Some(text) = accents::joined((&last.text, last.from, last.to), (&glyph.text, from, to), last.size)
        {
            if is_first && accents::is_accent(&last.text) {
                self.baseline = across;
            }
            *last = Placed { text, from: last.from.min(from), to: last.to.max(to), ..last.clone() };
            (self.from, self.to) = (self.from.min(from), self.to.max(to));
            return;
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
        let text = match glyph.text.contains(char::is_whitespace) {
            true => glyph.text.split_inclusive(char::is_whitespace).filter(|word| *word != " ").collect(),
            false => glyph.text.clone(),
        };
        let &Glyph { size, bold, italic, face, mono, .. } = glyph;
        self.glyphs.push(Placed { text, from, to, size, bold, italic, face, mono, space_before });
    }
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
                if letter == ' ' {
                    continue;
                }
                let (from, to) = ((x, *y), (x + 5.0, *y));
                let text = letter.to_string().into();
                glyphs.push(Glyph {
                    text,
                    from,
                    to,
                    direction: (1.0, 0.0),
                    size: 10.0,
                    bold: false,
                    italic: false,
                    face: 0,
                    mono: false,
                });
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
    fn a_line_drawn_again_and_longer_counts_once() {
        let words = [("it is", 0.0, 700.0), ("other", 0.0, 688.0), ("it is (1)", 0.3, 700.0), ("(1)", 30.0, 700.0)];
        assert_eq!(page(&words), ["it is (1)", "other"]);
        assert_eq!(page(&[("aa", 0.0, 700.0), ("aa", 0.3, 700.0)]), ["aa"]);
    }

    #[test]
    fn columns_drawn_row_by_row_are_read_one_after_the_other_and_tables_are_not() {
        let rows = |left: &'static str, right: &'static str, x: f64| -> Vec<(&'static str, f64, f64)> {
            (0..8)
                .flat_map(|row| [(left, 0.0, 700.0 - 12.0 * f64::from(row)), (right, x, 700.0 - 12.0 * f64::from(row))])
                .collect()
        };
        let (left, right) = ("words of the left column", "words on the right side");
        let found = page(&rows(left, right, 140.0));
        assert_eq!(found, [[left; 8], [right; 8]].concat());
        let mut headed = vec![("a heading that reaches over both of the columns", 0.0, 720.0)];
        headed.extend(rows(left, right, 140.0));
        assert_eq!(page(&headed)[..2], [headed[0].0, left]);
        assert_eq!(page(&rows("iron", "7.87 g", 140.0)), ["iron 7.87 g"; 8]);
    }

    #[test]
    fn a_page_drawn_from_the_foot_is_read_from_the_top() {
        let texts = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let lines: Vec<_> = (0..8).map(|row| (texts[row], 0.0, 500.0 + 12.0 * row as f64)).collect();
        assert_eq!(page(&lines), ["h", "g", "f", "e", "d", "c", "b", "a"]);
    }

    #[test]
    fn wide_gaps_are_noted_as_cells() {
        let glyphs = |words: &[(&str, f64)]| -> Vec<Glyph> {
            let glyph = |c: char, x: f64| Glyph {
                text: c.to_string().into(),
                from: (x, 700.0),
                to: (x + 5.0, 700.0),
                direction: (1.0, 0.0),
                size: 10.0,
                bold: false,
                italic: false,
                face: 0,
                mono: false,
            };
            words
                .iter()
                .flat_map(|(word, x)| (0..).zip(word.chars()).map(move |(i, c)| glyph(c, x + 5.0 * f64::from(i))))
                .collect()
        };
        let line = &lines(glyphs(&[("iron", 0.0), ("is", 23.0), ("7.87", 100.0), ("g", 160.0)]), 800.0)[0];
        assert_eq!((line.text.as_str(), line.cells.as_slice()), ("iron is 7.87 g", [8, 13].as_slice()));
    }

    #[test]
    fn accents_join_their_letters() {
        assert_eq!(page(&[("caf", 0.0, 700.0), ("´", 15.0, 702.0), ("e", 15.0, 700.0)]), ["café"]);
        assert_eq!(page(&[("c", 0.0, 700.0), ("¸", 0.0, 700.0), ("a", 5.0, 700.0)]), ["ça"]);
        assert_eq!(page(&[("in", 0.0, 700.0), ("´", 15.0, 702.8), ("Al", 13.5, 700.0)]), ["in Ál"]);
    }

    #[test]
    fn right_to_left_lines_are_read_from_the_right() {
        assert_eq!(page(&[("םולש", 0.0, 700.0)]), ["שלום"]);
        assert_eq!(page(&[("12", 0.0, 700.0), ("םולש", 13.0, 700.0)]), ["שלום 12"]);
    }
}
