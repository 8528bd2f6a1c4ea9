//! What has arrived, and who listens: the way of a signal from its handler to its listeners.
//!
//! A handler may interrupt any line of any code, so it takes no lock and allocates nothing: it sets
//! a bit and rings a bell (a byte into a pipe). The bell wakes a *courier*, one a runtime, in the
//! runtime's driver; it hands the signals out.
//!
//! **State.** `noted`, a bit a signal: it has arrived and was not handed out. The listeners, behind
//! a lock that no handler takes: each has a mark (a signal came for it) and perhaps a waker.
//!
//! **Steps.** Handler: (1) set the bit; (2) if no bit at all was set before, ring. Courier, when
//! the bell has rung: (a) empty the bell, and see to it that the next ring wakes it again; (b) take
//! all bits; (c) under the lock mark the listeners and take their wakers; (d) wake them. Listener:
//! (i) look at the mark under the lock, and clear it or leave the waker there. (c) leaves no waker
//! beside a mark.
//!
//! **No signal is lost.** Say that a handler did (1), and look at the (b) that follows in the order
//! of the word; it takes the bit. Is there always one? At the first (1) after the last (b) the word
//! was empty, so its handler rings; those that come after it find a bit and share its ring. The
//! ring follows that (b), hence the (a) before it: it is not emptied by that (a), and it wakes
//! each courier that has done its (a). Whoever empties it goes on to (b). From (c) to (i) the lock
//! decides: the mark is set before the listener looks, or its waker is there.
//!
//! The argument does not ask how many couriers there are, nor which of them empties the bell.
//!
//! **Coalescing.** Several arrivals between two (b) are one, and a mark is one until it is looked
//! at. After the last arrival of a burst each listener is marked at least once.
//!
//! **Orderings.** (1) and (b) are AcqRel: what a thread did before it raised the signal has happened
//! for who hears of it, and the ring of (2) for who takes its bit.
//!
//! Rejected: a pipe a listener (two descriptors each, and a list that the handler must walk); a
//! number of arrivals (a signal is no queue: the system itself merges them); a list a signal (few
//! programs listen to more than three).

use std::collections::BTreeMap;
use std::task::{Poll, Waker};

use runtime_core::loom::Mutex;
use runtime_core::loom::atomic::{AtomicU64, Ordering};
use runtime_core::util::wake_list::WakeList;

use super::SignalKind;

/// Signals have the numbers from 1 to this.
pub(super) const SIGNALS: i32 = 64;

/// What has arrived, and who listens.
pub(super) struct Board {
    noted: AtomicU64,
    listeners: Mutex<Listeners>,
}

#[derive(Default)]
struct Listeners {
    /// The number of who comes next.
    next: u64,
    all: BTreeMap<Place, Listener>,
}

#[derive(Default)]
struct Listener {
    marked: bool,
    waker: Option<Waker>,
}

/// A listener's place: its signal, and a number that no other has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    signal: i32,
    number: u64,
}

impl Place {
    /// Which signal it listens to.
    pub(super) fn kind(self) -> SignalKind {
        SignalKind::from_raw(self.signal)
    }
}

/// Signal `signal`, from 1 to [`SIGNALS`].
fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

impl Board {
    pub(super) fn new() -> Board {
        Board {
            noted: AtomicU64::new(0),
            listeners: Mutex::new(Listeners::default()),
        }
    }

    /// Step (1); whether to ring.
    #[must_use = "the bell is to be rung"]
    pub(super) fn note(&self, signal: i32) -> bool {
        // AcqRel: step (1); pairs with (b).
        self.noted.fetch_or(bit(signal), Ordering::AcqRel) == 0
    }

    /// Steps (b) to (d); the bell is empty and armed.
    ///
    /// A waker that panics keeps no other asleep, and its panic, which has been reported, ends here:
    /// who delivers has nothing to do with it.
    pub(super) fn deliver(&self) {
        // AcqRel: step (b); pairs with (1).
        let arrived = self.noted.swap(0, Ordering::AcqRel);
        if arrived == 0 {
            return;
        }
        self.wake(|place, listener| {
            let is_meant = arrived & bit(place.signal) != 0;
            listener.marked |= is_meant;
            is_meant
        });
    }

    /// Wakes all listeners, for nothing: they are to look around.
    pub(super) fn stir(&self) {
        self.wake(|_, _| true);
    }

    fn wake(&self, mut is_meant: impl FnMut(&Place, &mut Listener) -> bool) {
        let mut wakers = WakeList::new();
        for (place, listener) in &mut self.listeners.lock().all {
            if is_meant(place, listener) {
                wakers.extend(listener.waker.take());
            }
        }
        let _ = wakers.wake_all_caught();
    }

    /// A new listener; it hears of what is handed out from now on.
    pub(super) fn listen(&self, signal: i32) -> Place {
        let mut listeners = self.listeners.lock();
        let place = Place {
            signal,
            number: listeners.next,
        };
        listeners.next += 1;
        listeners.all.insert(place, Listener::default());
        place
    }

    /// Step (i).
    pub(super) fn poll(&self, place: Place, waker: &Waker) -> Poll<()> {
        // Foreign code: before the lock; declared first, so dropped after it.
        let mut waker = Some(waker.clone());
        let mut listeners = self.listeners.lock();
        let listener = listeners.all.get_mut(&place);
        let listener = listener.expect("a place is taken until it is left");
        if std::mem::take(&mut listener.marked) {
            return Poll::Ready(());
        }
        std::mem::swap(&mut listener.waker, &mut waker);
        Poll::Pending
    }

    /// Ends a listener.
    pub(super) fn leave(&self, place: Place) {
        // Its waker is foreign code: dropped after the lock.
        let left = self.listeners.lock().all.remove(&place);
        drop(left);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
