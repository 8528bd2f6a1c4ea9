//! Faults that a sanitizer has to find, each beside the same program without it.
//!
//! `cargo xtask sanitize` builds this as it builds the tests and expects a report of each fault and
//! silence about the rest: so an option, a suppression or a missing symbolizer that blinds the
//! sanitizer shows before its silence about the tests is believed. The faults happen in tasks,
//! so that the runtime's own functions are on each stack: a suppression that matched one of those
//! would hide them too. Never run this for anything else.
#![allow(unsafe_code, reason = "what is planted here safe code cannot do")]

use std::cell::UnsafeCell;
use std::hint::{black_box, spin_loop};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use runtime::runtime::{Builder, Runtime};

const TASKS: usize = 2;

/// A count without a lock.
struct Unlocked(UnsafeCell<usize>);

// SAFETY: it is not: two tasks write at once, and that is the planted race.
unsafe impl Sync for Unlocked {}

impl Unlocked {
    #[inline(never)]
    fn planted_race(&self) {
        // SAFETY: the pointer is valid; that nobody else uses it is what does not hold here.
        unsafe { *self.0.get() += 1 };
    }
}

fn main() -> ExitCode {
    let runtime = Builder::new_multi_thread()
        .worker_threads(TASKS)
        .build()
        .expect("a runtime");
    match std::env::args().nth(1).as_deref() {
        Some("race") => {
            let count = Arc::new(Unlocked(UnsafeCell::new(0)));
            at_once(&runtime, move || count.planted_race());
        }
        Some("lock") => {
            let count = Arc::new(Mutex::new(0));
            at_once(&runtime, move || *count.lock().expect("no panic") += 1);
        }
        Some("use-after-free") => in_a_task(&runtime, planted_use_after_free),
        Some("use-before-free") => in_a_task(&runtime, use_before_free),
        Some("leak") => in_a_task(&runtime, planted_leak),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

/// Runs `act` in several tasks that are all in the midst of a poll: nothing but `act` itself orders
/// one after the other.
fn at_once(runtime: &Runtime, act: impl Fn() + Clone + Send + 'static) {
    let present = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (act, present) = (act.clone(), Arc::clone(&present));
            runtime.spawn(async move {
                // Relaxed: they must meet, and not become ordered by it.
                present.fetch_add(1, Ordering::Relaxed);
                // Relaxed: as above.
                while present.load(Ordering::Relaxed) < TASKS {
                    spin_loop();
                }
                (0..1000).for_each(|_| act());
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task).expect("it ends");
    }
}

fn in_a_task(runtime: &Runtime, act: fn()) {
    let task = runtime.spawn(async move { act() });
    runtime.block_on(task).expect("it ends");
}

#[inline(never)]
fn planted_use_after_free() {
    let pointer = Box::into_raw(Box::new(1_u64));
    // SAFETY: the pointer came from `Box::into_raw` just above.
    drop(unsafe { Box::from_raw(pointer) });
    // SAFETY: it is not safe: the box has been freed, and that is the planted fault.
    black_box(unsafe { pointer.read_volatile() });
}

fn use_before_free() {
    let pointer = Box::into_raw(Box::new(1_u64));
    // SAFETY: the box is still there.
    black_box(unsafe { pointer.read_volatile() });
    // SAFETY: the pointer came from `Box::into_raw`, and nobody uses it below.
    drop(unsafe { Box::from_raw(pointer) });
}

/// Many, since a trace of one may stay on a stack, where LeakSanitizer takes it for a pointer.
#[inline(never)]
fn planted_leak() {
    for _ in 0..100 {
        let pointer = black_box(Box::into_raw(Box::new([1_u64; 64])));
        // The last trace of it.
        black_box(pointer.is_null());
    }
}
