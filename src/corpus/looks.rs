//! Headings of a book without an outline: short paragraphs set apart from the text by size, weight, typeface, number,
//! capitals or space. What a style (size, weight, typeface) is used for in the whole book decides with the single line.

use super::caption;
use super::clean::LARGER;
use super::heading::{Heading, Numbering, is_chapter_mark, number_and_words, numbering, tidy};
use super::kinds::Kind;
use super::measures::Measures;
use super::paragraph::{Paragraph, ends_sentence};
use super::section;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use unicode_normalization::char::is_combining_mark;

/// A heading has no more letters than this.
const MAX_TITLE_CHARS: usize = 140;
/// A heading has no more lines than this.
const MAX_TITLE_LINES: usize = 3;
/// A paragraph this long that ends as a sentence does is prose.
const PROSE_BYTES: usize = 200;
/// What a line must show in sum to be a heading, see [`weight`].
const MIN_WEIGHT: f64 = 3.0;
/// More paragraphs as large as a title than these are the book's chapters, not its title.
const MAX_TITLE_PARAGRAPHS: usize = 4;
/// At least this part of the paragraphs of a style must look like titles, or the style is not for headings.
const MIN_TITLES_OF_STYLE: f64 = 0.5;

/// How a paragraph is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Style {
    /// The font size in half points.
    size: i64,
    bold: bool,
    capitals: bool,
    italic: bool,
    face: u32,
}

impl Style {
    fn of(paragraph: &Paragraph) -> Self {
        let letters = || paragraph.text.chars().filter(|c| c.is_alphabetic());
        Self {
            size: (paragraph.size * 2.0).round() as i64,
            bold: paragraph.bold,
            capitals: letters().count() > 2 && letters().all(char::is_uppercase),
            italic: paragraph.italic,
            face: paragraph.face,
        }
    }
}

/// What a style is used for.
#[derive(Default)]
struct Use {
    num_paragraphs: usize,
    num_titles: usize,
}

/// The headings among the paragraphs, in order.
pub(super) fn headings(paragraphs: &[Paragraph], measures: &Measures) -> Vec<Heading> {
    let mut uses: HashMap<Style, Use> = HashMap::new();
    for paragraph in paragraphs {
        let entry = uses.entry(Style::of(paragraph)).or_default();
        entry.num_paragraphs += 1;
        entry.num_titles += usize::from(is_title_like(paragraph, measures));
    }
    let mut found: Vec<usize> = Vec::new();
    for (index, paragraph) in paragraphs.iter().enumerate() {
        let used = &uses[&Style::of(paragraph)];
        let is_for_titles = used.num_titles as f64 >= MIN_TITLES_OF_STYLE * used.num_paragraphs as f64;
        if is_title_like(paragraph, measures)
            && is_for_titles
            && weight(paragraph, paragraphs.get(index + 1), measures) >= MIN_WEIGHT
        {
            found.push(index);
        }
    }
    without_title_page(paragraphs, &mut found);
    let levels = levels(paragraphs, &found);
    let mut headings: Vec<Heading> = Vec::new();
    for (index, level) in found.into_iter().zip(levels) {
        let paragraph = &paragraphs[index];
        if let Some(last) = headings.last_mut()
            && last.first + last.num_paragraphs == index
            && last.page == paragraph.page()
            && is_chapter_mark(&last.title)
        {
            last.title = tidy(&format!("{} {}", last.title, paragraph.text));
            last.num_paragraphs += 1;
            continue;
        }
        let title = tidy(&paragraph.text);
        headings.push(Heading { title, level, first: index, num_paragraphs: 1, page: paragraph.page() });
    }
    headings
}

/// Whether a paragraph could be a title by its words.
fn is_title_like(paragraph: &Paragraph, measures: &Measures) -> bool {
    let text = paragraph.text.trim();
    let (number, words) = number_and_words(text);
    let num_chars = text.chars().count();
    let num_letters = words.chars().filter(|c| c.is_alphabetic()).count();
    let is_larger = paragraph.size > measures.body_size * LARGER;
    let is_short = num_chars <= MAX_TITLE_CHARS && paragraph.num_lines <= MAX_TITLE_LINES;
    let is_wordy = has_word(words)
        && num_letters >= 1
        && num_letters * 2 >= words.chars().count()
        && (num_letters >= 2 || !number.is_empty());
    let is_code = paragraph.kind == Kind::Code && !is_larger;
    let is_other = matches!(paragraph.kind, Kind::Row | Kind::Caption | Kind::Footnote)
        || (paragraph.kind == Kind::Item && number.is_empty());
    let ends = ends_sentence(words) && !words.ends_with(['?', '!', ':']);
    let goes_on = words.ends_with([',', ';', '-', '=']) || words.ends_with("...");
    let starts_low = words.chars().next().is_some_and(char::is_lowercase);
    is_short
        && is_wordy
        && !is_code
        && !is_other
        && !goes_on
        && !caption::is_caption(text)
        && (text.contains(' ') || !text.contains(['/', '@']))
        && (is_larger || !(ends && number.is_empty() || starts_low && number.is_empty()))
        && !text.starts_with(['•', '–', '(', '-', '○', '\\', '#', '<', '[', '{', '@', '/', '|', '=', '*'])
}

/// Whether there is a word of three letters, or of two in a script without capitals; formulas have none.
fn has_word(text: &str) -> bool {
    let is_letter = |c: char| c.is_alphabetic() || is_combining_mark(c);
    text.split(|c| !is_letter(c)).any(|word| {
        let num_chars = word.chars().count();
        num_chars > 2
            || num_chars == 2 && word.chars().all(|c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase())
    })
}

/// How much a paragraph is set apart: points for each sign.
fn weight(paragraph: &Paragraph, next: Option<&Paragraph>, measures: &Measures) -> f64 {
    let ratio = paragraph.size / measures.body_size;
    let text = paragraph.text.as_str();
    let mut weight = match ratio {
        r if r > 1.4 => 4.0,
        r if r > 1.2 => 3.0,
        r if r > LARGER => 2.5,
        r if r > 1.04 => 1.0,
        r if r < 0.93 => -2.0,
        _ => 0.0,
    };
    let sign = |is: bool, points: f64| if is { points } else { 0.0 };
    weight += sign(paragraph.bold && !measures.body_is_bold, 2.0);
    weight += sign(paragraph.face != measures.body_face && !paragraph.bold && !paragraph.italic, 0.5);
    let is_apart =
        paragraph.gap_above > 1.2 * measures.leading && paragraph.num_lines == 1 && text.chars().count() <= 60;
    weight += sign(paragraph.italic && !paragraph.bold, if is_apart { 2.0 } else { 0.5 });
    weight += sign(Style::of(paragraph).capitals, 0.5);
    weight += match numbering(text) {
        Numbering::None => 0.0,
        Numbering::Chapter => 2.0,
        Numbering::Number { depth: 1 } => 0.5,
        Numbering::Number { .. } => 1.5,
    };
    weight += sign(paragraph.gap_above > 1.4 * measures.leading, 1.0);
    weight += sign(next.is_some_and(|next| next.gap_above > 1.2 * measures.leading), 0.5);
    weight += sign(text.chars().count() > 90, -0.5) + sign(text.ends_with(':'), -1.0);
    weight += sign(ends_sentence(text) && !text.ends_with(['?', '!', ':']), -1.0);
    weight + sign(next.is_none(), -1.0)
}

/// Takes out the words of the title page: all of a first page without prose, else those larger than any heading later.
fn without_title_page(paragraphs: &[Paragraph], found: &mut Vec<usize>) {
    let Some(first) = paragraphs.first().map(Paragraph::page) else { return };
    let size = |index: &usize| Style::of(&paragraphs[*index]).size;
    let is_later = |index: &usize| paragraphs[*index].page() != first;
    let Some(largest) = found.iter().filter(|index| is_later(index)).map(size).max() else { return };
    let on_page = paragraphs.iter().take_while(|paragraph| paragraph.page() == first);
    let has_prose = on_page.into_iter().any(is_prose);
    found.retain(|index| is_later(index) || (has_prose && size(index) <= largest));
}

fn is_prose(paragraph: &Paragraph) -> bool {
    paragraph.text.len() >= PROSE_BYTES && ends_sentence(&paragraph.text)
}

/// What puts headings on one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// `1`, `1.1`, …: how many parts the number has.
    Numbered(usize),
    /// The same style.
    Styled(Style),
}

/// How prominent a group is, the most prominent first: by size, weight and capitals.
type Rank = (Reverse<i64>, Reverse<bool>, Reverse<bool>);

/// The level of each heading: numbers count their parts; styles stand in the order of their size and weight.
fn levels(paragraphs: &[Paragraph], found: &[usize]) -> Vec<usize> {
    let group = |index: &usize| match numbering(&paragraphs[*index].text) {
        Numbering::Number { depth } => Group::Numbered(depth),
        Numbering::Chapter | Numbering::None => Group::Styled(Style::of(&paragraphs[*index])),
    };
    let mut members: BTreeMap<Group, Vec<Style>> = BTreeMap::new();
    for index in found {
        members.entry(group(index)).or_default().push(Style::of(&paragraphs[*index]));
    }
    // A group is as prominent as the middle one of its members; a deeper number is no more prominent than a shallower one
    // of its size.
    let mut ranks: Vec<(Group, Rank)> = Vec::new();
    for (group, mut styles) in members {
        styles.sort_unstable();
        let middle = styles[styles.len() / 2];
        let mut rank = (Reverse(middle.size), Reverse(middle.bold), Reverse(middle.capitals));
        // Smaller ones of a shallower number are steps of a list or the like.
        if let (Group::Numbered(_), Some((Group::Numbered(_), above))) = (group, ranks.last())
            && above.0 <= rank.0
        {
            rank = rank.max(*above);
        }
        ranks.push((group, rank));
    }
    ranks.sort_by_key(|(group, rank)| (*rank, *group));
    let mut level_of: HashMap<String, usize> = HashMap::new();
    let mut level = 0;
    for (at, (group, rank)) in ranks.iter().enumerate() {
        if at > 0 {
            let (above, rank_above) = &ranks[at - 1];
            let both_numbered = matches!((group, above), (Group::Numbered(_), Group::Numbered(_)));
            level += usize::from(both_numbered || rank != rank_above);
        }
        level_of.insert(format!("{group:?}"), level);
    }
    found.iter().map(|index| level_of[&format!("{:?}", group(index))]).collect()
}

/// The largest words of the first page that has any, if they are larger than the text: the book's title.
pub(super) fn title(paragraphs: &[Paragraph], measures: &Measures) -> Option<String> {
    let page = paragraphs.first()?.page();
    let stands_out = |p: &&Paragraph| {
        let is_title = is_title_like(p, measures) && !section::is_front_matter(&p.text);
        is_title && (p.bold && !measures.body_is_bold || p.size > measures.body_size * LARGER)
    };
    let on_page = || paragraphs.iter().take_while(|p| p.page() == page).filter(stands_out);
    let bold = paragraphs.first().filter(stands_out);
    let larger = on_page().map(|p| p.size).max_by(f64::total_cmp).filter(|size| *size > measures.body_size * LARGER);
    let Some(size) = larger else { return bold.map(|first| tidy(&first.text)) };
    let num_as_large = paragraphs.iter().filter(|p| p.size > size - 0.6 && p.num_lines <= MAX_TITLE_LINES).count();
    let has_prose = paragraphs.iter().take_while(|p| p.page() == page).any(is_prose);
    if has_prose && num_as_large > MAX_TITLE_PARAGRAPHS {
        return None;
    }
    let parts = on_page().filter(|p| p.size > size - 0.6).map(|p| p.text.as_str());
    Some(tidy(&parts.collect::<Vec<_>>().join(" ")))
}

/// The name after a `by` that begins a short line of the first page.
pub(super) fn author(paragraphs: &[Paragraph]) -> Option<String> {
    const BY: &[&str] = &["by", "von", "par", "por", "di", "door"];
    let page = paragraphs.first()?.page();
    let on_page = paragraphs.iter().take_while(|paragraph| paragraph.page() == page);
    on_page.into_iter().find_map(|paragraph| {
        let (by, name) = paragraph.text.split_once(' ')?;
        let names = name.split_whitespace().filter(|word| word.len() > 3);
        let is_name = paragraph.num_lines == 1
            && (2..=8).contains(&name.split_whitespace().count())
            && names.into_iter().all(|word| word.starts_with(char::is_uppercase))
            && !ends_sentence(name);
        (is_name && BY.contains(&by.to_lowercase().as_str())).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::super::paragraph::tests::paragraph;
    use super::*;

    #[test]
    fn headings_are_found_by_their_looks() {
        let long = "A long paragraph of plain text that says something at length. ".repeat(8);
        let paragraphs = [
            paragraph("Force", 20.0, true),
            paragraph(&long, 10.0, false),
            paragraph("1.1 Inertia", 14.0, false),
            paragraph(&long, 10.0, false),
            paragraph("Why does it matter?", 10.0, true),
            paragraph(&long, 10.0, false),
        ];
        let measures = Measures::of(&[vec![&super::super::clean::tests::line(&long, 0.0, 0.0)]]);
        let found = headings(&paragraphs, &measures);
        let titles: Vec<_> = found.iter().map(|h| (h.title.as_str(), h.level)).collect();
        assert_eq!(titles, [("Force", 0), ("1.1 Inertia", 1), ("Why does it matter?", 2)]);
    }
}
