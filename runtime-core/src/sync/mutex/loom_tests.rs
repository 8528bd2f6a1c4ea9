//! Models of the parent's protocol.
#![allow(unsafe_code, reason = "data that only the protocol protects")]

use std::panic::resume_unwind;
use std::sync::Arc;

use ::loom::thread;

use super::Mutex;
use crate::loom::{UnsafeCell, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::{poll_once, wait_and};
use crate::util::foreign;

fn add(cell: &UnsafeCell<usize>) {
    // SAFETY: called with the lock held; the model reports it if two do so at once.
    cell.with_mut(|count| unsafe { *count += 1 });
}

#[test]
fn loom_mutex_excludes() {
    model(|| {
        let mutex = Arc::new(Mutex::new(UnsafeCell::new(0)));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let mutex = Arc::clone(&mutex);
                thread::spawn(move || add(&block_on(mutex.lock_owned())))
            })
            .collect();
        add(&block_on(mutex.lock()));
        for it in threads {
            it.join().unwrap();
        }
        let guard = mutex.try_lock().unwrap();
        // SAFETY: the lock is held.
        assert_eq!(guard.with(|count| unsafe { *count }), 3);
    });
}

/// Fault 80.
#[test]
fn loom_mutex_cancelled_waiter_hands_over() {
    model(|| {
        let mutex = Arc::new(Mutex::new(UnsafeCell::new(0)));
        let held = Arc::clone(&mutex).try_lock_owned().unwrap();
        let mut waiting = Box::pin(Arc::clone(&mutex).lock_owned());
        assert!(poll_once(waiting.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(waiting));
        let releasing = thread::spawn(move || {
            add(&held);
            drop(held);
        });
        add(&block_on(mutex.lock()));
        cancelling.join().unwrap();
        releasing.join().unwrap();
        assert!(mutex.try_lock().is_ok());
    });
}

/// Who holds the lock panics: the one that waits gets it, with what was done to the value.
#[test]
fn loom_mutex_a_panic_hands_over() {
    model(|| {
        let mutex = Arc::new(Mutex::new(UnsafeCell::new(0)));
        let held = Arc::clone(&mutex).try_lock_owned().unwrap();
        let begin = || {
            thread::spawn(move || {
                let outcome = foreign::call(move || {
                    add(&held);
                    resume_unwind(Box::new("a holder's panic"))
                });
                outcome.is_err()
            })
        };
        let (guard, panicking) = wait_and(mutex.lock(), begin);
        add(&guard);
        // SAFETY: the lock is held.
        assert_eq!(guard.with(|count| unsafe { *count }), 2);
        assert!(panicking.join().unwrap());
        drop(guard);
        assert!(mutex.try_lock().is_ok());
    });
}
