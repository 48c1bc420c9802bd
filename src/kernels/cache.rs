//! Keys and values of many sequences in numbered blocks. They take memory from when they are first written.
//!
//! Of a block and layer, each head has its keys as `(key_dim, 32)`, so that a vector holds eight tokens, and its values as
//! `(32, value_dim)`, so that a vector holds eight elements; rows of values are filled up to whole vectors.

#![allow(unsafe_code, reason = "tasks write different blocks; vector loads")]

use super::format::{from_half, to_half};
use super::memory::{Memory, Piece, Plain};
use super::pool::{Pool, Shares};

/// Tokens of a block.
pub(crate) const BLOCK_TOKENS: usize = 32;
/// Rows from which on writing them is shared out.
const MIN_ROWS: usize = 16;
/// Largest f16.
const MOST: f32 = 65_504.0;

/// How keys and values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Precision {
    /// Rounded to 16 bits.
    #[default]
    Half,
    /// As they are computed.
    Full,
}

/// A number as a cache keeps it.
pub(super) trait Element: Plain {
    fn new(number: f32) -> Self;
    fn get(self) -> f32;
    /// Eight of them.
    ///
    /// # Safety
    /// The processor has AVX2 and F16C.
    #[cfg(target_arch = "x86_64")]
    unsafe fn load(eight: &[Self; 8]) -> std::arch::x86_64::__m256;
}

/// The bits of an f16.
impl Element for u16 {
    fn new(number: f32) -> Self {
        to_half(number.clamp(-MOST, MOST))
    }

    fn get(self) -> f32 {
        from_half(self)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn load(eight: &[Self; 8]) -> std::arch::x86_64::__m256 {
        // SAFETY: an unaligned load of eight u16.
        std::arch::x86_64::_mm256_cvtph_ps(unsafe { std::arch::x86_64::_mm_loadu_si128(eight.as_ptr().cast()) })
    }
}

impl Element for f32 {
    fn new(number: f32) -> Self {
        number
    }

    fn get(self) -> f32 {
        self
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    unsafe fn load(eight: &[Self; 8]) -> std::arch::x86_64::__m256 {
        // SAFETY: an unaligned load of eight f32.
        unsafe { std::arch::x86_64::_mm256_loadu_ps(eight.as_ptr()) }
    }
}

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
    pub(crate) precision: Precision,
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
        self.block_len() * if self.precision == Precision::Half { size_of::<u16>() } else { size_of::<f32>() }
    }

    fn block_len(&self) -> usize {
        self.num_layers * self.num_heads * self.head_len()
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

/// The blocks of all sequences.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(super) shape: Shape,
    num_blocks: usize,
    pub(super) store: Store,
}

/// The blocks in their precision: `(num_blocks, num_layers, num_heads, keys then values)`.
#[derive(Debug)]
pub(super) enum Store {
    Half(Piece<u16>),
    Full(Piece<f32>),
}

/// One head's part of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a, E> {
    pub(super) keys: &'a [[E; BLOCK_TOKENS]], // (key_dim, 32)
    pub(super) values: &'a [E],               // (32, value_stride)
}

/// Where a span writes: a block, and the token that it begins with.
#[derive(Debug, Clone, Copy)]
struct Write<'a> {
    block: usize,
    span: &'a Span<'a>,
    first: usize,
}

/// A step's keys `(rows, num_heads * key_dim)` and values `(rows, num_heads * value_dim)`.
#[derive(Debug, Clone, Copy)]
struct New<'a> {
    keys: &'a [f32],
    values: &'a [f32],
}

impl Cache {
    /// # Errors
    /// The system has no room for so many blocks.
    pub(crate) fn new(shape: Shape, num_blocks: usize) -> std::io::Result<Self> {
        let count = num_blocks.checked_mul(shape.block_len()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        let store = match shape.precision {
            Precision::Half => Store::Half(Memory::default().take(count)?),
            Precision::Full => Store::Full(Memory::default().take(count)?),
        };
        Ok(Self { shape, num_blocks, store })
    }

    pub(crate) fn num_blocks(&self) -> usize {
        self.num_blocks
    }

    /// Writes rows of keys `(rows, num_heads * key_dim)` and values `(rows, num_heads * value_dim)` of a layer.
    ///
    /// # Panics
    /// If sizes do not fit, a block is not there or too few are given, or a block is written by two spans.
    pub(crate) fn write(&mut self, pool: &Pool, layer: usize, spans: &[Span<'_>], keys: &[f32], values: &[f32]) {
        let new = New { keys, values };
        match &mut self.store {
            Store::Half(blocks) => write(pool, &self.shape, blocks, layer, spans, new),
            Store::Full(blocks) => write(pool, &self.shape, blocks, layer, spans, new),
        }
    }

    /// Copies a block, whatever it holds.
    pub(crate) fn copy_block(&mut self, from: u32, to: u32) {
        let len = self.shape.block_len();
        let (from, to) = (from as usize * len, to as usize * len);
        match &mut self.store {
            Store::Half(numbers) => numbers.copy_within(from..from + len, to),
            Store::Full(numbers) => numbers.copy_within(from..from + len, to),
        }
    }
}

/// One head's part of a block.
pub(super) fn head<'a, E>(shape: &Shape, numbers: &'a [E], block: u32, layer: usize, head: usize) -> Head<'a, E> {
    let len = shape.head_len();
    let at = (block as usize * shape.num_layers + layer) * shape.num_heads + head;
    let (keys, values) = numbers[at * len..(at + 1) * len].split_at(BLOCK_TOKENS * shape.key_dim);
    Head { keys: keys.as_chunks().0, values }
}

fn write<E: Element>(pool: &Pool, shape: &Shape, numbers: &mut [E], layer: usize, spans: &[Span<'_>], new: New<'_>) {
    let mut writes = Vec::new();
    for span in spans {
        let end = span.earlier + span.num_rows;
        for index in span.earlier / BLOCK_TOKENS..end.div_ceil(BLOCK_TOKENS) {
            writes.push(Write { block: span.blocks[index] as usize, span, first: index * BLOCK_TOKENS });
        }
    }
    writes.sort_unstable_by_key(|write| write.block);
    assert!(writes.windows(2).all(|pair| pair[0].block != pair[1].block), "a block is written by one span");
    let num_rows: usize = spans.iter().map(|span| span.num_rows).sum();
    let num_tasks = if num_rows < MIN_ROWS { 1 } else { writes.len().min(pool.num_threads() * 4) };
    let of_layer = shape.num_heads * shape.head_len();
    let numbers = Shares::new(numbers);
    pool.run(num_tasks, |task| {
        for write in &writes[task * writes.len() / num_tasks..(task + 1) * writes.len() / num_tasks] {
            // SAFETY: the blocks of `writes` differ, and each is in one task.
            let heads = unsafe { numbers.piece((write.block * shape.num_layers + layer) * of_layer, of_layer) };
            for (head, part) in heads.chunks_exact_mut(shape.head_len()).enumerate() {
                write_head(shape, part, write, new, head);
            }
        }
    });
}

/// Writes a span's tokens of one block and head.
fn write_head<E: Element>(shape: &Shape, part: &mut [E], write: &Write<'_>, new: New<'_>, head: usize) {
    let Shape { num_heads, key_dim, value_dim, .. } = *shape;
    let Write { span, first, .. } = *write;
    let (to_keys, to_values) = part.split_at_mut(BLOCK_TOKENS * key_dim);
    let end = (span.earlier + span.num_rows).min(first + BLOCK_TOKENS);
    for token in first.max(span.earlier)..end {
        let (row, place) = (span.first_row + token - span.earlier, token - first);
        let key = &new.keys[(row * num_heads + head) * key_dim..][..key_dim];
        for (to, number) in to_keys.as_chunks_mut::<BLOCK_TOKENS>().0.iter_mut().zip(key) {
            to[place] = E::new(*number);
        }
        let value = &new.values[(row * num_heads + head) * value_dim..][..value_dim];
        for (to, number) in to_values[place * shape.value_stride()..].iter_mut().zip(value) {
            *to = E::new(*number);
        }
    }
}
