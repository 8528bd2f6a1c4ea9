//! Values from task to task.

use smol::channel::{Receiver, Sender, bounded, unbounded};

use super::{Pool, in_task};
use crate::row::{Body, Entry};

const VALUES: u64 = 200_000;
const PRODUCERS: u64 = 5;
const VALUES_EACH: u64 = 1_000;
const ONESHOTS: u64 = 10_000;
const REQUESTS: u64 = 5_000;
const TASKS: u64 = 500;

pub(super) fn rows() -> Vec<Entry> {
    let five_times = PRODUCERS * VALUES_EACH;
    vec![
        Entry::new("mpsc_bounded_1x1", VALUES, 4, || one(|| bounded(1_000))),
        Entry::new("mpsc_unbounded_1x1", VALUES, 4, || one(unbounded)),
        Entry::new("mpsc_5x1000_roomy", five_times, 100, || {
            five(|| bounded(5_000))
        }),
        Entry::new("mpsc_5x1000_full", five_times, 100, || {
            five(|| bounded(100))
        }),
        Entry::new("mpsc_5x1000_unbounded", five_times, 100, || five(unbounded)),
        Entry::new("oneshot", ONESHOTS, 100, oneshots),
        Entry::new("request_reply_task", REQUESTS, 30, request_reply),
        Entry::new("brigade_switch_channels", TASKS, 500, brigade),
    ]
}

type Make = fn() -> (Sender<u64>, Receiver<u64>);

fn one(make: Make) -> Body {
    in_task(Pool::new(), move |executor| async move {
        let (sender, receiver) = make();
        executor.spawn(produce(sender, VALUES)).detach();
        consume(receiver, VALUES).await;
    })
}

fn five(make: Make) -> Body {
    in_task(Pool::new(), move |executor| async move {
        let (sender, receiver) = make();
        for _ in 0..PRODUCERS {
            executor
                .spawn(produce(sender.clone(), VALUES_EACH))
                .detach();
        }
        drop(sender);
        consume(receiver, PRODUCERS * VALUES_EACH).await;
    })
}

async fn produce(sender: Sender<u64>, values: u64) {
    for value in 0..values {
        sender.send(value).await.expect("the receiver waits");
    }
}

async fn consume(receiver: Receiver<u64>, values: u64) {
    let mut seen = 0;
    while receiver.recv().await.is_ok() {
        seen += 1;
    }
    assert_eq!(seen, values);
}

/// smol has no oneshot: a channel with room for one.
fn oneshots() -> Body {
    in_task(Pool::new(), |_| async {
        for value in 0..ONESHOTS {
            let (sender, receiver) = bounded(1);
            sender.try_send(value).expect("the receiver is there");
            assert_eq!(receiver.recv().await, Ok(value));
        }
    })
}

fn request_reply() -> Body {
    let pool = Pool::new();
    let (sender, receiver) = bounded::<(u64, Sender<u64>)>(64);
    let server = pool.spawn(async move {
        while let Ok((value, reply)) = receiver.recv().await {
            // A client that has gone needs no reply.
            let _gone = reply.try_send(value + 1);
        }
    });
    server.detach();
    in_task(pool, move |_| {
        let requests = sender.clone();
        async move {
            for value in 0..REQUESTS {
                let (reply, replied) = bounded(1);
                let sent = requests.send((value, reply)).await;
                assert!(sent.is_ok());
                assert_eq!(replied.recv().await, Ok(value + 1));
            }
        }
    })
}

fn brigade() -> Body {
    let pool = Pool::new();
    let (first, mut incoming) = bounded::<u64>(1);
    for _ in 0..TASKS {
        let (outgoing, next) = bounded(1);
        let source = std::mem::replace(&mut incoming, next);
        let task = pool.spawn(async move {
            while let Ok(value) = source.recv().await {
                if outgoing.send(value).await.is_err() {
                    return;
                }
            }
        });
        task.detach();
    }
    in_task(pool, move |_| {
        let (first, last) = (first.clone(), incoming.clone());
        async move {
            first.send(7).await.expect("the line stands");
            assert_eq!(last.recv().await, Ok(7));
        }
    })
}
