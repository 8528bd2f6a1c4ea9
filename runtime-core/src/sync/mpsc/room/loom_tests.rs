//! Models of the parent's protocol. The main thread, or one that says so, is the receiver.

use ::loom::thread;

use super::{Bounded, Room, STRAIGHT};
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::poll_once;

/// Room for so many values, all of it taken.
fn full(capacity: usize) -> Arc<Bounded> {
    let room = Arc::new(Bounded::new(capacity));
    room.try_acquire(capacity).unwrap();
    room
}

/// What the receiver does with the room of one value.
fn give_back(room: &Bounded) {
    if let Some(n) = room.count(1) {
        room.give_straight(n);
    }
}

fn waiter(room: &Arc<Bounded>) -> thread::JoinHandle<()> {
    let room = Arc::clone(room);
    thread::spawn(move || block_on(room.acquire(1)).unwrap())
}

#[test]
fn loom_room_that_is_returned_reaches_who_waits() {
    model(|| {
        let room = full(1);
        let waiting = waiter(&room);
        give_back(&room);
        waiting.join().unwrap();
        assert_eq!(room.available(), 0);
        give_back(&room);
        assert_eq!(room.available(), 1);
        // Relaxed: all others have ended.
        let returned = room.returned.load(Ordering::Relaxed);
        assert_eq!(returned & STRAIGHT, 0, "nobody waits any more");
    });
}

#[test]
fn loom_room_reaches_two_who_wait() {
    model(|| {
        let room = full(2);
        let waiting = [waiter(&room), waiter(&room)];
        give_back(&room);
        give_back(&room);
        for it in waiting {
            it.join().unwrap();
        }
        assert_eq!(room.available(), 0);
    });
}

/// Fault 80.
#[test]
fn loom_room_of_one_who_gives_up_goes_on() {
    model(|| {
        let room = full(1);
        let owned = Arc::clone(&room);
        let mut first = Box::pin(async move { owned.acquire(1).await });
        assert!(poll_once(first.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(first));
        let second = waiter(&room);
        give_back(&room);
        cancelling.join().unwrap();
        second.join().unwrap();
        assert_eq!(room.available(), 0);
    });
}

/// Who only tries does not get what is on its way to who waits.
#[test]
fn loom_room_of_who_waits_is_not_for_who_tries() {
    model(|| {
        let room = full(1);
        let owned = Arc::clone(&room);
        let receiving = thread::spawn(move || give_back(&owned));
        {
            let mut waiting = Box::pin(room.acquire(1));
            if poll_once(waiting.as_mut()).is_pending() {
                assert!(room.try_acquire(1).is_err());
                receiving.join().unwrap();
                assert!(poll_once(waiting.as_mut()).is_ready());
            } else {
                receiving.join().unwrap();
            }
        }
        assert_eq!(room.available(), 0);
    });
}

#[test]
fn loom_room_that_is_there_is_found_by_two_who_try() {
    model(|| {
        let room = full(2);
        give_back(&room);
        give_back(&room);
        let trying = {
            let room = Arc::clone(&room);
            thread::spawn(move || room.try_acquire(1).unwrap())
        };
        room.try_acquire(1).unwrap();
        trying.join().unwrap();
        assert_eq!(room.available(), 0);
    });
}

#[test]
fn loom_room_is_not_full_while_one_place_moves() {
    model(|| {
        // One place is free at any time: the receiver gives one back before another is taken.
        let room = Arc::new(Bounded::new(2));
        room.try_acquire(1).unwrap();
        let taking = {
            let room = Arc::clone(&room);
            thread::spawn(move || {
                give_back(&room);
                room.try_acquire(1).unwrap();
            })
        };
        room.try_acquire(1).unwrap();
        taking.join().unwrap();
        assert_eq!(room.available(), 0);
    });
}

#[test]
fn loom_room_is_all_back_after_a_close() {
    model(|| {
        let room = full(2);
        let waiting = {
            let room = Arc::clone(&room);
            thread::spawn(move || {
                if block_on(room.acquire(1)).is_ok() {
                    room.release(1);
                }
            })
        };
        give_back(&room);
        room.close();
        // Of a value that was there.
        give_back(&room);
        waiting.join().unwrap();
        assert!(room.is_over());
    });
}

/// Room that is counted, or collected by who tries, brings what the receiver did before. Who looks has
/// the spawned thread: the receiver begins with a look, and loom looks back at the last one only.
#[test]
fn loom_room_brings_what_the_receiver_did() {
    model(|| {
        let shared = Arc::new((Bounded::new(1), AtomicUsize::new(0)));
        shared.0.try_acquire(1).unwrap();
        let other = Arc::clone(&shared);
        let looking = thread::spawn(move || {
            // Relaxed: the room must carry the order.
            let done = || other.1.load(Ordering::Relaxed);
            assert!(other.0.available() == 0 || done() == 1);
            assert!(other.0.try_acquire(1).is_err() || done() == 1);
        });
        // Relaxed: as above.
        shared.1.store(1, Ordering::Relaxed);
        give_back(&shared.0);
        looking.join().unwrap();
    });
}

/// Who finds all room of a closed channel back sees what was done with it.
#[test]
fn loom_room_that_is_all_back_brings_what_was_done() {
    model(|| {
        let shared = Arc::new((Bounded::new(1), AtomicUsize::new(0)));
        shared.0.try_acquire(1).unwrap();
        let other = Arc::clone(&shared);
        let leaving = thread::spawn(move || {
            // Relaxed: the room must carry the order.
            other.1.store(1, Ordering::Relaxed);
            other.0.release(1);
        });
        shared.0.close();
        if shared.0.is_over() {
            // Relaxed: as above.
            assert_eq!(shared.1.load(Ordering::Relaxed), 1);
        }
        leaving.join().unwrap();
    });
}
