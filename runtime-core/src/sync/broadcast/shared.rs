//! The ring of values and who may read how many of them. The rules are in the parent's header.

use std::panic::{RefUnwindSafe, UnwindSafe};

use super::error::{SendError, TryRecvError};
use crate::loom::{Mutex, MutexGuard};
use crate::sync::notify::Notify;
use crate::sync::senders::Senders;
use crate::sync::versions::Versions;
use crate::util::foreign;

/// A place of the ring.
struct Slot<T> {
    /// Which value it is, or was.
    position: u64,
    /// How many receivers have yet to pass it.
    left: usize,
    /// There while `left` is above zero.
    value: Option<T>,
}

impl<T> Slot<T> {
    /// Puts a value in; gives the one that nobody can receive any more.
    #[must_use = "a value is dropped after the locks are released"]
    fn fill(&mut self, position: u64, value: T, receivers: usize) -> Option<T> {
        debug_assert!(receivers > 0, "a value for nobody");
        self.position = position;
        self.left = receivers;
        self.value.replace(value)
    }

    /// One receiver has passed it; gives the value if it was the last.
    #[must_use = "a value is dropped after the locks are released"]
    fn pass(&mut self) -> Option<T> {
        debug_assert!(self.left > 0, "R2: passed once by each");
        self.left -= 1;
        if self.left == 0 {
            self.value.take()
        } else {
            None
        }
    }
}

/// A slot that its receiver passes when this is dropped, also if the clone of its value panics.
struct Passing<'a, T>(Option<MutexGuard<'a, Slot<T>>>);

impl<T> Drop for Passing<'_, T> {
    fn drop(&mut self) {
        let Some(mut slot) = self.0.take() else {
            return;
        };
        let spent = slot.pass();
        drop(slot);
        drop(spent);
    }
}

pub(super) struct Shared<T> {
    ring: Box<[Mutex<Slot<T>>]>,
    /// How many receivers there are; the lock of those who send, come or go.
    receivers: Mutex<usize>,
    pub(super) versions: Versions,
    pub(super) senders: Senders,
    pub(super) gone: Notify,
}

impl<T> UnwindSafe for Shared<T> {}
impl<T> RefUnwindSafe for Shared<T> {}

impl<T> Shared<T> {
    /// With one sender and no receiver; `length` is a power of two.
    pub(super) fn new(length: usize) -> Shared<T> {
        debug_assert!(length.is_power_of_two());
        let slot = |_| {
            Mutex::new(Slot {
                position: 0,
                left: 0,
                value: None,
            })
        };
        Shared {
            ring: (0..length).map(slot).collect(),
            receivers: Mutex::new(0),
            versions: Versions::new(0),
            senders: Senders::one(),
            gone: Notify::new(),
        }
    }

    fn length(&self) -> u64 {
        self.ring.len() as u64
    }

    #[inline]
    fn slot(&self, position: u64) -> &Mutex<Slot<T>> {
        // The length is a power of two and the index below it.
        &self.ring[position as usize & (self.ring.len() - 1)]
    }

    /// Steps (1) to (4).
    pub(super) fn send(&self, value: T) -> Result<usize, SendError<T>> {
        let (receivers, raised, _overwritten) = {
            let receivers = self.receivers.lock();
            if *receivers == 0 {
                return Err(SendError(value));
            }
            // R1: under this lock nobody else raises it.
            let position = self.versions.look().version();
            let overwritten = self.slot(position).lock().fill(position, value, *receivers);
            (*receivers, self.versions.raise(), overwritten)
        };
        raised.wake();
        Ok(receivers)
    }

    /// Steps (a) to (c), for the receiver that has received all before `next`.
    #[inline]
    pub(super) fn try_next(&self, next: &mut u64) -> Result<T, TryRecvError>
    where
        T: Clone,
    {
        let look = self.versions.look();
        if *next == look.version() {
            return Err(match look.is_closed() {
                true => TryRecvError::Closed,
                false => TryRecvError::Empty,
            });
        }
        let oldest = look.version().saturating_sub(self.length());
        if *next < oldest {
            return Err(lag(next, oldest));
        }
        let slot = self.slot(*next).lock();
        if slot.position != *next {
            // R3: a send that is under way has taken the place, or others after the look.
            return Err(lag(next, slot.position + 1 - self.length()));
        }
        *next += 1;
        let passing = Passing(Some(slot));
        match passing.0.as_ref().and_then(|slot| slot.value.clone()) {
            Some(value) => Ok(value),
            None => unreachable!("R2: there while a receiver has yet to pass it"),
        }
    }

    /// A receiver comes; gives the position of the first value for it.
    pub(super) fn enter(&self) -> u64 {
        let mut receivers = self.receivers.lock();
        *receivers += 1;
        self.versions.look().version()
    }

    /// A receiver that has received all before `next` goes.
    pub(super) fn leave(&self, next: u64) {
        let (end, is_last) = {
            let mut receivers = self.receivers.lock();
            *receivers -= 1;
            (self.versions.look().version(), *receivers == 0)
        };
        // Values may panic when they are dropped: all are passed, and the end is told, before a
        // panic goes on.
        let mut outcome = Ok(());
        for position in next.max(end.saturating_sub(self.length()))..end {
            let spent = {
                let mut slot = self.slot(position).lock();
                if slot.position == position {
                    slot.pass()
                } else {
                    None
                }
            };
            outcome = outcome.and(foreign::call(|| drop(spent)));
        }
        if is_last {
            self.gone.notify_waiters();
        }
        if let Err(panic) = outcome {
            panic.resume();
        }
    }

    pub(super) fn receivers(&self) -> usize {
        *self.receivers.lock()
    }

    /// How many values some receiver has yet to pass.
    pub(super) fn len(&self) -> usize {
        let _receivers = self.receivers.lock();
        let end = self.versions.look().version();
        // R4: those that were passed by all come first.
        let (mut low, mut high) = (end.saturating_sub(self.length()), end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.slot(middle).lock().left == 0 {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (end - low) as usize
    }
}

/// Goes on with the oldest value that is left.
#[cold]
fn lag(next: &mut u64, oldest: u64) -> TryRecvError {
    let missed = oldest - *next;
    debug_assert!(missed > 0, "nothing was overwritten");
    *next = oldest;
    TryRecvError::Lagged(missed)
}
