//! The candle decoder behind the interface of a step, for one sequence at a time: a part that begins at token 0 begins a new
//! sequence.

use super::super::batch::{BLOCK_TOKENS, BlockId, Part, StepModel};
use super::super::error::EngineError;
use super::decoder::Decoder;
use super::kv::KvCache;

/// A decoder and the cache of its one sequence.
#[derive(Debug)]
pub(crate) struct Single {
    decoder: Decoder,
    cache: KvCache,
}

impl Single {
    pub(crate) fn new(decoder: Decoder) -> Self {
        let cache = decoder.new_cache();
        Self { decoder, cache }
    }
}

impl StepModel for Single {
    fn num_blocks(&self) -> usize {
        self.decoder.config().context_tokens.div_ceil(BLOCK_TOKENS)
    }

    fn vocab(&self) -> usize {
        self.decoder.config().vocab
    }

    fn step(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>, EngineError> {
        let mut wanted = Vec::new();
        for part in parts {
            if part.earlier == 0 {
                self.cache = self.decoder.new_cache();
            }
            assert_eq!(part.earlier, self.cache.num_tokens(), "one sequence at a time");
            let mut rest = part.ids;
            while !rest.is_empty() {
                let (chunk, later) = rest.split_at(self.decoder.step_tokens(self.cache.num_tokens(), rest.len()));
                let logits = self.decoder.forward(chunk, &mut self.cache)?;
                if later.is_empty() && part.num_logits > 0 {
                    wanted.extend(logits);
                }
                rest = later;
            }
        }
        Ok(wanted)
    }

    fn copy_block(&mut self, _from: BlockId, _to: BlockId, _num_tokens: usize) {
        unreachable!("one sequence shares no block")
    }
}
