use std::pin::pin;

use ::loom::thread;

use super::Versions;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::{poll_once, poll_with_bomb};
use crate::util::foreign;

#[test]
fn loom_versions_raise_against_change() {
    model(|| {
        let shared = Arc::new((Versions::new(0), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let raising = thread::spawn(move || {
            // Relaxed: the version must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.raise().wake();
        });
        block_on(shared.0.change(0, 0));
        // Relaxed: as above.
        assert_eq!(shared.1.load(Ordering::Relaxed), 1);
        raising.join().unwrap();
        assert_eq!(shared.0.raise().bits, 0, "V1: nobody is left");
    });
}

#[test]
fn loom_versions_raise_against_two_waiters_of_one_shard() {
    model(|| {
        let versions = Arc::new(Versions::new(0));
        let other = Arc::clone(&versions);
        let waiting = thread::spawn(move || block_on(other.change(0, 0)));
        let other = Arc::clone(&versions);
        let raising = thread::spawn(move || other.raise().wake());
        block_on(versions.change(0, 0));
        waiting.join().unwrap();
        raising.join().unwrap();
        assert_eq!(versions.raise().bits, 0, "V1: nobody is left");
    });
}

#[test]
fn loom_versions_raise_against_two_shards() {
    model(|| {
        let versions = Arc::new(Versions::new(0));
        let shards = [(); 2].map(|()| versions.assign_shard());
        assert_eq!(shards, [0, 1], "neighbour by neighbour");
        let other = Arc::clone(&versions);
        let waiting = thread::spawn(move || block_on(other.change(shards[1], 0)));
        let other = Arc::clone(&versions);
        let raising = thread::spawn(move || other.raise().wake());
        block_on(versions.change(shards[0], 0));
        waiting.join().unwrap();
        raising.join().unwrap();
    });
}

#[test]
fn loom_versions_two_raises_against_who_waits_for_the_second() {
    model(|| {
        let versions = Arc::new(Versions::new(0));
        let raising: Vec<_> = (0..2)
            .map(|_| {
                let versions = Arc::clone(&versions);
                thread::spawn(move || versions.raise().wake())
            })
            .collect();
        let mut seen = 0;
        while seen < 2 {
            block_on(versions.change(0, seen));
            let now = versions.look().version();
            assert!(now > seen, "V2");
            seen = now;
        }
        for it in raising {
            it.join().unwrap();
        }
    });
}

/// Fault 81.
#[test]
fn loom_versions_close_against_raise_and_change() {
    model(|| {
        let versions = Arc::new(Versions::new(0));
        let other = Arc::clone(&versions);
        let raising = thread::spawn(move || other.raise().wake());
        let other = Arc::clone(&versions);
        let closing = thread::spawn(move || other.close().wake());
        let mut look = versions.look();
        while !look.is_closed() {
            block_on(versions.change(0, look.version()));
            look = versions.look();
        }
        raising.join().unwrap();
        closing.join().unwrap();
        assert_eq!(versions.look().version(), 1);
    });
}

/// Fault 13.
#[test]
fn loom_versions_dropped_waiter_against_raise() {
    model(|| {
        let versions = Arc::new(Versions::new(0));
        let other = Arc::clone(&versions);
        let dropping = thread::spawn(move || {
            let _ = poll_once(pin!(other.change(0, 0)));
        });
        let other = Arc::clone(&versions);
        let raising = thread::spawn(move || other.raise().wake());
        block_on(versions.change(0, 0));
        dropping.join().unwrap();
        raising.join().unwrap();
        assert_eq!(versions.raise().bits, 0, "V1: nobody is left");
    });
}

/// A waker panics: whoever waits beside it, or in a later shard, is woken all the same.
#[test]
fn loom_versions_a_panicking_waker_keeps_nobody_waiting() {
    for shard in [0, 1] {
        model(move || {
            let versions = Arc::new(Versions::new(0));
            let mut first = Box::pin(versions.change(0, 0));
            assert!(poll_with_bomb(first.as_mut()).is_pending());
            let other = Arc::clone(&versions);
            let raising = thread::spawn(move || foreign::call(|| other.raise().wake()).is_err());
            block_on(versions.change(shard, 0));
            assert!(raising.join().unwrap(), "the panic goes on");
            assert!(poll_once(first.as_mut()).is_ready());
            assert_eq!(versions.raise().bits, 0, "V1: nobody is left");
        });
    }
}
