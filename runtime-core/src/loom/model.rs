//! Loom's instrumented twins, with the names and signatures of `real.rs`.
#![allow(
    missing_docs,
    missing_debug_implementations,
    reason = "the twin of a documented file"
)]
#![allow(
    unsafe_code,
    reason = "adapts loom's guards and cells to the real signatures"
)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "model only"
)]

use std::cell::Cell;

pub use loom::sync::Arc;
pub use runtime_alarm::Alarm;
pub use std::thread_local;

pub const IS_MODEL: bool = true;

macro_rules! constructor {
    ($make:ident) => {
        $make!();
    };
}
pub(crate) use constructor;

pub mod atomic;
pub mod deque;
mod site;
mod waits;

/// The first look of a compare-and-swap loop is a change under the model: loom remembers only the
/// last load of an object, so that a look followed by a swap of the same thread would hide the swap
/// from its search. It is ordered as the load is that it stands for, and releases nothing: what a look
/// releases here nobody would release outside of the model.
pub mod first_look {
    use super::atomic::{AtomicU64, AtomicUsize, Ordering};

    #[track_caller]
    pub fn u64(word: &AtomicU64, order: Ordering) -> u64 {
        word.first_look(order)
    }

    #[track_caller]
    pub fn usize(word: &AtomicUsize, order: Ordering) -> usize {
        word.first_look(order)
    }
}

/// Whole runtimes are in no model: what only they need is the real thing.
pub mod thread {
    pub use loom::thread::{Thread, current, park, yield_now};
    pub use std::thread::{Builder, JoinHandle, sleep};

    pub fn is_current<T>(handle: &JoinHandle<T>) -> bool {
        handle.thread().id() == std::thread::current().id()
    }

    /// A model has no clock: the time is over at any moment, so whoever is to come first comes before
    /// the caller's next step. What an `unpark` leaves ends a later `park`, as it may in the product.
    pub fn park_timeout(_timeout: std::time::Duration) {}
}

pub fn now() -> std::time::Instant {
    std::time::Instant::now()
}

pub fn seed<T>(of: &T) -> u32 {
    std::ptr::from_ref(of).addr() as u32 | 1
}

/// Plain locks are the real ones: see `util/lock.rs`.
pub(crate) mod locks {
    pub(crate) use super::waits::wait_for;
    pub(crate) use std::sync::{
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    };
}

pub struct UnsafeCell<T>(loom::cell::UnsafeCell<T>);

impl<T> std::fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnsafeCell")
    }
}

impl<T> UnsafeCell<T> {
    pub fn new(value: T) -> UnsafeCell<T> {
        begin();
        UnsafeCell(loom::cell::UnsafeCell::new(value))
    }

    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.0.with(f)
    }

    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(f)
    }

    pub fn get_mut(&mut self) -> &mut T {
        // Exclusive access: no other thread can see this cell.
        self.0.with_mut(|value| unsafe { &mut *value })
    }
}

/// Its end is an access: whoever had the cell before has to have let go of it for all to see.
impl<T> Drop for UnsafeCell<T> {
    fn drop(&mut self) {
        if end() {
            self.0.with_mut(|_| ());
        }
    }
}

/// It knows its lock: a wait whose time is over has to take it again.
pub struct MutexGuard<'a, T> {
    guard: loom::sync::MutexGuard<'a, T>,
    lock: &'a Mutex<T>,
}

impl<T> std::ops::Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> std::ops::DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

#[derive(Debug, Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        let guard = self.0.lock();
        MutexGuard {
            guard: guard.unwrap_or_else(|poisoned| poisoned.into_inner()),
            lock: self,
        }
    }

    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let guard = self.0.try_lock().ok()?;
        Some(MutexGuard { guard, lock: self })
    }
}

pub type RwLockReadGuard<'a, T> = loom::sync::RwLockReadGuard<'a, T>;
pub type RwLockWriteGuard<'a, T> = loom::sync::RwLockWriteGuard<'a, T>;

pub struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub fn new(value: T) -> RwLock<T> {
        RwLock(loom::sync::RwLock::new(value))
    }

    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        self.0.try_read().ok()
    }
}

#[derive(Debug, Default)]
pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub fn new() -> Condvar {
        Condvar(loom::sync::Condvar::new())
    }

    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let MutexGuard { guard, lock } = guard;
        let guard = self.0.wait(guard);
        MutexGuard {
            guard: guard.unwrap_or_else(|poisoned| poisoned.into_inner()),
            lock,
        }
    }

    /// A model has no clock: no time at all is over once the lock was free, any other never.
    pub fn wait_for<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: std::time::Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        if limit.is_zero() {
            let lock = guard.lock;
            drop(guard);
            return (lock.lock(), true);
        }
        (self.wait(guard), false)
    }

    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

std::thread_local! {
    static STD_ARCS: Cell<bool> = const { Cell::new(false) };
    static HAS_FAILED: Cell<bool> = const { Cell::new(false) };
    static ALIVE: Cell<isize> = const { Cell::new(0) };
}

/// An atomic or a cell begins.
fn begin() {
    ALIVE.set(ALIVE.get() + 1);
}

/// It ends: whether that is an access to be checked.
fn end() -> bool {
    ALIVE.set(ALIVE.get() - 1);
    checks_ends()
}

/// Between two executions nothing is alive, and nothing has gone wrong unseen.
fn assert_clean() {
    assert!(!HAS_FAILED.get(), "a failure of the model was contained");
    assert_eq!(ALIVE.get(), 0, "an atomic or a cell is never given back");
}

/// Code that contains the panics of foreign code contains those of the model checker too: so each of
/// its own is noted where it begins.
fn note_failures() {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map_or("", |place| place.file());
            if place.contains("/loom-") {
                HAS_FAILED.set(true);
            }
            others(panic);
        }));
    });
}

/// Whether the end of an atomic or a cell is checked. Not where the model has failed already: that is
/// said once.
fn checks_ends() -> bool {
    !std::thread::panicking() && !STD_ARCS.get()
}

/// As [`model`], for what is shared through the standard library's `Arc`: its counting orders nothing
/// in a model, so that no end there can be checked.
pub fn model_of_std_arcs(f: impl Fn() + Send + Sync + 'static) {
    STD_ARCS.set(true);
    model(f);
}

/// Explores the interleavings of `f` up to the preemption bound (3, or `LOOM_MAX_PREEMPTIONS`) and
/// prints the bound, the number of executions and the time.
pub fn model(f: impl Fn() + Send + Sync + 'static) {
    use std::io::Write;
    use std::sync::atomic::{AtomicUsize as Count, Ordering};

    let mut builder = loom::model::Builder::new();
    let bound = *builder.preemption_bound.get_or_insert(3);
    builder.max_branches = builder.max_branches.max(20_000);
    let executions = std::sync::Arc::new(Count::new(0));
    let counted = std::sync::Arc::clone(&executions);
    let start = std::time::Instant::now();
    note_failures();
    builder.check(move || {
        // Relaxed: the checker runs one execution after the other.
        counted.fetch_add(1, Ordering::Relaxed);
        assert_clean();
        f();
    });
    assert_clean();
    let name = std::thread::current().name().unwrap_or("model").to_owned();
    site::record(&name);
    // Relaxed: as above.
    let executions = executions.load(Ordering::Relaxed);
    let seconds = start.elapsed().as_secs_f32();
    let line = format!("{name}: bound {bound}, {executions} executions, {seconds:.2} s\n");
    // To the stream itself, which a test's capture leaves alone: who runs the models adds them up.
    let _ = std::io::stdout().write_all(line.as_bytes());
}
