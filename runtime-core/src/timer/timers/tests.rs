use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use super::{Closed, Registered, Shard};
use crate::timer::clock::Clock;
use crate::util::wake_list::WakeList;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn counter() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

fn shard() -> Shard {
    Shard::new(Arc::new(Clock::new()), Box::new(|_| {}))
}

fn fire(shard: &Shard, now: u64) -> usize {
    let fired = shard.fire(now, &mut WakeList::new());
    assert!(fired.panic.is_none());
    fired.count
}

#[test]
fn the_hook_hears_of_each_lowered_deadline_and_of_no_other() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let hook = Box::new(move |deadline| log.lock().unwrap().push(deadline));
    let shard = Shard::new(Arc::new(Clock::new()), hook);
    let (_count, waker) = counter();
    let first = shard.insert(500, waker.clone()).unwrap();
    shard.insert(600, waker.clone()).unwrap();
    shard.insert(500, waker.clone()).unwrap();
    shard.insert(u64::MAX, waker.clone()).unwrap();
    let other = shard.insert(300, waker).unwrap();
    assert_eq!(shard.reset(first, 700), Registered::Waiting);
    assert_eq!(shard.reset(first, 200), Registered::Waiting);
    assert!(shard.cancel(other).is_some());
    assert_eq!(*heard.lock().unwrap(), [500, 300, 200]);
    assert_eq!(shard.next_deadline(), 200);
}

#[test]
fn a_cancelled_deadline_may_be_looked_at_once_and_then_is_forgotten() {
    let shard = shard();
    let (count, waker) = counter();
    let soon = shard.insert(100, waker.clone()).unwrap();
    shard.insert(9_000, waker).unwrap();
    assert!(shard.cancel(soon).is_some());
    assert_eq!(shard.next_deadline(), 100);
    assert_eq!(fire(&shard, 100), 0);
    assert_eq!(shard.next_deadline(), 9_000);
    assert_eq!(fire(&shard, 8_999), 0);
    assert_eq!(fire(&shard, 9_000), 1);
    assert_eq!(count.get(), 1);
    assert_eq!(shard.next_deadline(), u64::MAX);
    let gone = shard.insert(10_000, Waker::noop().clone()).unwrap();
    assert!(shard.cancel(gone).is_some());
    assert_eq!(shard.refresh_next_deadline(), u64::MAX);
}

#[test]
fn fault_012_the_waker_of_the_last_poll_is_woken_and_the_first_is_released() {
    let shard = shard();
    let ((first, a), (second, b)) = (counter(), counter());
    let key = shard.insert(10, a).unwrap();
    assert_eq!(Arc::strong_count(&first), 2);
    assert_eq!(shard.poll(key, &b), Registered::Waiting);
    assert_eq!(shard.poll(key, &b), Registered::Waiting);
    assert_eq!(
        (Arc::strong_count(&first), Arc::strong_count(&second)),
        (1, 3)
    );
    assert_eq!(fire(&shard, 10), 1);
    assert_eq!((first.get(), second.get()), (0, 1));
    assert_eq!(shard.poll(key, &b), Registered::Fired);
    assert_eq!(Arc::strong_count(&second), 2);
}

#[test]
fn fault_011_a_panicking_waker_does_not_keep_a_later_batch_asleep() {
    struct Bomb;
    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {
            panic!("a foreign waker's panic");
        }
    }
    let shard = shard();
    let (count, waker) = counter();
    shard.insert(1, Waker::from(Arc::new(Bomb))).unwrap();
    for at in 0..100 {
        shard.insert(at, waker.clone()).unwrap();
    }
    let fired = shard.fire(1_000, &mut WakeList::new());
    assert_eq!((fired.count, count.get()), (101, 100));
    let payload = fired.panic.expect("the panic is handed on").into_payload();
    assert_eq!(
        payload.downcast_ref::<&str>(),
        Some(&"a foreign waker's panic")
    );
    assert_eq!(shard.len(), 0);
}

#[test]
fn fault_010_a_waker_may_use_its_shard_again() {
    struct Again(Arc<Shard>, AtomicUsize);
    impl Again {
        fn enter(&self) {
            self.1.fetch_add(1, Ordering::Relaxed);
            if let Ok(key) = self.0.insert(5, Waker::noop().clone()) {
                assert_eq!(self.0.reset(key, 6), Registered::Waiting);
                drop(self.0.cancel(key));
            }
        }
    }
    impl Wake for Again {
        fn wake(self: Arc<Self>) {
            self.enter();
        }
    }
    impl Drop for Again {
        fn drop(&mut self) {
            self.enter();
        }
    }
    let shard = Arc::new(shard());
    let hostile = || Waker::from(Arc::new(Again(Arc::clone(&shard), AtomicUsize::new(0))));
    let key = shard.insert(10, hostile()).unwrap();
    assert_eq!(shard.poll(key, &hostile()), Registered::Waiting);
    drop(shard.cancel(key));
    shard.insert(10, hostile()).unwrap();
    assert_eq!(fire(&shard, 10), 1);
    shard.insert(u64::MAX, hostile()).unwrap();
    assert_eq!(shard.close().count, 1);
}

#[test]
fn wakers_that_register_due_timers_do_not_keep_a_fire_going() {
    struct Eternal(Arc<Shard>);
    impl Wake for Eternal {
        fn wake(self: Arc<Self>) {
            let _ = self.0.insert(0, Waker::from(Arc::clone(&self)));
        }
    }
    let shard = Arc::new(shard());
    for _ in 0..100 {
        shard
            .insert(0, Waker::from(Arc::new(Eternal(Arc::clone(&shard)))))
            .unwrap();
    }
    let fired = fire(&shard, 7);
    assert!((100..100 + super::BATCH).contains(&fired), "{fired}");
    assert_eq!((shard.len(), shard.next_deadline()), (100, 0));
    assert_eq!(
        shard.close().count,
        100,
        "a closed shard takes no more: the ring ends"
    );
}

#[test]
fn fault_032_closing_wakes_all_and_refuses_the_rest() {
    let shard = shard();
    let (count, waker) = counter();
    let keys: Vec<_> = [1, 5_000, u64::MAX]
        .map(|at| shard.insert(at, waker.clone()).unwrap())
        .into();
    let fired = shard.close();
    assert_eq!((fired.count, count.get()), (3, 3));
    assert_eq!(shard.next_deadline(), u64::MAX);
    for key in keys {
        assert_eq!(shard.poll(key, &waker), Registered::Closed);
        assert_eq!(shard.reset(key, 7), Registered::Closed);
        assert!(shard.cancel(key).is_none());
    }
    assert_eq!(shard.insert(3, waker.clone()), Err(Closed));
    assert_eq!(Arc::strong_count(&count), 2, "a refused waker is released");
    assert_eq!(fire(&shard, u64::MAX), 0);
}
