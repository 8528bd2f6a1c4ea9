//! The same questions to everything in memory that a task waits for: which of its wakers is woken,
//! which are kept, and what becomes of its turn when the budget of the poll is spent.
//!
//! A row is a future that waits, and the event that it waits for.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt, duplex};
use runtime::runtime::{Builder, Runtime};
use runtime::sync::{
    Barrier, CancellationToken, Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce, broadcast,
    mpsc, oneshot, watch,
};
use runtime::task::{JoinSet, coop, yield_now};
use runtime::time::sleep;

use crate::support::{Watchdog, keep};

type Waiting = Pin<Box<dyn Future<Output = ()>>>;
type Event = Box<dyn FnOnce(&Runtime)>;

struct Row(&'static str, fn(&Runtime) -> (Waiting, Event));

/// A future of a sleeping thing's own: it borrows nothing.
fn waiting(future: impl Future<Output = ()> + 'static) -> Waiting {
    Box::pin(future)
}

fn event(event: impl FnOnce() + 'static) -> Event {
    Box::new(move |_| event())
}

/// The locks.
const LOCKS: [Row; 7] = [
    Row("Mutex::lock", |_| {
        let lock = Arc::new(Mutex::new(()));
        let held = Arc::clone(&lock).try_lock_owned().expect("it is free");
        let waits = async move { drop(lock.lock().await) };
        (waiting(waits), event(move || drop(held)))
    }),
    Row("RwLock::read", |_| {
        let lock = Arc::new(RwLock::new(()));
        let held = Arc::clone(&lock).try_write_owned().expect("it is free");
        let waits = async move { drop(lock.read().await) };
        (waiting(waits), event(move || drop(held)))
    }),
    Row("RwLock::write", |_| {
        let lock = Arc::new(RwLock::new(()));
        let held = Arc::clone(&lock).try_read_owned().expect("it is free");
        let waits = async move { drop(lock.write().await) };
        (waiting(waits), event(move || drop(held)))
    }),
    Row("Semaphore::acquire", |_| {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = Arc::clone(&semaphore);
        let waits = async move { drop(other.acquire_many(2).await) };
        (waiting(waits), event(move || semaphore.add_permits(2)))
    }),
    Row("OnceCell::get_or_init", |_| {
        let cell = Arc::new(OnceCell::new());
        let (first, second) = (Arc::clone(&cell), cell);
        let (sender, receiver) = oneshot::channel();
        let mut initialises = waiting(async move {
            first
                .get_or_init(|| async { receiver.await.expect("it is sent") })
                .await;
        });
        assert!(poll(&mut initialises, Waker::noop()).is_pending());
        let waits = async move {
            second.get_or_init(|| async { unreachable!() }).await;
        };
        let ends = move || {
            sender.send(1).expect("somebody waits");
            assert!(poll(&mut initialises, Waker::noop()).is_ready());
        };
        (waiting(waits), event(ends))
    }),
    Row("Barrier::wait", |_| {
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let waits = async move { assert!(!barrier.wait().await.is_leader()) };
        let ends = move || {
            assert!(now(other.wait()).is_some_and(|it| it.is_leader()));
        };
        (waiting(waits), event(ends))
    }),
    Row("SetOnce::wait", |_| {
        let cell = Arc::new(SetOnce::new());
        let other = Arc::clone(&cell);
        let waits = async move { assert_eq!(*cell.wait().await, 1) };
        (
            waiting(waits),
            event(move || other.set(1).expect("it is empty")),
        )
    }),
];

/// The channels.
const CHANNELS: [Row; 11] = [
    Row("mpsc::Receiver::recv", |_| {
        let (sender, mut receiver) = mpsc::channel(1);
        let waits = async move { assert_eq!(receiver.recv().await, Some(1)) };
        (
            waiting(waits),
            event(move || sender.try_send(1).expect("there is room")),
        )
    }),
    Row("mpsc::UnboundedReceiver::recv", |_| {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let waits = async move { assert_eq!(receiver.recv().await, Some(1)) };
        (
            waiting(waits),
            event(move || sender.send(1).expect("somebody receives")),
        )
    }),
    Row("mpsc::Sender::reserve", |_| {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(1).expect("there is room");
        let waits = async move { drop(sender.reserve().await.expect("it is open")) };
        let ends = move || {
            assert_eq!(receiver.try_recv(), Ok(1));
            keep(receiver);
        };
        (waiting(waits), event(ends))
    }),
    Row("mpsc::Sender::closed", |_| {
        let (sender, receiver) = mpsc::channel::<()>(1);
        let waits = async move { sender.closed().await };
        (waiting(waits), event(move || drop(receiver)))
    }),
    Row("oneshot::Receiver", |_| {
        let (sender, receiver) = oneshot::channel();
        let waits = async move { assert_eq!(receiver.await, Ok(1)) };
        (
            waiting(waits),
            event(move || sender.send(1).expect("somebody waits")),
        )
    }),
    Row("oneshot::Sender::closed", |_| {
        let (mut sender, receiver) = oneshot::channel::<()>();
        let waits = async move { sender.closed().await };
        (waiting(waits), event(move || drop(receiver)))
    }),
    Row("broadcast::Receiver::recv", |_| {
        let (sender, mut receiver) = broadcast::channel(1);
        let waits = async move { assert_eq!(receiver.recv().await, Ok(1)) };
        let ends = move || assert_eq!(sender.send(1).expect("somebody receives"), 1);
        (waiting(waits), event(ends))
    }),
    Row("watch::Receiver::changed", |_| {
        let (sender, mut receiver) = watch::channel(0);
        let waits = async move { receiver.changed().await.expect("it is open") };
        let ends = move || {
            sender.send(1).expect("somebody looks");
            keep(sender);
        };
        (waiting(waits), event(ends))
    }),
    Row("watch::Receiver::wait_for", |_| {
        let (sender, mut receiver) = watch::channel(0);
        let waits = async move { drop(receiver.wait_for(|value| *value == 1).await) };
        let ends = move || {
            sender.send(1).expect("somebody looks");
            keep(sender);
        };
        (waiting(waits), event(ends))
    }),
    Row("Notify::notified", |_| {
        let notify = Arc::new(Notify::new());
        let other = Arc::clone(&notify);
        let waits = async move { notify.notified().await };
        (waiting(waits), event(move || other.notify_one()))
    }),
    Row("CancellationToken::cancelled", |_| {
        let token = CancellationToken::new();
        let other = token.clone();
        let waits = async move { other.cancelled().await };
        (waiting(waits), event(move || token.cancel()))
    }),
];

/// Tasks, time, and pipes in memory.
const OTHERS: [Row; 5] = [
    Row("JoinHandle", |runtime| {
        let (sender, receiver) = oneshot::channel::<()>();
        let task = runtime.spawn(receiver);
        let waits = async move { drop(task.await.expect("it ends by itself")) };
        (waiting(waits), Box::new(move |it| in_turns(it, sender)))
    }),
    Row("JoinSet::join_next", |runtime| {
        let (sender, receiver) = oneshot::channel::<()>();
        let mut set = JoinSet::new();
        set.spawn_on(receiver, runtime.handle());
        let waits = async move { drop(set.join_next().await.expect("one is in it")) };
        (waiting(waits), Box::new(move |it| in_turns(it, sender)))
    }),
    Row("sleep", |runtime| {
        let _inside = runtime.enter();
        let sleep_a_moment = sleep(Duration::from_millis(5));
        let ends: Event =
            Box::new(|it| it.block_on(async { sleep(Duration::from_millis(10)).await }));
        (waiting(sleep_a_moment), ends)
    }),
    Row("DuplexStream::read", |_| {
        let (mut near, mut far) = duplex(8);
        let waits = async move { assert_eq!(near.read_u8().await.expect("a byte"), 7) };
        let ends = move || {
            assert!(now(far.write_u8(7)).is_some_and(|it| it.is_ok()));
            keep(far);
        };
        (waiting(waits), event(ends))
    }),
    Row("DuplexStream::write", |_| {
        let (mut near, mut far) = duplex(1);
        assert!(now(near.write_u8(7)).is_some_and(|it| it.is_ok()));
        let waits = async move { near.write_u8(8).await.expect("room comes") };
        let ends = move || {
            assert!(now(far.read_u8()).is_some_and(|it| it.is_ok()));
            keep(far);
        };
        (waiting(waits), event(ends))
    }),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    LOCKS.iter().chain(&CHANNELS).chain(&OTHERS)
}

fn poll(future: &mut Waiting, waker: &Waker) -> Poll<()> {
    future.as_mut().poll(&mut Context::from_waker(waker))
}

/// Its output, if it is ready at its first poll.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Ends the task that waits for it, on a runtime that only we drive.
fn in_turns(runtime: &Runtime, sender: oneshot::Sender<()>) {
    sender.send(()).expect("the task waits");
    runtime.block_on(async {
        for _ in 0..4 {
            yield_now().await;
        }
    });
}

/// A waker that counts.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Relaxed: a count, read by the thread that wakes.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Woken(Arc<Count>, Waker);

impl Woken {
    fn new() -> Woken {
        let count = Arc::new(Count::default());
        Woken(Arc::clone(&count), Waker::from(count))
    }

    fn times(&self) -> usize {
        // Relaxed: as above.
        self.0.0.load(Ordering::Relaxed)
    }

    /// How many clones of the waker are kept somewhere.
    fn kept(&self) -> usize {
        Arc::strong_count(&self.0) - 2
    }
}

fn alone() -> Runtime {
    let runtime = Builder::new_current_thread().build();
    runtime.expect("a runtime")
}

/// Who polls with another waker is woken by that one; the one before is given back at once.
#[test]
fn fault_012_the_last_waker_counts_and_the_one_before_is_released() {
    let _watchdog = Watchdog::new();
    let runtime = alone();
    for Row(name, make) in rows() {
        let (mut waits, happens) = make(&runtime);
        let [first, last] = [Woken::new(), Woken::new()];
        for woken in [&first, &last, &first, &last] {
            assert!(poll(&mut waits, &woken.1).is_pending(), "{name}");
        }
        assert_eq!((first.kept(), last.kept()), (0, 1), "{name}: kept");
        happens(&runtime);
        assert_eq!((first.times(), last.times()), (0, 1), "{name}: woken");
        assert!(poll(&mut waits, &last.1).is_ready(), "{name}");
        drop(waits);
        assert_eq!((first.kept(), last.kept()), (0, 0), "{name}: at the end");
    }
}

/// Runs `poll` where the budget is spent.
fn without_budget<T>(runtime: &Runtime, poll: impl FnOnce() -> T) -> T {
    let mut poll = Some(poll);
    runtime.block_on(poll_fn(|cx| {
        while let Poll::Ready(unit) = coop::poll_proceed(cx) {
            unit.made_progress();
        }
        let poll = poll.take().expect("it is ready at once");
        Poll::Ready(poll())
    }))
}

/// What is ready waits for the task's next turn, and asks for it; then it is there.
#[test]
fn fault_025_a_poll_with_a_spent_budget_asks_for_another_turn_and_loses_nothing() {
    let _watchdog = Watchdog::new();
    let runtime = alone();
    for Row(name, make) in rows() {
        let (mut waits, happens) = make(&runtime);
        let [first, poor] = [Woken::new(), Woken::new()];
        assert!(poll(&mut waits, &first.1).is_pending(), "{name}");
        happens(&runtime);
        assert_eq!(first.times(), 1, "{name}");
        let polled = without_budget(&runtime, || poll(&mut waits, &poor.1));
        assert_eq!((polled, poor.times()), (Poll::Pending, 1), "{name}");
        assert!(poll(&mut waits, &poor.1).is_ready(), "{name}");
    }
}

/// Two that wait for one thing in turn, and what lets the first of them go on.
type InTurn = fn() -> ([Waiting; 2], Event);

const IN_TURN: [(&str, InTurn); 6] = [
    ("Mutex", || {
        let lock = Arc::new(Mutex::new(()));
        let held = Arc::clone(&lock).try_lock_owned().expect("it is free");
        let waits = || {
            let lock = Arc::clone(&lock);
            waiting(async move { keep(lock.lock_owned().await) })
        };
        ([waits(), waits()], event(move || drop(held)))
    }),
    ("RwLock", || {
        let lock = Arc::new(RwLock::new(()));
        let held = Arc::clone(&lock).try_read_owned().expect("it is free");
        let waits = || {
            let lock = Arc::clone(&lock);
            waiting(async move { keep(lock.write_owned().await) })
        };
        ([waits(), waits()], event(move || drop(held)))
    }),
    ("Semaphore", || {
        let semaphore = Arc::new(Semaphore::new(0));
        let waits = || {
            let semaphore = Arc::clone(&semaphore);
            waiting(async move { keep(semaphore.acquire_owned().await) })
        };
        let both = [waits(), waits()];
        (both, event(move || semaphore.add_permits(1)))
    }),
    ("mpsc::Sender::reserve", || {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(1).expect("there is room");
        let waits = || {
            let sender = sender.clone();
            waiting(async move { keep(sender.reserve_owned().await) })
        };
        let both = [waits(), waits()];
        let ends = move || {
            assert_eq!(receiver.try_recv(), Ok(1));
            keep((receiver, sender));
        };
        (both, event(ends))
    }),
    ("mpsc::Sender::send", || {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(1).expect("there is room");
        let waits = || {
            let sender = sender.clone();
            waiting(async move { sender.send(2).await.expect("it is open") })
        };
        let both = [waits(), waits()];
        let ends = move || {
            assert_eq!(receiver.try_recv(), Ok(1));
            keep((receiver, sender));
        };
        (both, event(ends))
    }),
    ("Notify", || {
        let notify = Arc::new(Notify::new());
        let waits = || {
            let notify = Arc::clone(&notify);
            waiting(async move { notify.notified().await })
        };
        let both = [waits(), waits()];
        (both, event(move || notify.notify_one()))
    }),
];

/// A poll without budget in between does not put a waiter behind who came later.
#[test]
fn fault_025_who_is_polled_with_a_spent_budget_keeps_his_place() {
    let _watchdog = Watchdog::new();
    let runtime = alone();
    for (name, make) in IN_TURN {
        let ([mut first, mut second], happens) = make();
        let woken = [Woken::new(), Woken::new()];
        assert!(poll(&mut first, &woken[0].1).is_pending(), "{name}");
        let polled = without_budget(&runtime, || poll(&mut first, &woken[0].1));
        assert!(polled.is_pending(), "{name}");
        assert!(poll(&mut second, &woken[1].1).is_pending(), "{name}");
        happens(&runtime);
        assert_eq!(woken[1].times(), 0, "{name}: the second is woken");
        assert!(woken[0].times() > 0, "{name}: the first is not woken");
        assert!(poll(&mut second, &woken[1].1).is_pending(), "{name}");
        assert!(poll(&mut first, &woken[0].1).is_ready(), "{name}");
    }
}
