//! A batch of wakers: collected while a lock is held, woken after it.
//!
//! A waker is foreign code. It may take any lock, wake this very primitive again, or panic. So no
//! waker is ever called under a lock of ours (the batch is filled there and woken later), and a
//! waker that panics does not keep the others asleep: its panic is caught, the rest are woken, and
//! the first panic is handed to the caller of [`WakeList::wake_all_caught`], who decides whether it
//! travels on.

use std::task::Waker;

use super::foreign::{self, Panic};

/// How many wakers a lock holder collects before it lets go of the lock to wake them.
const CAPACITY: usize = 32;

/// Wakers collected under a lock, to be woken after it.
#[derive(Debug)]
pub struct WakeList {
    /// The usual batch is one waker: no allocation for it.
    first: Option<Waker>,
    /// Empty while there is no first.
    rest: Vec<Waker>,
}

impl WakeList {
    /// An empty batch; allocates at the second push.
    pub const fn new() -> WakeList {
        WakeList {
            first: None,
            rest: Vec::new(),
        }
    }

    /// Whether a lock holder may collect one more before it lets go of its lock.
    pub fn can_push(&self) -> bool {
        self.len() < CAPACITY
    }

    /// Whether nothing was collected.
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// How many wakers wait in the batch.
    pub fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Collects one waker.
    pub fn push(&mut self, waker: Waker) {
        match self.first {
            None => self.first = Some(waker),
            Some(_) => {
                if self.rest.capacity() == 0 {
                    // One allocation a list, not one at each doubling.
                    self.rest.reserve_exact(CAPACITY - 1);
                }
                self.rest.push(waker);
            }
        }
    }

    /// Collects the waker that a waiter had, if it had one.
    pub fn extend(&mut self, waker: Option<Waker>) {
        if let Some(waker) = waker {
            self.push(waker);
        }
    }

    /// Wakes all, even if some panic, and leaves the batch empty; gives the first panic.
    #[must_use = "a waker's panic is either resumed or counted"]
    pub fn wake_all_caught(&mut self) -> Result<(), Panic> {
        let wake = |waker: Waker| foreign::call(|| waker.wake());
        let mut outcome = self.first.take().map_or(Ok(()), wake);
        if !self.rest.is_empty() {
            for waker in self.rest.drain(..) {
                // Both are evaluated: the first panic stays, others are dropped.
                outcome = outcome.and(wake(waker));
            }
        }
        outcome
    }

    /// Wakes all, even if some panic; then the first panic goes on in the caller.
    pub fn wake_all(&mut self) {
        if let Err(panic) = self.wake_all_caught() {
            panic.resume();
        }
    }
}

impl WakeList {
    /// Calls `fill` and wakes what it collected, again and again until it leaves room: `fill` takes
    /// its lock, collects while [`can_push`](WakeList::can_push), and lets go of the lock.
    ///
    /// Wakes all, even if some panic; then the first panic goes on in the caller.
    pub fn wake_in_batches(mut fill: impl FnMut(&mut WakeList)) {
        let mut wakers = WakeList::new();
        let mut outcome = Ok(());
        loop {
            fill(&mut wakers);
            let more = !wakers.can_push();
            outcome = outcome.and(wakers.wake_all_caught());
            if !more {
                break;
            }
        }
        if let Err(panic) = outcome {
            panic.resume();
        }
    }
}

impl Default for WakeList {
    fn default() -> WakeList {
        WakeList::new()
    }
}

#[cfg(test)]
mod tests {
    use super::WakeList;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Bomb;
    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {
            panic!("a foreign waker's panic");
        }
    }

    #[test]
    fn a_panicking_waker_does_not_keep_the_others_asleep() {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let mut list = WakeList::new();
        list.push(Waker::from(Arc::clone(&count)));
        list.push(Waker::from(Arc::new(Bomb)));
        list.push(Waker::from(Arc::clone(&count)));
        let panic = list.wake_all_caught().unwrap_err();
        assert_eq!(
            panic.into_payload().downcast_ref::<&str>(),
            Some(&"a foreign waker's panic")
        );
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
        assert!(list.is_empty());
    }
}
