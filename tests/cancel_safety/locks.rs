//! Locks, counts and one-time events.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::sync::Arc;

use runtime::sync::futures::Notified;
use runtime::sync::{
    Barrier, CancellationToken, Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce,
};

use super::Case;
use super::drive::{case, lossless, nothing, poll_once};
use super::places::place_lost;
use crate::support::lend;

const RWLOCK: &str = "core: sync/rwlock";
const SEMAPHORE: &str = "core: sync/semaphore";
const CANCELLATION: &str = "core: sync/cancellation";

pub(crate) const CASES: &[Case] = &[
    ("core: sync/barrier", "Barrier::wait", barrier),
    (CANCELLATION, "CancellationToken::cancelled", cancelled),
    (
        CANCELLATION,
        "CancellationToken::cancelled_owned",
        cancelled_owned,
    ),
    (
        CANCELLATION,
        "CancellationToken::run_until_cancelled",
        run_until_cancelled,
    ),
    (
        CANCELLATION,
        "CancellationToken::run_until_cancelled_owned",
        run_until_cancelled_owned,
    ),
    ("core: sync/mutex", "Mutex::lock", || {
        mutex(async |it| guard(it.lock().await))
    }),
    ("core: sync/mutex", "Mutex::lock_owned", || {
        mutex(async |it| guard(Arc::clone(it).lock_owned().await));
    }),
    ("core: sync/notify", "Notify::notified", || {
        notify(async |it| it.notified().await)
    }),
    ("core: sync/notify", "Notify::notified_owned", || {
        notify(async |it| Arc::clone(it).notified_owned().await);
    }),
    ("core: sync/once_cell", "OnceCell::get_or_init", get_or_init),
    (
        "core: sync/once_cell",
        "OnceCell::get_or_try_init",
        get_or_try_init,
    ),
    (RWLOCK, "RwLock::read", || {
        rwlock(async |it| guard(it.read().await))
    }),
    (RWLOCK, "RwLock::read_owned", || {
        rwlock(async |it| guard(Arc::clone(it).read_owned().await));
    }),
    (RWLOCK, "RwLock::write", || {
        rwlock(async |it| guard(it.write().await))
    }),
    (RWLOCK, "RwLock::write_owned", || {
        rwlock(async |it| guard(Arc::clone(it).write_owned().await));
    }),
    (SEMAPHORE, "Semaphore::acquire", || {
        semaphore(1, async |it| it.acquire().await.expect("open").forget());
    }),
    (SEMAPHORE, "Semaphore::acquire_many", || {
        semaphore(2, async |it| {
            it.acquire_many(2).await.expect("open").forget()
        });
    }),
    (SEMAPHORE, "Semaphore::acquire_owned", || {
        semaphore(1, async |it| {
            Arc::clone(it).acquire_owned().await.expect("open").forget()
        });
    }),
    (SEMAPHORE, "Semaphore::acquire_many_owned", || {
        semaphore(2, async |it| {
            Arc::clone(it)
                .acquire_many_owned(2)
                .await
                .expect("open")
                .forget();
        });
    }),
    ("core: sync/set_once", "SetOnce::wait", set_once),
];

/// A guard of whatever kind, which lives as long as the process if need be.
type Guard = Box<dyn Any>;

fn guard(it: impl Any) -> Guard {
    Box::new(it)
}

/// A lock that lives for ever, and whoever has it.
type Held<L> = (&'static Arc<L>, RefCell<Vec<Guard>>);

fn held<L: Any + Send + Sync>(lock: L, take: impl FnOnce(&'static Arc<L>) -> Guard) -> Held<L> {
    let lock = lend(Arc::new(lock));
    (lock, RefCell::new(vec![take(lock)]))
}

fn release<L>((_, guards): &Held<L>) {
    drop(guards.borrow_mut().pop().expect("somebody has it"));
}

fn mutex(lock: impl AsyncFn(&'static Arc<Mutex<()>>) -> Guard) {
    place_lost(
        || held(Mutex::new(()), |it| guard(it.try_lock().expect("free"))),
        release,
        async |(it, guards)| {
            let guard = lock(it).await;
            guards.borrow_mut().push(guard);
        },
    );
}

/// With one share, so that readers come one by one too.
fn rwlock(lock: impl AsyncFn(&'static Arc<RwLock<()>>) -> Guard) {
    place_lost(
        || {
            let one_share = RwLock::with_max_readers((), 1);
            held(one_share, |it| guard(it.try_write().expect("free")))
        },
        release,
        async |(it, guards)| {
            let guard = lock(it).await;
            guards.borrow_mut().push(guard);
        },
    );
}

fn notify(wait: impl AsyncFn(&Arc<Notify>)) {
    place_lost(|| Arc::new(Notify::new()), |it| it.notify_one(), wait);
}

fn semaphore(permits: usize, acquire: impl AsyncFn(&Arc<Semaphore>)) {
    place_lost(
        || Arc::new(Semaphore::new(0)),
        |it| it.add_permits(permits),
        acquire,
    );
}

/// The first poll is an arrival: the next who comes does not wait.
fn barrier() {
    case(
        async || (Barrier::new(2), ()),
        &[],
        async |barrier: &mut Barrier| barrier.wait().await.is_leader(),
        async |barrier, (), dropped| {
            assert!(dropped.output.is_none(), "nobody else came");
            let next = poll_once(pin!(barrier.wait())).await;
            assert_eq!(next.is_some(), dropped.polls > 0);
        },
    );
}

fn cancelled() {
    lossless(
        async || {
            let token = CancellationToken::new();
            (token.clone(), token)
        },
        &[|token: &mut CancellationToken| token.cancel()],
        async |token: &mut CancellationToken| token.cancelled().await,
        (),
        nothing,
    );
}

fn cancelled_owned() {
    lossless(
        async || {
            let token = CancellationToken::new();
            (token.clone(), token)
        },
        &[|token: &mut CancellationToken| token.cancel()],
        async |token: &mut CancellationToken| token.clone().cancelled_owned().await,
        (),
        nothing,
    );
}

/// A token that is not cancelled beside a future that waits for a notification.
fn beside_a_token(run: impl AsyncFn(&CancellationToken, Notified<'_>) -> Option<()>) {
    lossless(
        async || {
            let notify = Arc::new(Notify::new());
            ((CancellationToken::new(), Arc::clone(&notify)), notify)
        },
        &[|notify: &mut Arc<Notify>| notify.notify_one()],
        async |(token, notify): &mut (CancellationToken, Arc<Notify>)| {
            run(token, notify.notified()).await
        },
        Some(()),
        nothing,
    );
}

fn run_until_cancelled() {
    beside_a_token(async |token, notified| token.run_until_cancelled(notified).await);
}

fn run_until_cancelled_owned() {
    beside_a_token(async |token, notified| token.clone().run_until_cancelled_owned(notified).await);
}

/// A cell, how often its value was made, and what its maker waits for.
type Making = (OnceCell<u8>, Cell<u32>, Arc<Notify>);

async fn cell() -> (Making, Arc<Notify>) {
    let notify = Arc::new(Notify::new());
    ((OnceCell::new(), Cell::new(0), Arc::clone(&notify)), notify)
}

async fn made(made: &Cell<u32>, notify: &Notify) -> u8 {
    notify.notified().await;
    made.set(made.get() + 1);
    5
}

#[track_caller]
fn made_once((cell, made, _): &mut Making, _: &mut Arc<Notify>) {
    assert_eq!((cell.get(), made.get()), (Some(&5), 1));
}

fn get_or_init() {
    lossless(
        cell,
        &[|notify: &mut Arc<Notify>| notify.notify_one()],
        async |(cell, count, notify): &mut Making| *cell.get_or_init(|| made(count, notify)).await,
        5,
        made_once,
    );
    // Another who waits makes it.
    case(
        cell,
        &[|notify: &mut Arc<Notify>| notify.notify_one()],
        async |(cell, count, notify): &mut Making| {
            cell.get_or_init(|| made(count, notify)).await;
        },
        async |making, notify, _| {
            let (cell, count, _) = &*making;
            notify.notify_one();
            assert_eq!(cell.get_or_init(|| made(count, notify)).await, &5);
            made_once(making, notify);
        },
    );
}

fn get_or_try_init() {
    lossless(
        cell,
        &[|notify: &mut Arc<Notify>| notify.notify_one()],
        async |(cell, count, notify): &mut Making| {
            let make = async || Ok::<u8, ()>(made(count, notify).await);
            cell.get_or_try_init(make).await.copied()
        },
        Ok(5),
        made_once,
    );
}

fn set_once() {
    lossless(
        async || {
            let cell = Arc::new(SetOnce::new());
            (Arc::clone(&cell), cell)
        },
        &[|cell: &mut Arc<SetOnce<u8>>| cell.set(3).expect("the first")],
        async |cell: &mut Arc<SetOnce<u8>>| *cell.wait().await,
        3,
        nothing,
    );
}
