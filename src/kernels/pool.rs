//! Threads that take the tasks of one operation after the other. Between operations they spin, because the next one comes
//! within microseconds; when none comes they sleep.
//!
//! Tasks are claimed one by one, so a thread that the system has taken off its processor holds up only the task it is in.

#![allow(unsafe_code, reason = "a task borrows from the caller's stack while the caller waits")]

use super::level::Level;
use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// How often an idle thread looks for work before it sleeps: some tens of microseconds.
const MAX_LOOKS: u32 = 3_000;
/// How often the caller looks for the last task's end before it lets others run.
const LOOKS_BEFORE_YIELD: u32 = 2_000;
/// Low bits of [`Shared::claim`]: the next task. The high bits are the operation's number.
const TASK_BITS: u32 = 24;
const TASK_MASK: u64 = (1 << TASK_BITS) - 1;

/// What a task is: it is given its number.
type Task<'a> = &'a (dyn Fn(usize) + Sync + 'a);

struct Shared {
    /// Number of the operation and of its next task, in one word, so that a task is claimed only of the operation meant.
    claim: AtomicU64,
    num_tasks: AtomicUsize,
    num_done: AtomicUsize,
    /// Where the caller keeps its `Task`.
    task: AtomicPtr<()>,
    stop: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    num_asleep: AtomicUsize,
    bed: Mutex<()>,
    wake: Condvar,
}

/// The threads, and what their processor can do. One caller at a time: it is not `Sync`.
pub(crate) struct Pool {
    level: Level,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    _one_caller: PhantomData<Cell<()>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("num_threads", &self.num_threads()).finish()
    }
}

impl Pool {
    /// A pool of `num_threads`, the caller counted. A thread that the system refuses is done without.
    pub(crate) fn new(num_threads: usize, level: Level) -> Self {
        let shared = Arc::new(Shared {
            claim: AtomicU64::new(0),
            num_tasks: AtomicUsize::new(0),
            num_done: AtomicUsize::new(0),
            task: AtomicPtr::new(std::ptr::null_mut()),
            stop: AtomicBool::new(false),
            panic: Mutex::new(None),
            num_asleep: AtomicUsize::new(0),
            bed: Mutex::new(()),
            wake: Condvar::new(),
        });
        let start = |index: usize| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("kernel-{index}")).spawn(move || work(&shared)).ok()
        };
        let threads = (1..num_threads).map_while(start).collect();
        Self { level, shared, threads, _one_caller: PhantomData }
    }

    /// The code that tasks shall use.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// How many threads take tasks, the caller counted.
    pub(crate) fn num_threads(&self) -> usize {
        self.threads.len() + 1
    }

    /// Runs `task` for every number below `num_tasks`, and returns when all are done.
    ///
    /// # Panics
    /// Where a task does.
    pub(crate) fn run(&self, num_tasks: usize, task: impl Fn(usize) + Sync) {
        if self.threads.is_empty() || num_tasks <= 1 {
            return (0..num_tasks).for_each(task);
        }
        assert!((num_tasks as u64) < TASK_MASK - 1024, "{num_tasks} tasks of one operation");
        let shared = &*self.shared;
        let task: Task<'_> = &task;
        shared.task.store(std::ptr::from_ref(&task).cast_mut().cast(), Ordering::Relaxed);
        shared.num_tasks.store(num_tasks, Ordering::Relaxed);
        shared.num_done.store(0, Ordering::Relaxed);
        let operation = (shared.claim.load(Ordering::Relaxed) >> TASK_BITS) + 1;
        // Publishes all of the above: who reads this number reads those too.
        shared.claim.store(operation << TASK_BITS, Ordering::SeqCst);
        if shared.num_asleep.load(Ordering::SeqCst) > 0 {
            drop(shared.bed.lock().unwrap_or_else(PoisonError::into_inner));
            shared.wake.notify_all();
        }
        take_tasks(shared, operation);
        let mut looks = 0;
        while shared.num_done.load(Ordering::Acquire) < num_tasks {
            looks += 1;
            if looks < LOOKS_BEFORE_YIELD { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        let panic = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(self.shared.bed.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            // A task's panic was given to the caller; nothing else can fail in a thread.
            let _ended = thread.join();
        }
    }
}

/// Takes tasks of this operation until none is left.
fn take_tasks(shared: &Shared, operation: u64) {
    loop {
        let claim = shared.claim.load(Ordering::Acquire);
        let next = (claim & TASK_MASK) as usize;
        if claim >> TASK_BITS != operation || next >= shared.num_tasks.load(Ordering::Relaxed) {
            return;
        }
        let task = shared.task.load(Ordering::Relaxed);
        if shared.claim.compare_exchange_weak(claim, claim + 1, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            continue;
        }
        // SAFETY: the exchange succeeded, so at that moment this operation had a task that was not done, and it is this one.
        // Until it is counted below the caller stays in `run`, where `task` points, and changes neither pointer nor counts;
        // both were written before the number `operation` was, which this thread has read.
        let task = unsafe { *task.cast::<Task<'_>>() };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| task(next))) {
            *shared.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
        shared.num_done.fetch_add(1, Ordering::Release);
    }
}

fn work(shared: &Shared) {
    let mut seen = 0;
    let mut looks = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        let operation = shared.claim.load(Ordering::Acquire) >> TASK_BITS;
        if operation != seen {
            take_tasks(shared, operation);
            (seen, looks) = (operation, 0);
        } else if looks < MAX_LOOKS {
            looks += 1;
            std::hint::spin_loop();
        } else {
            sleep(shared, seen);
            looks = 0;
        }
    }
}

/// Sleeps until there is an operation after `seen`, or the end.
fn sleep(shared: &Shared, seen: u64) {
    let mut bed = shared.bed.lock().unwrap_or_else(PoisonError::into_inner);
    shared.num_asleep.fetch_add(1, Ordering::SeqCst);
    // The caller publishes its operation before it looks who sleeps, so one of the two sees the other.
    while shared.claim.load(Ordering::SeqCst) >> TASK_BITS == seen && !shared.stop.load(Ordering::SeqCst) {
        bed = shared.wake.wait(bed).unwrap_or_else(PoisonError::into_inner);
    }
    shared.num_asleep.fetch_sub(1, Ordering::SeqCst);
}

/// A slice of which tasks write different places.
pub(super) struct Shares<'a, T> {
    start: *mut T,
    len: usize,
    _borrowed: PhantomData<&'a mut [T]>,
}

// SAFETY: it is a `&mut [T]` that is given out in pieces; whoever takes a piece promises that nobody else has it.
unsafe impl<T: Send> Sync for Shares<'_, T> {}

impl<'a, T> Shares<'a, T> {
    pub(super) fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), _borrowed: PhantomData }
    }

    /// Where a place is, for code that writes through pointers.
    ///
    /// # Panics
    /// If it is not inside.
    pub(super) fn at(&self, place: usize) -> *mut T {
        assert!(place < self.len, "{place} of {}", self.len);
        self.start.wrapping_add(place)
    }

    /// A piece.
    ///
    /// # Safety
    /// While it lives, no other piece overlaps it.
    ///
    /// # Panics
    /// If it is not inside.
    #[expect(clippy::mut_from_ref, reason = "the caller promises that the pieces do not overlap")]
    pub(super) unsafe fn piece(&self, start: usize, len: usize) -> &mut [T] {
        assert!(start.checked_add(len).is_some_and(|end| end <= self.len), "{start} + {len} of {}", self.len);
        // SAFETY: inside the slice that is borrowed for `'a`, and of nobody else by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_of_every_operation_runs_once() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(threads, Level::best());
            for round in 0..2000 {
                let counts: Vec<_> = (0..round % 37).map(|_| AtomicUsize::new(0)).collect();
                pool.run(counts.len(), |task| {
                    counts[task].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1), "{threads} threads, {round}");
                if round % 500 == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(5)); // long enough for them to fall asleep
                }
            }
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(3, Level::best());
        for bad in [0, 7] {
            let caught = catch_unwind(AssertUnwindSafe(|| pool.run(8, |task| assert_ne!(task, bad))));
            assert!(caught.is_err());
        }
        let sum = AtomicUsize::new(0);
        pool.run(8, |task| {
            sum.fetch_add(task, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 28);
    }
}
