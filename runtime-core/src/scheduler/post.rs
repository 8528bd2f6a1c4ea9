//! The sentinel's post: the steps by which its alarm is set and turned off, beside the word.
//!
//! **No arming is lost**: who turns the sentinel on in the word then sets the alarm. The thread that
//! comes to the post reads the word first and sets the alarm itself if the sentinel is on. Off goes
//! the other way round: alarm first, then the word; if the word refuses, the alarm is set again.
//! An alarm that fails, as foreign code has closed its descriptor, wakes the thread early and may be
//! off: after its look the thread reads the word and sets the alarm, or turns the sentinel off.
//! Model: `loom_sentinel_looks_against_a_worker`.
//!
//! **The end is heard**: who closes rings after its change of the word. Who turns the alarm off, or puts
//! it off, may silence that ring, and rings again if the runtime is closing by then. Not later: a change of the word
//! that finds it open comes before the closer's, and so before its ring.
//! Models: `loom_sentinel_…_against_a_close`. The alarm is made when it is first needed, so who closes
//! may find none yet: then its change of the word came first, and the thread that comes to the post
//! sees it there.
//!
//! **A refused thread** leaves the post empty and the sentinel off: the next change that needs a guard
//! asks for it again. Until its starter has said so, the post counts as taken, and nobody else asks.
//! Models: `loom_sentinel_refused_…`.

use std::time::Duration;

use super::idle::Idle;
use crate::loom::Alarm;

/// How often a slot that is held is looked after.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// How often those who go on take the look upon themselves, and put the alarm off.
pub(super) const WATCH_INTERVAL: Duration = Duration::from_micros(750);

/// When it first rings, and for how long they put it off. The timer that is the next of its processor stands
/// in the hardware, and to change that takes 10 to 20 µs in a virtual machine. One that is due after the
/// kernel's next tick, and is set again while that is still so, does not get there: with the usual 4 ms
/// between ticks, this one.
const LAZY_INTERVAL: Duration = Duration::from_micros(4_800);

/// What rings at the post.
pub(super) trait Rings {
    /// Rings so often from now on, or no more.
    fn set(&self, interval: Option<Duration>);

    /// Rings at once.
    fn ring(&self);
}

impl Rings for Alarm {
    fn set(&self, interval: Option<Duration>) {
        Alarm::set(self, interval);
    }

    fn ring(&self) {
        Alarm::ring(self);
    }
}

/// See the module's header.
pub(super) struct Post<'a, A> {
    pub(super) idle: &'a Idle,
    pub(super) alarm: &'a A,
}

impl<A: Rings> Post<'_, A> {
    /// The word has turned the sentinel on, or it stays on: its alarm has to ring.
    pub(super) fn arm(&self) {
        self.alarm.set(Some(LOOK_INTERVAL));
    }

    /// As [`Post::arm`], by who begins a turn or goes on. `lazily`: it need not ring soon, as nobody was held
    /// up lately.
    pub(super) fn begin(&self, lazily: bool) {
        let interval = if lazily { LAZY_INTERVAL } else { LOOK_INTERVAL };
        self.alarm.set(Some(interval));
    }

    /// As [`Post::begin`], by who goes on and has just looked: the alarm need not ring if somebody looks
    /// again in time.
    pub(super) fn put_off(&self, lazily: bool, is_closing: impl FnOnce() -> bool) {
        self.begin(lazily);
        if is_closing() {
            // As in `turn_off`.
            self.alarm.ring();
        }
    }

    /// A thread comes to the post; false if it may go again, as the runtime is closing.
    #[must_use = "nobody stays at the post of a closing runtime"]
    pub(super) fn come(&self, is_closing: impl FnOnce() -> bool) -> bool {
        // A change of the word: who closes does so after it, and finds the alarm to ring, or before,
        // and is seen here.
        let is_on = self.idle.sentinel_is_on();
        if is_closing() {
            return false;
        }
        if is_on {
            self.arm();
        }
        true
    }

    /// The thread at the post has looked.
    pub(super) fn looked(&self, is_closing: impl FnOnce() -> bool) {
        if self.idle.snapshot().needs_guard() {
            // It stays on: what changes the word from here on finds the alarm set.
            self.arm();
        } else {
            self.turn_off(is_closing);
        }
    }

    /// Turns the sentinel off, alarm first; if the word refuses, the alarm is set again.
    pub(super) fn turn_off(&self, is_closing: impl FnOnce() -> bool) {
        self.alarm.set(None);
        if !self.idle.sentinel_off() {
            self.arm();
        } else if is_closing() {
            // The ring that ends the sentinel's duty may just have been silenced.
            self.alarm.ring();
        }
    }
}
