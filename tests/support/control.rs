//! A control thread: it sleeps a millisecond at a time and notes how late it was each time.
//!
//! A sample of the runtime counts only if the machine could have been in time itself: where the
//! control was late by more than half the bound at any time during the sample, the sample is void.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(1);

/// Runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Control {
    stop: Arc<AtomicBool>,
    late: Arc<Mutex<Vec<Late>>>,
    thread: JoinHandle<()>,
}

/// The control was due at `due` and ran at `ran`.
#[derive(Debug, Clone, Copy)]
struct Late {
    due: Instant,
    ran: Instant,
}

/// Samples of how late something was, each with the time it covers.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    samples: Vec<(Instant, Instant)>,
}

impl Lateness {
    /// Something was due at `due`, and happened at `happened`.
    pub(crate) fn add(&mut self, due: Instant, happened: Instant) {
        self.samples.push((due, happened));
    }
}

impl Control {
    pub(crate) fn start() -> Control {
        let stop = Arc::new(AtomicBool::new(false));
        let late = Arc::new(Mutex::new(Vec::new()));
        let (stopped, noted) = (Arc::clone(&stop), Arc::clone(&late));
        let thread = thread::spawn(move || {
            // Relaxed: a request; the join orders the rest.
            while !stopped.load(Ordering::Relaxed) {
                let due = Instant::now() + TICK;
                thread::sleep(TICK);
                let ran = Instant::now();
                noted.lock().expect("the list").push(Late { due, ran });
            }
        });
        Control { stop, late, thread }
    }

    /// Ends the control, and asserts that at least `share` of the samples were late by at most
    /// `bound`.
    #[track_caller]
    pub(crate) fn judge(self, what: &str, lateness: &Lateness, share: f64, bound: Duration) {
        let late = self.end();
        judge(&late, what, lateness, share, bound);
    }

    /// As [`Control::judge`], for several kinds of samples.
    #[track_caller]
    pub(crate) fn judge_all(self, kinds: &[(&str, &Lateness)], share: f64, bound: Duration) {
        let late = self.end();
        for (what, lateness) in kinds {
            judge(&late, what, lateness, share, bound);
        }
    }

    /// When the control was late, and by how much.
    fn end(self) -> Vec<Late> {
        // Relaxed: see `start`.
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the control thread");
        std::mem::take(&mut *self.late.lock().expect("the list"))
    }
}

#[track_caller]
fn judge(late: &[Late], what: &str, lateness: &Lateness, share: f64, bound: Duration) {
    let starved: Vec<Late> = late
        .iter()
        .filter(|late| late.ran.duration_since(late.due) > bound / 2)
        .copied()
        .collect();
    let is_void = |&&(due, happened): &&(Instant, Instant)| {
        starved
            .iter()
            .any(|late| late.due <= happened && due <= late.ran)
    };
    let all = lateness.samples.len();
    let mut valid: Vec<Duration> = lateness
        .samples
        .iter()
        .filter(|sample| !is_void(sample))
        .map(|(due, happened)| happened.saturating_duration_since(*due))
        .collect();
    valid.sort();
    let void = all - valid.len();
    assert!(all >= 20, "{what}: only {all} samples");
    assert!(
        void * 5 <= all,
        "{what}: the machine was too busy to tell: {void} of {all} samples are void"
    );
    let at = |share: f64| valid[((valid.len() - 1) as f64 * share) as usize];
    println!(
        "{what}: {all} samples, {void} void, late by p50 {:?}, p99 {:?}, at most {:?}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    assert!(
        at(share) <= bound,
        "{what}: {:?} late at {share}, more than {bound:?}",
        at(share)
    );
}
