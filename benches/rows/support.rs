//! What several bodies share: how a runtime is made, and how rounds are timed.

use std::future::Future;
use std::time::{Duration, Instant};

use super::multi_thread;
use super::rt::runtime::{Builder, Runtime};
use crate::row::Body;

/// A multi-thread runtime with default settings.
pub(super) fn default_runtime() -> Runtime {
    multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built")
}

/// A multi-thread runtime with one worker, the rest by default.
pub(super) fn one_worker_runtime() -> Runtime {
    multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be built")
}

/// A runtime of the current-thread flavour.
pub(super) fn current_thread_runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built")
}

/// A body whose rounds all run in one spawned task.
pub(super) fn in_task<F, Fut>(runtime: Runtime, round: F) -> Body
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    Box::new(move |rounds| {
        let round = round.clone();
        let task = runtime.spawn(async move { timed(rounds, round).await });
        runtime.block_on(task).expect("the round does not panic")
    })
}

/// A body whose rounds all run on the thread that is in `block_on`.
pub(super) fn on_main<F, Fut>(runtime: Runtime, round: F) -> Body
where
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = ()>,
{
    Box::new(move |rounds| runtime.block_on(timed(rounds, &round)))
}

async fn timed<F, Fut>(rounds: u64, round: F) -> Duration
where
    F: Fn() -> Fut,
    Fut: Future<Output = ()>,
{
    let start = Instant::now();
    for _ in 0..rounds {
        round().await;
    }
    start.elapsed()
}
