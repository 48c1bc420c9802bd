//! Where sections begin: the places of the outline's entries among the paragraphs, or paragraphs that look like headings.

use super::clean::LARGER;
use super::paragraph::{Measures, Paragraph, ends_sentence};
use super::pdf::Bookmark;
use crate::passage::PageIndex;

/// A heading has no more letters than this.
const MAX_TITLE_CHARS: usize = 140;
/// How the line under a picture begins, which is no heading though it is set apart.
const CAPTIONS: &[&str] =
    &["figure", "fig.", "table", "listing", "example", "note", "source", "abb.", "tabelle", "photo"];
/// More paragraphs as large as a title than these are the book's chapters, not its title.
const MAX_TITLE_PARAGRAPHS: usize = 4;
/// How many sizes of headings are told apart.
const MAX_LEVELS: usize = 4;

/// The beginning of a section.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heading {
    /// As printed or as the outline has it.
    pub(super) title: String,
    /// From 0, the book's top level.
    pub(super) level: usize,
    /// The index of its first paragraph.
    pub(super) first: usize,
    /// How many paragraphs are the heading itself.
    pub(super) num_paragraphs: usize,
    /// Where it stands.
    pub(super) page: PageIndex,
}

/// The outline's entries, found again among the paragraphs.
pub(super) fn from_outline(bookmarks: &[Bookmark], paragraphs: &[Paragraph]) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    let mut from = 0;
    for bookmark in bookmarks {
        let Some((first, num_paragraphs)) = place(bookmark, paragraphs, from) else { continue };
        let printed = match num_paragraphs {
            1 => printed_title(&paragraphs[first].text, &bookmark.title),
            _ => None,
        };
        let title = tidy(&printed.unwrap_or_else(|| bookmark.title.clone()));
        headings.push(Heading { title, level: bookmark.level, first, num_paragraphs, page: bookmark.page });
        from = first + num_paragraphs;
    }
    headings
}

/// The paragraphs that are the heading of `bookmark`: the first of them and how many; none of them if it is not printed.
fn place(bookmark: &Bookmark, paragraphs: &[Paragraph], from: usize) -> Option<(usize, usize)> {
    let start = paragraphs.partition_point(|paragraph| paragraph.page() < bookmark.page).max(from);
    let end = paragraphs.partition_point(|paragraph| paragraph.page() <= bookmark.page).max(start);
    let wanted = key(&bookmark.title);
    for index in start..end {
        let mut seen = String::new();
        for (count, paragraph) in paragraphs[index..end].iter().take(3).enumerate() {
            if paragraph.text.len() > 4 * MAX_TITLE_CHARS {
                break;
            }
            seen.push_str(&key(&paragraph.text));
            if !wanted.is_empty() && is_title(&seen, &wanted) {
                return Some((index, count + 1));
            }
        }
    }
    let below = |paragraph: &Paragraph| bookmark.top.is_none_or(|top| paragraph.y > top - 2.0);
    let by_height = (start..end).find(|index| below(&paragraphs[*index])).unwrap_or(end);
    (by_height < paragraphs.len() || by_height > from).then_some((by_height, 0))
}

/// Whether the printed letters are the wanted title, but for a number or a `Chapter 3` before it.
fn is_title(printed: &str, wanted: &str) -> bool {
    if printed == wanted {
        return true;
    }
    let extra = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.chars().count() <= 12);
    extra(printed, wanted) || (printed.chars().count() > 3 && extra(wanted, printed))
}

/// The printed form of a title if it says more than the outline's: its number.
fn printed_title(printed: &str, title: &str) -> Option<String> {
    let (number, words) = number_and_words(printed);
    let (known, _) = number_and_words(title);
    (!number.is_empty() && known.is_empty() && key(words) == key(title)).then(|| format!("{number} {title}"))
}

/// Letters and digits in lower case.
fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Splits `3.1. Title` into `3.1` and `Title`; the number is empty if there is none.
pub(super) fn number_and_words(title: &str) -> (&str, &str) {
    let Some((first, rest)) = title.trim().split_once(char::is_whitespace) else { return ("", title.trim()) };
    let number = first.trim_end_matches(['.', ')', ':']);
    let parts = || number.split('.');
    let is_number = parts().all(|part| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()))
        || (parts().count() > 1
            && number.starts_with(|c: char| c.is_ascii_uppercase())
            && parts().skip(1).all(|part| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty())
            && parts().next().is_some_and(|part| part.len() == 1));
    if is_number { (number, rest.trim()) } else { ("", title.trim()) }
}

/// A title as people write it: `3.1 Streams`, without a full stop.
fn tidy(title: &str) -> String {
    let title = super::clean::normalised(title);
    let is_link = |word: &&str| word.trim_start_matches('(').starts_with("http") && word.contains("://");
    let title = match title.split(' ').filter(|word| !is_link(word)).collect::<Vec<_>>().join(" ") {
        bare if bare.is_empty() => title,
        bare => bare,
    };
    let (number, words) = number_and_words(&title);
    let words = words.trim_end_matches([':', '.']).trim();
    let words = if words.is_empty() { title.as_str() } else { words };
    if number.is_empty() { words.to_owned() } else { format!("{number} {words}") }
}

/// Paragraphs that look like headings: larger or bolder than the text, short, not a sentence; or numbered as `3.1 Title`.
pub(super) fn from_looks(paragraphs: &[Paragraph], measures: &Measures) -> Vec<Heading> {
    let body = measures.body_size;
    let looks: Vec<(usize, Look)> =
        (0..paragraphs.len()).filter_map(|i| look(&paragraphs[i], body).map(|found| (i, found))).collect();
    let num_letters: usize = paragraphs.iter().map(|p| p.text.len()).sum();
    let mut sizes: Vec<i64> = looks.iter().filter(|(_, l)| l.is_larger).map(|(_, l)| l.size).collect();
    sizes.sort_unstable_by_key(|size| -size);
    sizes.dedup();
    // Bold lines of the text's own size are headings only if there are not too many of them.
    let bold_count = looks.iter().filter(|(_, look)| !look.is_larger).count();
    let takes_bold = bold_count * 250 <= num_letters;
    let mut headings: Vec<Heading> = Vec::new();
    for (index, look) in looks {
        if !look.is_larger && !takes_bold {
            continue;
        }
        let paragraph = &paragraphs[index];
        let by_size = sizes.iter().position(|size| *size == look.size).unwrap_or(sizes.len()).min(MAX_LEVELS);
        let level = if look.is_larger { by_size } else { sizes.len().min(MAX_LEVELS) };
        if let Some(last) = headings.last_mut()
            && last.first + last.num_paragraphs == index
            && last.level == level
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

/// The largest words of the first page that has any, if they are larger than the text: the book's title.
pub(super) fn title(paragraphs: &[Paragraph], measures: &Measures) -> Option<String> {
    let page = paragraphs.first()?.page();
    let on_page =
        || paragraphs.iter().take_while(|p| p.page() == page).filter(|p| look(p, measures.body_size).is_some());
    let bold = paragraphs.first().filter(|first| look(first, measures.body_size).is_some());
    let larger = on_page().map(|p| p.size).max_by(f64::total_cmp).filter(|size| *size > measures.body_size * LARGER);
    let Some(size) = larger else { return bold.map(|first| tidy(&first.text)) };
    let num_as_large = paragraphs.iter().filter(|p| p.size > size - 0.6 && p.num_lines <= 3).count();
    if num_as_large > MAX_TITLE_PARAGRAPHS {
        return None;
    }
    let parts = on_page().filter(|p| p.size > size - 0.6).map(|p| p.text.as_str());
    Some(tidy(&parts.collect::<Vec<_>>().join(" ")))
}

/// A heading's own line before its words: `Chapter 3`, `Part II`.
fn is_chapter_mark(title: &str) -> bool {
    let mut words = title.split(' ');
    let (Some(_), Some(number), None) = (words.next(), words.next(), words.next()) else { return false };
    title.chars().count() <= 16 && number.chars().all(|c| c.is_ascii_digit() || "IVXLC.".contains(c))
}

/// What makes a paragraph look like a heading.
struct Look {
    /// The font size in half points.
    size: i64,
    /// Whether it is larger than the text, not only bold.
    is_larger: bool,
}

fn look(paragraph: &Paragraph, body: f64) -> Option<Look> {
    let text = paragraph.text.trim();
    let num_chars = text.chars().count();
    let num_letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if num_chars > MAX_TITLE_CHARS || num_letters < 2 || num_letters * 2 < num_chars || paragraph.num_lines > 3 {
        return None;
    }
    let is_larger = paragraph.size > body * LARGER;
    let lower = text.to_lowercase();
    if !is_larger && CAPTIONS.iter().any(|word| lower.starts_with(word)) {
        return None;
    }
    let ends = ends_sentence(text) && !text.ends_with(['?', '!', ':']);
    let first = number_and_words(text).1.chars().next().unwrap_or(' ');
    let words: Vec<&str> = text.split_whitespace().collect();
    if num_letters < 2 * words.len()
        || (!is_larger && (ends || first.is_lowercase()))
        || text.starts_with(['•', '–', '(', '-'])
    {
        return None;
    }
    let is_bold = paragraph.bold && paragraph.num_lines <= 2 && paragraph.size > body * 0.93 && num_chars <= 80;
    (is_larger || is_bold).then(|| Look { size: (paragraph.size * 2.0).round() as i64, is_larger })
}

#[cfg(test)]
mod tests {
    use super::super::paragraph::Kind;
    use super::*;

    fn paragraph(text: &str, size: f64, bold: bool) -> Paragraph {
        let starts = vec![(0, PageIndex(0))];
        Paragraph { text: text.into(), starts, kind: Kind::Text, size, bold, y: 0.0, num_lines: 1 }
    }

    #[test]
    fn numbers_are_told_from_words() {
        let cases = [
            ("3.1 Streams", ("3.1", "Streams")),
            ("3.1. Streams", ("3.1", "Streams")),
            ("2) Two", ("2", "Two")),
            ("A.2 More", ("A.2", "More")),
            ("A Book", ("", "A Book")),
            ("Plain", ("", "Plain")),
        ];
        for (title, parts) in cases {
            assert_eq!(number_and_words(title), parts, "{title}");
        }
        assert_eq!(tidy("3.1.  Streams:"), "3.1 Streams");
    }

    #[test]
    fn outline_entries_are_found_with_or_without_number() {
        let paragraphs = [
            paragraph("Chapter 1", 20.0, true),
            paragraph("Force", 20.0, true),
            paragraph("Text about force.", 10.0, false),
            paragraph("1.1 Inertia", 14.0, true),
            paragraph("Text about inertia.", 10.0, false),
        ];
        let entry = |title: &str, level| Bookmark { title: title.into(), level, page: PageIndex(0), top: None };
        let found = from_outline(&[entry("Force", 0), entry("Inertia", 1)], &paragraphs);
        let places: Vec<_> = found.iter().map(|h| (h.title.as_str(), h.level, h.first, h.num_paragraphs)).collect();
        assert_eq!(places, [("Force", 0, 0, 2), ("1.1 Inertia", 1, 3, 1)]);
    }

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
        let found = from_looks(&paragraphs, &measures);
        let titles: Vec<_> = found.iter().map(|h| (h.title.as_str(), h.level)).collect();
        assert_eq!(titles, [("Force", 0), ("1.1 Inertia", 1), ("Why does it matter?", 2)]);
    }
}
