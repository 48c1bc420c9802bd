//! The flat batch against candle's decoder, and against itself in other batches.

use super::super::batch::{BLOCK_TOKENS, BlockId, Part, StepModel as _};
use super::super::gguf::Gguf;
use super::nano::Nano;
use super::{Decoder, FlatModel};
use crate::kernels::{Level, Precision};
use candle_core::Device;
use candle_core::quantized::GgmlDType;

/// Blocks of each sequence of a test.
const PER_SEQUENCE: usize = 12;

fn flat(nano: &Nano, precision: Precision, level: Level) -> FlatModel {
    let (_folder, path) = nano.write();
    let mut gguf = Gguf::open(&path).expect("a GGUF file");
    let mut model = FlatModel::load_at(&mut gguf, precision, level).expect("a good model");
    model.set_num_blocks(8 * PER_SEQUENCE).expect("memory");
    model
}

fn ids(seed: u32, count: usize) -> Vec<u32> {
    (0..count as u32).map(|i| (i * 37 + i * i + seed * 101) % 256).collect()
}

/// Blocks of a sequence, in an order of their own.
fn blocks(sequence: usize) -> Vec<BlockId> {
    (0..PER_SEQUENCE).map(|i| BlockId((i * 8 + sequence) as u32)).rev().collect()
}

/// Logits after `ids`, which come in steps of `size` tokens.
fn alone(model: &mut FlatModel, ids: &[u32], sequence: usize, size: usize) -> Vec<f32> {
    let (blocks, mut last) = (blocks(sequence), Vec::new());
    for (index, ids) in ids.chunks(size).enumerate() {
        let part = Part { ids, earlier: index * size, blocks: &blocks, num_logits: 1 };
        last = model.step(&[part]).expect("a step");
    }
    last
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn the_flat_batch_computes_what_candle_does() {
    let ids = ids(1, 70);
    for architecture in ["llama", "qwen2", "qwen3"] {
        for (dtype, bound) in [
            (GgmlDType::F32, 1e-4),
            (GgmlDType::F16, 1e-2), // candle rounds the rows to 16 bits as well
            // Of the other types candle takes no rows as short as these.
            (GgmlDType::Q4_0, 0.1),
            (GgmlDType::Q8_0, 0.1),
        ] {
            let nano = Nano { dtype, ..Nano::of(architecture) };
            let (_folder, path) = nano.write();
            let decoder = Decoder::load(&mut Gguf::open(&path).expect("a file"), &Device::Cpu).expect("a good model");
            let expected = decoder.forward(&ids, &mut decoder.new_cache()).expect("a step");
            assert!(difference(&expected, &vec![0.0; expected.len()]) > 1.0, "logits that say nothing");
            for level in Level::all() {
                let worst = difference(&expected, &alone(&mut flat(&nano, Precision::Full, level), &ids, 0, 70));
                assert!(worst < bound, "{architecture} {dtype:?} {level:?}: {worst}");
                // Rounding keys and values to 16 bits changes little.
                let worst = difference(&expected, &alone(&mut flat(&nano, Precision::Half, level), &ids, 0, 70));
                assert!(worst < bound + 0.02, "{architecture} {dtype:?} {level:?} with f16 keys: {worst}");
            }
        }
    }
}

/// Each row of a product and each query is computed by itself, in the same order whatever stands beside it: so no tolerance.
#[test]
fn alone_in_a_batch_in_chunks_and_after_a_copied_prefix_is_the_same() {
    for dtype in [GgmlDType::F32, GgmlDType::Q4_1, GgmlDType::Q8_0] {
        let nano = Nano { dtype, ..Nano::default() };
        for level in Level::all() {
            let mut model = flat(&nano, Precision::Half, level);
            let prompts = [ids(1, 130), ids(2, 33), ids(3, 1), ids(4, 300)];
            let expected: Vec<_> = prompts.iter().map(|ids| alone(&mut model, ids, 0, ids.len())).collect();
            for (ids, expected) in prompts.iter().zip(&expected) {
                assert_eq!(&alone(&mut model, ids, 1, 1), expected, "{level:?} {dtype:?} token by token");
                assert_eq!(&alone(&mut model, ids, 1, 64), expected, "{level:?} {dtype:?} in chunks");
            }
            let tables: Vec<_> = (0..prompts.len()).map(|i| blocks(i + 2)).collect();
            let part = |i: usize, earlier: usize, count: usize, num_logits: usize| Part {
                ids: &prompts[i][earlier..earlier + count],
                earlier,
                blocks: &tables[i],
                num_logits,
            };
            model.step(&[part(3, 0, 100, 0), part(0, 0, 129, 1)]).expect("a step");
            let last = [part(0, 129, 1, 1), part(3, 100, 150, 0), part(1, 0, 33, 1), part(2, 0, 1, 1)];
            let logits = model.step(&last).expect("a step");
            let together = [&expected[0][..], &expected[1], &expected[2]].concat();
            assert_eq!(logits, together, "{level:?} {dtype:?} in a batch");
            let logits = model.step(&[part(3, 250, 50, 50)]).expect("a step");
            assert_eq!(&logits[49 * model.vocab()..], &expected[3][..], "{level:?} {dtype:?} with all rows' logits");

            // A second sequence shares three blocks and goes on in a copy of the fourth, after four of its tokens.
            let mut own = blocks(7);
            own[..3].copy_from_slice(&tables[0][..3]);
            model.copy_block(tables[0][3], own[3], 100 - 3 * BLOCK_TOKENS);
            let rest = Part { ids: &prompts[0][100..], earlier: 100, blocks: &own, num_logits: 1 };
            assert_eq!(model.step(&[rest]).expect("a step"), expected[0], "{level:?} {dtype:?} after a shared prefix");
        }
    }
}
