use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use ::loom::thread;

use super::channel;
use super::error::TryRecvError;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::poll_once;

#[test]
fn loom_oneshot_send_against_recv() {
    model(|| {
        let (tx, rx) = channel();
        let sending = thread::spawn(move || tx.send(Arc::new(7)).unwrap());
        assert_eq!(*block_on(rx).unwrap(), 7);
        sending.join().unwrap();
    });
}

/// Fault 81.
#[test]
fn loom_oneshot_dropped_sender_against_recv() {
    model(|| {
        let (tx, rx) = channel::<Arc<()>>();
        let dropping = thread::spawn(move || drop(tx));
        assert!(block_on(rx).is_err());
        dropping.join().unwrap();
    });
}

/// Fault 12.
#[test]
fn loom_oneshot_changed_waker_against_send() {
    model(|| {
        let (tx, mut rx) = channel();
        let sending = thread::spawn(move || tx.send(Arc::new(())).unwrap());
        if poll_once(Pin::new(&mut rx)).is_pending() {
            block_on(&mut rx).unwrap();
        }
        sending.join().unwrap();
    });
}

/// Fault 81.
#[test]
fn loom_oneshot_send_against_dropped_receiver() {
    model(|| {
        let (tx, mut rx) = channel();
        let token = Arc::new(());
        let sent = Arc::clone(&token);
        let sending = thread::spawn(move || drop(tx.send(sent)));
        drop(poll_once(Pin::new(&mut rx)));
        drop(rx);
        sending.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1, "dropped exactly once");
    });
}

/// Fault 81.
#[test]
fn loom_oneshot_close_against_send() {
    model(|| {
        let (tx, mut rx) = channel();
        let sending = thread::spawn(move || tx.send(Arc::new(())).is_ok());
        rx.close();
        let received = rx.try_recv();
        let sent = sending.join().unwrap();
        assert_eq!(
            sent,
            received.is_ok(),
            "sent if and only if it can be received"
        );
    });
}

/// The receiver has the spawned thread: loom looks back at the last access of a word only, and
/// would not try the other order if the sender's first look came after the receiver's.
#[test]
fn loom_oneshot_try_recv_against_send() {
    model(|| {
        let (tx, mut rx) = channel();
        let receiving = thread::spawn(move || {
            let received = rx.try_recv();
            let early = matches!(received, Err(TryRecvError::Closed));
            assert!(!early, "the sender has sent or will send");
            (received.is_ok(), rx)
        });
        tx.send(Arc::new(())).unwrap();
        let (received, mut rx) = receiving.join().unwrap();
        assert_eq!(rx.is_terminated(), received);
        assert_eq!(rx.try_recv().is_ok(), !received, "received exactly once");
    });
}

#[test]
fn loom_oneshot_closed_against_dropped_receiver() {
    model(|| {
        let (mut tx, rx) = channel::<Arc<()>>();
        let before = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&before);
        let dropping = thread::spawn(move || {
            // Relaxed: the end must carry the order.
            other.store(1, Ordering::Relaxed);
            drop(rx);
        });
        if poll_once(pin!(tx.closed())).is_pending() {
            block_on(tx.closed());
        }
        // Relaxed: as above.
        assert_eq!(before.load(Ordering::Relaxed), 1);
        assert!(tx.send(Arc::new(())).is_err());
        dropping.join().unwrap();
    });
}

#[test]
fn loom_oneshot_both_ends_wait_and_leave() {
    model(|| {
        let (mut tx, mut rx) = channel::<Arc<()>>();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(tx.poll_closed(&mut cx).is_pending());
        assert!(poll_once(Pin::new(&mut rx)).is_pending());
        let leaving = thread::spawn(move || {
            block_on(poll_fn(|cx| {
                let _ = tx.poll_closed(cx);
                std::task::Poll::Ready(())
            }));
            drop(tx.send(Arc::new(())));
        });
        drop(poll_once(Pin::new(&mut rx)));
        drop(rx);
        leaving.join().unwrap();
    });
}

/// Fault 81.
#[test]
fn loom_oneshot_close_then_drop_against_waiting_sender() {
    model(|| {
        let (mut tx, mut rx) = channel::<Arc<()>>();
        let waiting = thread::spawn(move || {
            block_on(tx.closed());
        });
        assert!(poll_once(Pin::new(&mut rx)).is_pending());
        rx.close();
        drop(rx);
        waiting.join().unwrap();
    });
}

/// The sender has the spawned thread, as above: its first look finds the end.
#[test]
fn loom_oneshot_who_finds_it_closed_sees_what_came_before() {
    model(|| {
        let (mut tx, rx) = channel::<Arc<()>>();
        let before = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&before);
        let looking = thread::spawn(move || {
            if poll_once(pin!(tx.closed())).is_ready() {
                // Relaxed: the end must carry the order.
                assert_eq!(other.load(Ordering::Relaxed), 1);
            }
        });
        // Relaxed: as above.
        before.store(1, Ordering::Relaxed);
        drop(rx);
        looking.join().unwrap();
    });
}
