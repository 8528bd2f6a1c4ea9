//! The queue of a channel: linked blocks of slots, many writers, one reader who waits in the slot
//! it reads next.
//!
//! **State**: `tail` is one word, the address of the last block with the index of the next free
//! slot and the flag `CLOSED` in its low bits (blocks are aligned to 128). Each slot has a state:
//! `EMPTY`, `AWAITED` (the reader waits for this very slot), `TAKING` (its owner takes the reader's
//! waker), `FULL`, `END` (no value will ever come). The reader has a place, a block and an index,
//! and a cell for its waker.
//!
//! **Invariants.** Q1: whoever moves `tail` past a slot owns that slot and is the only one to
//! write it. Q2: a slot that was filled is the reader's. Q3: a block is freed or reused by the
//! reader, once all its slots were read; the owner of a slot touches the block for the last time
//! when it sets the slot's state, and the owner of the last slot has linked the next block
//! before. So the block of an owned slot is alive. Q4: once `CLOSED`, `tail` does not move; who
//! closed has put `END` into the slot that `tail` pointed to. Q5: a spare block belongs to
//! whoever exchanges it out of `spare`. Q6: the place is the reader's alone; so is the cell, but
//! while the slot at the place is `AWAITED` it is nobody's, and while that is `TAKING` the slot's
//! owner's. Q7: no foreign code runs while a slot is `TAKING`.
//!
//! **Steps.** Writer: (1) move `tail` by one exchange; (2) link the next block, if the slot is
//! the last of its block; (3) write the value; (4) exchange `EMPTY → FULL`; or, is the slot
//! `AWAITED`, (5) exchange `AWAITED → TAKING`, take the waker, (6) store `FULL`, wake. Reader: (a) is
//! the slot `FULL`, read it and move on; else (b) is it `AWAITED` from an earlier poll, exchange it
//! for `EMPTY`; (c) put the waker into the cell; (d) exchange `EMPTY → AWAITED`. Did (b) or (d) fail,
//! is the slot filled: go to (a); or `TAKING`: the waker taken may be an earlier one, so the reader wakes
//! itself.
//!
//! **No wake-up is lost**: all changes of a slot are made one after the other. (4) before (d): (d)
//! fails. (d) before: (4) fails, and the writer comes to (5), or to (4) again if (b) was faster, after
//! which the reader comes to (d) again. Each time round the reader has polled once more.
//!
//! **Orderings**: (1) is AcqRel: the next owner of a slot sees the block; (4) and (6) are Release and
//! pair with the Acquire of (a), for the link of (2) too. (d) is Release and (5) Acquire: they give
//! the cell; (6) and (a) give it back. (b) is Relaxed: what it takes back, the reader gave.
//!
//! A value costs the writer two read-modify-writes and the reader none. An address that is freed
//! and allocated again at the same index of `tail` does no harm: nothing was read from the block
//! before the exchange succeeded.
//!
//! Rejected: a position counter with `fetch_add` (the block has to be found, and then kept alive
//! while others look for it); a flag that tells whether the reader sleeps (a second shared word
//! for each value, and a fence); a cell for the waker with a word of its own (four
//! read-modify-writes more for each value that is waited for).
#![allow(unsafe_code, reason = "slots and blocks are owned by position")]

use std::mem::{self, MaybeUninit};
use std::ptr;
use std::task::{Context, Waker};

use crossbeam_utils::CachePadded;

use crate::loom::atomic::{AtomicPtr, AtomicUsize, Ordering};
use crate::loom::{IS_MODEL, UnsafeCell, first_look, thread};

/// Slots of a block; few under the model, so that it crosses block boundaries.
const SLOTS: usize = if IS_MODEL { 2 } else { 32 };

/// Low bits of `tail`: flag, then index.
const CLOSED: usize = 64;
const INDEX: usize = 63;

const EMPTY: usize = 0;
const AWAITED: usize = 1;
const TAKING: usize = 2;
const FULL: usize = 3;
const END: usize = 4;

struct Slot<T> {
    state: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    /// Step (4).
    #[inline]
    fn set(&self, state: usize) -> Result<usize, usize> {
        // Release: pairs with the reader's Acquire. Q3: the last touch of the block.
        self.state
            .compare_exchange(EMPTY, state, Ordering::Release, Ordering::Relaxed)
    }
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
    /// Nothing now; the state of the slot.
    Pending(usize),
    /// Nothing any more.
    End,
}

struct Place<T> {
    block: *mut Block<T>,
    index: usize,
}

/// Q6.
struct Reader<T> {
    place: UnsafeCell<Place<T>>,
    waker: UnsafeCell<Option<Waker>>,
}

/// The queue. `push` and `close` are for anyone; the verbs of the reader say so.
pub(super) struct Queue<T> {
    tail: CachePadded<AtomicPtr<Block<T>>>,
    spare: AtomicPtr<Block<T>>,
    reader: CachePadded<Reader<T>>,
}

// SAFETY: Q1 and Q2: each value moves from its writer to the reader, hence `T: Send`.
unsafe impl<T: Send> Send for Queue<T> {}
// SAFETY: as above; no `&T` is shared. Q6: the waker's cell has one owner at a time.
unsafe impl<T: Send> Sync for Queue<T> {}

impl<T> Queue<T> {
    pub(super) fn new() -> Queue<T> {
        let block = Block::allocate();
        Queue {
            tail: CachePadded::new(AtomicPtr::new(block)),
            spare: AtomicPtr::new(ptr::null_mut()),
            reader: CachePadded::new(Reader {
                place: UnsafeCell::new(Place { block, index: 0 }),
                waker: UnsafeCell::new(None),
            }),
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

    /// Steps (4) to (6).
    #[inline]
    fn fill(&self, slot: &Slot<T>, state: usize) {
        // Relaxed: it only saves an exchange that would fail.
        let seen = first_look::usize(&slot.state, Ordering::Relaxed);
        if seen == AWAITED || slot.set(state).is_err() {
            self.fill_awaited(slot, state);
        }
    }

    /// Steps (5) and (6), or (4) where the reader has taken its waker back.
    fn fill_awaited(&self, slot: &Slot<T>, state: usize) {
        // Acquire: step (5), pairs with step (d): gets the waker's cell.
        while slot
            .state
            .compare_exchange(AWAITED, TAKING, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            match slot.set(state) {
                Ok(_) => return,
                Err(found) => assert!(found == AWAITED, "Q1: its owner fills it"),
            }
        }
        let waker = self.replace_waker(None);
        // Release: pairs with the reader's Acquire; gives the cell back. Q3: the last touch of the
        // block.
        slot.state.store(state, Ordering::Release);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The caller owns the cell (Q6).
    fn replace_waker(&self, with: Option<Waker>) -> Option<Waker> {
        self.reader.waker.with_mut(|cell| {
            // SAFETY: Q6: the caller owns it.
            let cell = unsafe { &mut *cell };
            mem::replace(cell, with)
        })
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

    /// Takes out the waker of who waits in an earlier poll, if there is one. Where there will be no
    /// reader it has to be: it may own a sender, and would keep the channel alive as the channel keeps it.
    ///
    /// # Safety
    /// The caller is the reader.
    #[must_use = "a waker is foreign code: the caller wakes or drops it"]
    pub(super) unsafe fn forget_reader(&self) -> Option<Waker> {
        let slot = self.next_slot();
        // Relaxed: step (b). Acquire on failure: Q6, a filled slot gives the cell back.
        let outcome =
            slot.state
                .compare_exchange(AWAITED, EMPTY, Ordering::Relaxed, Ordering::Acquire);
        match outcome {
            // Its owner has it, and wakes it.
            Err(TAKING) => None,
            _ => self.replace_waker(None),
        }
    }

    /// Takes the next value, if it is there.
    ///
    /// # Safety
    /// The caller is the reader.
    #[inline]
    pub(super) unsafe fn pop(&self) -> Read<T> {
        self.reader.place.with_mut(|place| {
            // SAFETY: the caller is the reader, the place is its own.
            let place = unsafe { &mut *place };
            let slot = slot(place.block, place.index);
            // Acquire: step (a), pairs with steps (4) and (6).
            match slot.state.load(Ordering::Acquire) {
                FULL => {}
                END => return Read::End,
                state => return Read::Pending(state),
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
            Read::Pending(state) => self.wait(state, cx.waker()),
            found => found,
        }
    }

    /// Steps (b) to (d), from the state that was seen, and (a) if the slot was filled meanwhile. The
    /// caller is the reader.
    #[inline(never)]
    fn wait(&self, mut seen: usize, waker: &Waker) -> Read<T> {
        let slot = self.next_slot();
        if seen == AWAITED {
            // Relaxed: step (b); who finds it filled looks again.
            let outcome =
                slot.state
                    .compare_exchange(AWAITED, EMPTY, Ordering::Relaxed, Ordering::Relaxed);
            seen = outcome.map_or_else(|found| found, |_| EMPTY);
        }
        match seen {
            EMPTY if self.await_slot(slot, waker) => Read::Pending(AWAITED),
            TAKING => {
                again(waker);
                Read::Pending(TAKING)
            }
            // SAFETY: the caller is the reader.
            _ => unsafe { self.pop() },
        }
    }

    /// Steps (c) and (d) of a slot that was empty, by the reader; false if it was filled meanwhile.
    fn await_slot(&self, slot: &Slot<T>, waker: &Waker) -> bool {
        // Q6: the slot is empty.
        let (held, old) = match self.replace_waker(None) {
            Some(held) if held.will_wake(waker) => (held, None),
            other => (waker.clone(), other),
        };
        let _none = self.replace_waker(Some(held));
        // Release: step (d), gives the cell. Relaxed on failure: a filled slot is looked at in `pop`.
        let waits =
            slot.state
                .compare_exchange(EMPTY, AWAITED, Ordering::Release, Ordering::Relaxed);
        drop(old);
        if waits.is_err() {
            // Q6: its owner found it empty and has left the cell alone.
            drop(self.replace_waker(None));
        }
        waits.is_ok()
    }

    /// The slot that is read next. The caller is the reader.
    fn next_slot(&self) -> &Slot<T> {
        self.reader.place.with(|place| {
            // SAFETY: the caller is the reader.
            let place = unsafe { &*place };
            slot(place.block, place.index)
        })
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
        self.reader.place.with(|place| {
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
        let mut block = self.reader.place.get_mut().block;
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

/// The owner of the slot holds the cell for a few instructions more: lets its thread run, and the reader
/// poll again.
#[cold]
fn again(waker: &Waker) {
    thread::yield_now();
    waker.wake_by_ref();
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
