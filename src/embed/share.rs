//! Shares the parts of one call among threads that live as long as the call. Nothing is queued: where several calls run
//! at once the system gives each its part of the processor, so a short one never waits for a long one to end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many threads help all calls together.
#[derive(Debug)]
pub(super) struct Share {
    num_threads: usize,
    num_helpers: AtomicUsize,
}

/// A helper's place, given back when it ends.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Share {
    /// For a processor of `num_threads`.
    pub(super) fn new(num_threads: usize) -> Self {
        Self { num_threads, num_helpers: AtomicUsize::new(0) }
    }

    /// How many threads a call has at most, its own counted.
    pub(super) fn num_threads(&self) -> usize {
        self.num_threads
    }

    /// What `each` makes of the items, in their order. The calling thread does its part, so it needs no helper.
    pub(super) fn map<T: Sync, R: Send>(&self, items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::with_capacity(items.len()));
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { return };
                let result = each(item);
                results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.num_threads.min(items.len()) {
                let Some(place) = self.place() else { break };
                let help = move || {
                    let _place = place;
                    work();
                };
                // A thread that the system refuses is done without.
                let _helper = std::thread::Builder::new().name("embed".to_owned()).spawn_scoped(scope, help);
            }
            work();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// A place for a helper, if there is one: twice as many as threads, so that a second call finds one too.
    fn place(&self) -> Option<Place<'_>> {
        let more = |taken| (taken < 2 * self.num_threads).then_some(taken + 1);
        self.num_helpers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Place(&self.num_helpers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_also_where_calls_are_nested_and_many() {
        let share = Share::new(3);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for len in 0..40_usize {
                        let items: Vec<usize> = (0..len).collect();
                        let sums: Vec<usize> =
                            share.map(&items, |item| share.map(&items, |other| item + other).iter().sum());
                        let expected: Vec<usize> =
                            (0..len).map(|item| len * item + len * len.saturating_sub(1) / 2).collect();
                        assert_eq!(sums, expected);
                    }
                });
            }
        });
        assert_eq!(share.num_helpers.into_inner(), 0);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_gives_the_place_back() {
        let share = Share::new(2);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            share.map(&[1, 2, 3, 4], |item| assert_ne!(*item, 3));
        }));
        assert!(caught.is_err());
        assert_eq!(share.num_helpers.load(Ordering::Relaxed), 0);
    }
}
