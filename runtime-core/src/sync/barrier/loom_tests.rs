#![allow(unsafe_code, reason = "data that only the barrier protects")]

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use ::loom::thread;

use super::Barrier;
use crate::loom::{UnsafeCell, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::{poll_once, poll_with_bomb};
use crate::util::foreign;

/// A cell for each of two, and the barrier between writing and reading.
struct Shared {
    barrier: Barrier,
    cells: [UnsafeCell<usize>; 2],
}

fn write(cell: &UnsafeCell<usize>, to: usize) {
    // SAFETY: between two waits only its owner touches a cell; the model reports it if not so.
    cell.with_mut(|value| unsafe { *value = to });
}

fn read(cell: &UnsafeCell<usize>) -> usize {
    // SAFETY: as above: nobody writes between the first and the second wait.
    cell.with(|value| unsafe { *value })
}

#[test]
fn loom_barrier_two_for_two_generations() {
    model(|| {
        let shared = Arc::new(Shared {
            barrier: Barrier::new(2),
            cells: [UnsafeCell::new(0), UnsafeCell::new(0)],
        });
        let side = |shared: &Shared, own: usize| {
            write(&shared.cells[own], 1);
            let first = block_on(shared.barrier.wait()).is_leader();
            assert_eq!(
                read(&shared.cells[1 - own]),
                1,
                "written before the barrier"
            );
            let second = block_on(shared.barrier.wait()).is_leader();
            write(&shared.cells[own], 2);
            (first, second)
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || side(&shared, 1))
        };
        let mine = side(&shared, 0);
        let other = other.join().unwrap();
        assert!(mine.0 != other.0 && mine.1 != other.1, "one leader each");
    });
}

#[test]
fn loom_barrier_the_last_arrives_while_another_polls() {
    model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let mut waiting = Box::pin(barrier.wait());
        assert!(poll_once(waiting.as_mut()).is_pending());
        let last = {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || block_on(barrier.wait()).is_leader())
        };
        // With another waker than the one that it queued with.
        assert!(!block_on(waiting).is_leader());
        assert!(last.join().unwrap());
    });
}

/// Fault 13.
#[test]
fn loom_barrier_a_waiter_is_dropped_while_the_last_arrives() {
    model(|| {
        let barrier = Arc::new(Barrier::new(3));
        let shared = Arc::clone(&barrier);
        let mut gone = Box::pin(async move {
            shared.wait().await;
        });
        assert!(poll_once(gone.as_mut()).is_pending());
        let dropping = thread::spawn(move || drop(gone));
        let other = {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || block_on(barrier.wait()).is_leader())
        };
        let mine = block_on(barrier.wait()).is_leader();
        assert_ne!(
            other.join().unwrap(),
            mine,
            "one of the two that are left leads"
        );
        dropping.join().unwrap();
    });
}

/// Of two that come while one waits, one leads; the other is the first of the next generation.
#[test]
fn loom_barrier_a_leader_lets_nobody_of_the_next_generation_through() {
    model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let begin = || {
            let barrier = Arc::clone(&barrier);
            Box::pin(async move {
                barrier.wait().await;
            })
        };
        let (mut first, mut mine, mut other) = (begin(), begin(), begin());
        assert!(poll_once(first.as_mut()).is_pending());
        let arriving = thread::spawn(move || {
            let passed = poll_once(other.as_mut()).is_ready();
            (passed, other)
        });
        let passed = poll_once(mine.as_mut()).is_ready();
        let (other_passed, other) = arriving.join().unwrap();
        assert_ne!(passed, other_passed, "one waits for a fourth");
        let mut late = if passed { other } else { mine };
        assert!(poll_once(late.as_mut()).is_pending());
        assert!(poll_once(first.as_mut()).is_ready());
    });
}

/// A waker of those who wait panics: that is for the last to come, and the others are through.
#[test]
fn loom_barrier_a_panicking_waker_keeps_nobody_waiting() {
    /// Whether it led; nothing if it was told of the panic.
    fn pass(barrier: &Barrier) -> Option<bool> {
        let mut wait = Box::pin(barrier.wait());
        block_on(poll_fn(|cx| {
            match foreign::call(|| wait.as_mut().poll(cx)) {
                Ok(polled) => polled.map(|result| Some(result.is_leader())),
                Err(_panic) => Poll::Ready(None),
            }
        }))
    }
    model(|| {
        let barrier = Arc::new(Barrier::new(3));
        let mut first = Box::pin(barrier.wait());
        assert!(poll_with_bomb(first.as_mut()).is_pending());
        let other = {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || pass(&barrier))
        };
        let mut both = [pass(&barrier), other.join().unwrap()];
        both.sort_unstable();
        assert_eq!(both, [None, Some(false)], "the last, and the one before");
        assert!(poll_once(first.as_mut()).is_ready());
    });
}
