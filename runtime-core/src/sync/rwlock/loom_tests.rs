#![allow(unsafe_code, reason = "data that only the lock protects")]

use std::sync::Arc;

use ::loom::thread;

use super::RwLock;
use crate::loom::{UnsafeCell, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::poll_once;

type Lock = Arc<RwLock<UnsafeCell<usize>>>;

/// A model needs few readers: the permits are only counted.
fn lock() -> Lock {
    Arc::new(RwLock::with_max_readers(UnsafeCell::new(0), 2))
}

fn add(cell: &UnsafeCell<usize>) {
    // SAFETY: called by a writer; the model reports it if anyone else is in.
    cell.with_mut(|count| unsafe { *count += 1 });
}

fn look(cell: &UnsafeCell<usize>) -> usize {
    // SAFETY: called by a reader; the model reports it if a writer is in.
    cell.with(|count| unsafe { *count })
}

#[test]
fn loom_rwlock_readers_against_a_writer() {
    model(|| {
        let lock = lock();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || look(&block_on(lock.read_owned())))
            })
            .collect();
        add(&block_on(lock.write()));
        for it in threads {
            assert!(it.join().unwrap() <= 1);
        }
        assert_eq!(look(&lock.try_read().unwrap()), 1);
        assert!(lock.try_write().is_ok());
    });
}

#[test]
fn loom_rwlock_two_writers_exclude() {
    model(|| {
        let lock = lock();
        let other = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || add(&block_on(lock.write())))
        };
        add(&block_on(lock.write()));
        other.join().unwrap();
        assert_eq!(look(&lock.try_read().unwrap()), 2);
    });
}

#[test]
fn loom_rwlock_a_writer_waits_for_readers_that_leave() {
    model(|| {
        let lock = lock();
        let leaving: Vec<_> = (0..2)
            .map(|_| {
                let held = Arc::clone(&lock).try_read_owned().unwrap();
                thread::spawn(move || look(&held))
            })
            .collect();
        add(&block_on(lock.write()));
        for it in leaving {
            assert_eq!(it.join().unwrap(), 0);
        }
    });
}

/// Fault 80.
#[test]
fn loom_rwlock_a_cancelled_writer_lets_readers_in() {
    model(|| {
        let lock = lock();
        let held = Arc::clone(&lock).try_read_owned().unwrap();
        let mut writer = Box::pin(Arc::clone(&lock).write_owned());
        assert!(poll_once(writer.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(writer));
        let leaving = thread::spawn(move || drop(held));
        assert_eq!(look(&block_on(lock.read())), 0);
        cancelling.join().unwrap();
        leaving.join().unwrap();
        assert!(lock.try_write().is_ok(), "all permits are back");
    });
}

#[test]
fn loom_rwlock_downgrade_against_a_reader_and_a_writer() {
    model(|| {
        let lock = lock();
        let writing = Arc::clone(&lock).try_write_owned().unwrap();
        let reading = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || look(&block_on(lock.read())))
        };
        let other = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || add(&block_on(lock.write())))
        };
        add(&writing);
        let kept = writing.downgrade();
        assert_eq!(look(&kept), 1, "nobody wrote in between");
        drop(kept);
        assert!((1..=2).contains(&reading.join().unwrap()));
        other.join().unwrap();
        assert_eq!(look(&lock.try_read().unwrap()), 2);
    });
}

#[test]
fn loom_rwlock_a_cancelled_reader_lets_a_writer_in() {
    model(|| {
        let lock = lock();
        let held = Arc::clone(&lock).try_write_owned().unwrap();
        let mut reader = Box::pin(Arc::clone(&lock).read_owned());
        assert!(poll_once(reader.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(reader));
        let leaving = thread::spawn(move || {
            add(&held);
            drop(held);
        });
        add(&block_on(lock.write()));
        cancelling.join().unwrap();
        leaving.join().unwrap();
        let last = lock.try_write().expect("all permits are back");
        assert_eq!(look(&last), 2);
    });
}
