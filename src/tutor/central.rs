//! The most telling sentences of a section: those whose words the whole section uses most, spread over it, in book order.
//! No model and no randomness.

use super::words::content_set;
use std::collections::{BTreeMap, BTreeSet};

/// A sentence to choose from.
#[derive(Debug, Clone)]
pub(crate) struct Line<'a> {
    /// Its text.
    pub(crate) text: &'a str,
    /// The part of the section it is from; chosen sentences spread over the parts.
    pub(crate) part: usize,
}

/// What the first sentence of a part is favoured by, as a share of the best score.
const FIRST: f32 = 0.35;
/// What a part loses for every sentence already chosen from it.
const SAME_PART: f32 = 0.3;
/// Share of words in common from which two sentences say the same.
const SAME: f32 = 0.8;

/// How many sentences sum up so many.
pub(crate) fn how_many(num_lines: usize) -> usize {
    match num_lines {
        0..=9 => 3.min(num_lines),
        10..=24 => 4,
        _ => 5,
    }
}

/// The places of the `count` most central lines, ascending.
pub(crate) fn central(lines: &[Line<'_>], count: usize) -> Vec<usize> {
    let sets: Vec<BTreeSet<String>> = lines.iter().map(|line| content_set(line.text)).collect();
    let mut uses: BTreeMap<&str, f32> = BTreeMap::new();
    for stem in sets.iter().flatten() {
        *uses.entry(stem).or_default() += 1.0;
    }
    // A word that only one sentence has says nothing of the whole.
    let profile = |set: &BTreeSet<String>| set.iter().map(|stem| (uses[stem.as_str()] - 1.0).sqrt()).sum::<f32>();
    let mut scores: Vec<f32> = sets.iter().map(|set| profile(set) / (set.len().max(4) as f32).sqrt()).collect();
    let best = scores.iter().copied().fold(0.0, f32::max).max(1.0);
    for i in 0..lines.len() {
        scores[i] /= best;
        if i == 0 || lines[i - 1].part != lines[i].part {
            scores[i] += FIRST;
        }
    }
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < count {
        let from_part = |i: usize| chosen.iter().filter(|other| lines[**other].part == lines[i].part).count();
        let worth = |i: &usize| scores[*i] - SAME_PART * from_part(*i) as f32;
        let says_new = |i: &usize| !chosen.iter().any(|other| other == i || alike(&sets[*other], &sets[*i]));
        let next = (0..lines.len()).filter(says_new).max_by(|a, b| worth(a).total_cmp(&worth(b)).then(b.cmp(a)));
        let Some(next) = next else { break };
        chosen.push(next);
    }
    chosen.sort_unstable();
    chosen
}

fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let shared = a.intersection(b).count() as f32;
    shared >= SAME * a.len().min(b.len()).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentences_that_speak_of_what_the_section_speaks_of_are_chosen_in_its_order() {
        let texts = [
            (0, "Streams carry data between programs."),
            (0, "My uncle likes tea."),
            (0, "Streams carry data between the programs."),
            (1, "A writable stream takes data from programs."),
            (1, "The weather was fine."),
            (2, "A readable stream gives data to programs."),
        ];
        let lines: Vec<Line<'_>> = texts.iter().map(|(part, text)| Line { text, part: *part }).collect();
        assert_eq!(central(&lines, 3), [0, 3, 5]);
        assert_eq!(central(&lines, 99).len(), 5, "what was said already is not said again");
        assert_eq!(central(&[], 3), Vec::<usize>::new());
    }
}
