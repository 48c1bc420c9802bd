//! The model's thread: step after step of what the scheduler plans, until nobody can ask any more.

use super::batch::{Part, StepModel};
use super::drafting::{Drafts, Price, StepCost};
use super::error::EngineError;
use super::handle::Shared;
use super::prefix::SequenceId;
use super::request::FinishReason;
use super::scheduler::{Plan, Work};
use super::sequence::{Ended, Sequence, Taken};
use super::totals::Totals;
use rayon::prelude::*;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::Instant;

/// What a sequence's part of a step came to.
type Outcome = Result<Taken, EngineError>;

/// The model and the sequences that it runs.
pub(super) struct Worker<'a> {
    model: Box<dyn StepModel>,
    running: HashMap<SequenceId, Sequence>,
    drafts: Drafts,
    cost: StepCost,
    shared: &'a Shared,
}

/// Runs until no handle is left and all sequences have ended.
pub(super) fn serve(model: Box<dyn StepModel>, drafts: Drafts, shared: &Shared) {
    let drafts = if model.verifies() { drafts } else { Drafts::Off };
    let mut worker = Worker { model, running: HashMap::new(), drafts, cost: StepCost::default(), shared };
    while let Some(plan) = worker.next_plan() {
        worker.step(&plan);
    }
}

/// However the thread ends, nobody waits for it any more.
impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let mut desk = self.shared.desk();
        desk.closed = true;
        desk.waiting.clear();
    }
}

impl Worker<'_> {
    /// What to run next; waits for it. `None` when no handle is left and nothing is to be done.
    fn next_plan(&mut self) -> Option<Plan> {
        let mut desk = self.shared.desk();
        loop {
            let gone: Vec<_> = self.running.iter().filter(|(_, one)| one.is_cancelled()).map(|(id, _)| *id).collect();
            for id in gone {
                desk.scheduler.remove(id);
                if let Some(sequence) = self.running.remove(&id) {
                    sequence.finish(FinishReason::Cancelled).tell();
                }
            }
            if !desk.scheduler.is_idle() {
                break;
            }
            if desk.closing {
                return None;
            }
            desk = self.shared.work.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
        let plan = desk.scheduler.plan();
        let started: Vec<_> =
            plan.started.iter().filter_map(|id| desk.waiting.remove(id).map(|job| (*id, job))).collect();
        desk.tell_places();
        drop(desk);
        let drafts = self.drafts != Drafts::Off;
        self.running.extend(started.into_iter().map(|(id, job)| (id, Sequence::start(job, drafts))));
        Some(plan)
    }

    /// Runs one step and gives everyone their tokens.
    fn step(&mut self, Plan { copies, work, .. }: &Plan) {
        let begun = Instant::now();
        let copied = self.guarded(|model| {
            copies.iter().for_each(|copy| model.copy_block(copy.from, copy.to, copy.num_tokens));
            Ok(())
        });
        let outcomes = match copied.and_then(|()| self.compute(work)) {
            Ok(mut logits) => self.take(work, &mut logits),
            Err(error) if work.len() == 1 => vec![Err(error)],
            // Each by itself, so that one cannot take the others with it.
            Err(_) => work.chunks(1).flat_map(|one| self.step_alone(one)).collect(),
        };
        self.count(work, &outcomes, begun);
        let mut ended: Vec<Ended> = Vec::new();
        let mut desk = self.shared.desk();
        for (work, outcome) in work.iter().zip(outcomes) {
            let end = match outcome {
                Ok(Taken { chosen, end }) => {
                    desk.scheduler.done(work, chosen);
                    end.map(Ok)
                }
                Err(error) => Some(Err(error)),
            };
            let Some(end) = end else { continue };
            desk.scheduler.remove(work.id);
            let Some(sequence) = self.running.remove(&work.id) else { continue };
            ended.push(match end {
                Ok(finish) => sequence.finish(finish),
                Err(error) => sequence.fail(error),
            });
        }
        drop(desk);
        // First off the desk, then told: who asks again on hearing it must not find itself in its own way.
        ended.into_iter().for_each(Ended::tell);
    }

    fn count(&mut self, work: &[Work], outcomes: &[Outcome], begun: Instant) {
        let elapsed = begun.elapsed();
        let chosen = || outcomes.iter().flatten().map(|taken| &taken.chosen);
        let rows = work.iter().map(|work| work.ids.len()).sum();
        if work.iter().all(|work| work.num_logits == work.ids.len()) {
            self.cost.add(rows, elapsed);
        }
        self.shared.counters.add(&Totals {
            steps: 1,
            computed_tokens: rows as u64,
            written_tokens: chosen().map(|chosen| chosen.tokens.len() as u64).sum(),
            drafted_tokens: work.iter().map(|work| work.num_drafted as u64).sum(),
            accepted_tokens: chosen().map(|chosen| chosen.num_accepted as u64).sum(),
            busy: elapsed,
        });
    }

    fn step_alone(&mut self, work: &[Work]) -> Vec<Outcome> {
        match self.compute(work) {
            Ok(mut logits) => self.take(work, &mut logits),
            Err(error) => vec![Err(error)],
        }
    }

    /// The logits of a step, `(rows wanted, vocab)`.
    fn compute(&mut self, work: &[Work]) -> Result<Vec<f32>, EngineError> {
        let part = |work| {
            let Work { ids, earlier, blocks, num_logits, .. }: &Work = work;
            Part { ids, earlier: *earlier, blocks, num_logits: *num_logits }
        };
        let parts: Vec<_> = work.iter().map(part).collect();
        let rows: usize = parts.iter().map(|part| part.num_logits).sum();
        self.guarded(|model| {
            let logits = model.step(&parts)?;
            assert_eq!(logits.len(), rows * model.vocab(), "as many logits as were asked for");
            Ok(logits)
        })
    }

    /// A panic of the model's code as an error. All that a step leaves in the model is written over by the next.
    fn guarded<T>(&mut self, run: impl FnOnce(&mut dyn StepModel) -> Result<T, EngineError>) -> Result<T, EngineError> {
        let model = &mut *self.model;
        let outcome = catch_unwind(AssertUnwindSafe(|| run(model)));
        outcome.unwrap_or_else(|panic| Err(EngineError::Panicked(panic_text(panic.as_ref()))))
    }

    /// Chooses everyone's next tokens from their rows.
    fn take(&mut self, work: &[Work], mut logits: &mut [f32]) -> Vec<Outcome> {
        let (tokenizer, max, vocab) = (&self.shared.tokenizer, self.shared.info.context_tokens, self.model.vocab());
        let writing = work.iter().filter(|work| work.num_logits > 0).count();
        let price = if self.drafts == Drafts::Always { Price::Free } else { self.cost.price(writing) };
        let mut takers = Vec::with_capacity(work.len());
        for work in work {
            let (rows, rest) = std::mem::take(&mut logits).split_at_mut(work.num_logits * vocab);
            logits = rest;
            takers.push((work, rows, self.running.remove(&work.id)));
        }
        let taken: Vec<_> = takers
            .into_par_iter()
            .map(|(work, rows, sequence)| {
                let Some(mut sequence) = sequence else { return (work.id, None, Ok(Taken::default())) };
                if rows.is_empty() {
                    return (work.id, Some(sequence), Ok(Taken::default()));
                }
                sequence.set_cached_tokens(work.num_cached);
                let outcome = sequence.take(rows, work.draft(), tokenizer, (max, price));
                (work.id, Some(sequence), outcome)
            })
            .collect();
        let mut outcomes = Vec::with_capacity(taken.len());
        for (id, sequence, outcome) in taken {
            self.running.extend(sequence.map(|sequence| (id, sequence)));
            outcomes.push(outcome);
        }
        outcomes
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a text".into())
}
