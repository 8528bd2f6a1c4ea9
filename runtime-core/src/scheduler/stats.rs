//! Counters that are kept anyway, for tests, metrics and reports. Cold: none is touched on a hot
//! path.

use std::sync::atomic::Ordering;

use crate::util::foreign;
use crate::util::wide::AtomicU64;

/// See the module's header.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    stalls: AtomicU64,
    spares: AtomicU64,
    threads_started: AtomicU64,
    threads_refused: AtomicU64,
    foreign_panics: AtomicU64,
    driver_errors: AtomicU64,
    looks: AtomicU64,
}

fn add(counter: &AtomicU64, count: u64) {
    // Relaxed: a statistic, it orders nothing.
    counter.fetch_add(count, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    // Relaxed: see `add`.
    counter.load(Ordering::Relaxed)
}

impl Stats {
    pub(super) fn stall(&self) {
        add(&self.stalls, 1);
    }

    pub(super) fn spare_opened(&self) {
        add(&self.spares, 1);
    }

    pub(super) fn thread_started(&self) {
        add(&self.threads_started, 1);
    }

    pub(super) fn thread_refused(&self) {
        add(&self.threads_refused, 1);
    }

    pub(super) fn foreign_panics(&self, count: usize) {
        if count > 0 {
            add(&self.foreign_panics, count as u64);
        }
    }

    /// Calls foreign code; a panic of it ends here, and is counted.
    pub(super) fn contain<R>(&self, foreign: impl FnOnce() -> R) -> Option<R> {
        let called = foreign::call(foreign);
        self.foreign_panics(usize::from(called.is_err()));
        called.ok()
    }

    pub(super) fn driver_error(&self) {
        add(&self.driver_errors, 1);
    }

    pub(super) fn look(&self) {
        add(&self.looks, 1);
    }

    /// Polls that stalled, each counted once.
    pub(crate) fn stalls(&self) -> u64 {
        get(&self.stalls)
    }

    /// How often a spare slot was opened.
    pub(crate) fn spares(&self) -> u64 {
        get(&self.spares)
    }

    /// Threads started so far, without those of the blocking pool.
    pub(crate) fn threads_started(&self) -> u64 {
        get(&self.threads_started)
    }

    /// Panics that were caught outside of tasks.
    pub(crate) fn foreign_panic_count(&self) -> u64 {
        get(&self.foreign_panics)
    }

    /// How often the operating system refused a thread.
    pub(crate) fn threads_refused(&self) -> u64 {
        get(&self.threads_refused)
    }
}
