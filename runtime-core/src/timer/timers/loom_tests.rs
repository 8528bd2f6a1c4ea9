//! Models of the shard: the sleeper's protocol, and the one end of a registration.

use std::sync::Arc as StdArc;
use std::sync::atomic::AtomicUsize as StdAtomicUsize;
use std::task::{Wake, Waker};

use ::loom::thread;

use super::{Registered, Shard};
use crate::loom::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::loom::{Arc, model};
use crate::timer::clock::Clock;
use crate::timer::wheel::NEVER;
use crate::util::wake_list::WakeList;

/// Counts its wakes, outside of the model: read only after the threads were joined.
#[derive(Default)]
struct Count(StdAtomicUsize);

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A counter, its waker is to be given away.
fn counter() -> (StdArc<Count>, Waker) {
    let count = StdArc::new(Count::default());
    (StdArc::clone(&count), Waker::from(count))
}

fn wakes(count: &Count) -> usize {
    count.0.load(Ordering::Relaxed)
}

fn shard(hook: impl Fn(u64) + Send + Sync + 'static) -> Arc<Shard> {
    Arc::new(Shard::new(Arc::new(Clock::new()), Box::new(hook)))
}

fn fire(shard: &Shard, now: u64) -> usize {
    let fired = shard.fire(now, &mut WakeList::new());
    assert!(fired.panic.is_none());
    fired.count
}

/// How many it fires, on another thread.
fn fire_beside(shard: &Arc<Shard>, now: u64) -> thread::JoinHandle<usize> {
    let shard = Arc::clone(shard);
    thread::spawn(move || fire(&shard, now))
}

/// How many the end wakes, on another thread.
fn close_beside(shard: &Arc<Shard>) -> thread::JoinHandle<usize> {
    let shard = Arc::clone(shard);
    thread::spawn(move || shard.close().count)
}

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;
const KICKED: u32 = 2;

/// The scheduler's half of the protocol, as small as it can be.
struct Seat {
    word: AtomicU32,
    deadline: AtomicU64,
}

impl Seat {
    /// Step (b).
    fn on_earlier(&self, deadline: u64) {
        // AcqRel: sees the sleeper's claim, or releases the lowered `next` to it.
        if self.word.fetch_or(0, Ordering::AcqRel) == ASLEEP
            // Acquire: what the sleeper published, or that it has not.
            && deadline < self.deadline.load(Ordering::Acquire)
        {
            // AcqRel: as above.
            self.word.swap(KICKED, Ordering::AcqRel);
        }
    }

    /// Steps (1) to (3); returns at the moment at which the thread would begin to sleep.
    fn sit_down(&self, shard: &Shard) {
        // AcqRel: acquires what an earlier inserter published.
        self.word.swap(ASLEEP, Ordering::AcqRel);
        // Release: pairs with the inserter's look.
        self.deadline
            .store(shard.next_deadline(), Ordering::Release);
    }

    /// Whether the sleeper wakes in time for everything in `shard`.
    fn is_in_time(&self, shard: &Shard) -> bool {
        // Relaxed, both: all threads were joined.
        self.word.load(Ordering::Relaxed) == KICKED
            || self.deadline.load(Ordering::Relaxed) <= shard.next_deadline()
    }
}

fn seat_and_shard() -> (Arc<Seat>, Arc<Shard>) {
    let seat = Arc::new(Seat {
        word: AtomicU32::new(AWAKE),
        deadline: AtomicU64::new(NEVER),
    });
    let hooked = Arc::clone(&seat);
    (seat, shard(move |deadline| hooked.on_earlier(deadline)))
}

/// Fault 36.
#[test]
fn loom_timer_insert_earlier_vs_sleep() {
    model(|| {
        let (seat, shard) = seat_and_shard();
        shard.insert(100, Waker::noop().clone()).unwrap();
        let inserter = {
            let shard = Arc::clone(&shard);
            thread::spawn(move || shard.insert(50, Waker::noop().clone()).unwrap())
        };
        seat.sit_down(&shard);
        inserter.join().unwrap();
        assert!(seat.is_in_time(&shard));
    });
}

/// Fault 36.
#[test]
fn loom_timer_two_inserts_and_a_fire_vs_sleep() {
    model(|| {
        let (seat, shard) = seat_and_shard();
        shard.insert(10, Waker::noop().clone()).unwrap();
        let (one, two) = (Arc::clone(&shard), Arc::clone(&shard));
        let one = thread::spawn(move || {
            one.insert(50, Waker::noop().clone()).unwrap();
            one.insert(30, Waker::noop().clone()).unwrap();
        });
        let two = thread::spawn(move || assert_eq!(fire(&two, 10), 1));
        seat.sit_down(&shard);
        one.join().unwrap();
        two.join().unwrap();
        assert!(seat.is_in_time(&shard));
        assert_eq!(shard.next_deadline(), 30);
    });
}

/// Fault 36.
#[test]
fn loom_timer_reset_earlier_vs_sleep() {
    model(|| {
        let (seat, shard) = seat_and_shard();
        let key = shard.insert(100, Waker::noop().clone()).unwrap();
        let mover = {
            let shard = Arc::clone(&shard);
            thread::spawn(move || assert_eq!(shard.reset(key, 50), Registered::Waiting))
        };
        seat.sit_down(&shard);
        mover.join().unwrap();
        assert!(seat.is_in_time(&shard));
    });
}

/// Fault 37.
#[test]
fn loom_timer_cancel_vs_fire() {
    model(|| {
        let shard = shard(|_| {});
        let (count, waker) = counter();
        let key = shard.insert(5, waker).unwrap();
        let (one, two) = (fire_beside(&shard, 5), fire_beside(&shard, 7));
        let returned = shard.cancel(key).is_some();
        let fired = one.join().unwrap() + two.join().unwrap();
        assert_eq!(
            usize::from(returned) + fired,
            1,
            "never both, never neither"
        );
        assert_eq!(wakes(&count), fired);
        assert_eq!(StdArc::strong_count(&count), 1);
        assert!(shard.is_empty());
    });
}

/// Fault 37.
#[test]
fn loom_timer_reset_vs_fire() {
    model(|| {
        let shard = shard(|_| {});
        let (count, waker) = counter();
        let key = shard.insert(5, waker).unwrap();
        let firing = fire_beside(&shard, 5);
        let reset = shard.reset(key, 9);
        let fired = firing.join().unwrap();
        match reset {
            Registered::Waiting => {
                assert_eq!(
                    (fired, fire(&shard, 8), fire(&shard, 9)),
                    (0, 0, 1),
                    "moved, not early"
                );
            }
            Registered::Fired => assert_eq!(fired, 1),
            Registered::Closed => panic!("nobody closed it"),
        }
        assert_eq!(wakes(&count), 1);
        assert_eq!(shard.next_deadline(), NEVER);
    });
}

/// Faults 13, 37.
#[test]
fn loom_timer_poll_and_drop_vs_fire() {
    model(|| {
        let shard = shard(|_| {});
        let ((first, a), (second, b)) = (counter(), counter());
        let key = shard.insert(5, a).unwrap();
        let firing = fire_beside(&shard, 5);
        let seen = shard.poll(key, &b);
        let returned = shard.cancel(key).is_some();
        let fired = firing.join().unwrap();
        drop(b);
        match seen {
            Registered::Waiting => {
                assert_eq!(
                    (wakes(&first), wakes(&second)),
                    (0, fired),
                    "the last waker counts"
                );
                assert_eq!(usize::from(returned) + fired, 1);
            }
            _ => assert_eq!((wakes(&first), wakes(&second), returned), (1, 0, false)),
        }
        assert_eq!(
            (StdArc::strong_count(&first), StdArc::strong_count(&second)),
            (1, 1)
        );
    });
}

/// Fault 32.
#[test]
fn loom_timer_close_vs_insert() {
    model(|| {
        let shard = shard(|_| {});
        let (count, waker) = counter();
        let (closing, firing) = (close_beside(&shard), fire_beside(&shard, 5));
        let inserted = shard.insert(5, waker);
        let woken = closing.join().unwrap() + firing.join().unwrap();
        assert_eq!(
            woken,
            usize::from(inserted.is_ok()),
            "woken by either, or refused"
        );
        assert_eq!(wakes(&count), woken);
        assert_eq!(StdArc::strong_count(&count), 1);
        assert_eq!(shard.next_deadline(), NEVER);
        if let Ok(key) = inserted {
            assert_eq!(shard.poll(key, Waker::noop()), Registered::Closed);
        }
    });
}

/// Fault 32.
#[test]
fn loom_timer_close_vs_cancel() {
    model(|| {
        let shard = shard(|_| {});
        let (count, waker) = counter();
        let key = shard.insert(5, waker).unwrap();
        let closing = close_beside(&shard);
        let returned = shard.cancel(key).is_some();
        let woken = closing.join().unwrap();
        assert_eq!(usize::from(returned) + woken, 1, "one end");
        assert_eq!(wakes(&count), woken);
        assert_eq!(StdArc::strong_count(&count), 1);
    });
}

/// Who polls or moves a timer beside the end is told of it, or woken by the waker that was left.
/// Fault 32.
#[test]
fn loom_timer_close_vs_poll_and_reset() {
    model(|| {
        let shard = shard(|_| {});
        let ((first, a), (second, b)) = (counter(), counter());
        let key = shard.insert(5, a).unwrap();
        let closing = close_beside(&shard);
        let polled = shard.poll(key, &b);
        let moved = shard.reset(key, 9);
        assert_eq!(closing.join().unwrap(), 1);
        match (polled, moved) {
            (Registered::Waiting, Registered::Waiting | Registered::Closed) => {
                assert_eq!(
                    (wakes(&first), wakes(&second)),
                    (0, 1),
                    "the last waker counts"
                );
            }
            (Registered::Closed, Registered::Closed) => {
                assert_eq!((wakes(&first), wakes(&second)), (1, 0));
            }
            other => panic!("nothing fires, and the end stays: {other:?}"),
        }
        assert_eq!(shard.poll(key, &b), Registered::Closed);
        assert_eq!(shard.next_deadline(), NEVER);
    });
}
