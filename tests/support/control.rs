//! A control thread: it sleeps a millisecond at a time and notes how late it was each time.
//!
//! A sample of the runtime counts only if the machine could have been in time itself: where the
//! control was late by more than half the bound at any time during the sample, the sample is void.
//! So it is where some thread of the process was ready to run and got no processor for that long
//! in all (on Linux, which counts it): a thread that mostly sleeps, as the control does, is served
//! before one that computes, so the control alone would not notice who is kept waiting.
//!
//! With too many void samples nothing can be said about the runtime. The test then says so and
//! passes, but where [`QUIET`] is set it fails: there the machine was meant to be quiet.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{env, fs};

use super::slow;

const TICK: Duration = Duration::from_millis(1);

/// Says that nothing else runs on the machine.
const QUIET: &str = "RUNTIME_TESTS_QUIET";

/// Runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Control {
    stop: Arc<AtomicBool>,
    late: Arc<Mutex<Vec<Late>>>,
    thread: JoinHandle<()>,
}

/// The machine kept a thread waiting, for `waited` at some time between `due` and `ran`.
#[derive(Debug, Clone)]
struct Late {
    /// `None`: the control itself, which was due at `due` and ran at `ran`.
    thread: Option<OsString>,
    due: Instant,
    ran: Instant,
    waited: Duration,
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
            let mut queues = RunQueues::default();
            queues.read();
            // Relaxed: a request; the join orders the rest.
            while !stopped.load(Ordering::Relaxed) {
                let due = Instant::now() + TICK;
                thread::sleep(TICK);
                let ran = Instant::now();
                let waited = ran.saturating_duration_since(due);
                let own = Late {
                    thread: None,
                    due,
                    ran,
                    waited,
                };
                let mut noted = noted.lock().expect("the list");
                noted.push(own);
                noted.append(&mut queues.read());
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

    /// Ends the control: the longest time for which the machine kept any thread waiting.
    pub(crate) fn longest_wait(self) -> Duration {
        let waits = self.end().into_iter().map(|late| late.waited);
        waits.max().unwrap_or_default()
    }

    /// When the control was late, and by how much.
    fn end(self) -> Vec<Late> {
        // Relaxed: see `start`.
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the control thread");
        std::mem::take(&mut *self.late.lock().expect("the list"))
    }
}

/// How long each thread of the process has waited for a processor, as Linux counts it.
#[derive(Debug, Default)]
struct RunQueues {
    waited: HashMap<OsString, Duration>,
    read: Option<Instant>,
}

impl RunQueues {
    /// What has been added since the last reading; nothing at the first one.
    fn read(&mut self) -> Vec<Late> {
        let mut late = Vec::new();
        let before = self.read.replace(Instant::now());
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
        for thread in threads.flatten() {
            // Nanoseconds on a processor, nanoseconds in wait for one, turns.
            let counts = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            let Some(Ok(waited)) = counts.split(' ').nth(1).map(str::parse) else {
                continue;
            };
            let (name, waited) = (thread.file_name(), Duration::from_nanos(waited));
            let known = self.waited.insert(name.clone(), waited);
            let Some(before) = before else { continue };
            let waited = waited.saturating_sub(known.unwrap_or_default());
            if waited > Duration::ZERO {
                late.push(Late {
                    thread: Some(name),
                    due: before.checked_sub(waited).unwrap_or(before),
                    ran: Instant::now(),
                    waited,
                });
            }
        }
        late
    }
}

/// Whether the machine kept one thread waiting for more than `bound` between the two.
fn was_starved(late: &[Late], due: Instant, happened: Instant, bound: Duration) -> bool {
    let mut waited: HashMap<&OsString, Duration> = HashMap::new();
    // In order of `ran`.
    let first = late.partition_point(|late| late.ran < due);
    for late in late[first..].iter().filter(|late| late.due <= happened) {
        let Some(thread) = &late.thread else {
            if late.waited > bound {
                return true;
            }
            continue;
        };
        let sum = waited.entry(thread).or_default();
        *sum += late.waited;
        if *sum > bound {
            return true;
        }
    }
    false
}

#[track_caller]
fn judge(late: &[Late], what: &str, lateness: &Lateness, share: f64, bound: Duration) {
    let bound = bound.saturating_mul(slow());
    let is_void =
        |&&(due, happened): &&(Instant, Instant)| was_starved(late, due, happened, bound / 2);
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
    if void * 5 > all {
        let busy = format!("{what}: the machine was too busy to tell: {void} of {all} are void");
        assert!(env::var_os(QUIET).is_none(), "{busy}");
        println!("{busy}");
        return;
    }
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
