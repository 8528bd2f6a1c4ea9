//! smol: async-executor with a thread a processor, and async-io's own thread for events and timers.

use std::future::Future;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use smol::channel::{Receiver, Sender, bounded};
use smol::{Executor, Task};

use crate::row::{Body, Entry};

mod channels;
mod network;
mod tasks;
mod timers;

pub(super) fn rows() -> Vec<Entry> {
    let groups = [
        tasks::rows(),
        channels::rows(),
        timers::rows(),
        network::rows(),
    ];
    groups.into_iter().flatten().collect()
}

/// What smol leaves to its user: an executor, and threads that run it until the drop.
struct Pool {
    executor: Arc<Executor<'static>>,
    end: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    fn new() -> Pool {
        Pool::of(thread::available_parallelism().map_or(1, usize::from))
    }

    fn of(threads: usize) -> Pool {
        let executor = Arc::new(Executor::new());
        let (end, ended): (Sender<()>, Receiver<()>) = bounded(1);
        let run = |_| {
            let (executor, ended) = (Arc::clone(&executor), ended.clone());
            thread::spawn(move || {
                // An error is the end that is waited for: nothing is ever sent.
                let _ended = smol::block_on(executor.run(ended.recv()));
            })
        };
        Pool {
            threads: (0..threads).map(run).collect(),
            executor,
            end: Some(end),
        }
    }

    fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        self.executor.spawn(future)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.end.take());
        for thread in self.threads.drain(..) {
            thread.join().expect("no task panics");
        }
    }
}

type Spawner = Arc<Executor<'static>>;

/// A body whose rounds all run in one spawned task.
fn in_task<F, Fut>(pool: Pool, round: F) -> Body
where
    F: Fn(Spawner) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    Box::new(move |rounds| {
        let (round, executor) = (round.clone(), Arc::clone(&pool.executor));
        smol::block_on(pool.spawn(async move {
            let start = Instant::now();
            for _ in 0..rounds {
                round(Arc::clone(&executor)).await;
            }
            start.elapsed()
        }))
    })
}
