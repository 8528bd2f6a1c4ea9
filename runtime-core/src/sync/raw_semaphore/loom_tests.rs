//! Models of the parent's protocol.
#![allow(unsafe_code, reason = "data that only the protocol protects")]

use ::loom::thread;

use super::{RawSemaphore, TryAcquireError};
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, UnsafeCell, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::{poll_once, poll_with_bomb};
use crate::util::foreign;

struct Guarded {
    semaphore: RawSemaphore,
    count: UnsafeCell<usize>,
}

#[test]
fn loom_semaphore_of_one_excludes_and_hands_over() {
    model(|| {
        let shared = Arc::new(Guarded {
            semaphore: RawSemaphore::new(1),
            count: UnsafeCell::new(0),
        });
        let enter = |shared: &Guarded| {
            block_on(shared.semaphore.acquire(1)).unwrap();
            // SAFETY: the one permit is held; the model reports it if not.
            shared.count.with_mut(|count| unsafe { *count += 1 });
            shared.semaphore.release(1);
        };
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || enter(&shared))
            })
            .collect();
        enter(&shared);
        for it in threads {
            it.join().unwrap();
        }
        // SAFETY: all others have ended.
        assert_eq!(shared.count.with(|count| unsafe { *count }), 3);
        assert_eq!(shared.semaphore.available(), 1);
    });
}

/// Fault 80.
#[test]
fn loom_semaphore_cancelled_waiter_passes_the_permit_on() {
    model(|| {
        let semaphore = Arc::new(RawSemaphore::new(0));
        let releasing = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.release(1))
        };
        let mut first = Box::pin(semaphore.acquire(1));
        let granted = poll_once(first.as_mut()).is_ready();
        let mut second = Box::pin(semaphore.acquire(1));
        if !granted {
            let early = poll_once(second.as_mut());
            drop(first);
            if early.is_pending() {
                block_on(second).unwrap();
            }
        }
        releasing.join().unwrap();
        assert_eq!(semaphore.available(), 0);
    });
}

/// Fault 80.
#[test]
fn loom_semaphore_cancel_on_one_thread_release_on_another() {
    model(|| {
        let semaphore = Arc::new(RawSemaphore::new(0));
        let owned = Arc::clone(&semaphore);
        let mut first = Box::pin(async move { owned.acquire(1).await });
        assert!(poll_once(first.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(first));
        let releasing = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.release(1))
        };
        block_on(semaphore.acquire(1)).unwrap();
        cancelling.join().unwrap();
        releasing.join().unwrap();
    });
}

/// Fault 81.
#[test]
fn loom_semaphore_close_ends_waiters_and_keeps_the_count() {
    model(|| {
        let semaphore = Arc::new(RawSemaphore::new(1));
        let closing = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.close())
        };
        let releasing = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.release(1))
        };
        if block_on(semaphore.acquire(3)).is_ok() {
            panic!("there are never three permits");
        }
        closing.join().unwrap();
        releasing.join().unwrap();
        assert!(
            semaphore.is_closed_with(2),
            "what a refused waiter had is back"
        );
    });
}

#[test]
fn loom_semaphore_try_acquire_against_a_waiter() {
    model(|| {
        let semaphore = Arc::new(RawSemaphore::new(1));
        let trying = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || {
                if semaphore.try_acquire(1).is_ok() {
                    semaphore.release(1);
                }
            })
        };
        block_on(semaphore.acquire(1)).unwrap();
        semaphore.release(1);
        trying.join().unwrap();
        assert_eq!(semaphore.available(), 1);
    });
}

#[test]
fn loom_semaphore_hands_on_beside_a_cancel() {
    model(|| {
        let semaphore = Arc::new(RawSemaphore::new(0));
        let owned = Arc::clone(&semaphore);
        let mut first = Box::pin(async move { owned.acquire(1).await });
        assert!(poll_once(first.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(first));
        let handing_on = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.hand_on(1))
        };
        block_on(semaphore.acquire(1)).unwrap();
        cancelling.join().unwrap();
        handing_on.join().unwrap();
        assert_eq!(semaphore.available(), 0);
    });
}

#[test]
fn loom_semaphore_hands_on_beside_a_close() {
    model(|| {
        let semaphore = Arc::new(RawSemaphore::new(0));
        let closing = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.close())
        };
        let handing_on = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.hand_on(2))
        };
        let granted = block_on(semaphore.acquire(1)).is_ok();
        closing.join().unwrap();
        handing_on.join().unwrap();
        assert!(semaphore.is_closed_with(2 - usize::from(granted)));
    });
}

#[test]
fn loom_semaphore_second_in_the_queue_is_found() {
    model(|| {
        let semaphore = Arc::new(RawSemaphore::new(0));
        let waiting = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || block_on(semaphore.acquire(1)).unwrap())
        };
        let releasing = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || {
                semaphore.release(1);
                semaphore.hand_on(1);
            })
        };
        block_on(semaphore.acquire(1)).unwrap();
        waiting.join().unwrap();
        releasing.join().unwrap();
        assert_eq!(semaphore.available(), 0);
    });
}

/// Who hands out may hand on what another has just given back: the waiter sees what both have done.
#[test]
fn loom_semaphore_a_waiter_sees_all_whose_permits_it_gets() {
    struct Both {
        semaphore: RawSemaphore,
        counts: [UnsafeCell<usize>; 2],
    }
    model(|| {
        let both = Arc::new(Both {
            semaphore: RawSemaphore::new(0),
            counts: [UnsafeCell::new(0), UnsafeCell::new(0)],
        });
        let threads = [0, 1].map(|place| {
            let both = Arc::clone(&both);
            thread::spawn(move || {
                // SAFETY: its permit is not given back yet.
                both.counts[place].with_mut(|count| unsafe { *count += 1 });
                both.semaphore.release(1);
            })
        });
        block_on(both.semaphore.acquire(2)).unwrap();
        for count in &both.counts {
            // SAFETY: both permits are held.
            assert_eq!(count.with(|count| unsafe { *count }), 1);
        }
        for it in threads {
            it.join().unwrap();
        }
    });
}

/// What was in hand did not come through the word: who takes it there sees what its holder did.
#[test]
fn loom_semaphore_what_nobody_in_the_queue_wants_is_handed_to_who_tries() {
    model(|| {
        let shared = Arc::new(Guarded {
            semaphore: RawSemaphore::new(0),
            count: UnsafeCell::new(0),
        });
        let mut first = Box::pin(shared.semaphore.acquire(1));
        assert!(poll_once(first.as_mut()).is_pending());
        let other = Arc::clone(&shared);
        let handing_on = thread::spawn(move || {
            // SAFETY: the one permit is held; the model reports it if not.
            other.count.with_mut(|count| unsafe { *count += 1 });
            other.semaphore.hand_on(1);
        });
        drop(first);
        if shared.semaphore.try_acquire(1).is_ok() {
            // SAFETY: as above.
            assert_eq!(shared.count.with(|count| unsafe { *count }), 1);
        }
        handing_on.join().unwrap();
    });
}

/// Who sees a permit free, or takes it away, sees what was done with it.
#[test]
fn loom_semaphore_seen_and_forgotten_permits_bring_what_was_done() {
    model(|| {
        let shared = Arc::new((RawSemaphore::new(0), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let releasing = thread::spawn(move || {
            // Relaxed: the permit must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.release(1);
        });
        // Relaxed: as above.
        let done = || shared.1.load(Ordering::Relaxed);
        assert!(shared.0.available() == 0 || done() == 1);
        assert!(shared.0.forget(1) == 0 || done() == 1);
        releasing.join().unwrap();
    });
}

/// Who is refused sees what came before the close, also where the exchange has found it closed.
#[test]
fn loom_semaphore_who_tries_and_is_refused_sees_what_came_before() {
    model(|| {
        let shared = Arc::new((RawSemaphore::new(1), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let closing = thread::spawn(move || {
            // Relaxed: the close must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.close();
        });
        if shared.0.try_acquire(1) == Err(TryAcquireError::Closed) {
            // Relaxed: as above.
            assert_eq!(shared.1.load(Ordering::Relaxed), 1);
        }
        closing.join().unwrap();
    });
}

/// Of two that are woken the first has a waker that panics: the other is woken all the same, and the
/// panic is the releaser's.
#[test]
fn loom_semaphore_a_panicking_waker_keeps_nobody_waiting() {
    model(|| {
        let semaphore = Arc::new(RawSemaphore::new(0));
        let mut first = Box::pin(semaphore.acquire(1));
        assert!(poll_with_bomb(first.as_mut()).is_pending());
        let releasing = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || foreign::call(|| semaphore.release(2)).is_err())
        };
        block_on(semaphore.acquire(1)).unwrap();
        assert!(releasing.join().unwrap(), "the panic goes on");
        assert!(poll_once(first.as_mut()).is_ready());
        assert_eq!(semaphore.available(), 0);
    });
}
