use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use proptest::prelude::*;

use super::{MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};
use crate::sync::test_support::{Woken, poll_once};

static COUNT: Mutex<u32> = Mutex::const_new(0);

#[test]
fn a_static_lock_works() {
    *COUNT.blocking_lock() += 1;
    assert_eq!(*COUNT.try_lock().unwrap(), 1);
}

#[test]
fn fault_084_nobody_overtakes_the_queue() {
    let mutex = Mutex::new(());
    let (first, second) = (Woken::new(), Woken::new());
    let held = mutex.try_lock().unwrap();
    let mut one = pin!(mutex.lock());
    let mut two = pin!(mutex.lock());
    assert!(first.poll(one.as_mut()).is_pending());
    assert!(second.poll(two.as_mut()).is_pending());
    drop(held);
    assert_eq!((first.times(), second.times()), (1, 0));
    assert!(
        mutex.try_lock().is_err(),
        "the lock is the first waiter's already"
    );
    let Poll::Ready(guard) = first.poll(one) else {
        panic!("handed over")
    };
    assert!(second.poll(two.as_mut()).is_pending());
    drop(guard);
    assert!(second.poll(two).is_ready());
}

#[test]
fn fault_080_a_granted_lock_that_is_not_taken_goes_on() {
    let mutex = Mutex::new(());
    let held = mutex.try_lock().unwrap();
    let next = Woken::new();
    let mut two = pin!(mutex.lock());
    {
        let mut one = pin!(mutex.lock());
        assert!(poll_once(one.as_mut()).is_pending());
        assert!(next.poll(two.as_mut()).is_pending());
        drop(held);
    }
    assert_eq!(next.times(), 1);
    assert!(next.poll(two).is_ready());
}

#[test]
fn fault_086_a_panic_with_the_lock_held_releases_it() {
    let mutex = Mutex::new(1);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let mut guard = mutex.blocking_lock();
        *guard = 2;
        panic!("with the lock held");
    }));
    assert!(panic.is_err());
    assert_eq!(*mutex.try_lock().unwrap(), 2);
}

#[test]
fn a_mapped_guard_shows_a_part_and_holds_the_lock() {
    let mutex = Mutex::new((1, "two"));
    let guard = MutexGuard::map(mutex.try_lock().unwrap(), |pair| &mut pair.0);
    assert!(mutex.try_lock().is_err());
    let Err(guard) = MappedMutexGuard::try_map(guard, |_| None::<&mut u8>) else {
        panic!("no such part")
    };
    let mut guard = MappedMutexGuard::map(guard, |number| number);
    *guard += 1;
    assert_eq!(format!("{guard:?} {guard}"), "2 2");
    drop(guard);
    let guard = mutex.try_lock().unwrap();
    assert_eq!(guard.0, 2);
    assert!(std::ptr::eq(MutexGuard::mutex(&guard), &mutex));
    assert!(MutexGuard::try_map(guard, |pair| Some(&mut pair.1)).is_ok());
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn an_owned_guard_keeps_its_lock_alive() {
    let mutex = Arc::new(Mutex::new(vec![1, 2]));
    let guard = Arc::clone(&mutex).try_lock_owned().unwrap();
    assert!(Arc::ptr_eq(OwnedMutexGuard::mutex(&guard), &mutex));
    let Err(guard) = OwnedMutexGuard::try_map(guard, |_| None::<&mut u8>) else {
        panic!("no such part")
    };
    let guard = OwnedMutexGuard::map(guard, |values| values.as_mut_slice());
    let guard = OwnedMappedMutexGuard::try_map(guard, |values| values.first_mut()).unwrap();
    let mut guard = OwnedMappedMutexGuard::map(guard, |first| first);
    *guard = 5;
    assert!(mutex.try_lock().is_err());
    drop(guard);
    assert_eq!(Arc::strong_count(&mutex), 1);
    assert_eq!(*mutex.try_lock().unwrap(), [5, 2]);
}

#[test]
fn an_unsized_value_can_be_locked() {
    let mutex: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2, 3]));
    mutex.blocking_lock()[0] = 9;
    assert_eq!(Arc::clone(&mutex).blocking_lock_owned().len(), 3);
    assert_eq!(format!("{mutex:?}"), "Mutex { data: [9, 2, 3] }");
    let held = mutex.try_lock();
    assert_eq!(format!("{mutex:?}"), "Mutex { data: <locked> }");
    drop(held);
}

#[test]
fn the_value_comes_out() {
    let mut mutex = Mutex::from(1);
    *mutex.get_mut() += 1;
    assert_eq!(mutex.into_inner(), 2);
    assert_eq!(Mutex::<u8>::default().into_inner(), 0);
    let error = {
        let m = Mutex::new(());
        let _held = m.try_lock();
        m.try_lock().unwrap_err()
    };
    assert_eq!(error.to_string(), "operation would block");
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Begin,
    Poll(usize),
    Cancel(usize),
    Unlock,
    Try,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        Just(Op::Begin),
        (0..8_usize).prop_map(Op::Poll),
        (0..8_usize).prop_map(Op::Poll),
        (0..8_usize).prop_map(Op::Cancel),
        Just(Op::Unlock),
        Just(Op::Try),
    ]
}

type Locking = Pin<Box<dyn Future<Output = OwnedMutexGuard<usize>>>>;

proptest! {
    /// The model is a queue of those who wait; its front has the lock when no guard is out.
    #[test]
    fn fault_079_mutex_agrees_with_a_sequential_model(ops in prop::collection::vec(op(), 0..60)) {
        let mutex = Arc::new(Mutex::new(0));
        let mut futures: Vec<Option<Locking>> = Vec::new();
        let mut queue: Vec<usize> = Vec::new();
        let mut held = None;
        for op in ops {
            match op {
                Op::Begin => futures.push(Some(Box::pin(Arc::clone(&mutex).lock_owned()))),
                Op::Poll(index) => if let Some(slot @ Some(_)) = futures.get_mut(index) {
                    if !queue.contains(&index) {
                        queue.push(index);
                    }
                    let polled = poll_once(slot.as_mut().unwrap().as_mut());
                    let turn = held.is_none() && queue[0] == index;
                    prop_assert_eq!(polled.is_ready(), turn);
                    if let Poll::Ready(guard) = polled {
                        held = Some(guard);
                        queue.remove(0);
                        *slot = None;
                    }
                },
                Op::Cancel(index) => if let Some(slot) = futures.get_mut(index) {
                    *slot = None;
                    queue.retain(|it| *it != index);
                },
                Op::Unlock => held = None,
                Op::Try => prop_assert_eq!(
                    mutex.try_lock().is_ok(),
                    held.is_none() && queue.is_empty()
                ),
            }
        }
        drop((held, futures));
        prop_assert!(mutex.try_lock().is_ok());
    }
}
