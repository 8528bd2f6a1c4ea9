//! Channels and locks between tasks on two workers, with futures that are given up half-way.

use std::sync::Arc;

use runtime_core::spawn::{spawn, yield_now};
use runtime_core::sync::broadcast::error::RecvError;
use runtime_core::sync::{Barrier, Mutex, Notify, Semaphore, broadcast, mpsc, watch};

use super::{explore, give_up_after, outside, two_workers};

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
