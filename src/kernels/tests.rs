//! Every kernel against its scalar twin and against plain f64 arithmetic, over random shapes.

use super::*;
use proptest::prelude::*;

const FORMATS: &[Format] = &[
    Format::F32,
    Format::F16,
    Format::Bf16,
    Format::Q4_0,
    Format::Q4_1,
    Format::Q5_0,
    Format::Q5_1,
    Format::Q8_0,
    Format::Q4K,
    Format::Q5K,
    Format::Q6K,
];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn number(&mut self) -> f32 {
        self.next() as f32 / (1u64 << 30) as f32 - 1.0
    }

    /// A weight's bytes: any bits for numbers, small f16 for scales.
    fn weight(&mut self, format: Format, count: usize) -> Vec<u8> {
        let (_, block) = format.block();
        let scales: &[usize] = match format {
            Format::F32 => return (0..count).flat_map(|_| self.number().to_le_bytes()).collect(),
            Format::F16 => return (0..count).flat_map(|_| half::f16::from_f32(self.number()).to_le_bytes()).collect(),
            Format::Bf16 => {
                return (0..count).flat_map(|_| half::bf16::from_f32(self.number()).to_le_bytes()).collect();
            }
            Format::Q4_1 | Format::Q5_1 | Format::Q4K | Format::Q5K => &[0, 2],
            Format::Q6K => &[208],
            Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => &[0],
        };
        let mut bytes: Vec<u8> = (0..count * block).map(|_| self.next() as u8).collect();
        for block in bytes.chunks_exact_mut(block) {
            for at in scales {
                block[*at..at + 2].copy_from_slice(&half::f16::from_f32(self.number() * 0.01).to_le_bytes());
            }
        }
        bytes
    }

    fn packed(&mut self, format: Format, outputs: usize, blocks: usize) -> Packed {
        let inputs = blocks * format.block().0;
        let pool = Pool::new(2, Level::best());
        let bytes = self.weight(format, outputs * blocks);
        Packed::new((&pool, &mut Memory::default()), format, (outputs, inputs), &bytes).expect("whole blocks")
    }

    fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.number()).collect()
    }
}

fn product(level: Level, weight: &Packed, x: &[f32]) -> Vec<f32> {
    let pool = Pool::new(2, level);
    let mut rows = Rows::default();
    rows.set(&pool, x, weight.inputs(), Forms::default().and(weight.kind()));
    let mut out = vec![0.0; x.len() / weight.inputs() * weight.outputs()];
    products(&pool, &rows, &mut [Job { weight, bias: None, out: &mut out, sink: Sink::Store }]);
    out
}

/// The product with the numbers that [`Packed::row`] gives, and the sum of its terms' sizes.
fn plain(weight: &Packed, x: &[f32]) -> Vec<(f64, f64)> {
    let (mut row, mut out) = (vec![0.0; weight.inputs()], Vec::new());
    for x in x.chunks_exact(weight.inputs()) {
        for output in 0..weight.outputs() {
            weight.row(output, &mut row);
            let terms = row.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x));
            out.push(terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs())));
        }
    }
    out
}

/// Attention as it is defined, in f64.
fn attended(shape: &Shape, parts: &[(usize, usize)], sequences: &[(Vec<f32>, Vec<f32>)], queries: &[f32]) -> Vec<f64> {
    let Shape { num_heads, group, key_dim, value_dim, .. } = *shape;
    let mut queries = queries.chunks_exact(key_dim);
    let mut out = Vec::new();
    for ((earlier, rows), (keys, values)) in parts.iter().zip(sequences) {
        for row in 0..*rows {
            for head in (0..num_heads * group).map(|head| head / group) {
                let query = queries.next().expect("a query for each row and head");
                let score = |token: usize| {
                    let key = &keys[(token * num_heads + head) * key_dim..][..key_dim];
                    let dot: f64 = query.iter().zip(key).map(|(q, k)| f64::from(*q) * f64::from(*k)).sum();
                    (dot / (key_dim as f64).sqrt()).exp()
                };
                let weights: Vec<f64> = (0..earlier + row + 1).map(score).collect();
                let total: f64 = weights.iter().sum();
                out.extend((0..value_dim).map(|i| {
                    let value = |token: usize| f64::from(values[(token * num_heads + head) * value_dim + i]);
                    weights.iter().enumerate().map(|(token, weight)| weight * value(token)).sum::<f64>() / total
                }));
            }
        }
    }
    out
}

/// The same by the kernels: the earlier tokens are written first, then those of the step.
fn step(
    level: Level,
    shape: Shape,
    parts: &[(usize, usize)],
    sequences: &[(Vec<f32>, Vec<f32>)],
    queries: &[f32],
) -> Vec<f32> {
    let pool = Pool::new(2, level);
    let blocks: Vec<Vec<u32>> =
        (0..parts.len()).map(|i| (0..10).map(|b| (b * parts.len() + i) as u32).collect()).collect();
    let mut cache = Cache::new(shape, 10 * parts.len()).expect("memory");
    let (key, value) = (shape.num_heads * shape.key_dim, shape.num_heads * shape.value_dim);
    let (mut spans, mut all_keys, mut all_values, mut first_row) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for ((part, (keys, values)), blocks) in parts.iter().zip(sequences).zip(&blocks) {
        let (earlier, num_rows) = *part;
        if earlier > 0 {
            let before = Span { first_row: 0, num_rows: earlier, earlier: 0, blocks };
            cache.write(&pool, 1, &[before], &keys[..earlier * key], &values[..earlier * value]);
        }
        spans.push(Span { first_row, num_rows, earlier, blocks });
        all_keys.extend_from_slice(&keys[earlier * key..]);
        all_values.extend_from_slice(&values[earlier * value..]);
        first_row += num_rows;
    }
    cache.write(&pool, 1, &spans, &all_keys, &all_values);
    let mut mixed = vec![f32::NAN; first_row * shape.num_heads * shape.group * shape.value_dim];
    attention(&pool, &cache, 1, &spans, queries, &mut mixed);
    mixed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn attention_is_softmax_over_what_a_row_sees(
        dims in (1usize..8, 1usize..45), group in 1usize..6, heads in 1usize..3,
        parts in proptest::collection::vec((0usize..300, 1usize..14), 1..4), full: bool, seed: u64,
    ) {
        let mut random = Random(seed);
        let precision = if full { Precision::Full } else { Precision::Half };
        let shape = Shape { num_layers: 2, num_heads: heads, group, key_dim: 2 * dims.0, value_dim: dims.1, precision };
        // Each sequence's tokens, all of them: those earlier, then those of the step.
        let sequences: Vec<_> = parts.iter().map(|(earlier, rows)| {
            let tokens = earlier + rows;
            (random.numbers(tokens * heads * shape.key_dim), random.numbers(tokens * heads * shape.value_dim))
        }).collect();
        let num_rows = parts.iter().map(|(_, rows)| rows).sum::<usize>();
        let queries: Vec<f32> = random.numbers(num_rows * heads * group * shape.key_dim).iter().map(|q| q * 4.0).collect();
        let expected = attended(&shape, &parts, &sequences, &queries);
        for level in Level::all() {
            let mixed = step(level, shape, &parts, &sequences, &queries);
            for (ours, expected) in mixed.iter().zip(&expected) {
                prop_assert!((f64::from(*ours) - expected).abs() < if full { 1e-5 } else { 2e-3 }, "{level:?}: {ours} {expected}");
            }
        }
    }

    #[test]
    fn products_are_their_twins_and_near_the_plain_product(
        format in proptest::sample::select(FORMATS), rows in 1usize..40, outputs in 1usize..40, blocks in 1usize..6, seed: u64,
    ) {
        let mut random = Random(seed);
        let weight = random.packed(format, outputs, blocks);
        let x = random.numbers(rows * weight.inputs());
        let plain = plain(&weight, &x);
        let twin = product(Level::all()[0], &weight, &x);
        for level in Level::all() {
            let ours = product(level, &weight, &x);
            for ((ours, twin), (exact, size)) in ours.iter().zip(&twin).zip(&plain) {
                prop_assert!((ours - twin).abs() <= 1e-5 * *size as f32 + 1e-6, "{level:?} {format:?}: {ours}, twin {twin}");
                // Rounding a row takes at most 1/254 of its largest number off each.
                prop_assert!((f64::from(*ours) - exact).abs() <= 0.02 * size + 1e-5, "{level:?} {format:?}: {ours} {exact}");
            }
        }
    }
}
