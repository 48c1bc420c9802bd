//! What a line is: text, list item, table row, code, caption, footnote.

use super::caption;
use super::clean::normalised;
use super::heading::number_and_words;
use super::measures::Measures;
use super::paragraph::ends_sentence;
use super::pdf::Line;

/// What stands between the cells of a table row.
pub(super) const CELL_BREAK: &str = " | ";
/// Letters smaller than this part of the text's size may be those of footnotes.
const SMALL: f64 = 0.93;

/// Rows of a table are no more than so many lines from each other.
const TABLE_REACH: usize = 6;
/// A row without gaps has no more words than this.
const ROW_WORDS: usize = 10;

/// What a paragraph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Running text.
    Text,
    /// An item of a list.
    Item,
    /// A row of a table, or a small label of a picture.
    Row,
    /// A line of code.
    Code,
    /// The words under or over a picture or a table.
    Caption,
    /// A note at the page's foot.
    Footnote,
}

/// What a line is by itself, and its words: the cells of a row set apart by [`CELL_BREAK`].
pub(super) fn kind_and_text(line: &Line, measures: &Measures) -> (Kind, String) {
    let text = normalised(&line.text);
    let is_label = line.size < 0.88 * measures.body_size && text.split(' ').count() <= 4 && !ends_sentence(&text);
    let is_code = line.mono && (!measures.prose_is_mono || looks_like_code(&text));
    let cells = cells(line);
    let kind = if is_code {
        Kind::Code
    } else if caption::is_caption(&text) {
        // Captions of pictures side by side are on one line.
        match cells.iter().skip(1).any(|cell| caption::is_caption(cell)) {
            true => return (Kind::Caption, cells.join("\n")),
            false => Kind::Caption,
        }
    } else if cells.len() > 1 && !(cells.len() == 2 && is_mark(&cells[0])) {
        return (Kind::Row, cells.join(CELL_BREAK));
    } else if is_item(&text) {
        Kind::Item
    } else if is_label {
        Kind::Row
    } else {
        Kind::Text
    };
    (kind, text)
}

/// Which lines of a page, though without gaps, are rows of the table in which they stand.
pub(super) fn between_rows(lines: &[&Line]) -> Vec<bool> {
    let mut found = vec![false; lines.len()];
    let mut since_row = usize::MAX;
    for (at, line) in lines.iter().enumerate() {
        let has_row_below = || lines[at..].iter().take(TABLE_REACH).any(|other| other.cells.len() > 1);
        let is_short = line.text.split(' ').count() <= ROW_WORDS && !ends_sentence(&line.text);
        if line.cells.len() > 1 && !is_stretched(lines, at) {
            since_row = 0;
        } else if since_row < TABLE_REACH && is_short && line.upright && has_row_below() {
            found[at] = true;
            since_row += 1;
        } else {
            since_row = usize::MAX;
        }
    }
    found
}

/// Whether a line of several words with one gap stands among rows; alone it is text with a gap, as where a word is to be
/// filled in.
pub(super) fn has_rows_near(lines: &[&Line], at: usize) -> bool {
    let line = lines[at];
    let is_row = |other: &Line| !other.cells.is_empty() && (other.y - line.y).abs() < 4.0 * line.size;
    line.cells.len() != 1 || line.text.split(' ').count() < 8 || near(lines, at).any(is_row)
}

/// Whether a line is running text that was stretched to the width of its column: all its words are far apart, and a line of
/// plain text beside it begins and ends where it does.
pub(super) fn is_stretched(lines: &[&Line], at: usize) -> bool {
    let line = lines[at];
    let words = line.text.split_whitespace().count();
    let plain_words = line.text.split_whitespace().filter(|word| word.starts_with(char::is_lowercase)).count();
    let fills = |other: &Line| {
        other.cells.is_empty()
            && (other.y - line.y).abs() < 2.0 * line.size
            && (other.left - line.left).abs() < line.size
            && (other.right - line.right).abs() < 0.3 * line.size
    };
    words >= 3 && line.cells.len() + 1 == words && plain_words * 2 > words && near(lines, at).any(fills)
}

/// The lines before and behind one.
fn near<'a>(lines: &'a [&Line], at: usize) -> impl Iterator<Item = &'a Line> {
    [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|index| lines.get(index).copied())
}

/// The words of a line's cells, empty ones left out.
fn cells(line: &Line) -> Vec<String> {
    let starts = || [0].into_iter().chain(line.cells.iter().copied());
    let ends = line.cells.iter().copied().chain([line.text.len()]);
    let cell = |(start, end): (usize, usize)| normalised(line.text.get(start..end).unwrap_or_default());
    starts().zip(ends).map(cell).filter(|cell| !cell.is_empty()).collect()
}

/// Whether a cell is only the number of a heading or the mark of a list item, which has a wide gap behind it.
fn is_mark(cell: &str) -> bool {
    let with_words = format!("{cell} X");
    is_item(&with_words) || !number_and_words(&with_words).0.is_empty() || caption::is_caption(cell)
}

/// Which of a page's lines are footnotes: small ones at the foot of the page or of a column, from the first that begins with
/// a mark.
pub(super) fn footnotes(lines: &[&Line], measures: &Measures) -> Vec<bool> {
    let is_small = |line: &Line| line.upright && line.size < SMALL * measures.body_size && line.cells.is_empty();
    let mut found = vec![false; lines.len()];
    let mut end = lines.len();
    while end > 0 {
        let mut start = end;
        while start > 0 && is_small(lines[start - 1]) && (start == end || lines[start - 1].y <= lines[start].y + 1.0) {
            start -= 1;
        }
        let at_foot = start < end && lines.get(end).is_none_or(|next| next.y < lines[start].y);
        let below_text = start > 0 && lines[start - 1].y < lines[start.min(end - 1)].y;
        if at_foot
            && below_text
            && let Some(first) = (start..end).find(|i| begins_note(&lines[*i].text))
        {
            found[first..end].fill(true);
        }
        end = start.min(end - 1);
    }
    found
}

/// Whether a line begins with the mark of a footnote: `1`, `*`, `†`.
pub(super) fn begins_note(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => text.trim_start_matches(['*', '†', '‡', '§', '¶', '∗']),
        _ => text[digits..].trim_start_matches([')', '.', ']']),
    };
    rest.len() < text.len()
        && digits <= 3
        && rest.trim_start().chars().next().is_some_and(|c| c.is_alphabetic() || "\"“‘«(".contains(c))
}

/// Whether a line reads like program code or a command, whatever its font.
pub(super) fn looks_like_code(text: &str) -> bool {
    let text = text.trim();
    let one_word = !text.contains(' ') && text.contains(['(', '=', '<', '{', '/']);
    let begins = ["$ ", "// ", "/*", "#!", "var ", "const ", "function ", "return ", "import ", "if (", "for ("];
    one_word
        || begins.iter().any(|beginning| text.starts_with(beginning))
        || text.ends_with([';', '{', '}'])
        || text.ends_with("},")
        || text.contains(" = ") && text.contains('(')
}

/// Whether a line begins with the mark of a list item: `•`, `–`, `3.`, `(b)`.
pub(super) fn is_item(text: &str) -> bool {
    let Some((mark, rest)) = text.split_once(' ') else { return false };
    if rest.is_empty() {
        return false;
    }
    if ["•", "◦", "▪", "■", "●", "○", "‣", "❍", "☐", "□", "–", "—", "-", "*", "∗", "►", "▶", "✓", "➢", "·"]
        .contains(&mark)
    {
        return true;
    }
    let body = mark.trim_start_matches('(').trim_end_matches([')', '.']);
    let is_number = !body.is_empty() && body.len() <= 3 && body.bytes().all(|b| b.is_ascii_digit());
    let is_letter = body.len() == 1 && body.bytes().all(|b| b.is_ascii_alphabetic());
    body.len() < mark.len() && (is_number || (is_letter && mark.ends_with(')')))
}
