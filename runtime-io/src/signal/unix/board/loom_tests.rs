//! Models of a signal's way: handlers on threads of their own, and runtimes that sleep in a driver
//! whose only source is the bell.
//!
//! The bell is edge-triggered as in the kernel: a ring is an event for each driver, and an event is
//! dropped if the bell is empty by the time that the driver looks.

use std::task::{Wake, Waker};

use loom::thread;
use runtime_core::loom::atomic::{AtomicUsize, Ordering};
use runtime_core::loom::{Arc, Condvar, Mutex, model};

use super::Board;
use crate::signal::listeners::Place;

const DRIVERS: usize = 2;

struct Rig {
    board: Board,
    bell: Mutex<Bell>,
    rung: Condvar,
    /// What a thread wrote before it raised the first signal, or the second.
    before: [AtomicUsize; 2],
}

#[derive(Default)]
struct Bell {
    bytes: usize,
    events: [bool; DRIVERS],
    kicks: [bool; DRIVERS],
}

/// A listener's waker: kicks the driver in which its thread sleeps.
struct Kick {
    rig: Arc<Rig>,
    driver: usize,
}

impl Wake for Kick {
    fn wake(self: std::sync::Arc<Self>) {
        self.rig.bell.lock().kicks[self.driver] = true;
        self.rig.rung.notify_all();
    }
}

impl Rig {
    fn new() -> Arc<Rig> {
        Arc::new(Rig {
            board: Board::new(),
            bell: Mutex::new(Bell::default()),
            rung: Condvar::new(),
            before: [AtomicUsize::new(0), AtomicUsize::new(0)],
        })
    }

    /// A handler.
    fn arrived(&self, signal: i32) {
        if self.board.note(signal) {
            let mut bell = self.bell.lock();
            bell.bytes += 1;
            bell.events = [true; DRIVERS];
            drop(bell);
            self.rung.notify_all();
        }
    }

    /// A driver's sleep, and its courier.
    fn turn(&self, driver: usize) {
        let mut bell = self.bell.lock();
        loop {
            let rung = std::mem::take(&mut bell.events[driver]) && bell.bytes > 0;
            let kicked = std::mem::take(&mut bell.kicks[driver]);
            if rung {
                bell.bytes = 0;
                drop(bell);
                return self.board.deliver();
            }
            if kicked {
                return;
            }
            bell = self.rung.wait(bell);
        }
    }

    /// A thread that listens, and drives its runtime whenever it has to wait.
    fn receive(rig: &Arc<Rig>, driver: usize, place: Place) {
        let kick = Kick {
            rig: Arc::clone(rig),
            driver,
        };
        let waker = Waker::from(std::sync::Arc::new(kick));
        while rig.board.poll(place, &waker).is_pending() {
            rig.turn(driver);
        }
        rig.board.leave(place);
    }
}

/// One may share the other's ring: then nothing but the board tells what it did before.
///
/// Fault 75.
#[test]
fn loom_signal_two_handlers_against_one_runtime() {
    model(|| {
        let rig = Rig::new();
        let places = [rig.board.listen(1), rig.board.listen(2)];
        let handlers: Vec<_> = [1, 2]
            .into_iter()
            .map(|signal| {
                let rig = Arc::clone(&rig);
                thread::spawn(move || {
                    // Relaxed: the board must carry the order.
                    rig.before[signal as usize - 1].store(1, Ordering::Relaxed);
                    rig.arrived(signal);
                })
            })
            .collect();
        for (place, before) in places.into_iter().zip(&rig.before) {
            Rig::receive(&rig, 0, place);
            // Relaxed: as above.
            assert_eq!(before.load(Ordering::Relaxed), 1);
        }
        for handler in handlers {
            handler.join().unwrap();
        }
    });
}

/// Fault 75.
#[test]
fn loom_signal_again_after_it_was_delivered() {
    model(|| {
        let rig = Rig::new();
        for round in 1..=2 {
            let place = rig.board.listen(1);
            let other = Arc::clone(&rig);
            let handler = thread::spawn(move || {
                // Relaxed: the board must carry the order.
                other.before[0].store(round, Ordering::Relaxed);
                other.arrived(1);
            });
            Rig::receive(&rig, 0, place);
            // Relaxed: as above.
            assert_eq!(rig.before[0].load(Ordering::Relaxed), round);
            handler.join().unwrap();
        }
    });
}

/// Fault 75.
#[test]
fn loom_signal_one_handler_against_two_runtimes() {
    model(|| {
        let rig = Rig::new();
        let places = [rig.board.listen(1), rig.board.listen(1)];
        let other = Arc::clone(&rig);
        let runtime = thread::spawn(move || Rig::receive(&other, 1, places[1]));
        let other = Arc::clone(&rig);
        let handler = thread::spawn(move || other.arrived(1));
        Rig::receive(&rig, 0, places[0]);
        handler.join().unwrap();
        runtime.join().unwrap();
    });
}

/// Fault 75.
#[test]
fn loom_signal_a_listener_that_leaves_takes_nothing_from_the_other() {
    model(|| {
        let rig = Rig::new();
        let places = [rig.board.listen(1), rig.board.listen(1)];
        let other = Arc::clone(&rig);
        let leaving = thread::spawn(move || {
            let _ = other.board.poll(places[1], Waker::noop());
            other.board.leave(places[1]);
        });
        let other = Arc::clone(&rig);
        let handler = thread::spawn(move || other.arrived(1));
        Rig::receive(&rig, 0, places[0]);
        handler.join().unwrap();
        leaving.join().unwrap();
    });
}
