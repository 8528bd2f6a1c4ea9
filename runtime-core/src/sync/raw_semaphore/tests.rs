use std::pin::pin;
use std::task::Poll;

use super::{MAX_PERMITS, RawSemaphore, TryAcquireError};
use crate::sync::test_support::{Woken, poll_once};

#[test]
fn permits_go_to_the_oldest_waiter_first() {
    let semaphore = RawSemaphore::new(0);
    let woken = [Woken::new(), Woken::new(), Woken::new()];
    let mut first = pin!(semaphore.acquire(2));
    let mut second = pin!(semaphore.acquire(1));
    let mut third = pin!(semaphore.acquire(1));
    assert!(woken[0].poll(first.as_mut()).is_pending());
    assert!(woken[1].poll(second.as_mut()).is_pending());
    assert!(woken[2].poll(third.as_mut()).is_pending());
    semaphore.release(1);
    assert_eq!(semaphore.available(), 0, "the first has a part");
    assert_eq!(semaphore.try_acquire(1), Err(TryAcquireError::NoPermits));
    semaphore.release(2);
    assert_eq!(woken.each_ref().map(Woken::times), [1, 1, 0]);
    assert!(matches!(woken[0].poll(first), Poll::Ready(Ok(()))));
    assert!(matches!(woken[1].poll(second), Poll::Ready(Ok(()))));
    assert!(woken[2].poll(third).is_pending());
}

#[test]
fn a_cancelled_waiter_gives_its_part_to_the_next() {
    let semaphore = RawSemaphore::new(1);
    let mut second = pin!(semaphore.acquire(1));
    {
        let mut first = pin!(semaphore.acquire(2));
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
    }
    assert!(poll_once(second).is_ready());
    assert_eq!(semaphore.available(), 0);
}

#[test]
fn a_changed_waker_replaces_the_old_one() {
    let semaphore = RawSemaphore::new(0);
    let (old, new) = (Woken::new(), Woken::new());
    let mut waiting = pin!(semaphore.acquire(1));
    assert!(old.poll(waiting.as_mut()).is_pending());
    assert!(new.poll(waiting.as_mut()).is_pending());
    assert_eq!((old.kept(), new.kept()), (0, 1));
    semaphore.release(1);
    assert_eq!((old.times(), new.times(), new.kept()), (0, 1, 0));
}

#[test]
fn close_refuses_waiters_and_newcomers() {
    let semaphore = RawSemaphore::new(1);
    let woken: Vec<Woken> = (0..100).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(semaphore.acquire(2))).collect();
    for (woken, waiting) in woken.iter().zip(&mut waiting) {
        assert!(woken.poll(waiting.as_mut()).is_pending());
    }
    semaphore.close();
    for (woken, waiting) in woken.iter().zip(&mut waiting) {
        assert_eq!(woken.times(), 1);
        assert!(matches!(woken.poll(waiting.as_mut()), Poll::Ready(Err(_))));
    }
    assert_eq!(semaphore.try_acquire(1), Err(TryAcquireError::Closed));
    assert_eq!(semaphore.available(), 1, "the part that one had is back");
    assert!(semaphore.is_closed_with(1));
}

#[test]
fn permits_given_back_at_once_reach_all_who_wait() {
    let semaphore = RawSemaphore::new(0);
    let woken: Vec<Woken> = (0..100).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(semaphore.acquire(1))).collect();
    for (woken, waiting) in woken.iter().zip(&mut waiting) {
        assert!(woken.poll(waiting.as_mut()).is_pending());
    }
    semaphore.release(101);
    for (woken, waiting) in woken.iter().zip(&mut waiting) {
        assert_eq!(woken.times(), 1);
        assert!(matches!(woken.poll(waiting.as_mut()), Poll::Ready(Ok(()))));
    }
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn forget_takes_what_is_there() {
    let semaphore = RawSemaphore::new(3);
    assert_eq!(
        (
            semaphore.forget(2),
            semaphore.forget(2),
            semaphore.forget(1)
        ),
        (2, 1, 0)
    );
}

#[test]
#[should_panic(expected = "more than MAX_PERMITS")]
fn too_many_permits_are_refused() {
    let semaphore = RawSemaphore::new(MAX_PERMITS);
    semaphore.release(1);
}

#[test]
fn a_budget_that_is_spent_makes_an_acquire_wait_and_wake_itself() {
    let semaphore = RawSemaphore::new(usize::from(crate::coop::BUDGET) + 1);
    let woken = Woken::new();
    let _budget = crate::coop::budget();
    for _ in 0..crate::coop::BUDGET {
        assert!(woken.poll(pin!(semaphore.acquire(1))).is_ready());
    }
    assert!(woken.poll(pin!(semaphore.acquire(1))).is_pending());
    assert_eq!((woken.times(), semaphore.available()), (1, 1));
}

#[test]
fn fault_025_a_task_without_budget_keeps_its_place_in_the_queue() {
    let semaphore = RawSemaphore::new(0);
    let (poor, rich) = (Woken::new(), Woken::new());
    let mut first = pin!(semaphore.acquire(1));
    {
        let _budget = crate::coop::budget();
        while crate::coop::has_budget_remaining() {
            assert!(poll_once(pin!(semaphore.acquire(0))).is_ready());
        }
        assert!(poor.poll(first.as_mut()).is_pending());
    }
    let mut second = pin!(semaphore.acquire(1));
    assert!(rich.poll(second.as_mut()).is_pending());
    semaphore.release(1);
    assert_eq!((poor.times(), rich.times()), (1, 0));
    assert!(poor.poll(first).is_ready());
}
