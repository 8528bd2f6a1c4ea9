//! How many bytes are allocated, exactly: resident memory says what the allocator and the system
//! keep besides, and its noise would hide a small leak for hours.
#![allow(unsafe_code, reason = "an allocator, as its trait wants it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
pub(crate) struct Counting {
    allocated: AtomicUsize,
}

impl Counting {
    pub(crate) const fn new() -> Counting {
        Counting {
            allocated: AtomicUsize::new(0),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        // Relaxed: a count.
        self.allocated.load(Ordering::Relaxed)
    }
}

// SAFETY: the system's allocator, and a count beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Relaxed: a count.
        self.allocated.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // Relaxed: a count.
        self.allocated.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}
