//! How much the words of a message and the vector of its meaning say for each intent: a linear model whose weights,
//! fitted by ridge regression on the labelled messages of the tune set, stand in `weights.txt`.

use super::phrases::phrases;
use super::plain;
use super::{Intent, Situation};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

const FILE: &str = include_str!("weights.txt");
/// The text whose vector tells the embedder of the weights from others.
pub(super) const PROBE: &str = "how do plants grow from seeds";
/// Vectors of one embedder on different machines differ far less than this; those of others more.
const LEAST_LIKENESS: f32 = 0.97;
/// A weight of nought as a letter; the others stand around it in the order of ASCII.
const NOUGHT: i16 = 79;
/// Words from which a message counts as long.
const LONG: usize = 12;

/// What is said for each intent, in the order of [`Intent::NAMES`].
pub(super) type Scores = [f32; Intent::NAMES.len()];

#[derive(Debug, Default)]
struct Weights {
    words: HashMap<&'static str, [&'static [u8]; 2]>,
    /// A row for each number of a vector.
    vector: Vec<&'static [u8]>,
    probe: &'static [u8],
    scale: [f32; 2],
}

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| Weights::parse(FILE));

fn weight(letter: u8) -> f32 {
    f32::from(i16::from(letter) - NOUGHT)
}

impl Weights {
    fn parse(file: &'static str) -> Self {
        let mut weights = Self::default();
        for line in file.lines().filter(|line| !line.starts_with(';')) {
            let mut fields = line.split('\t');
            let mut next = || fields.next().unwrap_or_default();
            let (name, first, second) = (next(), next(), next());
            match name {
                "scale" => weights.scale = [first, second].map(|number| number.parse().unwrap_or(0.0)),
                "probe" => weights.probe = first.as_bytes(),
                _ if name.starts_with("v ") => weights.vector.push(second.as_bytes()),
                _ => {
                    weights.words.insert(name, [first.as_bytes(), second.as_bytes()]);
                }
            }
        }
        weights
    }
}

/// What stands in a message besides its meaning, each with how strongly.
fn features(message: &str, situation: Situation) -> Vec<(String, f32)> {
    let tokens = plain::read(message, phrases());
    let Situation { in_lesson, is_asked } = situation;
    let mut grams: HashSet<String> = tokens.iter().map(|token| format!("u {}", token.text)).collect();
    grams.extend(tokens.windows(2).map(|pair| format!("b {} {}", pair[0].text, pair[1].text)));
    grams.extend(tokens.first().map(|token| format!("f {}", token.text)));
    grams.extend(tokens.last().map(|token| format!("l {}", token.text)));
    grams.retain(|gram| WEIGHTS.words.contains_key(gram.as_str()));
    // In one order always, for the sums' last digit.
    let mut grams: Vec<String> = grams.into_iter().collect();
    grams.sort();
    let share = 1.0 / (grams.len().max(4) as f32).sqrt();
    let mut found: Vec<(String, f32)> = grams.into_iter().map(|gram| (gram, share)).collect();
    let of = |is: bool| if is { 1.0 } else { 0.0 };
    let signs = [
        ("s bias", 1.0),
        ("s lesson", of(in_lesson)),
        ("s asked", of(is_asked)),
        ("s mark", of(message.trim_end().ends_with('?'))),
        ("s length", tokens.len().min(LONG) as f32 / LONG as f32),
        ("s short", of(tokens.len() <= 2)),
        ("s free", of(in_lesson && !is_asked)),
        ("s single", of(tokens.len() <= 1)),
    ];
    found.extend(signs.map(|(name, value)| (name.to_owned(), value)));
    let mut kinds: Vec<(String, f32)> = Vec::new();
    for hit in phrases().all(&tokens) {
        let (name, value) = (format!("k {:?}", hit.kind), (hit.to - hit.from).min(4) as f32 / 4.0);
        match kinds.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = known.max(value),
            None => kinds.push((name, value)),
        }
    }
    found.extend(kinds);
    found
}

/// What a message says for each intent; with the vector of its meaning where there is one.
pub(super) fn scores(message: &str, situation: Situation, vector: Option<&[f32]>) -> Scores {
    let weights = &*WEIGHTS;
    let which = usize::from(vector.is_some());
    let mut scores: Scores = [0.0; Intent::NAMES.len()];
    let mut add = |row: &[u8], value: f32| {
        scores.iter_mut().zip(row).for_each(|(score, letter)| *score += weight(*letter) * value);
    };
    for (name, value) in features(message, situation) {
        if let Some(rows) = weights.words.get(name.as_str()) {
            add(rows[which], value);
        }
    }
    if let Some(vector) = vector {
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
        weights.vector.iter().zip(vector).for_each(|(row, x)| add(row, x / length));
    }
    scores.map(|score| score * weights.scale[which])
}

/// Whether a vector of [`PROBE`] comes from the embedder that the weights were fitted with.
pub(super) fn fits(probe: &[f32]) -> bool {
    let known: Vec<f32> = WEIGHTS.probe.iter().map(|letter| weight(*letter)).collect();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths = (dot(&known, &known) * dot(probe, probe)).sqrt();
    probe.len() == known.len() && lengths > 0.0 && dot(&known, probe) / lengths >= LEAST_LIKENESS
}

/// The vector of [`PROBE`] as the weights know it.
#[cfg(test)]
pub(super) fn probe() -> Vec<f32> {
    WEIGHTS.probe.iter().map(|letter| weight(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_a_weight_for_every_intent() {
        let weights = &*WEIGHTS;
        assert!(weights.words.len() > 500 && weights.scale.iter().all(|scale| *scale > 0.0));
        assert_eq!(weights.vector.len(), weights.probe.len());
        for (name, rows) in &weights.words {
            assert!(rows.iter().all(|row| row.len() == Intent::NAMES.len()), "{name}");
        }
        assert!(weights.vector.iter().all(|row| row.len() == Intent::NAMES.len()));
    }

    #[test]
    fn only_the_known_embedder_fits() {
        let mut vector = probe();
        assert!(fits(&vector) && !fits(&vector[1..]) && !fits(&[]));
        vector.rotate_left(1);
        assert!(!fits(&vector));
    }
}
