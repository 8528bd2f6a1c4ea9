use std::sync::Arc;

use ::loom::thread;

use super::Semaphore;
use crate::loom::model;
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::poll_once;

/// Fault 81.
#[test]
fn loom_semaphore_close_against_acquire_many() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let closing = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.close())
        };
        let adding = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.add_permits(1))
        };
        // Granted or refused, and never asleep for good; either way all permits come back.
        drop(block_on(semaphore.acquire_many(2)));
        closing.join().unwrap();
        adding.join().unwrap();
        assert_eq!(semaphore.available_permits(), 2);
    });
}

/// Fault 80.
#[test]
fn loom_semaphore_cancelled_acquire_many_passes_its_part_on() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let mut many = Box::pin(Arc::clone(&semaphore).acquire_many_owned(3));
        assert!(poll_once(many.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(many));
        let adding = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.add_permits(1))
        };
        let permit = block_on(semaphore.acquire_many(2)).unwrap();
        cancelling.join().unwrap();
        adding.join().unwrap();
        assert_eq!(semaphore.available_permits(), 0);
        drop(permit);
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn loom_semaphore_forget_against_a_waiter() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let forgetting = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.forget_permits(1))
        };
        // One is too few, so it queues: the one permit goes to its part or is forgotten.
        let mut waiting = Box::pin(semaphore.acquire_many(2));
        assert!(poll_once(waiting.as_mut()).is_pending());
        let forgotten = forgetting.join().unwrap();
        assert_eq!(semaphore.available_permits(), 0);
        semaphore.add_permits(1 + forgotten);
        block_on(waiting).unwrap().forget();
        assert_eq!(semaphore.available_permits(), 0);
    });
}
