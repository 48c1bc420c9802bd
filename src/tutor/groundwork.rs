//! What a lesson stands on: the terms it explains, and those it uses that an earlier section of its book explains.

use super::definition::definition_score;
use super::lesson::{Lesson, Need};
use super::shelf::{Shelf, ShelfError};
use super::subject::{phrases, tokens, written};
use super::words::{content_stems, stem, words};
use crate::passage::{Passage, sentences};
use std::collections::{BTreeMap, BTreeSet};

/// Terms named of a lesson.
const MAX_TERMS: usize = 4;
/// Terms named that should be known before.
const MAX_NEEDS: usize = 3;
/// Terms that are looked for in earlier sections, the most used first.
const MAX_CANDIDATES: usize = 16;
/// Passages of earlier sections that are read, the nearest ones.
const MAX_EARLIER: usize = 400;
/// Words of a term at most.
const MAX_TERM_WORDS: usize = 3;
/// Score from which a sentence explains a term beyond doubt.
const EXPLAINS: f32 = 0.8;

/// A noun phrase of a lesson.
struct Candidate {
    /// As first written.
    term: String,
    /// How often the lesson has it.
    count: usize,
}

/// Finds the terms of a lesson and what it needs.
pub(crate) fn lay(shelf: &dyn Shelf, lesson: &mut Lesson) -> Result<(), ShelfError> {
    let mut own = Vec::new();
    let mut sections = BTreeSet::new();
    for part in lesson.steps.iter().flat_map(|step| &step.parts) {
        if sections.insert(part.section) {
            own.extend(shelf.section_passages(part.section)?);
        }
    }
    let taught = |passage: &Passage| lesson.steps.iter().flat_map(|step| &step.parts).any(|p| p.chunk == passage.chunk);
    let text: String = own
        .iter()
        .filter(|passage| taught(passage))
        .map(|passage| passage.text.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    let mut candidates = candidates(&text);
    let own_sentences: Vec<&str> = sentences(&text).into_iter().map(|range| &text[range]).collect();
    let explained = |term: &str, sentences: &[&str]| sentences.iter().any(|sentence| explains(term, sentence));
    let (terms, others): (Vec<Candidate>, Vec<Candidate>) =
        candidates.drain(..).partition(|candidate| explained(&candidate.term, &own_sentences));
    // A lesson names the terms that a sentence of its own begins with; others it explains in passing.
    let named =
        |term: &str| own_sentences.iter().any(|sentence| begins_with(sentence, term) && explains(term, sentence));
    lesson.terms = terms.into_iter().map(|term| term.term).filter(|term| named(term)).take(MAX_TERMS).collect();
    let wanted: Vec<String> = others.into_iter().filter(|other| other.count >= 2).map(|other| other.term).collect();
    lesson.needs = needs(shelf, lesson, &wanted)?;
    Ok(())
}

fn explains(term: &str, sentence: &str) -> bool {
    let last = term.split(' ').next_back().unwrap_or_default();
    let root: String = last.chars().take(4).collect::<String>().to_lowercase();
    sentence.to_lowercase().contains(&root) && definition_score(term, sentence) >= EXPLAINS
}

/// Whether a sentence's subject is the term.
fn begins_with(sentence: &str, term: &str) -> bool {
    let lower = sentence.to_lowercase();
    let subject = ["the ", "a ", "an "].iter().find_map(|article| lower.strip_prefix(article)).unwrap_or(&lower);
    let root: String = term.to_lowercase().trim_end_matches('s').to_owned();
    subject.starts_with(&root)
}

/// The noun phrases of a text, the most used first.
fn candidates(text: &str) -> Vec<Candidate> {
    let mut counts: BTreeMap<String, Candidate> = BTreeMap::new();
    for range in sentences(text) {
        let tokens = tokens(&text[range]);
        for phrase in phrases(&tokens) {
            let begins_sentence = phrase.start == 0;
            let phrase = if tokens[phrase.start].is("a an the") { phrase.start + 1..phrase.end } else { phrase };
            let written = written(&tokens, phrase.clone());
            let key = words(&written).map(|word| stem(&word)).collect::<Vec<_>>().join(" ");
            let is_term = (1..=MAX_TERM_WORDS).contains(&phrase.len())
                && content_stems(&written).len() == phrase.len()
                && written.chars().all(|c| c.is_alphabetic() || c == ' ' || c == '-')
                && written.chars().count() >= 4;
            if !is_term {
                continue;
            }
            let shown = if begins_sentence { written.to_lowercase() } else { written };
            let candidate = counts.entry(key).or_insert(Candidate { term: shown, count: 0 });
            candidate.count += 1;
        }
    }
    let mut all: Vec<Candidate> = counts.into_values().collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.term.cmp(&b.term)));
    all.truncate(MAX_CANDIDATES);
    all
}

/// Which terms an earlier section explains.
fn needs(shelf: &dyn Shelf, lesson: &Lesson, wanted: &[String]) -> Result<Vec<Need>, ShelfError> {
    let first = lesson.steps.iter().map(|step| step.section.ordinal).min().unwrap_or(0);
    let headings = shelf.headings(&lesson.book.id)?;
    let mut earlier: Vec<Passage> = Vec::new();
    for heading in headings.iter().rev().filter(|heading| heading.section.ordinal < first && heading.num_chunks > 0) {
        if wanted.is_empty() || earlier.len() >= MAX_EARLIER {
            break;
        }
        earlier.extend(shelf.section_passages(heading.section.id)?);
    }
    let mut found = Vec::new();
    for term in wanted {
        let explaining = earlier.iter().find_map(|passage| {
            let range =
                sentences(&passage.text).into_iter().find(|range| explains(term, &passage.text[range.clone()]))?;
            let page_label = passage.page_at(range.start).label.clone();
            Some(Need { term: term.clone(), section: passage.section.title.clone(), page_label })
        });
        found.extend(explaining);
        if found.len() == MAX_NEEDS {
            break;
        }
    }
    Ok(found)
}
