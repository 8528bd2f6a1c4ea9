//! Tasks, sets of them, the budget, timers.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use runtime::sync::{Notify, Semaphore};
use runtime::task::{JoinHandle, JoinSet, LocalSet, coop, unconstrained, yield_now};
use runtime::time::{self, Instant, Interval, MissedTickBehavior};

use super::Case;
use super::drive::{case, lossless, nothing};

const SET: &str = "core: join_set";

pub(crate) const CASES: &[Case] = &[
    ("core: coop/face", "consume_budget", || {
        stateless(async || coop::consume_budget().await)
    }),
    ("core: coop/face", "cooperative", || {
        around(async |it| coop::cooperative(it.notified()).await)
    }),
    ("core: coop/face", "unconstrained", || {
        around(async |it| unconstrained(it.notified()).await)
    }),
    (SET, "JoinSet::join_next", join_next),
    (SET, "JoinSet::join_next_with_id", join_next_with_id),
    (SET, "JoinSet::shutdown", shutdown),
    (SET, "JoinSet::join_all", join_all),
    ("core: local_set", "LocalSet", local_set),
    ("core: local_set", "LocalSet::run_until", run_until),
    ("core: spawn", "yield_now", || {
        stateless(async || yield_now().await)
    }),
    ("core: task/join", "JoinHandle", join_handle),
    ("core: task_local", "LocalKey::scope", scope),
    ("core: time/interval", "Interval::tick", tick),
    ("core: time/pause", "advance", advance),
    ("core: time/sleep", "sleep", || {
        asleep(async |it| time::sleep(it.saturating_duration_since(Instant::now())).await);
    }),
    ("core: time/sleep", "sleep_until", || {
        asleep(async |it| time::sleep_until(it).await)
    }),
    ("core: time/timeout", "timeout", || {
        around(async |it| {
            time::timeout(FOR_EVER, it.notified())
                .await
                .expect("in time")
        });
    }),
    ("core: time/timeout", "timeout_at", || {
        around(async |it| {
            let deadline = Instant::now() + FOR_EVER;
            time::timeout_at(deadline, it.notified())
                .await
                .expect("in time");
        });
    }),
];

const FOR_EVER: Duration = Duration::from_secs(3600);

fn stateless(op: impl AsyncFn()) {
    lossless(
        async || ((), ()),
        &[],
        async |(): &mut ()| op().await,
        (),
        nothing,
    );
}

/// What is wrapped around a future adds no loss of its own: the notification is there for the next.
fn around(op: impl AsyncFn(&Notify)) {
    lossless(
        async || {
            let notify = Arc::new(Notify::new());
            (Arc::clone(&notify), notify)
        },
        &[|notify: &mut Arc<Notify>| notify.notify_one()],
        async |notify: &mut Arc<Notify>| op(notify).await,
        (),
        nothing,
    );
}

/// Two tasks, each of which ends by one permit with a number of its own.
async fn two_tasks() -> ((JoinSet<u8>, Vec<u8>), Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let mut set = JoinSet::new();
    for number in [1, 2] {
        let permits = Arc::clone(&permits);
        set.spawn(async move {
            permits.acquire().await.expect("open").forget();
            number
        });
    }
    ((set, Vec::new()), permits)
}

fn join_next() {
    case(
        two_tasks,
        &[
            |permits: &mut Arc<Semaphore>| permits.add_permits(1),
            |permits| permits.add_permits(1),
        ],
        async |(set, _): &mut (JoinSet<u8>, Vec<u8>)| set.join_next().await,
        async |(set, seen), _, dropped| {
            seen.extend(
                dropped
                    .output
                    .flatten()
                    .map(|joined| joined.expect("it ends")),
            );
            while let Some(joined) = set.join_next().await {
                seen.push(joined.expect("it ends"));
            }
            seen.sort_unstable();
            assert_eq!(*seen, [1, 2]);
        },
    );
}

fn join_next_with_id() {
    case(
        two_tasks,
        &[
            |permits: &mut Arc<Semaphore>| permits.add_permits(1),
            |permits| permits.add_permits(1),
        ],
        async |(set, _): &mut (JoinSet<u8>, Vec<u8>)| set.join_next_with_id().await,
        async |(set, seen), _, dropped| {
            seen.extend(
                dropped
                    .output
                    .flatten()
                    .map(|joined| joined.expect("it ends").1),
            );
            while let Some(joined) = set.join_next_with_id().await {
                seen.push(joined.expect("it ends").1);
            }
            seen.sort_unstable();
            assert_eq!(*seen, [1, 2]);
        },
    );
}

/// The first poll aborts them; who calls again waits for the rest.
fn shutdown() {
    case(
        two_tasks,
        &[],
        async |(set, _): &mut (JoinSet<u8>, Vec<u8>)| set.shutdown().await,
        async |(set, _), permits, dropped| {
            if dropped.polls > 0 {
                while let Some(joined) = set.try_join_next() {
                    assert!(joined.expect_err("aborted").is_cancelled());
                }
            }
            set.shutdown().await;
            assert!(set.is_empty());
            assert_eq!(Arc::strong_count(permits), 1, "no task is left");
        },
    );
}

/// The set goes with the future: its tasks end, and their outputs are gone.
fn join_all() {
    case(
        async || {
            let ((set, _), permits) = two_tasks().await;
            (Cell::new(Some(set)), permits)
        },
        &[
            |permits: &mut Arc<Semaphore>| permits.add_permits(1),
            |permits| permits.add_permits(1),
        ],
        async |set: &mut Cell<Option<JoinSet<u8>>>| {
            let mut all = set.take().expect("once").join_all().await;
            all.sort_unstable();
            all
        },
        async |set, permits, dropped| {
            match dropped.output {
                Some(all) => assert_eq!(all, [1, 2]),
                None => assert_eq!(set.take().is_some(), dropped.polls == 0),
            }
            while Arc::strong_count(permits) > 1 {
                yield_now().await;
            }
        },
    );
}

fn local_set() {
    case(
        async || {
            let (set, permits, count) =
                (LocalSet::new(), Rc::new(Semaphore::new(0)), Rc::default());
            for _ in 0..2 {
                let (permits, count): (_, Rc<Cell<u32>>) = (Rc::clone(&permits), Rc::clone(&count));
                set.spawn_local(async move {
                    permits.acquire().await.expect("open").forget();
                    count.set(count.get() + 1);
                });
            }
            ((set, count), permits)
        },
        &[
            |permits: &mut Rc<Semaphore>| permits.add_permits(1),
            |permits| permits.add_permits(1),
        ],
        async |(set, _): &mut (LocalSet, Rc<Cell<u32>>)| set.await,
        async |(set, count), _, _| {
            set.await;
            assert_eq!(count.get(), 2);
        },
    );
}

fn run_until() {
    case(
        async || {
            let (set, notify) = (LocalSet::new(), Arc::new(Notify::new()));
            let task = Arc::clone(&notify);
            let task = set.spawn_local(async move { task.notified().await });
            ((set, Arc::clone(&notify), task), notify)
        },
        &[
            |notify: &mut Arc<Notify>| notify.notify_one(),
            |notify| notify.notify_one(),
        ],
        async |(set, notify, _): &mut (LocalSet, Arc<Notify>, JoinHandle<()>)| {
            set.run_until(notify.notified()).await;
        },
        async |(set, notify, task), _, dropped| {
            // Two notifications are stored as one if nobody waited: one more is never too few.
            notify.notify_one();
            if dropped.output.is_none() {
                set.run_until(notify.notified()).await;
                notify.notify_one();
            }
            set.run_until(task).await.expect("the task lost nothing");
        },
    );
}

fn join_handle() {
    lossless(
        async || {
            let notify = Arc::new(Notify::new());
            let task = Arc::clone(&notify);
            let handle = runtime::spawn(async move {
                task.notified().await;
                4
            });
            (handle, notify)
        },
        &[|notify: &mut Arc<Notify>| notify.notify_one()],
        async |handle: &mut JoinHandle<u8>| handle.await.expect("it ends"),
        4,
        nothing,
    );
}

runtime::task_local! {
    static VALUE: Rc<()>;
}

fn scope() {
    around(async |notify| VALUE.scope(Rc::default(), notify.notified()).await);
    case(
        async || (Rc::new(()), Notify::new()),
        &[|notify: &mut Notify| notify.notify_one()],
        async |value: &mut Rc<()>| {
            VALUE
                .scope(Rc::clone(value), std::future::pending::<()>())
                .await
        },
        async |value, _, _| assert_eq!(Rc::strong_count(value), 1, "it went with the future"),
    );
}

/// Each tick comes once: the one that was waited for in vain is the next call's.
fn tick() {
    case(
        async || {
            let start = Instant::now() + Duration::from_micros(200);
            let mut interval = time::interval_at(start, Duration::from_micros(100));
            interval.set_missed_tick_behavior(MissedTickBehavior::Burst);
            (interval, start)
        },
        &[|_| ()],
        async |interval: &mut Interval| interval.tick().await,
        async |interval, start, dropped| {
            let first = match dropped.output {
                Some(first) => first,
                None => interval.tick().await,
            };
            assert_eq!(first, *start);
            assert_eq!(interval.tick().await, *start + Duration::from_micros(100));
        },
    );
}

/// The clock can be moved with `test-util` only.
#[cfg(not(feature = "test-util"))]
fn advance() {}

/// The first poll moves the clock, by itself.
#[cfg(feature = "test-util")]
fn advance() {
    let runtime = runtime::runtime::Builder::new_current_thread()
        .start_paused(true)
        .build();
    let runtime = runtime.expect("a runtime");
    for polls in 0..3 {
        runtime.block_on(async {
            let before = Instant::now();
            {
                let mut moving = std::pin::pin!(time::advance(FOR_EVER));
                let mut ended = false;
                for _ in 0..polls {
                    ended = ended || super::drive::poll_once(moving.as_mut()).await.is_some();
                }
            }
            let moved = if polls == 0 { Duration::ZERO } else { FOR_EVER };
            assert_eq!(before.elapsed(), moved);
            time::advance(FOR_EVER).await;
            assert_eq!(before.elapsed(), moved + FOR_EVER);
        });
    }
}

fn asleep(op: impl AsyncFn(Instant)) {
    lossless(
        async || (Instant::now() + Duration::from_micros(300), ()),
        &[|()| ()],
        async |until: &mut Instant| {
            op(*until).await;
            Instant::now() >= *until
        },
        true,
        nothing,
    );
}
