//! Keys and values of many sequences in numbered blocks, rounded to f16. A block is taken from the system when it is first
//! written.
//!
//! Of a block and layer, each head has its keys as `(key_dim, 32)`, so that a vector holds eight tokens, and its values as
//! `(32, value_dim)`, so that a vector holds eight elements; rows of values are filled up to whole vectors.

#![allow(unsafe_code, reason = "tasks write different blocks")]

use super::format::{from_half, to_half};
use super::pool::{Pool, Shares};

/// Tokens of a block.
pub(crate) const BLOCK_TOKENS: usize = 32;
/// Rows from which on writing them is shared out.
const MIN_ROWS: usize = 16;
/// Largest f16.
const MOST: f32 = 65_504.0;

/// Whose keys and values a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) num_layers: usize,
    /// Heads of the keys and values.
    pub(crate) num_heads: usize,
    /// Heads of the queries that share one of these.
    pub(crate) group: usize,
    pub(crate) key_dim: usize,
    pub(crate) value_dim: usize,
}

impl Shape {
    /// A row of values in memory.
    pub(super) fn value_stride(&self) -> usize {
        self.value_dim.next_multiple_of(8)
    }

    fn head_len(&self) -> usize {
        BLOCK_TOKENS * (self.key_dim + self.value_stride())
    }

    /// Bytes of a block.
    pub(crate) fn block_bytes(&self) -> usize {
        self.num_layers * self.num_heads * self.head_len() * size_of::<u16>()
    }
}

/// A sequence's rows in a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<'a> {
    /// Of all rows of the step.
    pub(crate) first_row: usize,
    pub(crate) num_rows: usize,
    /// Tokens in the blocks before these.
    pub(crate) earlier: usize,
    pub(crate) blocks: &'a [u32],
}

/// The blocks.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(super) shape: Shape,
    blocks: Vec<Option<Box<[u16]>>>, // each (num_layers, num_heads, keys then values)
}

/// One head's part of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) keys: &'a [[u16; BLOCK_TOKENS]], // (key_dim, 32)
    pub(super) values: &'a [u16],               // (32, value_stride)
}

impl Cache {
    pub(crate) fn new(shape: Shape, num_blocks: usize) -> Self {
        Self { shape, blocks: vec![None; num_blocks] }
    }

    pub(crate) fn num_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Writes rows of keys `(rows, num_heads * key_dim)` and values `(rows, num_heads * value_dim)` of a layer.
    ///
    /// # Panics
    /// If sizes do not fit, a block is not there or too few are given, or a block is written by two spans.
    pub(crate) fn write(&mut self, pool: &Pool, layer: usize, spans: &[Span<'_>], keys: &[f32], values: &[f32]) {
        let shape = self.shape;
        let mut writes = Vec::new(); // (block, span, first token of the block)
        for span in spans {
            let end = span.earlier + span.num_rows;
            for index in span.earlier / BLOCK_TOKENS..end.div_ceil(BLOCK_TOKENS) {
                writes.push((span.blocks[index] as usize, span, index * BLOCK_TOKENS));
            }
        }
        writes.sort_unstable_by_key(|(block, ..)| *block);
        assert!(writes.windows(2).all(|pair| pair[0].0 != pair[1].0), "a block is written by one span");
        let len = shape.block_bytes() / size_of::<u16>();
        for (block, ..) in &writes {
            self.blocks[*block].get_or_insert_with(|| vec![0; len].into_boxed_slice());
        }
        let num_rows: usize = spans.iter().map(|span| span.num_rows).sum();
        let num_tasks = if num_rows < MIN_ROWS { 1 } else { writes.len().min(pool.num_threads() * 4) };
        let blocks = Shares::new(&mut self.blocks);
        pool.run(num_tasks, |task| {
            for (block, span, first) in &writes[task * writes.len() / num_tasks..(task + 1) * writes.len() / num_tasks]
            {
                // SAFETY: the blocks of `writes` differ, and each is in one task.
                let block = unsafe { blocks.piece(*block, 1) }[0].as_deref_mut().expect("taken above");
                let heads = block[layer * shape.num_heads * shape.head_len()..].chunks_exact_mut(shape.head_len());
                for (head, part) in heads.take(shape.num_heads).enumerate() {
                    write_head(&shape, part, (span, *first), (keys, values), head);
                }
            }
        });
    }

    /// One head's part of a block; `None` where nothing was ever written.
    pub(super) fn head(&self, block: u32, layer: usize, head: usize) -> Option<Head<'_>> {
        let block = self.blocks[block as usize].as_deref()?;
        let len = self.shape.head_len();
        let part = &block[(layer * self.shape.num_heads + head) * len..][..len];
        let (keys, values) = part.split_at(BLOCK_TOKENS * self.shape.key_dim);
        Some(Head { keys: keys.as_chunks().0, values })
    }

    /// Copies a block, whatever it holds.
    pub(crate) fn copy_block(&mut self, from: u32, to: u32) {
        let copy = self.blocks[from as usize].clone();
        self.blocks[to as usize] = copy;
    }
}

/// Writes a span's tokens of the block that begins with token `first`.
fn write_head(
    shape: &Shape,
    part: &mut [u16],
    (span, first): (&Span<'_>, usize),
    (keys, values): (&[f32], &[f32]),
    head: usize,
) {
    let Shape { num_heads, key_dim, value_dim, .. } = *shape;
    let half = |number: f32| to_half(number.clamp(-MOST, MOST));
    let (to_keys, to_values) = part.split_at_mut(BLOCK_TOKENS * key_dim);
    let end = (span.earlier + span.num_rows).min(first + BLOCK_TOKENS);
    for token in first.max(span.earlier)..end {
        let (row, place) = (span.first_row + token - span.earlier, token - first);
        let key = &keys[(row * num_heads + head) * key_dim..][..key_dim];
        for (to, number) in to_keys.as_chunks_mut::<BLOCK_TOKENS>().0.iter_mut().zip(key) {
            to[place] = half(*number);
        }
        let value = &values[(row * num_heads + head) * value_dim..][..value_dim];
        for (to, number) in to_values[place * shape.value_stride()..].iter_mut().zip(value) {
            *to = half(*number);
        }
    }
}

/// Reads a number of a cache.
pub(super) fn read(bits: u16) -> f32 {
    from_half(bits)
}
