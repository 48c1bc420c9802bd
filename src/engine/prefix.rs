//! What the blocks hold, for sequences that begin alike: a whole block is found by a hash of all tokens up to its end, and
//! compared; a beginning of a block by its tokens. Pure: no clock, no thread, no tensor.
//!
//! A block can be known before it is filled. The sequence that fills it is its writer; others that hold it wait, so the
//! same prefix asked for by several at once is computed once. Blocks that nobody holds stay known until room is needed; the
//! least recently held goes first, and of one sequence's blocks the last goes first: without what comes before it a block is
//! of no use.

use super::batch::{BLOCK_TOKENS, BlockId};
use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash as _, Hasher as _};

/// One sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SequenceId(pub(crate) u64);

/// Stands for all tokens up to the end of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Chain(u64);

impl Chain {
    /// No tokens.
    pub(crate) const START: Self = Self(0);

    /// These tokens after the earlier ones.
    pub(crate) fn then(self, tokens: &[u32]) -> Self {
        let mut hasher = DefaultHasher::new();
        (self.0, tokens).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// A block whose tokens are known.
#[derive(Debug)]
struct Known {
    /// All that comes before it.
    before: Chain,
    /// A whole block's, or fewer for the end of a sequence that is gone.
    tokens: Vec<u32>,
    /// How many of them have their keys and values in the block.
    num_filled: usize,
    /// Who fills it.
    writer: Option<SequenceId>,
    /// When its last holder left it, while nobody holds it.
    left_at: Option<u64>,
}

/// All known blocks.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    known: HashMap<BlockId, Known>,
    whole: HashMap<Chain, BlockId>,
    after: HashMap<Chain, Vec<BlockId>>,
    unheld: BTreeMap<u64, BlockId>,
    num_left: u64,
}

impl Prefixes {
    /// The block that holds, or will hold, exactly these tokens after `before`.
    pub(crate) fn find(&self, before: Chain, tokens: &[u32]) -> Option<BlockId> {
        let id = *self.whole.get(&before.then(tokens))?;
        let known = &self.known[&id];
        (known.before == before && known.tokens == tokens).then_some(id)
    }

    /// The block after `before` that begins with the most of these tokens, all filled, and how many.
    pub(crate) fn longest(&self, before: Chain, tokens: &[u32]) -> Option<(BlockId, usize)> {
        let alike = |id: &BlockId| {
            let known = &self.known[id];
            let filled = &known.tokens[..known.num_filled];
            filled.iter().zip(tokens).take_while(|(a, b)| a == b).count()
        };
        let best = self.after.get(&before)?.iter().map(|id| (*id, alike(id))).max_by_key(|(_, count)| *count);
        best.filter(|(_, count)| *count > 0)
    }

    /// Makes a block known, unless another is that serves the same. A `writer` is who will fill it.
    pub(crate) fn insert(&mut self, id: BlockId, before: Chain, tokens: &[u32], writer: Option<SequenceId>) -> bool {
        if tokens.len() == BLOCK_TOKENS {
            match self.whole.entry(before.then(tokens)) {
                Entry::Occupied(_) => return false,
                Entry::Vacant(place) => place.insert(id),
            };
        } else if tokens.is_empty() || self.longest(before, tokens).is_some_and(|(_, count)| count == tokens.len()) {
            return false;
        }
        let num_filled = if writer.is_some() { 0 } else { tokens.len() };
        self.known.insert(id, Known { before, tokens: tokens.to_vec(), num_filled, writer, left_at: None });
        self.after.entry(before).or_default().push(id);
        true
    }

    /// Whether the block is known and not yet whole; then who fills it, if anyone does.
    pub(crate) fn unfilled(&self, id: BlockId) -> Option<Option<SequenceId>> {
        self.known.get(&id).filter(|known| known.num_filled < known.tokens.len()).map(|known| known.writer)
    }

    pub(crate) fn is_known(&self, id: BlockId) -> bool {
        self.known.contains_key(&id)
    }

    /// From now on `writer` fills the block, if it is known and not whole.
    pub(crate) fn claim(&mut self, id: BlockId, writer: SequenceId) {
        if let Some(known) = self.known.get_mut(&id).filter(|known| known.num_filled < known.tokens.len()) {
            known.writer = Some(writer);
        }
    }

    /// The block has its first `num_filled` tokens.
    pub(crate) fn fill(&mut self, id: BlockId, num_filled: usize) {
        if let Some(known) = self.known.get_mut(&id) {
            known.num_filled = known.num_filled.max(num_filled.min(known.tokens.len()));
            if known.num_filled == known.tokens.len() {
                known.writer = None;
            }
        }
    }

    /// Somebody holds the block again.
    pub(crate) fn hold(&mut self, id: BlockId) {
        if let Some(at) = self.known.get_mut(&id).and_then(|known| known.left_at.take()) {
            self.unheld.remove(&at);
        }
    }

    /// `writer` holds the block no more, and `num_holders` others do. Returns whether the block is still of use.
    pub(crate) fn leave(&mut self, id: BlockId, writer: SequenceId, num_holders: u32) -> bool {
        let Some(known) = self.known.get_mut(&id) else { return false };
        if known.writer == Some(writer) {
            known.writer = None;
        }
        if num_holders > 0 {
            return true;
        }
        if known.num_filled < known.tokens.len() {
            // What was to come never will; what is there may still serve.
            let (before, filled) = (known.before, known.tokens[..known.num_filled].to_vec());
            self.forget(id);
            if !self.insert(id, before, &filled, None) {
                return false;
            }
        }
        self.num_left += 1;
        let at = self.num_left;
        self.unheld.insert(at, id);
        self.known.get_mut(&id).expect("it was known, or just made so").left_at = Some(at);
        true
    }

    /// Gives up the block that nobody has held for longest.
    pub(crate) fn evict(&mut self) -> Option<BlockId> {
        let (_, id) = self.unheld.pop_first()?;
        self.forget(id);
        Some(id)
    }

    fn forget(&mut self, id: BlockId) {
        let Some(known) = self.known.remove(&id) else { return };
        if known.tokens.len() == BLOCK_TOKENS {
            self.whole.remove(&known.before.then(&known.tokens));
        }
        if let Entry::Occupied(mut after) = self.after.entry(known.before) {
            after.get_mut().retain(|other| *other != id);
            if after.get().is_empty() {
                after.remove();
            }
        }
    }
}

#[cfg(test)]
impl Prefixes {
    /// The blocks that nobody holds.
    pub(crate) fn kept(&self) -> Vec<BlockId> {
        self.unheld.values().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: SequenceId = SequenceId(1);

    fn tokens(from: u32) -> Vec<u32> {
        (from..).take(BLOCK_TOKENS).collect()
    }

    #[test]
    fn whole_blocks_are_found_by_all_that_comes_before_and_beginnings_by_their_tokens() {
        let mut prefixes = Prefixes::default();
        let (first, second) = (tokens(0), tokens(100));
        let chain = Chain::START.then(&first);
        assert!(prefixes.insert(BlockId(1), Chain::START, &first, None));
        assert!(prefixes.insert(BlockId(2), chain, &second, None));
        assert!(!prefixes.insert(BlockId(3), chain, &second, None), "another serves the same");
        assert!(!prefixes.insert(BlockId(3), chain, &second[..9], None), "the beginning of another");
        assert!(prefixes.insert(BlockId(4), chain, &[100, 101, 7], None));
        assert_eq!(prefixes.find(Chain::START, &first), Some(BlockId(1)));
        assert_eq!(prefixes.find(chain, &second), Some(BlockId(2)));
        assert_eq!(prefixes.find(Chain::START, &second), None);
        for (asked, found) in
            [(&[100, 101, 102, 9][..], Some((BlockId(2), 3))), (&[100, 101, 7, 8], Some((BlockId(4), 3))), (&[5], None)]
        {
            assert_eq!(prefixes.longest(chain, asked), found, "{asked:?}");
        }
    }

    #[test]
    fn a_block_serves_by_as_much_as_is_filled() {
        let mut prefixes = Prefixes::default();
        let whole = tokens(0);
        assert!(prefixes.insert(BlockId(1), Chain::START, &whole, Some(ME)));
        assert_eq!(prefixes.find(Chain::START, &whole), Some(BlockId(1)), "known before it is filled");
        assert_eq!(prefixes.unfilled(BlockId(1)), Some(Some(ME)));
        assert_eq!(prefixes.longest(Chain::START, &whole), None);
        prefixes.fill(BlockId(1), 5);
        assert_eq!(prefixes.longest(Chain::START, &whole), Some((BlockId(1), 5)));
        assert!(prefixes.leave(BlockId(1), ME, 1), "another holds it");
        assert_eq!(prefixes.unfilled(BlockId(1)), Some(None), "and may fill it now");
        assert!(prefixes.leave(BlockId(1), ME, 0));
        assert_eq!(prefixes.find(Chain::START, &whole), None, "it will never be whole");
        assert_eq!(prefixes.longest(Chain::START, &whole), Some((BlockId(1), 5)));
        assert_eq!((prefixes.evict(), prefixes.evict()), (Some(BlockId(1)), None));
        assert!(prefixes.known.is_empty() && prefixes.after.is_empty() && prefixes.whole.is_empty());
    }

    #[test]
    fn the_least_recently_held_goes_first() {
        let mut prefixes = Prefixes::default();
        for id in 0..4 {
            assert!(prefixes.insert(BlockId(id), Chain::START, &tokens(id * 50), None));
            assert!(prefixes.leave(BlockId(id), ME, 0));
        }
        prefixes.hold(BlockId(0));
        prefixes.hold(BlockId(2));
        assert!(prefixes.leave(BlockId(0), ME, 0));
        let evicted: Vec<_> = std::iter::from_fn(|| prefixes.evict()).collect();
        assert_eq!(evicted, [1, 3, 0].map(BlockId));
        assert!(prefixes.find(Chain::START, &tokens(100)).is_some(), "held: not given up");
    }
}
