use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::error::{RecvError, TryRecvError};
use super::{Sender, channel};
use crate::sync::test_support::{Woken, poll_once};

/// A ring's every size and overflow: what is missed is counted exactly, and the rest comes in turn.
#[test]
fn fault_083_a_lag_is_exact_at_every_wrap() {
    for capacity in 1..=17_usize {
        let room = capacity.next_power_of_two();
        for sent in 0..=3 * room + 1 {
            let (sender, mut receiver) = channel(capacity);
            for value in 0..sent {
                assert_eq!(sender.send(value).unwrap(), 1);
            }
            let missed = sent.saturating_sub(room);
            if missed > 0 {
                let lagged = Err(TryRecvError::Lagged(missed as u64));
                assert_eq!(receiver.try_recv(), lagged, "{sent} in {capacity}");
            }
            for value in missed..sent {
                assert_eq!(receiver.try_recv(), Ok(value), "{sent} in {capacity}");
            }
            assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        }
    }
}

#[test]
fn every_receiver_gets_every_value_from_when_it_came_on() {
    let (sender, mut first) = channel(4);
    assert_eq!(sender.send(1).unwrap(), 1);
    let mut second = sender.subscribe();
    assert_eq!(sender.send(2).unwrap(), 2);
    let mut third = first.resubscribe();
    assert_eq!(sender.send(3).unwrap(), 3);
    assert_eq!((first.len(), second.len(), third.len()), (3, 2, 1));
    assert_eq!(
        std::array::from_fn(|_| first.try_recv().unwrap()),
        [1, 2, 3]
    );
    assert_eq!(std::array::from_fn(|_| second.try_recv().unwrap()), [2, 3]);
    assert_eq!(third.try_recv(), Ok(3));
    assert_eq!(third.try_recv(), Err(TryRecvError::Empty));
    assert!(first.is_empty() && sender.is_empty());
}

#[test]
fn a_send_wakes_each_that_waits_once() {
    let (sender, receiver) = channel(4);
    let mut receivers: Vec<_> = (0..100).map(|_| receiver.resubscribe()).collect();
    let woken: Vec<Woken> = (0..100).map(|_| Woken::new()).collect();
    let mut waiting: Vec<_> = receivers.iter_mut().map(|it| Box::pin(it.recv())).collect();
    for (future, woken) in waiting.iter_mut().zip(&woken) {
        assert!(woken.poll(future.as_mut()).is_pending());
    }
    assert_eq!(sender.send(1).unwrap(), 101);
    sender.send(2).unwrap();
    for (future, woken) in waiting.iter_mut().zip(&woken) {
        assert_eq!((woken.times(), woken.kept()), (1, 0));
        assert_eq!(woken.poll(future.as_mut()), Poll::Ready(Ok(1)));
    }
    drop(waiting);
    drop(receiver);
    assert_eq!(sender.len(), 1);
    assert!(receivers.iter_mut().all(|it| it.try_recv() == Ok(2)));
    assert_eq!(sender.len(), 0);
}

#[test]
fn a_slow_receiver_is_told_how_much_it_missed() {
    let (sender, mut receiver) = channel(3);
    for value in 0..4 {
        sender.send(value).unwrap();
    }
    assert_eq!(receiver.try_recv(), Ok(0), "3 is rounded up to 4");
    for value in 4..11 {
        sender.send(value).unwrap();
    }
    assert_eq!((receiver.len(), sender.len()), (10, 4));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Lagged(6)));
    assert_eq!(receiver.len(), 4);
    sender.send(11).unwrap();
    let Poll::Ready(lagged) = poll_once(pin!(receiver.recv())) else {
        panic!("it is told at once")
    };
    assert_eq!(lagged, Err(RecvError::Lagged(1)));
    drop(sender);
    assert!(receiver.is_closed());
    assert_eq!(
        std::array::from_fn(|_| receiver.try_recv().unwrap()),
        [8, 9, 10, 11]
    );
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn values_are_dropped_when_the_last_receiver_has_passed_them() {
    let token = Arc::new(());
    let left = || Arc::strong_count(&token) - 1;
    let (sender, mut first) = channel(2);
    let mut second = sender.subscribe();
    sender.send(Arc::clone(&token)).unwrap();
    sender.send(Arc::clone(&token)).unwrap();
    drop(first.try_recv());
    assert_eq!(left(), 2);
    drop(second.try_recv());
    assert_eq!(left(), 1, "both have it");
    drop(second);
    assert_eq!(left(), 1);
    sender.send(Arc::clone(&token)).unwrap();
    sender.send(Arc::clone(&token)).unwrap();
    assert_eq!(left(), 2, "one was overwritten");
    drop(first);
    assert_eq!((left(), sender.len()), (0, 0));
    assert!(sender.send(Arc::clone(&token)).is_err());
    assert_eq!(left(), 0);
}

/// A value that panics when it is cloned or dropped.
struct Mine {
    clone: bool,
    drop: bool,
    token: Arc<()>,
}

impl Clone for Mine {
    fn clone(&self) -> Mine {
        assert!(!self.clone, "a clone's panic");
        Mine {
            clone: false,
            drop: false,
            token: Arc::clone(&self.token),
        }
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        assert!(!self.drop, "a destructor's panic");
    }
}

#[test]
fn a_clone_that_panics_passes_its_value() {
    let token = Arc::new(());
    let mine = |clone| Mine {
        clone,
        drop: false,
        token: Arc::clone(&token),
    };
    let (sender, mut receiver) = channel(2);
    assert!(sender.send(mine(true)).is_ok() && sender.send(mine(false)).is_ok());
    assert!(catch_unwind(AssertUnwindSafe(|| receiver.try_recv().is_ok())).is_err());
    assert_eq!(Arc::strong_count(&token), 2);
    assert!(receiver.try_recv().is_ok());
    assert_eq!((Arc::strong_count(&token), sender.len()), (1, 0));
}

#[test]
fn a_destructor_that_panics_stops_neither_the_others_nor_the_end() {
    let token = Arc::new(());
    let mine = |drop| Mine {
        clone: false,
        drop,
        token: Arc::clone(&token),
    };
    let (sender, receiver) = channel(4);
    for drop in [false, true, false, true] {
        assert!(sender.send(mine(drop)).is_ok());
    }
    let woken = Woken::new();
    let mut closed = pin!(sender.closed());
    assert!(woken.poll(closed.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    assert_eq!((Arc::strong_count(&token), sender.len()), (1, 0));
    assert_eq!(woken.times(), 1);
    assert!(woken.poll(closed).is_ready());
}

#[test]
fn a_dropped_recv_misses_nothing() {
    let (sender, mut receiver) = channel(2);
    let woken = Woken::new();
    {
        let mut dropped = pin!(receiver.recv());
        assert!(woken.poll(dropped.as_mut()).is_pending());
        sender.send(1).unwrap();
        assert_eq!(woken.times(), 1);
    }
    assert!(woken.poll(pin!(receiver.recv())).is_ready());
    assert!(woken.poll(pin!(receiver.recv())).is_pending());
    assert_eq!((woken.times(), woken.kept()), (1, 0));
    sender.send(2).unwrap();
    assert_eq!(woken.times(), 1, "it waits no more");
}

#[test]
fn the_last_sender_ends_it_and_a_weak_one_does_not_keep_it() {
    let (sender, mut receiver) = channel::<u8>(1);
    let weak = sender.downgrade();
    let other = weak.upgrade().unwrap();
    assert_eq!((sender.strong_count(), weak.clone().weak_count()), (2, 2));
    assert_eq!(
        (receiver.sender_strong_count(), receiver.sender_weak_count()),
        (2, 1)
    );
    assert!(sender.same_channel(&other));
    let woken = Woken::new();
    {
        let mut waiting = pin!(receiver.recv());
        assert!(woken.poll(waiting.as_mut()).is_pending());
        drop(sender);
        assert_eq!(woken.times(), 0);
        drop(other);
        assert_eq!(woken.times(), 1);
        assert_eq!(woken.poll(waiting), Poll::Ready(Err(RecvError::Closed)));
    }
    assert!(weak.upgrade().is_none());
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 1));
    assert_eq!(receiver.resubscribe().try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn closed_waits_for_all_receivers() {
    let sender = Sender::<u8>::new(1);
    assert!(poll_once(pin!(sender.closed())).is_ready(), "none has come");
    let (first, second) = (sender.subscribe(), sender.subscribe());
    assert!(first.same_channel(&second));
    let woken = Woken::new();
    let mut closed = pin!(sender.closed());
    assert!(woken.poll(closed.as_mut()).is_pending());
    drop(first);
    assert_eq!((woken.times(), sender.receiver_count()), (0, 1));
    drop(second);
    assert_eq!((woken.times(), sender.receiver_count()), (1, 0));
    assert!(woken.poll(closed).is_ready());
}

#[test]
fn a_thread_can_wait_for_a_value() {
    let (sender, mut receiver) = channel(1);
    let waiting = std::thread::spawn(move || (receiver.blocking_recv(), receiver.blocking_recv()));
    sender.send(1).unwrap();
    drop(sender);
    assert_eq!(waiting.join().unwrap(), (Ok(1), Err(RecvError::Closed)));
}

#[test]
#[should_panic(expected = "room for at least one value")]
fn no_room_is_refused() {
    let _ = channel::<u8>(0);
}

#[test]
fn errors_say_what_happened() {
    assert_eq!(RecvError::Lagged(3).to_string(), "channel lagged by 3");
    assert_eq!(RecvError::Closed.to_string(), "channel closed");
    assert_eq!(TryRecvError::Empty.to_string(), "channel empty");
    assert_eq!(TryRecvError::Closed.to_string(), "channel closed");
    assert_eq!(TryRecvError::Lagged(3).to_string(), "channel lagged by 3");
    let error = Sender::new(1).send(2).unwrap_err();
    assert_eq!(
        (format!("{error}"), format!("{error:?}")),
        ("channel closed".into(), "SendError(2)".into())
    );
}
