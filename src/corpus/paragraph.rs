//! Lines to paragraphs: lines of running text are joined, over page ends too, words broken at line ends are made whole;
//! headings, list items, table rows and code keep their own lines. Every paragraph knows where in it a page begins.

use super::clean::normalised;
use super::heading::number_and_words;
use super::join::{add_line, had_room_for};
use super::kinds::{self, Kind};
use super::measures::Measures;
use super::pdf::Line;
use crate::passage::PageIndex;

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
    /// Whether its first line is italic.
    pub(super) italic: bool,
    /// The typeface of its first line.
    pub(super) face: u32,
    /// How far its first line stands below the line before, as a multiple of its font size; infinite at a page's top.
    pub(super) gap_above: f64,
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

/// The paragraphs of a book in order, given the text lines of each of its pages.
pub(super) fn paragraphs(pages: &[Vec<&Line>], measures: &Measures) -> Vec<Paragraph> {
    let mut builder = Builder { measures, found: Vec::new(), previous: None, open: None };
    for (page, lines) in (0..).map(PageIndex).zip(pages) {
        let footnotes = kinds::footnotes(lines, measures);
        let in_table = kinds::between_rows(lines);
        let num_turned = lines.iter().filter(|line| !line.upright).count();
        for ((at, line), is_note) in lines.iter().enumerate().zip(footnotes) {
            let (mut kind, mut text) = kinds::kind_and_text(line, measures);
            if kind == Kind::Row && (!kinds::has_rows_near(lines, at) || kinds::is_stretched(lines, at)) {
                (kind, text) = (Kind::Text, normalised(&line.text));
            }
            if !text.contains(char::is_alphanumeric) && text.chars().count() < 3 {
                continue;
            }
            let is_turned = !line.upright && num_turned * 2 < lines.len();
            if is_turned || (in_table[at] && kind == Kind::Text && number_and_words(&text).0.is_empty()) {
                kind = Kind::Row;
            }
            if is_note {
                kind = Kind::Footnote;
            }
            builder.add(Read { line, page, right: column_right(line, lines), kind, text });
        }
    }
    builder.found
}

/// A line with what is known of it.
struct Read<'a> {
    line: &'a Line,
    page: PageIndex,
    /// The right edge of its column.
    right: f64,
    kind: Kind,
    text: String,
}

/// Paragraphs so far.
struct Builder<'a> {
    measures: &'a Measures,
    found: Vec<Paragraph>,
    /// The line before.
    previous: Option<Read<'a>>,
    /// The last line of running text and its paragraph, if only captions, rows and footnotes came after it.
    open: Option<(Read<'a>, usize)>,
}

impl<'a> Builder<'a> {
    fn add(&mut self, mut read: Read<'a>) {
        let last = self.found.len().wrapping_sub(1);
        let mut place = None;
        if let (Some(before), Some(paragraph)) = (&self.previous, self.found.last()) {
            if self.is_cut_caption(before, paragraph, &read) {
                read.kind = Kind::Text;
            }
            place = self.goes_on(before, paragraph, &read).then_some(last);
        }
        if place.is_none()
            && let Some((before, index)) = &self.open
        {
            place = self.is_resumed(before, &self.found[*index], &read).then_some(*index);
        }
        match place {
            Some(index) => add_line(&mut self.found[index], &read.text, read.page, self.measures),
            None => self.begin(&read),
        }
        let index = place.unwrap_or(self.found.len() - 1);
        let kind = self.found[index].kind;
        if matches!(kind, Kind::Text | Kind::Item) {
            let Read { line, page, right, kind, ref text } = read;
            self.open = Some((Read { line, page, right, kind, text: text.clone() }, index));
        } else if kind == Kind::Code {
            self.open = None;
        }
        self.previous = Some(read);
    }

    fn begin(&mut self, read: &Read) {
        let gap = match &self.previous {
            Some(before) if before.page == read.page => (read.line.y - before.line.y) / read.line.size.max(1.0),
            _ => f64::INFINITY,
        };
        self.found.push(Paragraph {
            text: read.text.clone(),
            starts: vec![(0, read.page)],
            kind: read.kind,
            size: read.line.size,
            bold: read.line.bold,
            italic: read.line.italic,
            face: read.line.face,
            // Higher up than the line before: the top of another column.
            gap_above: if gap < 0.0 { f64::INFINITY } else { gap },
            y: read.line.y,
            num_lines: 1,
        });
    }

    /// Whether what looks like a caption is the middle of a sentence: `as shown in` / `Table 3. It`.
    fn is_cut_caption(&self, before: &Read, last: &Paragraph, read: &Read) -> bool {
        let step = read.line.y - before.line.y;
        read.kind == Kind::Caption
            && last.kind == Kind::Text
            && (before.line.size - read.line.size).abs() < 0.3
            && before.line.face == read.line.face
            && (0.0..(self.measures.leading + 0.1) * read.line.size).contains(&step)
            && !ends_sentence(&last.text)
            && !had_room_for(before.line, before.right, &read.text)
    }

    /// Whether a line goes on with the sentence that captions, rows or footnotes interrupted.
    fn is_resumed(&self, before: &Read, last: &Paragraph, read: &Read) -> bool {
        let (old, line) = (before.line, read.line);
        let is_float = |paragraph: &Paragraph| matches!(paragraph.kind, Kind::Caption | Kind::Row | Kind::Footnote);
        let index = self.open.as_ref().map_or(0, |(_, index)| *index);
        let only_floats = || self.found.len() > index + 1 && self.found[index + 1..].iter().all(is_float);
        let same_style = (old.size - line.size).abs() < 0.3 && old.upright == line.upright && old.bold == line.bold;
        let is_next_page = read.page.0 <= before.page.0 + 1;
        let starts_low = read.text.chars().next().is_some_and(char::is_lowercase);
        let is_full = !had_room_for(old, before.right, &read.text);
        read.kind == Kind::Text
            && same_style
            && is_next_page
            && !ends_sentence(&last.text)
            && last.num_lines > 1
            && old.text.split(' ').count() > 3
            && is_full
            && starts_low
            && only_floats()
    }

    /// Whether a line belongs to the paragraph that the line before belongs to.
    fn goes_on(&self, before: &Read, last: &Paragraph, read: &Read) -> bool {
        let measures = self.measures;
        let (old, line, text, kind) = (before.line, read.line, read.text.as_str(), read.kind);
        let size = old.size.max(line.size);
        let same_style = (old.size - line.size).abs() < 0.6 && old.upright == line.upright;
        let stands_alone = |kind: Kind| matches!(kind, Kind::Row | Kind::Code);
        let is_note = |kind: Kind| kind == Kind::Footnote;
        if !same_style || stands_alone(kind) || stands_alone(last.kind) || kind == Kind::Caption {
            return false;
        }
        if is_note(kind) || is_note(last.kind) {
            return is_note(kind) && is_note(last.kind) && !kinds::begins_note(text) && read.page == before.page;
        }
        let differs = old.bold != line.bold || old.italic != line.italic;
        let is_heading = |line: &Line| line.size > measures.body_size * 1.1;
        let ended = ends_sentence(&last.text);
        let had_room = had_room_for(old, before.right, text);
        let starts_low = text.chars().next().is_some_and(char::is_lowercase);
        let step = line.y - old.y;
        if read.page != before.page || step < -0.5 * size {
            // Another page or column: a sentence that is not at its end goes on there.
            let open = starts_low || (!ended && (kind == Kind::Text || (last.kind != Kind::Item && !had_room)));
            return open && last.kind != Kind::Caption && !is_heading(line) && !differs;
        }
        if step > (measures.leading + 0.35) * size {
            return false;
        }
        if is_heading(line) {
            return step < 1.5 * measures.leading * size;
        }
        if differs && !starts_low && !(last.text.ends_with(',') || last.text.ends_with('-')) {
            return last.num_lines > 1 && !ended;
        }
        if kind == Kind::Item && (ended || last.kind == Kind::Item || had_room) {
            return false;
        }
        if starts_low {
            return true;
        }
        let indented = line.left - old.left > 0.8 * size && last.kind == Kind::Text && last.num_lines > 1;
        let outdented = last.kind == Kind::Item && last.num_lines > 1 && old.left - line.left > 0.8 * size;
        !((ended && (indented || had_room)) || outdented || (had_room && last.num_lines == 1 && line.bold))
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

/// Whether a text ends as a sentence does.
pub(super) fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches(['"', '”', '’', '\'', ')', ']', '»', '*']);
    bare.ends_with(['.', '!', '?', ':', ';', '…', '。', '！', '？', '।', '။', '؟'])
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::clean::tests::line;
    use super::*;

    /// A paragraph of one plain line on the first page.
    pub(in crate::corpus) fn paragraph(text: &str, size: f64, bold: bool) -> Paragraph {
        let starts = vec![(0, PageIndex(0))];
        let text = text.to_owned();
        let kind = Kind::Text;
        Paragraph { text, starts, kind, size, bold, italic: false, face: 0, gap_above: 2.0, y: 0.0, num_lines: 1 }
    }

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

    /// The kinds and texts of the paragraphs of one page.
    fn kinds_of(lines: &[Line]) -> Vec<(Kind, String)> {
        let pages = vec![lines.iter().collect::<Vec<&Line>>()];
        let found = paragraphs(&pages, &Measures::of(&pages));
        found.into_iter().map(|paragraph| (paragraph.kind, paragraph.text)).collect()
    }

    #[test]
    fn captions_tables_and_footnotes_do_not_cut_sentences() {
        let row = |text: &str, y: f64| Line {
            cells: text.match_indices('#').map(|(at, _)| at).collect(),
            text: text.replace('#', ""),
            ..line(text, 0.0, y)
        };
        let lines = [
            line("A force acts on every body near the earth, as was", 0.0, 100.0),
            line("seen in the first chapter, and it moves the body on", 0.0, 112.0),
            Line { size: 9.0, ..line("Figure 3: A falling body.", 0.0, 150.0) },
            row("body #mass", 180.0),
            row("moon #small", 192.0),
            line("its way down.", 0.0, 220.0),
            Line { size: 7.0, ..line("1 Here always without", 0.0, 700.0) },
            Line { size: 7.0, ..line("friction of the air.", 0.0, 708.0) },
        ];
        let text = "A force acts on every body near the earth, as was seen in the first chapter, and it moves the body on \
                    its way down.";
        let expected = [
            (Kind::Text, text),
            (Kind::Caption, "Figure 3: A falling body."),
            (Kind::Row, "body | mass"),
            (Kind::Row, "moon | small"),
            (Kind::Footnote, "1 Here always without friction of the air."),
        ];
        assert_eq!(kinds_of(&lines), expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[test]
    fn a_line_that_was_stretched_is_no_row() {
        let stretched = "hormones #such #as #testosterone #seem #to #be";
        let stretched = Line {
            cells: stretched.match_indices('#').enumerate().map(|(n, (at, _))| at - n).collect(),
            right: line("onset coincides with puberty. By contrast, male", 0.0, 0.0).right,
            ..line(&stretched.replace('#', ""), 0.0, 112.0)
        };
        let mut lines = [
            line("onset coincides with puberty. By contrast, male", 0.0, 100.0),
            stretched,
            line("known to change it.", 0.0, 124.0),
        ];
        let text = "onset coincides with puberty. By contrast, male hormones such as testosterone seem to be known to change it.";
        assert_eq!(kinds_of(&lines), [(Kind::Text, text.to_owned())]);
        // One that ends elsewhere is a row.
        lines[1].right += 50.0;
        assert_eq!(kinds_of(&lines)[1].0, Kind::Row);
    }

    #[test]
    fn answers_and_the_next_question_are_items_of_their_own() {
        let lines = [
            line("111. What is the least speed of the cart", 0.0, 100.0),
            line("○ it is the root of a product that goes to the end", 20.0, 112.0),
            line("○ it is less than the root of a product by far", 20.0, 124.0),
            line("112. What is the angle of the road?", 0.0, 136.0),
        ];
        let found = kinds_of(&lines);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found.iter().all(|(kind, _)| *kind == Kind::Item));
    }

    #[test]
    fn scripts_without_spaces_join_without_one() {
        check(&[&["これは長い文の", "続きです。"]], &["これは長い文の続きです。"]);
    }
}
