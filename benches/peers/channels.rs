//! Crates of channels that belong to no runtime. Their tasks run on this workspace's runtime, so a
//! difference in the figures is one of the channels.

use std::future::Future;
use std::time::{Duration, Instant};

use runtime::{Builder, Runtime};

use crate::row::{Body, Entry};

const VALUES: u64 = 200_000;
const PRODUCERS: u64 = 5;
const VALUES_EACH: u64 = 1_000;
const ONESHOTS: u64 = 10_000;
const TASKS: u64 = 500;

/// What producers hold.
trait Send64: Clone + Send + 'static {
    fn send(&self, value: u64) -> impl Future<Output = ()> + Send;
}

/// What a consumer holds.
trait Receive64: Send + 'static {
    /// Nothing once all senders are gone.
    fn receive(&mut self) -> impl Future<Output = Option<u64>> + Send;
}

pub(super) fn kanal() -> Vec<Entry> {
    vec![
        Entry::new("mpsc_bounded_1x1", VALUES, 8, || {
            one(|| kanal::bounded_async(1_000))
        }),
        Entry::new("mpsc_unbounded_1x1", VALUES, 8, || {
            one(kanal::unbounded_async)
        }),
        Entry::new("mpsc_5x1000_roomy", five_times(), 200, || {
            five(|| kanal::bounded_async(5_000))
        }),
        Entry::new("mpsc_5x1000_full", five_times(), 200, || {
            five(|| kanal::bounded_async(100))
        }),
        Entry::new("mpsc_5x1000_unbounded", five_times(), 200, || {
            five(kanal::unbounded_async)
        }),
        Entry::new("brigade_switch_channels", TASKS, 500, || {
            brigade(|| kanal::bounded_async(1))
        }),
    ]
}

pub(super) fn flume() -> Vec<Entry> {
    vec![
        Entry::new("mpsc_bounded_1x1", VALUES, 8, || {
            one(|| flume::bounded(1_000))
        }),
        Entry::new("mpsc_unbounded_1x1", VALUES, 8, || one(flume::unbounded)),
        Entry::new("mpsc_5x1000_roomy", five_times(), 200, || {
            five(|| flume::bounded(5_000))
        }),
        Entry::new("mpsc_5x1000_full", five_times(), 200, || {
            five(|| flume::bounded(100))
        }),
        Entry::new("mpsc_5x1000_unbounded", five_times(), 200, || {
            five(flume::unbounded)
        }),
        Entry::new("brigade_switch_channels", TASKS, 500, || {
            brigade(|| flume::bounded(1))
        }),
    ]
}

pub(super) fn crossfire() -> Vec<Entry> {
    vec![
        Entry::new("mpsc_bounded_1x1", VALUES, 8, || {
            one(|| crossfire::mpsc::bounded_async(1_000))
        }),
        Entry::new("mpsc_unbounded_1x1", VALUES, 8, || {
            one(crossfire::mpsc::unbounded_async)
        }),
        Entry::new("mpsc_5x1000_roomy", five_times(), 200, || {
            five(|| crossfire::mpsc::bounded_async(5_000))
        }),
        Entry::new("mpsc_5x1000_full", five_times(), 200, || {
            five(|| crossfire::mpsc::bounded_async(100))
        }),
        Entry::new("mpsc_5x1000_unbounded", five_times(), 200, || {
            five(crossfire::mpsc::unbounded_async)
        }),
        Entry::new("oneshot", ONESHOTS, 200, crossfire_oneshot),
        Entry::new("brigade_switch_channels", TASKS, 500, || {
            brigade(|| crossfire::mpsc::bounded_async(1))
        }),
    ]
}

fn five_times() -> u64 {
    PRODUCERS * VALUES_EACH
}

impl Send64 for kanal::AsyncSender<u64> {
    async fn send(&self, value: u64) {
        let sent = kanal::AsyncSender::send(self, value).await;
        sent.expect("the receiver waits");
    }
}

impl Receive64 for kanal::AsyncReceiver<u64> {
    async fn receive(&mut self) -> Option<u64> {
        self.recv().await.ok()
    }
}

impl Send64 for flume::Sender<u64> {
    async fn send(&self, value: u64) {
        self.send_async(value).await.expect("the receiver waits");
    }
}

impl Receive64 for flume::Receiver<u64> {
    async fn receive(&mut self) -> Option<u64> {
        self.recv_async().await.ok()
    }
}

impl Send64 for crossfire::MAsyncTx<crossfire::mpsc::Array<u64>> {
    async fn send(&self, value: u64) {
        let sent = crossfire::AsyncTx::send(self, value).await;
        sent.expect("the receiver waits");
    }
}

impl Receive64 for crossfire::AsyncRx<crossfire::mpsc::Array<u64>> {
    async fn receive(&mut self) -> Option<u64> {
        self.recv().await.ok()
    }
}

impl Send64 for crossfire::MTx<crossfire::mpsc::List<u64>> {
    async fn send(&self, value: u64) {
        crossfire::Tx::send(self, value).expect("the receiver waits");
    }
}

impl Receive64 for crossfire::AsyncRx<crossfire::mpsc::List<u64>> {
    async fn receive(&mut self) -> Option<u64> {
        self.recv().await.ok()
    }
}

fn default_runtime() -> Runtime {
    let built = Builder::new_multi_thread().enable_all().build();
    built.expect("a runtime can be built")
}

/// Rounds that all run in one spawned task.
fn in_task<F, Fut>(round: F) -> Body
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let runtime = default_runtime();
    Box::new(move |rounds| {
        let round = round.clone();
        let task = runtime.spawn(async move {
            let start = Instant::now();
            for _ in 0..rounds {
                round().await;
            }
            start.elapsed()
        });
        runtime.block_on(task).expect("the round does not panic")
    })
}

/// One producer, one consumer.
fn one<S: Send64, R: Receive64>(make: fn() -> (S, R)) -> Body {
    in_task(move || async move {
        let (sender, receiver) = make();
        runtime::spawn(produce(sender, VALUES));
        consume(receiver, VALUES).await;
    })
}

/// Five producers, one consumer.
fn five<S: Send64, R: Receive64>(make: fn() -> (S, R)) -> Body {
    in_task(move || async move {
        let (sender, receiver) = make();
        for _ in 0..PRODUCERS {
            runtime::spawn(produce(sender.clone(), VALUES_EACH));
        }
        drop(sender);
        consume(receiver, PRODUCERS * VALUES_EACH).await;
    })
}

async fn produce(sender: impl Send64, values: u64) {
    for value in 0..values {
        sender.send(value).await;
    }
}

async fn consume(mut receiver: impl Receive64, values: u64) {
    let mut seen = 0;
    while receiver.receive().await.is_some() {
        seen += 1;
    }
    assert_eq!(seen, values);
}

fn crossfire_oneshot() -> Body {
    in_task(|| async {
        for value in 0..ONESHOTS {
            let (sender, receiver) = crossfire::oneshot::oneshot();
            sender.send(value);
            assert_eq!(receiver.recv_async().await, Ok(value));
        }
    })
}

/// A value handed down a line of tasks.
fn brigade<S: Send64, R: Receive64>(make: fn() -> (S, R)) -> Body {
    let runtime = default_runtime();
    let (first, mut incoming) = make();
    for _ in 0..TASKS {
        let (outgoing, next) = make();
        let mut source = std::mem::replace(&mut incoming, next);
        runtime.spawn(async move {
            while let Some(value) = source.receive().await {
                outgoing.send(value).await;
            }
        });
    }
    let mut ends = Some((first, incoming));
    Box::new(move |rounds| {
        let (first, mut last) = ends.take().expect("put back after every run");
        let task = runtime.spawn(async move {
            let start = Instant::now();
            for _ in 0..rounds {
                first.send(7).await;
                assert_eq!(last.receive().await, Some(7));
            }
            (start.elapsed(), first, last)
        });
        let (time, first, last): (Duration, S, R) =
            runtime.block_on(task).expect("it does not panic");
        ends = Some((first, last));
        time
    })
}
