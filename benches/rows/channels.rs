//! Values from task to task.

use super::rt;
use super::rt::runtime::Runtime;
use super::rt::sync::{mpsc, oneshot};
use super::support::{default_runtime, in_task, on_main};
use crate::row::{Body, Entry};

const VALUES: u64 = 200_000;
const PRODUCERS: u64 = 5;
const VALUES_EACH: u64 = 1_000;
const ONESHOTS: u64 = 10_000;
const REQUESTS: u64 = 5_000;

pub(super) fn rows() -> Vec<Entry> {
    let five = PRODUCERS * VALUES_EACH;
    vec![
        Entry::new("mpsc_bounded_1x1", VALUES, 8, mpsc_bounded),
        Entry::new("mpsc_unbounded_1x1", VALUES, 8, mpsc_unbounded),
        Entry::new("mpsc_bounded_recv_many", VALUES, 8, bounded_many),
        Entry::new("mpsc_unbounded_recv_many", VALUES, 8, unbounded_many),
        Entry::new("mpsc_5x1000_roomy", five, 200, five_roomy),
        Entry::new("mpsc_5x1000_full", five, 200, five_full),
        Entry::new("mpsc_5x1000_unbounded", five, 200, five_unbounded),
        Entry::new("oneshot", ONESHOTS, 200, oneshots),
        Entry::new("request_reply_task", REQUESTS, 60, request_reply_task),
        Entry::new("request_reply_main", REQUESTS, 4, request_reply_main),
    ]
}

fn mpsc_bounded() -> Body {
    in_task(default_runtime(), || async {
        let (sender, receiver) = mpsc::channel(1_000);
        rt::spawn(produce(sender, VALUES));
        consume(receiver, VALUES).await;
    })
}

fn mpsc_unbounded() -> Body {
    in_task(default_runtime(), || async {
        let (sender, receiver) = mpsc::unbounded_channel();
        rt::spawn(async move { produce_unbounded(sender, VALUES) });
        consume_unbounded(receiver, VALUES).await;
    })
}

/// How many values are asked for at once.
const BATCH: usize = 64;

fn bounded_many() -> Body {
    in_task(default_runtime(), || async {
        let (sender, mut receiver) = mpsc::channel(1_000);
        rt::spawn(produce(sender, VALUES));
        let mut batch = Vec::with_capacity(BATCH);
        let mut seen = 0;
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            seen += batch.drain(..).len();
        }
        assert_eq!(seen as u64, VALUES);
    })
}

fn unbounded_many() -> Body {
    in_task(default_runtime(), || async {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        rt::spawn(async move { produce_unbounded(sender, VALUES) });
        let mut batch = Vec::with_capacity(BATCH);
        let mut seen = 0;
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            seen += batch.drain(..).len();
        }
        assert_eq!(seen as u64, VALUES);
    })
}

/// The channel has room for all values.
fn five_roomy() -> Body {
    in_task(default_runtime(), || five_bounded(5_000))
}

/// The channel is full most of the time.
fn five_full() -> Body {
    in_task(default_runtime(), || five_bounded(100))
}

async fn five_bounded(capacity: usize) {
    let (sender, receiver) = mpsc::channel(capacity);
    for _ in 0..PRODUCERS {
        rt::spawn(produce(sender.clone(), VALUES_EACH));
    }
    drop(sender);
    consume(receiver, PRODUCERS * VALUES_EACH).await;
}

fn five_unbounded() -> Body {
    in_task(default_runtime(), || async {
        let (sender, receiver) = mpsc::unbounded_channel();
        for _ in 0..PRODUCERS {
            let sender = sender.clone();
            rt::spawn(async move { produce_unbounded(sender, VALUES_EACH) });
        }
        drop(sender);
        consume_unbounded(receiver, PRODUCERS * VALUES_EACH).await;
    })
}

async fn produce(sender: mpsc::Sender<u64>, values: u64) {
    for value in 0..values {
        sender.send(value).await.expect("the receiver waits");
    }
}

async fn consume(mut receiver: mpsc::Receiver<u64>, values: u64) {
    let mut seen = 0;
    while receiver.recv().await.is_some() {
        seen += 1;
    }
    assert_eq!(seen, values);
}

fn produce_unbounded(sender: mpsc::UnboundedSender<u64>, values: u64) {
    for value in 0..values {
        sender.send(value).expect("the receiver waits");
    }
}

async fn consume_unbounded(mut receiver: mpsc::UnboundedReceiver<u64>, values: u64) {
    let mut seen = 0;
    while receiver.recv().await.is_some() {
        seen += 1;
    }
    assert_eq!(seen, values);
}

/// Create, send, await, in one task.
fn oneshots() -> Body {
    in_task(default_runtime(), || async {
        for value in 0..ONESHOTS {
            let (sender, receiver) = oneshot::channel();
            sender.send(value).expect("the receiver is there");
            assert_eq!(receiver.await, Ok(value));
        }
    })
}

type Request = (u64, oneshot::Sender<u64>);

/// A request through a channel, its reply through a oneshot; server and client are tasks.
fn request_reply_task() -> Body {
    let runtime = default_runtime();
    let requests = start_server(&runtime);
    in_task(runtime, move || {
        let requests = requests.clone();
        async move { ask(&requests).await }
    })
}

/// The same with the client on the thread that is in `block_on`.
fn request_reply_main() -> Body {
    let runtime = default_runtime();
    let requests = start_server(&runtime);
    on_main(runtime, move || {
        let requests = requests.clone();
        async move { ask(&requests).await }
    })
}

fn start_server(runtime: &Runtime) -> mpsc::Sender<Request> {
    let (sender, mut receiver) = mpsc::channel::<Request>(64);
    runtime.spawn(async move {
        while let Some((value, reply)) = receiver.recv().await {
            // A client that has gone needs no reply.
            let _gone = reply.send(value + 1);
        }
    });
    sender
}

async fn ask(requests: &mpsc::Sender<Request>) {
    for value in 0..REQUESTS {
        let (reply, replied) = oneshot::channel();
        let sent = requests.send((value, reply)).await;
        assert!(sent.is_ok());
        assert_eq!(replied.await, Ok(value + 1));
    }
}
