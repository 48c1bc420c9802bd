//! Planning a lesson: the sections of a book that a topic names, or else the passages that speak of it, cut into steps.

use super::lesson::{Lesson, Part, Step};
use super::shelf::{Heading, Scope, Shelf, ShelfError};
use super::{groundwork, relevance, words};
use crate::passage::Passage;
use std::collections::{BTreeMap, BTreeSet};

/// Steps of one lesson at most: more is a book, not a lesson.
const MAX_STEPS: usize = 8;
/// A step of fewer words takes the next passage in.
const MIN_STEP_WORDS: usize = 40;
/// Passages looked at for a topic.
const MAX_HITS: usize = 24;

/// Plans a lesson on a topic; `None` where the books do not have it.
pub(crate) fn plan(shelf: &dyn Shelf, topic: &str) -> Result<Option<Lesson>, ShelfError> {
    let hits = shelf.search(topic, &Scope::all(), MAX_HITS)?;
    let by_heading = headed_passages(shelf, topic, &hits)?;
    let passages = if by_heading.is_empty() { best_book(topic, hits) } else { by_heading };
    let Some(first) = passages.first() else { return Ok(None) };
    let book = first.book.clone();
    let mut steps = steps_of(passages);
    thin(&mut steps);
    let mut lesson = Lesson {
        topic: topic.to_owned(),
        book,
        steps,
        at: 0,
        furthest: 0,
        terms: Vec::new(),
        needs: Vec::new(),
        open: Vec::new(),
        simpler: 0,
        reading_grade: None,
    };
    groundwork::lay(shelf, &mut lesson)?;
    Ok(Some(lesson))
}

/// Passages to steps: one each, but a passage of a few words takes the next one in with it.
fn steps_of(passages: Vec<Passage>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut words_so_far = usize::MAX;
    for passage in passages {
        let part = Part { section: passage.section.id, chunk: passage.chunk };
        let words = passage.text.split_whitespace().count();
        match steps.last_mut() {
            Some(step) if words_so_far < MIN_STEP_WORDS => {
                step.parts.push(part);
                words_so_far += words;
            }
            _ => {
                let page_label = passage.page_starts[0].label.clone();
                steps.push(Step { parts: vec![part], section: passage.section, page_label });
                words_so_far = words;
            }
        }
    }
    steps
}

/// The passages of the sections whose heading names the topic, with those below them, in the book where the hits are
/// strongest.
fn headed_passages(shelf: &dyn Shelf, topic: &str, hits: &[Passage]) -> Result<Vec<Passage>, ShelfError> {
    let wanted = words::content_set(topic);
    let mut best: Option<(f32, Vec<Passage>)> = None;
    for book in shelf.books()? {
        let headings = shelf.headings(&book.id)?;
        let mut chosen = under(&headings, |heading| names(heading, topic, &wanted));
        if chosen.is_empty() && !wanted.is_empty() && words::content_set(&book.title) == wanted {
            chosen = headings.iter().collect();
        }
        let mut passages = Vec::new();
        for heading in chosen.iter().filter(|heading| heading.num_chunks > 0) {
            passages.extend(shelf.section_passages(heading.section.id)?);
        }
        let strength: f32 = hits.iter().filter(|hit| hit.book.id == book.id).map(|hit| hit.cosine.max(0.0)).sum();
        if !passages.is_empty() && best.as_ref().is_none_or(|(other, _)| strength > *other) {
            best = Some((strength, passages));
        }
    }
    Ok(best.map(|(_, passages)| passages).unwrap_or_default())
}

/// Whether a heading names the topic: by its number ("chapter 3") or by having all of its words.
fn names(heading: &Heading, topic: &str, wanted: &BTreeSet<String>) -> bool {
    if let Some(number) = section_number(topic) {
        let title = heading.section.title.trim_start_matches(|c: char| !c.is_ascii_digit());
        return heading.section.title.split_whitespace().take(2).any(|word| word.trim_matches(['.', ':']) == number)
            && title.starts_with(&number);
    }
    let title = words::content_set(&heading.section.title);
    // A heading of twice as many words is about something more special.
    !wanted.is_empty() && wanted.is_subset(&title) && title.len() <= wanted.len() * 2 + 1
}

/// The number in "chapter 3", "section 2.1", "unit 4".
pub(crate) fn section_number(topic: &str) -> Option<String> {
    let lower = topic.to_lowercase();
    let mut words = lower.split_whitespace();
    let kind = words.next()?;
    let number = words.next()?.trim_end_matches(['.', ':']);
    let is_number =
        number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    (["chapter", "section", "unit", "part", "lesson"].contains(&kind) && words.next().is_none() && is_number)
        .then(|| number.to_owned())
}

/// The headings that match, each with those below it, in book order.
fn under(headings: &[Heading], matches: impl Fn(&Heading) -> bool) -> Vec<&Heading> {
    let mut chosen = Vec::new();
    let mut below: Option<u8> = None;
    for heading in headings {
        if below.is_some_and(|level| heading.level <= level) {
            below = None;
        }
        if below.is_some() || matches(heading) {
            below = Some(below.unwrap_or(heading.level));
            chosen.push(heading);
        }
    }
    chosen
}

/// The on-topic hits of the book that has the most of them, in book order.
fn best_book(topic: &str, hits: Vec<Passage>) -> Vec<Passage> {
    let mut books: BTreeMap<String, (f32, Vec<Passage>)> = BTreeMap::new();
    for hit in hits.into_iter().filter(|hit| relevance::topic_is_in(topic, hit)) {
        let (strength, passages) = books.entry(hit.book.id.0.clone()).or_default();
        *strength += hit.cosine.max(0.05);
        passages.push(hit);
    }
    let best = books.into_values().max_by(|a, b| a.0.total_cmp(&b.0));
    let mut passages = best.map(|(_, passages)| passages).unwrap_or_default();
    passages.truncate(MAX_STEPS);
    passages.sort_by_key(|passage| passage.ordinal);
    passages
}

/// Keeps at most [`MAX_STEPS`] steps: the first ones of every section where there are too many.
fn thin(steps: &mut Vec<Step>) {
    if steps.len() <= MAX_STEPS {
        return;
    }
    let sections: BTreeSet<_> = steps.iter().map(|step| step.section.id).collect();
    let per_section = (MAX_STEPS / sections.len()).max(1);
    let mut taken: BTreeMap<_, usize> = BTreeMap::new();
    steps.retain(|step| {
        let count = taken.entry(step.section.id).or_default();
        *count += 1;
        *count <= per_section
    });
    steps.truncate(MAX_STEPS);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tutor::testing::ShortShelf;

    fn planned(topic: &str) -> Option<(Vec<String>, usize)> {
        let shelf = ShortShelf::streams_and_rivers();
        let lesson = plan(&shelf, topic).expect("the shelf in memory cannot fail")?;
        Some((lesson.outline().into_iter().map(str::to_owned).collect(), lesson.steps.len()))
    }

    #[test]
    fn a_lesson_is_made_of_the_books_own_sections_in_book_order() {
        let cases = [
            ("readable streams", Some((vec!["2 Readable streams", "2.1 Creating one"], 3))),
            ("chapter 1", Some((vec!["1 Why streams"], 1))),
            ("floods", Some((vec!["Floods"], 1))),
            ("volcanoes", None),
            ("", None),
        ];
        for (topic, expected) in cases {
            let expected =
                expected.map(|(titles, steps)| (titles.into_iter().map(str::to_owned).collect::<Vec<_>>(), steps));
            assert_eq!(planned(topic), expected, "{topic:?}");
        }
    }

    #[test]
    fn a_topic_without_a_heading_takes_the_passages_that_speak_of_it() {
        assert_eq!(planned("silt on the fields"), Some((vec!["Floods".to_owned()], 1)));
    }

    #[test]
    fn long_chapters_keep_the_beginning_of_every_section() {
        let shelf = ShortShelf::long_chapter(5, 6);
        let lesson = plan(&shelf, "long chapter").expect("the shelf in memory cannot fail").expect("it has the topic");
        assert_eq!((lesson.steps.len(), lesson.outline().len()), (5, 5));
    }
}
