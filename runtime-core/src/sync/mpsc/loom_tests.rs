use std::pin::pin;
use std::sync::Arc as StdArc;
use std::sync::atomic::AtomicUsize as StdAtomicUsize;
use std::task::{Context, Wake, Waker};

use ::loom::thread;

use super::error::TryRecvError;
use super::{channel, unbounded_channel};
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Arc, model};
use crate::park::block_on_parked as block_on;
use crate::sync::senders::Senders;
use crate::sync::test_support::{one_gives_up_beside_the_end, poll_once};

#[test]
fn loom_mpsc_two_senders_wait_for_one_place() {
    model(|| {
        let (tx, mut rx) = channel(1);
        for number in 0..2 {
            let tx = tx.clone();
            thread::spawn(move || block_on(tx.send(Arc::new(number))).unwrap());
        }
        drop(tx);
        let mut sum = 0;
        while let Some(number) = block_on(rx.recv()) {
            sum += *number;
        }
        assert_eq!(sum, 1);
        assert_eq!(rx.capacity(), 1);
    });
}

/// Fault 81.
#[test]
fn loom_mpsc_last_sender_dropped_against_recv() {
    model(|| {
        let (tx, mut rx) = unbounded_channel::<Arc<()>>();
        let other = tx.clone();
        let first = thread::spawn(move || drop(tx));
        let second = thread::spawn(move || drop(other));
        assert!(block_on(rx.recv()).is_none());
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn loom_mpsc_unbounded_values_cross_block_boundaries() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let other = tx.clone();
        let sending = thread::spawn(move || {
            for value in [10, 11, 12] {
                other.send(Arc::new(value)).unwrap();
            }
        });
        tx.send(Arc::new(20)).unwrap();
        tx.send(Arc::new(21)).unwrap();
        drop(tx);
        let mut got = Vec::new();
        while let Some(value) = block_on(rx.recv()) {
            got.push(*value);
        }
        sending.join().unwrap();
        let of = |tens| {
            got.iter()
                .copied()
                .filter(|it| it / 10 == tens)
                .collect::<Vec<_>>()
        };
        assert_eq!((of(1), of(2)), (vec![10, 11, 12], vec![20, 21]));
    });
}

#[test]
fn loom_mpsc_blocks_are_reused_while_senders_send() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let sending = thread::spawn(move || {
            for value in 0..5 {
                tx.send(Arc::new(value)).unwrap();
            }
        });
        for value in 0..5 {
            assert_eq!(block_on(rx.recv()).map(|it| *it), Some(value));
        }
        assert!(block_on(rx.recv()).is_none());
        sending.join().unwrap();
    });
}

#[test]
fn loom_mpsc_two_writers_race_for_the_last_slot_of_a_block() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        tx.send(Arc::new(1)).unwrap();
        let threads: Vec<_> = [2, 4]
            .into_iter()
            .map(|value| {
                let tx = tx.clone();
                thread::spawn(move || tx.send(Arc::new(value)).unwrap())
            })
            .collect();
        drop(tx);
        let mut sum = 0;
        while let Some(value) = block_on(rx.recv()) {
            sum += *value;
        }
        assert_eq!(sum, 7);
        for it in threads {
            it.join().unwrap();
        }
    });
}

/// Fault 12.
#[test]
fn loom_mpsc_changed_waker_against_push() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        assert!(poll_once(pin!(rx.recv())).is_pending());
        let sending = thread::spawn(move || {
            tx.send(Arc::new(1)).unwrap();
            tx.send(Arc::new(2)).unwrap();
        });
        assert_eq!(block_on(rx.recv()).map(|it| *it), Some(1));
        assert_eq!(block_on(rx.recv()).map(|it| *it), Some(2));
        sending.join().unwrap();
    });
}

/// Fault 15.
#[test]
fn loom_mpsc_who_is_woken_sees_what_came_before() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let before = Arc::new(AtomicUsize::new(0));
        for _ in 0..2 {
            let (tx, before) = (tx.clone(), Arc::clone(&before));
            thread::spawn(move || {
                // Relaxed: the send must carry the order.
                before.fetch_add(1, Ordering::Relaxed);
                tx.send(()).unwrap();
            });
        }
        for _ in 0..2 {
            block_on(rx.recv()).unwrap();
        }
        // Relaxed: as above.
        assert_eq!(before.load(Ordering::Relaxed), 2);
    });
}

#[derive(Default)]
struct Count(StdAtomicUsize);

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        // Relaxed: who looks has joined who counts.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls `rx` once, with a waker that counts.
fn wait_counting(rx: &mut super::UnboundedReceiver<Arc<i32>>) -> StdArc<Count> {
    let count = StdArc::new(Count::default());
    let waker = Waker::from(StdArc::clone(&count));
    let polled = pin!(rx.recv()).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    count
}

/// Fault 12.
#[test]
fn loom_mpsc_dropped_receiver_that_waited_against_a_send() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let count = wait_counting(&mut rx);
        let sending = thread::spawn(move || tx.send(Arc::new(1)).is_ok());
        drop(rx);
        let _sent = sending.join().unwrap();
        assert_eq!(StdArc::strong_count(&count), 1, "nobody keeps the waker");
    });
}

/// Who takes a value without waiting tells a task that waited: that one's place is taken.
#[test]
fn loom_mpsc_try_recv_beside_who_waited() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let count = wait_counting(&mut rx);
        let other = tx.clone();
        let sending = thread::spawn(move || other.send(Arc::new(1)).unwrap());
        tx.send(Arc::new(2)).unwrap();
        let first = rx.try_recv().expect("a send has returned");
        sending.join().unwrap();
        assert_eq!(*rx.try_recv().unwrap(), 3 - *first);
        // Relaxed: its only wakers have been joined.
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(StdArc::strong_count(&count), 1);
    });
}

/// Fault 81.
#[test]
fn loom_mpsc_close_against_send() {
    model(|| {
        let (tx, mut rx) = channel(1);
        let sending = thread::spawn(move || block_on(tx.send(Arc::new(()))).is_ok());
        rx.close();
        let received = block_on(rx.recv()).is_some();
        assert!(block_on(rx.recv()).is_none());
        assert_eq!(
            sending.join().unwrap(),
            received,
            "sent if and only if received"
        );
    });
}

/// Fault 81.
#[test]
fn loom_mpsc_unbounded_close_against_two_sends() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let other = tx.clone();
        let first = thread::spawn(move || usize::from(tx.send(Arc::new(())).is_ok()));
        let second = thread::spawn(move || usize::from(other.send(Arc::new(())).is_ok()));
        rx.close();
        let mut received = 0;
        while block_on(rx.recv()).is_some() {
            received += 1;
        }
        assert_eq!(first.join().unwrap() + second.join().unwrap(), received);
    });
}

/// Fault 81.
#[test]
fn loom_mpsc_permit_of_a_closed_channel_is_sent_or_dropped() {
    for sends in [true, false] {
        model(move || {
            let (tx, mut rx) = channel(2);
            let permit = tx.try_reserve_owned().unwrap();
            let using = thread::spawn(move || {
                if sends {
                    drop(permit.send(Arc::new(())));
                } else {
                    drop(permit);
                }
            });
            rx.close();
            assert_eq!(block_on(rx.recv()).is_some(), sends);
            assert!(block_on(rx.recv()).is_none());
            using.join().unwrap();
        });
    }
}

/// Fault 81.
#[test]
fn loom_mpsc_close_against_a_waiter_with_a_part() {
    model(|| {
        let (tx, mut rx) = channel::<Arc<()>>(2);
        let held = tx.clone().try_reserve_owned().unwrap();
        let mut waiting = Box::pin(async move { tx.reserve_many(2).await.map(drop) });
        assert!(poll_once(waiting.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(waiting));
        let dropping = thread::spawn(move || drop(held));
        rx.close();
        assert!(block_on(rx.recv()).is_none());
        cancelling.join().unwrap();
        dropping.join().unwrap();
    });
}

/// Fault 80.
#[test]
fn loom_mpsc_cancelled_reserve_passes_the_room_on() {
    model(|| {
        let (tx, mut rx) = channel(1);
        tx.try_send(0).unwrap();
        let owned = tx.clone();
        let mut first = Box::pin(owned.reserve_owned());
        assert!(poll_once(first.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(first));
        let receiving = thread::spawn(move || {
            assert_eq!(block_on(rx.recv()), Some(0));
            rx
        });
        block_on(tx.send(1)).unwrap();
        cancelling.join().unwrap();
        let mut rx = receiving.join().unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

#[test]
fn loom_mpsc_try_recv_never_misses_a_finished_send() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let other = tx.clone();
        let sending = thread::spawn(move || other.send(1).unwrap());
        tx.send(2).unwrap();
        let first = rx.try_recv().expect("a send has returned");
        sending.join().unwrap();
        assert_eq!(rx.try_recv(), Ok(3 - first));
        drop(tx);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

/// Fault 81.
#[test]
fn loom_mpsc_dropped_receiver_against_sends() {
    model(|| {
        let (tx, rx) = channel(2);
        let token = Arc::new(());
        let sent = Arc::clone(&token);
        let sending = thread::spawn(move || {
            for _ in 0..3 {
                let _ = block_on(tx.send(Arc::clone(&sent)));
            }
        });
        drop(rx);
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
fn loom_mpsc_closed_against_dropped_receiver() {
    model(|| {
        let (tx, rx) = unbounded_channel::<()>();
        let dropping = thread::spawn(move || drop(rx));
        block_on(tx.closed());
        assert!(tx.is_closed());
        dropping.join().unwrap();
    });
}

/// Fault 81.
#[test]
fn loom_mpsc_upgrade_against_last_sender() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let weak = tx.downgrade();
        assert_eq!(tx.weak_count(), 1);
        let upgrading = thread::spawn(move || match weak.upgrade() {
            Some(tx) => tx.send(()).is_ok(),
            None => false,
        });
        drop(tx);
        let received = block_on(rx.recv()).is_some();
        assert_eq!(upgrading.join().unwrap(), received);
        assert!(block_on(rx.recv()).is_none());
        assert_eq!(rx.sender_weak_count(), 0);
    });
}

#[test]
fn loom_mpsc_recv_many_gives_room_back() {
    model(|| {
        let (tx, mut rx) = channel(2);
        let sending = thread::spawn(move || {
            for value in 0..3 {
                block_on(tx.send(value)).unwrap();
            }
        });
        let mut got = Vec::new();
        while block_on(rx.recv_many(&mut got, 8)) > 0 {}
        assert_eq!(got, [0, 1, 2]);
        assert_eq!(rx.capacity(), 2);
        sending.join().unwrap();
    });
}

/// The last sender to go has seen what every other did.
#[test]
fn loom_mpsc_the_last_sender_sees_what_the_others_did() {
    model(|| {
        let shared = Arc::new((Senders::one(), [AtomicUsize::new(0), AtomicUsize::new(0)]));
        shared.0.add();
        let go = |shared: &(Senders, [AtomicUsize; 2]), place: usize| {
            // Relaxed: the count must carry the order.
            shared.1[place].store(1, Ordering::Relaxed);
            if shared.0.remove() {
                // Relaxed: as above.
                assert_eq!(shared.1[1 - place].load(Ordering::Relaxed), 1);
            }
        };
        let other = Arc::clone(&shared);
        let going = thread::spawn(move || go(&other, 1));
        go(&shared, 0);
        going.join().unwrap();
    });
}

/// A sender that sees the channel closed sees what came before that. It has the spawned thread, since
/// loom looks back at the last access of a word only: the close begins with a look.
#[test]
fn loom_mpsc_who_sees_it_closed_sees_what_came_before() {
    model(|| {
        let (tx, mut rx) = unbounded_channel::<()>();
        let before = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&before);
        let looking = thread::spawn(move || {
            // Relaxed: the close must carry the order.
            assert!(!tx.is_closed() || other.load(Ordering::Relaxed) == 1);
        });
        // Relaxed: as above.
        before.store(1, Ordering::Relaxed);
        rx.close();
        looking.join().unwrap();
    });
}

/// Who counts goes through blocks that others have made, and that no value was received from. As
/// above, it has the spawned thread.
#[test]
fn loom_mpsc_len_against_sends_over_blocks() {
    model(|| {
        let (tx, rx) = unbounded_channel();
        let counting = thread::spawn(move || {
            assert!(rx.len() <= 4);
            rx
        });
        for _ in 0..4 {
            tx.send(()).unwrap();
        }
        assert_eq!(counting.join().unwrap().len(), 4);
    });
}

/// Who counts no sender any more sees what they did.
#[test]
fn loom_mpsc_who_counts_no_sender_sees_what_they_did() {
    model(|| {
        let shared = Arc::new((Senders::one(), AtomicUsize::new(0)));
        let other = Arc::clone(&shared);
        let counting = thread::spawn(move || {
            // Relaxed: the count must carry the order.
            assert!(other.0.strong() > 0 || other.1.load(Ordering::Relaxed) == 1);
        });
        // Relaxed: as above.
        shared.1.store(1, Ordering::Relaxed);
        assert!(shared.0.remove());
        counting.join().unwrap();
    });
}

/// One who waits for the end gives up beside it: the other is told all the same.
#[test]
fn loom_mpsc_dropped_closed_against_dropped_receiver() {
    model(|| {
        let (tx, rx) = unbounded_channel::<()>();
        one_gives_up_beside_the_end([tx.clone(), tx], rx, |tx| async move { tx.closed().await });
    });
}
