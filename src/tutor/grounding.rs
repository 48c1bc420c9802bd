//! Whether a sentence that a model wrote is carried by sentences of the books. A sentence passes when all its content
//! words come from them, one of them carries at least half of it, and its order, numbers, names, negations and hinges
//! ("despite", "because") are theirs. One word more is where a small model begins to invent ("one metal and one wooden").

use super::words::{content_set, content_stems, words};
use std::collections::BTreeSet;

/// Share that a single source must have: the one that is cited.
const MIN_ALONE: f32 = 0.5;
/// Share of its content words that must stand in the sources' order.
const IN_ORDER: f32 = 0.9;
/// A sentence of fewer content words says nothing that could be checked.
const MIN_WORDS: usize = 2;

/// Stems of words that claim nothing of their own.
const NEUTRAL: &[&str] = &[
    "allow", "basic", "call", "complex", "develop", "differ", "help", "import", "includ", "kind", "main", "make",
    "made", "name", "part", "point", "simpl", "thing", "type", "various", "way", "work",
];

const NEGATIONS: &[&str] = &["not", "no", "never", "none", "nor", "cannot", "without", "neither", "nobody", "nothing"];

/// The source that carries `sentence`, if the sources do.
pub(crate) fn supporting(sentence: &str, sources: &[&str]) -> Option<usize> {
    let mut said = content_set(sentence);
    said.retain(|stem| !NEUTRAL.contains(&stem.as_str()));
    if said.len() < MIN_WORDS {
        return None;
    }
    let sets: Vec<BTreeSet<String>> = sources.iter().map(|source| content_set(source)).collect();
    let together: BTreeSet<String> = sets.iter().flatten().cloned().collect();
    if said.iter().any(|stem| !has(&together, stem)) {
        return None;
    }
    let all_words: BTreeSet<String> = sources.iter().flat_map(|source| words(source)).collect();
    if figures_and_names(sentence).iter().any(|word| !all_words.contains(word)) {
        return None;
    }
    let (best, share) = sets
        .iter()
        .map(|set| share_in(&said, set))
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    let source = sources[best];
    let agrees = negates(sentence) == negates(source) && in_order(sentence, sources) && same_hinges(sentence, source);
    (share >= MIN_ALONE && agrees).then_some(best)
}

/// Cosine from which a sentence says in another language what a source says.
const SAME_ACROSS: f32 = 0.6;
/// Letters that a name keeps in another language: "Londres" for "London".
const NAME_ROOT: usize = 3;

/// The source that carries a sentence written in another language: the nearest in meaning, if it is near, where all
/// numbers are the sources' and every name begins like one of theirs. `nearness` is that of each source.
pub(crate) fn supporting_across(sentence: &str, sources: &[&str], nearness: &[f32]) -> Option<usize> {
    let (best, near) = nearness.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let there: BTreeSet<String> = sources.iter().flat_map(|source| words(source)).collect();
    let root = |word: &str| word.chars().take(NAME_ROOT).collect::<String>();
    let roots: BTreeSet<String> = there.iter().map(|word| root(word)).collect();
    let is_theirs = |word: &String| {
        there.contains(word) || !word.chars().any(|c| c.is_ascii_digit()) && roots.contains(&root(word))
    };
    (*near >= SAME_ACROSS && figures_and_names(sentence).iter().all(is_theirs)).then_some(best)
}

/// Which share of `said` stands in `there`, in the same or in a related form ("gravity", "gravitation").
fn share_in(said: &BTreeSet<String>, there: &BTreeSet<String>) -> f32 {
    said.iter().filter(|stem| has(there, stem)).count() as f32 / said.len().max(1) as f32
}

fn has(there: &BTreeSet<String>, stem: &str) -> bool {
    there.contains(stem) || there.iter().any(|other| related(stem, other))
}

/// Whether two stems are forms of one word: they begin with the same five letters and differ in the last few only.
fn related(a: &str, b: &str) -> bool {
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let longest = a.chars().count().max(b.chars().count());
    shared >= 5 && longest - shared <= 3
}

/// Whether a model's sentence says almost word for word what a source says, and so adds nothing beside the quote.
pub(crate) fn is_copy(sentence: &str, source: &str) -> bool {
    let (said, there) = (content_set(sentence), content_set(source));
    let shared = said.intersection(&there).count();
    shared * 10 >= (said.len() + there.len() - shared) * 9
}

/// Numbers, and words with a capital letter that do not begin the sentence; in lower case.
fn figures_and_names(sentence: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (i, token) in sentence.split_whitespace().enumerate() {
        let bare = token.trim_start_matches(|c: char| !c.is_alphanumeric());
        let is_name =
            i > 0 && bare.starts_with(char::is_uppercase) && bare.chars().nth(1).is_some_and(char::is_alphabetic);
        if is_name || bare.contains(|c: char| c.is_ascii_digit()) {
            found.extend(words(bare));
        }
    }
    found
}

/// Whether a sentence denies something.
pub(crate) fn negates(sentence: &str) -> bool {
    words(sentence).any(|word| NEGATIONS.contains(&word.as_str()) || word.ends_with("n't") || word.ends_with("n’t"))
}

/// Words on which a sentence's sense hangs: what follows them is no detail.
const HINGES: &[&str] = &[
    "after", "although", "because", "before", "despite", "except", "instead", "less", "more", "only", "than", "though",
    "unless", "until",
];

/// Whether behind every hinge of the sentence stands what stands behind the same hinge in the source.
fn same_hinges(sentence: &str, source: &str) -> bool {
    let there = behind_hinges(source);
    behind_hinges(sentence).iter().all(|(hinge, next)| {
        there.iter().any(|(other, others)| hinge == other && next.first().is_none_or(|first| others.contains(first)))
    })
}

/// Every hinge with the three content words behind it.
fn behind_hinges(sentence: &str) -> Vec<(String, Vec<String>)> {
    let all: Vec<String> = words(sentence).collect();
    let hinges = all.iter().enumerate().filter(|(_, word)| HINGES.contains(&word.as_str()));
    hinges
        .map(|(i, hinge)| {
            let behind = content_stems(&all[i + 1..].join(" "));
            (hinge.clone(), behind.into_iter().take(3).collect())
        })
        .collect()
}

/// Whether nearly all content words stand in the sources' order: "secondary waves shear, primary waves push" is not
/// "primary waves shear, secondary waves push". A model may shorten, not turn round.
fn in_order(sentence: &str, sources: &[&str]) -> bool {
    let mut said = content_stems(sentence);
    said.retain(|stem| !NEUTRAL.contains(&stem.as_str()));
    let there = content_stems(&sources.join(" "));
    // Lengths of the longest common subsequences with the beginnings of `there`.
    let mut lengths = vec![0usize; there.len() + 1];
    for stem in &said {
        let mut diagonal = 0;
        for (i, other) in there.iter().enumerate() {
            let above = lengths[i + 1];
            let matched = stem == other || related(stem, other);
            lengths[i + 1] = if matched { diagonal + 1 } else { above.max(lengths[i]) };
            diagonal = above;
        }
    }
    lengths[there.len()] as f32 >= IN_ORDER * said.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: &[&str] = &[
        "The Indus Valley civilisation flourished around 2500 BCE in the basin of the river.",
        "Its cities, Harappa and Mohenjo-daro, had planned streets and covered drains.",
        "Rome defeated Carthage in the last of three wars.",
        "Plants do not take in oxygen for photosynthesis.",
        "Secondary waves travel by shearing the Earth, while primary waves travel as a pressure wave.",
        "The nut holds tight despite severe vibration because of the universal law of gravitation.",
    ];

    #[test]
    fn a_sentence_in_another_language_keeps_numbers_names_and_meaning() {
        let sources = ["Watt built the engine in London in 1769.", "It was sold to a mine."];
        for (sentence, nearness, expected) in [
            ("Watt construyó la máquina en Londres en 1769.", [0.8, 0.2], Some(0)),
            ("Watt construyó la máquina en 1768.", [0.8, 0.2], None),
            ("La máquina fue de Newcomen.", [0.8, 0.2], None),
            ("Fue vendida a una mina.", [0.1, 0.7], Some(1)),
            ("Fue vendida a una mina.", [0.1, 0.4], None),
        ] {
            assert_eq!(supporting_across(sentence, &sources, &nearness), expected, "{sentence}");
        }
        assert_eq!(supporting_across("Nada.", &[], &[]), None);
    }

    #[test]
    fn a_sentence_passes_only_with_the_books_words_numbers_names_and_negations() {
        let cases = [
            ("The cities Harappa and Mohenjo-daro had planned streets.", Some(1)),
            ("The civilisation flourished around 2500 BCE.", Some(0)),
            ("The civilisation flourished around 3500 BCE.", None),
            ("The cities had planned streets, schools, temples and palaces.", None),
            ("Its cities, Harappa and Lothal, had planned streets.", None),
            ("Rome defeated Carthage in three wars.", Some(2)),
            ("Carthage defeated Rome in three wars.", None),
            ("Plants take in oxygen for photosynthesis.", None),
            ("Plants do not take in oxygen for photosynthesis.", Some(3)),
            ("Primary waves travel by shearing the Earth, while secondary waves travel as a pressure wave.", None),
            ("Secondary waves travel by shearing the Earth.", Some(4)),
            ("The nut holds tight despite the vibration.", Some(5)),
            ("The nut holds tight despite gravitation.", None),
            ("The nut holds tight by the law of gravity.", Some(5)),
            ("The cities had planned streets and wooden drains.", None),
            ("Sure, here you go!", None),
            ("", None),
        ];
        for (sentence, expected) in cases {
            assert_eq!(supporting(sentence, SOURCES), expected, "{sentence}");
        }
    }

    #[test]
    fn nothing_is_supported_by_nothing() {
        assert_eq!(supporting("The cities had planned streets.", &[]), None);
    }

    #[test]
    fn a_copy_is_told_from_a_rewording() {
        assert!(is_copy(SOURCES[1], SOURCES[1]));
        assert!(!is_copy("The cities had planned streets.", SOURCES[1]));
    }
}
