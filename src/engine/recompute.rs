//! The decoder with a cache per sequence behind the scheduler's blocks: the blocks keep token ids, and a cache is found, or
//! computed again, by the tokens that it holds. Parts run one after the other; a shared prefix is computed for each.

use super::batch::{BLOCK_TOKENS, BlockId, Part, StepModel};
use super::error::EngineError;
use super::model::{Decoder, KvCache};

/// A cache and the tokens in it.
#[derive(Debug)]
struct Held {
    tokens: Vec<u32>,
    cache: KvCache,
    /// The step in which it was used last.
    used: u64,
}

/// A [`StepModel`] of a decoder.
#[derive(Debug)]
pub(crate) struct Recompute {
    decoder: Decoder,
    /// The token ids of all blocks.
    blocks: Vec<[u32; BLOCK_TOKENS]>,
    held: Vec<Held>,
    max_held: usize,
    num_steps: u64,
}

impl Recompute {
    /// Keeps at most `max_held` caches.
    pub(crate) fn new(decoder: Decoder, num_blocks: usize, max_held: usize) -> Self {
        let blocks = vec![[0; BLOCK_TOKENS]; num_blocks];
        Self { decoder, blocks, held: Vec::new(), max_held: max_held.max(1), num_steps: 0 }
    }

    /// A cache of exactly these tokens, taken out of those held; where there is none, one is filled.
    fn cache(&mut self, tokens: &[u32]) -> Result<Held, EngineError> {
        if let Some(at) = self.held.iter().position(|held| held.tokens == tokens) {
            return Ok(self.held.swap_remove(at));
        }
        let mut held = Held { tokens: Vec::new(), cache: self.decoder.new_cache(), used: 0 };
        self.run(&mut held, tokens)?;
        Ok(held)
    }

    /// Runs tokens after those of a cache; the last one's logits.
    fn run(&self, held: &mut Held, ids: &[u32]) -> Result<Vec<f32>, EngineError> {
        let mut logits = Vec::new();
        let mut rest = ids;
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(self.decoder.step_tokens(held.cache.num_tokens(), rest.len()));
            logits = self.decoder.forward(chunk, &mut held.cache)?;
            rest = later;
        }
        held.tokens.extend(ids);
        Ok(logits)
    }
}

impl StepModel for Recompute {
    fn num_blocks(&self) -> usize {
        self.blocks.len()
    }

    fn vocab(&self) -> usize {
        self.decoder.config().vocab
    }

    fn verifies(&self) -> bool {
        false
    }

    fn step(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>, EngineError> {
        self.num_steps += 1;
        let mut logits = Vec::new();
        for part in parts {
            let place = |at: usize| (part.blocks[at / BLOCK_TOKENS].0 as usize, at % BLOCK_TOKENS);
            let earlier: Vec<_> = (0..part.earlier).map(place).map(|(block, at)| self.blocks[block][at]).collect();
            let mut held = self.cache(&earlier)?;
            held.used = self.num_steps;
            let last = self.run(&mut held, part.ids)?;
            if part.num_logits > 0 {
                logits.extend(last);
            }
            for (id, (block, at)) in part.ids.iter().zip((part.earlier..).map(place)) {
                self.blocks[block][at] = *id;
            }
            self.held.push(held);
        }
        self.held.sort_unstable_by_key(|held| std::cmp::Reverse(held.used));
        self.held.truncate(self.max_held);
        Ok(logits)
    }

    fn copy_block(&mut self, from: BlockId, to: BlockId, num_tokens: usize) {
        let tokens = self.blocks[from.0 as usize];
        self.blocks[to.0 as usize][..num_tokens].copy_from_slice(&tokens[..num_tokens]);
    }
}
