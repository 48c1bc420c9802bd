//! Blocks with what they hold: a sequence's table grows from what is known already and from free blocks, and what it leaves
//! behind is kept for the next. Pure: no clock, no thread, no tensor.

use super::batch::{BLOCK_TOKENS, BlockId};
use super::blocks::Blocks;
use super::prefix::{Chain, Prefixes, SequenceId};

/// One sequence's blocks, in order.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) blocks: Vec<BlockId>,
    /// After each whole block whose tokens are known; as long as `blocks` or shorter.
    chains: Vec<Chain>,
    /// Tokens of the sequence that are in the blocks.
    pub(crate) num_done: usize,
}

impl Table {
    /// Tokens that the blocks have room for.
    pub(crate) fn room(&self) -> usize {
        self.blocks.len() * BLOCK_TOKENS
    }

    /// All that comes before a block.
    fn before(&self, index: usize) -> Chain {
        index.checked_sub(1).map_or(Chain::START, |last| self.chains[last])
    }
}

/// A copy of the first tokens of a block into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockCopy {
    pub(crate) from: BlockId,
    pub(crate) to: BlockId,
    pub(crate) num_tokens: usize,
}

/// The pool and what is known of its blocks.
#[derive(Debug)]
pub(crate) struct Pool {
    blocks: Blocks,
    prefixes: Prefixes,
}

impl Pool {
    pub(crate) fn new(num_blocks: usize) -> Self {
        Self { blocks: Blocks::new(num_blocks), prefixes: Prefixes::default() }
    }

    /// Tokens that the pool has room for.
    pub(crate) fn room(&self) -> usize {
        self.blocks.len() * BLOCK_TOKENS
    }

    /// Blocks that nobody holds.
    pub(crate) fn num_unheld(&self) -> usize {
        self.blocks.num_unheld()
    }

    /// Whether these tokens fit beside `spare` blocks, if what is known of them is shared.
    pub(crate) fn fits(&self, tokens: &[u32], spare: usize) -> bool {
        let known = self.known(tokens);
        let unheld = known.iter().filter(|(id, _)| self.blocks.num_holders(*id) == 0).count();
        tokens.len().div_ceil(BLOCK_TOKENS) - known.len() + spare <= self.blocks.num_unheld() - unheld
    }

    /// The known whole blocks with which the tokens begin. The last token is never among them: it has to run.
    fn known(&self, tokens: &[u32]) -> Vec<(BlockId, Chain)> {
        let mut chain = Chain::START;
        let whole = tokens[..tokens.len().saturating_sub(1)].chunks_exact(BLOCK_TOKENS);
        let find = |part: &[u32]| {
            let id = self.prefixes.find(chain, part)?;
            chain = chain.then(part);
            Some((id, chain))
        };
        whole.map_while(find).collect()
    }

    /// A table for these tokens, which must fit: known blocks shared, the others taken and made known to all who come.
    pub(crate) fn open(&mut self, owner: SequenceId, tokens: &[u32]) -> Table {
        let mut table = Table::default();
        for (id, chain) in self.known(tokens) {
            self.blocks.hold(id);
            self.prefixes.hold(id);
            table.blocks.push(id);
            table.chains.push(chain);
        }
        for part in tokens.chunks(BLOCK_TOKENS).skip(table.blocks.len()) {
            assert!(self.grow(&mut table), "the tokens were asked to fit");
            if part.len() == BLOCK_TOKENS {
                self.make_known(&mut table, part, Some(owner));
            }
        }
        table
    }

    /// The next block without a chain is whole, or will be by its writer.
    fn make_known(&mut self, table: &mut Table, part: &[u32], writer: Option<SequenceId>) {
        let index = table.chains.len();
        let before = table.before(index);
        self.prefixes.insert(table.blocks[index], before, part, writer);
        table.chains.push(before.then(part));
    }

    /// One more block at a table's end; `false` where all blocks are held.
    pub(crate) fn grow(&mut self, table: &mut Table) -> bool {
        if self.blocks.num_free() == 0
            && let Some(id) = self.prefixes.evict()
        {
            self.blocks.free(id);
        }
        let taken = self.blocks.take();
        table.blocks.extend(taken);
        taken.is_some()
    }

    /// Moves over what others have filled since; at a block of its own, which is empty, takes over what another block
    /// begins with.
    pub(crate) fn catch_up(&mut self, owner: SequenceId, table: &mut Table, tokens: &[u32]) -> Option<BlockCopy> {
        let last = tokens.len() - 1;
        while table.num_done.is_multiple_of(BLOCK_TOKENS) && table.num_done < last {
            let index = table.num_done / BLOCK_TOKENS;
            let to = table.blocks[index];
            let part = &tokens[table.num_done..last.min(table.num_done + BLOCK_TOKENS)];
            match self.prefixes.unfilled(to) {
                None if self.prefixes.is_known(to) => {
                    table.num_done += part.len();
                    continue;
                }
                Some(Some(writer)) if writer != owner => return None,
                _ => {}
            }
            let (from, num_tokens) = self.prefixes.longest(table.before(index), part)?;
            table.num_done += num_tokens;
            // Others that hold the block wait from now on: they would write again what this one reads.
            self.prefixes.claim(to, owner);
            self.prefixes.fill(to, num_tokens);
            // What a writer that is gone has left in the block needs no copy.
            return (from != to).then_some(BlockCopy { from, to, num_tokens });
        }
        None
    }

    /// How many tokens, `most` at most, can run next: up to a block that another sequence is filling. They are claimed.
    pub(crate) fn claim(&mut self, owner: SequenceId, table: &Table, most: usize) -> usize {
        let end = table.num_done + most;
        let mut at = table.num_done;
        while at < end {
            let block = table.blocks[at / BLOCK_TOKENS];
            if self.prefixes.unfilled(block).flatten().is_some_and(|writer| writer != owner) {
                break;
            }
            self.prefixes.claim(block, owner);
            at = end.min((at / BLOCK_TOKENS + 1) * BLOCK_TOKENS);
        }
        at - table.num_done
    }

    /// `count` more tokens of the sequence are in its blocks; those that became whole are known from now on.
    pub(crate) fn done(&mut self, table: &mut Table, tokens: &[u32], count: usize) {
        let first = table.num_done / BLOCK_TOKENS;
        table.num_done += count;
        for index in first..table.num_done.div_ceil(BLOCK_TOKENS) {
            let filled = (table.num_done - index * BLOCK_TOKENS).min(BLOCK_TOKENS);
            self.prefixes.fill(table.blocks[index], filled);
        }
        while (table.chains.len() + 1) * BLOCK_TOKENS <= table.num_done {
            let start = table.chains.len() * BLOCK_TOKENS;
            self.make_known(table, &tokens[start..start + BLOCK_TOKENS], None);
        }
    }

    /// Leaves all blocks of a table, which is empty then; what is known of them is kept.
    pub(crate) fn close(&mut self, owner: SequenceId, table: &mut Table, tokens: &[u32]) {
        let (index, rest) = (table.num_done / BLOCK_TOKENS, table.num_done % BLOCK_TOKENS);
        if rest > 0 && index == table.chains.len() {
            // The beginning of a block serves too: a conversation goes on after it.
            let start = index * BLOCK_TOKENS;
            self.prefixes.insert(table.blocks[index], table.before(index), &tokens[start..start + rest], None);
        }
        for id in table.blocks.drain(..).rev() {
            let num_holders = self.blocks.release(id);
            if !self.prefixes.leave(id, owner, num_holders) && num_holders == 0 {
                self.blocks.free(id);
            }
        }
        *table = Table::default();
    }
}

#[cfg(test)]
impl Pool {
    /// Checks that no block is lost, given all tables.
    pub(crate) fn check<'a>(&self, tables: impl Iterator<Item = &'a Table>) {
        let held: Vec<_> = tables.flat_map(|table| &table.blocks).copied().collect();
        self.blocks.check(&held, &self.prefixes.kept());
    }
}
