//! Which sentences of a step to show a reader who needs few and plain ones.

use crate::passage::words::content_set;
use crate::tutor::readability::grade_of;
use std::collections::{BTreeMap, BTreeSet};

/// Words from which on a sentence is long.
const LONG: usize = 20;
/// School year that a plain sentence is written for.
const PLAIN_GRADE: f32 = 7.0;

/// The places of the `max` sentences that carry most for the least effort, in book order: they have the words that the
/// step's sentences share, are short, and do not lean on a sentence that is left out.
pub(crate) fn plainest(sentences: &[&str], max: usize) -> Vec<usize> {
    let sets: Vec<BTreeSet<String>> = sentences.iter().map(|sentence| content_set(sentence)).collect();
    let mut uses: BTreeMap<&str, f32> = BTreeMap::new();
    for stem in sets.iter().flatten() {
        *uses.entry(stem).or_default() += 1.0;
    }
    let carries = |set: &BTreeSet<String>| {
        let shared: f32 = set.iter().map(|stem| (uses[stem.as_str()] - 1.0).sqrt()).sum();
        shared / (set.len().max(4) as f32).sqrt()
    };
    let carried: Vec<f32> = sets.iter().map(carries).collect();
    let most = carried.iter().copied().fold(0.0, f32::max).max(1.0);
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < max.min(sentences.len()) {
        let worth = |i: usize| {
            let leans = leans_back(sentences[i]) && !(i > 0 && chosen.contains(&(i - 1)));
            let first = if i == 0 { 0.25 } else { 0.0 };
            carried[i] / most + first - effort(sentences[i]) - if leans { 0.4 } else { 0.0 }
        };
        let left = (0..sentences.len()).filter(|i| !chosen.contains(i));
        let Some(next) = left.max_by(|a, b| worth(*a).total_cmp(&worth(*b)).then(b.cmp(a))) else { break };
        chosen.push(next);
    }
    chosen.sort_unstable();
    chosen
}

/// What a sentence costs its reader, 0 for a short and plain one.
fn effort(sentence: &str) -> f32 {
    let words = sentence.split_whitespace().count();
    let grade = grade_of(sentence).unwrap_or(PLAIN_GRADE);
    0.06 * (grade - PLAIN_GRADE).clamp(0.0, 15.0) + 0.02 * words.saturating_sub(LONG).min(30) as f32
}

/// Whether a sentence begins with what the one before it spoke of.
fn leans_back(sentence: &str) -> bool {
    const STARTS: &[&str] =
        &["he", "she", "it", "they", "this", "these", "those", "such", "but", "so", "his", "her", "its", "their"];
    let first: String = sentence.chars().take_while(|c| c.is_alphabetic()).collect();
    STARTS.contains(&first.to_lowercase().as_str())
}
