//! The count of a runtime's threads, and who of all that try may end it. Steps in `shutdown.rs`.

use crate::loom::Mutex;

/// See the module's header.
pub(super) struct Census {
    counts: Mutex<Counts>,
}

struct Counts {
    threads: usize,
    /// Those of them that are in blocking code.
    suspended: usize,
    closing: bool,
    finishing: bool,
}

impl Census {
    pub(super) fn new() -> Census {
        let counts = Counts {
            threads: 0,
            suspended: 0,
            closing: false,
            finishing: false,
        };
        Census {
            counts: Mutex::new(counts),
        }
    }

    /// One more thread; false if the runtime is closing.
    #[must_use]
    pub(super) fn enter(&self) -> bool {
        let mut counts = self.counts.lock();
        counts.threads += usize::from(!counts.closing);
        !counts.closing
    }

    /// One thread more that is there to cancel tasks, also if the runtime is closing.
    pub(super) fn visit(&self) {
        self.counts.lock().threads += 1;
    }

    /// One thread less; its author then attempts the finish.
    pub(super) fn leave(&self) {
        let mut counts = self.counts.lock();
        debug_assert!(counts.threads > 0, "a thread leaves once");
        counts.threads -= 1;
    }

    /// One of the threads begins blocking code; its author then attempts the finish.
    pub(super) fn suspend(&self) {
        self.counts.lock().suspended += 1;
    }

    /// The blocking code has ended.
    pub(super) fn resume(&self) {
        self.counts.lock().suspended -= 1;
    }

    /// Whether the runtime closes and nobody is left but threads in blocking code.
    pub(super) fn is_left_to_suspended(&self) -> bool {
        let counts = self.counts.lock();
        counts.closing && counts.suspended > 0 && counts.suspended == counts.threads
    }

    /// How many are inside.
    pub(super) fn threads(&self) -> usize {
        self.counts.lock().threads
    }

    /// The runtime closes; false if it was closing already.
    #[must_use]
    pub(super) fn close(&self) -> bool {
        !std::mem::replace(&mut self.counts.lock().closing, true)
    }

    /// For a caller who has just found that no task lives: true, once, if no thread is left either.
    #[must_use]
    pub(super) fn finish(&self) -> bool {
        let mut counts = self.counts.lock();
        let finishes = counts.closing && counts.threads == 0 && !counts.finishing;
        counts.finishing |= finishes;
        finishes
    }
}

impl std::fmt::Debug for Census {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Census")
            .field("threads", &self.counts.lock().threads)
            .finish()
    }
}
