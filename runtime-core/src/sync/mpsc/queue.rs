//! The queue of a channel: linked blocks of slots, many writers, one reader who waits in the slot
//! it reads next.
//!
//! **State**: `tail` is one word, the address of the last block with the index of the next free
//! slot and the flag `CLOSED` in its low bits (blocks are aligned to 128). Each slot has a state:
//! `EMPTY`, `AWAITED` (the reader waits for this very slot), `FULL`, `END` (no value will ever
//! come). The reader's place is a block and an index, touched by the reader alone.
//!
//! **Invariants.** Q1: whoever moves `tail` past a slot owns that slot and is the only one to
//! write it. Q2: a slot that was filled is the reader's. Q3: a block is freed or reused by the
//! reader, once all its slots were read; the owner of a slot touches the block for the last time
//! when it sets the slot's state, and the owner of the last slot has linked the next block
//! before. So the block of an owned slot is alive. Q4: once `CLOSED`, `tail` does not move; who
//! closed has put `END` into the slot that `tail` pointed to. Q5: a spare block belongs to
//! whoever exchanges it out of `spare`.
//!
//! **Steps.** Writer: (1) move `tail` by one exchange; (2) link the next block, if the slot is
//! the last of its block; (3) write the value; (4) swap the slot to `FULL`; (5) was it `AWAITED`,
//! wake the reader. Reader: (a) is the slot `FULL`, read it and move on; else (b) register the
//! waker; (c) exchange `EMPTY → AWAITED`; did that fail, the slot is filled: go to (a).
//!
//! **No wake-up is lost**: (4) and (c) are read-modify-writes of one slot. (4) first: (c) fails.
//! (c) first: (4) finds `AWAITED`. If the slot was `AWAITED` already when the reader registers
//! another waker, it looks at the slot once more: the wake-up of step (5) either found the new
//! waker, or happens before the registration (the waker cell is one chain of read-modify-writes),
//! which then sees `FULL`.
//!
//! **Orderings**: (1) is AcqRel: the next owner of a slot sees the block; (4) is Release and pairs
//! with the Acquire of (a), for the link of (2) too. (c) is Relaxed: what the reader gives is its
//! waker, and that cell has an order of its own.
//!
//! A value costs the writer two read-modify-writes and the reader none. An address that is freed
//! and allocated again at the same index of `tail` does no harm: nothing was read from the block
//! before the exchange succeeded.
//!
//! Rejected: a position counter with `fetch_add` (the block has to be found, and then kept alive
//! while others look for it); a flag that tells whether the reader sleeps (a second shared word
//! for each value, and a fence).
#![allow(unsafe_code, reason = "slots and blocks are owned by position")]

use std::mem::MaybeUninit;
use std::ptr;
use std::task::{Context, Waker};

use crossbeam_utils::CachePadded;

use crate::loom::atomic::{AtomicPtr, AtomicUsize, Ordering};
use crate::loom::{IS_MODEL, UnsafeCell};
use crate::sync::atomic_waker::AtomicWaker;

/// Slots of a block; few under the model, so that it crosses block boundaries.
const SLOTS: usize = if IS_MODEL { 2 } else { 32 };

/// Low bits of `tail`: flag, then index.
const CLOSED: usize = 64;
const INDEX: usize = 63;

const EMPTY: usize = 0;
const AWAITED: usize = 1;
const FULL: usize = 2;
const END: usize = 3;

struct Slot<T> {
    state: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// Aligned so that its address leaves room for `INDEX` and `CLOSED`.
#[repr(align(128))]
struct Block<T> {
    slots: [Slot<T>; SLOTS],
    next: AtomicPtr<Block<T>>,
}

impl<T> Block<T> {
    fn allocate() -> *mut Block<T> {
        let slots = std::array::from_fn(|_| Slot {
            state: AtomicUsize::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        });
        Box::into_raw(Box::new(Block {
            slots,
            next: AtomicPtr::new(ptr::null_mut()),
        }))
    }
}

/// What the reader finds.
pub(super) enum Read<T> {
    Value(T),
    /// Nothing now.
    Pending,
    /// Nothing any more.
    End,
}

struct Place<T> {
    block: *mut Block<T>,
    index: usize,
}

/// The queue. `push` and `close` are for anyone; the verbs of the reader say so.
pub(super) struct Queue<T> {
    tail: CachePadded<AtomicPtr<Block<T>>>,
    spare: AtomicPtr<Block<T>>,
    place: CachePadded<UnsafeCell<Place<T>>>,
    reader: AtomicWaker,
}

// SAFETY: Q1 and Q2: each value moves from its writer to the reader, hence `T: Send`.
unsafe impl<T: Send> Send for Queue<T> {}
// SAFETY: as above; no `&T` is shared.
unsafe impl<T: Send> Sync for Queue<T> {}

impl<T> Queue<T> {
    pub(super) fn new() -> Queue<T> {
        let block = Block::allocate();
        Queue {
            tail: CachePadded::new(AtomicPtr::new(block)),
            spare: AtomicPtr::new(ptr::null_mut()),
            place: CachePadded::new(UnsafeCell::new(Place { block, index: 0 })),
            reader: AtomicWaker::new(),
        }
    }

    /// Appends `value`; gives it back if the queue is closed.
    #[inline]
    pub(super) fn push(&self, value: T) -> Result<(), T> {
        let Some((block, index)) = self.claim(0) else {
            return Err(value);
        };
        let slot = slot(block, index);
        // SAFETY: Q1: the slot is ours until its state says otherwise.
        slot.value.with_mut(|cell| unsafe { (*cell).write(value) });
        self.fill(slot, FULL);
        Ok(())
    }

    /// Lets the reader find the end after the values that are there; nothing can be pushed any
    /// more.
    pub(super) fn close(&self) {
        if let Some((block, index)) = self.claim(CLOSED) {
            self.fill(slot(block, index), END);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        // Acquire: pairs with the AcqRel of `claim`.
        self.tail.load(Ordering::Acquire).addr() & CLOSED != 0
    }

    /// Steps (4) and (5).
    #[inline]
    fn fill(&self, slot: &Slot<T>, state: usize) {
        // Release: step (4), pairs with the reader's Acquire. Q3: the last touch of the block. The
        // waker of who awaits it is acquired with the waker's cell.
        if slot.state.swap(state, Ordering::Release) == AWAITED {
            self.reader.wake();
        }
    }

    /// Steps (1) and (2). With `CLOSED`, `tail` stays on the slot and says so.
    #[inline]
    fn claim(&self, flag: usize) -> Option<(*mut Block<T>, usize)> {
        let mut fresh = ptr::null_mut();
        // Relaxed: the exchange orders, and nothing is read through the address before it.
        let mut tail = self.tail.load(Ordering::Relaxed);
        let claimed = loop {
            if tail.addr() & CLOSED != 0 {
                break None;
            }
            let index = tail.addr() & INDEX;
            let to = if flag == CLOSED {
                tail.map_addr(|address| address | CLOSED)
            } else if index + 1 < SLOTS {
                tail.map_addr(|address| address + 1)
            } else {
                fresh = self.next_block(fresh);
                fresh
            };
            // AcqRel: step (1), hands the block on from owner to owner.
            let moved =
                self.tail
                    .compare_exchange_weak(tail, to, Ordering::AcqRel, Ordering::Relaxed);
            match moved {
                Ok(_) => break Some((tail.map_addr(|address| address & !INDEX), index)),
                Err(found) => tail = found,
            }
        };
        if !fresh.is_null() {
            self.link_or_keep(claimed, fresh);
        }
        claimed
    }

    /// A block to go on with: the one at hand, the spare one, or a new one.
    #[cold]
    fn next_block(&self, at_hand: *mut Block<T>) -> *mut Block<T> {
        if !at_hand.is_null() {
            return at_hand;
        }
        // Acquire: Q5, pairs with the Release of `keep`: the block was wiped by the reader.
        let spare = self.spare.swap(ptr::null_mut(), Ordering::Acquire);
        if spare.is_null() {
            Block::allocate()
        } else {
            spare
        }
    }

    /// Step (2), or, if another writer was faster, the block goes to the spare place.
    #[cold]
    fn link_or_keep(&self, claimed: Option<(*mut Block<T>, usize)>, fresh: *mut Block<T>) {
        match claimed {
            Some((block, index)) if index + 1 == SLOTS => {
                // SAFETY: Q3: we own a slot of the block.
                let next = unsafe { &(*block).next };
                // Relaxed: step (2); step (4) of this slot releases it, and who counts goes no further
                // than step (1) has released.
                next.store(fresh, Ordering::Relaxed);
            }
            _ => self.keep(fresh),
        }
    }

    /// Keeps a wiped block for the next writer that needs one; frees the one kept so far.
    fn keep(&self, block: *mut Block<T>) {
        // AcqRel: Q5: gives the wiped block, takes the other.
        free(self.spare.swap(block, Ordering::AcqRel));
    }

    /// Takes the reader's waker out, when there will be no reader: it may own a sender, and would
    /// keep the channel alive as the channel keeps it.
    #[must_use = "a waker is foreign code: the caller drops it"]
    pub(super) fn forget_reader(&self) -> Option<Waker> {
        self.reader.take()
    }

    /// Takes the next value, if it is there.
    ///
    /// # Safety
    /// The caller is the reader.
    #[inline]
    pub(super) unsafe fn pop(&self) -> Read<T> {
        self.place.with_mut(|place| {
            // SAFETY: the caller is the reader, the place is its own.
            let place = unsafe { &mut *place };
            let slot = slot(place.block, place.index);
            // Acquire: step (a), pairs with step (4).
            match slot.state.load(Ordering::Acquire) {
                FULL => {}
                END => return Read::End,
                _ => return Read::Pending,
            }
            // SAFETY: Q2: filled, and read once, since the place moves on.
            let value = slot.value.with(|cell| unsafe { cell.cast::<T>().read() });
            place.index += 1;
            if place.index == SLOTS {
                self.advance(place);
            }
            Read::Value(value)
        })
    }

    /// Takes the next value, or waits for it.
    ///
    /// # Safety
    /// The caller is the reader.
    #[inline]
    pub(super) unsafe fn poll(&self, cx: &Context<'_>) -> Read<T> {
        // SAFETY: passed on to the caller.
        match unsafe { self.pop() } {
            Read::Pending => {}
            found => return found,
        }
        self.reader.register(cx.waker());
        self.place.with(|place| {
            // SAFETY: the caller is the reader.
            let place = unsafe { &*place };
            // Relaxed: step (c). Had step (5) missed the registration of step (b), it would have come
            // before it and so would (4): this finds `FULL`. A failure is looked at again in `pop`.
            let _ = slot(place.block, place.index).state.compare_exchange(
                EMPTY,
                AWAITED,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        });
        // SAFETY: passed on to the caller.
        unsafe { self.pop() }
    }

    /// Wakes the task that waits in an earlier poll, if there is one.
    pub(super) fn wake_reader(&self) {
        self.reader.wake();
    }

    /// Values that writers have claimed a slot for and that were not read.
    ///
    /// # Safety
    /// The caller is the reader.
    pub(super) unsafe fn len(&self) -> usize {
        // Acquire: pairs with step (1): what was pushed before is counted, and each block up to the
        // last was made before.
        let tail = self.tail.load(Ordering::Acquire);
        let last = tail.map_addr(|address| address & !(INDEX | CLOSED));
        self.place.with(|place| {
            // SAFETY: the caller is the reader.
            let place = unsafe { &*place };
            let mut block = place.block;
            let mut len = 0_usize.wrapping_sub(place.index);
            while block != last {
                len = len.wrapping_add(SLOTS);
                // SAFETY: Q3: blocks from the reader's place on are alive.
                let next = unsafe { &(*block).next };
                // Relaxed: as far as the last, `tail` has ordered what is behind it.
                block = next.load(Ordering::Relaxed);
                if block.is_null() {
                    // The owner of a last slot is about to link: what lies behind cannot be read
                    // before.
                    return len;
                }
            }
            len.wrapping_add(tail.addr() & INDEX)
        })
    }

    /// The reader has read the last slot of its block.
    #[cold]
    fn advance(&self, place: &mut Place<T>) {
        let done = place.block;
        // SAFETY: Q3: the reader has not let go of the block.
        let block = unsafe { &*done };
        // Relaxed: step (2) comes before step (4) of the slot just read, which was acquired.
        place.block = block.next.load(Ordering::Relaxed);
        place.index = 0;
        debug_assert!(
            !place.block.is_null(),
            "Q3: linked before the last slot was filled"
        );
        for slot in &block.slots {
            // Relaxed: Q3: nobody else touches the block; `keep` releases it.
            slot.state.store(EMPTY, Ordering::Relaxed);
        }
        // Relaxed: as above.
        block.next.store(ptr::null_mut(), Ordering::Relaxed);
        self.keep(done);
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        /// Frees the blocks even if a value's destructor panics.
        struct Blocks<'a, T>(&'a mut Queue<T>);
        impl<T> Drop for Blocks<'_, T> {
            fn drop(&mut self) {
                self.0.free_blocks();
            }
        }
        let blocks = Blocks(self);
        // SAFETY: alone, so also the reader.
        while let Read::Value(value) = unsafe { blocks.0.pop() } {
            drop(value);
        }
    }
}

impl<T> Queue<T> {
    fn free_blocks(&mut self) {
        let mut block = self.place.get_mut().block;
        while !block.is_null() {
            // SAFETY: Q3: alone; blocks from the reader's place on are alive.
            let next = unsafe { &(*block).next };
            // Relaxed: alone.
            let next = next.load(Ordering::Relaxed);
            free(block);
            block = next;
        }
        // Relaxed: alone.
        free(self.spare.load(Ordering::Relaxed));
    }
}

#[inline]
fn slot<'a, T>(block: *mut Block<T>, index: usize) -> &'a Slot<T> {
    // SAFETY: Q3: callers own a slot of the block, or are the reader before it lets go.
    let block = unsafe { &*block };
    &block.slots[index]
}

fn free<T>(block: *mut Block<T>) {
    if !block.is_null() {
        // SAFETY: Q3, Q5: made by `Block::allocate`, out of everyone's reach.
        drop(unsafe { Box::from_raw(block) });
    }
}
