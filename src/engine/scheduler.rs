//! What runs in the next step. Pure: state in, plan out; no clock, no thread, no tensor.
//!
//! A step is one token of every sequence that writes its answer, and a chunk of the prompts that are read, so that nobody's
//! words stall behind a long prompt. A sequence starts when its prompt fits into the pool. When an answer needs a block and
//! there is none, the youngest sequence gives its blocks back and computes its tokens again later, before anybody new
//! starts. The oldest is never put back, so every sequence comes to its end.

use super::batch::BlockId;
use super::line::Line;
use super::pool::{BlockCopy, Pool, Table};
use super::prefix::SequenceId;

/// What a scheduler may use.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    /// Blocks of the pool.
    pub(crate) num_blocks: usize,
    /// Most sequences at once.
    pub(crate) max_running: usize,
    /// Most sequences that wait.
    pub(crate) max_waiting: usize,
    /// Most prompt tokens of a step beside which answers are written.
    pub(crate) chunk_tokens: usize,
    /// Most prompt tokens of a step in which no answer is written.
    pub(crate) lone_chunk_tokens: usize,
}

/// A sequence as the scheduler knows it.
#[derive(Debug)]
struct Sequence {
    id: SequenceId,
    owner: Option<String>,
    /// The prompt and the answer so far; at least one is not in the blocks.
    tokens: Vec<u32>,
    table: Table,
    /// Its place in the order of first starts; none before it.
    age: Option<u64>,
    /// Tokens of the prompt that did not have to be computed when it started first.
    num_cached: usize,
    was_put_back: bool,
    /// What probably comes after the tokens; for the next step alone.
    draft: Vec<u32>,
}

impl Sequence {
    fn num_left(&self) -> usize {
        self.tokens.len() - self.table.num_done
    }
}

/// One sequence's part of a step, ready to be run without the scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) id: SequenceId,
    pub(crate) ids: Vec<u32>,
    pub(crate) earlier: usize,
    pub(crate) blocks: Vec<BlockId>,
    pub(crate) num_logits: usize,
    /// How many of the last ids are a draft.
    pub(crate) num_drafted: usize,
    /// Tokens of the prompt that were there already; final when logits are wanted for the first time.
    pub(crate) num_cached: usize,
}

impl Work {
    /// The ids that are a draft.
    pub(crate) fn draft(&self) -> &[u32] {
        &self.ids[self.ids.len() - self.num_drafted..]
    }
}

/// What came of a sequence's part of a step.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// The tokens that its logits chose, in order; those of an accepted draft first.
    pub(crate) tokens: Vec<u32>,
    /// How many tokens of the draft were chosen.
    pub(crate) num_accepted: usize,
    /// What probably comes after them.
    pub(crate) draft: Vec<u32>,
}

/// What the next step is. First the copies in their order, then all work at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) copies: Vec<BlockCopy>,
    pub(crate) work: Vec<Work>,
    /// Sequences that run for the first time.
    pub(crate) started: Vec<SequenceId>,
}

/// Who waits, who runs, who was put back.
#[derive(Debug)]
pub(crate) struct Scheduler {
    budget: Budget,
    pool: Pool,
    line: Line<Sequence>,
    /// The oldest first.
    running: Vec<Sequence>,
    /// Put back for lack of blocks, the oldest first.
    put_back: Vec<Sequence>,
    num_started: u64,
}

impl Scheduler {
    /// # Panics
    /// Where a budget of nothing would let nobody run.
    pub(crate) fn new(budget: Budget) -> Self {
        let all = [budget.num_blocks, budget.max_running, budget.chunk_tokens, budget.lone_chunk_tokens];
        assert!(!all.contains(&0), "a scheduler that lets nobody run: {budget:?}");
        let (pool, line) = (Pool::new(budget.num_blocks), Line::new(budget.max_waiting));
        Self { budget, pool, line, running: Vec::new(), put_back: Vec::new(), num_started: 0 }
    }

    /// Most tokens of one sequence.
    pub(crate) fn max_tokens(&self) -> usize {
        self.pool.room()
    }

    /// How many wait for their start.
    pub(crate) fn num_waiting(&self) -> usize {
        self.line.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.line.is_full()
    }

    /// Whether no sequence is left.
    pub(crate) fn is_idle(&self) -> bool {
        self.line.len() + self.running.len() + self.put_back.len() == 0
    }

    /// Puts a sequence in the line; `false` where it is full.
    ///
    /// # Panics
    /// If the prompt is empty or longer than the pool.
    pub(crate) fn push(&mut self, id: SequenceId, owner: Option<&str>, prompt: Vec<u32>) -> bool {
        assert!(!prompt.is_empty() && prompt.len() <= self.max_tokens(), "prompts are checked when a request comes in");
        let sequence = Sequence {
            id,
            owner: owner.map(str::to_owned),
            tokens: prompt,
            table: Table::default(),
            age: None,
            num_cached: 0,
            was_put_back: false,
            draft: Vec::new(),
        };
        self.line.push(id.0, owner, sequence).is_ok()
    }

    /// Calls `tell` with each waiting sequence whose place in the line is not the one it was told; the first has place 1.
    pub(crate) fn tell_places(&mut self, mut tell: impl FnMut(SequenceId, usize)) {
        self.line.tell_places(|sequence, place| tell(sequence.id, place));
    }

    /// A sequence has ended, wherever it is.
    pub(crate) fn remove(&mut self, id: SequenceId) {
        for list in [&mut self.running, &mut self.put_back] {
            if let Some(at) = list.iter().position(|sequence| sequence.id == id) {
                let mut gone = list.remove(at);
                self.pool.close(id, &mut gone.table, &gone.tokens);
                return;
            }
        }
        self.line.remove(id.0);
    }

    /// The next step. Empty only if there is nothing to run.
    pub(crate) fn plan(&mut self) -> Plan {
        let mut plan = Plan::default();
        let was_enough = self.plan_answers(&mut plan);
        if was_enough {
            self.start_sequences(&mut plan);
        }
        self.plan_prompts(&mut plan);
        plan
    }

    /// One token of each that writes, and its draft as far as there is room; `false` where somebody had to be put back for it.
    fn plan_answers(&mut self, plan: &mut Plan) -> bool {
        let mut was_enough = true;
        let mut index = 0;
        while index < self.running.len() {
            let writes = self.running[index].num_left() == 1;
            if writes && self.room_for_one(index, &mut was_enough) {
                let draft = self.draft_with_room(index);
                self.add(index, 1, &draft, plan);
            }
            index += 1;
        }
        was_enough
    }

    /// The draft of the sequence at `index`, cut where its blocks end. It gets a block more only if every other could too.
    fn draft_with_room(&mut self, index: usize) -> Vec<u32> {
        let spare = self.running.len();
        let Sequence { table, draft, .. } = &mut self.running[index];
        let mut draft = std::mem::take(draft);
        if table.num_done + 1 + draft.len() > table.room() && self.pool.num_unheld() > spare {
            self.pool.grow(table);
        }
        draft.truncate(table.room() - table.num_done - 1);
        draft
    }

    /// Makes room for a token of the sequence at `index`; `false` where it was the youngest and is put back itself.
    fn room_for_one(&mut self, index: usize, was_enough: &mut bool) -> bool {
        loop {
            let table = &mut self.running[index].table;
            if table.num_done < table.room() || self.pool.grow(table) {
                return true;
            }
            *was_enough = false;
            let mut youngest = self.running.pop().expect("the one at index runs");
            self.pool.close(youngest.id, &mut youngest.table, &youngest.tokens);
            youngest.was_put_back = true;
            youngest.draft.clear();
            self.put_back.insert(0, youngest); // older than all that were put back before
            if index == self.running.len() {
                return false;
            }
        }
    }

    /// Starts whoever fits: first those that were put back, then the line.
    fn start_sequences(&mut self, plan: &mut Plan) {
        while self.running.len() < self.budget.max_running {
            // Each that runs may soon need a block, the new one too.
            let spare = if self.running.is_empty() { 0 } else { self.running.len() + 1 };
            let Some(next) = self.put_back.first().or_else(|| self.line.first()) else { return };
            if !self.pool.fits(&next.tokens, spare) {
                return;
            }
            let next = if self.put_back.is_empty() { self.line.pop() } else { Some(self.put_back.remove(0)) };
            let mut next = next.expect("it was looked at");
            next.table = self.pool.open(next.id, &next.tokens);
            if next.age.is_none() {
                next.age = Some(self.num_started);
                self.num_started += 1;
                plan.started.push(next.id);
            }
            let place = self.running.partition_point(|other| other.age < next.age);
            self.running.insert(place, next);
        }
    }

    /// A chunk of the prompts: each owner's first before anyone's second, else the oldest first.
    fn plan_prompts(&mut self, plan: &mut Plan) {
        let mut left = if plan.work.is_empty() { self.budget.lone_chunk_tokens } else { self.budget.chunk_tokens };
        let mut order: Vec<(usize, usize)> = Vec::new();
        for (index, sequence) in self.running.iter().enumerate() {
            let is_in_plan = plan.work.iter().any(|work| work.id == sequence.id);
            if !is_in_plan {
                let same = |earlier: &&(usize, usize)| {
                    sequence.owner.is_some() && self.running[earlier.1].owner == sequence.owner
                };
                order.push((order.iter().filter(same).count(), index));
            }
        }
        order.sort_unstable();
        for (_, index) in order {
            let Sequence { id, tokens, table, num_cached, was_put_back, .. } = &mut self.running[index];
            let before = table.num_done;
            plan.copies.extend(self.pool.catch_up(*id, table, tokens));
            *num_cached += if *was_put_back { 0 } else { table.num_done - before };
            if left == 0 {
                continue;
            }
            let count = self.pool.claim(*id, table, left.min(tokens.len() - table.num_done));
            left -= count;
            if count > 0 {
                self.add(index, count, &[], plan);
            }
        }
    }

    fn add(&self, index: usize, count: usize, draft: &[u32], plan: &mut Plan) {
        let Sequence { id, tokens, table, num_cached, .. } = &self.running[index];
        let end = table.num_done + count;
        plan.work.push(Work {
            id: *id,
            ids: [&tokens[table.num_done..end], draft].concat(),
            earlier: table.num_done,
            blocks: table.blocks.clone(),
            num_logits: if end == tokens.len() { 1 + draft.len() } else { 0 },
            num_drafted: draft.len(),
            num_cached: *num_cached,
        });
    }

    /// A sequence's part of a step has been run. What was drafted and not chosen is written over later.
    pub(crate) fn done(&mut self, work: &Work, chosen: Chosen) {
        // It may have been removed on the way.
        let Some(sequence) = self.running.iter_mut().find(|sequence| sequence.id == work.id) else { return };
        sequence.tokens.extend(chosen.tokens);
        let count = work.ids.len() - work.num_drafted + chosen.num_accepted;
        self.pool.done(&mut sequence.table, &sequence.tokens, count);
        sequence.draft = chosen.draft;
    }
}

#[cfg(test)]
impl Scheduler {
    /// Checks that no block is lost and no sequence is out of order.
    pub(crate) fn check(&self) {
        let all = self.running.iter().chain(&self.put_back);
        self.pool.check(all.map(|sequence| &sequence.table));
        for list in [&self.running, &self.put_back] {
            assert!(list.is_sorted_by_key(|sequence| sequence.age), "the oldest are first");
        }
    }
}
