//! Lines to paragraphs: lines of running text are joined, over page ends too, words broken at line ends are made whole;
//! headings, list items, table rows and code keep their own lines. Every paragraph knows where in it a page begins.

use super::clean::{body_size, normalised};
use super::pdf::Line;
use crate::passage::PageIndex;
use std::collections::{HashMap, HashSet};

/// What a paragraph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Running text.
    Text,
    /// An item of a list.
    Item,
    /// A row of a table, or a line of code.
    Row,
}

/// A paragraph, or a line that stands alone.
#[derive(Debug, Clone)]
pub(super) struct Paragraph {
    /// Its words.
    pub(super) text: String,
    /// Where in `text` a page begins; the first is at 0.
    pub(super) starts: Vec<(usize, PageIndex)>,
    /// What it is.
    pub(super) kind: Kind,
    /// The font size of its first line.
    pub(super) size: f64,
    /// Whether its first line is bold.
    pub(super) bold: bool,
    /// Where on its page its first line stands.
    pub(super) y: f64,
    /// Of how many lines it was made.
    pub(super) num_lines: usize,
}

impl Paragraph {
    /// The page on which it begins.
    pub(super) fn page(&self) -> PageIndex {
        self.starts[0].1
    }
}

/// What the lines of a book have in common.
pub(super) struct Measures {
    /// The font size of most letters.
    pub(super) body_size: f64,
    /// The distance of most lines, as a multiple of the font size.
    leading: f64,
    /// Whether the book sets its prose in a monospaced font too, so that such a font does not tell code.
    prose_is_mono: bool,
    /// Words seen whole, in lower case, hyphenated ones included.
    words: HashSet<String>,
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
        Self { body_size, leading, prose_is_mono: letters(true) > letters(false), words }
    }
}

/// The paragraphs of a book in order, given the text lines of each of its pages.
pub(super) fn paragraphs(pages: &[Vec<&Line>], measures: &Measures) -> Vec<Paragraph> {
    let mut found: Vec<Paragraph> = Vec::new();
    let mut previous: Option<Previous> = None;
    for (page, lines) in (0..).map(PageIndex).zip(pages) {
        for line in lines {
            let text = normalised(&line.text);
            if !text.contains(char::is_alphanumeric) && text.chars().count() < 3 {
                continue;
            }
            let kind = kind_of(line, &text, measures);
            let goes_on = match (&previous, found.last()) {
                (Some(before), Some(last)) => before.goes_on(line, &text, kind, page, last, measures),
                _ => false,
            };
            match found.last_mut().filter(|_| goes_on) {
                Some(last) => join(last, &text, page, measures),
                None => found.push(Paragraph {
                    starts: vec![(0, page)],
                    kind,
                    size: line.size,
                    bold: line.bold,
                    y: line.y,
                    num_lines: 1,
                    text,
                }),
            }
            previous = Some(Previous { line: (*line).clone(), page, right: column_right(line, lines) });
        }
    }
    found
}

/// The line before, with the right edge of its column.
struct Previous {
    line: Line,
    page: PageIndex,
    right: f64,
}

impl Previous {
    /// Whether `line` belongs to the paragraph that the line before belongs to.
    fn goes_on(
        &self,
        line: &Line,
        text: &str,
        kind: Kind,
        page: PageIndex,
        last: &Paragraph,
        measures: &Measures,
    ) -> bool {
        let (before, size) = (&self.line, self.line.size.max(line.size));
        let same_style = (before.size - line.size).abs() < 0.6 && before.upright == line.upright;
        let is_heading = |line: &Line| line.size > measures.body_size * 1.1;
        if !same_style || kind == Kind::Row || last.kind == Kind::Row {
            return false;
        }
        let ended = ends_sentence(&last.text);
        let starts_low = text.chars().next().is_some_and(char::is_lowercase);
        let step = line.y - before.y;
        if page != self.page || step < -0.5 * size {
            // Another page or column: a sentence that is not at its end goes on there.
            let open = starts_low || (!ended && (kind == Kind::Text || !self.had_room_for(text)));
            return open && !is_heading(line) && before.bold == line.bold;
        }
        if step > (measures.leading + 0.35) * size {
            return false;
        }
        if is_heading(line) {
            return step < 1.5 * measures.leading * size;
        }
        if before.bold != line.bold && !starts_low && !(last.text.ends_with(',') || last.text.ends_with('-')) {
            return last.num_lines > 1 && !ended;
        }
        if kind == Kind::Item && (ended || last.kind == Kind::Item || self.had_room_for(text)) {
            return false;
        }
        if starts_low {
            return true;
        }
        let indented = line.left - before.left > 0.8 * size && last.kind == Kind::Text && last.num_lines > 1;
        let outdented = last.kind == Kind::Item && last.num_lines > 1 && before.left - line.left > 0.8 * size;
        !((ended && (indented || self.had_room_for(text)))
            || outdented
            || (self.had_room_for(text) && last.num_lines == 1 && line.bold))
    }

    /// Whether the first word of `text` would have fitted on the line, so that the break there is meant.
    fn had_room_for(&self, text: &str) -> bool {
        let num_chars = self.line.text.chars().count().max(1) as f64;
        let letter = (self.line.right - self.line.left) / num_chars;
        let word = text.split(' ').next().unwrap_or_default().chars().count() as f64;
        self.line.right + (word + 2.5) * letter < self.right
    }
}

/// The right edge of the column in which `line` stands.
fn column_right(line: &Line, lines: &[&Line]) -> f64 {
    let same_column = |other: &&&Line| {
        (other.left - line.left).abs() < 4.0 * line.size
            && (other.size - line.size).abs() < 0.6
            && other.cells.is_empty()
    };
    lines.iter().take(400).filter(same_column).map(|other| other.right).fold(line.right, f64::max)
}

fn kind_of(line: &Line, text: &str, measures: &Measures) -> Kind {
    let is_label = line.size < 0.88 * measures.body_size && text.split(' ').count() <= 4 && !ends_sentence(text);
    let is_code = line.mono && (!measures.prose_is_mono || looks_like_code(text));
    if is_code || !line.cells.is_empty() || is_label {
        Kind::Row
    } else if is_item(text) {
        Kind::Item
    } else {
        Kind::Text
    }
}

/// Whether a line reads like program code or a command, whatever its font.
fn looks_like_code(text: &str) -> bool {
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
fn is_item(text: &str) -> bool {
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
    let is_number = !body.is_empty() && body.len() <= 2 && body.bytes().all(|b| b.is_ascii_digit());
    let is_letter = body.len() == 1 && body.bytes().all(|b| b.is_ascii_alphabetic());
    body.len() < mark.len() && (is_number || (is_letter && mark.ends_with(')')))
}

/// Whether a text ends as a sentence does.
pub(super) fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches(['"', '”', '’', '\'', ')', ']', '»', '*']);
    bare.ends_with(['.', '!', '?', ':', ';', '…', '。', '！', '？', '।', '။', '؟'])
}

/// Adds a line to a paragraph.
fn join(paragraph: &mut Paragraph, text: &str, page: PageIndex, measures: &Measures) {
    let old = &mut paragraph.text;
    let soft = line_end_is_soft(old, text, measures);
    if soft {
        old.pop();
    } else if needs_space(old, text) {
        old.push(' ');
    }
    if paragraph.starts.last().is_some_and(|(_, last)| *last != page) {
        paragraph.starts.push((old.len(), page));
    }
    old.push_str(text);
    paragraph.num_lines += 1;
}

/// Whether the hyphen at the end of `before` only broke a word.
fn line_end_is_soft(before: &str, after: &str, measures: &Measures) -> bool {
    let Some(stem) = before.strip_suffix('-') else { return false };
    let letters = |word: &str| word.chars().all(char::is_alphabetic) && !word.is_empty();
    let head = stem.rsplit(|c: char| !(c.is_alphanumeric() || c == '-')).next().unwrap_or_default();
    let tail = after.split(|c: char| !(c.is_alphanumeric() || c == '-')).next().unwrap_or_default();
    let low = tail.chars().next().is_some_and(char::is_lowercase);
    if !low || !letters(head.rsplit('-').next().unwrap_or_default()) {
        return false;
    }
    let seen = |word: String| measures.words.contains(&word.to_lowercase());
    if seen(format!("{head}{tail}")) {
        return true;
    }
    if seen(format!("{head}-{tail}")) {
        return false;
    }
    // A word of two known words is a compound with its own hyphen: `well-known`.
    let prefixes = ["non", "self", "well", "half", "high", "low", "long", "short", "all", "cross", "ex", "so"];
    !prefixes.contains(&head.to_lowercase().as_str()) && !head.contains('-')
}

/// Scripts that are written without spaces need none where lines join; nor does a word after a hyphen or slash.
fn needs_space(before: &str, after: &str) -> bool {
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else { return false };
    let dash = matches!(last, '-' | '/') && before.chars().rev().nth(1).is_some_and(char::is_alphanumeric);
    !(dash || (is_spaceless(last) && is_spaceless(first)))
}

/// Whether `c` belongs to a script that puts no spaces between words.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{2E80}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::super::clean::tests::line;
    use super::*;

    /// The paragraphs of pages whose lines stand 12 points apart; `_` at a line's head is a gap above, `>` an indent.
    fn check(pages: &[&[&str]], expected: &[&str]) {
        let place = |lines: &&[&str]| {
            let mut y = 100.0;
            let mut placed = Vec::new();
            for text in *lines {
                y += if text.starts_with('_') { 24.0 } else { 12.0 };
                let left = if text.starts_with('>') { 20.0 } else { 0.0 };
                placed.push(line(text.trim_start_matches(['_', '>']), left, y));
            }
            placed
        };
        let pages: Vec<Vec<Line>> = pages.iter().map(place).collect();
        let pages: Vec<Vec<&Line>> = pages.iter().map(|page| page.iter().collect()).collect();
        let found = paragraphs(&pages, &Measures::of(&pages));
        let texts: Vec<&str> = found.iter().map(|paragraph| paragraph.text.as_str()).collect();
        assert_eq!(texts, expected);
        for paragraph in found {
            assert_eq!(paragraph.starts[0].0, 0);
            assert!(paragraph.starts.iter().all(|(offset, _)| paragraph.text.is_char_boundary(*offset)));
        }
    }

    #[test]
    fn a_book_all_in_a_monospaced_font_still_has_paragraphs() {
        let texts =
            ["Streams hand over data by", "calling pipe when it is there.", "var rs = new Readable;", "rs.push(null);"];
        let lines: Vec<Line> = (0..)
            .zip(texts)
            .map(|(i, text)| Line { mono: true, ..line(text, 0.0, 100.0 + 12.0 * f64::from(i)) })
            .collect();
        let pages = vec![lines.iter().collect::<Vec<&Line>>()];
        let found = paragraphs(&pages, &Measures::of(&pages));
        let found: Vec<&str> = found.iter().map(|paragraph| paragraph.text.as_str()).collect();
        assert_eq!(found, ["Streams hand over data by calling pipe when it is there.", texts[2], texts[3]]);
    }

    #[test]
    fn lines_join_and_broken_words_become_whole() {
        check(
            &[&["This is some infor-", "mation about a well-", "known thing."]],
            &["This is some information about a well-known thing."],
        );
    }

    #[test]
    fn gaps_and_list_marks_begin_paragraphs() {
        check(
            &[&["The first paragraph stands", "on these two lines.", "_The second stands", "below it."]],
            &["The first paragraph stands on these two lines.", "The second stands below it."],
        );
        let list = ["What to bring to the lesson:", "• a pencil that is sharp", "• a sheet of plain paper"];
        check(&[&list], &list);
    }

    #[test]
    fn a_sentence_goes_on_over_a_page_end_and_knows_where() {
        let pages = [vec![line("The force that acts on", 0.0, 100.0)], vec![line("a body moves it.", 0.0, 50.0)]];
        let pages: Vec<Vec<&Line>> = pages.iter().map(|page| page.iter().collect()).collect();
        let found = paragraphs(&pages, &Measures::of(&pages));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, "The force that acts on a body moves it.");
        assert_eq!(found[0].starts, [(0, PageIndex(0)), (23, PageIndex(1))]);
    }

    #[test]
    fn scripts_without_spaces_join_without_one() {
        check(&[&["これは長い文の", "続きです。"]], &["これは長い文の続きです。"]);
    }
}
