//! The source word on one thread: what is woken, what is kept, what is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;
use runtime_core::util::wake_list::WakeList;

use super::{Direction, Place, ReadyEvent, Source, TICK, TICK_SHIFT};
use crate::io::{Interest, Ready};

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Relaxed: one thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counted() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

fn wakes(count: &Count) -> usize {
    // Relaxed: one thread.
    count.0.load(Ordering::Relaxed)
}

fn event(source: &Source, ready: Ready) -> usize {
    let mut wakers = WakeList::new();
    source.dispatch(source.generation(), u32::MAX, ready, &mut wakers);
    let woken = wakers.len();
    wakers.wake_all();
    woken
}

fn poll(source: &Source, direction: Direction, waker: &Waker) -> Poll<ReadyEvent> {
    source.poll_ready(direction, &mut Context::from_waker(waker))
}

#[test]
fn a_source_takes_no_more_than_a_cache_line() {
    assert!(size_of::<Source>() <= 64, "{}", size_of::<Source>());
}

#[test]
fn an_event_wakes_the_last_poller_of_its_direction_once() {
    let source = Source::new();
    let (first, first_waker) = counted();
    let (second, second_waker) = counted();
    assert!(poll(&source, Direction::Read, &first_waker).is_pending());
    assert!(poll(&source, Direction::Read, &second_waker).is_pending());
    assert_eq!(
        Arc::strong_count(&first),
        2,
        "a displaced waker is released"
    );
    assert_eq!(event(&source, Ready::WRITABLE), 0);
    assert_eq!(event(&source, Ready::READABLE), 1);
    assert_eq!(event(&source, Ready::READABLE), 0);
    assert_eq!((wakes(&first), wakes(&second)), (0, 1));
    drop(second_waker);
    assert_eq!(Arc::strong_count(&second), 1);
}

#[test]
fn all_waiters_of_the_list_are_woken_if_it_concerns_them() {
    let source = Source::new();
    let interests = [
        (Interest::READABLE, 1),
        (Interest::WRITABLE, 0),
        (Interest::READABLE | Interest::WRITABLE, 1),
        (Interest::READABLE, 1),
        (Interest::ERROR, 0),
    ];
    let mut waiting = interests.map(|(interest, wakes)| {
        let (count, waker) = counted();
        let mut place = Place::default();
        assert!(
            source
                .poll_listed(&mut place, interest, &waker)
                .is_pending()
        );
        (count, place, wakes)
    });
    assert_eq!(event(&source, Ready::READABLE), 3);
    for (count, place, expected) in &mut waiting {
        assert_eq!(wakes(count), *expected);
        source.leave_list(place);
        assert_eq!(Arc::strong_count(count), 1);
    }
    assert_eq!(event(&source, Ready::ALL), 0);
}

#[test]
fn a_waiter_that_leaves_the_list_leaves_the_others_to_be_woken() {
    let source = Source::new();
    let mut waiting = [0, 1].map(|_| {
        let (count, waker) = counted();
        let mut place = Place::default();
        let polled = source.poll_listed(&mut place, Interest::READABLE, &waker);
        assert!(polled.is_pending());
        (count, place)
    });
    source.leave_list(&mut waiting[0].1);
    assert_eq!(event(&source, Ready::READABLE), 1);
    assert_eq!(waiting.each_ref().map(|(count, _)| wakes(count)), [0, 1]);
}

#[test]
fn a_waiter_that_is_polled_again_holds_one_place() {
    let source = Source::new();
    let (old, old_waker) = counted();
    let (new, new_waker) = counted();
    let mut place = Place::default();
    assert!(
        source
            .poll_listed(&mut place, Interest::READABLE, &old_waker)
            .is_pending()
    );
    assert!(
        source
            .poll_listed(&mut place, Interest::READABLE, &new_waker)
            .is_pending()
    );
    assert_eq!(Arc::strong_count(&old), 2, "a displaced waker is released");
    assert_eq!(event(&source, Ready::READABLE), 1);
    assert_eq!((wakes(&old), wakes(&new)), (0, 1));
}

#[test]
fn closing_outlasts_clearing() {
    let source = Source::new();
    event(&source, Ready::READABLE | Ready::READ_CLOSED);
    let ready = source.readiness(Interest::READABLE).unwrap();
    source.clear(ready);
    let left = source.readiness(Interest::READABLE).unwrap();
    assert_eq!(left.ready, Ready::READ_CLOSED);
    source.vacate();
    assert!(source.readiness(Interest::READABLE).is_none());
}

#[test]
fn fault_048_an_end_that_an_operation_disproves_is_waited_for_again() {
    let source = Source::new();
    let (count, waker) = counted();
    event(&source, Ready::ALL);
    let Poll::Ready(read) = poll(&source, Direction::Read, &waker) else {
        panic!("it is ready");
    };
    source.clear(read.disproved());
    assert!(poll(&source, Direction::Read, &waker).is_pending());
    let written = source.readiness(Interest::WRITABLE).unwrap();
    assert_eq!(written.ready, Ready::WRITABLE | Ready::WRITE_CLOSED);
    assert_eq!(event(&source, Ready::READ_CLOSED), 1);
    assert_eq!(wakes(&count), 1, "a later end is told");
    source.clear(read.disproved());
    assert!(
        poll(&source, Direction::Read, &waker).is_ready(),
        "and kept from who looked before it"
    );
}

#[test]
fn fault_048_who_looks_for_urgent_data_disproves_no_end() {
    let source = Source::new();
    event(&source, Ready::PRIORITY | Ready::READ_CLOSED);
    let urgent = source.readiness(Interest::PRIORITY).unwrap();
    source.clear(urgent.disproved());
    let left = source.readiness(Interest::READABLE).unwrap();
    assert_eq!(left.ready, Ready::READ_CLOSED);
}

#[test]
fn a_vacated_source_keeps_no_waker_even_of_forgotten_futures() {
    let source = Source::new();
    let (count, waker) = counted();
    let mut forgotten = Place::default();
    assert!(poll(&source, Direction::Read, &waker).is_pending());
    assert!(poll(&source, Direction::Write, &waker).is_pending());
    assert!(
        source
            .poll_listed(&mut forgotten, Interest::READABLE, &waker)
            .is_pending()
    );
    drop(waker);
    let before = source.generation();
    source.vacate();
    assert_eq!(Arc::strong_count(&count), 1);
    assert_eq!(wakes(&count), 0);
    assert_eq!(source.generation(), before + 1);
    let mut wakers = WakeList::new();
    source.dispatch(before, u32::MAX, Ready::ALL, &mut wakers);
    assert!(
        source.readiness(Interest::READABLE).is_none(),
        "a stale event changes nothing"
    );
}

#[test]
fn a_waker_that_polls_again_when_dropped_does_not_deadlock() {
    struct Reenter(Arc<Source>);
    impl Wake for Reenter {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Reenter {
        fn drop(&mut self) {
            let _ = poll(&self.0, Direction::Read, Waker::noop());
            let _ = self
                .0
                .poll_listed(&mut Place::default(), Interest::READABLE, Waker::noop());
        }
    }
    let source = Arc::new(Source::new());
    let mut place = Place::default();
    for _ in 0..2 {
        let hostile = Waker::from(Arc::new(Reenter(Arc::clone(&source))));
        assert!(poll(&source, Direction::Read, &hostile).is_pending());
        assert!(
            source
                .poll_listed(&mut place, Interest::READABLE, &hostile)
                .is_pending()
        );
    }
    source.leave_list(&mut place);
    source.vacate();
}

proptest! {
    /// Whatever the tick: readiness is cleared if and only if no event came in between.
    #[test]
    fn fault_044_an_event_in_between_is_kept(start: u32, before in 1_u32..4, between in 0_u32..4) {
        let source = Source::with_tick(start);
        for _ in 0..before {
            event(&source, Ready::READABLE);
        }
        let ready = source.readiness(Interest::READABLE).unwrap();
        for _ in 0..between {
            event(&source, Ready::READABLE);
        }
        source.clear(ready);
        prop_assert_eq!(source.readiness(Interest::READABLE).is_some(), between > 0);
    }
}

#[test]
fn the_tick_wraps_into_nothing_else() {
    for start in [u32::MAX, (TICK >> TICK_SHIFT) as u32, 0xff, 0x7fff, 0xffff] {
        let source = Source::with_tick(start);
        let generation = source.generation();
        event(&source, Ready::READABLE);
        let ready = source.readiness(Interest::READABLE).unwrap();
        assert_eq!(ready.ready, Ready::READABLE);
        assert!(!ready.shutdown);
        assert_eq!(source.generation(), generation);
    }
}
