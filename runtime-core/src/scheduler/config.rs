//! What a runtime was built with.
//!
//! Its hooks are foreign code, called between two steps of the scheduler: a panic that passed through
//! there would take a reservation, a seat or a queued closure with it. So each is contained when the
//! runtime is made ([`Config::contain_hooks`]), and whoever calls one need not think of it.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::entered;
use super::shared::Shared;
use super::stats::Stats;
use crate::blocking::PoolConfig;
use crate::loom;
use crate::task::Id;

/// A callback without arguments.
pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;

/// How threads are named, each given the name of its role.
pub(crate) type NameFn = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Called with each stall.
pub(crate) type StallHook = Arc<dyn Fn(&Stall) + Send + Sync>;

/// One scheduler or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
}

/// Who sleeps in the I/O driver.
///
/// ```
/// use runtime::runtime::{Builder, IoMode};
///
/// let runtime = Builder::new_multi_thread().io_mode(IoMode::Dedicated).build()?;
/// assert_eq!(runtime.block_on(async { 1 }), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum IoMode {
    /// Whichever thread has nothing better to do takes the seat in the driver, and runs what it
    /// wakes: one context switch from packet to task.
    #[default]
    Seat,
    /// One thread sleeps in the driver for good and never runs tasks. For comparison; it costs a
    /// thread hop a packet. If the system refuses that thread, the seat is anybody's.
    Dedicated,
}

/// A poll that has not returned for longer than the stall policy allows, while other work waits.
///
/// ```
/// use runtime::runtime::Builder;
///
/// let runtime = Builder::new_multi_thread()
///     .on_stall(|stall| eprintln!("{} has held a thread: {stall}", stall.task))
///     .build()?;
/// # drop(runtime);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Stall {
    /// The task that is being polled.
    pub task: Id,
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
    /// Which slot it holds.
    pub slot: usize,
    /// For how long it has been seen not to return.
    pub duration: Duration,
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "task {} (spawned at {}) has held slot {} for {} ms without an await while other work \
             waits; move blocking work to spawn_blocking",
            self.task,
            self.spawned_at,
            self.slot,
            self.duration.as_millis()
        )
    }
}

/// What a runtime was built with.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) name: Option<String>,
    pub(crate) flavor: Flavor,
    pub(crate) worker_threads: usize,
    pub(crate) max_blocking_threads: usize,
    pub(crate) thread_name: Option<NameFn>,
    pub(crate) stack_size: Option<usize>,
    pub(crate) keep_alive: Duration,
    pub(crate) on_thread_start: Option<Hook>,
    pub(crate) on_thread_stop: Option<Hook>,
    pub(crate) on_thread_park: Option<Hook>,
    pub(crate) on_thread_unpark: Option<Hook>,
    pub(crate) event_interval: u32,
    pub(crate) global_queue_interval: u32,
    pub(crate) stall_policy: Option<Duration>,
    pub(crate) on_stall: Option<StallHook>,
    pub(crate) io_mode: IoMode,
}

impl Config {
    pub(crate) fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// How many regular slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.worker_threads
    }

    pub(crate) fn is_dedicated(&self) -> bool {
        self.io_mode == IoMode::Dedicated && self.flavor == Flavor::MultiThread
    }

    /// From now on a panic of a hook ends in the hook, and is counted.
    pub(super) fn contain_hooks(&mut self, stats: &Arc<Stats>) {
        let hooks = [
            &mut self.on_thread_start,
            &mut self.on_thread_stop,
            &mut self.on_thread_park,
            &mut self.on_thread_unpark,
        ];
        for hook in hooks.into_iter().flatten() {
            let (foreign, stats) = (Arc::clone(hook), Arc::clone(stats));
            *hook = Arc::new(move || stats.contain(|| foreign()).unwrap_or_default());
        }
        if let Some(hook) = &mut self.on_stall {
            let (foreign, stats) = (Arc::clone(hook), Arc::clone(stats));
            *hook = Arc::new(move |stall| stats.contain(|| foreign(stall)).unwrap_or_default());
        }
        if let Some(name) = &mut self.thread_name {
            let (foreign, stats) = (Arc::clone(name), Arc::clone(stats));
            *name = Arc::new(move |role| {
                let named = stats.contain(|| foreign(role));
                named.unwrap_or_else(|| role.to_string())
            });
        }
    }

    /// For a pool whose threads are in the context of `shared`.
    pub(super) fn blocking(&self, shared: &Weak<Shared>) -> PoolConfig {
        let (name, stack_size) = (self.thread_name.clone(), self.stack_size);
        let shared = Weak::clone(shared);
        PoolConfig {
            max_threads: self.max_blocking_threads,
            keep_alive: self.keep_alive,
            start_thread: Arc::new(move |role, run| {
                // Alive: it is one of its own threads that starts another, or somebody who spawns.
                let shared = shared.upgrade();
                named_thread(name.as_ref(), role, stack_size).spawn(move || {
                    let _entered = shared.as_ref().map(entered::enter);
                    run();
                })
            }),
            on_start: self.on_thread_start.clone(),
            on_stop: self.on_thread_stop.clone(),
        }
    }

    /// A thread of this runtime, not yet started, under the name of its role.
    pub(crate) fn thread(&self, role: &str) -> loom::thread::Builder {
        named_thread(self.thread_name.as_ref(), role, self.stack_size)
    }
}

/// A thread under the user's name, or that of its role.
fn named_thread(
    name: Option<&NameFn>,
    role: &str,
    stack_size: Option<usize>,
) -> loom::thread::Builder {
    let name = name.map_or_else(|| role.to_string(), |name| name(role));
    let builder = loom::thread::Builder::new().name(name);
    match stack_size {
        Some(bytes) => builder.stack_size(bytes),
        None => builder,
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("flavor", &self.flavor)
            .field("worker_threads", &self.worker_threads)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .field("keep_alive", &self.keep_alive)
            .field("event_interval", &self.event_interval)
            .field("global_queue_interval", &self.global_queue_interval)
            .field("stall_policy", &self.stall_policy)
            .field("io_mode", &self.io_mode)
            .finish_non_exhaustive()
    }
}
