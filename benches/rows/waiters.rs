//! One thing, and many tasks that wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::rt;
use super::rt::sync::{Notify, RwLock, Semaphore, broadcast, watch};
use super::rt::task::yield_now;
use super::support::{default_runtime, in_task};
use crate::row::{Body, Entry};

/// What a round comes to, whatever the number of waiters: notifications seen, permits taken.
const EVENTS: u64 = 10_000;
const PERMITS: usize = 5;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("notify_10", EVENTS, 20, || notify(10)),
        Entry::new("notify_100", EVENTS, 20, || notify(100)),
        Entry::new("notify_500", EVENTS, 20, || notify(500)),
        Entry::new("semaphore_10", EVENTS, 20, || semaphore(10)),
        Entry::new("semaphore_100", EVENTS, 20, || semaphore(100)),
        Entry::new("semaphore_500", EVENTS, 20, || semaphore(500)),
        Entry::new("rwlock_10", EVENTS, 20, || rwlock(10)),
        Entry::new("rwlock_100", EVENTS, 20, || rwlock(100)),
        Entry::new("rwlock_500", EVENTS, 20, || rwlock(500)),
        Entry::new("watch_10", EVENTS, 20, || watched(10)),
        Entry::new("watch_100", EVENTS, 20, || watched(100)),
        Entry::new("watch_500", EVENTS, 20, || watched(500)),
        Entry::new("broadcast_10", EVENTS, 20, || broadcasting(10)),
        Entry::new("broadcast_100", EVENTS, 20, || broadcasting(100)),
        Entry::new("broadcast_500", EVENTS, 20, || broadcasting(500)),
    ]
}

/// Where all waiters report, so that the next event finds them waiting again.
#[derive(Debug, Default)]
struct Arrivals {
    count: AtomicU64,
    complete: Notify,
}

impl Arrivals {
    fn arrive(&self, all: u64) {
        // AcqRel: the last one has seen what all others did before, and nobody comes twice before
        // the count begins anew.
        if self.count.fetch_add(1, Ordering::AcqRel) + 1 == all {
            // Relaxed: the notification below hands it on.
            self.count.store(0, Ordering::Relaxed);
            self.complete.notify_one();
        }
    }

    async fn all(&self) {
        self.complete.notified().await;
    }
}

/// `notify_waiters`, and all waiters wait again.
fn notify(waiters: u64) -> Body {
    in_task(default_runtime(), move || async move {
        let shared = Arc::new((Notify::new(), Arrivals::default()));
        let wait = |_| {
            let shared = Arc::clone(&shared);
            rt::spawn(async move {
                let (notify, arrivals) = &*shared;
                let mut next = notify.notified();
                for _ in 0..EVENTS / waiters {
                    arrivals.arrive(waiters);
                    next.await;
                    next = notify.notified();
                }
                arrivals.arrive(waiters);
            })
        };
        let handles: Vec<_> = (0..waiters).map(wait).collect();
        let (notify, arrivals) = &*shared;
        for _ in 0..EVENTS / waiters {
            arrivals.all().await;
            notify.notify_waiters();
        }
        arrivals.all().await;
        for handle in handles {
            handle.await.expect("a waiter does not panic");
        }
    })
}

/// Few permits, kept over a yield.
fn semaphore(waiters: u64) -> Body {
    in_task(default_runtime(), move || async move {
        let semaphore = Arc::new(Semaphore::new(PERMITS));
        let wait = |_| {
            let semaphore = Arc::clone(&semaphore);
            rt::spawn(async move {
                for _ in 0..EVENTS / waiters {
                    let permit = semaphore.acquire().await;
                    let _permit = permit.expect("it is never closed");
                    yield_now().await;
                }
            })
        };
        let handles: Vec<_> = (0..waiters).map(wait).collect();
        for handle in handles {
            handle.await.expect("a waiter does not panic");
        }
    })
}

/// Nine readings to one writing, each kept over a yield.
fn rwlock(waiters: u64) -> Body {
    in_task(default_runtime(), move || async move {
        let lock = Arc::new(RwLock::new(0_u64));
        let wait = |place: u64| {
            let lock = Arc::clone(&lock);
            rt::spawn(async move {
                for turn in 0..EVENTS / waiters {
                    if (place + turn) % 10 == 0 {
                        let mut value = lock.write().await;
                        *value += 1;
                        yield_now().await;
                    } else {
                        let _value = lock.read().await;
                        yield_now().await;
                    }
                }
            })
        };
        let handles: Vec<_> = (0..waiters).map(wait).collect();
        for handle in handles {
            handle.await.expect("a waiter does not panic");
        }
    })
}

/// Each value is seen by all before the next one is sent.
fn watched(waiters: u64) -> Body {
    in_task(default_runtime(), move || async move {
        let (sender, receiver) = watch::channel(0);
        let arrivals = Arc::new(Arrivals::default());
        for _ in 0..waiters {
            let (mut receiver, arrivals) = (receiver.clone(), Arc::clone(&arrivals));
            rt::spawn(async move {
                while receiver.changed().await.is_ok() {
                    // The mark of what has been seen.
                    let _value: u64 = *receiver.borrow_and_update();
                    arrivals.arrive(waiters);
                }
            });
        }
        for value in 1..=EVENTS / waiters {
            sender.send(value).expect("the receivers wait");
            arrivals.all().await;
        }
    })
}

/// Values in bundles of ten, each received by all before the next bundle is sent.
fn broadcasting(waiters: u64) -> Body {
    const BUNDLE: u64 = 10;
    in_task(default_runtime(), move || async move {
        let (sender, receiver) = broadcast::channel(16);
        let arrivals = Arc::new(Arrivals::default());
        for _ in 0..waiters {
            let (mut receiver, arrivals) = (receiver.resubscribe(), Arc::clone(&arrivals));
            rt::spawn(async move {
                while let Ok(value) = receiver.recv().await {
                    if value == BUNDLE {
                        arrivals.arrive(waiters);
                    }
                }
            });
        }
        drop(receiver);
        for _ in 0..EVENTS / waiters / BUNDLE {
            for value in 1..=BUNDLE {
                sender.send(value).expect("the receivers wait");
            }
            arrivals.all().await;
        }
    })
}
