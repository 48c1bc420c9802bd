//! Whether a file's outline says where its chapters are.

use super::heading::Heading;
use super::paragraph::Paragraph;
use super::pdf::Bookmark;
use std::collections::{BTreeSet, HashMap, HashSet};

/// An entry of an outline with more text than this, in bytes, is coarse.
const COARSE_BYTES: usize = 4_000;

/// Whether an outline can be used: it has two entries or more, most of them are titles, and they lead to different pages,
/// mostly forwards.
pub(super) fn is_usable(bookmarks: &[Bookmark], num_pages: usize) -> bool {
    let num = bookmarks.len();
    if num < 2 {
        return false;
    }
    let num_titles = bookmarks.iter().filter(|bookmark| !is_page_name(&bookmark.title)).count();
    let num_back = bookmarks.windows(2).filter(|pair| pair[1].page < pair[0].page).count();
    let mut entries_of_page: HashMap<u32, usize> = HashMap::new();
    for bookmark in bookmarks {
        *entries_of_page.entry(bookmark.page.0).or_default() += 1;
    }
    let most_on_a_page = entries_of_page.values().copied().max().unwrap_or(0);
    let all_on_one = num >= 4 && num_pages >= 4 && most_on_a_page * 5 >= num * 4;
    num_titles * 2 > num && num_back * 3 <= num && !all_on_one
}

/// The outline's headings, and within entries of much text the headings found by their looks that are finer than every entry.
pub(super) fn with_finer(outline: Vec<Heading>, looks: Vec<Heading>, paragraphs: &[Paragraph]) -> Vec<Heading> {
    let end_of = |heading: &Heading| heading.first + heading.num_paragraphs;
    // Headings stand in order and do not overlap.
    let mut same = BTreeSet::new();
    for entry in &outline {
        let from = looks.partition_point(|found| end_of(found) <= entry.first);
        same.extend(from..looks.partition_point(|found| found.first < end_of(entry)).max(from));
    }
    let mut levels: Vec<usize> = same.into_iter().map(|index| looks[index].level).collect();
    levels.sort_unstable();
    if levels.len() < 2 {
        return outline;
    }
    // One entry in twenty may be set like what is finer than the outline.
    let deepest = levels[(levels.len() - 1) * 19 / 20];
    let ends: Vec<usize> = outline.iter().skip(1).map(|next| next.first).chain([paragraphs.len()]).collect();
    let mut merged = Vec::with_capacity(outline.len());
    for (entry, end) in outline.into_iter().zip(ends) {
        let start = end_of(&entry).min(end);
        let num_bytes: usize = paragraphs[start..end].iter().map(|paragraph| paragraph.text.len()).sum();
        let is_finer = |found: &&Heading| end_of(found) <= end && found.level > deepest;
        let level = entry.level;
        merged.push(entry);
        if num_bytes > COARSE_BYTES {
            let (from, to) = (looks.partition_point(|h| h.first < start), looks.partition_point(|h| h.first < end));
            let finer = looks[from..to.max(from)].iter().filter(is_finer).cloned();
            merged.extend(finer.map(|found| Heading { level: level + found.level - deepest, ..found }));
        }
    }
    merged
}

/// Whether an outline speaks of another text: hardly any of its titles stand where they lead, though there are headings on
/// those pages.
pub(super) fn is_foreign(outline: &[Heading], looks: &[Heading]) -> bool {
    let num_printed = outline.iter().filter(|heading| heading.num_paragraphs > 0).count();
    let pages: HashSet<u32> = outline.iter().map(|heading| heading.page.0).collect();
    num_printed * 5 < outline.len() && looks.len() >= pages.len().max(2)
}

/// `Page 3`, `p. 3`, `3`, `Slide 4`, `scan0012.tif`: names of pages, not of what they say.
fn is_page_name(title: &str) -> bool {
    let lower = title.trim().to_lowercase();
    let is_file = [".tif", ".tiff", ".jpg", ".jpeg", ".png", ".pdf", ".doc", ".docx", ".indd"]
        .iter()
        .any(|end| lower.ends_with(end));
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_number = |word: &&str| word.chars().all(|c| c.is_numeric()) || word.bytes().all(|b| b"ivxlc".contains(&b));
    let is_word = |word: &&str| {
        ["page", "p", "pg", "seite", "página", "pagina", "slide", "folie", "sheet", "стр", "页"].contains(word)
    };
    is_file
        || words.is_empty()
        || words.iter().all(|word| is_number(word) || is_word(word)) && words.iter().any(is_number)
}

#[cfg(test)]
mod tests {
    use super::super::paragraph::tests::paragraph;
    use super::*;
    use crate::passage::PageIndex;

    #[test]
    fn outlines_of_titles_that_lead_somewhere_are_used() {
        let titles = |title: &'static str| move |page: u32| (title.to_owned(), page);
        let cases: [(Vec<(String, u32)>, bool); 6] = [
            ((0..5).map(titles("Force")).collect(), true),
            ((0..5).map(|page| (format!("Page {}", page + 1), page)).collect(), false),
            ((0..5).map(|page| (format!("scan{page:04}.tif"), page)).collect(), false),
            ((0..5).map(|_| titles("Force")(0)).collect(), false),
            ((0..6).rev().map(titles("Force")).collect(), false),
            (vec![("Force".into(), 0)], false),
        ];
        for (entries, expected) in cases {
            let entry = |(title, page): (String, u32)| Bookmark { title, level: 0, page: PageIndex(page), top: None };
            let bookmarks: Vec<Bookmark> = entries.into_iter().map(entry).collect();
            assert_eq!(is_usable(&bookmarks, 10), expected, "{bookmarks:?}");
        }
    }

    #[test]
    fn a_coarse_outline_gets_finer_headings_below_its_entries() {
        let heading = |title: &str, level, first| Heading {
            title: title.into(),
            level,
            first,
            num_paragraphs: 1,
            page: PageIndex(0),
        };
        let paragraphs = vec![paragraph(&"Words. ".repeat(500), 10.0, false); 10];
        let outline = vec![heading("One", 0, 2), heading("Two", 0, 6)];
        let looks = vec![
            heading("Small", 1, 0),
            heading("One", 0, 2),
            heading("1.1", 1, 3),
            heading("Two", 0, 6),
            heading("2.1", 1, 8),
        ];
        let merged = with_finer(outline, looks, &paragraphs);
        let found: Vec<_> = merged.iter().map(|heading| (heading.title.as_str(), heading.level)).collect();
        assert_eq!(found, [("One", 0), ("1.1", 1), ("Two", 0), ("2.1", 1)]);
    }
}
