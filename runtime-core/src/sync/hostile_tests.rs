//! Wakers that use the primitive they wait for when they are cloned, woken or dropped, and wakers
//! that panic.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::raw_semaphore::RawSemaphore;
use super::test_support::{Woken, bomb, hostile, poll_once};
use super::{Barrier, Mutex, Notify, RwLock, SetOnce, broadcast, mpsc, oneshot, watch};

fn poll<F: Future + ?Sized>(waker: &Waker, future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(waker)).is_ready()
}

#[test]
fn fault_010_a_waker_that_uses_the_semaphore_does_not_deadlock() {
    let semaphore = Arc::new(RawSemaphore::new(0));
    let inner = Arc::clone(&semaphore);
    let waker = hostile(move || {
        inner.release(1);
        drop(poll_once(pin!(inner.acquire(9))));
        inner.forget(1);
    });
    {
        let mut waiting = pin!(semaphore.acquire(5));
        assert!(!poll(&waker, waiting.as_mut()));
        assert!(!poll(Waker::noop(), waiting.as_mut()));
        assert!(!poll(&waker, waiting.as_mut()));
        semaphore.release(5);
    }
    semaphore.close();
}

#[test]
fn fault_010_a_waker_that_uses_the_notify_does_not_deadlock() {
    let notify = Arc::new(Notify::new());
    let inner = Arc::clone(&notify);
    let waker = hostile(move || {
        let _ = poll_once(pin!(inner.notified()));
        inner.notify_waiters();
    });
    for _ in 0..3 {
        let mut waiting = pin!(notify.notified());
        let _ = poll(&waker, waiting.as_mut());
        let mut other = pin!(notify.notified());
        let _ = poll(&waker, other.as_mut());
        let _ = poll(Waker::noop(), other.as_mut());
        notify.notify_one();
        notify.notify_waiters();
    }
}

#[test]
fn fault_010_a_waker_that_uses_the_mutex_does_not_deadlock() {
    let mutex = Arc::new(Mutex::new(0));
    let inner = Arc::clone(&mutex);
    let waker = hostile(move || {
        drop(inner.try_lock());
        drop(poll_once(pin!(inner.lock())));
    });
    for _ in 0..3 {
        let held = mutex.try_lock().unwrap();
        let mut waiting = pin!(mutex.lock());
        assert!(!poll(&waker, waiting.as_mut()));
        assert!(!poll(Waker::noop(), waiting.as_mut()));
        assert!(!poll(&waker, waiting.as_mut()));
        drop(held);
    }
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn fault_010_a_waker_that_uses_the_rwlock_does_not_deadlock() {
    let lock = Arc::new(RwLock::new(0));
    let inner = Arc::clone(&lock);
    let waker = hostile(move || {
        drop((inner.try_read(), inner.try_write()));
        drop(poll_once(pin!(inner.read())));
        drop(poll_once(pin!(inner.write())));
    });
    for _ in 0..3 {
        let held = lock.try_write().unwrap();
        let mut reading = pin!(lock.read());
        let mut writing = pin!(lock.write());
        assert!(!poll(&waker, reading.as_mut()) && !poll(&waker, writing.as_mut()));
        assert!(!poll(Waker::noop(), reading.as_mut()) && !poll(&waker, reading.as_mut()));
        drop(held.downgrade());
    }
    assert!(lock.try_write().is_ok());
}

#[test]
fn fault_010_a_waker_that_uses_the_barrier_does_not_deadlock() {
    let barrier = Arc::new(Barrier::new(4));
    let inner = Arc::clone(&barrier);
    let waker = hostile(move || drop(poll_once(pin!(inner.wait()))));
    for _ in 0..20 {
        let mut waiting = pin!(barrier.wait());
        let _ = poll(&waker, waiting.as_mut());
        let mut other = pin!(barrier.wait());
        let _ = poll(&waker, other.as_mut()) || poll(Waker::noop(), other.as_mut());
    }
}

#[test]
fn fault_010_a_waker_that_uses_the_cell_does_not_deadlock() {
    let cell = Arc::new(SetOnce::new());
    let inner = Arc::clone(&cell);
    let waker = hostile(move || {
        let _ = poll_once(pin!(inner.wait()));
        let _ = inner.initialized() && inner.set(2).is_ok();
    });
    let mut waiting = pin!(cell.wait());
    let mut other = pin!(cell.wait());
    assert!(!poll(&waker, waiting.as_mut()) && !poll(&waker, other.as_mut()));
    assert!(!poll(Waker::noop(), other.as_mut()));
    cell.set(1).unwrap();
    assert!(poll(&waker, waiting.as_mut()) && poll(&waker, other.as_mut()));
}

#[test]
fn fault_010_a_waker_that_uses_the_channel_does_not_deadlock() {
    let (tx, mut rx) = mpsc::channel(8);
    let inner = tx.clone();
    let waker = hostile(move || {
        let _ = inner.try_send(1);
        let _ = poll_once(pin!(inner.closed()));
    });
    let mut received = 0;
    for _ in 0..5 {
        received += usize::from(poll(&waker, pin!(rx.recv())));
        received += usize::from(poll(&waker, pin!(rx.recv())));
        let _ = tx.try_send(2);
    }
    while rx.try_recv().is_ok() {
        received += 1;
    }
    assert!(received >= 5);
    assert!(!poll(&waker, pin!(tx.closed())));
    rx.close();
}

#[test]
fn fault_010_a_waker_that_holds_the_other_end_of_a_oneshot_does_not_deadlock() {
    let (tx, mut rx) = oneshot::channel::<u8>();
    let tx = Arc::new(std::sync::Mutex::new(Some(tx)));
    let inner = Arc::clone(&tx);
    let waker = hostile(move || {
        let _ = inner.lock().unwrap().take().map(|tx| tx.send(1));
    });
    let mut cx = Context::from_waker(&waker);
    let polled = Pin::new(&mut rx).poll(&mut cx);
    assert_eq!(
        polled,
        Poll::Ready(Ok(1)),
        "sent while its waker was cloned"
    );
}

#[test]
fn fault_010_a_waker_that_uses_the_watch_does_not_deadlock() {
    let (tx, mut rx) = watch::channel(0);
    let (tx, mut other) = (Arc::new(tx), rx.clone());
    let inner = Arc::clone(&tx);
    let waker = hostile(move || {
        let mut receiver = inner.subscribe();
        inner.send_modify(|value| *value += 1);
        let _ = poll_once(pin!(receiver.changed()));
        let _ = poll_once(pin!(receiver.changed()));
        assert!(poll_once(pin!(inner.closed())).is_pending());
    });
    for _ in 0..3 {
        rx.mark_unchanged();
        other.mark_unchanged();
        {
            let mut first = pin!(rx.changed());
            let mut second = pin!(other.changed());
            // What is sent while the waker is cloned is no reason to wait.
            assert!(poll(&waker, first.as_mut()));
            let waits = !poll(Waker::noop(), second.as_mut());
            let waits = waits && !poll(&waker, second.as_mut());
            tx.send_replace(0);
            assert!(!waits || poll(&waker, second.as_mut()));
        }
        rx.mark_unchanged();
        // A waker that is kept acts when it is woken and when it is dropped.
        let mut first = pin!(rx.changed());
        assert!(!poll(Waker::noop(), first.as_mut()));
        let _ = poll(&waker, first.as_mut());
        tx.send_replace(0);
    }
    assert!(!poll(&waker, pin!(tx.closed())));
    drop((rx, other));
    assert!(poll(&waker, pin!(tx.closed())));
}

#[test]
fn fault_010_a_waker_that_uses_the_broadcast_does_not_deadlock() {
    let (tx, mut rx) = broadcast::channel(2);
    let mut other = tx.subscribe();
    let inner = tx.clone();
    let waker = hostile(move || {
        let mut receiver = inner.subscribe();
        let _ = poll_once(pin!(receiver.recv()));
        let _ = inner.send(1);
        let _ = poll_once(pin!(inner.closed()));
        drop(receiver.resubscribe());
    });
    for _ in 0..5 {
        while !matches!(other.try_recv(), Err(broadcast::error::TryRecvError::Empty)) {}
        while !matches!(rx.try_recv(), Err(broadcast::error::TryRecvError::Empty)) {}
        // What is sent while the waker is cloned is received.
        assert!(poll(&waker, pin!(rx.recv())));
        let _ = tx.send(2);
        assert!(poll(&waker, pin!(other.recv())));
        let _ = poll(&waker, pin!(rx.recv())) || poll(&waker, pin!(other.recv()));
    }
    drop((rx, other));
    assert!(poll(&waker, pin!(tx.closed())));
}

#[test]
fn fault_011_a_panicking_waker_keeps_nobody_asleep() {
    let bomb = bomb();
    let semaphore = RawSemaphore::new(0);
    let notify = Notify::new();
    let woken: Vec<Woken> = (0..100).map(|_| Woken::new()).collect();
    let mut acquiring: Vec<_> = (0..100).map(|_| Box::pin(semaphore.acquire(1))).collect();
    let mut notified: Vec<_> = (0..100).map(|_| Box::pin(notify.notified())).collect();
    for index in 0..100 {
        let waker = if index % 40 == 5 {
            &bomb
        } else {
            &woken[index].waker
        };
        assert!(!poll(waker, acquiring[index].as_mut()));
        assert!(!poll(waker, notified[index].as_mut()));
    }
    assert!(catch_unwind(AssertUnwindSafe(|| notify.notify_waiters())).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| semaphore.release(100))).is_err());
    for (index, woken) in woken.iter().enumerate() {
        assert_eq!(
            woken.times(),
            if index % 40 == 5 { 0 } else { 2 },
            "waiter {index}"
        );
    }
    assert!(
        acquiring
            .iter_mut()
            .all(|it| poll_once(it.as_mut()).is_ready())
    );
    assert!(
        notified
            .iter_mut()
            .all(|it| poll_once(it.as_mut()).is_ready())
    );
}

#[test]
fn fault_011_a_channel_closes_for_all_when_a_waker_panics() {
    let bomb = bomb();
    let (tx, mut rx) = mpsc::channel::<u8>(1);
    let held = tx.try_reserve().unwrap();
    let (sending, gone) = (Woken::new(), Woken::new());
    let mut first = pin!(tx.reserve());
    let mut second = pin!(tx.reserve());
    let mut closed = pin!(tx.closed());
    assert!(!poll(&bomb, first.as_mut()));
    assert!(sending.poll(second.as_mut()).is_pending());
    assert!(gone.poll(closed.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| rx.close())).is_err());
    assert_eq!((sending.times(), gone.times()), (1, 1));
    drop(held);
    assert_eq!(rx.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
}
