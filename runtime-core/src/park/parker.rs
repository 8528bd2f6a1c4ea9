//! One thread's sleep token.
//!
//! **States**: `EMPTY`, `PARKED` (the owner sleeps or is about to), `NOTIFIED` (a token waits). One
//! word, every change a read-modify-write.
//!
//! **Steps.** Owner: (1) `NOTIFIED → EMPTY`, return; else (2) `EMPTY → PARKED`; (3) sleep in
//! `thread::park`; (4) `swap EMPTY`: was it `NOTIFIED`, return, else it was spurious or a timeout.
//! Other: (a) `swap NOTIFIED`; (b) was it `PARKED`, `unpark` the thread.
//!
//! **No token is lost**: the changes of the word are totally ordered. If (a) is before (2), the
//! owner's step (2) fails and it returns. If (a) is after (2), it saw `PARKED` and unparks, and
//! std's own token makes (3) return. A token that user code stole by a `thread::park` of its own
//! does no harm: `NOTIFIED` still stands in the word.
//!
//! **Orderings**: (a) is Release, (1) and (4) are Acquire: what was written before `unpark` is
//! visible after `park`. (2) is Relaxed: what it replaces the owner wrote itself.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crate::coop;
use crate::loom::atomic::{AtomicU32, Ordering};
use crate::loom::thread::{self, Thread};
use crate::loom::{self, Arc};

const EMPTY: u32 = 0;
const PARKED: u32 = 1;
const NOTIFIED: u32 = 2;

struct Token {
    state: AtomicU32,
    owner: Thread,
}

/// The owner's end: only the thread that made it may park.
pub struct Parker {
    token: Arc<Token>,
}

/// The other end: any thread may unpark the owner.
#[derive(Clone)]
pub struct Unparker {
    token: Arc<Token>,
}

impl Parker {
    /// A parker of the calling thread.
    pub fn new() -> Parker {
        Parker {
            token: Arc::new(Token {
                state: AtomicU32::new(EMPTY),
                owner: thread::current(),
            }),
        }
    }

    /// The end that other threads hold.
    pub fn unparker(&self) -> Unparker {
        Unparker {
            token: Arc::clone(&self.token),
        }
    }

    /// Sleeps until there is a token and takes it.
    pub fn park(&self) {
        if !self.begin() {
            return;
        }
        loop {
            thread::park();
            // Acquire: pairs with the Release swap of `unpark`.
            let was = self.token.state.compare_exchange(
                NOTIFIED,
                EMPTY,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            if was.is_ok() {
                return;
            }
        }
    }

    /// Sleeps until there is a token or `timeout` is over; true if a token was taken.
    pub fn park_timeout(&self, timeout: Duration) -> bool {
        if !self.begin() {
            return true;
        }
        thread::park_timeout(timeout);
        // Acquire: pairs with the Release swap of `unpark`. A timeout and a spurious return look
        // alike.
        self.token.state.swap(EMPTY, Ordering::Acquire) == NOTIFIED
    }

    /// Sleeps until there is a token or `deadline` has passed; true if a token was taken.
    pub fn park_deadline(&self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(loom::now());
            if self.park_timeout(left) {
                return true;
            }
            if loom::now() >= deadline {
                return false;
            }
        }
    }

    /// Steps 1 and 2; false if a token was there and is now taken.
    fn begin(&self) -> bool {
        let state = &self.token.state;
        // Relaxed, both: `EMPTY` was written by this thread, and a token is taken by the swap below.
        match state.compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => true,
            Err(found) => {
                debug_assert_eq!(found, NOTIFIED, "only the owner parks");
                // Acquire: pairs with the Release swap of each `unpark` that this token stands for.
                state.swap(EMPTY, Ordering::Acquire);
                false
            }
        }
    }
}

impl Default for Parker {
    fn default() -> Parker {
        Parker::new()
    }
}

impl std::fmt::Debug for Parker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parker").finish_non_exhaustive()
    }
}

impl Unparker {
    /// Leaves a token and wakes the owner if it sleeps.
    pub fn unpark(&self) {
        // Release: pairs with the owner's Acquire when it takes the token.
        if self.token.state.swap(NOTIFIED, Ordering::Release) == PARKED {
            self.token.owner.unpark();
        }
    }
}

impl std::fmt::Debug for Unparker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unparker").finish_non_exhaustive()
    }
}

struct UnparkOnWake(Unparker);

impl Wake for UnparkOnWake {
    fn wake(self: StdArc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &StdArc<Self>) {
        self.0.unpark();
    }
}

/// Polls `future` on this thread until it is ready, sleeping in between; drives nothing else.
///
/// For the blocking forms of the synchronisation primitives. The caller has made sure that this
/// thread may block.
pub fn block_on_parked<F: Future>(future: F) -> F::Output {
    let parker = Parker::new();
    let waker = Waker::from(StdArc::new(UnparkOnWake(parker.unparker())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    let _unlimited = coop::unconstrained();
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => parker.park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Parker;
    use std::time::{Duration, Instant};

    #[test]
    fn a_token_given_before_the_park_is_taken_at_once() {
        let parker = Parker::new();
        parker.unparker().unpark();
        parker.unparker().unpark();
        parker.park();
        assert!(
            !parker.park_timeout(Duration::from_millis(1)),
            "two tokens are one"
        );
    }

    #[test]
    fn a_foreign_park_steals_no_token() {
        let parker = Parker::new();
        parker.unparker().unpark();
        std::thread::current().unpark();
        std::thread::park();
        parker.park();
    }

    #[test]
    fn a_deadline_is_never_early() {
        let parker = Parker::new();
        let deadline = Instant::now() + Duration::from_micros(300);
        assert!(!parker.park_deadline(deadline));
        assert!(Instant::now() >= deadline);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
