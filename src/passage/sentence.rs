//! Where a sentence begins and ends: Unicode's sentence boundaries (UAX 29), mended where a full stop is only an
//! abbreviation's, an initial's or a list number's.

use icu_segmenter::SentenceSegmenter;
use std::ops::Range;

/// Abbreviations after which a sentence goes on whatever follows.
const ALWAYS_GO_ON: &[&str] = &[
    "adm", "capt", "cf", "ch", "chap", "col", "dept", "dr", "e.g", "eg", "eq", "eqs", "esp", "est", "ex", "fig",
    "figs", "gen", "gov", "hon", "i.e", "ie", "lt", "messrs", "mr", "mrs", "ms", "mt", "no", "nos", "pp", "pres",
    "prof", "ref", "refs", "rep", "rev", "sec", "sect", "sen", "sgt", "st", "tab", "viz", "vol", "vols", "vs",
];

/// Abbreviations after which a sentence goes on if a number follows.
const GO_ON_BEFORE_A_NUMBER: &[&str] = &[
    "apr", "art", "aug", "b", "c", "ca", "circa", "d", "dec", "example", "feb", "jan", "jul", "jun", "mar", "nov",
    "oct", "p", "par", "para", "part", "r", "sep", "sept", "table", "version", "approx", "al",
];

/// `No.` and the like are also words: as abbreviations they stand before a number.
const ONLY_BEFORE_A_NUMBER: &[&str] = &["no", "nos", "col", "ex", "tab", "est"];

/// Words that begin a sentence rather than a surname, after what looks like an initial (`vitamin C. The …`).
const SENTENCE_STARTERS: &[&str] = &[
    "A", "After", "Although", "An", "And", "As", "At", "But", "By", "For", "From", "He", "His", "How", "However", "If",
    "In", "It", "Its", "Many", "Most", "No", "On", "One", "Our", "She", "Since", "So", "Some", "That", "The", "Their",
    "Then", "There", "These", "They", "This", "Those", "Thus", "To", "Under", "We", "What", "When", "Where", "While",
    "Why", "With", "You",
];

/// The sentences of `text` in order: byte ranges on character boundaries that hold no white space at their ends. What
/// lies between two ranges is white space only. A line break ends a sentence, so give whole paragraphs.
#[must_use]
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let segmenter = SentenceSegmenter::new(Default::default());
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for end in segmenter.segment_str(text).skip(1) {
        let Some(piece) = trimmed(text, start..end) else {
            start = end;
            continue;
        };
        start = end;
        match found.last_mut() {
            Some(last) if goes_on(text, last, &piece) => last.end = piece.end,
            _ => found.push(piece),
        }
    }
    found
}

/// `range` without white space at its ends; nothing if it is all white space.
fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let piece = &text[range.clone()];
    let begin = range.start + (piece.len() - piece.trim_start().len());
    let piece = piece.trim();
    (!piece.is_empty()).then(|| begin..begin + piece.len())
}

/// Whether the boundary between `last` and `next` is none.
fn goes_on(text: &str, last: &Range<usize>, next: &Range<usize>) -> bool {
    let gap = &text[last.end..next.start];
    if gap.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return false;
    }
    let (before, after) = (&text[last.clone()], &text[next.clone()]);
    if before.ends_with(['(', '[', '{', '“', '‘', '«', '¿', '¡']) || is_list_mark(before) {
        return true;
    }
    let first = after.chars().next().unwrap_or(' ');
    if first.is_lowercase() && !gap.is_empty() {
        return true;
    }
    if gap.is_empty() && !before.ends_with(['。', '！', '？', '．', '।', '။', '።']) {
        return first.is_alphanumeric() && before.ends_with('.');
    }
    before.strip_suffix('.').is_some_and(|stem| is_abbreviation(stem, after))
}

/// A sentence that is only the number of a list item: `1.`, `(b)`, `iv.`, `2.3.`
fn is_list_mark(sentence: &str) -> bool {
    let body = sentence.trim_matches(['(', ')', '.', '[', ']', ' ']);
    let short_number = !body.is_empty() && body.len() <= 6 && body.chars().all(|c| c.is_ascii_digit() || c == '.');
    let letter = body.len() == 1 && body.chars().all(|c| c.is_ascii_alphabetic());
    let roman = body.len() <= 5 && !body.is_empty() && body.chars().all(|c| "ivx".contains(c));
    sentence.ends_with(['.', ')', ']']) && (short_number || letter || roman)
}

/// Whether the full stop between `stem` and `after` belongs to an abbreviation or an initial.
fn is_abbreviation(stem: &str, after: &str) -> bool {
    let word = stem.rsplit(|c: char| c.is_whitespace() || "([{“\"'‘—–/".contains(c)).next().unwrap_or(stem);
    let lower = word.to_lowercase();
    let number_follows = after.starts_with(|c: char| c.is_ascii_digit());
    if ONLY_BEFORE_A_NUMBER.contains(&lower.as_str()) {
        return number_follows;
    }
    if ALWAYS_GO_ON.contains(&lower.as_str()) {
        return true;
    }
    if number_follows {
        return GO_ON_BEFORE_A_NUMBER.contains(&lower.as_str());
    }
    let is_initial = |part: &str| part.chars().count() == 1 && part.chars().all(char::is_uppercase);
    let next_word = after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    !word.is_empty() && word.split(['.', '-']).all(is_initial) && !SENTENCE_STARTERS.contains(&next_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn full_stops_end_sentences_but_not_abbreviations_initials_or_numbers() {
        check("", &[]);
        check("  \n ", &[]);
        check("One. Two! Three?", &["One.", "Two!", "Three?"]);
        check("Use streams, e.g. Node's. Then stop.", &["Use streams, e.g. Node's.", "Then stop."]);
        check("See Fig. 3 for more. It shows all.", &["See Fig. 3 for more.", "It shows all."]);
        check("Dr. Smith met J. R. R. Tolkien. He smiled.", &["Dr. Smith met J. R. R. Tolkien.", "He smiled."]);
        check("It needs vitamin C. The rest is easy.", &["It needs vitamin C.", "The rest is easy."]);
        check("He said no. Then he left.", &["He said no.", "Then he left."]);
        check("Take No. 5 now. Go.", &["Take No. 5 now.", "Go."]);
        check("It is 3.14 m. Next.", &["It is 3.14 m.", "Next."]);
        check("\"Is it?\" he asked. Yes.", &["\"Is it?\" he asked.", "Yes."]);
        check("Born c. 1271 in Venice. He wrote.", &["Born c. 1271 in Venice.", "He wrote."]);
    }

    #[test]
    fn list_numbers_stay_with_their_item_and_lines_end_sentences() {
        check("1. Open it.\n2. Close it.", &["1. Open it.", "2. Close it."]);
        check("(a) Left\n(b) Right", &["(a) Left", "(b) Right"]);
        check("A heading\nIts text goes here.", &["A heading", "Its text goes here."]);
    }

    #[test]
    fn other_scripts_end_their_sentences_too() {
        check("これは本です。あれはペンです。", &["これは本です。", "あれはペンです。"]);
        check("Привет. Как дела?", &["Привет.", "Как дела?"]);
    }

    proptest::proptest! {
        #[test]
        fn only_white_space_lies_between_sentences(text in "[ a-zA-Z0-9.?!()\n\u{e9}。]{0,80}") {
            let mut end = 0;
            for range in sentences(&text) {
                assert!(text[end..range.start].trim().is_empty() && !text[range.clone()].is_empty());
                end = range.end;
            }
            assert!(text[end..].trim().is_empty());
        }
    }
}
