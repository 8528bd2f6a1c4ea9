//! Work that only computes, and a way to wait for tasks from a plain thread: the same for all
//! peers, and of none of them.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Dependent steps of a few cycles: some 20 µs in all.
const STEPS: u32 = 20_000;

/// A piece of work.
pub(crate) fn step(seed: u64) -> u64 {
    let mut state = black_box(seed | 1);
    for _ in 0..STEPS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state)
}

/// How long plain threads, one a processor, take for so many pieces, which they share by a counter.
pub(crate) fn on_threads(works: u64) -> Duration {
    let next = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    // Relaxed: each number goes to one thread; the scope's end orders the rest.
                    let work = next.fetch_add(1, Ordering::Relaxed);
                    if work >= works {
                        return;
                    }
                    step(work);
                }
            });
        }
    });
    start.elapsed()
}

/// Counts tasks that end, and tells a plain thread of the last one.
#[derive(Debug)]
pub(crate) struct Countdown {
    left: AtomicU64,
    ended: SyncSender<()>,
    end: Mutex<Receiver<()>>,
}

impl Countdown {
    pub(crate) fn new(count: u64) -> Countdown {
        let (ended, end) = sync_channel(1);
        Countdown {
            left: AtomicU64::new(count),
            ended,
            end: Mutex::new(end),
        }
    }

    pub(crate) fn one_less(&self) {
        // AcqRel: the last one has seen what all others did before.
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.ended.send(()).expect("the channel is ours");
        }
    }

    pub(crate) fn wait(&self) {
        let end = self.end.lock().expect("nobody panics with it");
        end.recv().expect("the channel is ours");
    }
}
