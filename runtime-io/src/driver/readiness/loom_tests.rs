//! Models of the source word: each small enough for every interleaving within the bound.

use std::panic::resume_unwind;
use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering as StdOrdering};
use std::task::{Context, Poll, Wake, Waker};

use loom::thread;
use runtime_core::loom::atomic::{AtomicUsize, Ordering};
use runtime_core::loom::{Arc, model};
use runtime_core::util::foreign;
use runtime_core::util::wake_list::WakeList;

use super::{Direction, Place, ReadyEvent, Source};
use crate::io::{Interest, Ready};

/// Counts wakes outside the model: a std counter adds no interleavings.
#[derive(Default)]
struct Count(StdAtomicUsize);

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        // SeqCst: outside of the model, where nothing depends on it.
        self.0.fetch_add(1, StdOrdering::SeqCst);
    }
}

impl Count {
    fn pair() -> (StdArc<Count>, Waker) {
        let count = StdArc::new(Count::default());
        (StdArc::clone(&count), Waker::from(count))
    }

    fn get(&self) -> usize {
        // SeqCst: as above.
        self.0.load(StdOrdering::SeqCst)
    }
}

/// One event as the driver would bring it, with its wakes.
fn event(source: &Source, generation: u32, ready: Ready) -> usize {
    let mut wakers = WakeList::new();
    source.dispatch(generation, u32::MAX, ready, &mut wakers);
    let woken = wakers.len();
    wakers.wake_all();
    woken
}

fn poll(source: &Source, direction: Direction, waker: &Waker) -> Poll<ReadyEvent> {
    source.poll_ready(direction, &mut Context::from_waker(waker))
}

/// A reader that takes bytes until it would block, clears, and waits; true once it got one.
fn read_or_wait(source: &Source, bytes: &AtomicUsize, waker: &Waker) -> bool {
    loop {
        let Poll::Ready(ready) = poll(source, Direction::Read, waker) else {
            return false;
        };
        // Relaxed: the source's word orders what this model asks for.
        if bytes.swap(0, Ordering::Relaxed) > 0 {
            return true;
        }
        source.clear(ready);
    }
}

fn event_between_eagain_and_clear(source: Source, bytes: usize) {
    let source = Arc::new(source);
    let generation = source.generation();
    let arrived = Arc::new(AtomicUsize::new(0));
    assert_eq!(event(&source, generation, Ready::READABLE), 0);
    let kernel = {
        let (source, arrived) = (Arc::clone(&source), Arc::clone(&arrived));
        thread::spawn(move || {
            for _ in 0..bytes {
                // Relaxed: published by the event.
                arrived.fetch_add(1, Ordering::Relaxed);
                event(&source, generation, Ready::READABLE);
            }
        })
    };
    let (count, waker) = Count::pair();
    let got = read_or_wait(&source, &arrived, &waker);
    kernel.join().unwrap();
    if !got {
        assert!(count.get() > 0, "bytes came and nobody was woken");
        assert!(read_or_wait(&source, &arrived, &waker), "woken for nothing");
    }
}

/// Fault 44.
#[test]
fn loom_readiness_event_between_eagain_and_clear() {
    model(|| event_between_eagain_and_clear(Source::new(), 2));
}

/// A reader that meets an end or waits; true once it met it.
fn end_or_wait(source: &Source, closed: &AtomicUsize, waker: &Waker) -> bool {
    loop {
        let Poll::Ready(ready) = poll(source, Direction::Read, waker) else {
            return false;
        };
        // Relaxed: as in `read_or_wait`.
        if closed.load(Ordering::Relaxed) == 1 {
            return true;
        }
        source.clear(ready.disproved());
    }
}

/// Something that was closed, and is open again by now, closes while its reader would block.
/// Fault 48.
#[test]
fn loom_readiness_closed_again_after_would_block() {
    model(|| {
        let source = Arc::new(Source::new());
        let generation = source.generation();
        let closed = Arc::new(AtomicUsize::new(0));
        assert_eq!(event(&source, generation, Ready::READ_CLOSED), 0);
        let kernel = {
            let (source, closed) = (Arc::clone(&source), Arc::clone(&closed));
            thread::spawn(move || {
                // Relaxed: published by the event.
                closed.store(1, Ordering::Relaxed);
                event(&source, generation, Ready::READ_CLOSED);
            })
        };
        let (count, waker) = Count::pair();
        let ended = end_or_wait(&source, &closed, &waker);
        kernel.join().unwrap();
        if !ended {
            assert!(count.get() > 0, "it closed and nobody was woken");
            assert!(
                end_or_wait(&source, &closed, &waker),
                "the end stays to be met"
            );
        }
    });
}

/// Fault 44.
#[test]
fn loom_readiness_tick_wraps() {
    model(|| event_between_eagain_and_clear(Source::with_tick(u32::MAX), 2));
}

/// Fault 48.
#[test]
fn loom_readiness_wakes_reader_and_writer() {
    model(|| {
        let source = Arc::new(Source::new());
        let generation = source.generation();
        let waiting = |direction| {
            let source = Arc::clone(&source);
            thread::spawn(move || {
                let (count, waker) = Count::pair();
                let pending = poll(&source, direction, &waker).is_pending();
                (pending, count)
            })
        };
        let reader = waiting(Direction::Read);
        let writer = waiting(Direction::Write);
        event(&source, generation, Ready::READABLE | Ready::WRITABLE);
        for waiter in [reader, writer] {
            let (pending, count) = waiter.join().unwrap();
            assert_eq!(
                count.get(),
                usize::from(pending),
                "woken exactly if it waits"
            );
        }
    });
}

#[test]
fn loom_readiness_two_dispatchers_wake_once() {
    model(|| {
        let source = Arc::new(Source::new());
        let generation = source.generation();
        let other = {
            let source = Arc::clone(&source);
            thread::spawn(move || event(&source, generation, Ready::READABLE))
        };
        let (count, waker) = Count::pair();
        let pending = poll(&source, Direction::Read, &waker).is_pending();
        let here = event(&source, generation, Ready::READ_CLOSED);
        let there = other.join().unwrap();
        if pending {
            // A poll that met a dispatcher in the cell wakes itself.
            assert_eq!(count.get(), 1);
        }
        assert!(here + there <= 1);
    });
}

#[test]
fn loom_readiness_two_pollers_of_one_direction() {
    model(|| {
        let source = Arc::new(Source::new());
        let generation = source.generation();
        let other = {
            let source = Arc::clone(&source);
            thread::spawn(move || {
                let (count, waker) = Count::pair();
                (poll(&source, Direction::Read, &waker).is_pending(), count)
            })
        };
        let (count, waker) = Count::pair();
        let pending = poll(&source, Direction::Read, &waker).is_pending();
        let (other_pending, other_count) = other.join().unwrap();
        event(&source, generation, Ready::READABLE);
        let woken = count.get() + other_count.get();
        assert!(pending && other_pending, "nothing was ready");
        assert!(woken >= 1, "the last one in the slot is woken");
    });
}

/// A slot that holds a waker already goes from one poller to the next.
#[test]
fn loom_readiness_two_pollers_of_a_slot_in_use() {
    model(|| {
        let source = Arc::new(Source::new());
        let (count, waker) = Count::pair();
        assert!(poll(&source, Direction::Read, &waker).is_pending());
        let other = {
            let (source, waker) = (Arc::clone(&source), waker.clone());
            thread::spawn(move || poll(&source, Direction::Read, &waker).is_pending())
        };
        assert!(poll(&source, Direction::Read, &waker).is_pending());
        assert!(other.join().unwrap(), "nothing was ready");
        event(&source, source.generation(), Ready::READABLE);
        assert!(count.get() >= 1, "the last one in the slot is woken");
    });
}

/// A poll that is told ready within its own step into the slot leaves the slot to the next.
#[test]
fn loom_readiness_a_slot_that_was_not_needed_is_free() {
    model(|| {
        let source = Arc::new(Source::new());
        let generation = source.generation();
        let other = {
            let source = Arc::clone(&source);
            thread::spawn(move || {
                event(&source, generation, Ready::READABLE);
                let (_, waker) = Count::pair();
                let _ = poll(&source, Direction::Read, &waker);
            })
        };
        let (_, waker) = Count::pair();
        if let Poll::Ready(event) = poll(&source, Direction::Read, &waker) {
            source.clear(event);
        }
        other.join().unwrap();
        if let Some(event) = source.readiness(Interest::READABLE) {
            source.clear(event);
        }
        let (count, waker) = Count::pair();
        assert!(poll(&source, Direction::Read, &waker).is_pending());
        assert_eq!(count.get(), 0, "it waits, and has not met anybody");
    });
}

/// Who is told ready knows what was known to who told it.
fn told_knows(
    tell: impl FnOnce(&Source),
    is_told: impl FnOnce(&Source, &Waker) -> bool + Send + 'static,
) {
    let source = Arc::new(Source::new());
    let known = Arc::new(AtomicUsize::new(0));
    let told = {
        let (source, known) = (Arc::clone(&source), Arc::clone(&known));
        thread::spawn(move || {
            if is_told(&source, &Count::pair().1) {
                // Relaxed: the source's word must carry the order.
                assert_eq!(known.load(Ordering::Relaxed), 1);
            }
        })
    };
    // Relaxed: as above.
    known.store(1, Ordering::Relaxed);
    tell(&source);
    told.join().unwrap();
}

fn tell_ready(source: &Source) {
    event(source, source.generation(), Ready::READABLE);
}

fn is_told_at_the_slot(source: &Source, waker: &Waker) -> bool {
    poll(source, Direction::Read, waker).is_ready()
}

#[test]
fn loom_readiness_the_slot_is_told_what_came_before_an_event() {
    model(|| told_knows(tell_ready, is_told_at_the_slot));
}

#[test]
fn loom_readiness_the_slot_is_told_what_came_before_a_shutdown() {
    model(|| {
        told_knows(
            |source| source.shutdown(&mut WakeList::new()),
            is_told_at_the_slot,
        )
    });
}

#[test]
fn loom_readiness_the_list_is_told_what_came_before_an_event() {
    model(|| {
        told_knows(tell_ready, |source, waker| {
            let mut place = Place::default();
            let polled = source.poll_listed(&mut place, Interest::READABLE, waker);
            source.leave_list(&mut place);
            polled.is_ready()
        });
    });
}

#[test]
fn loom_readiness_who_asks_is_told_what_came_before_an_event() {
    model(|| {
        told_knows(tell_ready, |source, _waker| {
            source.readiness(Interest::READABLE).is_some()
        });
    });
}

/// Fault 45.
#[test]
fn loom_readiness_deregister_against_dispatch() {
    model(|| {
        let source = Arc::new(Source::new());
        let generation = source.generation();
        let (old, old_waker) = Count::pair();
        let mut place = Place::default();
        assert!(poll(&source, Direction::Read, &old_waker).is_pending());
        assert!(
            source
                .poll_listed(&mut place, Interest::READABLE, &old_waker)
                .is_pending()
        );
        drop(old_waker);
        let driver = {
            let source = Arc::clone(&source);
            thread::spawn(move || event(&source, generation, Ready::READABLE))
        };
        source.vacate();
        // The next owner, of whom the stale event must know nothing.
        let (new, new_waker) = Count::pair();
        let mut place = Place::default();
        assert!(poll(&source, Direction::Read, &new_waker).is_pending());
        assert!(
            source
                .poll_listed(&mut place, Interest::READABLE, &new_waker)
                .is_pending()
        );
        driver.join().unwrap();
        assert_eq!(new.get(), 0, "a stale event woke another owner");
        assert!(source.readiness(Interest::READABLE).is_none());
        assert_eq!(
            StdArc::strong_count(&old),
            1,
            "the old owner's wakers are gone"
        );
        assert_eq!(event(&source, source.generation(), Ready::READABLE), 2);
    });
}

/// Fault 32.
#[test]
fn loom_readiness_shutdown_against_wait() {
    model(|| {
        let source = Arc::new(Source::new());
        let closer = {
            let source = Arc::clone(&source);
            thread::spawn(move || {
                let mut wakers = WakeList::new();
                source.shutdown(&mut wakers);
                wakers.wake_all();
            })
        };
        let (slot, slot_waker) = Count::pair();
        let (listed, listed_waker) = Count::pair();
        let mut place = Place::default();
        let slot_waits = poll(&source, Direction::Write, &slot_waker).is_pending();
        let listed_waits = source
            .poll_listed(&mut place, Interest::READABLE, &listed_waker)
            .is_pending();
        closer.join().unwrap();
        assert_eq!(slot.get(), usize::from(slot_waits));
        assert_eq!(listed.get(), usize::from(listed_waits));
        assert!(
            source
                .readiness(Interest::WRITABLE)
                .is_some_and(|event| event.shutdown)
        );
    });
}

/// Fault 13.
#[test]
fn loom_readiness_drop_waiter_against_wake() {
    model(|| {
        let source = Arc::new(Source::new());
        let generation = source.generation();
        let (gone, gone_waker) = Count::pair();
        let (kept, kept_waker) = Count::pair();
        let mut leaving = Place::default();
        let mut staying = Place::default();
        assert!(
            source
                .poll_listed(&mut leaving, Interest::READABLE, &gone_waker)
                .is_pending()
        );
        drop(gone_waker);
        let driver = {
            let source = Arc::clone(&source);
            thread::spawn(move || event(&source, generation, Ready::READABLE))
        };
        let waits = source
            .poll_listed(&mut staying, Interest::READABLE, &kept_waker)
            .is_pending();
        source.leave_list(&mut leaving);
        driver.join().unwrap();
        assert_eq!(
            kept.get(),
            usize::from(waits),
            "who stays is woken exactly if it waits"
        );
        assert!(gone.get() <= 1);
        assert_eq!(StdArc::strong_count(&gone), 1, "no waker is left behind");
    });
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: StdArc<Self>) {
        // No panic's hook is called: the model would print its line thousands of times.
        resume_unwind(Box::new("a waker's panic"));
    }
}

/// The reader's waker panics: the writer is woken all the same.
#[test]
fn loom_readiness_a_panicking_waker_keeps_nobody_asleep() {
    model(|| {
        let source = Arc::new(Source::new());
        let generation = source.generation();
        let bomb = Waker::from(StdArc::new(Bomb));
        assert!(poll(&source, Direction::Read, &bomb).is_pending());
        let kernel = {
            let source = Arc::clone(&source);
            thread::spawn(move || {
                let ready = Ready::READABLE | Ready::WRITABLE;
                let woken = foreign::call(|| event(&source, generation, ready));
                woken.is_err()
            })
        };
        let (count, waker) = Count::pair();
        let pending = poll(&source, Direction::Write, &waker).is_pending();
        assert!(kernel.join().unwrap(), "the panic goes on");
        assert_eq!(count.get(), usize::from(pending));
        assert!(poll(&source, Direction::Write, &waker).is_ready());
    });
}
