//! Where sections begin: the places of the outline's entries among the paragraphs, or paragraphs that look like headings.

use super::numerals::{decimal, from_roman};
use super::paragraph::Paragraph;
use super::pdf::Bookmark;
use crate::passage::PageIndex;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A heading has no more letters than this.
const MAX_TITLE_CHARS: usize = 140;
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
    let is_short = |paragraph: &&Paragraph| paragraph.text.len() <= 4 * MAX_TITLE_CHARS;
    let keys: Vec<Option<String>> = paragraphs.iter().map(|p| Some(p).filter(is_short).map(|p| key(&p.text))).collect();
    let mut from = 0;
    for bookmark in bookmarks {
        let Some((first, num_paragraphs)) = place(bookmark, paragraphs, &keys, from) else { continue };
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
fn place(
    bookmark: &Bookmark,
    paragraphs: &[Paragraph],
    keys: &[Option<String>],
    from: usize,
) -> Option<(usize, usize)> {
    let start = paragraphs.partition_point(|paragraph| paragraph.page() < bookmark.page).max(from);
    let end = paragraphs.partition_point(|paragraph| paragraph.page() <= bookmark.page).max(start);
    let wanted = key(&bookmark.title);
    let mut best: Option<(usize, usize, usize)> = None;
    for index in (start..end).filter(|_| !wanted.is_empty()) {
        if best.is_some_and(|(num_extra, ..)| num_extra == 0) {
            break;
        }
        let mut seen = String::new();
        for (count, words) in keys[index..end].iter().take(3).enumerate() {
            let Some(words) = words else { break };
            seen.push_str(words);
            if let Some(num_extra) = extra_letters(&seen, &wanted)
                && best.is_none_or(|(least, ..)| num_extra < least)
            {
                best = Some((num_extra, index, count + 1));
            }
        }
    }
    if let Some((_, index, count)) = best {
        // The line `Chapter 3` above the title belongs to it.
        let above = index.checked_sub(1).filter(|above| *above >= start && is_chapter_mark(&paragraphs[*above].text));
        return Some((above.unwrap_or(index), count + usize::from(above.is_some())));
    }
    let below = |paragraph: &Paragraph| bookmark.top.is_none_or(|top| paragraph.y > top - 2.0);
    let by_height = (start..end).find(|index| below(&paragraphs[*index])).unwrap_or(end);
    (by_height < paragraphs.len() || by_height > from).then_some((by_height, 0))
}

/// How many letters the printed words have beside the wanted title, if they are that title but for a number or a `Chapter 3`
/// before it.
fn extra_letters(printed: &str, wanted: &str) -> Option<usize> {
    let extra = |long: &str, short: &str| Some(long.strip_suffix(short)?.chars().count()).filter(|extra| *extra <= 12);
    extra(printed, wanted).or_else(|| extra(wanted, printed).filter(|_| printed.chars().count() > 3))
}

/// A heading's own line before its words: `Chapter 3`, `Part II`, `3`.
pub(super) fn is_chapter_mark(title: &str) -> bool {
    let is_number = title.len() <= 4 && title.trim_end_matches('.').bytes().all(|b| b.is_ascii_digit());
    is_number || numbering(title) == Numbering::Chapter && title.split_whitespace().count() <= 2
}

/// The printed form of a title if it says more than the outline's: its number, or its accents.
fn printed_title(printed: &str, title: &str) -> Option<String> {
    let (number, words) = number_and_words(printed);
    let (known, _) = number_and_words(title);
    if key(words) != key(without_number(title)) {
        return None;
    }
    // Some programs write outlines without accents.
    let num_foreign = |text: &str| text.chars().filter(|c| !c.is_ascii()).count();
    let is_plain = num_foreign(title) < num_foreign(words);
    let words = if is_plain { words } else { title };
    (is_plain || (!number.is_empty() && known.is_empty())).then(|| format!("{number} {words}").trim().to_owned())
}

/// Letters and digits in lower case, without accents.
pub(super) fn key(text: &str) -> String {
    let plain = |c: char| match c {
        'đ' | 'Đ' | 'ð' | 'Ð' => 'd',
        'ł' | 'Ł' => 'l',
        'ø' | 'Ø' => 'o',
        'ı' => 'i',
        c => c,
    };
    let letters = text.nfkd().filter(|c| !is_combining_mark(*c)).map(plain).filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Splits `3.1. Title` into `3.1` and `Title`; the number is empty if there is none.
pub(super) fn number_and_words(title: &str) -> (&str, &str) {
    let Some((first, rest)) = title.trim().split_once(char::is_whitespace) else { return ("", title.trim()) };
    let number = first.trim_end_matches(['.', ')', ':']);
    let parts = || number.split('.');
    let is_number = parts().all(|part| !part.is_empty() && part.chars().count() <= 3 && decimal(part).is_some())
        || (parts().count() > 1
            && number.starts_with(|c: char| c.is_ascii_uppercase())
            && parts().skip(1).all(|part| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty())
            && parts().next().is_some_and(|part| part.len() == 1));
    if is_number { (number, rest.trim()) } else { ("", title.trim()) }
}

/// A title as people write it: `3.1 Streams`, without a full stop.
pub(super) fn tidy(title: &str) -> String {
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

/// How a title is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbering {
    None,
    /// `Chapter 3`, `Part II`.
    Chapter,
    /// `3`, `3.1`, `A.2`.
    Number {
        /// How many parts the number has.
        depth: usize,
    },
}

/// The words that stand before a chapter's number, in lower case.
const CHAPTER_WORDS: &[&str] = &[
    "chapter", "part", "unit", "appendix", "lesson", "section", "module", "book", "kapitel", "teil", "anhang",
    "abschnitt", "chapitre", "partie", "annexe", "leçon", "capítulo", "parte", "apéndice", "capitolo", "appendice",
    "hoofdstuk", "rozdział", "глава", "часть", "fejezet", "függelék", "rész", "chương", "phần", "अध्याय", "प्रकरण",
    "الفصل", "باب",
];

/// How a title is numbered.
pub(super) fn numbering(title: &str) -> Numbering {
    let (number, _) = number_and_words(title);
    if !number.is_empty() {
        return Numbering::Number { depth: number.split('.').count() };
    }
    if chapter_mark(title).is_some() { Numbering::Chapter } else { Numbering::None }
}

/// The length of the `Chapter 3:` at the head of a title.
fn chapter_mark(title: &str) -> Option<usize> {
    let title_start = title.trim_start();
    let outer = title.len() - title_start.len();
    if let Some(rest) = title_start.strip_prefix('第') {
        let end = rest.find(['章', '节', '節', '部', '篇', '课', '課', '回'])?;
        let is_number = rest[..end].trim().chars().all(|c| c.is_numeric() || "一二三四五六七八九十百".contains(c));
        return (is_number && end > 0).then(|| outer + '第'.len_utf8() + end + '章'.len_utf8());
    }
    let mut words = title_start.split_whitespace();
    let (first, second) = (words.next()?, words.next()?);
    let is_word = |word: &str| CHAPTER_WORDS.contains(&word.trim_end_matches([':', '.']).to_lowercase().as_str());
    let is_mark = is_word(first) && is_chapter_number(second)
        || is_word(second) && is_chapter_number(first) && first.ends_with(['.', 'º', 'ª']);
    let behind = title_start[first.len()..].find(second)? + first.len() + second.len();
    is_mark.then_some(outer + behind)
}

/// `3`, `IV`, `A.1`.
fn is_chapter_number(word: &str) -> bool {
    let bare = word.trim_end_matches(['.', ':', ')', 'º', 'ª']);
    let is_roman = bare.bytes().all(|b| b"IVXLC".contains(&b));
    let is_letter = bare.len() == 1 && bare.bytes().all(|b| b.is_ascii_uppercase());
    let is_number = bare.chars().count() <= 5 && bare.chars().all(|c| c.is_numeric() || c == '.');
    !bare.is_empty() && (is_roman || is_letter || is_number)
}

/// `IV`, `X.`
fn is_roman_number(word: &str) -> bool {
    let bare = word.trim_end_matches(['.', ')', ':']);
    bare.bytes().all(|b| b.is_ascii_uppercase()) && from_roman(bare).is_some()
}

/// A title's words without a number or a `Chapter 3` before them; the whole title if nothing else is left.
pub(super) fn without_number(title: &str) -> &str {
    let bare = match chapter_mark(title) {
        Some(end) => title[end..].trim_start_matches([':', '.', '-', '–', '—', ' ']),
        None => match title.split_once(' ') {
            Some((first, rest)) if is_roman_number(first) && rest.starts_with(char::is_uppercase) => rest,
            _ => number_and_words(title).1,
        },
    };
    if bare.chars().any(char::is_alphabetic) { bare } else { title }
}

#[cfg(test)]
mod tests {
    use super::super::paragraph::tests::paragraph;
    use super::*;

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
    fn numbers_and_chapter_marks_are_taken_off() {
        let cases = [
            ("Chapter 3: Force", "Force"),
            ("Appendix A Tables", "Tables"),
            ("第三章 力", "力"),
            ("A. függelék Más", "Más"),
            ("2.1 Mass", "Mass"),
            ("Part of it", "Part of it"),
            ("IV. Waves", "Waves"),
            ("Chapter 3", "Chapter 3"),
        ];
        for (title, words) in cases {
            assert_eq!(without_number(title), words);
        }
    }
}
