//! Where other threads leave entries, and where drivers and the closer leave word that they wait;
//! steps 2, (a), (ii) to (iv) of the parent's header.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use crate::loom::Mutex;
use crate::park::parker::{Parker, Unparker};
use crate::task::Notified;
use crate::util::wake_list::WakeList;

pub(super) struct Mailbox {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: VecDeque<Notified>,
    drivers: Vec<Waiting>,
    closer: Option<Unparker>,
}

/// A driver, and its waker unless that was woken since the driver left it.
struct Waiting {
    number: u64,
    waker: Option<Waker>,
}

impl State {
    /// The wakers of all who wait.
    fn wakers(&mut self) -> WakeList {
        let mut wakers = WakeList::new();
        for driver in &mut self.drivers {
            wakers.extend(driver.waker.take());
        }
        wakers
    }

    /// Leaves a driver's waker; gives the one it had left before.
    fn leave(&mut self, number: u64, waker: Waker) -> Option<Waker> {
        match self.find(number) {
            Some(driver) => driver.waker.replace(waker),
            None => {
                let waker = Some(waker);
                self.drivers.push(Waiting { number, waker });
                None
            }
        }
    }

    fn find(&mut self, number: u64) -> Option<&mut Waiting> {
        self.drivers
            .iter_mut()
            .find(|driver| driver.number == number)
    }
}

impl Mailbox {
    pub(super) fn new() -> Mailbox {
        Mailbox {
            state: Mutex::new(State::default()),
        }
    }

    /// Steps 2 and 3, by another thread.
    pub(super) fn push(&self, entry: Notified) {
        let (mut wakers, closer) = {
            let mut state = self.state.lock();
            state.entries.push_back(entry);
            (state.wakers(), state.closer.clone())
        };
        if let Some(closer) = closer {
            closer.unpark();
        }
        wakers.wake_all();
    }

    /// Has all drivers come by, for what is queued elsewhere.
    pub(super) fn notify(&self) {
        let mut wakers = self.state.lock().wakers();
        wakers.wake_all();
    }

    /// Step (a), the first half: from now on the driver is woken for every entry.
    pub(super) fn register(&self, number: u64, waker: &Waker) {
        let known = {
            let mut state = self.state.lock();
            let left = state.find(number).and_then(|driver| driver.waker.as_ref());
            left.is_some_and(|left| left.will_wake(waker))
        };
        if !known {
            let waker = waker.clone();
            let old = self.state.lock().leave(number, waker);
            drop(old);
        }
    }

    /// Step (a), the second half.
    pub(super) fn take(&self, into: &mut VecDeque<Notified>) {
        into.append(&mut self.state.lock().entries);
    }

    /// A driver goes away; what is left in the mailbox is for the others.
    pub(super) fn leave(&self, number: u64) {
        let (left, mut wakers) = {
            let mut state = self.state.lock();
            let place = state
                .drivers
                .iter()
                .position(|driver| driver.number == number);
            let left = place.map(|place| state.drivers.swap_remove(place));
            let wakers = if state.entries.is_empty() {
                WakeList::new()
            } else {
                state.wakers()
            };
            (left, wakers)
        };
        drop(left);
        wakers.wake_all();
    }

    /// Steps (ii) to (iv): has `cancel` called with each entry, until `is_left` says that no task
    /// is.
    pub(super) fn close(&self, cancel: impl Fn(Notified), is_left: impl Fn() -> bool) {
        let parker = Parker::new();
        let mut drivers = Vec::new();
        loop {
            let entries = {
                let mut state = self.state.lock();
                state.closer.get_or_insert_with(|| parker.unparker());
                drivers.append(&mut state.drivers);
                mem::take(&mut state.entries)
            };
            let found = !entries.is_empty();
            entries.into_iter().for_each(&cancel);
            if !is_left() {
                break;
            }
            if !found {
                parker.park();
            }
        }
        self.state.lock().closer = None;
        drop(drivers);
    }
}
