//! Whether a file's outline says where its chapters are.

use super::pdf::Bookmark;
use std::collections::HashMap;

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
