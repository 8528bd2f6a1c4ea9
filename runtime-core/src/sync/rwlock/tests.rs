use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use proptest::prelude::*;

use super::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
    RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard,
};
use crate::sync::test_support::{Woken, poll_once};

static LOCK: RwLock<u32> = RwLock::const_new(0);
static FOR_ONE: RwLock<u32> = RwLock::const_with_max_readers(0, 1);

#[test]
fn a_static_lock_works() {
    *LOCK.blocking_write() += 1;
    assert_eq!(*LOCK.blocking_read() + *LOCK.try_read().unwrap(), 2);
    let held = FOR_ONE.try_read().unwrap();
    assert!(FOR_ONE.try_read().is_err());
    drop(held);
}

#[test]
fn fault_084_readers_do_not_overtake_a_writer_that_waits() {
    let lock = RwLock::new(());
    let woken = [Woken::new(), Woken::new(), Woken::new()];
    let held = [lock.try_read().unwrap(), lock.try_read().unwrap()];
    let mut writer = pin!(lock.write());
    let mut first = pin!(lock.read());
    let mut second = pin!(lock.read());
    assert!(woken[0].poll(writer.as_mut()).is_pending());
    assert!(woken[1].poll(first.as_mut()).is_pending());
    assert!(woken[2].poll(second.as_mut()).is_pending());
    assert!(lock.try_read().is_err(), "the writer waits");
    let [one, two] = held;
    drop(one);
    assert_eq!(woken.each_ref().map(Woken::times), [0, 0, 0]);
    drop(two);
    assert_eq!(woken.each_ref().map(Woken::times), [1, 0, 0]);
    let Poll::Ready(guard) = woken[0].poll(writer) else {
        panic!("handed over")
    };
    drop(guard);
    assert_eq!(woken.each_ref().map(Woken::times), [1, 1, 1]);
    assert!(woken[1].poll(first).is_ready());
    assert!(woken[2].poll(second).is_ready());
}

#[test]
fn fault_080_a_cancelled_writer_lets_the_readers_behind_it_in() {
    let lock = RwLock::new(());
    let woken = [Woken::new(), Woken::new()];
    let held = lock.try_read().unwrap();
    let mut readers = woken.each_ref().map(|_| Box::pin(lock.read()));
    {
        let mut writer = pin!(lock.write());
        assert!(poll_once(writer.as_mut()).is_pending());
        for (woken, reader) in woken.iter().zip(&mut readers) {
            assert!(woken.poll(reader.as_mut()).is_pending());
        }
    }
    assert_eq!(woken.each_ref().map(Woken::times), [1, 1]);
    for (woken, reader) in woken.iter().zip(&mut readers) {
        assert!(woken.poll(reader.as_mut()).is_ready());
    }
    drop(held);
    drop(readers);
    assert!(lock.try_write().is_ok(), "all permits are back");
}

#[test]
fn fault_086_a_panic_with_the_lock_held_releases_it() {
    let lock = RwLock::new(1);
    let panics = |f: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    panics(&|| {
        let mut guard = lock.blocking_write();
        *guard = 2;
        panic!("with the lock held");
    });
    panics(&|| {
        let guard = lock.blocking_write();
        let _ = RwLockWriteGuard::map(guard, |_| -> &mut u8 { panic!("while narrowing") });
    });
    panics(&|| {
        let guard = lock.blocking_read();
        let _ = RwLockReadGuard::map(guard, |_| -> &u8 { panic!("while narrowing") });
    });
    assert_eq!(*lock.try_write().unwrap(), 2);
}

#[test]
fn a_downgrade_lets_readers_in_and_writers_wait() {
    let lock = RwLock::new(1);
    let woken = [Woken::new(), Woken::new()];
    let guard = lock.try_write().unwrap();
    let mut reader = pin!(lock.read());
    let mut writer = pin!(lock.write());
    assert!(woken[0].poll(reader.as_mut()).is_pending());
    assert!(woken[1].poll(writer.as_mut()).is_pending());
    let kept = guard.downgrade();
    assert_eq!(woken.each_ref().map(Woken::times), [1, 0]);
    let Poll::Ready(other) = woken[0].poll(reader) else {
        panic!("let in")
    };
    assert_eq!(*kept + *other, 2);
    drop(kept);
    assert_eq!(woken[1].times(), 0);
    drop(other);
    assert_eq!(woken[1].times(), 1);
    assert!(woken[1].poll(writer).is_ready());
}

#[test]
fn a_guard_is_narrowed_and_holds_the_lock() {
    let lock = RwLock::new((1, "two"));
    let guard = lock.try_write().unwrap();
    let Err(guard) = RwLockWriteGuard::try_map(guard, |_| None::<&mut u8>) else {
        panic!("no such part")
    };
    let guard = RwLockWriteGuard::into_mapped(guard);
    let Err(guard) = RwLockMappedWriteGuard::try_map(guard, |_| None::<&mut u8>) else {
        panic!("no such part")
    };
    let guard = RwLockMappedWriteGuard::map(guard, |pair| &mut pair.0);
    let mut guard = RwLockMappedWriteGuard::try_map(guard, |part| Some(part))
        .ok()
        .unwrap();
    *guard += 1;
    assert_eq!(format!("{guard:?} {guard}"), "2 2");
    assert!(lock.try_read().is_err());
    drop(guard);

    let guard = RwLockWriteGuard::map(lock.try_write().unwrap(), |pair| &mut pair.1);
    assert_eq!(*guard, "two");
    drop(guard);
    assert!(RwLockWriteGuard::try_map(lock.try_write().unwrap(), |it| Some(&mut it.0)).is_ok());

    let guard = RwLockWriteGuard::downgrade_map(lock.try_write().unwrap(), |pair| &pair.0);
    assert_eq!(*guard, lock.try_read().unwrap().0);
    drop(guard);
    let guard = lock.try_write().unwrap();
    let Err(guard) = RwLockWriteGuard::try_downgrade_map(guard, |_| None::<&u8>) else {
        panic!("no such part")
    };
    assert!(lock.try_read().is_err(), "not downgraded");
    let guard = RwLockWriteGuard::try_downgrade_map(guard, |pair| Some(&pair.1));
    let guard = guard.ok().unwrap();
    let Err(guard) = RwLockReadGuard::try_map(guard, |_| None::<&u8>) else {
        panic!("no such part")
    };
    let guard = RwLockReadGuard::map(guard, |text| &text[..1]);
    let guard = RwLockReadGuard::try_map(guard, |part| Some(part))
        .ok()
        .unwrap();
    assert_eq!(format!("{guard:?} {guard}"), "\"t\" t");
    assert!(lock.try_write().is_err());
    drop(guard);
    assert!(lock.try_write().is_ok());
}

#[test]
fn an_owned_guard_keeps_its_lock_alive() {
    let lock = Arc::new(RwLock::new(vec![1, 2]));
    let guard = Arc::clone(&lock).try_write_owned().unwrap();
    assert!(Arc::ptr_eq(OwnedRwLockWriteGuard::rwlock(&guard), &lock));
    let Err(guard) = OwnedRwLockWriteGuard::try_map(guard, |_| None::<&mut u8>) else {
        panic!("no such part")
    };
    let guard = OwnedRwLockWriteGuard::into_mapped(guard);
    let Err(guard) = OwnedRwLockMappedWriteGuard::try_map(guard, |_| None::<&mut u8>) else {
        panic!("no such part")
    };
    let guard = OwnedRwLockMappedWriteGuard::map(guard, |list| list.as_mut_slice());
    let guard = OwnedRwLockMappedWriteGuard::try_map(guard, |list| list.first_mut());
    let mut guard = guard.ok().unwrap();
    *guard = 5;
    assert_eq!(format!("{guard:?} {guard}"), "5 5");
    assert!(Arc::ptr_eq(
        OwnedRwLockMappedWriteGuard::rwlock(&guard),
        &lock
    ));
    assert!(lock.try_read().is_err());
    drop(guard);
    assert_eq!(Arc::strong_count(&lock), 1);
}

#[test]
fn an_owned_guard_is_downgraded() {
    let lock = Arc::new(RwLock::new((1, 2)));
    let write = || Arc::clone(&lock).try_write_owned().unwrap();
    assert_eq!(*write().downgrade(), (1, 2));
    let guard = OwnedRwLockWriteGuard::downgrade_map(write(), |pair| &pair.1);
    assert_eq!(*guard + lock.try_read().unwrap().0, 3);
    drop(guard);
    let Err(guard) = OwnedRwLockWriteGuard::try_downgrade_map(write(), |_| None::<&u8>) else {
        panic!("no such part")
    };
    let guard = OwnedRwLockWriteGuard::try_downgrade_map(guard, |pair| Some(pair));
    let guard = guard.ok().unwrap();
    let Err(guard) = OwnedRwLockReadGuard::try_map(guard, |_| None::<&u8>) else {
        panic!("no such part")
    };
    let guard = OwnedRwLockReadGuard::map(guard, |pair| &pair.0);
    let guard = OwnedRwLockReadGuard::try_map(guard, |part| Some(part))
        .ok()
        .unwrap();
    assert!(Arc::ptr_eq(OwnedRwLockReadGuard::rwlock(&guard), &lock));
    assert_eq!(format!("{guard:?} {guard}"), "1 1");
    assert!(Arc::clone(&lock).try_write_owned().is_err());
    assert!(Arc::clone(&lock).try_read_owned().is_ok());
    drop(guard);
    assert_eq!(Arc::strong_count(&lock), 1);
    assert!(lock.try_write().is_ok());
}

#[test]
fn an_unsized_value_can_be_locked() {
    let lock: Arc<RwLock<[u8]>> = Arc::new(RwLock::new([1, 2, 3]));
    lock.blocking_write()[0] = 9;
    assert_eq!(lock.blocking_read().len(), 3);
    assert_eq!(format!("{lock:?}"), "RwLock { data: [9, 2, 3] }");
    let held = lock.try_write().unwrap();
    assert_eq!(format!("{lock:?}"), "RwLock { data: <locked> }");
    assert_eq!(format!("{held:?}"), "[9, 2, 3]");
}

#[test]
fn the_value_comes_out() {
    let mut lock = RwLock::from(1);
    *lock.get_mut() += 1;
    assert_eq!(lock.into_inner(), 2);
    assert_eq!(RwLock::<u8>::default().into_inner(), 0);
}

#[test]
fn a_number_of_readers_that_cannot_be_is_refused() {
    for readers in [0, u32::MAX / 8 + 1] {
        assert!(catch_unwind(|| RwLock::with_max_readers((), readers)).is_err());
    }
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Read,
    Write,
    Poll(usize),
    Cancel(usize),
    Unlock(usize),
    Downgrade,
    TryRead,
    TryWrite,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Read),
        2 => Just(Op::Write),
        9 => (0..10_usize).prop_map(Op::Poll),
        2 => (0..10_usize).prop_map(Op::Cancel),
        5 => (0..4_usize).prop_map(Op::Unlock),
        1 => Just(Op::Downgrade),
        2 => Just(Op::TryRead),
        2 => Just(Op::TryWrite),
    ]
}

enum Guard {
    Reads(OwnedRwLockReadGuard<u32>),
    Writes(OwnedRwLockWriteGuard<u32>),
}

type Locking = Pin<Box<dyn Future<Output = Guard>>>;

/// The most readers, in the model's lock.
const READERS: usize = 3;

/// The lock beside its model: who waits, oldest first, and with how many permits.
struct Pair {
    lock: Arc<RwLock<u32>>,
    futures: Vec<Option<(bool, Locking)>>,
    guards: Vec<Guard>,
    woken: Woken,
    queue: Vec<(usize, bool)>,
}

impl Pair {
    fn begin(&mut self, writes: bool) {
        let lock = Arc::clone(&self.lock);
        let future: Locking = if writes {
            Box::pin(async { Guard::Writes(lock.write_owned().await) })
        } else {
            Box::pin(async { Guard::Reads(lock.read_owned().await) })
        };
        self.futures.push(Some((writes, future)));
    }

    /// Whether one more could come in beside the guards that are out and those `ahead` of it in
    /// the queue, who have their turn first.
    fn has_turn(&self, writes: bool, ahead: &[(usize, bool)]) -> bool {
        let writers = self
            .guards
            .iter()
            .filter(|it| matches!(it, Guard::Writes(_)))
            .count()
            + ahead.iter().filter(|(_, writes)| *writes).count();
        let all = self.guards.len() + ahead.len();
        if writes {
            all == 0
        } else {
            writers == 0 && all < READERS
        }
    }

    fn poll(&mut self, index: usize) -> Result<(), TestCaseError> {
        let Some(Some((writes, future))) = self.futures.get_mut(index) else {
            return Ok(());
        };
        let writes = *writes;
        let polled = self.woken.poll(future.as_mut());
        let at = self.queue.iter().position(|it| it.0 == index);
        let ahead = &self.queue[..at.unwrap_or(self.queue.len())];
        prop_assert_eq!(
            polled.is_ready(),
            self.has_turn(writes, ahead),
            "future {}",
            index
        );
        match (polled, at) {
            (Poll::Ready(guard), _) => {
                self.guards.push(guard);
                self.forget(index);
            }
            (Poll::Pending, None) => self.queue.push((index, writes)),
            (Poll::Pending, Some(_)) => (),
        }
        Ok(())
    }

    fn forget(&mut self, index: usize) {
        if let Some(future) = self.futures.get_mut(index) {
            *future = None;
            self.queue.retain(|it| it.0 != index);
        }
    }

    fn downgrade(&mut self) {
        if let Some(Guard::Writes(_)) = self.guards.first() {
            let Some(Guard::Writes(guard)) = self.guards.pop() else {
                unreachable!("a writer is alone")
            };
            self.guards.push(Guard::Reads(guard.downgrade()));
        }
    }

    fn run(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Read => self.begin(false),
            Op::Write => self.begin(true),
            Op::Poll(index) => self.poll(index)?,
            Op::Cancel(index) => self.forget(index),
            Op::Unlock(index) if index < self.guards.len() => {
                match self.guards.swap_remove(index) {
                    Guard::Reads(guard) => prop_assert!(*guard < 100),
                    Guard::Writes(mut guard) => *guard += 1,
                }
            }
            Op::Unlock(_) => (),
            Op::Downgrade => self.downgrade(),
            Op::TryRead => {
                let expected = self.has_turn(false, &self.queue);
                prop_assert_eq!(self.lock.try_read().is_ok(), expected);
            }
            Op::TryWrite => {
                let expected = self.has_turn(true, &self.queue);
                prop_assert_eq!(self.lock.try_write().is_ok(), expected);
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn fault_079_rwlock_agrees_with_a_sequential_model(ops in prop::collection::vec(op(), 0..80)) {
        let mut pair = Pair {
            lock: Arc::new(RwLock::with_max_readers(0, READERS as u32)),
            futures: Vec::new(),
            guards: Vec::new(),
            woken: Woken::new(),
            queue: Vec::new(),
        };
        for op in ops {
            pair.run(op)?;
        }
        pair.guards.clear();
        pair.futures.clear();
        prop_assert!(pair.lock.try_write().is_ok());
        prop_assert_eq!(pair.woken.kept(), 0);
    }
}
