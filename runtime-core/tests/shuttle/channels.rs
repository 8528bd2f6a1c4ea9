//! Channels and locks between tasks on two workers, with futures that are given up half-way.

use std::sync::Arc;

use runtime_core::spawn::{spawn, yield_now};
use runtime_core::sync::broadcast::error::RecvError;
use runtime_core::sync::{
    Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, mpsc, oneshot, watch,
};

use super::{explore, give_up_after, outside, two_workers};

/// Faults 13, 79, 80.
#[test]
fn shuttle_mpsc_loses_nothing_when_either_side_gives_up() {
    explore(
        "shuttle_mpsc_loses_nothing_when_either_side_gives_up",
        || {
            let runtime = two_workers();
            let (send, mut receive) = mpsc::channel(1);
            let senders = [0, 10].map(|base| {
                let send = send.clone();
                runtime.spawn(async move {
                    for number in base..base + 3 {
                        // A place that was reserved and given up is somebody else's.
                        drop(give_up_after(1, send.reserve()).await);
                        send.send(number).await.expect("somebody receives");
                    }
                })
            });
            drop(send);
            let received = runtime.block_on(async {
                let mut received = Vec::new();
                loop {
                    match give_up_after(1, receive.recv()).await {
                        Some(Some(number)) => received.push(number),
                        Some(None) => break received,
                        None => yield_now().await,
                    }
                }
            });
            for sender in senders {
                runtime.block_on(sender).expect("it ends by itself");
            }
            let (low, high): (Vec<i32>, Vec<i32>) =
                received.iter().partition(|number| **number < 10);
            assert_eq!((&low[..], &high[..]), (&[0, 1, 2][..], &[10, 11, 12][..]));
        },
    );
}

/// Fault 79.
#[test]
fn shuttle_an_unbounded_channel_wakes_its_receiver() {
    explore("shuttle_an_unbounded_channel_wakes_its_receiver", || {
        let runtime = two_workers();
        let (send, mut receive) = mpsc::unbounded_channel();
        let other = send.clone();
        let thread = outside(move || (0..5).try_for_each(|number| other.send(number)));
        let sum = runtime.spawn(async move {
            let mut sum = 0;
            while let Some(number) = receive.recv().await {
                sum += number;
            }
            sum
        });
        send.send(100).expect("somebody receives");
        drop(send);
        assert_eq!(runtime.block_on(sum).expect("it ends by itself"), 110);
        thread
            .join()
            .expect("it does not panic")
            .expect("somebody receives");
    });
}

/// Fault 79.
#[test]
fn shuttle_broadcast_and_watch_reach_all() {
    explore("shuttle_broadcast_and_watch_reach_all", || {
        let runtime = two_workers();
        let (send, _) = broadcast::channel(2);
        let (set, seen) = watch::channel(0);
        let tasks = [(), ()].map(|()| {
            let (mut receive, mut seen) = (send.subscribe(), seen.clone());
            runtime.spawn(async move {
                let mut got = 0;
                loop {
                    match receive.recv().await {
                        Ok(_) => got += 1,
                        Err(RecvError::Lagged(missed)) => got += missed,
                        Err(RecvError::Closed) => break,
                    }
                }
                let last = *seen.wait_for(|value| *value == 3).await.expect("it is set");
                (got, last)
            })
        });
        let setter = runtime.spawn(async move {
            for value in 1..=3 {
                set.send(value).expect("somebody looks");
                send.send(value).expect("somebody receives");
                yield_now().await;
            }
        });
        runtime.block_on(setter).expect("it ends by itself");
        for task in tasks {
            assert_eq!(runtime.block_on(task).expect("it ends by itself"), (3, 3));
        }
    });
}

/// Faults 13, 79, 80.
#[test]
fn shuttle_permits_are_conserved_when_waiters_give_up() {
    explore("shuttle_permits_are_conserved_when_waiters_give_up", || {
        let runtime = two_workers();
        let semaphore = Arc::new(Semaphore::new(2));
        let lock = Arc::new(Mutex::new(0));
        let tasks = [1, 2, 2, 1].map(|wants| {
            let (semaphore, lock) = (Arc::clone(&semaphore), Arc::clone(&lock));
            runtime.spawn(async move {
                let given_up = give_up_after(1, semaphore.acquire_many(wants)).await;
                drop(given_up);
                let _permit = semaphore.acquire_many(wants).await.expect("it is open");
                drop(give_up_after(0, lock.lock()).await);
                let mut count = lock.lock().await;
                yield_now().await;
                *count += 1;
            })
        });
        for task in tasks {
            runtime.block_on(task).expect("it ends by itself");
        }
        assert_eq!(semaphore.available_permits(), 2);
        assert_eq!(*lock.blocking_lock(), 4);
    });
}

/// Faults 13, 79, 80.
#[test]
fn shuttle_a_notice_and_a_barrier_lose_nobody() {
    explore("shuttle_a_notice_and_a_barrier_lose_nobody", || {
        let runtime = two_workers();
        let (notify, barrier) = (Arc::new(Notify::new()), Arc::new(Barrier::new(3)));
        let tasks = [(), ()].map(|()| {
            let (notify, barrier) = (Arc::clone(&notify), Arc::clone(&barrier));
            runtime.spawn(async move {
                barrier.wait().await;
                // A notice to one who gives up is the next one's.
                if give_up_after(1, notify.notified()).await.is_none() {
                    notify.notified().await;
                }
            })
        });
        runtime.block_on(async {
            barrier.wait().await;
            let other = Arc::clone(&notify);
            let one = spawn(async move { other.notify_one() });
            notify.notify_one();
            one.await.expect("it ends by itself");
            for task in tasks {
                // Two notices may have been one: nobody waited for the first.
                while !task.is_finished() {
                    notify.notify_waiters();
                    yield_now().await;
                }
                task.await.expect("it ends by itself");
            }
        });
    });
}

/// Faults 13, 79, 80.
#[test]
fn shuttle_a_lock_for_readers_and_writers_is_conserved() {
    explore(
        "shuttle_a_lock_for_readers_and_writers_is_conserved",
        || {
            let runtime = two_workers();
            let lock = Arc::new(RwLock::new((0, 0)));
            let tasks = [true, false, true, false].map(|writes| {
                let lock = Arc::clone(&lock);
                runtime.spawn(async move {
                    // Who gives up lets those behind him in.
                    drop(give_up_after(0, lock.write()).await);
                    drop(give_up_after(1, lock.read()).await);
                    if writes {
                        let mut pair = lock.write().await;
                        pair.0 += 1;
                        yield_now().await;
                        pair.1 += 1;
                    } else {
                        let pair = lock.read().await;
                        let before = *pair;
                        yield_now().await;
                        assert_eq!(before, *pair, "nobody writes meanwhile");
                        assert_eq!(pair.0, pair.1);
                    }
                })
            });
            for task in tasks {
                runtime.block_on(task).expect("it ends by itself");
            }
            assert_eq!(*lock.try_write().expect("it is free"), (2, 2));
        },
    );
}

/// Faults 13, 79, 80.
#[test]
fn shuttle_a_cell_is_filled_once_although_its_initialisers_give_up() {
    explore(
        "shuttle_a_cell_is_filled_once_although_its_initialisers_give_up",
        || {
            let runtime = two_workers();
            let cell = Arc::new(OnceCell::new());
            let tasks = [1, 2, 3].map(|number| {
                let cell = Arc::clone(&cell);
                runtime.spawn(async move {
                    let makes = || async move {
                        yield_now().await;
                        number
                    };
                    let given_up = give_up_after(0, cell.get_or_init(makes)).await;
                    let given_up = given_up.copied();
                    let value = *cell.get_or_init(makes).await;
                    assert!(given_up.is_none_or(|before| before == value));
                    value
                })
            });
            let values = tasks.map(|task| runtime.block_on(task).expect("it ends by itself"));
            assert_eq!(values, [*cell.get().expect("it is filled"); 3]);
        },
    );
}

/// Faults 13, 79, 81.
#[test]
fn shuttle_a_value_is_sent_once_or_comes_back() {
    explore("shuttle_a_value_is_sent_once_or_comes_back", || {
        let runtime = two_workers();
        for gives_up in [true, false] {
            let (sender, receiver) = oneshot::channel();
            let (mut other, gone) = oneshot::channel::<()>();
            let receives = runtime.spawn(async move {
                let mut receiver = receiver;
                let received = give_up_after(1, &mut receiver).await;
                drop(gone);
                match received {
                    Some(value) => Some(value.expect("it is sent")),
                    None if gives_up => None,
                    None => Some(receiver.await.expect("it is sent")),
                }
            });
            let sends = runtime.spawn(async move {
                drop(give_up_after(0, other.closed()).await);
                let sent = sender.send(7);
                other.closed().await;
                sent
            });
            let received = runtime.block_on(receives).expect("it ends by itself");
            let sent = runtime.block_on(sends).expect("it ends by itself");
            match received {
                Some(value) => assert_eq!((value, sent), (7, Ok(()))),
                // Sent before the receiver went, or too late.
                None => assert!(gives_up && matches!(sent, Ok(()) | Err(7))),
            }
        }
    });
}
