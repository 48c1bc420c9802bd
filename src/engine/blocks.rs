//! The pool of KV cache blocks: how many sequences hold which. Pure: no clock, no thread, no tensor.
//!
//! A block is *free*, *held* by one sequence or several, or *kept*: held by nobody, its tokens still of use to a later
//! sequence. Each block is in exactly one of these states.

use super::batch::BlockId;

/// Who holds the blocks of a pool, as counts.
#[derive(Debug)]
pub(crate) struct Blocks {
    num_holders: Vec<u32>,
    free: Vec<BlockId>,
    num_kept: usize,
}

impl Blocks {
    /// A pool of free blocks.
    pub(crate) fn new(num_blocks: usize) -> Self {
        let ids = 0..u32::try_from(num_blocks).expect("a pool has fewer than 2^32 blocks");
        // From the end the lowest numbers come first, so that memory is touched from its beginning.
        Self { num_holders: vec![0; num_blocks], free: ids.rev().map(BlockId).collect(), num_kept: 0 }
    }

    /// Blocks of the pool.
    pub(crate) fn len(&self) -> usize {
        self.num_holders.len()
    }

    /// Blocks that nobody holds: free or kept.
    pub(crate) fn num_unheld(&self) -> usize {
        self.free.len() + self.num_kept
    }

    /// Blocks that are free.
    pub(crate) fn num_free(&self) -> usize {
        self.free.len()
    }

    /// A free block, now held once.
    pub(crate) fn take(&mut self) -> Option<BlockId> {
        let id = self.free.pop()?;
        self.num_holders[id.0 as usize] = 1;
        Some(id)
    }

    /// One more holder of a held or kept block.
    pub(crate) fn hold(&mut self, id: BlockId) {
        let holders = &mut self.num_holders[id.0 as usize];
        self.num_kept -= usize::from(*holders == 0);
        *holders += 1;
    }

    /// One holder less; returns how many are left. With none the block is kept, until [`Self::free`] or [`Self::hold`].
    pub(crate) fn release(&mut self, id: BlockId) -> u32 {
        let holders = &mut self.num_holders[id.0 as usize];
        assert!(*holders > 0, "{id:?} is released by one who does not hold it");
        *holders -= 1;
        self.num_kept += usize::from(*holders == 0);
        *holders
    }

    /// A kept block is of no use any more.
    pub(crate) fn free(&mut self, id: BlockId) {
        assert_eq!(self.num_holders[id.0 as usize], 0, "{id:?} is held");
        self.num_kept -= 1;
        self.free.push(id);
    }

    /// How many hold it.
    pub(crate) fn num_holders(&self, id: BlockId) -> u32 {
        self.num_holders[id.0 as usize]
    }
}

#[cfg(test)]
impl Blocks {
    /// Checks that each block is in one state, given how often the sequences' tables name each, and which are kept.
    pub(crate) fn check(&self, tables: &[BlockId], kept: &[BlockId]) {
        let mut named = vec![0; self.len()];
        tables.iter().for_each(|id| named[id.0 as usize] += 1);
        assert_eq!(named, self.num_holders, "holders and tables differ");
        let mut unheld: Vec<_> = self.free.iter().chain(kept).copied().collect();
        unheld.sort_unstable();
        let expected: Vec<_> = (0u32..).zip(&named).filter(|(_, n)| **n == 0).map(|(id, _)| BlockId(id)).collect();
        assert_eq!(unheld, expected, "a block is lost, or free and kept at once");
        assert_eq!(self.num_kept, kept.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_block_is_lost_or_in_two_states(acts in proptest::collection::vec((0u8..4, any::<usize>()), 0..200)) {
            let mut blocks = Blocks::new(7);
            let (mut held, mut kept) = (Vec::new(), Vec::new());
            for (act, which) in acts {
                match act {
                    0 => {
                        let taken = blocks.take();
                        prop_assert_eq!(taken.is_none(), blocks.free.is_empty() && taken.is_none());
                        held.extend(taken);
                    }
                    1 if !held.is_empty() => {
                        let id = held.swap_remove(which % held.len());
                        if blocks.release(id) == 0 {
                            kept.push(id);
                        }
                    }
                    2 if !kept.is_empty() => blocks.free(kept.swap_remove(which % kept.len())),
                    3 if !held.is_empty() || !kept.is_empty() => {
                        let all = [&held[..], &kept].concat();
                        let id = all[which % all.len()];
                        blocks.hold(id);
                        kept.retain(|other| *other != id);
                        held.push(id);
                    }
                    _ => {}
                }
                blocks.check(&held, &kept);
                prop_assert_eq!(blocks.num_unheld(), blocks.free.len() + kept.len());
            }
        }
    }
}
