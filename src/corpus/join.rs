//! How the lines of a paragraph are joined: with a space, without one, or making a broken word whole.

use super::measures::Measures;
use super::paragraph::Paragraph;
use super::pdf::Line;
use crate::passage::PageIndex;

/// Adds a line to a paragraph.
pub(super) fn add_line(paragraph: &mut Paragraph, text: &str, page: PageIndex, measures: &Measures) {
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

/// Whether the first word of `text` would have fitted on `line`, whose column ends at `right`, so that the break there is
/// meant.
pub(super) fn had_room_for(line: &Line, right: f64, text: &str) -> bool {
    let num_chars = line.text.chars().count().max(1) as f64;
    let letter = (line.right - line.left) / num_chars;
    let word = text.split(' ').next().unwrap_or_default().chars().count() as f64;
    line.right + (word + 2.5) * letter < right
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
