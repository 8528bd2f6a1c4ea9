//! Models of the looks into the driver, and of the kick that one of them may take.

use std::any::Any;
use std::io;
use std::sync::Arc as StdArc;
use std::time::Duration;

use super::{Room, Seat};
use crate::loom::atomic::{AtomicBool, Ordering};
use crate::loom::{Arc, Condvar, Mutex, model};
use crate::park::driver::{Driver, Event, Poller};
use crate::util::wake_list::WakeList;

/// A driver with one event, which a poll finds if it is there.
struct OneEvent {
    there: Arc<AtomicBool>,
    found: Arc<AtomicBool>,
}

impl Poller for OneEvent {
    fn poll(&mut self, _timeout: Option<Duration>, _events: &mut Vec<Event>) -> io::Result<()> {
        // AcqRel, Release: stand for the kernel's own locks.
        if self.there.fetch_and(true, Ordering::AcqRel) {
            self.found.store(true, Ordering::Release);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct NoDriver;

impl Driver for NoDriver {
    fn kick(&self) {}

    fn dispatch(&self, _events: &[Event], _wakers: &mut WakeList) {}

    fn shutdown(&self, _wakers: &mut WakeList) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The sentinel's part of a look, as in `scheduler/sentinel.rs`.
fn look(seat: &Seat, last: &mut u64) {
    if *last == seat.turns() {
        seat.glance(&mut Vec::new()).unwrap();
    }
    *last = seat.turns();
}

/// A holder glances while an event comes and the sentinel looks twice.
#[test]
fn loom_seat_a_look_finds_what_there_is() {
    model(|| {
        let there = Arc::new(AtomicBool::new(false));
        let found = Arc::new(AtomicBool::new(false));
        let seat = Arc::new(Seat::new());
        let poller = OneEvent {
            there: Arc::clone(&there),
            found: Arc::clone(&found),
        };
        seat.driver_or_publish(|| Ok((Box::new(poller), StdArc::new(NoDriver))))
            .unwrap();
        let holder = {
            let seat = Arc::clone(&seat);
            loom::thread::spawn(move || {
                seat.glance(&mut Vec::new()).unwrap();
            })
        };
        let mut last = seat.turns();
        // AcqRel: stands for the kernel's own lock.
        there.fetch_or(true, Ordering::AcqRel);
        look(&seat, &mut last);
        holder.join().unwrap();
        look(&seat, &mut last);
        // Acquire: both threads are done.
        assert!(found.load(Ordering::Acquire), "the event was found");
    });
}

/// A driver in which nothing happens but kicks.
struct Kicks {
    there: Mutex<bool>,
    changed: Condvar,
}

/// Its poller; without a timeout it waits for a kick, which it takes in any case.
struct KicksOnly(Arc<Kicks>);

impl Poller for KicksOnly {
    fn poll(&mut self, timeout: Option<Duration>, _events: &mut Vec<Event>) -> io::Result<()> {
        let mut there = self.0.there.lock();
        while timeout.is_none() && !*there {
            there = self.0.changed.wait(there);
        }
        *there = false;
        Ok(())
    }
}

/// One thread sleeps without end, one kicks it, one glances.
#[test]
fn loom_seat_a_kick_that_a_glance_took_ends_the_sleep() {
    model(|| {
        let kicks = Arc::new(Kicks {
            there: Mutex::new(false),
            changed: Condvar::new(),
        });
        let word = Arc::new(AtomicBool::new(false));
        let seat = Arc::new(Seat::new());
        let poller = KicksOnly(Arc::clone(&kicks));
        seat.driver_or_publish(|| Ok((Box::new(poller), StdArc::new(NoDriver))))
            .unwrap();
        let glances = {
            let seat = Arc::clone(&seat);
            loom::thread::spawn(move || {
                let _ = seat.glance(&mut Vec::new()).unwrap();
            })
        };
        let kicker = {
            let word = Arc::clone(&word);
            loom::thread::spawn(move || {
                // AcqRel: step (a), in the word.
                word.fetch_or(true, Ordering::AcqRel);
                *kicks.there.lock() = true;
                kicks.changed.notify_all();
            })
        };
        // Acquire: the word, as a snapshot reads it.
        let is_kicked = || word.load(Ordering::Acquire);
        seat.sleep(Room::Reactor, None, is_kicked, &mut Vec::new())
            .unwrap();
        glances.join().unwrap();
        kicker.join().unwrap();
    });
}
