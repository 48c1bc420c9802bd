//! How much a model has done, counted by its thread and read by anyone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How much a model has computed since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Forward passes.
    pub steps: u64,
    /// Tokens that went through the model: of prompts, those written, and drafts.
    pub computed_tokens: u64,
    /// Tokens that were written.
    pub written_tokens: u64,
    /// Tokens that were drafted.
    pub drafted_tokens: u64,
    /// Drafted tokens that were written.
    pub accepted_tokens: u64,
    /// How long the passes took.
    pub busy: Duration,
}

/// [`Totals`] as they grow.
#[derive(Debug, Default)]
pub(super) struct Counters {
    steps: AtomicU64,
    computed: AtomicU64,
    written: AtomicU64,
    drafted: AtomicU64,
    accepted: AtomicU64,
    busy_us: AtomicU64,
}

impl Counters {
    pub(super) fn add(&self, more: &Totals) {
        let Totals { steps, computed_tokens, written_tokens, drafted_tokens, accepted_tokens, busy } = *more;
        let busy_us = u64::try_from(busy.as_micros()).unwrap_or(u64::MAX);
        for (counter, more) in [
            (&self.steps, steps),
            (&self.computed, computed_tokens),
            (&self.written, written_tokens),
            (&self.drafted, drafted_tokens),
            (&self.accepted, accepted_tokens),
            (&self.busy_us, busy_us),
        ] {
            counter.fetch_add(more, Ordering::Relaxed);
        }
    }

    pub(super) fn totals(&self) -> Totals {
        let [steps, computed_tokens, written_tokens, drafted_tokens, accepted_tokens, busy_us] =
            [&self.steps, &self.computed, &self.written, &self.drafted, &self.accepted, &self.busy_us]
                .map(|counter| counter.load(Ordering::Relaxed));
        let busy = Duration::from_micros(busy_us);
        Totals { steps, computed_tokens, written_tokens, drafted_tokens, accepted_tokens, busy }
    }
}
