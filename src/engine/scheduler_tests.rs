//! The scheduler on a model whose logits are a hash of all tokens that it reads back through the blocks: a block given
//! away too early, shared wrongly or written twice changes the answer.

use super::batch::{BLOCK_TOKENS, BlockId, Part, StepModel};
use super::error::EngineError;
use super::prefix::SequenceId;
use super::scheduler::{Budget, Chosen, Plan, Scheduler};
use proptest::prelude::*;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

const VOCAB: u32 = 5;

/// The token after these.
fn next(tokens: &[u32]) -> u32 {
    let mut hasher = DefaultHasher::new();
    tokens.hash(&mut hasher);
    (hasher.finish() % u64::from(VOCAB)) as u32
}

/// Keeps token ids where a model keeps keys and values.
struct Fake {
    blocks: Vec<[Option<u32>; BLOCK_TOKENS]>,
    num_run: usize,
}

impl Fake {
    fn new(num_blocks: usize) -> Self {
        Self { blocks: vec![[None; BLOCK_TOKENS]; num_blocks], num_run: 0 }
    }

    fn read(&self, blocks: &[BlockId], count: usize) -> Vec<u32> {
        let slot = |at: usize| self.blocks[blocks[at / BLOCK_TOKENS].0 as usize][at % BLOCK_TOKENS];
        (0..count).map(|at| slot(at).expect("a token that is read was written")).collect()
    }
}

impl StepModel for Fake {
    fn num_blocks(&self) -> usize {
        self.blocks.len()
    }

    fn vocab(&self) -> usize {
        VOCAB as usize
    }

    fn verifies(&self) -> bool {
        true
    }

    fn step(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>, EngineError> {
        let earlier: Vec<_> = parts.iter().map(|part| self.read(part.blocks, part.earlier)).collect();
        let mut written: HashMap<BlockId, Vec<(usize, usize)>> = HashMap::new();
        for (index, part) in parts.iter().enumerate() {
            assert!(!part.ids.is_empty() && part.earlier + part.ids.len() <= part.blocks.len() * BLOCK_TOKENS);
            for (at, id) in (part.earlier..).zip(part.ids) {
                let (block, slot) = (part.blocks[at / BLOCK_TOKENS], at % BLOCK_TOKENS);
                let slots = written.entry(block).or_default();
                assert!(slots.iter().all(|(other, _)| *other != slot), "two parts write {block:?}, {slot}");
                slots.push((slot, index));
                self.blocks[block.0 as usize][slot] = Some(*id);
            }
            self.num_run += part.ids.len();
        }
        for (index, part) in parts.iter().enumerate() {
            for (start, block) in (0..part.earlier).step_by(BLOCK_TOKENS).zip(part.blocks) {
                let mut slots = written.get(block).into_iter().flatten();
                let read_too = |(slot, by): &(usize, usize)| *by != index && start + slot < part.earlier;
                assert!(!slots.any(read_too), "a part reads what another writes in {block:?}");
            }
        }
        let rows = |(part, earlier): (&Part<'_>, Vec<u32>)| {
            let first = part.ids.len() - part.num_logits;
            let ids = part.ids.to_vec();
            (first..part.ids.len()).map(move |last| next(&[&earlier[..], &ids[..=last]].concat()))
        };
        let likeliest = parts.iter().zip(earlier).flat_map(rows);
        Ok(likeliest.flat_map(|one| (0..VOCAB).map(move |id| if id == one { 1.0 } else { 0.0 })).collect())
    }

    fn copy_block(&mut self, from: BlockId, to: BlockId, num_tokens: usize) {
        assert_ne!(from, to);
        let tokens = self.blocks[from.0 as usize];
        assert!(tokens[..num_tokens].iter().all(Option::is_some), "what is copied was written");
        self.blocks[to.0 as usize][..num_tokens].copy_from_slice(&tokens[..num_tokens]);
    }
}

/// What a test asks for.
#[derive(Debug, Clone)]
struct Asked {
    owner: Option<String>,
    prompt: Vec<u32>,
    max_tokens: usize,
    /// The step before which it comes, and the one before which it is cancelled.
    comes: usize,
    leaves: Option<usize>,
    /// Whether its answer is drafted, sometimes wrongly.
    drafts: bool,
}

impl Asked {
    fn of(prompt: impl IntoIterator<Item = u32>, max_tokens: usize) -> Self {
        Self { owner: None, prompt: prompt.into_iter().collect(), max_tokens, comes: 0, leaves: None, drafts: false }
    }

    /// Up to 11 tokens that follow after `num_written`, often one of them wrong.
    fn draft(&self, num_written: usize) -> Vec<u32> {
        if !self.drafts {
            return Vec::new();
        }
        let of = (num_written * 7 + self.prompt.len()) % 12;
        let mut draft: Vec<u32> = self.alone().into_iter().skip(num_written).take(of).collect();
        if let Some(token) = draft.get_mut(num_written % 9) {
            *token = (*token + 1) % VOCAB;
        }
        draft
    }

    /// Its answer, computed alone and without blocks.
    fn alone(&self) -> Vec<u32> {
        let mut tokens = self.prompt.clone();
        for _ in 0..self.max_tokens {
            tokens.push(next(&tokens));
        }
        tokens.split_off(self.prompt.len())
    }
}

/// What became of one.
#[derive(Debug, Default, Clone)]
struct Answer {
    tokens: Vec<u32>,
    num_cached: usize,
    started: Option<usize>,
    first_token: Option<usize>,
    /// Longest time between two tokens, in steps.
    stall: usize,
    ended: Option<usize>,
}

struct Run {
    answers: Vec<Answer>,
    num_run: usize,
    largest_chunk: usize,
    num_accepted: usize,
}

fn budget(num_blocks: usize) -> Budget {
    Budget { num_blocks, max_running: 32, max_waiting: 1000, chunk_tokens: 64, lone_chunk_tokens: 128 }
}

/// Runs all to their ends and checks the pool at every step.
fn run(budget: Budget, asked: &[Asked]) -> Run {
    let mut scheduler = Scheduler::new(budget.clone());
    let mut model = Fake::new(budget.num_blocks);
    let mut run = Run { answers: vec![Answer::default(); asked.len()], num_run: 0, largest_chunk: 0, num_accepted: 0 };
    let most: usize = asked.iter().map(|one| one.comes + one.prompt.len() + one.max_tokens).sum::<usize>() * 20 + 100;
    for step in 0.. {
        assert!(step < most, "it does not come to an end: {:?}", run.answers);
        for (id, one) in (0..).zip(asked) {
            if one.comes == step {
                assert!(scheduler.push(SequenceId(id), one.owner.as_deref(), one.prompt.clone()));
            }
            if one.leaves == Some(step) {
                scheduler.remove(SequenceId(id));
                run.answers[id as usize].ended.get_or_insert(step);
            }
        }
        if scheduler.is_idle() && asked.iter().all(|one| one.comes <= step) {
            break;
        }
        let plan = scheduler.plan();
        assert_eq!(plan.work.is_empty(), scheduler.is_idle(), "nobody runs though somebody could");
        one_step(&mut scheduler, &mut model, &plan, asked, (step, &mut run));
        scheduler.check();
    }
    run.num_run = model.num_run;
    run
}

fn one_step(scheduler: &mut Scheduler, model: &mut Fake, plan: &Plan, asked: &[Asked], (step, run): (usize, &mut Run)) {
    for id in &plan.started {
        assert_eq!(run.answers[id.0 as usize].started.replace(step), None, "it starts twice");
    }
    for copy in &plan.copies {
        model.copy_block(copy.from, copy.to, copy.num_tokens);
    }
    let parts: Vec<_> = plan
        .work
        .iter()
        .map(|work| Part { ids: &work.ids, earlier: work.earlier, blocks: &work.blocks, num_logits: work.num_logits })
        .collect();
    let logits = model.step(&parts).expect("the fake never fails");
    let mut rows = logits.chunks_exact(VOCAB as usize);
    let prompts = plan.work.iter().filter(|work| work.num_drafted == 0).map(|work| work.ids.len());
    let prompts = prompts.filter(|count| *count > 1);
    run.largest_chunk = run.largest_chunk.max(prompts.sum());
    for work in &plan.work {
        let (one, answer) = (&asked[work.id.0 as usize], &mut run.answers[work.id.0 as usize]);
        if work.num_logits == 0 {
            scheduler.done(work, Chosen::default());
            continue;
        }
        if answer.first_token.is_none() {
            answer.num_cached = work.num_cached;
        }
        let last = answer.first_token.map_or(step, |first| first + answer.tokens.len() + answer.stall);
        answer.stall += step - last.min(step);
        answer.first_token.get_or_insert(step);
        let mut chosen = Chosen::default();
        let mine: Vec<_> = rows.by_ref().take(work.num_logits).collect();
        assert_eq!(mine.len(), work.draft().len() + 1, "a row for each that is wanted");
        for (row, drafted) in mine.into_iter().zip(work.draft().iter().map(Some).chain([None])) {
            let token = row.iter().position(|logit| *logit > 0.0).expect("one is likeliest") as u32;
            answer.tokens.push(token);
            chosen.tokens.push(token);
            if drafted != Some(&token) || answer.tokens.len() == one.max_tokens {
                break;
            }
            chosen.num_accepted += 1;
        }
        run.num_accepted += chosen.num_accepted;
        chosen.draft = one.draft(answer.tokens.len());
        scheduler.done(work, chosen);
        if answer.tokens.len() == one.max_tokens {
            answer.ended = Some(step);
            scheduler.remove(work.id);
        }
    }
}

/// Prompts that share beginnings of many lengths.
fn prompt() -> impl Strategy<Value = Vec<u32>> {
    (0u32..3, 0usize..130, proptest::collection::vec(0u32..3, 1..70)).prop_map(|(kind, shared, own)| {
        let shared = (0..shared as u32).map(|at| (at * at + kind) % 7);
        shared.chain(own).collect()
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let owner = proptest::option::of((0u8..3).prop_map(|owner| owner.to_string()));
    (owner, prompt(), 1usize..60, 0usize..60, proptest::option::weighted(0.3, 0usize..150), any::<bool>()).prop_map(
        |(owner, prompt, max_tokens, comes, leaves, drafts)| {
            let leaves = leaves.map(|after| comes + after);
            Asked { owner, prompt, max_tokens, comes, leaves, drafts }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// The pool has room for the longest sequence (8 blocks) and hardly more, so many are put back.
    #[test]
    fn together_is_as_alone(
        asked in proptest::collection::vec(asked(), 1..14),
        num_blocks in 9usize..30,
        max_running in 1usize..8,
        chunk_tokens in 1usize..100,
        lone_chunk_tokens in 1usize..200,
    ) {
        let budget = Budget { num_blocks, max_running, max_waiting: 20, chunk_tokens, lone_chunk_tokens };
        let run = run(budget, &asked);
        for (one, answer) in asked.iter().zip(&run.answers) {
            let alone = one.alone();
            if one.leaves.is_none() {
                prop_assert_eq!(&answer.tokens, &alone);
            }
            prop_assert!(alone.starts_with(&answer.tokens), "{:?} is not the beginning of {:?}", answer.tokens, alone);
        }
    }
}

#[test]
fn the_same_prefix_asked_for_at_once_is_computed_once() {
    let shared = || (0..300).map(|at| at % 11);
    let asked: Vec<_> = (0..8).map(|who| Asked::of(shared().chain([100 + who; 20]), 10)).collect();
    let run = run(budget(200), &asked);
    let alone = 8 * (320 + 9);
    let least = 300 + 8 * (20 + 9);
    assert!(run.num_run < least + 7 * BLOCK_TOKENS, "{} tokens were run, {least} would do, {alone} alone", run.num_run);
    for answer in &run.answers[1..] {
        assert!(answer.num_cached >= 288, "{answer:?}");
    }
}

#[test]
fn the_same_prompt_asked_for_at_once_is_nearly_computed_once() {
    for length in [31, 32, 33, 64, 96] {
        let asked: Vec<_> = (0..5).map(|_| Asked::of((0..length).map(|at| at % 11), 40)).collect();
        let run = run(budget(200), &asked);
        let most = length as usize + 5 * (40 + BLOCK_TOKENS);
        assert!(run.num_run <= most, "{length}: {} tokens were run", run.num_run);
        assert!(run.answers.iter().all(|answer| answer.tokens == asked[0].alone()));
    }
}

#[test]
fn the_same_prompt_again_costs_one_token_and_a_conversation_goes_on_where_it_was() {
    for length in [1, 31, 32, 33, 64, 100] {
        let first = Asked::of((0..length).map(|at| at % 11), 10);
        let mut again = first.clone();
        let mut turn = Asked::of([first.prompt.clone(), first.alone(), vec![3, 4, 5]].concat(), 10);
        (again.comes, turn.comes) = (30, 60);
        let run = run(budget(20), &[first, again, turn.clone()]);
        let cached: Vec<_> = run.answers.iter().map(|answer| answer.num_cached).collect();
        let length = length as usize;
        assert_eq!(cached, [0, length - 1, turn.prompt.len() - 4], "the last token of an answer is never run");
        assert_eq!(run.answers[2].tokens, turn.alone());
    }
}

#[test]
fn nobodys_words_stall_behind_a_long_prompt() {
    let mut asked = vec![Asked::of([1, 2, 3], 50), Asked::of([4; 20], 50)];
    asked.push(Asked { comes: 5, ..Asked::of((0..2000).map(|at| at % 13), 5) });
    let run = run(budget(200), &asked);
    assert!(run.answers.iter().all(|answer| answer.stall == 0), "{:?}", run.answers);
    assert_eq!(run.largest_chunk, 64);
}

#[test]
fn an_owner_of_many_does_not_hold_up_an_owner_of_one() {
    let own = |owner: &str, one: Asked| Asked { owner: Some(owner.into()), ..one };
    let mut asked: Vec<_> = (0..20).map(|who| own("many", Asked::of((0..200).map(|at| at * 7 + who), 20))).collect();
    asked.push(own("one", Asked { comes: 1, ..Asked::of([9; 100], 20) }));
    for max_running in [2, 32] {
        let run = run(Budget { max_running, ..budget(300) }, &asked);
        let one = run.answers[20].first_token.expect("it has an answer");
        let later = run.answers[..20].iter().filter(|answer| answer.first_token > Some(one)).count();
        assert!(later >= 17, "{max_running} at once: only {later} of 20 came later");
    }
}

#[test]
fn the_oldest_is_never_put_back() {
    let asked: Vec<_> = (0..6).map(|who| Asked::of([who; 40], 200)).collect();
    let run = run(budget(12), &asked);
    assert!(run.answers[0].stall == 0 && run.answers[3].stall > 0, "{:?}", run.answers);
    for (one, answer) in asked.iter().zip(&run.answers) {
        assert_eq!(answer.tokens, one.alone());
    }
}

#[test]
fn who_takes_over_a_prefix_when_its_writer_leaves_finishes_it() {
    let asked = |leaves| Asked { leaves, ..Asked::of((0..400).map(|at| at % 11), 10) };
    let asked = [asked(Some(2)), asked(None), asked(None)];
    let run = run(budget(60), &asked);
    assert!(run.num_run < 400 + 128 + 40, "{} tokens were run", run.num_run);
    assert_eq!(run.answers[2].tokens, asked[2].alone());
}

#[test]
fn a_drafted_answer_is_the_same_in_fewer_steps() {
    let plain: Vec<_> = (0..3).map(|own| Asked::of((0..40).map(|at| at % 3 + own), 200)).collect();
    let drafted: Vec<_> = plain.iter().map(|one| Asked { drafts: true, ..one.clone() }).collect();
    let (before, after) = (run(budget(64), &plain), run(budget(64), &drafted));
    for (one, answer) in plain.iter().zip(&after.answers) {
        assert_eq!(answer.tokens, one.alone());
    }
    assert!(before.num_accepted == 0 && after.num_accepted > 300, "{}", after.num_accepted);
    let last = |run: &Run| run.answers.iter().map(|answer| answer.ended).max();
    assert!(last(&after) < last(&before), "{:?} {:?}", last(&after), last(&before));
    // Where every block is needed, drafts take none from others.
    let narrow = run(budget(9), &drafted);
    assert!(plain.iter().zip(&narrow.answers).all(|(one, answer)| answer.tokens == one.alone()));
}
