//! Counting drops.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many of its [`Tallied`] were made and dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    made: AtomicUsize,
    dropped: AtomicUsize,
}

/// Counts once when it is made and once when it is dropped.
#[derive(Debug)]
pub(crate) struct Tallied {
    tally: Tally,
}

impl Tally {
    pub(crate) fn one(&self) -> Tallied {
        // Relaxed: read after a join or in a loop that waits.
        self.counts.made.fetch_add(1, Ordering::Relaxed);
        Tallied {
            tally: self.clone(),
        }
    }

    pub(crate) fn made(&self) -> usize {
        // Relaxed: see `one`.
        self.counts.made.load(Ordering::Relaxed)
    }

    pub(crate) fn dropped(&self) -> usize {
        // Relaxed: see `one`.
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// All of them were dropped, each once, by now.
    #[track_caller]
    pub(crate) fn assert_all_dropped(&self, made: usize) {
        assert_eq!(self.made(), made, "made");
        assert_eq!(self.dropped(), made, "dropped");
    }

    /// All of them are dropped within ten seconds, by whoever is to do it.
    #[track_caller]
    pub(crate) fn wait_all_dropped(&self, made: usize) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.dropped() < made && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.assert_all_dropped(made);
    }
}

impl Drop for Tallied {
    fn drop(&mut self) {
        // Relaxed: see `one`.
        self.tally.counts.dropped.fetch_add(1, Ordering::Relaxed);
    }
}
