use std::pin::pin;

use ::loom::thread;

use super::Notify;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::{poll_once, poll_with_bomb};
use crate::util::foreign;

#[test]
fn loom_notify_one_against_notified() {
    model(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let notifying = thread::spawn(move || {
            // Relaxed: the notification must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.notify_one();
        });
        block_on(shared.0.notified());
        // Relaxed: as above.
        assert_eq!(shared.1.load(Ordering::Relaxed), 1);
        notifying.join().unwrap();
    });
}

#[test]
fn loom_notify_one_twice_against_two_waiters() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let notify = Arc::clone(&notify);
                thread::spawn(move || {
                    block_on(notify.notified());
                    notify.notify_one();
                })
            })
            .collect();
        notify.notify_one();
        for it in threads {
            it.join().unwrap();
        }
        assert!(
            poll_once(pin!(notify.notified())).is_ready(),
            "the last one is stored"
        );
    });
}

#[test]
fn loom_notify_waiters_against_enable() {
    model(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let notifying = thread::spawn(move || {
            // Relaxed: the notification must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.notify_waiters();
        });
        let mut notified = pin!(shared.0.notified());
        let enabled = notified.as_mut().enable();
        // Relaxed: as above.
        if enabled || shared.1.load(Ordering::Relaxed) == 0 {
            block_on(notified);
            // Relaxed: as above.
            assert_eq!(shared.1.load(Ordering::Relaxed), 1);
        }
        notifying.join().unwrap();
    });
}

/// Fault 80.
#[test]
fn loom_notify_dropped_notified_passes_it_on() {
    model(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        let owned = Arc::clone(&shared);
        let mut first = Box::pin(async move { owned.0.notified().await });
        assert!(poll_once(first.as_mut()).is_pending());
        let other = Arc::clone(&shared);
        let notifying = thread::spawn(move || {
            // Relaxed: the notification must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.notify_one();
        });
        let dropping = thread::spawn(move || drop(first));
        block_on(shared.0.notified());
        // Relaxed: as above.
        assert_eq!(shared.1.load(Ordering::Relaxed), 1);
        notifying.join().unwrap();
        dropping.join().unwrap();
    });
}

#[test]
fn loom_notify_waiters_against_a_leaving_and_a_coming_waiter() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let owned = Arc::clone(&notify);
        let mut first = Box::pin(async move { owned.notified().await });
        let mut second = Box::pin(notify.notified());
        assert!(poll_once(first.as_mut()).is_pending());
        let leaving = thread::spawn(move || drop(first));
        let notifying = {
            let notify = Arc::clone(&notify);
            thread::spawn(move || notify.notify_waiters())
        };
        let _ = poll_once(second.as_mut());
        notifying.join().unwrap();
        block_on(second);
        leaving.join().unwrap();
        assert!(
            poll_once(pin!(notify.notified())).is_pending(),
            "nothing was stored"
        );
    });
}

/// A permit that comes while all are woken is not for one of them.
#[test]
fn loom_notify_one_while_all_are_woken() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let owned = Arc::clone(&notify);
        let mut first = Box::pin(async move { owned.notified().await });
        let mut second = Box::pin(notify.notified());
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
        let beside = {
            let notify = Arc::clone(&notify);
            thread::spawn(move || {
                let is_told = poll_once(first.as_mut()).is_ready();
                if is_told {
                    notify.notify_one();
                }
                is_told
            })
        };
        notify.notify_waiters();
        let is_stored = beside.join().unwrap();
        assert!(poll_once(second.as_mut()).is_ready());
        assert_eq!(poll_once(pin!(notify.notified())).is_ready(), is_stored);
    });
}

/// A notification that finds one stored is in that one: who takes it sees what came before both.
#[test]
fn loom_notify_two_that_are_stored_as_one_are_taken_as_one() {
    model(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        shared.0.notify_one();
        let other = Arc::clone(&shared);
        let notifying = thread::spawn(move || {
            // Relaxed: the notification must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.notify_one();
        });
        assert!(poll_once(pin!(shared.0.notified())).is_ready());
        // Relaxed: as above.
        let seen = shared.1.load(Ordering::Relaxed);
        notifying.join().unwrap();
        let is_one_left = poll_once(pin!(shared.0.notified())).is_ready();
        assert!(is_one_left || seen == 1, "the one that was taken was both");
        assert!(
            poll_once(pin!(shared.0.notified())).is_pending(),
            "two are never three"
        );
    });
}

/// A newer generation, found by the exchange that would have taken a stored notification.
#[test]
fn loom_notify_waiters_against_who_takes_a_stored_one() {
    model(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        shared.0.notify_one();
        let mut notified = pin!(shared.0.notified());
        let other = Arc::clone(&shared);
        let notifying = thread::spawn(move || {
            // Relaxed: the notification must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.notify_waiters();
        });
        assert!(poll_once(notified.as_mut()).is_ready());
        // Relaxed: as above.
        let seen = shared.1.load(Ordering::Relaxed);
        notifying.join().unwrap();
        let is_one_left = poll_once(pin!(shared.0.notified())).is_ready();
        assert!(!is_one_left || seen == 1, "it was `notify_waiters`");
    });
}

/// Who queues after another has taken a notification sees what came before that: a look at the
/// condition, once enabled, misses nothing.
#[test]
fn loom_notify_enable_after_one_that_another_took() {
    model(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let taking = thread::spawn(move || {
            // Relaxed: the queueing must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.notify_one();
            let _ = poll_once(pin!(other.0.notified()));
        });
        let mut notified = pin!(shared.0.notified());
        let enabled = notified.as_mut().enable();
        // Relaxed: as above.
        let seen = shared.1.load(Ordering::Relaxed);
        taking.join().unwrap();
        if !enabled && poll_once(notified).is_pending() {
            assert_eq!(seen, 1, "it came before");
        }
    });
}

/// Of two that are notified the first has a waker that panics: the other is woken all the same.
#[test]
fn loom_notify_waiters_beside_a_panicking_waker() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let (mut first, second) = (Box::pin(notify.notified()), Box::pin(notify.notified()));
        assert!(poll_with_bomb(first.as_mut()).is_pending());
        let notifying = {
            let notify = Arc::clone(&notify);
            thread::spawn(move || foreign::call(|| notify.notify_waiters()).is_err())
        };
        block_on(second);
        assert!(notifying.join().unwrap(), "the panic goes on");
        assert!(poll_once(first.as_mut()).is_ready());
    });
}
