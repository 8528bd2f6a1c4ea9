//! A point that a number of tasks reach together.
//!
//! **State**: a count of all arrivals ever, and a queue of those who wait behind a lock. The
//! generation of an arrival is the count before it divided by the size; the last of a generation is
//! its leader.
//!
//! **Invariants.** B1: the count changes only under the lock. B2: a queued waiter's tag is its
//! generation; generations in the queue never fall from front to back. B3: while the lock is free,
//! the queue holds only waiters of the generation that is not full, and those of full ones that
//! their leader is still taking out.
//!
//! **Steps.** Lock; (1) count; (2) the last: unlock, (a) take out all of its generation and older,
//! batch by batch, waking after each unlocking; not the last: (3) queue.
//!
//! **No wake-up is lost**: (1) and (3) happen under one lock, so when the last of a generation
//! counts, all others of it have queued, and (a) finds them.
//!
//! **Orderings**: the lock orders the arrivals, and a waiter's outcome carries the leader's view to
//! it: what anyone did before arriving happens before what anyone does afterwards.
//!
//! A waiter that is dropped has arrived all the same: it cannot be told apart from one that is slow,
//! and the others would wait for nobody.
#![allow(unsafe_code, reason = "its futures are nodes of an intrusive list")]

use std::fmt;
use std::future::Future;
use std::num::NonZeroU64;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::wait_list::{WAITING, WaitList, Waiter, refresh};
use crate::coop;
use crate::loom::Mutex;
use crate::loom::atomic::{AtomicU64, Ordering};
use crate::util::wake_list::WakeList;

/// The outcome of a waiter.
const RELEASED: usize = 1;

/// Lets a number of tasks wait for each other; used again and again.
///
/// ```
/// use runtime::sync::Barrier;
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let barrier = Arc::new(Barrier::new(3));
/// let tasks: Vec<_> = (0..3)
///     .map(|_| {
///         let barrier = Arc::clone(&barrier);
///         runtime::spawn(async move { barrier.wait().await.is_leader() })
///     })
///     .collect();
/// let mut leaders = 0;
/// for task in tasks {
///     leaders += u32::from(task.await.unwrap());
/// }
/// assert_eq!(leaders, 1);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Barrier {
    size: NonZeroU64,
    /// Changed under the lock only.
    arrivals: AtomicU64,
    queue: Mutex<WaitList>,
}

impl UnwindSafe for Barrier {}
impl RefUnwindSafe for Barrier {}

/// What a wait at a [`Barrier`] ends with.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let alone = runtime::sync::Barrier::new(1);
/// assert!(alone.wait().await.is_leader());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this was the one that came last; true for exactly one of those who waited together.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// A barrier for `n` tasks; zero is taken for one.
    pub fn new(n: usize) -> Barrier {
        Barrier {
            size: NonZeroU64::new(n as u64).unwrap_or(NonZeroU64::MIN),
            arrivals: AtomicU64::new(0),
            queue: Mutex::new(WaitList::new()),
        }
    }

    /// Waits until as many have come as the barrier is made for.
    ///
    /// # Cancel safety
    /// Lossy: the first poll is an arrival, and it counts although the future is dropped.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let barrier = std::sync::Arc::new(runtime::sync::Barrier::new(2));
    /// let other = std::sync::Arc::clone(&barrier);
    /// runtime::spawn(async move { other.wait().await });
    /// barrier.wait().await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn wait(&self) -> BarrierWaitResult {
        let wait = Wait {
            barrier: self,
            phase: Phase::New,
            waiter: Waiter::new(),
        };
        wait.await
    }

    /// Step (a).
    fn release(&self, generation: u64) {
        WakeList::wake_in_batches(|wakers| {
            let mut queue = self.queue.lock();
            while wakers.can_push() && is_up_to(queue.front_tag(), generation) {
                wakers.extend(queue.finish_front(RELEASED));
            }
        });
    }
}

/// A generation as a tag; the queue holds neighbours only, so that it may be cut.
fn tag(generation: u64) -> usize {
    generation as usize
}

/// Whether there is a front waiter and it is of `generation` or an older one; tags wrap.
fn is_up_to(front: Option<usize>, generation: u64) -> bool {
    front.is_some_and(|front| tag(generation).wrapping_sub(front) <= usize::MAX / 2)
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: a picture for a human.
        let arrivals = self.arrivals.load(Ordering::Relaxed);
        f.debug_struct("Barrier")
            .field("size", &self.size)
            .field("arrived", &(arrivals % self.size))
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    New,
    Queued,
    /// Through, and has not said so, for want of budget; whether as the leader.
    Through(bool),
}

/// One who waits.
struct Wait<'a> {
    barrier: &'a Barrier,
    phase: Phase,
    waiter: Waiter,
}

impl Wait<'_> {
    /// Steps (1) to (3).
    fn arrive(&mut self, cx: &Context<'_>) -> Phase {
        let Barrier {
            size,
            arrivals,
            queue,
        } = self.barrier;
        // Foreign code: before the lock; declared first, so dropped after it.
        let mut waker = Some(cx.waker().clone());
        let mut queue = queue.lock();
        // Relaxed: step (1); B1, and the lock orders.
        let before = arrivals.fetch_add(1, Ordering::Relaxed);
        let (generation, place) = (before / *size, before % *size);
        if place + 1 == size.get() {
            drop(queue);
            // Before anybody is woken: a waker's panic finds this one through.
            self.phase = Phase::Through(true);
            if place > 0 {
                self.barrier.release(generation);
            }
            return Phase::Through(true);
        }
        // SAFETY: L2, L4: the waiter is pinned here, new, and removed by the destructor.
        unsafe { queue.push_back(&self.waiter, waker.take(), tag(generation)) };
        Phase::Queued
    }

    /// Whether its generation was released.
    fn look(&self, cx: &Context<'_>) -> bool {
        if self.waiter.outcome() == RELEASED {
            return true;
        }
        // SAFETY: queued in this list by `arrive`; its owner is this future.
        let outcome = unsafe { refresh(&self.barrier.queue, &self.waiter, cx.waker()) };
        outcome == RELEASED
    }
}

impl Future for Wait<'_> {
    type Output = BarrierWaitResult;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<BarrierWaitResult> {
        // SAFETY: nothing is moved out; the waiter stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        match this.phase {
            Phase::New => this.phase = this.arrive(cx),
            Phase::Queued if this.look(cx) => this.phase = Phase::Through(false),
            _ => (),
        }
        let Phase::Through(leader) = this.phase else {
            return Poll::Pending;
        };
        // Last: who has no budget left has arrived all the same.
        ready!(coop::poll_proceed(cx)).made();
        Poll::Ready(BarrierWaitResult(leader))
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.phase != Phase::Queued {
            return;
        }
        // Declared first, so dropped after the lock is released.
        let _waker;
        let mut queue = self.barrier.queue.lock();
        if self.waiter.outcome() == WAITING {
            // SAFETY: it was queued and has no outcome yet.
            _waker = unsafe { queue.remove(&self.waiter) };
        }
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
