//! Loom's instrumented twins, with the names and signatures of `real.rs`.
#![allow(missing_docs, missing_debug_implementations, reason = "the twin of a documented file")]
#![allow(unsafe_code, reason = "adapts loom's guards and cells to the real signatures")]
#![allow(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block, reason = "model only")]

pub use loom::sync::Arc;

/// Runs `f` in every interleaving within the bound: 3 preemptions, or `LOOM_MAX_PREEMPTIONS`.
#[allow(clippy::print_stderr, reason = "a proof says how far it went")]
pub fn model<F: Fn() + Send + Sync + 'static>(f: F) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    let bound = builder.preemption_bound;
    let executions = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&executions);
    let started = std::time::Instant::now();
    builder.check(move || {
        // Relaxed: a count that is read at the end.
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        f();
    });
    // Relaxed: the model has ended.
    let executions = executions.load(std::sync::atomic::Ordering::Relaxed);
    eprintln!(
        "model: bound {bound:?}, {executions} executions, {:?}",
        started.elapsed()
    );
}

pub mod atomic {
    pub use loom::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

pub mod thread {
    pub use loom::thread::{Thread, current, park, yield_now};

    /// A model has no clock: the sleep ends when the thread is unparked.
    pub fn park_timeout(_timeout: std::time::Duration) {
        park();
    }
}

pub struct UnsafeCell<T>(loom::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub fn new(value: T) -> UnsafeCell<T> {
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

pub type MutexGuard<'a, T> = loom::sync::MutexGuard<'a, T>;

pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok()
    }
}

pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub fn new() -> Condvar {
        Condvar(loom::sync::Condvar::new())
    }

    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        // parking_lot waits through `&mut`, loom takes the guard and gives it back.
        unsafe {
            let taken = std::ptr::read(guard);
            let back = self.0.wait(taken).unwrap_or_else(|poisoned| poisoned.into_inner());
            std::ptr::write(guard, back);
        }
    }

    pub fn notify_one(&self) -> bool {
        self.0.notify_one();
        true
    }

    pub fn notify_all(&self) -> usize {
        self.0.notify_all();
        0
    }
}
