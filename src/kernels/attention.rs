//! Causal attention of a step's rows over blocks: scores, softmax and mix in one go, block by block, with the largest score
//! so far taken off (online softmax). The heads that share keys, and some rows, go over a block together.
//!
//! Online softmax: Milakov and Gimelshein, "Online normalizer calculation for softmax", arXiv:1805.02867.

#![allow(unsafe_code, reason = "the call of code for a detected processor; tasks write different heads and rows")]

use super::cache::{BLOCK_TOKENS, Cache, Element, Head, Shape, Span, Store, head};
use super::level::{Level, Path};
use super::pool::{Pool, Shares};

/// Queries, rows times heads that share keys, that go over a block together.
const MAX_QUERIES: usize = 48;

/// Blocks that are gone over before the sums are joined to those of the blocks before.
const SEGMENT_BLOCKS: usize = 8;

/// What a task keeps of its queries between blocks.
struct State {
    queries: Vec<f32>,                // (queries, key_dim), scaled
    scores: Vec<[f32; BLOCK_TOKENS]>, // (queries), then the weights
    mixed: Vec<f32>,                  // (queries, value_stride)
    largest: Vec<f32>,                // (queries)
    total: Vec<f32>,                  // (queries)
}

/// Rows of one span and one head of its keys.
#[derive(Debug, Clone, Copy)]
struct Task<'a> {
    span: Span<'a>,
    head: usize,
    /// Rows of the span.
    first: usize,
    count: usize,
}

/// Attention of `queries`, `(rows, num_heads * group * key_dim)`, over all tokens up to each row's own, whose keys and
/// values are in the cache already; `mixed` is `(rows, num_heads * group * value_dim)`.
///
/// # Panics
/// If sizes do not fit, or a block is not there.
pub(crate) fn attention(
    pool: &Pool,
    cache: &Cache,
    layer: usize,
    spans: &[Span<'_>],
    queries: &[f32],
    mixed: &mut [f32],
) {
    let shape = cache.shape;
    let rows_per_task = (MAX_QUERIES / shape.group).max(1);
    let mut tasks = Vec::new();
    for span in spans {
        for first in (0..span.num_rows).step_by(rows_per_task) {
            let count = rows_per_task.min(span.num_rows - first);
            tasks.extend((0..shape.num_heads).map(|head| Task { span: *span, head, first, count }));
        }
    }
    // Those that see most come first, so that none of them is left for the end.
    tasks.sort_by_key(|task| std::cmp::Reverse((task.span.earlier + task.first) * task.count));
    // Few tasks are split by what they go over as well, always at the same tokens: nothing depends on who else is in a step.
    let (level, is_split) = (pool.level(), tasks.len() < pool.num_threads() * 2);
    let mixed = Shares::new(mixed);
    let run = |task: &Task<'_>, segment: usize| task.segment(level, cache, layer, queries, segment);
    if !is_split {
        pool.run(tasks.len(), |index| {
            let task = &tasks[index];
            // SAFETY: no two tasks have both a row and a head in common.
            unsafe { task.finish(&shape, (0..task.num_segments()).map(|segment| run(task, segment)), &mixed) };
        });
        return;
    }
    let pieces: Vec<_> = tasks.iter().flat_map(|task| (0..task.num_segments()).map(move |i| (task, i))).collect();
    let mut states: Vec<Option<State>> = pieces.iter().map(|_| None).collect();
    let places = Shares::new(&mut states);
    pool.run(pieces.len(), |index| {
        let (task, segment) = pieces[index];
        // SAFETY: each piece has a place of its own.
        let place = unsafe { places.piece(index, 1) };
        place[0] = Some(run(task, segment));
    });
    let mut states = states.into_iter().flatten();
    for task in &tasks {
        // SAFETY: nothing else is running.
        unsafe { task.finish(&shape, states.by_ref().take(task.num_segments()), &mixed) };
    }
}

impl Task<'_> {
    /// Blocks that the last row sees.
    fn num_blocks(&self) -> usize {
        (self.span.earlier + self.first + self.count).div_ceil(BLOCK_TOKENS)
    }

    fn num_segments(&self) -> usize {
        self.num_blocks().div_ceil(SEGMENT_BLOCKS)
    }

    /// Goes over one segment of the blocks.
    fn segment(&self, level: Level, cache: &Cache, layer: usize, queries: &[f32], segment: usize) -> State {
        let shape = &cache.shape;
        let mut state = State::new(shape, self, queries);
        let range = segment * SEGMENT_BLOCKS..self.num_blocks().min((segment + 1) * SEGMENT_BLOCKS);
        match &cache.store {
            Store::Half(blocks) => {
                self.add_blocks(level, shape, range, &mut state, |block| head(shape, blocks, block, layer, self.head))
            }
            Store::Full(blocks) => {
                self.add_blocks(level, shape, range, &mut state, |block| head(shape, blocks, block, layer, self.head))
            }
        }
        state
    }

    /// Goes over blocks of the span, each of which `find` knows.
    fn add_blocks<'b, E: Element + 'b>(
        &self,
        level: Level,
        shape: &Shape,
        range: std::ops::Range<usize>,
        state: &mut State,
        find: impl Fn(u32) -> Head<'b, E>,
    ) {
        let last = range.end - 1;
        for index in range {
            // The first row sees this many of the block's tokens, each row one more than the one before.
            let first_seen = (self.span.earlier + self.first + 1) as isize - (index * BLOCK_TOKENS) as isize;
            let this = find(self.span.blocks[index]);
            let next = (index < last).then(|| find(self.span.blocks[index + 1]));
            state.add(level, shape, &this, next, first_seen);
        }
    }

    /// Joins the segments and writes what they mixed.
    ///
    /// # Safety
    /// Nobody else uses these rows of this head.
    unsafe fn finish(&self, shape: &Shape, segments: impl Iterator<Item = State>, mixed: &Shares<'_, f32>) {
        let stride = shape.value_stride();
        let state = segments.reduce(|whole, next| whole.join(&next, stride)).expect("a row sees itself");
        let width = shape.group * shape.value_dim;
        for row in 0..self.count {
            let at = ((self.span.first_row + self.first + row) * shape.num_heads + self.head) * width;
            // SAFETY: the caller's promise.
            let to = unsafe { mixed.piece(at, width) };
            for (member, to) in to.chunks_exact_mut(shape.value_dim).enumerate() {
                let query = row * shape.group + member;
                let scale = 1.0 / state.total[query];
                to.iter_mut().zip(&state.mixed[query * stride..]).for_each(|(to, number)| *to = number * scale);
            }
        }
    }
}

impl State {
    fn new(shape: &Shape, task: &Task<'_>, queries: &[f32]) -> Self {
        let (count, width) = (task.count * shape.group, shape.group * shape.key_dim);
        let scale = 1.0 / (shape.key_dim as f32).sqrt();
        let mut scaled = Vec::with_capacity(count * shape.key_dim);
        for row in task.first..task.first + task.count {
            let at = ((task.span.first_row + row) * shape.num_heads + task.head) * width;
            scaled.extend(queries[at..at + width].iter().map(|number| number * scale));
        }
        Self {
            queries: scaled,
            scores: vec![[0.0; BLOCK_TOKENS]; count],
            mixed: vec![0.0; count * shape.value_stride()],
            largest: vec![f32::NEG_INFINITY; count],
            total: vec![0.0; count],
        }
    }

    /// This and what came after it.
    fn join(mut self, next: &Self, stride: usize) -> Self {
        for query in 0..self.total.len() {
            let largest = self.largest[query].max(next.largest[query]);
            let (ours, theirs) = ((self.largest[query] - largest).exp(), (next.largest[query] - largest).exp());
            let numbers = query * stride..(query + 1) * stride;
            for (number, next) in self.mixed[numbers.clone()].iter_mut().zip(&next.mixed[numbers]) {
                *number = *number * ours + next * theirs;
            }
            self.total[query] = self.total[query] * ours + next.total[query] * theirs;
            self.largest[query] = largest;
        }
        self
    }

    /// Goes on by one block; the `next` one is on its way from memory meanwhile.
    fn add<E: Element>(
        &mut self,
        level: Level,
        shape: &Shape,
        head: &Head<'_, E>,
        next: Option<Head<'_, E>>,
        first_seen: isize,
    ) {
        match level.path() {
            Path::Twin => twin(shape, head, first_seen, self),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is proof of AVX2, FMA and F16C.
            _ => unsafe {
                wide::block(shape, head, next, first_seen, self);
            },
        }
    }
}

/// How many of a block's tokens a query's row sees.
fn seen(first_seen: isize, row: usize) -> usize {
    (first_seen + row as isize).clamp(0, BLOCK_TOKENS as isize) as usize
}

/// The scalar twin of a block with all queries.
fn twin<E: Element>(shape: &Shape, head: &Head<'_, E>, first_seen: isize, state: &mut State) {
    let stride = shape.value_stride();
    for (index, query) in state.queries.chunks_exact(shape.key_dim).enumerate() {
        let seen = seen(first_seen, index / shape.group);
        let score = |token: usize| query.iter().zip(head.keys).map(|(q, keys)| q * keys[token].get()).sum::<f32>();
        let scores: Vec<f32> = (0..seen).map(score).collect();
        let largest = scores.iter().fold(state.largest[index], |largest, score| largest.max(*score));
        if seen == 0 {
            continue;
        }
        let less = (state.largest[index] - largest).exp();
        let mixed = &mut state.mixed[index * stride..][..shape.value_dim];
        mixed.iter_mut().for_each(|number| *number *= less);
        state.total[index] *= less;
        for (token, score) in scores.iter().enumerate() {
            let weight = (score - largest).exp();
            state.total[index] += weight;
            let values = &head.values[token * stride..];
            mixed.iter_mut().zip(values).for_each(|(number, value)| *number += weight * value.get());
        }
        state.largest[index] = largest;
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use super::super::avx2::{floats, store};
    use super::super::vector::exp;
    use super::*;
    use std::arch::x86_64::*;

    /// Queries whose sums are in registers at the same time: of three or four queries two vectors each, of fewer four.
    const FEW: usize = 4;

    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    fn load<E: Element>(eight: &[E; 8]) -> __m256 {
        // SAFETY: this function is compiled for processors with AVX2 and F16C.
        unsafe { E::load(eight) }
    }

    /// Asks for all that stands in `numbers`. Blocks are scattered, so the processor does not see by itself what comes next.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn prefetch<E>(numbers: &[E]) {
        for line in numbers.chunks(64 / size_of::<E>()) {
            _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
        }
    }

    /// A block with all queries.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn block<E: Element>(
        shape: &Shape,
        head: &Head<'_, E>,
        next: Option<Head<'_, E>>,
        first_seen: isize,
        state: &mut State,
    ) {
        let dim = shape.key_dim;
        if let Some(next) = next {
            prefetch(next.keys.as_flattened());
            prefetch(next.values);
        }
        for (queries, scores) in state.queries.chunks(FEW * dim).zip(state.scores.chunks_mut(FEW)) {
            match scores.len() {
                1 => score::<E, 1, 4>(queries, dim, head, scores),
                2 => score::<E, 2, 4>(queries, dim, head, scores),
                3 => score::<E, 3, 2>(queries, dim, head, scores),
                _ => score::<E, FEW, 2>(queries, dim, head, scores),
            }
        }
        let (stride, count) = (shape.value_stride(), state.scores.len());
        for index in 0..count {
            let seen = seen(first_seen, index / shape.group);
            soften(state, index, seen, stride);
        }
        let most = seen(first_seen, (count - 1) / shape.group);
        for (weights, mixed) in state.scores.chunks(FEW).zip(state.mixed.chunks_mut(FEW * stride)) {
            let values = &head.values[..most * stride];
            match weights.len() {
                1 => mix::<E, 1, 4>(weights, values, mixed, stride),
                2 => mix::<E, 2, 4>(weights, values, mixed, stride),
                3 => mix::<E, 3, 2>(weights, values, mixed, stride),
                _ => mix::<E, FEW, 2>(weights, values, mixed, stride),
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn score<E: Element, const N: usize, const C: usize>(
        queries: &[f32],
        dim: usize,
        head: &Head<'_, E>,
        scores: &mut [[f32; BLOCK_TOKENS]],
    ) {
        let queries: [&[f32]; N] = std::array::from_fn(|n| &queries[n * dim..(n + 1) * dim]);
        for first in (0..BLOCK_TOKENS / 8).step_by(C) {
            let mut sums = [[_mm256_setzero_ps(); C]; N];
            for (d, keys) in head.keys[..dim].iter().enumerate() {
                let keys: &[[E; 8]; C] = keys.as_chunks::<8>().0[first..].first_chunk().expect("C divides four");
                let keys: [__m256; C] = std::array::from_fn(|c| load(&keys[c]));
                for (sums, query) in sums.iter_mut().zip(&queries) {
                    let query = _mm256_set1_ps(query[d]);
                    for (sum, keys) in sums.iter_mut().zip(keys) {
                        *sum = _mm256_fmadd_ps(query, keys, *sum);
                    }
                }
            }
            for (scores, sums) in scores.iter_mut().zip(sums) {
                for (to, sum) in scores.as_chunks_mut::<8>().0[first..].iter_mut().zip(sums) {
                    store(to, sum);
                }
            }
        }
    }

    /// Scores to weights, and what was mixed so far to the new largest score.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn soften(state: &mut State, index: usize, seen: usize, stride: usize) {
        let scores = &mut state.scores[index];
        scores[seen..].fill(f32::NEG_INFINITY);
        if seen == 0 {
            return scores.fill(0.0);
        }
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| floats(&scores.as_chunks::<8>().0[i]));
        let most = _mm256_max_ps(_mm256_max_ps(a, b), _mm256_max_ps(c, d));
        let mut eight = [0.0; 8];
        store(&mut eight, most);
        let old = state.largest[index];
        let largest = eight.iter().fold(old, |largest, score| largest.max(*score));
        let mut sums = [0.0; 8];
        for scores in scores.as_chunks_mut::<8>().0 {
            for (sum, score) in sums.iter_mut().zip(scores) {
                *score = exp(*score - largest);
                *sum += *score;
            }
        }
        let total: f32 = sums.iter().sum();
        if largest > old {
            let less = exp(old - largest);
            state.mixed[index * stride..(index + 1) * stride].iter_mut().for_each(|number| *number *= less);
            state.total[index] *= less;
            state.largest[index] = largest;
        }
        state.total[index] += total;
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn mix<E: Element, const N: usize, const C: usize>(
        weights: &[[f32; BLOCK_TOKENS]],
        values: &[E],
        mixed: &mut [f32],
        stride: usize,
    ) {
        let mut at = 0;
        while at + 8 * C <= stride {
            mix_columns::<E, N, C>(weights, values, mixed, (at, stride));
            at += 8 * C;
        }
        while at < stride {
            mix_columns::<E, N, 1>(weights, values, mixed, (at, stride));
            at += 8;
        }
    }

    /// `C` vectors of columns from `at`.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn mix_columns<E: Element, const N: usize, const C: usize>(
        weights: &[[f32; BLOCK_TOKENS]],
        values: &[E],
        mixed: &mut [f32],
        (at, stride): (usize, usize),
    ) {
        let weights: &[[f32; BLOCK_TOKENS]; N] = weights.first_chunk().expect("as many weights as queries");
        let mut sums = [[_mm256_setzero_ps(); C]; N];
        for (token, values) in values.chunks_exact(stride).take(BLOCK_TOKENS).enumerate() {
            let values: &[[E; 8]; C] = values[at..].as_chunks().0.first_chunk().expect("columns up to the stride");
            let values: [__m256; C] = std::array::from_fn(|c| load(&values[c]));
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let weight = _mm256_set1_ps(weights[token]);
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = _mm256_fmadd_ps(weight, value, *sum);
                }
            }
        }
        for (mixed, sums) in mixed.chunks_exact_mut(stride).zip(sums) {
            for (to, sum) in mixed[at..].as_chunks_mut::<8>().0.iter_mut().zip(sums) {
                let new = _mm256_add_ps(floats(to), sum);
                store(to, new);
            }
        }
    }
}
