//! How much memory is allocated: what the system's allocator is asked for, counted.
//!
//! Only a process that measures counts; the others pay a relaxed load an allocation, all peers
//! alike.
#![allow(
    unsafe_code,
    reason = "an allocator that counts has to be an allocator"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Counts, and leaves the work to the system.
#[derive(Debug)]
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);

/// What was allocated since the counting began, less what was freed; below zero if older blocks
/// are freed.
static BYTES: AtomicI64 = AtomicI64::new(0);

/// Counts from now on.
pub(crate) fn start_counting() {
    // Relaxed: a block more or less at the start is in no difference of two counts.
    COUNTS.store(true, Ordering::Relaxed);
}

/// The count so far; only the difference of two says something.
pub(crate) fn bytes() -> i64 {
    // Relaxed: whoever asks has waited for the threads that he asks about.
    BYTES.load(Ordering::Relaxed)
}

fn count(bytes: usize, sign: i64) {
    // Relaxed: as in `start_counting`.
    if COUNTS.load(Ordering::Relaxed) {
        let bytes = i64::try_from(bytes).expect("no block is larger");
        // Relaxed: a sum, which orders nothing.
        BYTES.fetch_add(sign * bytes, Ordering::Relaxed);
    }
}

// SAFETY: each call is handed on to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller's promise is the callee's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller's promise is the callee's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, 1);
        count(layout.size(), -1);
        // SAFETY: the caller's promise is the callee's.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: the caller's promise is the callee's.
        unsafe { System.dealloc(block, layout) }
    }
}
