//! Shuttle's twins, with the names and signatures of `real.rs`: whole runtimes under schedules that are
//! drawn at random, and can be run again.
//!
//! Every thread is a coroutine, so that nothing may block the one real thread: locks, conditions,
//! parks, sleeps and joins are all shuttle's. What decides what happens next (time, the seeds of
//! random numbers) comes from the schedule.
//!
//! **Time** stands still but for looks at it, each of which costs [`LOOK`], and for timed sleeps. Such a
//! sleep lets others run for a few turns, drawn at random, and then is over: it is as if the machine
//! had been busy with something else until then. So a wake-up that is lost is seen where nobody
//! sleeps with a limit: shuttle reports that all threads wait.
#![allow(
    missing_docs,
    missing_debug_implementations,
    reason = "the twin of a documented file"
)]

use std::cell::Cell;
use std::time::{Duration, Instant};

use shuttle::rand::{Rng, thread_rng};

pub use crate::util::lock::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
pub use std::sync::Arc;

mod cell;
pub mod deque;

pub use cell::UnsafeCell;

/// Blocks and shards are as small as in loom's models: their edges are where it matters.
pub const IS_MODEL: bool = true;

/// What a look at the clock costs.
const LOOK: Duration = Duration::from_micros(1);

/// For how many turns at most a timed sleep lets others run.
const TURNS_MAX: u32 = 20;

macro_rules! constructor {
    ($make:ident) => {
        $make!(const);
    };
}
pub(crate) use constructor;

pub mod atomic {
    pub use shuttle::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

pub mod first_look {
    use super::atomic::{AtomicU64, AtomicUsize, Ordering};

    pub fn u64(word: &AtomicU64, order: Ordering) -> u64 {
        word.load(order)
    }

    pub fn usize(word: &AtomicUsize, order: Ordering) -> usize {
        word.load(order)
    }
}

pub mod locks;

pub mod thread {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;
    use std::{io, panic};

    pub use shuttle::thread::{Thread, current, park, yield_now};

    pub fn sleep(length: Duration) {
        super::pass(length);
    }

    /// Leaves a token where it is: the next park takes it, and is early.
    pub fn park_timeout(limit: Duration) {
        super::pass(limit);
    }

    #[derive(Debug, Default)]
    pub struct Builder(shuttle::thread::Builder);

    impl Builder {
        pub fn new() -> Builder {
            Builder::default()
        }

        pub fn name(self, name: String) -> Builder {
            Builder(self.0.name(name))
        }

        /// All stacks have the length that the scenario names.
        pub fn stack_size(self, _bytes: usize) -> Builder {
            self
        }

        pub fn spawn<T: Send + 'static>(
            self,
            main: impl FnOnce() -> T + Send + 'static,
        ) -> io::Result<JoinHandle<T>> {
            let has_ended = Arc::new(AtomicBool::new(false));
            let ends = Arc::clone(&has_ended);
            let handle = self.0.spawn(move || {
                let outcome = panic::catch_unwind(panic::AssertUnwindSafe(main));
                // Relaxed: one real thread.
                ends.store(true, Ordering::Relaxed);
                outcome.unwrap_or_else(|payload| panic::resume_unwind(payload))
            });
            handle.map(|handle| JoinHandle { handle, has_ended })
        }
    }

    #[derive(Debug)]
    pub struct JoinHandle<T> {
        handle: shuttle::thread::JoinHandle<T>,
        has_ended: Arc<AtomicBool>,
    }

    impl<T> JoinHandle<T> {
        pub fn join(self) -> shuttle::thread::Result<T> {
            self.handle.join()
        }

        pub fn is_finished(&self) -> bool {
            // Relaxed: one real thread.
            self.has_ended.load(Ordering::Relaxed)
        }
    }

    pub fn is_current<T>(handle: &JoinHandle<T>) -> bool {
        handle.handle.thread().id() == current().id()
    }
}

/// As the standard library's, but for each coroutine.
#[derive(Debug)]
pub struct LocalKey<T: 'static>(pub shuttle::thread::LocalKey<T>);

pub type AccessError = shuttle::thread::AccessError;

impl<T: 'static> LocalKey<T> {
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(f)
    }

    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        self.0.try_with(f)
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }

    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }
}

macro_rules! local_keys {
    ($($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty = const $init:block;)*) => {
        $($(#[$attribute])* $vis static $name: $crate::loom::LocalKey<$type> =
            $crate::loom::LocalKey(shuttle::thread::LocalKey {
                init: || $init,
                _p: std::marker::PhantomData,
            });)*
    };
}
pub(crate) use local_keys as thread_local;

std::thread_local! {
    /// How far the clock of the present schedule is.
    static CLOCK: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    /// Where all clocks begin.
    static ORIGIN: Instant = Instant::now();
}

/// A new schedule begins: so does its time.
pub fn begin() {
    CLOCK.set(Duration::ZERO);
}

pub fn now() -> Instant {
    CLOCK.set(CLOCK.get() + LOOK);
    ORIGIN.with(|origin| *origin + CLOCK.get())
}

/// Others run for a while; then `length` is over.
fn pass(length: Duration) {
    let end = CLOCK.get() + length;
    for _ in 0..thread_rng().gen_range(1..=TURNS_MAX) {
        thread::yield_now();
    }
    CLOCK.set(CLOCK.get().max(end));
}

pub(crate) fn seed<T>(_of: &T) -> u32 {
    thread_rng().r#gen::<u32>() | 1
}

/// The sentinel's alarm, which rings whenever it is asked while it is set.
#[derive(Debug, Default)]
pub struct Alarm {
    after: Mutex<Option<Duration>>,
    changed: Condvar,
    rings: atomic::AtomicBool,
}

impl Alarm {
    pub fn new() -> Alarm {
        Alarm::default()
    }

    pub fn set(&self, after: Option<Duration>) {
        *self.after.lock() = after;
        self.changed.notify_all();
    }

    pub fn ring(&self) {
        let _after = self.after.lock();
        // Relaxed: under the lock.
        self.rings.store(true, atomic::Ordering::Relaxed);
        self.changed.notify_all();
    }

    pub fn wait(&self) {
        let mut after = self.after.lock();
        // Relaxed: under the lock.
        while !self.rings.swap(false, atomic::Ordering::Relaxed) {
            if let Some(length) = *after {
                drop(after);
                return pass(length);
            }
            after = self.changed.wait(after);
        }
    }

    pub fn wakes_when_set(&self) -> bool {
        false
    }
}
