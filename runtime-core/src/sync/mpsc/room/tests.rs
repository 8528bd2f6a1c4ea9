use std::pin::pin;

use super::{Bounded, Room, STRAIGHT};
use crate::loom::atomic::Ordering;
use crate::sync::raw_semaphore::TryAcquireError;
use crate::sync::test_support::Woken;

fn give_back(room: &Bounded, n: usize) {
    if let Some(n) = room.count(n) {
        room.give_straight(n);
    }
}

fn is_straight(room: &Bounded) -> bool {
    // Relaxed: there is one thread.
    room.returned.load(Ordering::Relaxed) & STRAIGHT != 0
}

#[test]
fn what_is_given_back_is_room_at_once() {
    let room = Bounded::new(3);
    room.try_acquire(3).unwrap();
    assert_eq!(room.try_acquire(1), Err(TryAcquireError::NoPermits));
    give_back(&room, 1);
    give_back(&room, 1);
    assert_eq!(room.available(), 2);
    room.try_acquire(2).unwrap();
    assert_eq!(room.available(), 0);
}

#[test]
fn room_goes_straight_only_while_somebody_waits() {
    let room = Bounded::new(2);
    room.try_acquire(2).unwrap();
    let woken = Woken::new();
    {
        let mut waiting = pin!(room.acquire(2));
        assert!(woken.poll(waiting.as_mut()).is_pending());
        assert!(is_straight(&room));
        give_back(&room, 1);
        assert!(is_straight(&room), "one of two is missing");
        assert_eq!((woken.times(), room.available()), (0, 0));
        give_back(&room, 1);
        assert!(!is_straight(&room));
        assert_eq!(woken.times(), 1);
        assert!(woken.poll(waiting).is_ready());
    }
    give_back(&room, 1);
    assert_eq!((room.available(), woken.times()), (1, 1));
}

#[test]
fn a_waiter_that_is_gone_costs_one_straight_gift() {
    let room = Bounded::new(2);
    room.try_acquire(2).unwrap();
    assert!(Woken::new().poll(pin!(room.acquire(1))).is_pending());
    give_back(&room, 1);
    assert!(!is_straight(&room));
    assert_eq!(room.available(), 1);
}

#[test]
fn after_a_close_the_permits_have_it_all() {
    let room = Bounded::new(2);
    room.try_acquire(2).unwrap();
    give_back(&room, 1);
    room.close();
    assert!(!room.is_over());
    assert_eq!(room.try_acquire(1), Err(TryAcquireError::Closed));
    give_back(&room, 1);
    assert!(room.is_over() && is_straight(&room));
}
