use std::pin::pin;

use ::loom::thread;

use super::channel;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::{one_gives_up_beside_the_end, poll_once};

#[test]
fn loom_watch_send_against_changed() {
    model(|| {
        let (sender, mut receiver) = channel(0);
        let sending = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
            sender
        });
        let mut last = 0;
        while last < 2 {
            block_on(receiver.changed()).unwrap();
            let value = receiver.borrow_and_update();
            assert!(*value > last || !value.has_changed());
            last = last.max(*value);
        }
        assert!(!receiver.has_changed().unwrap(), "the last one was seen");
        drop(sending.join().unwrap());
    });
}

#[test]
fn loom_watch_send_against_two_receivers() {
    model(|| {
        let (sender, mut first) = channel(0);
        let mut second = first.clone();
        let waiting = thread::spawn(move || {
            block_on(second.changed()).unwrap();
            assert_eq!(*second.borrow(), 1);
        });
        let sending = thread::spawn(move || {
            sender.send_modify(|value| *value = 1);
            sender
        });
        block_on(first.changed()).unwrap();
        assert_eq!(*first.borrow(), 1);
        waiting.join().unwrap();
        drop(sending.join().unwrap());
    });
}

/// Fault 81.
#[test]
fn loom_watch_close_against_changed() {
    model(|| {
        let (sender, mut receiver) = channel(0);
        let other = sender.clone();
        let sending = thread::spawn(move || {
            sender.send(1).unwrap();
        });
        let closing = thread::spawn(move || drop(other));
        assert!(
            block_on(receiver.changed()).is_ok(),
            "a value not seen comes first"
        );
        assert_eq!(*receiver.borrow(), 1);
        assert!(block_on(receiver.changed()).is_err());
        sending.join().unwrap();
        closing.join().unwrap();
    });
}

/// Fault 13.
#[test]
fn loom_watch_dropped_changed_against_send() {
    model(|| {
        let (sender, mut receiver) = channel(0);
        let mut other = receiver.clone();
        let dropping = thread::spawn(move || {
            let early = poll_once(pin!(other.changed())).is_ready();
            assert!(
                early || block_on(other.changed()).is_ok(),
                "a dropped wait misses nothing"
            );
        });
        let sending = thread::spawn(move || {
            sender.send(1).unwrap();
            sender
        });
        block_on(receiver.changed()).unwrap();
        dropping.join().unwrap();
        drop(sending.join().unwrap());
    });
}

#[test]
fn loom_watch_wait_for_against_sends() {
    model(|| {
        let (sender, mut receiver) = channel(0);
        let sending = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        assert_eq!(
            *block_on(receiver.wait_for(|value| *value == 2)).unwrap(),
            2
        );
        assert!(block_on(receiver.wait_for(|value| *value == 3)).is_err());
        sending.join().unwrap();
    });
}

/// Fault 81.
#[test]
fn loom_watch_last_receivers_against_closed_and_send() {
    model(|| {
        let (sender, first) = channel(Arc::new(()));
        let second = sender.subscribe();
        let dropping = [first, second].map(|receiver| thread::spawn(move || drop(receiver)));
        let _ = sender.send(Arc::new(()));
        block_on(sender.closed());
        assert!(sender.is_closed() && sender.send(Arc::new(())).is_err());
        for it in dropping {
            it.join().unwrap();
        }
    });
}

/// A change, the end of all senders and that of all receivers carry what came before them, though no
/// value is looked at.
#[test]
fn loom_watch_changed_sees_what_came_before_the_send() {
    model(|| {
        let (sender, mut receiver) = channel(());
        let before = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&before);
        let sending = thread::spawn(move || {
            // Relaxed: the change must carry the order.
            other.store(1, Ordering::Relaxed);
            sender.send_replace(());
            sender
        });
        block_on(receiver.changed()).unwrap();
        // Relaxed: as above.
        assert_eq!(before.load(Ordering::Relaxed), 1);
        drop(sending.join().unwrap());
    });
}

#[test]
fn loom_watch_the_end_sees_what_all_senders_did() {
    model(|| {
        let (sender, mut receiver) = channel(());
        let done = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads = [(0, sender.clone()), (1, sender)].map(|(place, sender)| {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                // Relaxed: the end must carry the order.
                done[place].store(1, Ordering::Relaxed);
                drop(sender);
            })
        });
        block_on(receiver.changed()).unwrap_err();
        // Relaxed: as above.
        let seen = done.each_ref().map(|it| it.load(Ordering::Relaxed));
        assert_eq!(seen, [1, 1]);
        for it in threads {
            it.join().unwrap();
        }
    });
}

#[test]
fn loom_watch_closed_sees_what_all_receivers_did() {
    model(|| {
        let (sender, receiver) = channel(());
        let done = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads = [(0, receiver.clone()), (1, receiver)].map(|(place, receiver)| {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                // Relaxed: the end must carry the order.
                done[place].store(1, Ordering::Relaxed);
                drop(receiver);
            })
        });
        block_on(sender.closed());
        // Relaxed: as above.
        let seen = done.each_ref().map(|it| it.load(Ordering::Relaxed));
        assert_eq!(seen, [1, 1]);
        for it in threads {
            it.join().unwrap();
        }
    });
}

/// One who waits for the end gives up beside it: the other is told all the same.
#[test]
fn loom_watch_dropped_closed_against_dropped_receiver() {
    model(|| {
        let (tx, rx) = channel(());
        one_gives_up_beside_the_end([tx.clone(), tx], rx, |tx| async move { tx.closed().await });
    });
}
