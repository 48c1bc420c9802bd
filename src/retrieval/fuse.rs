//! Two lists of scores to one: the sum of their z-scores.
//!
//! Scores keep what ranks lose: how far the best is ahead. Both lists are cut at their best; the cosine of a chunk that
//! only the words found is known all the same, and a chunk that only the vectors found counts as the last by words.

use crate::library::Hit;
use crate::passage::ChunkId;
use std::collections::BTreeMap;

/// The chunks of both lists, best first. `beyond` holds the cosines of chunks that are in `by_words` alone.
pub(super) fn fuse(by_vector: &[Hit], beyond: &[Hit], by_words: &[Hit]) -> Vec<Hit> {
    let all = by_vector.iter().chain(beyond).chain(by_words);
    let mut sums: BTreeMap<ChunkId, f32> = all.map(|hit| (hit.chunk, 0.0)).collect();
    for (list, beyond) in [(by_vector, beyond), (by_words, &[])] {
        let Some(scale) = Scale::of(list) else { continue };
        let scores: BTreeMap<ChunkId, f32> = list.iter().chain(beyond).map(|hit| (hit.chunk, hit.score)).collect();
        for (chunk, sum) in &mut sums {
            *sum += scale.z(scores.get(chunk).copied().unwrap_or(scale.min));
        }
    }
    let mut fused: Vec<Hit> = sums.into_iter().map(|(chunk, score)| Hit { chunk, score }).collect();
    fused.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
    fused
}

/// How the scores of a list are spread.
struct Scale {
    mean: f32,
    deviation: f32,
    min: f32,
}

impl Scale {
    fn of(list: &[Hit]) -> Option<Self> {
        let min = list.iter().map(|hit| hit.score).reduce(f32::min)?;
        let count = list.len() as f32;
        let mean = list.iter().map(|hit| hit.score).sum::<f32>() / count;
        let deviation = (list.iter().map(|hit| (hit.score - mean).powi(2)).sum::<f32>() / count).sqrt();
        Some(Self { mean, deviation, min })
    }

    /// Deviations above the mean; 0 where all scores are alike.
    fn z(&self, score: f32) -> f32 {
        if self.deviation > f32::EPSILON { (score - self.mean) / self.deviation } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(list: &[(i64, f32)]) -> Vec<Hit> {
        list.iter().map(|(chunk, score)| Hit { chunk: ChunkId(*chunk), score: *score }).collect()
    }

    fn order(a: &[(i64, f32)], b: &[(i64, f32)]) -> Vec<i64> {
        fuse(&hits(a), &[], &hits(b)).iter().map(|hit| hit.chunk.0).collect()
    }

    #[test]
    fn a_clear_lead_in_one_list_outweighs_a_narrow_one_in_the_other() {
        assert_eq!(order(&[(1, 0.9), (2, 0.4), (3, 0.38)], &[(2, 3.1), (1, 3.0), (3, 1.0)]), [1, 2, 3]);
    }

    #[test]
    fn a_chunk_that_only_the_words_found_keeps_its_cosine() {
        let (by_vector, by_words) = (hits(&[(1, 0.9), (2, 0.5)]), hits(&[(3, 5.0), (4, 5.0), (1, 1.0)]));
        let fused = fuse(&by_vector, &hits(&[(3, 0.1), (4, 0.45)]), &by_words);
        assert_eq!(fused.iter().map(|hit| hit.chunk.0).collect::<Vec<_>>(), [1, 4, 3, 2]);
    }

    #[test]
    fn lists_may_be_empty_of_one_or_of_equals() {
        assert_eq!(order(&[], &[]), [0_i64; 0]);
        assert_eq!(order(&[(7, 0.2)], &[]), [7]);
        assert_eq!(order(&[(2, 0.5), (1, 0.5)], &[(3, 1.0)]), [1, 2, 3]);
        assert_eq!(order(&[(1, 0.5), (2, 0.1)], &[(2, 4.0), (3, 1.0)]), [1, 2, 3]);
        assert!(fuse(&hits(&[(1, 0.5)]), &[], &hits(&[(1, 2.0)]))[0].score.is_finite());
    }
}
