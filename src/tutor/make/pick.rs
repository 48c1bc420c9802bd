//! Which of the questions that may be asked are asked: the best, mixed in kind, none that helps with another.

use super::book::Candidate;
use super::text::{holds, stems};
use crate::tutor::question::{Question, Task};

/// What a question loses for every one of its kind that was chosen.
const SAME_KIND: f32 = 0.3;
/// How much chance adds at most, so that another seed asks something else.
const CHANCE: f32 = 0.5;

/// A small random sequence that is the same everywhere and for ever (splitmix64).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// Of a seed and what it is for.
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        let mixed = purpose.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 up to, not including, `end`; 0 where there is nothing.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// 0 to 1.
    fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// The same things in another order.
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for i in (1..things.len()).rev() {
            things.swap(i, self.below(i + 1));
        }
    }
}

/// The best of the candidates, at most `count`.
pub(super) fn pick(candidates: Vec<Candidate>, count: usize, seed: u64) -> Vec<Question> {
    let mut left: Vec<(f32, Vec<String>, Candidate)> = candidates
        .into_iter()
        .map(|candidate| {
            let luck = Chance::new(seed, &candidate.question.prompt).share() * CHANCE;
            (candidate.score + luck, said(&candidate.question), candidate)
        })
        .collect();
    let mut chosen: Vec<(Vec<String>, Candidate)> = Vec::new();
    while chosen.len() < count {
        let worth = |candidate: &Candidate, score: f32| {
            score - SAME_KIND * chosen.iter().filter(|(_, other)| other.kind == candidate.kind).count() as f32
        };
        let best = left.iter().enumerate().map(|(i, (score, _, candidate))| (worth(candidate, *score), i));
        let Some((_, i)) = best.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))) else { break };
        let (_, said, candidate) = left.swap_remove(i);
        left.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.question.prompt.cmp(&b.2.question.prompt)));
        if chosen.iter().all(|(other_said, other)| go_together((&said, &candidate), (other_said, other))) {
            chosen.push((said, candidate));
        }
    }
    chosen.into_iter().map(|(_, candidate)| candidate.question).collect()
}

/// The stems of all that a student sees of a question but its options.
fn said(question: &Question) -> Vec<String> {
    let mut all = stems(&question.prompt);
    let more: &[String] = match &question.task {
        Task::Order { events, .. } => events,
        Task::Match { meanings, .. } => meanings,
        _ => &[],
    };
    more.iter().for_each(|text| all.extend(stems(text)));
    all
}

/// Whether two questions ask for different things, and neither says what the other asks for.
fn go_together(a: (&[String], &Candidate), b: (&[String], &Candidate)) -> bool {
    let tells = |said: &[String], of: &Candidate| of.secret.iter().any(|secret| holds(said, secret));
    let same_sentence = a.1.from.iter().any(|index| b.1.from.contains(index));
    let same_answer = a.1.secret.iter().any(|secret| b.1.secret.contains(secret));
    !same_sentence && !same_answer && a.0 != b.0 && !tells(a.0, b.1) && !tells(b.0, a.1)
}
