//! A step's own words: which sentences of its passage are shown, and where its text begins.

use super::answer::{self, is_statement};
use super::draft::Quote;
use super::lesson::{Lesson, Step};
use super::plain;
use super::shelf::{Shelf, ShelfError};
use crate::passage::{Passage, sentences};
use std::ops::Range;

/// Words of the book shown in a step: with its question a step is to stay a minute's reading.
const MAX_WORDS: usize = 70;
/// Words of a sentence that is shown.
const MAX_SENTENCE_WORDS: usize = 60;
/// Longest stretch shown of a passage without any whole sentence, in characters.
const MAX_STRETCH: usize = 600;

/// The sentences of a step to show, in the book's order; empty where its passages are no longer in the library.
pub(crate) fn quotes(shelf: &dyn Shelf, lesson: &Lesson, step: &Step) -> Result<Vec<Quote>, ShelfError> {
    let found = all_quotes(shelf, lesson, step)?;
    let texts: Vec<&str> = found.iter().map(|quote| quote.text.as_str()).collect();
    if texts.iter().map(|text| text.split_whitespace().count()).sum::<usize>() <= MAX_WORDS {
        return Ok(found);
    }
    let about = format!("{} {}", lesson.topic, step.section.title);
    let kept = best_within(&texts, &shelf.similarities(&about, &texts)?, MAX_WORDS);
    Ok(kept.into_iter().map(|i| found[i].clone()).collect())
}

/// What a sentence that is an example says.
const EXAMPLE_MARKS: &[&str] =
    &["for example", "for instance", "e.g.", "an example", "examples of", "suppose ", "imagine ", "consider "];
/// What a sentence with examples in it may say: worth showing only to who asks for one.
const EXAMPLE_LISTS: &[&str] = &["such as", "including", "like the"];
/// Words of an example at most.
const MAX_EXAMPLE_WORDS: usize = 40;

/// Whether a sentence gives an example.
fn is_example(sentence: &str, near: Near) -> bool {
    let lower = sentence.to_lowercase();
    let says = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    (says(EXAMPLE_MARKS) || near == Near::Section && says(EXAMPLE_LISTS))
        && sentence.split_whitespace().count() <= MAX_EXAMPLE_WORDS
        && answer::is_whole(sentence)
}

/// An example in the passages of a step, or else in its sections, that is not among `shown`.
pub(crate) fn example(
    shelf: &dyn Shelf,
    step: &Step,
    shown: &[Quote],
    near: Near,
) -> Result<Option<Quote>, ShelfError> {
    let is_new = |text: &str| shown.iter().all(|quote| !quote.text.contains(text) && !text.contains(&quote.text));
    let own = |passage: &Passage| step.parts.iter().any(|part| part.chunk == passage.chunk);
    for part in &step.parts {
        let passages = shelf.section_passages(part.section)?;
        for passage in passages.iter().filter(|passage| near == Near::Section || own(passage)) {
            for range in fresh_sentences(passage, None) {
                let quote = Quote::of(passage, range);
                if is_example(&quote.text, near) && is_new(&quote.text) {
                    return Ok(Some(quote));
                }
            }
        }
    }
    Ok(None)
}

/// The plainest of a step's sentences, in the book's order.
pub(crate) fn plainest(quotes: &[Quote], max: usize) -> Vec<Quote> {
    let texts: Vec<&str> = quotes.iter().map(|quote| quote.text.as_str()).collect();
    plain::plainest(&texts, max).into_iter().map(|i| quotes[i].clone()).collect()
}

/// Where to look for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Near {
    /// In what the step was made of, and plainly an example.
    Step,
    /// In its whole section, lists of examples too.
    Section,
}

/// All sentences of a step in the book's order; the beginning of its text where it has no whole one.
pub(crate) fn all_quotes(shelf: &dyn Shelf, lesson: &Lesson, step: &Step) -> Result<Vec<Quote>, ShelfError> {
    let mut found: Vec<Quote> = Vec::new();
    let mut stretches = Vec::new();
    for part in &step.parts {
        let passages = shelf.section_passages(part.section)?;
        let Some(at) = passages.iter().position(|passage| passage.chunk == part.chunk) else { continue };
        // Chunks overlap: what the passage before ended with has been shown there.
        let before = at.checked_sub(1).map(|before| &passages[before]).filter(|before| is_taught(lesson, before));
        let fresh = fresh_sentences(&passages[at], before.map(|before| before.text.as_str()));
        found.extend(fresh.into_iter().map(|range| Quote::of(&passages[at], range)));
        stretches.extend(stretch(&passages[at]));
    }
    if found.is_empty() {
        stretches.truncate(1);
        return Ok(stretches);
    }
    Ok(found)
}

/// The shown sentences with `also` among them, in the book's order; another one that is not the first makes room for it.
pub(crate) fn with_sentence(shown: &[Quote], all: &[Quote], also: &str) -> Option<Vec<Quote>> {
    let place = |quote: &Quote| all.iter().position(|other| other == quote);
    let new = all.iter().find(|quote| quote.text == also)?;
    let mut kept: Vec<Quote> = shown.to_vec();
    let words = |quotes: &[Quote]| quotes.iter().map(|quote| quote.text.split_whitespace().count()).sum::<usize>();
    let room = MAX_WORDS.max(words(shown));
    while kept.len() > 1 && words(&kept) + words(std::slice::from_ref(new)) > room {
        kept.pop();
    }
    kept.push(new.clone());
    kept.sort_by_key(place);
    Some(kept)
}

/// Whether a passage belongs to a step of the lesson.
fn is_taught(lesson: &Lesson, passage: &Passage) -> bool {
    lesson.steps.iter().flat_map(|step| &step.parts).any(|part| part.chunk == passage.chunk)
}

/// The sentences that say something and were not shown with the passage before: whole ones where there are any, and the
/// book's own questions where it mostly asks.
pub(crate) fn fresh_sentences(passage: &Passage, before: Option<&str>) -> Vec<Range<usize>> {
    let text = |range: &Range<usize>| &passage.text[range.clone()];
    let fits = |range: &Range<usize>| {
        text(range).split_whitespace().count() <= MAX_SENTENCE_WORDS
            && before.is_none_or(|before| !before.contains(text(range)))
    };
    let all: Vec<Range<usize>> = sentences(&passage.text).into_iter().filter(fits).collect();
    let is_question = |range: &Range<usize>| text(range).ends_with('?') && text(range).split_whitespace().count() >= 4;
    let num_questions = all.iter().filter(|range| is_question(range)).count();
    let num_statements = all.iter().filter(|range| is_statement(text(range))).count();
    let says =
        |range: &Range<usize>| is_statement(text(range)) || (num_questions >= num_statements && is_question(range));
    let mut found: Vec<Range<usize>> = all.into_iter().filter(says).collect();
    let is_whole = |range: &Range<usize>| answer::is_whole(text(range)) || is_question(range);
    if found.iter().any(is_whole) {
        found.retain(is_whole);
    }
    found
}

/// The sentences nearest to the subject that fit into `max_words`, the first one favoured, in their own order.
fn best_within(texts: &[&str], nearness: &[f32], max_words: usize) -> Vec<usize> {
    let worth = |i: usize| nearness[i] + if i == 0 { 0.2 } else { 0.0 };
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)));
    let mut left = max_words;
    let mut kept = Vec::new();
    for i in order {
        let words = texts[i].split_whitespace().count();
        if words <= left || kept.is_empty() {
            left = left.saturating_sub(words);
            kept.push(i);
        }
    }
    kept.sort_unstable();
    kept
}

/// The beginning of a passage that has no whole sentence (a table, verses, a script without full stops).
fn stretch(passage: &Passage) -> Option<Quote> {
    let text = passage.text.trim_end();
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= MAX_STRETCH).last()?;
    let end =
        if text.len() <= MAX_STRETCH { text.len() } else { text[..end].rfind(char::is_whitespace).unwrap_or(end) };
    (end > 0).then(|| Quote::of(passage, 0..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_sentences_are_kept_in_the_books_order() {
        let texts = ["one two three", "four five six", "seven eight nine"];
        for (nearness, max_words, expected) in [
            ([0.1, 0.5, 0.9], 6, vec![1, 2]),
            ([0.5, 0.1, 0.6], 6, vec![0, 2]),
            ([0.1, 0.5, 0.9], 99, vec![0, 1, 2]),
            ([0.1, 0.5, 0.9], 1, vec![2]),
        ] {
            assert_eq!(best_within(&texts, &nearness, max_words), expected, "{nearness:?} {max_words}");
        }
    }
}
