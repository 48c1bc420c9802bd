//! What encoders of texts use, at every level of this processor, against the same in f64.

use super::*;
use std::ops::Range;

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    let mut state = seed as u32 ^ 0x2545_F491;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn sheet(rows: usize, width: usize, seed: usize) -> Sheet {
    let mut sheet = Sheet::new(rows, width);
    for row in 0..rows {
        sheet.row_mut(row).copy_from_slice(&numbers(width, seed + row));
    }
    sheet
}

fn check_near(got: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
        let off = (f64::from(*got) - expected).abs();
        assert!(off <= tolerance * expected.abs().max(1.0), "{what}: {index} is {got}, expected {expected}");
    }
}

#[test]
fn a_product_of_any_size_is_the_sum_it_should_be_whoever_computes_it() {
    let shapes =
        [(0, 3, 4), (1, 1, 1), (2, 5, 17), (7, 33, 16), (13, 384, 40), (6, 385, 31), (200, 40, 50), (25, 1000, 70)];
    for (rows, inputs, outputs) in shapes {
        let x = sheet(rows, inputs, 3);
        let (weight, bias) = (numbers(inputs * outputs, 5), numbers(outputs, 7));
        let (above, below) = (outputs / 3, outputs - outputs / 3);
        let layers = [(&weight[..above * inputs], &bias[..above]), (&weight[above * inputs..], &bias[above..])];
        let matrix = Matrix::pack(inputs, &layers, &mut Memory::default()).expect("memory");
        assert_eq!(layers[1].1.len(), below);
        for level in Level::all() {
            let product = |threads, x: &Sheet, activation| {
                let mut sums = Sheet::default();
                matrix.product(&Pool::new(threads, level), x, activation, &mut sums);
                sums
            };
            let (alone, shared) = (product(1, &x, None), product(3, &x, None));
            let gated = product(2, &x, Some(Activation::Relu));
            for row in 0..rows {
                let dot = |output: usize| -> f64 {
                    let weights = &weight[output * inputs..][..inputs];
                    let products = weights.iter().zip(x.row(row)).map(|(w, x)| f64::from(*w) * f64::from(*x));
                    products.sum::<f64>() + f64::from(bias[output])
                };
                let expected: Vec<f64> = (0..outputs).map(dot).collect();
                let what = format!("{level:?} {rows} x {inputs} x {outputs}, row {row}");
                check_near(alone.row(row), &expected, 2e-5, &what);
                assert_eq!(alone.row(row), shared.row(row), "{what}");
                let positive: Vec<f32> = alone.row(row).iter().map(|x| x.max(0.0)).collect();
                assert_eq!(gated.row(row), positive, "{what}");
                // A row's sums do not depend on its neighbours.
                let mut one = Sheet::new(1, inputs);
                one.row_mut(0).copy_from_slice(x.row(row));
                assert_eq!(product(1, &one, None).row(0), alone.row(row), "{what}");
            }
        }
    }
}

fn attended(x: &Sheet, width: usize, heads: usize, text: &Range<usize>, row: usize) -> Vec<f64> {
    let size = width / heads;
    let number = |row: usize, column: usize| f64::from(x.row(row)[column]);
    let mut out = vec![0.0; width];
    for head in 0..heads {
        let columns = head * size..(head + 1) * size;
        let score = |other: usize| {
            let dot: f64 = columns.clone().map(|i| number(row, i) * number(other, width + i)).sum();
            (dot / (size as f64).sqrt()).exp()
        };
        let total: f64 = text.clone().map(score).sum();
        for column in columns.clone() {
            out[column] = text.clone().map(|other| score(other) / total * number(other, 2 * width + column)).sum();
        }
    }
    out
}

#[test]
fn every_token_attends_to_its_own_text() {
    for (width, heads, lengths) in
        [(8, 2, vec![1, 3]), (36, 3, vec![17, 100, 1]), (20, 1, vec![49]), (64, 2, vec![5, 33])]
    {
        let texts: Vec<Range<usize>> = lengths
            .iter()
            .scan(0, |end, len| {
                *end += len;
                Some(*end - len..*end)
            })
            .collect();
        let mut x = sheet(lengths.iter().sum(), 3 * width, 11);
        // Steep scores: one that the highest is not taken off of would overflow.
        x.row_mut(0).iter_mut().for_each(|x| *x *= 9.0);
        for level in Level::all() {
            for threads in [1, 3] {
                let pool = Pool::new(threads, level);
                let (mut all, mut firsts) = (Sheet::default(), Sheet::default());
                text_attention(&pool, &x, heads, &texts, Queries::All, &mut all);
                text_attention(&pool, &x, heads, &texts, Queries::First, &mut firsts);
                for (index, text) in texts.iter().enumerate() {
                    assert_eq!(firsts.row(index), all.row(text.start));
                    for row in text.clone() {
                        let what = format!("{level:?} {width} / {heads}, row {row} of {text:?}");
                        check_near(all.row(row), &attended(&x, width, heads, text, row), 1e-5, &what);
                    }
                }
            }
        }
    }
}

#[test]
fn norms_and_activations_are_near_the_exact_ones() {
    for level in Level::all() {
        for width in [1, 5, 16, 37, 384] {
            let (x, add) = (numbers(width, 1), numbers(width, 2));
            let (scale, shift) = (numbers(width, 3), numbers(width, 4));
            let mut got = x.clone();
            LayerNorm { scale: &scale, shift: &shift, eps: 1e-5 }.apply(level, &mut got, &add);
            let sums: Vec<f64> = x.iter().zip(&add).map(|(x, add)| f64::from(*x) + f64::from(*add)).collect();
            let mean = sums.iter().sum::<f64>() / width as f64;
            let root = (sums.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64 + 1e-5).sqrt();
            let expected = sums.iter().zip(scale.iter().zip(&shift));
            let expected = expected.map(|(x, (a, b))| (x - mean) / root * f64::from(*a) + f64::from(*b));
            check_near(&got, &expected.collect::<Vec<_>>(), 1e-5, &format!("{level:?} norm of {width}"));
        }
        let x: Vec<f32> = (-4000..4000).map(|i| i as f32 / 300.0).chain([-1e30, -100.0, 0.0, 100.0, 1e30]).collect();
        let tanh = |x: f64| 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044_715 * x * x * x)).tanh());
        check_activation(level, Activation::GeluTanh, &x, tanh);
        check_activation(level, Activation::Relu, &x, |x| x.max(0.0));
        check_activation(level, Activation::Gelu, &x, |x| 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)));
    }
}

fn check_activation(level: Level, activation: Activation, x: &[f32], exact: impl Fn(f64) -> f64) {
    let mut got = x.to_vec();
    activation.apply(level, &mut got);
    let expected: Vec<f64> = x.iter().map(|x| exact(f64::from(*x))).collect();
    check_near(&got, &expected, 1e-6, &format!("{level:?} {activation:?}"));
    let mut nothing = [f32::NAN; 9];
    activation.apply(level, &mut nothing);
    assert!(nothing.iter().all(|x| x.is_nan()), "{level:?} {activation:?} hides what is no number");
}

/// `2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!`
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= 2.0 * x * x / f64::from(2 * n + 1);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}
