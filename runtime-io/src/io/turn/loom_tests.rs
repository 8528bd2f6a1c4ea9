//! Models of the turn: one at a time, and who waits is woken.
#![allow(unsafe_code, reason = "the model's cell is guarded by the turn")]

use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use runtime_core::loom::atomic::{AtomicUsize, Ordering};
use runtime_core::loom::{UnsafeCell, model};

use super::Turn;

/// Counts its wakes, and lets a thread wait for one.
struct Bell {
    rung: AtomicUsize,
    thread: loom::thread::Thread,
}

impl Bell {
    fn new() -> Arc<Bell> {
        Arc::new(Bell {
            rung: AtomicUsize::new(0),
            thread: loom::thread::current(),
        })
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // Release: pairs with `take_turn`.
        self.rung.fetch_add(1, Ordering::Release);
        self.thread.unpark();
    }
}

/// A waker of somebody who has gone.
struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

struct Shared {
    turn: Turn,
    value: UnsafeCell<usize>,
}

/// One side: takes its turn, waiting for it as a task does, and adds one.
fn take_turn(shared: &Shared) {
    let bell = Bell::new();
    let waker = Waker::from(Arc::clone(&bell));
    let mut heard = 0;
    loop {
        if let Some(turn) = shared.turn.take(&Context::from_waker(&waker)) {
            // SAFETY: the turn gives the value to one side at a time.
            shared.value.with_mut(|value| unsafe { *value += 1 });
            drop(turn);
            return;
        }
        // A wake that is lost is a deadlock, which the checker reports.
        loop {
            // Acquire: pairs with `wake`.
            let rung = bell.rung.load(Ordering::Acquire);
            if rung != heard {
                heard = rung;
                break;
            }
            loom::thread::park();
        }
    }
}

fn shared() -> Arc<Shared> {
    Arc::new(Shared {
        turn: Turn::new(),
        value: UnsafeCell::new(0),
    })
}

/// Both sides want their turn, twice the one.
#[test]
fn loom_turn_one_at_a_time_and_nobody_forgotten() {
    model(|| {
        let shared = shared();
        let other = loom::thread::spawn({
            let shared = Arc::clone(&shared);
            move || take_turn(&shared)
        });
        take_turn(&shared);
        take_turn(&shared);
        other.join().unwrap();
        // SAFETY: the other side is done.
        assert_eq!(shared.value.with(|value| unsafe { *value }), 3);
    });
}

/// A side gives up waiting and comes again with another waker, beside the end of a turn.
#[test]
fn loom_turn_given_up_and_taken_up_again_vs_end() {
    model(|| {
        let shared = shared();
        let other = loom::thread::spawn({
            let shared = Arc::clone(&shared);
            move || take_turn(&shared)
        });
        let impatient = Waker::from(Arc::new(Nobody));
        drop(shared.turn.take(&Context::from_waker(&impatient)));
        take_turn(&shared);
        other.join().unwrap();
        // SAFETY: the other side is done.
        assert_eq!(shared.value.with(|value| unsafe { *value }), 2);
    });
}

/// A side that waits is dropped with what it left; its waker is not leaked.
/// Fault 80.
#[test]
fn loom_turn_dropped_while_waited_for() {
    model(|| {
        let shared = shared();
        let nobody = Arc::new(Nobody);
        let other = loom::thread::spawn({
            let shared = Arc::clone(&shared);
            move || take_turn(&shared)
        });
        let waker = Waker::from(Arc::clone(&nobody));
        drop(shared.turn.take(&Context::from_waker(&waker)));
        drop(waker);
        other.join().unwrap();
        drop(shared);
        assert_eq!(Arc::strong_count(&nobody), 1);
    });
}
