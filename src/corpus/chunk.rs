//! Sections to chunks: whole sentences up to a number of tokens, the last of one chunk again at the head of the next, never
//! over the end of a section.

use super::Section;
use crate::passage::{Chunk, PageStart, sentences};
use std::ops::Range;

/// How many sentences of a chunk return in the next one.
const OVERLAP_SENTENCES: usize = 2;
/// What part of a chunk the returning sentences may be.
const OVERLAP_PART: usize = 4;

/// A sentence, or a part of one too long, with its length.
struct Piece {
    range: Range<usize>,
    num_tokens: usize,
}

/// The chunks of one section, which is the `index`th of its book.
pub(super) fn of_section(
    section: &Section,
    index: usize,
    max_tokens: usize,
    count_tokens: &dyn Fn(&str) -> usize,
) -> Vec<Chunk> {
    let mut pieces = Vec::new();
    for range in sentences(&section.text) {
        split(&section.text, range, max_tokens.max(1), count_tokens, &mut pieces);
    }
    let mut chunks = Vec::new();
    let mut first = 0;
    while first < pieces.len() {
        let mut end = first + 1;
        let mut num_tokens = pieces[first].num_tokens;
        while end < pieces.len() && num_tokens + pieces[end].num_tokens <= max_tokens {
            num_tokens += pieces[end].num_tokens;
            end += 1;
        }
        // Sentences together may count more than each alone.
        while end > first + 1
            && count_tokens(&section.text[pieces[first].range.start..pieces[end - 1].range.end]) > max_tokens
        {
            end -= 1;
        }
        chunks.push(chunk(section, index, pieces[first].range.start..pieces[end - 1].range.end));
        if end == pieces.len() {
            break;
        }
        first = next_first(&pieces, first, end, max_tokens);
    }
    chunks
}

/// Where the chunk after `first..end` begins: some sentences earlier, but always further than this one, and with room for
/// the sentence after.
fn next_first(pieces: &[Piece], first: usize, end: usize, max_tokens: usize) -> usize {
    let mut begin = end;
    let mut num_tokens = 0;
    while begin > first + 1 && end - begin < OVERLAP_SENTENCES {
        num_tokens += pieces[begin - 1].num_tokens;
        if num_tokens > max_tokens / OVERLAP_PART || num_tokens + pieces[end].num_tokens > max_tokens {
            break;
        }
        begin -= 1;
    }
    begin
}

/// Adds `range` as pieces of at most `max_tokens`, halving it at white space, or between characters if it has none.
fn split(
    text: &str,
    range: Range<usize>,
    max_tokens: usize,
    count_tokens: &dyn Fn(&str) -> usize,
    into: &mut Vec<Piece>,
) {
    let piece = &text[range.clone()];
    let num_tokens = count_tokens(piece);
    let middle = piece.char_indices().map(|(at, _)| at).find(|at| *at >= piece.len() / 2 && *at > 0);
    let Some(middle) = middle.filter(|_| num_tokens > max_tokens) else {
        return into.push(Piece { range, num_tokens });
    };
    let after = piece[middle..].find(char::is_whitespace).map(|at| middle + at);
    let before = piece[..middle].rfind(char::is_whitespace);
    let nearest = [after, before].into_iter().flatten().min_by_key(|at| at.abs_diff(middle)).unwrap_or(middle);
    let head = piece[..nearest].trim_end();
    let tail = piece[nearest..].trim_start();
    split(text, range.start..range.start + head.len(), max_tokens, count_tokens, into);
    split(text, range.end - tail.len()..range.end, max_tokens, count_tokens, into);
}

/// The chunk that is `range` of the section's text.
fn chunk(section: &Section, index: usize, range: Range<usize>) -> Chunk {
    let starts = &section.page_starts;
    let open = starts.partition_point(|start| start.offset <= range.start).saturating_sub(1);
    let page_starts = starts[open..]
        .iter()
        .take_while(|start| start.offset < range.end)
        .map(|start| PageStart { offset: start.offset.saturating_sub(range.start), ..start.clone() })
        .collect();
    Chunk { section: index, text: section.text[range].to_owned(), page_starts }
}

#[cfg(test)]
mod tests {
    use super::super::SectionKind;
    use super::*;
    use crate::passage::PageIndex;
    use proptest::prelude::*;

    fn section(text: &str, page_offsets: &[usize]) -> Section {
        let start = |(page, offset): (u32, &usize)| PageStart {
            offset: *offset,
            page: PageIndex(page),
            label: page.to_string(),
        };
        Section {
            title: "T".into(),
            path: "T".into(),
            level: 0,
            kind: SectionKind::Body,
            has_heading: true,
            first_page: PageIndex(0),
            last_page: PageIndex(0),
            text: text.into(),
            page_starts: (0..).zip(page_offsets).map(start).collect(),
        }
    }

    fn words(text: &str) -> usize {
        text.split_whitespace().count()
    }

    #[test]
    fn chunks_are_whole_sentences_that_overlap() {
        let section = section("One two three. Four five six. Seven eight nine. Ten eleven twelve. End.", &[0, 30]);
        let chunks = of_section(&section, 7, 12, &words);
        let texts: Vec<&str> = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
        assert_eq!(
            texts,
            ["One two three. Four five six. Seven eight nine. Ten eleven twelve.", "Ten eleven twelve. End."]
        );
        assert_eq!(chunks[0].page_starts[1], PageStart { offset: 30, page: PageIndex(1), label: "1".into() });
        assert_eq!(chunks[1].page_starts, [PageStart { offset: 0, page: PageIndex(1), label: "1".into() }]);
        assert!(chunks.iter().all(|chunk| chunk.section == 7));
    }

    #[test]
    fn an_empty_section_has_no_chunks() {
        assert!(of_section(&section("", &[0]), 0, 10, &words).is_empty());
    }

    proptest! {
        #[test]
        fn chunks_cover_the_text_in_order_and_know_their_pages(
            text in "([a-zé日]{1,7}[ .?\n]{1,2}){0,60}",
            cuts in proptest::collection::vec(0_usize..300, 0..5),
            max_tokens in 1_usize..20,
        ) {
            // Every word once only, so that a chunk is found where it is from.
            let text: String = text.split_inclusive([' ', '.', '?', '\n']).enumerate().map(|(n, word)| format!("{n}{word}")).collect();
            let mut offsets: Vec<usize> = cuts.into_iter().filter(|cut| *cut < text.len() && text.is_char_boundary(*cut)).collect();
            offsets.extend([0]);
            offsets.sort_unstable();
            offsets.dedup();
            let section = section(&text, &offsets);
            let mut covered = 0;
            let mut last_start = None;
            for chunk in of_section(&section, 0, max_tokens, &words) {
                prop_assert!(words(&chunk.text) <= max_tokens);
                prop_assert_eq!(chunk.text.trim(), &chunk.text);
                // The chunk is a piece of the text that begins where the covered part ends, or before.
                let from = last_start.map_or(0, |last: usize| last + 1);
                let at = (from..=covered + 2).filter(|at| text.is_char_boundary(*at)).find(|at| {
                    text[*at..].starts_with(&chunk.text) && at + chunk.text.len() > covered
                });
                let at = match at {
                    Some(at) => at,
                    None => return Err(TestCaseError::fail(format!("{:?} is not next in {text:?} after {covered}", chunk.text))),
                };
                if at > covered {
                    prop_assert!(text[covered..at].trim().is_empty());
                }
                covered = at + chunk.text.len();
                last_start = Some(at);
                prop_assert_eq!(chunk.page_starts[0].offset, 0);
                for pair in chunk.page_starts.windows(2) {
                    prop_assert!(pair[0].offset < pair[1].offset && pair[0].page < pair[1].page);
                }
                for start in &chunk.page_starts {
                    prop_assert!(chunk.text.is_char_boundary(start.offset) && start.offset < chunk.text.len());
                }
            }
            prop_assert!(text[covered..].trim().is_empty());
        }
    }
}
