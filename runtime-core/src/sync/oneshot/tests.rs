use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use proptest::prelude::*;

use super::channel;
use super::error::{RecvError, TryRecvError};
use crate::sync::test_support::{Woken, poll_once};

#[test]
fn a_sent_value_wakes_once_and_is_received() {
    let (tx, mut rx) = channel();
    let woken = Woken::new();
    assert!(woken.poll(Pin::new(&mut rx)).is_pending());
    assert!(woken.poll(Pin::new(&mut rx)).is_pending());
    assert_eq!((woken.times(), woken.kept()), (0, 1));
    tx.send(5).unwrap();
    assert_eq!((woken.times(), woken.kept()), (1, 0));
    assert_eq!(woken.poll(Pin::new(&mut rx)), Poll::Ready(Ok(5)));
    assert!(rx.is_terminated());
}

#[test]
fn a_changed_waker_replaces_the_old_one() {
    let (tx, mut rx) = channel::<u8>();
    let (old, new) = (Woken::new(), Woken::new());
    assert!(old.poll(Pin::new(&mut rx)).is_pending());
    assert!(new.poll(Pin::new(&mut rx)).is_pending());
    assert_eq!((old.kept(), new.kept()), (0, 1));
    drop(tx);
    assert_eq!((old.times(), new.times()), (0, 1));
    assert!(new.poll(Pin::new(&mut rx)).is_ready());
    assert_eq!(new.kept(), 0);
}

#[test]
fn a_dropped_receiver_wakes_the_sender_and_refuses_the_value() {
    let (mut tx, rx) = channel();
    let woken = Woken::new();
    let mut cx = Context::from_waker(&woken.waker);
    assert!(tx.poll_closed(&mut cx).is_pending());
    assert!(!tx.is_closed());
    drop(rx);
    assert_eq!((woken.times(), woken.kept()), (1, 0));
    assert!(tx.is_closed());
    assert!(poll_once(pin!(tx.closed())).is_ready());
    assert_eq!(tx.send(7), Err(7));
}

#[test]
fn close_keeps_a_value_that_was_sent_before() {
    let (tx, mut rx) = channel();
    assert!(rx.is_empty());
    tx.send(1).unwrap();
    assert!(!rx.is_empty());
    rx.close();
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    assert!(rx.is_empty());
}

#[test]
fn wakers_that_nobody_wakes_are_dropped_with_the_channel() {
    for sender_first in [true, false] {
        let (mut tx, mut rx) = channel::<u8>();
        let (of_tx, of_rx) = (Woken::new(), Woken::new());
        assert!(
            tx.poll_closed(&mut Context::from_waker(&of_tx.waker))
                .is_pending()
        );
        assert!(of_rx.poll(Pin::new(&mut rx)).is_pending());
        if sender_first {
            drop(tx);
            drop(rx);
            assert_eq!((of_tx.times(), of_rx.times()), (0, 1));
        } else {
            drop(rx);
            drop(tx);
            assert_eq!((of_tx.times(), of_rx.times()), (1, 0));
        }
        assert_eq!((of_tx.kept(), of_rx.kept()), (0, 0));
    }
}

#[test]
fn a_value_nobody_takes_is_dropped_once() {
    let token = Arc::new(());
    let (tx, rx) = channel();
    tx.send(Arc::clone(&token)).unwrap();
    assert_eq!(Arc::strong_count(&token), 2);
    drop(rx);
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
#[should_panic(expected = "after completion")]
fn a_poll_after_completion_panics() {
    let (tx, mut rx) = channel();
    tx.send(1).unwrap();
    assert!(poll_once(Pin::new(&mut rx)).is_ready());
    let _ = poll_once(Pin::new(&mut rx));
}

#[test]
fn blocking_recv_takes_a_value_from_another_thread() {
    let (tx, rx) = channel();
    let sending = std::thread::spawn(move || tx.send(3).unwrap());
    assert_eq!(rx.blocking_recv(), Ok(3));
    sending.join().unwrap();
}

#[test]
fn fault_085_blocking_recv_panics_where_tasks_are_polled() {
    let (_tx, rx) = channel::<u8>();
    let before = crate::park::set_async_context(true);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rx.blocking_recv()));
    crate::park::set_async_context(before);
    let text = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains("oneshot::Receiver::blocking_recv"), "{text}");
}

#[test]
fn errors_say_what_happened() {
    let (tx, rx) = channel::<u8>();
    drop(tx);
    let Poll::Ready(Err(error)) = poll_once(pin!(rx)) else {
        panic!("the sender is gone")
    };
    assert_eq!(
        (error.to_string(), error.clone()),
        ("channel closed".to_owned(), RecvError(()))
    );
    assert_eq!(TryRecvError::Empty.to_string(), "channel empty");
    assert_eq!(TryRecvError::Closed.to_string(), "channel closed");
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Send,
    DropTx,
    PollClosed,
    Poll,
    TryRecv,
    Close,
    DropRx,
}

proptest! {
    /// Against a model of three facts: was it sent, is the receiver closed, was the outcome taken.
    #[test]
    fn fault_079_oneshot_agrees_with_a_sequential_model(
        ops in prop::collection::vec(
            prop::sample::select(vec![
                Op::Send, Op::DropTx, Op::PollClosed, Op::Poll, Op::TryRecv, Op::Close, Op::DropRx,
            ]),
            0..12,
        )
    ) {
        let token = Arc::new(());
        let (tx, rx) = channel();
        let (mut tx, mut rx) = (Some(tx), Some(rx));
        let (mut sent, mut closed) = (false, false);
        let woken = Woken::new();
        for op in ops {
            match op {
                Op::Send => if let Some(tx) = tx.take() {
                    sent = tx.send(Arc::clone(&token)).is_ok();
                    prop_assert_eq!(sent, !closed);
                },
                Op::DropTx => drop(tx.take()),
                Op::PollClosed => if let Some(tx) = &mut tx {
                    let mut cx = Context::from_waker(&woken.waker);
                    prop_assert_eq!(tx.poll_closed(&mut cx).is_ready(), closed);
                },
                Op::Poll => if let Some(rx) = rx.as_mut().filter(|rx| !rx.is_terminated()) {
                    match woken.poll(Pin::new(rx)) {
                        Poll::Ready(outcome) => {
                            prop_assert_eq!(outcome.is_ok(), sent);
                            prop_assert!(sent || closed || tx.is_none());
                            closed = true;
                        }
                        Poll::Pending => prop_assert!(!sent && !closed && tx.is_some()),
                    }
                },
                Op::TryRecv => if let Some(rx) = rx.as_mut().filter(|rx| !rx.is_terminated()) {
                    match rx.try_recv() {
                        Ok(_) => { prop_assert!(sent); closed = true; }
                        Err(TryRecvError::Empty) => prop_assert!(!closed && tx.is_some()),
                        Err(TryRecvError::Closed) => {
                            prop_assert!(!sent && (closed || tx.is_none()));
                            closed = true;
                        }
                    }
                },
                Op::Close => if let Some(rx) = &mut rx {
                    rx.close();
                    closed |= tx.is_some();
                },
                Op::DropRx => closed |= rx.take().is_some(),
            }
        }
        drop((tx, rx));
        prop_assert_eq!((Arc::strong_count(&token), woken.kept()), (1, 0));
    }
}
