//! Who listens to signals, and which of them one has come for.
//!
//! **State**, behind a lock: each listener has a mark (a signal came for it) and perhaps a waker.
//!
//! **Steps.** Who hands signals out: (c) under the lock mark the listeners and take their wakers; (d)
//! wake them. Listener: (i) look at the mark under the lock, and clear it or leave the waker there.
//! (c) leaves no waker beside a mark.
//!
//! **No wake-up is lost**: the lock decides. The mark is set before the listener looks, or its waker
//! is there. A mark is one until it is looked at, however many signals it stands for.

use std::collections::BTreeMap;
use std::task::{Poll, Waker};

use runtime_core::loom::Mutex;
use runtime_core::util::wake_list::WakeList;

/// All listeners of a process.
pub(super) struct Listeners(Mutex<List>);

#[derive(Default)]
struct List {
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

impl Listeners {
    pub(super) fn new() -> Listeners {
        Listeners(Mutex::new(List::default()))
    }

    /// Steps (c) and (d), for the signals that are meant. Whether anybody listens to one of them.
    ///
    /// A waker that panics keeps no other asleep, and its panic, which has been reported, ends here:
    /// who delivers has nothing to do with it.
    pub(super) fn mark(&self, is_meant: impl Fn(i32) -> bool) -> bool {
        self.wake(|place, listener| {
            let is_meant = is_meant(place.signal);
            listener.marked |= is_meant;
            is_meant
        })
    }

    fn wake(&self, mut is_meant: impl FnMut(&Place, &mut Listener) -> bool) -> bool {
        let mut wakers = WakeList::new();
        let mut any = false;
        for (place, listener) in &mut self.0.lock().all {
            if is_meant(place, listener) {
                any = true;
                wakers.extend(listener.waker.take());
            }
        }
        let _ = wakers.wake_all_caught();
        any
    }

    /// A new listener; it hears of what is handed out from now on.
    pub(super) fn listen(&self, signal: i32) -> Place {
        let mut list = self.0.lock();
        let place = Place {
            signal,
            number: list.next,
        };
        list.next += 1;
        list.all.insert(place, Listener::default());
        place
    }

    /// Step (i).
    pub(super) fn poll(&self, place: Place, waker: &Waker) -> Poll<()> {
        // Foreign code: before the lock; declared first, so dropped after it.
        let mut waker = Some(waker.clone());
        let mut list = self.0.lock();
        let listener = list.all.get_mut(&place);
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
        let left = self.0.lock().all.remove(&place);
        drop(left);
    }
}

#[cfg(unix)]
impl Place {
    /// Which signal it listens to.
    pub(super) fn signal(self) -> i32 {
        self.signal
    }
}

#[cfg(unix)]
impl Listeners {
    /// Wakes all, for nothing: they are to look around.
    pub(super) fn stir(&self) {
        self.wake(|_, _| true);
    }
}

#[cfg(all(test, unix, not(loom)))]
impl Listeners {
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().all.is_empty()
    }
}
