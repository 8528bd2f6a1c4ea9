use std::pin::pin;

use ::loom::thread;

use super::channel;
use super::error::{RecvError, TryRecvError};
use crate::loom::{Arc, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::{one_gives_up_beside_the_end, poll_once};

#[test]
fn loom_broadcast_send_against_recv() {
    model(|| {
        let (sender, mut receiver) = channel(2);
        let sending = thread::spawn(move || {
            sender.send(Arc::new(1)).unwrap();
            sender.send(Arc::new(2)).unwrap();
        });
        assert_eq!(block_on(receiver.recv()).map(|it| *it), Ok(1));
        assert_eq!(block_on(receiver.recv()).map(|it| *it), Ok(2));
        assert_eq!(
            block_on(receiver.recv()).map(|it| *it),
            Err(RecvError::Closed)
        );
        sending.join().unwrap();
    });
}

#[test]
fn loom_broadcast_two_senders_against_recv() {
    model(|| {
        let (sender, mut receiver) = channel(2);
        let other = sender.clone();
        let sending = thread::spawn(move || other.send(1).unwrap());
        let other = thread::spawn(move || sender.send(2).unwrap());
        let first = block_on(receiver.recv()).unwrap();
        assert_eq!(block_on(receiver.recv()), Ok(3 - first));
        assert_eq!(block_on(receiver.recv()), Err(RecvError::Closed));
        sending.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn loom_broadcast_overwrite_against_recv() {
    model(|| {
        let token = Arc::new(());
        let (sender, mut receiver) = channel(1);
        let sent = Arc::clone(&token);
        let sending = thread::spawn(move || {
            for value in 0..3 {
                sender.send((value, Arc::clone(&sent))).unwrap();
            }
        });
        let mut next = 0;
        loop {
            match block_on(receiver.recv()) {
                Ok((value, _)) => {
                    assert_eq!(value, next, "what was missed was counted");
                    next += 1;
                }
                Err(RecvError::Lagged(missed)) => next += missed,
                Err(RecvError::Closed) => break,
            }
        }
        assert_eq!(next, 3);
        sending.join().unwrap();
        assert_eq!(
            Arc::strong_count(&token),
            1,
            "each value dropped exactly once"
        );
    });
}

/// Fault 81.
#[test]
fn loom_broadcast_last_sender_against_recv() {
    model(|| {
        let (sender, mut receiver) = channel::<u8>(1);
        let weak = sender.downgrade();
        let upgrading = thread::spawn(move || match weak.upgrade() {
            Some(sender) => sender.send(1).is_ok(),
            None => false,
        });
        let dropping = thread::spawn(move || drop(sender));
        let received = block_on(receiver.recv()).is_ok();
        assert_eq!(upgrading.join().unwrap(), received);
        assert_eq!(block_on(receiver.recv()), Err(RecvError::Closed));
        dropping.join().unwrap();
    });
}

/// Fault 13.
#[test]
fn loom_broadcast_dropped_recv_against_send() {
    model(|| {
        let (sender, mut receiver) = channel(1);
        let mut other = receiver.resubscribe();
        let dropping = thread::spawn(move || {
            if poll_once(pin!(other.recv())).is_pending() {
                assert_eq!(
                    block_on(other.recv()),
                    Ok(1),
                    "a dropped wait misses nothing"
                );
            }
        });
        let sending = thread::spawn(move || {
            sender.send(1).unwrap();
            sender
        });
        assert_eq!(block_on(receiver.recv()), Ok(1));
        dropping.join().unwrap();
        assert!(sending.join().unwrap().is_empty());
    });
}

#[test]
fn loom_broadcast_dropped_receiver_against_send_and_recv() {
    model(|| {
        let token = Arc::new(());
        let (sender, mut receiver) = channel(2);
        let leaving = receiver.resubscribe();
        sender.send(Arc::clone(&token)).unwrap();
        let dropping = thread::spawn(move || drop(leaving));
        let sent = Arc::clone(&token);
        let sending = thread::spawn(move || {
            let receivers = sender.send(sent).unwrap();
            assert!((1..=2).contains(&receivers));
            sender
        });
        drop(receiver.try_recv().unwrap());
        drop(block_on(receiver.recv()).unwrap());
        dropping.join().unwrap();
        let sender = sending.join().unwrap();
        assert!(sender.is_empty());
        assert_eq!(Arc::strong_count(&token), 1, "both slots are free");
    });
}

#[test]
fn loom_broadcast_dropped_receiver_against_overwrite() {
    model(|| {
        let token = Arc::new(());
        let (sender, receiver) = channel(1);
        sender.send(Arc::clone(&token)).unwrap();
        let dropping = thread::spawn(move || drop(receiver));
        let sent = sender.send(Arc::clone(&token));
        dropping.join().unwrap();
        drop(sent);
        assert_eq!((sender.len(), sender.receiver_count()), (0, 0));
        assert_eq!(
            Arc::strong_count(&token),
            1,
            "each value dropped exactly once"
        );
    });
}

#[test]
fn loom_broadcast_subscribe_against_send() {
    model(|| {
        let (sender, mut first) = channel(2);
        let other = sender.clone();
        let sending = thread::spawn(move || other.send(1).unwrap());
        let mut second = sender.subscribe();
        let receivers = sending.join().unwrap();
        assert_eq!(first.try_recv(), Ok(1));
        let second = second.try_recv();
        assert_eq!(second.is_ok(), receivers == 2);
        assert!(matches!(second, Ok(1) | Err(TryRecvError::Empty)));
        assert!(sender.is_empty());
    });
}

/// Fault 81.
#[test]
fn loom_broadcast_last_receivers_against_closed() {
    model(|| {
        let (sender, first) = channel::<u8>(1);
        let second = sender.subscribe();
        let dropping = [first, second].map(|receiver| thread::spawn(move || drop(receiver)));
        block_on(sender.closed());
        assert!(sender.send(1).is_err());
        for it in dropping {
            it.join().unwrap();
        }
    });
}

/// One who waits for the end gives up beside it: the other is told all the same.
#[test]
fn loom_broadcast_dropped_closed_against_dropped_receiver() {
    model(|| {
        let (tx, rx) = channel::<u8>(1);
        one_gives_up_beside_the_end([tx.clone(), tx], rx, |tx| async move { tx.closed().await });
    });
}
