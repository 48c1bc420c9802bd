//! Logits to a token. Pure but for the random numbers, which come from the request's seed alone.

use super::error::EngineError;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// How a token is chosen. The default is greedy: always the likeliest.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 is greedy; 1 leaves the model's own distribution; more is wilder.
    pub temperature: f32,
    /// Only this many likeliest tokens; 0 for all.
    pub top_k: usize,
    /// Only the likeliest tokens that together reach this probability; 1 for all.
    pub top_p: f32,
    /// Only tokens at least this likely in proportion to the likeliest; 0 for all.
    pub min_p: f32,
    /// Logits of recent tokens are divided (or, below 0, multiplied) by this; 1 for none.
    pub repetition_penalty: f32,
    /// How many tokens back, prompt included, count as recent.
    pub repetition_tokens: usize,
    /// The same seed and request give the same answer.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repetition_penalty: 1.0,
            repetition_tokens: 64,
            seed: 0,
        }
    }
}

impl Sampling {
    /// # Errors
    /// A number outside its range, by name.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let checks = [
            ("temperature", self.temperature, 0.0..=100.0),
            ("top-p", self.top_p, 0.0..=1.0),
            ("min-p", self.min_p, 0.0..=1.0),
            ("repetition penalty", self.repetition_penalty, 0.01..=100.0),
        ];
        for (name, value, range) in checks {
            if !range.contains(&value) {
                let (from, to) = range.into_inner();
                return Err(EngineError::Request(format!("{name} is {value}, expected {from} to {to}")));
            }
        }
        Ok(())
    }
}

/// Chooses the tokens of one sequence.
#[derive(Debug)]
pub(crate) struct Sampler {
    sampling: Sampling,
    random: StdRng,
}

impl Sampler {
    pub(crate) fn new(sampling: Sampling) -> Self {
        Self { random: StdRng::seed_from_u64(sampling.seed), sampling }
    }

    /// Chooses a token. `recent` are the sequence's tokens so far; logits of -∞ are never chosen.
    ///
    /// Returns `None` where no logit is finite: the model's arithmetic has failed.
    pub(crate) fn choose(&mut self, logits: &mut [f32], recent: &[u32]) -> Option<u32> {
        self.penalise(logits, recent);
        if self.sampling.temperature <= 0.0 {
            return argmax(logits);
        }
        let candidates = self.candidates(logits);
        let max = candidates.first()?.1;
        let weights: Vec<f64> =
            candidates.iter().map(|(_, logit)| f64::from((logit - max) / self.sampling.temperature).exp()).collect();
        let mut point = self.random.random::<f64>() * weights.iter().sum::<f64>();
        for ((id, _), weight) in candidates.iter().zip(&weights) {
            point -= weight;
            if point < 0.0 {
                return Some(*id);
            }
        }
        candidates.first().map(|(id, _)| *id)
    }

    fn penalise(&self, logits: &mut [f32], recent: &[u32]) {
        let penalty = self.sampling.repetition_penalty;
        if penalty == 1.0 {
            return;
        }
        let start = recent.len().saturating_sub(self.sampling.repetition_tokens);
        let mut ids = recent[start..].to_vec();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            if let Some(logit) = logits.get_mut(id as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }

    /// The tokens that may be chosen with their logits, the likeliest first; of equals the lower id.
    fn candidates(&self, logits: &[f32]) -> Vec<(u32, f32)> {
        let mut candidates = top(logits, if self.sampling.top_k == 0 { logits.len() } else { self.sampling.top_k });
        let Some((_, max)) = candidates.first().copied() else { return candidates };
        if self.sampling.min_p > 0.0 {
            let least = max + self.sampling.min_p.ln();
            candidates.truncate(candidates.partition_point(|(_, logit)| *logit >= least).max(1));
        }
        if self.sampling.top_p < 1.0 {
            let weights: Vec<f64> = candidates.iter().map(|(_, logit)| f64::from(logit - max).exp()).collect();
            let enough = weights.iter().sum::<f64>() * f64::from(self.sampling.top_p);
            let mut reached = 0.0;
            let keep = weights.iter().position(|weight| {
                reached += weight;
                reached >= enough
            });
            candidates.truncate(keep.map_or(candidates.len(), |last| last + 1));
        }
        candidates
    }
}

/// The likeliest token, of equals the lowest id; `None` where no logit is finite.
fn argmax(logits: &[f32]) -> Option<u32> {
    let mut best: Option<(usize, f32)> = None;
    for (id, logit) in logits.iter().enumerate() {
        if logit.is_finite() && best.is_none_or(|(_, most)| *logit > most) {
            best = Some((id, *logit));
        }
    }
    best.map(|(id, _)| id as u32)
}

/// The `count` largest finite logits with their ids, the largest first; of equals the lower id.
fn top(logits: &[f32], count: usize) -> Vec<(u32, f32)> {
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let mut best = Vec::new();
    // What does not exceed it has `count` others before it.
    let mut bar = f32::NEG_INFINITY;
    for (id, logit) in (0u32..).zip(logits.iter().copied()) {
        if logit > bar && logit.is_finite() {
            best.push((id, logit));
        }
        if best.len() > 2 * count + 64 {
            bar = best.select_nth_unstable_by(count, order).1.1;
            best.truncate(count);
        }
    }
    best.sort_unstable_by(order);
    best.truncate(count);
    best
}

/// The `count` likeliest tokens with their natural log-probabilities, the likeliest first.
pub(crate) fn top_logprobs(logits: &[f32], count: usize) -> Vec<(u32, f32)> {
    if count == 0 {
        return Vec::new();
    }
    let normaliser = normaliser(logits);
    top(logits, count).into_iter().map(|(id, logit)| (id, (f64::from(logit) - normaliser) as f32)).collect()
}

/// A token's natural log-probability.
pub(crate) fn logprob(logits: &[f32], id: u32) -> f32 {
    (f64::from(logits[id as usize]) - normaliser(logits)) as f32
}

/// What is taken from a logit to make it a log-probability.
fn normaliser(logits: &[f32]) -> f64 {
    let max = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - max).exp()).sum();
    max + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOGITS: [f32; 5] = [1.0, 4.0, f32::NEG_INFINITY, 4.0, 3.5];

    fn draws(sampling: &Sampling, recent: &[u32]) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling.clone());
        (0..200).map(|_| sampler.choose(&mut LOGITS.clone(), recent).expect("finite")).collect()
    }

    fn wild() -> Sampling {
        Sampling { temperature: 5.0, top_k: 0, top_p: 1.0, min_p: 0.0, ..Sampling::default() }
    }

    /// The set of tokens that are ever drawn.
    fn check(sampling: Sampling, recent: &[u32], expected: &[u32]) {
        let mut drawn = draws(&sampling, recent);
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, expected, "{sampling:?}");
    }

    #[test]
    fn each_setting_narrows_what_is_drawn() {
        check(Sampling::default(), &[], &[1]);
        check(wild(), &[], &[0, 1, 3, 4]);
        check(Sampling { top_k: 2, ..wild() }, &[], &[1, 3]);
        check(Sampling { top_k: 1, ..wild() }, &[], &[1]);
        check(Sampling { min_p: 0.5, ..wild() }, &[], &[1, 3, 4]);
        check(Sampling { top_p: 0.5, ..wild() }, &[], &[1, 3]);
        check(Sampling { top_p: 0.0, ..wild() }, &[], &[1]);
        check(Sampling { repetition_penalty: 2.0, ..Sampling::default() }, &[1], &[3]);
        check(Sampling { repetition_penalty: 2.0, repetition_tokens: 1, ..Sampling::default() }, &[1, 3], &[1]);
    }

    #[test]
    fn a_seed_decides_and_nothing_else() {
        assert_eq!(draws(&wild(), &[]), draws(&wild(), &[]));
        assert_ne!(draws(&wild(), &[]), draws(&Sampling { seed: 1, ..wild() }, &[]));
    }

    #[test]
    fn no_finite_logit_is_no_token() {
        let mut sampler = Sampler::new(wild());
        assert_eq!(sampler.choose(&mut [f32::NAN, f32::NEG_INFINITY], &[]), None);
        assert_eq!(Sampler::new(Sampling::default()).choose(&mut [f32::NAN], &[]), None);
    }

    #[test]
    fn settings_out_of_range_are_named() {
        for (sampling, name) in [
            (Sampling { temperature: f32::NAN, ..wild() }, "temperature is NaN"),
            (Sampling { top_p: 1.5, ..wild() }, "top-p is 1.5, expected 0 to 1"),
            (Sampling { repetition_penalty: 0.0, ..wild() }, "repetition penalty"),
        ] {
            assert!(sampling.check().expect_err(name).to_string().contains(name));
        }
    }

    proptest! {
        #[test]
        fn logprobs_are_ordered_and_sum_to_one(logits in proptest::collection::vec(-30f32..30.0, 1..50)) {
            let all = top_logprobs(&logits, logits.len());
            prop_assert!(all.windows(2).all(|pair| pair[0].1 >= pair[1].1));
            let sum: f64 = all.iter().map(|(_, logprob)| f64::from(*logprob).exp()).sum();
            prop_assert!((sum - 1.0).abs() < 1e-4, "{}", sum);
            let greedy = Sampler::new(Sampling::default()).choose(&mut logits.clone(), &[]);
            prop_assert_eq!(greedy, Some(all[0].0));
            prop_assert_eq!(&top_logprobs(&logits, 3)[..], &all[..all.len().min(3)]);
        }
    }
}
