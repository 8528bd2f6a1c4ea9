use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::error::{SendError, TryRecvError, TrySendError};
use super::{channel, unbounded_channel};
use crate::sync::test_support::{Woken, poll_once};

#[test]
fn values_arrive_in_order_over_many_blocks() {
    let (tx, mut rx) = unbounded_channel();
    for round in 0..5 {
        for value in 0..100 {
            tx.send((round, value)).unwrap();
        }
        assert_eq!(rx.len(), 100);
        for value in 0..100 {
            assert_eq!(rx.try_recv(), Ok((round, value)));
        }
        assert!(rx.is_empty());
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    }
    drop(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!((rx.len(), rx.is_closed()), (0, true));
}

#[test]
fn a_send_wakes_the_receiver_once() {
    let (tx, mut rx) = channel(4);
    let (old, new) = (Woken::new(), Woken::new());
    assert!(old.poll(pin!(rx.recv())).is_pending());
    assert!(new.poll(pin!(rx.recv())).is_pending());
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert_eq!((old.times(), new.times()), (0, 1));
    assert_eq!(new.poll(pin!(rx.recv())), Poll::Ready(Some(1)));
    assert_eq!((old.kept(), new.kept()), (0, 0));
}

#[test]
fn the_last_sender_wakes_the_receiver() {
    let (tx, mut rx) = channel::<u8>(1);
    let other = tx.clone();
    let woken = Woken::new();
    assert!(woken.poll(pin!(rx.recv())).is_pending());
    drop(tx);
    assert_eq!(woken.times(), 0);
    drop(other);
    assert_eq!(woken.times(), 1);
    assert_eq!(woken.poll(pin!(rx.recv())), Poll::Ready(None));
    assert_eq!(woken.poll(pin!(rx.recv())), Poll::Ready(None));
}

#[test]
fn fault_084_room_goes_to_the_sender_that_waited_longest() {
    let (tx, mut rx) = channel(1);
    tx.try_send(0).unwrap();
    let (first, second) = (Woken::new(), Woken::new());
    let mut one = pin!(tx.send(1));
    let mut two = pin!(tx.send(2));
    assert!(first.poll(one.as_mut()).is_pending());
    assert!(second.poll(two.as_mut()).is_pending());
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!((first.times(), second.times()), (1, 0));
    assert_eq!(
        tx.try_send(3),
        Err(TrySendError::Full(3)),
        "nobody overtakes"
    );
    assert!(second.poll(two.as_mut()).is_pending());
    assert!(first.poll(one).is_ready());
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(second.poll(two).is_ready());
}

#[test]
fn fault_080_room_granted_to_a_cancelled_sender_goes_on() {
    let (tx, mut rx) = channel(1);
    tx.try_send(0).unwrap();
    let next = Woken::new();
    let mut two = pin!(tx.reserve());
    {
        let mut one = pin!(tx.reserve());
        assert!(poll_once(one.as_mut()).is_pending());
        assert!(next.poll(two.as_mut()).is_pending());
        assert_eq!(rx.try_recv(), Ok(0));
    }
    assert_eq!(next.times(), 1);
    let Poll::Ready(Ok(permit)) = next.poll(two) else {
        panic!("passed on")
    };
    permit.send(1);
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn fault_081_close_refuses_waiters_and_keeps_what_was_under_way() {
    let (tx, mut rx) = channel(3);
    tx.try_send(1).unwrap();
    let permit = tx.try_reserve().unwrap();
    let unused = tx.clone().try_reserve_owned().unwrap();
    let woken = Woken::new();
    let mut waiting = pin!(tx.send(9));
    assert!(woken.poll(waiting.as_mut()).is_pending());
    let gone = Woken::new();
    let mut closed = pin!(tx.closed());
    assert!(gone.poll(closed.as_mut()).is_pending());
    rx.close();
    assert!(rx.is_closed() && tx.is_closed());
    assert_eq!((woken.times(), gone.times()), (1, 1));
    assert_eq!(woken.poll(waiting), Poll::Ready(Err(SendError(9))));
    assert!(gone.poll(closed).is_ready());
    assert_eq!(tx.try_send(8), Err(TrySendError::Closed(8)));
    assert_eq!(rx.try_recv(), Ok(1));
    let reader = Woken::new();
    assert!(
        reader.poll(pin!(rx.recv())).is_pending(),
        "two permits are out"
    );
    permit.send(2);
    assert_eq!(reader.poll(pin!(rx.recv())), Poll::Ready(Some(2)));
    assert!(reader.poll(pin!(rx.recv())).is_pending());
    drop(unused);
    assert_eq!(reader.times(), 2);
    assert_eq!(reader.poll(pin!(rx.recv())), Poll::Ready(None));
}

#[test]
fn closing_an_empty_channel_ends_it() {
    let (tx, mut rx) = channel::<u8>(1);
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    drop(tx);
    let (tx, mut rx) = unbounded_channel();
    tx.send(1).unwrap();
    rx.close();
    assert_eq!(tx.send(2), Err(SendError(2)));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn permits_count_as_used_room() {
    let (tx, mut rx) = channel(4);
    assert_eq!((tx.capacity(), tx.max_capacity()), (4, 4));
    let mut permits = tx.try_reserve_many(3).unwrap();
    assert_eq!((tx.capacity(), permits.len()), (1, 3));
    permits.next().unwrap().send(1);
    drop(permits.next());
    assert_eq!((rx.capacity(), rx.len()), (2, 1));
    drop(permits);
    assert_eq!(rx.capacity(), 3);
    assert!(matches!(
        tx.try_reserve_many(4),
        Err(TrySendError::Full(()))
    ));
    assert!(matches!(
        poll_once(pin!(tx.reserve_many(5))),
        Poll::Ready(Err(SendError(())))
    ));
    assert!(matches!(
        poll_once(pin!(tx.reserve_many(0))),
        Poll::Ready(Ok(_))
    ));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!((rx.capacity(), rx.max_capacity()), (4, 4));
    assert!(matches!(
        poll_once(pin!(tx.reserve_many(4))),
        Poll::Ready(Ok(permits)) if permits.len() == 4
    ));
}

#[test]
fn an_owned_permit_carries_its_sender() {
    let (tx, mut rx) = channel(1);
    let Poll::Ready(Ok(permit)) = poll_once(pin!(tx.clone().reserve_owned())) else {
        panic!("there is room")
    };
    assert!(permit.same_channel_as_sender(&tx));
    assert!(permit.same_channel(&permit));
    let Err(TrySendError::Full(tx)) = tx.try_reserve_owned() else {
        panic!("no room")
    };
    let sender = permit.send(5);
    assert!(sender.same_channel(&tx));
    assert_eq!(rx.try_recv(), Ok(5));
    let sender = sender.try_reserve_owned().unwrap().release();
    assert_eq!(sender.capacity(), 1);
    drop(tx);
    drop(sender.try_reserve_owned().unwrap());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn a_weak_sender_does_not_keep_the_channel_open() {
    let (tx, mut rx) = channel::<u8>(1);
    let weak = tx.downgrade();
    let other = weak.clone();
    assert_eq!((tx.strong_count(), tx.weak_count()), (1, 2));
    let strong = weak.upgrade().unwrap();
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (2, 2));
    drop((tx, other, strong));
    assert!(weak.upgrade().is_none());
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn recv_many_takes_what_is_there_up_to_the_limit() {
    let (tx, mut rx) = channel(10);
    for value in 0..5 {
        tx.try_send(value).unwrap();
    }
    let mut got = vec![9];
    assert_eq!(poll_once(pin!(rx.recv_many(&mut got, 0))), Poll::Ready(0));
    assert_eq!(poll_once(pin!(rx.recv_many(&mut got, 3))), Poll::Ready(3));
    assert_eq!((&got[..], rx.capacity()), (&[9, 0, 1, 2][..], 8));
    assert_eq!(poll_once(pin!(rx.recv_many(&mut got, 3))), Poll::Ready(2));
    assert!(poll_once(pin!(rx.recv_many(&mut got, 3))).is_pending());
    drop(tx);
    assert_eq!(poll_once(pin!(rx.recv_many(&mut got, 3))), Poll::Ready(0));
}

#[test]
fn values_that_nobody_receives_are_dropped_once() {
    let token = Arc::new(());
    for receiver_first in [true, false] {
        let (tx, mut rx) = channel(200);
        for _ in 0..100 {
            tx.try_send(Arc::clone(&token)).unwrap();
        }
        drop(rx.try_recv());
        let permit = tx.clone().try_reserve_owned().unwrap();
        if receiver_first {
            drop(rx);
            assert_eq!(Arc::strong_count(&token), 1);
            drop(permit.send(Arc::clone(&token)));
            drop(tx);
        } else {
            drop((permit, tx));
            drop(rx);
        }
        assert_eq!(Arc::strong_count(&token), 1);
    }
}

#[test]
fn blocking_forms_work_between_threads() {
    let (tx, mut rx) = channel(1);
    let sending = std::thread::spawn(move || {
        for value in 0..100 {
            tx.blocking_send(value).unwrap();
        }
    });
    for value in 0..50 {
        assert_eq!(rx.blocking_recv(), Some(value));
    }
    let mut rest = Vec::new();
    while rx.blocking_recv_many(&mut rest, 7) > 0 {}
    assert_eq!(rest, (50..100).collect::<Vec<_>>());
    sending.join().unwrap();
}

#[test]
fn many_threads_lose_nothing_and_keep_each_senders_order() {
    let (tx, mut rx) = channel(3);
    let threads: Vec<_> = (0..4_usize)
        .map(|sender| {
            let tx = tx.clone();
            std::thread::spawn(move || {
                for value in 0..2_000_usize {
                    tx.blocking_send((sender, value)).unwrap();
                }
            })
        })
        .collect();
    drop(tx);
    let mut next = [0; 4];
    while let Some((sender, value)) = rx.blocking_recv() {
        assert_eq!(value, next[sender]);
        next[sender] += 1;
    }
    assert_eq!(next, [2_000; 4]);
    for it in threads {
        it.join().unwrap();
    }
}

#[test]
#[should_panic(expected = "room for at least one")]
fn a_channel_without_room_is_refused() {
    drop(channel::<u8>(0));
}

#[test]
fn errors_show_what_happened_and_not_the_value() {
    assert_eq!(
        format!("{:?} {}", SendError(1), SendError(1)),
        "SendError { .. } channel closed"
    );
    let full = TrySendError::Full(1);
    assert_eq!(
        format!("{full:?} {full}"),
        "\"Full(..)\" no available capacity"
    );
    assert_eq!(TrySendError::from(SendError(4)), TrySendError::Closed(4));
    assert_eq!(TrySendError::Closed(4).to_string(), "channel closed");
    assert_eq!(full.into_inner(), 1);
    assert_eq!(
        TryRecvError::Empty.to_string(),
        "receiving on an empty channel"
    );
    assert_eq!(
        TryRecvError::Disconnected.to_string(),
        "receiving on a closed channel"
    );
}

#[test]
fn a_spent_budget_makes_recv_wait_and_wake_itself() {
    let (tx, mut rx) = unbounded_channel();
    for value in 0..=crate::coop::BUDGET {
        tx.send(value).unwrap();
    }
    let woken = Woken::new();
    let _budget = crate::coop::budget();
    for value in 0..crate::coop::BUDGET {
        assert_eq!(woken.poll(pin!(rx.recv())), Poll::Ready(Some(value)));
    }
    assert!(woken.poll(pin!(rx.recv())).is_pending());
    assert_eq!((woken.times(), rx.len()), (1, 1));
}

#[test]
fn room_granted_before_a_close_and_not_taken_is_refused_and_ends_the_channel() {
    let (tx, mut rx) = channel::<u8>(1);
    let permit = tx.try_reserve().unwrap();
    let mut waiting = pin!(tx.reserve());
    assert!(poll_once(waiting.as_mut()).is_pending());
    drop(permit);
    rx.close();
    let reader = Woken::new();
    assert!(reader.poll(pin!(rx.recv())).is_pending());
    assert!(matches!(
        poll_once(waiting.as_mut()),
        Poll::Ready(Err(SendError(())))
    ));
    assert_eq!(reader.times(), 1);
    assert_eq!(reader.poll(pin!(rx.recv())), Poll::Ready(None));
}

#[test]
fn recv_many_allocates_for_what_it_takes_only() {
    let (tx, mut rx) = unbounded_channel();
    let mut buffer = Vec::with_capacity(4);
    for value in 0..4 {
        tx.send(value).unwrap();
    }
    assert_eq!(
        poll_once(pin!(rx.recv_many(&mut buffer, 9))),
        Poll::Ready(4)
    );
    assert_eq!(buffer.capacity(), 4);
}
