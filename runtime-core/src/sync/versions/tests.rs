use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use super::{SHARDS, Versions};
use crate::sync::test_support::{Woken, poll_once};

#[test]
fn who_has_seen_less_does_not_wait() {
    let versions = Versions::new(3);
    assert!(poll_once(pin!(versions.change(0, 2))).is_ready());
    assert!(poll_once(pin!(versions.change(0, 3))).is_pending());
    versions.raise().wake();
    assert_eq!(versions.look().version(), 4);
    assert!(poll_once(pin!(versions.change(0, 3))).is_ready());
    versions.close().wake();
    assert_eq!(
        (versions.look().version(), versions.look().is_closed()),
        (4, true)
    );
    assert!(poll_once(pin!(versions.change(0, 4))).is_ready());
}

#[test]
fn a_raise_wakes_each_waiter_of_each_shard_once() {
    let versions = Versions::new(0);
    let woken: Vec<Woken> = (0..200).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = (0..200)
        .map(|_| Box::pin(versions.change(versions.assign_shard(), 0)))
        .collect();
    for (future, woken) in waiting.iter_mut().zip(&woken) {
        assert!(woken.poll(future.as_mut()).is_pending());
        assert!(woken.poll(future.as_mut()).is_pending());
        assert_eq!(woken.kept(), 1);
    }
    versions.raise().wake();
    versions.raise().wake();
    for (future, woken) in waiting.iter_mut().zip(&woken) {
        assert_eq!((woken.times(), woken.kept()), (1, 0));
        assert!(woken.poll(future.as_mut()).is_ready());
    }
    assert_eq!(versions.raise().bits, 0, "nobody waits in any shard");
}

#[test]
fn only_the_last_waker_is_woken() {
    let versions = Versions::new(0);
    let (old, new) = (Woken::new(), Woken::new());
    let mut waiting = pin!(versions.change(0, 0));
    assert!(old.poll(waiting.as_mut()).is_pending());
    assert!(new.poll(waiting.as_mut()).is_pending());
    assert_eq!((old.kept(), new.kept()), (0, 1));
    versions.raise().wake();
    assert_eq!((old.times(), new.times()), (0, 1));
}

#[test]
fn a_dropped_waiter_leaves_nothing_behind() {
    let versions = Versions::new(0);
    let woken = Woken::new();
    for shard in 0..SHARDS {
        assert!(woken.poll(pin!(versions.change(shard, 0))).is_pending());
    }
    assert_eq!(woken.kept(), 0);
    let raised = versions.raise();
    assert_eq!(raised.bits, 0);
    raised.wake();
    assert_eq!(woken.times(), 0);
}

#[test]
fn who_queues_anew_while_others_are_woken_is_not_woken_for_the_old_version() {
    let versions = Versions::new(0);
    let (first, second) = (Woken::new(), Woken::new());
    let mut before = pin!(versions.change(0, 0));
    assert!(first.poll(before.as_mut()).is_pending());
    let raised = versions.raise();
    let mut after = pin!(versions.change(0, 1));
    assert!(second.poll(after.as_mut()).is_pending());
    raised.wake();
    assert_eq!((first.times(), second.times()), (1, 0));
    assert!(second.poll(after.as_mut()).is_pending());
    versions.close().wake();
    assert_eq!((first.times(), second.times()), (1, 1));
    assert!(second.poll(after).is_ready());
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a waker's panic");
    }
}

#[test]
fn fault_011_a_panicking_waker_keeps_no_waiter_asleep() {
    let versions = Versions::new(0);
    let bomb = Waker::from(Arc::new(Bomb));
    let woken: Vec<Woken> = (0..300).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = (0..300)
        .map(|index| Box::pin(versions.change(index % SHARDS, 0)))
        .collect();
    for (index, future) in waiting.iter_mut().enumerate() {
        let waker = if index % 50 == 7 {
            &bomb
        } else {
            &woken[index].waker
        };
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(waker))
                .is_pending()
        );
    }
    assert!(catch_unwind(AssertUnwindSafe(|| versions.raise().wake())).is_err());
    for (index, woken) in woken.iter().enumerate() {
        assert_eq!(
            woken.times(),
            usize::from(index % 50 != 7),
            "waiter {index}"
        );
    }
}
