//! One clock a runtime: what time it is, in nanoseconds since the runtime's start.
//!
//! **States.** *Real*: never paused; a reading is one relaxed load and `Instant::now`, nothing is
//! shared. *Warped*: paused at least once; the reading is `base` plus the time since
//! `running_since`, or just `base` while paused, both behind a lock. A clock never returns from
//! warped to real, since what was advanced stays advanced.
//!
//! **Never back.** A reading before the start counts as the start, and sums stop at the far end:
//! neither a faulty `Instant` nor any `Duration` panics. A thread that reads while another pauses
//! may be ahead of the frozen time by that race; once it has learnt of the pause it reads the
//! frozen time.
//!
//! **Orderings.** `warped` is Relaxed: the lock guards the data, and a thread that has synchronised
//! with whoever paused sees `true` by coherence. `holds` is a count: see its operations.
//!
//! **Hook.** Whoever sleeps computed its time-out from this clock. Each change (pause, resume,
//! advance, the last hold given back) calls the hook set by [`Clock::on_advance`], outside of the
//! lock, after the change.
//!
//! Rejected: a global clock (two runtimes of one test process would pause each other); a
//! `fetch_max` to keep all threads' readings in one order (a word that every timer of every thread
//! would write).

#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool as StdAtomicBool;
use std::time::{Duration, Instant};

use crate::loom::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::loom::{self, Arc, Mutex};

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// A span that a program may take for unending and that every platform's clock can still add to
/// now: 30 years.
pub const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);

/// Whether any clock of this process was ever paused. Not part of any model: it only says whether
/// to look for a clock.
static ANY_WARPED: StdAtomicBool = StdAtomicBool::new(false);

/// The time of one runtime.
pub struct Clock {
    start: Instant,
    warped: AtomicBool,
    warp: Mutex<Warp>,
    holds: AtomicUsize,
    hook: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// A warped clock's reading: `base_ns`, and on from there if it runs.
struct Warp {
    base_ns: u64,
    running_since: Option<Instant>,
}

/// Why the clock could not be paused, resumed or advanced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockError {
    /// It stands still already.
    AlreadyPaused,
    /// It runs, so that only time itself moves it.
    NotPaused,
}

impl Clock {
    /// A running clock that stands at zero now.
    pub fn new() -> Clock {
        let start = loom::now();
        Clock {
            start,
            warped: AtomicBool::new(false),
            warp: Mutex::new(Warp {
                base_ns: 0,
                running_since: Some(start),
            }),
            holds: AtomicUsize::new(0),
            hook: OnceLock::new(),
        }
    }

    /// Nanoseconds since the start.
    #[inline]
    pub fn now_ns(&self) -> u64 {
        if self.is_warped() {
            self.warped_ns()
        } else {
            self.ns_of(loom::now())
        }
    }

    /// The current time as an instant: the real one, unless the clock was ever paused.
    #[inline]
    pub fn now(&self) -> Instant {
        if self.is_warped() {
            self.instant_of(self.warped_ns())
        } else {
            loom::now()
        }
    }

    /// Whether it is that late. Never for what lies beyond the end of the scale.
    #[inline]
    pub fn has_reached(&self, instant: Instant) -> bool {
        if self.is_warped() {
            let ns = self.ns_of(instant);
            ns != u64::MAX && self.warped_ns() >= ns
        } else {
            // Two instants are compared faster than brought to the scale.
            loom::now() >= instant
        }
    }

    /// An instant on this clock's scale. Before the start is 0; 584 years and more after it is
    /// `u64::MAX`.
    #[inline]
    pub fn ns_of(&self, instant: Instant) -> u64 {
        nanos(instant.saturating_duration_since(self.start))
    }

    /// The instant of a reading, or the far end if the platform's instants do not reach it.
    pub fn instant_of(&self, ns: u64) -> Instant {
        let at = |span| self.start.checked_add(span);
        at(Duration::from_nanos(ns))
            .or_else(|| at(FAR))
            .unwrap_or(self.start)
    }

    /// Whether time stands still.
    pub fn is_paused(&self) -> bool {
        self.is_warped() && self.warp.lock().running_since.is_none()
    }

    /// Stops time.
    ///
    /// # Errors
    /// It stands still already.
    pub fn pause(&self) -> Result<(), ClockError> {
        let mut warp = self.warp.lock();
        if warp.running_since.is_none() {
            return Err(ClockError::AlreadyPaused);
        }
        warp.base_ns = warp.read();
        warp.running_since = None;
        // Relaxed: the lock guards what the flag points to.
        self.warped.store(true, Ordering::Relaxed);
        drop(warp);
        // Relaxed: as above.
        ANY_WARPED.store(true, Ordering::Relaxed);
        self.changed();
        Ok(())
    }

    /// Lets time run on from where it stands.
    ///
    /// # Errors
    /// It is not paused.
    pub fn resume(&self) -> Result<(), ClockError> {
        let mut warp = self.warp.lock();
        if warp.running_since.is_some() {
            return Err(ClockError::NotPaused);
        }
        warp.running_since = Some(loom::now());
        drop(warp);
        self.changed();
        Ok(())
    }

    /// Moves a paused clock on by `by`.
    ///
    /// # Errors
    /// It is not paused.
    pub fn advance(&self, by: Duration) -> Result<(), ClockError> {
        let mut warp = self.warp.lock();
        if warp.running_since.is_some() {
            return Err(ClockError::NotPaused);
        }
        warp.base_ns = warp.base_ns.saturating_add(nanos(by));
        drop(warp);
        self.changed();
        Ok(())
    }

    /// Moves a paused clock on to a deadline, for a runtime with nothing else to do. False, and
    /// nothing moved, if the clock runs or a hold forbids it. Does not call the hook: the caller is
    /// the one who would be told.
    pub fn advance_to(&self, ns: u64) -> bool {
        let mut warp = self.warp.lock();
        let may = warp.running_since.is_none() && !self.is_held();
        if may {
            warp.base_ns = warp.base_ns.max(ns);
        }
        may
    }

    /// Forbids [`Clock::advance_to`] until the returned hold is dropped: work that the scheduler
    /// does not see is under way.
    pub fn hold(clock: &Arc<Clock>) -> AutoAdvanceHold {
        // Relaxed: whoever asks learns of the work by other means first (the task that started it
        // had run).
        clock.holds.fetch_add(1, Ordering::Relaxed);
        AutoAdvanceHold {
            clock: Arc::clone(clock),
        }
    }

    /// Whether it was ever paused. Once true it stays so.
    #[inline(always)]
    pub fn is_warped(&self) -> bool {
        // Relaxed: see the header.
        self.warped.load(Ordering::Relaxed)
    }

    /// Whether some hold forbids that time jumps.
    pub fn is_held(&self) -> bool {
        // Acquire: pairs with the Release in `AutoAdvanceHold::drop`: no hold, no work, and its
        // effects are visible.
        self.holds.load(Ordering::Acquire) > 0
    }

    /// Sets what is called after each change of time that a sleeper could not foresee. Set once; a
    /// second hook is not taken.
    ///
    /// It runs on the thread that made the change, under no lock of the clock. It may fire timers.
    pub fn on_advance(&self, hook: Box<dyn Fn() + Send + Sync>) {
        let _ = self.hook.set(hook);
    }

    #[cold]
    fn warped_ns(&self) -> u64 {
        self.warp.lock().read()
    }

    fn changed(&self) {
        if let Some(hook) = self.hook.get() {
            hook();
        }
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl Warp {
    fn read(&self) -> u64 {
        let since = self.running_since.map_or(Duration::ZERO, |since| {
            loom::now().saturating_duration_since(since)
        });
        self.base_ns.saturating_add(nanos(since))
    }
}

/// Work is under way outside of the scheduler: a paused clock does not jump.
#[must_use = "dropped at once, it holds nothing"]
pub struct AutoAdvanceHold {
    clock: Arc<Clock>,
}

impl Drop for AutoAdvanceHold {
    fn drop(&mut self) {
        // Release: pairs with the Acquire in `is_held`.
        let last = self.clock.holds.fetch_sub(1, Ordering::Release) == 1;
        if last && self.clock.is_paused() {
            self.clock.changed();
        }
    }
}

impl fmt::Debug for AutoAdvanceHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AutoAdvanceHold").finish_non_exhaustive()
    }
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ClockError::AlreadyPaused => "the clock of this runtime is paused already",
            ClockError::NotPaused => "the clock of this runtime is not paused",
        })
    }
}

impl std::error::Error for ClockError {}

/// Whether the real time may be the wrong one on some thread of this process.
#[inline]
pub fn any_warped() -> bool {
    // Relaxed: a thread that has synchronised with whoever paused sees `true`.
    ANY_WARPED.load(Ordering::Relaxed)
}

/// A span in nanoseconds, `u64::MAX` if it has more.
#[inline]
pub fn nanos(span: Duration) -> u64 {
    let whole = span.as_secs().checked_mul(NANOS_PER_SEC);
    whole
        .and_then(|ns| ns.checked_add(u64::from(span.subsec_nanos())))
        .unwrap_or(u64::MAX)
}
