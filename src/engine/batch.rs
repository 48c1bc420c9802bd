//! What the scheduler asks of a model: one step over the rows of many sequences, with keys and values in numbered blocks.

use super::error::EngineError;

/// Tokens of one block of the KV cache.
pub(crate) const BLOCK_TOKENS: usize = 32;

/// A block of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BlockId(pub(crate) u32);

/// One sequence's part of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// The tokens to run, at least one.
    pub(crate) ids: &'a [u32],
    /// How many tokens of the sequence are in its blocks already.
    pub(crate) earlier: usize,
    /// The sequence's blocks in order; they hold `earlier` tokens and have room for `ids`.
    pub(crate) blocks: &'a [BlockId],
    /// For how many of the last rows logits are wanted: 0 in the middle of a prompt, 1 at its end and when decoding, more to
    /// verify drafts.
    pub(crate) num_logits: usize,
}

/// A model as the scheduler sees it. It owns the pool's memory; who holds which block is the scheduler's business.
pub(crate) trait StepModel: Send {
    /// How many blocks the pool has.
    fn num_blocks(&self) -> usize;
    /// How many tokens it knows: the length of a row of logits.
    fn vocab(&self) -> usize;
    /// Whether it gives logits for more than the last row of a part.
    fn verifies(&self) -> bool;
    /// Runs all parts as one flat batch and gives each wanted row's logits, `(rows wanted, vocab)`, in order of the parts.
    ///
    /// No part of a step reads what another part of it writes. A step that failed may be run again: what it wrote is
    /// written over.
    fn step(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>, EngineError>;
    /// Copies a block's first `num_tokens` tokens (copy on write of a shared, partly filled block).
    fn copy_block(&mut self, from: BlockId, to: BlockId, num_tokens: usize);
}
