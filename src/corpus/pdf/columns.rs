//! The order of lines where the file shows them in no order to read: columns drawn row by row across the page, and pages
//! drawn from the foot up. Elsewhere the file's own order is the best there is and stays.

use super::line::Building;

/// A gap wider than this many font sizes may be the one between two columns.
const GUTTER: f64 = 1.0;
/// A column has at least so many lines.
const MIN_LINES: usize = 6;
/// The lines of a column have at least so many letters on average: those of a table's cells have fewer.
const MIN_LETTERS: usize = 18;
/// How many columns a page may be cut into.
const MAX_CUTS: usize = 5;
/// A page with more parts of lines, or more places where they begin, than this is no page of columns.
const MAX_PARTS: usize = 4_000;
const MAX_STARTS: usize = 600;

/// Brings lines into reading order.
pub(super) fn put_in_order(lines: &mut Vec<Building>) {
    if is_bottom_up(lines) {
        lines.sort_by(|a, b| b.baseline.total_cmp(&a.baseline));
    }
    for _ in 0..MAX_CUTS {
        let Some(x) = interleaved_gutter(lines) else { return };
        cut(lines, x);
    }
}

fn is_upright(line: &Building) -> bool {
    line.direction.0 > 0.98
}

/// Whether nearly every line stands just above the one before it.
fn is_bottom_up(lines: &[Building]) -> bool {
    let (mut up, mut down) = (0, 0);
    for pair in lines.windows(2).filter(|pair| pair.iter().all(is_upright)) {
        let step = (pair[1].baseline - pair[0].baseline) / pair[0].size.max(pair[1].size);
        let overlap = pair[0].to.min(pair[1].to) - pair[0].from.max(pair[1].from);
        match step {
            _ if overlap <= 0.0 => {}
            0.5..4.0 => up += 1,
            -4.0..-0.5 => down += 1,
            _ => {}
        }
    }
    up >= MIN_LINES && up > 4 * down
}

/// A part of a line without wide gaps.
struct Segment {
    from: f64,
    to: f64,
    num_letters: usize,
}

fn segments(line: &Building) -> Vec<Segment> {
    let mut glyphs: Vec<(f64, f64)> = line.glyphs.iter().map(|glyph| (glyph.from, glyph.to)).collect();
    glyphs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut found: Vec<Segment> = Vec::new();
    for (from, to) in glyphs {
        match found.last_mut().filter(|last| from - last.to < GUTTER * line.size) {
            Some(last) => {
                last.to = last.to.max(to);
                last.num_letters += 1;
            }
            None => found.push(Segment { from, to, num_letters: 1 }),
        }
    }
    found
}

/// The place between two columns of running text that the file shows by turns, if there is one.
fn interleaved_gutter(lines: &[Building]) -> Option<f64> {
    if lines.len() < MIN_LINES {
        return None;
    }
    let parts: Vec<Segment> = lines.iter().filter(|line| is_upright(line)).flat_map(segments).collect();
    if !(2 * MIN_LINES..MAX_PARTS).contains(&parts.len()) {
        return None;
    }
    let mut starts: Vec<f64> = parts.iter().map(|part| part.from).collect();
    starts.sort_by(f64::total_cmp);
    starts.dedup_by(|b, a| *b - *a < 2.0);
    starts.into_iter().take(MAX_STARTS).skip(1).map(|start| start - 1.0).find(|x| parts_two_columns(&parts, *x))
}

/// Whether `x` lies between two columns of prose that are shown by turns.
fn parts_two_columns(parts: &[Segment], x: f64) -> bool {
    let (mut left, mut right): (Vec<&Segment>, Vec<&Segment>) = (Vec::new(), Vec::new());
    let (mut num_turns, mut num_across) = (0, 0);
    let mut side = None;
    for part in parts {
        if part.from < x && part.to > x {
            num_across += 1;
            side = None;
            continue;
        }
        let is_left = part.to <= x;
        num_turns += usize::from(side == Some(!is_left));
        side = Some(is_left);
        if is_left { left.push(part) } else { right.push(part) }
    }
    let num_sided = left.len() + right.len();
    num_turns >= MIN_LINES
        && 10 * num_turns > 4 * num_sided
        && 5 * num_across <= num_sided
        && is_prose(&left)
        && is_prose(&right)
}

/// Whether these are the lines of a column of running text: enough of them, long, and most as wide as the column.
fn is_prose(parts: &[&Segment]) -> bool {
    let letters: usize = parts.iter().map(|part| part.num_letters).sum();
    if parts.len() < MIN_LINES || letters < MIN_LETTERS * parts.len() {
        return false;
    }
    let widest = parts.iter().map(|part| part.to - part.from).fold(0.0, f64::max);
    let num_full = parts.iter().filter(|part| part.to - part.from > 0.8 * widest).count();
    10 * num_full >= 6 * parts.len()
}

/// Puts what stands left of `x` before what stands right of it, between any two lines that reach across.
fn cut(lines: &mut Vec<Building>, x: f64) {
    let mut ordered = Vec::with_capacity(lines.len() + 8);
    let mut later = Vec::new();
    for line in lines.drain(..) {
        if !is_upright(&line) || line.to <= x {
            ordered.push(line);
        } else if line.from >= x {
            later.push(line);
        } else {
            let across = segments(&line).iter().any(|part| part.from < x && part.to > x);
            match if across { Err(line) } else { line.split(x) } {
                Ok((left, right)) => {
                    ordered.push(left);
                    later.push(right);
                }
                Err(line) => {
                    ordered.append(&mut later);
                    ordered.push(line);
                }
            }
        }
    }
    ordered.append(&mut later);
    *lines = ordered;
}
