//! From ranked candidates to passages for a reader: what another passage says already is left out, and a passage whose
//! neighbour in the book was found too is joined with it.

use super::rank::{Found, Sentence};
use crate::passage::{PageStart, sentences};
use std::collections::HashSet;

/// How many ranks below a passage its neighbour may stand to be joined with it.
const RANKS_BELOW: usize = 3;
/// Share of their words that two passages have in common when they say the same.
const SAME: f32 = 0.9;

/// The first `limit` passages of `ranked`, best first.
pub(super) fn for_readers(ranked: Vec<Found>, limit: usize) -> Vec<Found> {
    let mut rest: Vec<Option<Found>> = ranked.into_iter().map(Some).collect();
    let mut kept: Vec<(Found, HashSet<String>)> = Vec::with_capacity(limit);
    for at in 0..rest.len() {
        if kept.len() == limit {
            break;
        }
        let Some(found) = rest[at].take() else { continue };
        let words = words_of(&found.passage.text);
        if kept.iter().any(|(better, said)| says_the_same(better, said, &found, &words)) {
            continue;
        }
        let below = &mut rest[at + 1..];
        let neighbour = below
            .iter_mut()
            .take(RANKS_BELOW)
            .find(|other| other.as_ref().is_some_and(|other| are_neighbours(&found, other)));
        let found = match neighbour.and_then(Option::take) {
            Some(neighbour) => joined(found, neighbour),
            None => found,
        };
        let words = words_of(&found.passage.text);
        kept.push((found, words));
    }
    kept.into_iter().map(|(found, _)| found).collect()
}

fn words_of(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a better passage leaves nothing new to `found`: it holds its text, or both are the same but for a few words.
fn says_the_same(better: &Found, said: &HashSet<String>, found: &Found, words: &HashSet<String>) -> bool {
    let shared = said.intersection(words).count() as f32;
    let all = (said.len() + words.len()) as f32 - shared;
    let same_book = better.passage.book.id == found.passage.book.id;
    shared >= SAME * all || same_book && better.passage.text.contains(found.passage.text.trim())
}

fn are_neighbours(a: &Found, b: &Found) -> bool {
    a.passage.book.id == b.passage.book.id
        && a.passage.section.id == b.passage.section.id
        && a.passage.ordinal.abs_diff(b.passage.ordinal) == 1
}

/// Both as one passage, with the rank and the row of `better`.
fn joined(better: Found, other: Found) -> Found {
    let (row, ordinal) = (better.passage.chunk, better.passage.ordinal);
    let (score, cosine) = (better.passage.score, better.passage.cosine);
    let coverage = better.coverage.max(other.coverage);
    let (mut first, second) =
        if better.passage.ordinal < other.passage.ordinal { (better, other) } else { (other, better) };
    // The last sentences of a chunk are often the first ones of the next.
    let repeated = sentences(&first.passage.text)
        .into_iter()
        .map(|range| range.start)
        .find(|start| second.passage.text.starts_with(&first.passage.text[*start..]));
    let end = first.passage.text.len();
    let shift = repeated.unwrap_or_else(|| {
        first.passage.text.push_str("\n\n");
        first.passage.text.len()
    });
    first.passage.text.push_str(&second.passage.text[first.passage.text.len() - shift..]);
    let last_page = first.passage.page_starts.last().map(|start| start.page);
    let moved = second.passage.page_starts.into_iter().filter(|start| last_page.is_none_or(|last| start.page > last));
    first.passage.page_starts.extend(moved.map(|start| PageStart { offset: start.offset + shift, ..start }));
    let moved = second
        .sentences
        .into_iter()
        .map(|sentence| Sentence { range: sentence.range.start + shift..sentence.range.end + shift, ..sentence });
    first.sentences.extend(moved.filter(|sentence| sentence.range.start >= end));
    (first.passage.chunk, first.passage.ordinal) = (row, ordinal);
    (first.passage.score, first.passage.cosine, first.coverage) = (score, cosine, coverage);
    first
}

#[cfg(test)]
mod tests {
    use super::super::tests::passage;
    use super::*;
    use crate::passage::PageIndex;

    /// A chunk of book `a`, with a page that begins at `page_at`.
    fn found(ordinal: usize, text: &str, page_at: usize) -> Found {
        let mut passage = passage("a", text);
        passage.ordinal = ordinal;
        let start = |offset, page: usize| PageStart { offset, page: PageIndex(page as u32), label: page.to_string() };
        passage.page_starts = vec![start(0, ordinal), start(page_at, ordinal + 1)];
        let sentences = sentences(text).into_iter().map(|range| Sentence { range, coverage: 0.0, cosine: 0.0 });
        Found { passage, coverage: 0.0, sentences: sentences.collect() }
    }

    #[test]
    fn neighbours_are_one_passage_with_their_pages_and_sentences() {
        let first = found(4, "One is here. Two is here. Three is here.", 13);
        let second = found(5, "Three is here. Four is here. Five is here.", 15);
        for ranked in [vec![first.clone(), second.clone()], vec![second.clone(), first.clone()]] {
            let better = ranked[0].passage.ordinal;
            let all = for_readers(ranked, 5);
            let [one] = &all[..] else { panic!("expected one passage, got {all:?}") };
            assert_eq!(one.passage.text, "One is here. Two is here. Three is here. Four is here. Five is here.");
            let told: Vec<&str> =
                one.sentences.iter().map(|sentence| &one.passage.text[sentence.range.clone()]).collect();
            assert_eq!(told, ["One is here.", "Two is here.", "Three is here.", "Four is here.", "Five is here."]);
            let starts: Vec<(u32, &str)> =
                one.passage.page_starts.iter().map(|s| (s.page.0, &one.passage.text[s.offset..s.offset + 4])).collect();
            assert_eq!(starts, [(4, "One "), (5, "Two "), (6, "Four")]);
            assert_eq!(one.passage.ordinal, better);
        }
    }

    #[test]
    fn what_does_not_touch_is_not_joined() {
        let far = for_readers(vec![found(4, "One is here.", 4), found(6, "Three is there.", 6)], 5);
        assert_eq!(far.len(), 2);
        let apart = for_readers(vec![found(4, "One is here.", 4), found(5, "And two.", 4)], 5);
        assert_eq!(apart[0].passage.text, "One is here.\n\nAnd two.");
        assert_eq!(apart[0].sentences.len(), 2);
    }

    #[test]
    fn what_is_said_already_is_left_out() {
        let plain =
            |book: &str, text: &str| Found { passage: passage(book, text), coverage: 0.0, sentences: Vec::new() };
        let ranked = vec![
            plain("a", "One. Two."),
            plain("a", "Two."),
            plain("b", "Two."),
            plain("a", "Two. Three."),
            plain("c", "one, two"),
        ];
        let texts =
            |limit| for_readers(ranked.clone(), limit).into_iter().map(|found| found.passage.text).collect::<Vec<_>>();
        assert_eq!(texts(9), ["One. Two.", "Two.", "Two. Three."]);
        assert_eq!(texts(1), ["One. Two."]);
    }
}
