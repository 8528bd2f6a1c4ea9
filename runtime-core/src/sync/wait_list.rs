//! Waiters in a queue, first in first out, each a node inside the future that waits.
//!
//! **What it is for**: each primitive with many waiters keeps a [`WaitList`] behind one lock of its
//! own. A [`Waiter`] is pinned in its future: waiting allocates nothing.
//!
//! **Invariants.** L1: links, waker and tag of a queued waiter are touched only by the holder of
//! the list's lock. L2: a queued waiter is pinned and does not go away before it is taken out
//! (its future's destructor does so). L3: whoever takes a waiter out with an outcome stores the
//! outcome last and never touches the waiter again: its owner may free it at once. L4: a waiter
//! is in at most one list. L5: a waiter that is not queued is touched by its owner alone.
//!
//! **Orderings**: the outcome is stored with Release and read with Acquire, so that its owner may
//! read it without the lock and then owns the rest of the node.
//!
//! Rejected: a slab of waiters (an allocation, and a bound that nobody asked for); a lock-free
//! queue (removal from the middle, for cancelled waiters, costs more than the lock).
#![allow(unsafe_code, reason = "intrusive list over pinned nodes")]

use std::marker::PhantomPinned;
use std::ptr::NonNull;
use std::task::Waker;

use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Mutex, UnsafeCell};

/// The outcome of a waiter that still waits.
pub(crate) const WAITING: usize = 0;

/// One waiter's node.
pub(crate) struct Waiter {
    links: UnsafeCell<Links>,
    waker: UnsafeCell<Option<Waker>>,
    tag: UnsafeCell<usize>,
    outcome: AtomicUsize,
    _pinned: PhantomPinned,
}

#[derive(Clone, Copy)]
struct Links {
    prev: Option<NonNull<Waiter>>,
    next: Option<NonNull<Waiter>>,
}

// SAFETY: L1 and L5: the cells are touched by one thread at a time; a `Waker` is Send and Sync.
unsafe impl Send for Waiter {}
// SAFETY: as above; the outcome is atomic.
unsafe impl Sync for Waiter {}

impl Waiter {
    /// A waiter in no list.
    pub(crate) fn new() -> Waiter {
        Waiter {
            links: UnsafeCell::new(Links {
                prev: None,
                next: None,
            }),
            waker: UnsafeCell::new(None),
            tag: UnsafeCell::new(0),
            outcome: AtomicUsize::new(WAITING),
            _pinned: PhantomPinned,
        }
    }

    /// What it was taken out with; [`WAITING`] if it never was.
    pub(crate) fn outcome(&self) -> usize {
        // Acquire: pairs with the Release store of `WaitList::finish`.
        self.outcome.load(Ordering::Acquire)
    }

    /// The tag of a waiter whose outcome has come.
    pub(crate) fn final_tag(&self) -> usize {
        debug_assert_ne!(self.outcome(), WAITING, "still the list's");
        // SAFETY: L3 and L5: the outcome has come, only the owner touches the node.
        self.tag.with(|tag| unsafe { *tag })
    }
}

impl std::fmt::Debug for Waiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiter")
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}

/// The queue. Lives behind a lock: `&mut WaitList` is the proof that it is held.
pub(crate) struct WaitList {
    front: Option<NonNull<Waiter>>,
    back: Option<NonNull<Waiter>>,
}

// SAFETY: L1 and L2: the nodes are alive while they are in the list, and touched under its lock.
unsafe impl Send for WaitList {}

impl WaitList {
    /// An empty queue.
    pub(crate) const fn new() -> WaitList {
        WaitList {
            front: None,
            back: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.front.is_none()
    }

    /// Queues `waiter` last.
    ///
    /// # Safety
    /// The waiter is in no list, stays where it is, and is not freed before it is taken out (L2,
    /// L4).
    pub(crate) unsafe fn push_back(&mut self, waiter: &Waiter, waker: Option<Waker>, tag: usize) {
        debug_assert_eq!(waiter.outcome(), WAITING);
        let node = NonNull::from(waiter);
        // SAFETY: L1: queued under the lock from here on.
        waiter.waker.with_mut(|cell| unsafe { *cell = waker });
        // SAFETY: L1.
        waiter.tag.with_mut(|cell| unsafe { *cell = tag });
        set_links(
            waiter,
            Links {
                prev: self.back,
                next: None,
            },
        );
        match self.back.replace(node) {
            None => self.front = Some(node),
            Some(last) => edit_links(alive(&last), |links| links.next = Some(node)),
        }
    }

    /// Queues all of another list last, in their order.
    pub(crate) fn append(&mut self, other: &mut WaitList) {
        let Some(first) = other.front.take() else {
            return;
        };
        match self.back {
            None => self.front = Some(first),
            Some(last) => {
                edit_links(alive(&last), |links| links.next = Some(first));
                edit_links(alive(&first), |links| links.prev = Some(last));
            }
        }
        self.back = other.back.take();
    }

    /// The tag of the front waiter.
    pub(crate) fn front_tag(&self) -> Option<usize> {
        let front = self.front.as_ref()?;
        // SAFETY: L1: `self` is the proof that the lock is held.
        Some(alive(front).tag.with(|tag| unsafe { *tag }))
    }

    /// Gives the front waiter another tag.
    pub(crate) fn set_front_tag(&mut self, to: usize) {
        if let Some(front) = self.front.as_ref() {
            // SAFETY: L1: `self` is the proof that the lock is held.
            alive(front).tag.with_mut(|tag| unsafe { *tag = to });
        }
    }

    /// Takes the front waiter out with `outcome`; the caller wakes its waker after unlocking.
    #[must_use = "the waker is woken after the lock is released"]
    pub(crate) fn finish_front(&mut self, outcome: usize) -> Option<Waker> {
        let front = self.front?;
        self.finish(front, outcome)
    }

    /// Takes the last waiter out with `outcome`; the caller wakes its waker after unlocking.
    #[must_use = "the waker is woken after the lock is released"]
    pub(crate) fn finish_back(&mut self, outcome: usize) -> Option<Waker> {
        let back = self.back?;
        self.finish(back, outcome)
    }

    fn finish(&mut self, node: NonNull<Waiter>, outcome: usize) -> Option<Waker> {
        debug_assert_ne!(outcome, WAITING);
        let waiter = alive(&node);
        self.unlink(waiter);
        // SAFETY: L1: the lock is held.
        let waker = waiter.waker.with_mut(|cell| unsafe { (*cell).take() });
        // Release: pairs with `Waiter::outcome`. L3: the last touch of the node.
        waiter.outcome.store(outcome, Ordering::Release);
        waker
    }

    /// Takes a waiter out without an outcome and gives its waker, to be dropped after unlocking.
    ///
    /// # Safety
    /// The waiter is queued in this list.
    #[must_use = "the waker is dropped after the lock is released"]
    pub(crate) unsafe fn remove(&mut self, waiter: &Waiter) -> Option<Waker> {
        debug_assert_eq!(waiter.outcome(), WAITING);
        self.unlink(waiter);
        // SAFETY: L1: the lock is held.
        waiter.waker.with_mut(|cell| unsafe { (*cell).take() })
    }

    fn unlink(&mut self, waiter: &Waiter) {
        // SAFETY: L1: the lock is held.
        let links = waiter.links.with(|links| unsafe { *links });
        match links.prev.as_ref() {
            None => self.front = links.next,
            Some(prev) => edit_links(alive(prev), |it| it.next = links.next),
        }
        match links.next.as_ref() {
            None => self.back = links.prev,
            Some(next) => edit_links(alive(next), |it| it.prev = links.prev),
        }
        set_links(
            waiter,
            Links {
                prev: None,
                next: None,
            },
        );
    }

    /// The tag of a waiter.
    ///
    /// # Safety
    /// The waiter is queued in this list.
    pub(crate) unsafe fn tag(&mut self, waiter: &Waiter) -> usize {
        // SAFETY: L1: `self` is the proof that the lock is held.
        waiter.tag.with(|tag| unsafe { *tag })
    }

    /// # Safety
    /// The waiter is queued in this list.
    unsafe fn holds(&mut self, waiter: &Waiter, waker: &Waker) -> bool {
        waiter.waker.with(|cell| {
            // SAFETY: L1: `self` is the proof that the lock is held.
            let held = unsafe { &*cell };
            held.as_ref().is_some_and(|held| held.will_wake(waker))
        })
    }

    /// # Safety
    /// The waiter is queued in this list.
    unsafe fn swap_waker(&mut self, waiter: &Waiter, waker: Waker) -> Option<Waker> {
        // SAFETY: L1: `self` is the proof that the lock is held.
        waiter
            .waker
            .with_mut(|cell| unsafe { (*cell).replace(waker) })
    }
}

impl AsMut<WaitList> for WaitList {
    fn as_mut(&mut self) -> &mut WaitList {
        self
    }
}

/// Makes a queued waiter hold `waker`, unless its outcome has come; gives the outcome.
///
/// # Safety
/// The waiter was queued in this list, or one behind the same lock, and the caller is its owner.
pub(crate) unsafe fn refresh<L>(list: &Mutex<L>, waiter: &Waiter, waker: &Waker) -> usize
where
    L: AsMut<WaitList>,
{
    {
        let mut list = list.lock();
        let outcome = waiter.outcome();
        // SAFETY: queued, since its outcome has not come.
        if outcome != WAITING || unsafe { list.as_mut().holds(waiter, waker) } {
            return outcome;
        }
    }
    // Foreign code, so the lock is released meanwhile.
    let fresh = waker.clone();
    let (outcome, unused) = {
        let mut list = list.lock();
        match waiter.outcome() {
            // SAFETY: queued, since its outcome has not come.
            WAITING => (WAITING, unsafe { list.as_mut().swap_waker(waiter, fresh) }),
            outcome => (outcome, Some(fresh)),
        }
    };
    drop(unused);
    outcome
}

fn alive(node: &NonNull<Waiter>) -> &Waiter {
    // SAFETY: L2: only nodes that are in the list are passed here.
    unsafe { node.as_ref() }
}

fn set_links(waiter: &Waiter, to: Links) {
    edit_links(waiter, |links| *links = to);
}

fn edit_links(waiter: &Waiter, edit: impl FnOnce(&mut Links)) {
    waiter.links.with_mut(|links| {
        // SAFETY: L1: every caller holds the lock.
        edit(unsafe { &mut *links });
    });
}
