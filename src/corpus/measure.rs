//! How well headings are found without an outline: against the outlines of books that have one.

use super::heading::{self, Heading};
use super::measures::Measures;
use super::outline_use;
use super::paragraph;
use super::pdf::{Bookmark, Line};
use super::{CorpusError, ReadOptions, clean, looks};
use crate::passage::PageIndex;
use std::collections::BTreeMap;
use std::path::Path;

/// A level of an outline with fewer than one in this many entries is an exception, not a level that the outline covers.
const RARE_LEVEL: usize = 20;

/// Headings found by their looks, against the entries of the same book's outline.
///
/// An entry and a heading match if they stand on the same page or on neighbouring ones and their titles are equal in
/// letters and digits: case, accents, white space, punctuation, and a number or a `Chapter 3` before the title do not
/// count. Each heading matches one entry at most. An outline of two levels says nothing about what lies below them: a
/// heading that matches nothing is counted as wrong only if it stands on a level, of ours, on which entries of the outline
/// are mostly found, or above one; those below are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadingScore {
    /// How many entries of the outline have their words in the text of their page or a neighbouring one. Where few have,
    /// the text of the book is not what it shows (its fonts say the wrong letters), and titles cannot be compared.
    pub num_printed: usize,
    /// How many entries of the outline and headings found match.
    pub num_matched: usize,
    /// Entries that no heading matches.
    pub missed: Vec<HeadingPlace>,
    /// Headings that match no entry.
    pub extra: Vec<HeadingPlace>,
}

/// Where a heading stands.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadingPlace {
    /// Its words.
    pub title: String,
    /// Its depth, from 0.
    pub level: usize,
    /// Its page.
    pub page: PageIndex,
}

impl HeadingScore {
    /// The part of the headings found that the outline has too; 1 if none were found.
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.num_matched, self.num_matched + self.extra.len())
    }

    /// The part of the outline's entries that were found.
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.num_matched, self.num_matched + self.missed.len())
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Reads a book as if it had no outline and compares the headings found with the outline; nothing if it has no usable one.
///
/// # Errors
/// As [`super::read`].
pub fn headings_against_outline(path: &Path, options: &ReadOptions) -> Result<Option<HeadingScore>, CorpusError> {
    let raw = super::raw_book(&super::file_bytes(path, options)?, path, options)?;
    if !outline_use::is_usable(&raw.bookmarks, raw.pages.len()) {
        return Ok(None);
    }
    let lines = clean::clean(&raw.pages).bodies;
    let measures = Measures::of(&lines);
    let paragraphs = paragraph::paragraphs(&lines, &measures);
    let texts: Vec<String> = raw.pages.iter().map(|page| letters_of_lines(&page.lines)).collect();
    let is_printed = |entry: &&Bookmark| {
        let page = entry.page.0 as usize;
        let wanted = key(&entry.title);
        texts.iter().take(page + 2).skip(page.saturating_sub(1)).any(|text| text.contains(&wanted))
    };
    let num_printed = raw.bookmarks.iter().filter(is_printed).count();
    Ok(Some(HeadingScore { num_printed, ..score(&raw.bookmarks, &looks::headings(&paragraphs, &measures)) }))
}

fn letters_of_lines(lines: &[Line]) -> String {
    lines.iter().map(|line| heading::key(&line.text)).collect()
}

fn score(entries: &[Bookmark], headings: &[Heading]) -> HeadingScore {
    let mut is_matched = vec![false; headings.len()];
    let keys: Vec<String> = headings.iter().map(|heading| key(&heading.title)).collect();
    let mut missed = Vec::new();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for entry in entries {
        let wanted = key(&entry.title);
        let fits = |index: &usize| {
            !is_matched[*index] && headings[*index].page.0.abs_diff(entry.page.0) <= 1 && keys[*index] == wanted
        };
        let found = (0..headings.len()).filter(fits).min_by_key(|i| headings[*i].page.0.abs_diff(entry.page.0));
        match found {
            Some(index) => {
                is_matched[index] = true;
                pairs.push((entry.level, headings[index].level));
            }
            None => missed.push(HeadingPlace { title: entry.title.clone(), level: entry.level, page: entry.page }),
        }
    }
    let deepest = deepest_level(entries, &pairs);
    let place =
        |heading: &Heading| HeadingPlace { title: heading.title.clone(), level: heading.level, page: heading.page };
    let counts =
        |(heading, matched): &(&Heading, &bool)| !**matched && deepest.is_none_or(|deepest| heading.level <= deepest);
    let extra = headings.iter().zip(&is_matched).filter(counts).map(|(heading, _)| place(heading)).collect();
    HeadingScore { num_printed: 0, num_matched: is_matched.iter().filter(|matched| **matched).count(), missed, extra }
}

/// The deepest of the levels on which most headings stand that match entries of one level of the outline. Levels of few
/// entries do not count.
fn deepest_level(entries: &[Bookmark], pairs: &[(usize, usize)]) -> Option<usize> {
    let last = entries.iter().map(|entry| entry.level).max()?;
    let is_usual =
        |level: &usize| entries.iter().filter(|entry| entry.level == *level).count() * RARE_LEVEL >= entries.len();
    let most = |level: usize| {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for (_, found) in pairs.iter().filter(|(entry, _)| *entry == level) {
            *counts.entry(*found).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(found, _)| found)
    };
    (0..=last).filter(is_usual).filter_map(most).max()
}

/// What of a title is compared.
fn key(title: &str) -> String {
    let key = heading::key(heading::without_number(title));
    if key.is_empty() { heading::key(title) } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_compared_without_number_case_and_accents() {
        for (a, b) in
            [("1.2 A Lilypond használata", "a lilypond hasznalata"), ("Chapter 3: Force", "FORCE"), ("Đường", "Duong")]
        {
            assert_eq!(key(a), key(b));
        }
        assert_ne!(key("Force"), key("Forces"));
    }

    #[test]
    fn a_score_counts_each_heading_once_and_leaves_finer_ones_out() {
        let entry = |title: &str, page| Bookmark { title: title.into(), level: 0, page: PageIndex(page), top: None };
        let heading = |title: &str, level, page| Heading {
            title: title.into(),
            level,
            first: 0,
            num_paragraphs: 1,
            page: PageIndex(page),
        };
        let entries = [entry("Force", 1), entry("Mass", 3), entry("Force", 8)];
        let found = [heading("1 Force", 0, 2), heading("Heat", 0, 4), heading("Finer", 1, 4), heading("Mass", 0, 6)];
        let score = score(&entries, &found);
        assert_eq!(score.num_matched, 1);
        let titles = |places: &[HeadingPlace]| places.iter().map(|place| place.title.clone()).collect::<Vec<_>>();
        assert_eq!(titles(&score.missed), ["Mass", "Force"]);
        assert_eq!(titles(&score.extra), ["Heat", "Mass"]);
        assert!((score.precision() - 1.0 / 3.0).abs() < 1e-9 && (score.recall() - 1.0 / 3.0).abs() < 1e-9);
    }
}
