//! Wakers that use the primitive they wait for when they are cloned, woken or dropped, and wakers
//! that panic.
#![allow(unsafe_code, reason = "a waker made by hand")]

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

use super::raw_semaphore::RawSemaphore;
use super::test_support::{Woken, poll_once};
use super::{Barrier, Mutex, Notify, RwLock, SetOnce, mpsc, oneshot};

/// What a hostile waker does each time it is touched.
type Act = Arc<dyn Fn() + Send + Sync>;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Acts, unless it was itself called by such an act.
fn act(act: &Act) {
    DEPTH.with(|depth| {
        if depth.get() == 0 {
            depth.set(1);
            act();
            depth.set(0);
        }
    });
}

/// A waker that acts when it is cloned, woken and dropped.
fn hostile(acts: impl Fn() + Send + Sync + 'static) -> Waker {
    fn raw(acts: Act) -> RawWaker {
        RawWaker::new(Box::into_raw(Box::new(acts)).cast::<()>(), &TABLE)
    }
    fn borrow<'a>(data: *const ()) -> &'a Act {
        // SAFETY: made in `raw`, freed only by `wake` and `drop`, which own it.
        unsafe { &*data.cast::<Act>() }
    }
    fn own(data: *const ()) -> Act {
        // SAFETY: as above, called once a waker.
        *unsafe { Box::from_raw(data.cast::<Act>().cast_mut()) }
    }
    static TABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            act(borrow(data));
            raw(Arc::clone(borrow(data)))
        },
        |data| act(&own(data)),
        |data| act(borrow(data)),
        |data| act(&own(data)),
    );
    // SAFETY: the table clones into a new box and frees each box once; `Act` is Send and Sync.
    unsafe { Waker::from_raw(raw(Arc::new(acts))) }
}

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

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a waker's panic");
    }
}

#[test]
fn fault_011_a_panicking_waker_keeps_nobody_asleep() {
    let bomb = Waker::from(Arc::new(Bomb));
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
    let bomb = Waker::from(Arc::new(Bomb));
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
