//! Memory for tasks and oneshots: what a thread has freed it gives out again, without a visit to the
//! allocator.
//!
//! A general allocator keeps only a few freed blocks of a size at hand, and a task that spawns a
//! thousand others goes past them: the visits were a third of the instructions of a spawn and a join.
//!
//! **Invariants**
//! 1. *Classes*: a block of class `n` has room for `16 n + 8` bytes, the sizes in which allocators
//!    with a header of a word lose nothing. Blocks are asked for and freed by the layout of their
//!    class, so one of the same class fits, whatever it held.
//! 2. *Bounded*: a thread keeps no more bytes than it has asked the allocator for, and never more
//!    than [`KEPT_MAX`]: who only frees what others made keeps nothing.
//! 3. *One thread*: the lists are the thread's own, and nothing foreign runs while they are in use.
//!
//! *Rejected*: one set of lists a runtime (a lock, or a race for their heads); lists in the slots
//! (tasks are freed by threads without a slot as well). Blocks are kept beyond the runtime, until the
//! thread ends.
#![allow(
    unsafe_code,
    reason = "hands raw memory out, and links freed blocks through it"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;

/// Blocks of more bytes are the allocator's affair.
const SIZE_MAX: usize = 1024 + 8;

const CLASSES: usize = class_of(SIZE_MAX) + 1;

const ALIGN: usize = 16;

/// What one thread keeps at most. Nothing in builds whose tools watch each block by itself.
const KEPT_MAX: usize = if cfg!(runtime_plain_memory) {
    0
} else {
    1024 * 1024
};

thread_local! {
    static KEPT: Kept = const {
        Kept {
            lists: [const { Cell::new(None) }; CLASSES],
            bytes: Cell::new(0),
            bytes_max: Cell::new(0),
        }
    };
}

/// A freed block: its first word leads to the next.
struct Block {
    next: Option<NonNull<Block>>,
}

struct Kept {
    lists: [Cell<Option<NonNull<Block>>>; CLASSES],
    bytes: Cell<usize>,
    /// Invariant 2.
    bytes_max: Cell<usize>,
}

const fn class_of(size: usize) -> usize {
    size.saturating_sub(8).div_ceil(16)
}

const fn layout_of(class: usize) -> Layout {
    match Layout::from_size_align(class * 16 + 8, ALIGN) {
        Ok(layout) => layout,
        Err(_) => panic!("classes are small"),
    }
}

/// The class of what has this layout (invariant 1).
fn class(layout: Layout) -> Option<usize> {
    (layout.size() <= SIZE_MAX && layout.align() <= ALIGN).then(|| class_of(layout.size()))
}

/// Memory for what has this layout, which is not empty.
pub(crate) fn allocate(layout: Layout) -> NonNull<u8> {
    let Some(class) = class(layout) else {
        return from_allocator(layout);
    };
    // A thread whose locals are gone keeps nothing.
    let kept = KEPT.try_with(|kept| kept.take(class)).unwrap_or(None);
    kept.map_or_else(|| from_allocator(layout_of(class)), NonNull::cast)
}

/// Gives memory back.
///
/// # Safety
/// It came from [`allocate`] for this very layout, and nobody uses it any more.
unsafe fn release(memory: NonNull<u8>, layout: Layout) {
    let Some(class) = class(layout) else {
        // SAFETY: the caller's promise.
        return unsafe { dealloc(memory.as_ptr(), layout) };
    };
    let kept = KEPT.try_with(|kept| kept.put(class, memory.cast()));
    if !kept.unwrap_or(false) {
        // SAFETY: the caller's promise; it was asked for by this layout (invariant 1).
        unsafe { dealloc(memory.as_ptr(), layout_of(class)) }
    }
}

/// Puts a value, which is not of size zero, into memory of its own.
pub(crate) fn place<T>(value: T) -> NonNull<T> {
    let memory = allocate(Layout::new::<T>()).cast();
    // SAFETY: fresh memory of this layout.
    unsafe { memory.write(value) };
    memory
}

/// Drops a value, and gives its memory back.
///
/// # Safety
/// It was put there by [`place`] or into what [`allocate`] gave for it, and nobody uses it any more.
pub(crate) unsafe fn displace<T>(value: NonNull<T>) {
    let memory = Memory(value);
    // SAFETY: the caller's promise.
    unsafe { memory.0.drop_in_place() }
}

/// Given back also if the value's destructor panics.
struct Memory<T>(NonNull<T>);

impl<T> Drop for Memory<T> {
    fn drop(&mut self) {
        // SAFETY: the promise to `displace`; what was in it has been dropped.
        unsafe { release(self.0.cast(), Layout::new::<T>()) }
    }
}

fn from_allocator(layout: Layout) -> NonNull<u8> {
    // SAFETY: the layout is not empty: the caller's, or that of a class.
    let memory = unsafe { alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
}

impl Kept {
    /// A block of this class; if there is none, the caller asks the allocator for one.
    fn take(&self, class: usize) -> Option<NonNull<Block>> {
        let (list, size) = (&self.lists[class], layout_of(class).size());
        let Some(block) = list.get() else {
            self.bytes_max
                .set(KEPT_MAX.min(self.bytes_max.get() + size));
            return None;
        };
        // SAFETY: `put` wrote it, and its memory is the list's until it is taken off here.
        list.set(unsafe { block.as_ref() }.next);
        self.bytes.set(self.bytes.get() - size);
        Some(block)
    }

    /// False if the thread has enough.
    fn put(&self, class: usize, block: NonNull<Block>) -> bool {
        let bytes = self.bytes.get() + layout_of(class).size();
        if bytes > self.bytes_max.get() {
            return false;
        }
        let next = self.lists[class].replace(Some(block));
        // SAFETY: nobody uses it (the promise to `release`), and a class has room for a pointer.
        unsafe { block.write(Block { next }) };
        self.bytes.set(bytes);
        true
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        for class in 0..CLASSES {
            while let Some(block) = self.take(class) {
                // SAFETY: it was asked for by this layout (invariant 1), and taken off the list.
                unsafe { dealloc(block.as_ptr().cast(), layout_of(class)) }
            }
        }
    }
}

#[cfg(all(test, not(runtime_plain_memory)))]
mod tests {
    use super::*;

    #[test]
    fn what_a_thread_has_freed_it_gives_out_again() {
        std::thread::spawn(|| {
            let first = place([0_u64; 9]);
            // SAFETY: placed above.
            unsafe { displace(first) };
            let second = place([0_u64; 7]);
            assert_ne!(first.addr(), second.addr(), "another class");
            let third = place([1_u64; 9]);
            assert_eq!(first.addr(), third.addr());
            // SAFETY: placed above, each once.
            unsafe { displace(second) };
            // SAFETY: as above.
            unsafe { displace(third) };
        })
        .join()
        .unwrap();
    }

    #[test]
    fn who_only_frees_keeps_nothing() {
        std::thread::spawn(|| {
            // Nobody writes to what is not kept.
            let kept = KEPT.with(|kept| kept.put(class_of(72), NonNull::dangling()));
            assert!(!kept);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_thread_keeps_no_more_than_its_limit() {
        std::thread::spawn(|| {
            let places: Vec<_> = (0..4096).map(|_| place([0_u64; 100])).collect();
            for place in places {
                // SAFETY: placed above.
                unsafe { displace(place) };
            }
            let kept = KEPT.with(|kept| kept.bytes.get());
            assert!(kept <= KEPT_MAX && kept + 1024 > KEPT_MAX, "{kept}");
        })
        .join()
        .unwrap();
    }

    #[test]
    fn what_is_large_or_aligned_goes_to_the_allocator() {
        #[repr(align(64))]
        struct Aligned([u8; 64]);
        for large in [place([7_u8; SIZE_MAX + 1]), place([7_u8; SIZE_MAX + 1])] {
            // SAFETY: placed above.
            assert_eq!(unsafe { large.as_ref() }[SIZE_MAX], 7);
            // SAFETY: as above.
            unsafe { displace(large) };
        }
        let aligned = place(Aligned([3; 64]));
        assert_eq!(aligned.addr().get() % 64, 0);
        // SAFETY: placed above.
        assert_eq!(unsafe { aligned.as_ref() }.0[63], 3);
        // SAFETY: as above.
        unsafe { displace(aligned) };
        KEPT.with(|kept| assert_eq!(kept.bytes.get(), 0));
    }

    #[test]
    fn a_panicking_destructor_gives_the_memory_back() {
        struct Panics([u64; 9]);
        impl Drop for Panics {
            fn drop(&mut self) {
                panic!("on purpose, {}", self.0[0]);
            }
        }
        std::thread::spawn(|| {
            let place = place(Panics([0; 9]));
            // SAFETY: placed above.
            let dropped = std::panic::catch_unwind(|| unsafe { displace(place) });
            assert!(dropped.is_err());
            KEPT.with(|kept| assert_eq!(kept.bytes.get(), 72));
        })
        .join()
        .unwrap();
    }
}
