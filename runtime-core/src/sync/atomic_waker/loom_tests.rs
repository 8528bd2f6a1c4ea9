use std::future::poll_fn;
use std::sync::Arc as StdArc;
use std::sync::atomic::AtomicUsize as StdAtomicUsize;
use std::task::{Poll, Wake, Waker};

use ::loom::thread;

use super::AtomicWaker;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::block_on_parked as block_on;

fn wait_for(pair: &(AtomicWaker, AtomicUsize), count: usize) {
    block_on(poll_fn(|cx| {
        pair.0.register(cx.waker());
        // Relaxed: the waker cell itself must carry the order.
        if pair.1.load(Ordering::Relaxed) == count {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }));
}

/// Fault 15.
#[test]
fn loom_atomic_waker_register_against_two_wakes() {
    model(|| {
        let pair = Arc::new((AtomicWaker::new(), AtomicUsize::new(0)));
        for _ in 0..2 {
            let pair = Arc::clone(&pair);
            thread::spawn(move || {
                // Relaxed: the waker cell itself must carry the order.
                pair.1.fetch_add(1, Ordering::Relaxed);
                pair.0.wake();
            });
        }
        wait_for(&pair, 2);
    });
}

fn wait_for_one(pair: &Arc<(AtomicWaker, AtomicUsize)>) {
    let other = Arc::clone(pair);
    let waking = thread::spawn(move || {
        // Relaxed: the waker cell itself must carry the order.
        other.1.fetch_add(1, Ordering::Relaxed);
        other.0.wake();
    });
    wait_for(pair, 1);
    waking.join().unwrap();
}

/// Fault 12.
#[test]
fn loom_atomic_waker_changed_waker_against_wake() {
    model(|| {
        let pair = Arc::new((AtomicWaker::new(), AtomicUsize::new(0)));
        pair.0.register(Waker::noop());
        wait_for_one(&pair);
    });
}

/// A cell that stays somebody's would go on waking its waiter for nothing.
#[test]
fn loom_atomic_waker_is_free_after_a_wake() {
    #[derive(Default)]
    struct Count(StdAtomicUsize);
    impl Wake for Count {
        fn wake(self: StdArc<Self>) {
            // Relaxed: one thread counts and looks.
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    model(|| {
        let pair = Arc::new((AtomicWaker::new(), AtomicUsize::new(0)));
        wait_for_one(&pair);
        let count = StdArc::new(Count::default());
        pair.0.register(&Waker::from(StdArc::clone(&count)));
        // Relaxed: as above.
        assert_eq!(count.0.load(Ordering::Relaxed), 0, "nobody has woken it");
        pair.0.wake();
        // Relaxed: as above.
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    });
}
