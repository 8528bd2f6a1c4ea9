//! Counting permits, handed out first in first out; who has some is for others to keep in mind.
//!
//! **What it is for**: under [`Semaphore`](super::Semaphore), whose permits give themselves back;
//! the capacity of a bounded channel; the ownership of a [`Mutex`](super::Mutex), an
//! [`RwLock`](super::RwLock), an [`OnceCell`](super::OnceCell).
//!
//! **State**: one word. Bit 0 `CLOSED`, bit 1 `WAITERS` (somebody is queued, or is about to be),
//! the free permits above. The queue lies behind a lock that the fast paths never take.
//!
//! **Invariants.** S1: `WAITERS` changes only under the lock; after a holder of the lock is done
//! it is set if and only if the queue is not empty. S2: while `WAITERS` is set, only a holder of
//! the lock takes permits out of the word, so nobody overtakes the queue. S3: `CLOSED` is set
//! under the lock, and who set it refuses those in the queue until it is empty; then it stays so.
//! S4: a waiter's tag is what it still needs; it keeps what it was given, and what a waiter that
//! gives up was given is released.
//!
//! **Steps.** Acquire: (1) not closed, no `WAITERS`, enough permits: take them in one exchange.
//! Else lock; is the queue empty, (2) or in `WAITERS`; (3) take what that word held; enough: clear
//! `WAITERS`, done; (4) else queue. Release: (a) add the permits; (b) did the word have `WAITERS`,
//! lock and hand all free permits to the queue from its front; wake after unlocking. Who has all
//! permits does (a) by an exchange with a word that is empty; if that finds `WAITERS`, (c) lock,
//! hand the permits from hand to hand, and add to the word what nobody wanted.
//!
//! **No wake-up is lost**: (2) and (a) are read-modify-writes of one word. (a) before (2): step
//! (3) finds the permits. (a) after (2): (b) finds the waiter, since it takes the lock after step
//! (4) released it. Who queues behind others finds `WAITERS` set since the first of them came, and
//! not cleared, since that takes the lock: each (a) either came before that (2), or sees it. (c)
//! adds under the lock what is left when nobody is queued: who queues later finds it in step (3).
//!
//! **Orderings**: (a) is Release and (1), (2) are Acquire, and so is the look of a waiter that has
//! its permits, whether it is closed: what was done with a permit happens before what the next holder
//! does. A close is Release, every refusal by it Acquire. All changes of the word are
//! read-modify-writes, one chain: who acquires one of them acquires what all before it released.
//!
//! Rejected: permits that go below zero instead of a bit (a cancelled waiter then has to repair
//! the count); no partial hand-out (a waiter for many would be passed by `try_acquire`, or the
//! free count would show permits that nobody can get).
#![allow(unsafe_code, reason = "its futures are nodes of an intrusive list")]

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::wait_list::{WAITING, WaitList, Waiter, refresh};
use crate::coop;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Mutex, first_look};
use crate::util::foreign;
use crate::util::wake_list::WakeList;

pub use error::{AcquireError, TryAcquireError};

mod error;

const CLOSED: usize = 1;
const WAITERS: usize = 2;
const FLAGS: usize = CLOSED | WAITERS;
const SHIFT: u32 = 2;

/// The most permits a semaphore can hold.
pub const MAX_PERMITS: usize = usize::MAX >> 3;

/// The panic's text, which other code expects.
const TOO_MANY: &str = "a semaphore may not have more than MAX_PERMITS permits";

/// Outcomes of a waiter.
const GRANTED: usize = 1;
const REFUSED: usize = 2;

/// Permits and the queue of those who wait for some.
pub struct RawSemaphore {
    word: AtomicUsize,
    queue: Mutex<WaitList>,
}

impl UnwindSafe for RawSemaphore {}
impl RefUnwindSafe for RawSemaphore {}

macro_rules! constructor {
    ($($qualifier:tt)*) => {
        /// A semaphore with `permits` free permits.
        ///
        /// # Panics
        /// If `permits` exceeds [`MAX_PERMITS`].
        #[track_caller]
        pub $($qualifier)* fn new(permits: usize) -> RawSemaphore {
            assert!(permits <= MAX_PERMITS, "{}", TOO_MANY);
            RawSemaphore {
                word: AtomicUsize::new(permits << SHIFT),
                queue: Mutex::new(WaitList::new()),
            }
        }

        /// A semaphore without permits that was closed already.
        pub $($qualifier)* fn new_closed() -> RawSemaphore {
            RawSemaphore {
                word: AtomicUsize::new(CLOSED),
                queue: Mutex::new(WaitList::new()),
            }
        }
    };
}

impl RawSemaphore {
    crate::loom::constructor!(constructor);

    /// Free permits at this moment.
    pub fn available(&self) -> usize {
        // Acquire: pairs with the Release of `release`; who sees a permit free sees what was done
        // with it.
        self.word.load(Ordering::Acquire) >> SHIFT
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        // Acquire: pairs with the Release of `close`, and of `release`.
        self.word.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Whether it was closed and `permits` permits are free: with all of them back, nothing moves
    /// any more.
    #[inline]
    pub fn is_closed_with(&self, permits: usize) -> bool {
        // Acquire: pairs with the Release of `release`. `WAITERS` may be set for a moment by one
        // who is refused.
        self.word.load(Ordering::Acquire) & !WAITERS == (permits << SHIFT) | CLOSED
    }

    /// Takes `n` permits if they are free and nobody waits.
    ///
    /// # Errors
    /// If it is closed, or the permits cannot be had now.
    ///
    /// # Panics
    /// If `n` exceeds [`MAX_PERMITS`].
    #[inline]
    pub fn try_acquire(&self, n: usize) -> Result<(), TryAcquireError> {
        // Acquire: pairs with `close`: who is told that it is closed sees what came before that.
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            if word & CLOSED != 0 {
                return Err(TryAcquireError::Closed);
            }
            if n == 0 {
                return Ok(());
            }
            if word & WAITERS != 0 || (word >> SHIFT) < n {
                assert!(n <= MAX_PERMITS, "{TOO_MANY}");
                return Err(TryAcquireError::NoPermits);
            }
            // Acquire: step (1), pairs with the Release of `release`; on failure as above.
            let taken = self.word.compare_exchange_weak(
                word,
                word.wrapping_sub(n << SHIFT),
                Ordering::Acquire,
                Ordering::Acquire,
            );
            match taken {
                Ok(_) => return Ok(()),
                Err(found) => word = found,
            }
        }
    }

    /// Waits for `n` permits: [`acquire`](RawSemaphore::acquire), whose waiter is made only when
    /// they are not there at once.
    ///
    /// # Errors
    /// If it is closed.
    #[inline]
    pub async fn take(&self, n: usize) -> Result<(), AcquireError> {
        match self.try_take(n) {
            Ok(()) => Ok(()),
            Err(_) => self.acquire(n).await,
        }
    }

    /// Waits for `n` permits.
    ///
    /// # Panics
    /// If `n` exceeds [`MAX_PERMITS`].
    ///
    /// Cancel safety: a future that is dropped loses its place, and what it was given goes to the
    /// next.
    /// Fairness: first in, first out.
    #[track_caller]
    pub fn acquire(&self, n: usize) -> Acquire<'_> {
        assert!(n <= MAX_PERMITS, "{TOO_MANY}");
        Acquire {
            semaphore: self,
            permits: n,
            phase: Phase::New,
            waiter: Waiter::new(),
        }
    }

    /// As [`try_acquire`](RawSemaphore::try_acquire), for a future that spends a unit of budget
    /// when it succeeds: the fast path before [`acquire`](RawSemaphore::acquire), without a waiter
    /// or a context at hand. With no budget left it fails, and `acquire` takes the place in the
    /// queue.
    ///
    /// # Errors
    /// As `try_acquire`.
    #[inline]
    pub fn try_take(&self, n: usize) -> Result<(), TryAcquireError> {
        if !coop::has_budget_remaining() {
            return Err(TryAcquireError::NoPermits);
        }
        self.try_acquire(n)?;
        coop::spend();
        Ok(())
    }

    /// Adds `n` permits: to those who wait, oldest first, else to the free ones.
    ///
    /// # Panics
    /// If more than [`MAX_PERMITS`] would be free. A waker's panic goes on after all others were
    /// woken.
    #[inline]
    pub fn release(&self, n: usize) {
        if n == 0 {
            return;
        }
        if self.add(n) {
            self.hand_out();
        }
    }

    /// Step (a) of [`release`](RawSemaphore::release): whether the caller has to
    /// [hand them out](RawSemaphore::hand_out) next.
    #[must_use = "somebody may wait for these permits"]
    #[inline]
    pub(crate) fn add(&self, n: usize) -> bool {
        assert!(n <= MAX_PERMITS, "{TOO_MANY}");
        // Release: step (a), pairs with the Acquire of whoever takes the permits.
        let before = self.word.fetch_add(n << SHIFT, Ordering::Release);
        if (before >> SHIFT) > MAX_PERMITS - n {
            self.refuse(n);
        }
        before & WAITERS != 0
    }

    /// Takes permits back that are too many, so that the count stays true for who catches the panic.
    /// The word has room for twice as many: none was lost, and nobody can have taken so many since.
    #[cold]
    fn refuse(&self, n: usize) -> ! {
        // Relaxed: nothing was released with them.
        self.word.fetch_sub(n << SHIFT, Ordering::Relaxed);
        panic!("{TOO_MANY}");
    }

    /// Whether nobody is queued and it is open.
    pub(crate) fn is_at_rest(&self) -> bool {
        // Relaxed: two flags; the caller has ordered what the look must not miss.
        self.word.load(Ordering::Relaxed) & FLAGS == 0
    }

    /// As [`release`](RawSemaphore::release), for who has all permits, as the holder of a lock:
    /// where somebody waits, they do not go through the word.
    ///
    /// # Panics
    /// As `release`. With less than all permits it is right too, and slower.
    #[inline]
    pub fn hand_on(&self, n: usize) {
        // Release: step (a), as in `release`. Relaxed on failure: the lock orders, or `release`.
        let given = self
            .word
            .compare_exchange(0, n << SHIFT, Ordering::Release, Ordering::Relaxed);
        match given {
            Ok(_) => {}
            Err(word) if word & WAITERS != 0 => self.hand_out_with(n),
            Err(_) => self.release(n),
        }
    }

    /// Takes up to `n` free permits away for good; gives how many there were.
    pub fn forget(&self, n: usize) -> usize {
        // S2: somebody may wait, and be about to take what stands in the word.
        let _queue = self.queue.lock();
        // Relaxed: the exchange acquires, and always comes.
        let mut word = first_look::usize(&self.word, Ordering::Relaxed);
        loop {
            let taken = n.min(word >> SHIFT);
            // Acquire: as in `try_acquire`.
            let outcome = self.word.compare_exchange_weak(
                word,
                word - (taken << SHIFT),
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            match outcome {
                Ok(_) => return taken,
                Err(found) => word = found,
            }
        }
    }

    /// Refuses all who wait and all who come later.
    pub fn close(&self) {
        let mut wakers = WakeList::new();
        loop {
            let more = {
                let mut queue = self.queue.lock();
                // Release: S3; to whoever sees it closed. Permits that are free stay so: there is
                // nothing to acquire for.
                self.word.fetch_or(CLOSED, Ordering::Release);
                while !queue.is_empty() && wakers.can_push() {
                    wakers.extend(queue.finish_front(REFUSED));
                }
                self.settle(&queue);
                !queue.is_empty()
            };
            if !more {
                return wakers.wake_all();
            }
            // The rest must end too, whatever a waker does: the panic goes on with the last batch.
            let rest = CloseRest(self);
            wakers.wake_all();
            std::mem::forget(rest);
        }
    }

    /// Step (b): free permits to those who wait, if there are any of both.
    ///
    /// # Panics
    /// A waker's panic goes on after all others were woken.
    pub(crate) fn hand_out(&self) {
        self.hand_out_with(0);
    }

    /// Step (b), and step (c) with permits `in_hand`.
    #[cold]
    fn hand_out_with(&self, mut in_hand: usize) {
        let mut wakers = WakeList::new();
        loop {
            let more = {
                let mut queue = self.queue.lock();
                let left = match std::mem::take(&mut in_hand) {
                    0 if queue.is_empty() => 0,
                    0 => self.take_all(),
                    in_hand => in_hand,
                };
                let left = grant(&mut queue, left, &mut wakers);
                if left > 0 {
                    // Release: as in `release`. The chain has what came through the word, and not
                    // what was in hand.
                    self.word.fetch_add(left << SHIFT, Ordering::Release);
                }
                self.settle(&queue);
                left > 0 && !queue.is_empty()
            };
            if !more {
                return wakers.wake_all();
            }
            let rest = HandOutRest(self);
            wakers.wake_all();
            std::mem::forget(rest);
        }
    }

    /// Takes all free permits out of the word; the caller holds the lock.
    fn take_all(&self) -> usize {
        // Relaxed: step (b); the chain stays whole, and who gets the permits acquires it: a waiter by
        // its look whether the semaphore is closed, others as they take them.
        self.word.fetch_and(FLAGS, Ordering::Relaxed) >> SHIFT
    }

    /// S1; the caller holds the lock.
    fn settle(&self, queue: &WaitList) {
        if queue.is_empty() {
            // Relaxed: the flag carries no data; step (2) sets it under the same lock.
            self.word.fetch_and(!WAITERS, Ordering::Relaxed);
        }
    }

    /// Steps (2) to (4).
    fn enqueue(&self, waiter: &Waiter, n: usize, cx: &Context<'_>) -> Poll<Result<(), ()>> {
        // Foreign code: before the lock; dropped after it if it is not needed.
        let mut waker = Some(cx.waker().clone());
        let mut queue = self.queue.lock();
        // S1: behind others there is nothing to take, and a close that is under way refuses them
        // all.
        let taken = match queue.is_empty() {
            true => match self.announce(n) {
                Some(taken) => taken,
                None => {
                    self.settle(&queue);
                    return Poll::Ready(Err(()));
                }
            },
            false => 0,
        };
        if taken == n {
            self.settle(&queue);
            return Poll::Ready(Ok(()));
        }
        // SAFETY: L2, L4: the waiter is pinned in `Acquire`, new, and removed by its destructor.
        unsafe { queue.push_back(waiter, waker.take(), n - taken) };
        Poll::Pending
    }

    /// Steps (2) and (3) of the first in the queue; the caller holds the lock. Gives how many
    /// permits it took, or nothing if it is closed.
    fn announce(&self, n: usize) -> Option<usize> {
        // Acquire: step (2), pairs with the Release of `release`. Who finds the flag takes the lock.
        let word = self.word.fetch_or(WAITERS, Ordering::Acquire);
        if word & CLOSED != 0 {
            return None;
        }
        let taken = n.min(word >> SHIFT);
        if taken > 0 {
            // Relaxed: S2; step (2) has acquired what was done with these permits.
            self.word.fetch_sub(taken << SHIFT, Ordering::Relaxed);
        }
        Some(taken)
    }

    /// Takes a waiter out that gives up; gives what it had been given.
    fn cancel(&self, waiter: &Waiter, needed: usize) -> usize {
        let _waker;
        let mut queue = self.queue.lock();
        match waiter.outcome() {
            WAITING => {
                // SAFETY: it was queued and has no outcome yet.
                let missing = unsafe { queue.tag(waiter) };
                // SAFETY: it was queued and has no outcome yet.
                _waker = unsafe { queue.remove(waiter) };
                self.settle(&queue);
                drop(queue);
                needed - missing
            }
            GRANTED => needed,
            _ => needed - waiter.final_tag(),
        }
    }
}

/// Hands `left` permits to the queue from its front; gives what is left.
fn grant(queue: &mut WaitList, mut left: usize, wakers: &mut WakeList) -> usize {
    while left > 0 && wakers.can_push() {
        let Some(needed) = queue.front_tag() else {
            break;
        };
        let given = needed.min(left);
        left -= given;
        queue.set_front_tag(needed - given);
        if given == needed {
            wakers.extend(queue.finish_front(GRANTED));
        }
    }
    left
}

/// Goes on handing out when a waker panics between two batches.
struct HandOutRest<'a>(&'a RawSemaphore);

impl Drop for HandOutRest<'_> {
    fn drop(&mut self) {
        drop(foreign::call(|| self.0.hand_out()));
    }
}

/// Goes on closing when a waker panics between two batches.
struct CloseRest<'a>(&'a RawSemaphore);

impl Drop for CloseRest<'_> {
    fn drop(&mut self) {
        drop(foreign::call(|| self.0.close()));
    }
}

impl fmt::Debug for RawSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSemaphore")
            .field("available", &self.available())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    New,
    Queued,
    /// Has the permits and has not said so, for want of budget.
    Granted,
    /// Was refused and has not said so, for want of budget.
    Refused,
    Done,
}

/// The future of [`RawSemaphore::acquire`]. On success the permits are the caller's to release.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Acquire<'a> {
    semaphore: &'a RawSemaphore,
    permits: usize,
    phase: Phase,
    waiter: Waiter,
}

impl Future for Acquire<'_> {
    type Output = Result<(), AcquireError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: nothing is moved out; the waiter stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        if matches!(this.phase, Phase::New | Phase::Queued) {
            let outcome = ready!(this.poll_outcome(cx));
            this.phase = if outcome.is_ok() {
                Phase::Granted
            } else {
                Phase::Refused
            };
        }
        // Last, so that a task without budget keeps its place among those who wait.
        ready!(coop::poll_proceed(cx)).made();
        match std::mem::replace(&mut this.phase, Phase::Done) {
            Phase::Granted => Poll::Ready(Ok(())),
            Phase::Refused => Poll::Ready(Err(AcquireError(()))),
            _ => panic!("polled after completion"),
        }
    }
}

impl Acquire<'_> {
    #[inline]
    fn poll_outcome(&mut self, cx: &Context<'_>) -> Poll<Result<(), ()>> {
        if self.phase == Phase::Queued {
            return self.poll_queued(cx);
        }
        match self.semaphore.try_acquire(self.permits) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(TryAcquireError::Closed) => Poll::Ready(Err(())),
            Err(TryAcquireError::NoPermits) => {
                let queued = self.semaphore.enqueue(&self.waiter, self.permits, cx);
                if queued.is_pending() {
                    self.phase = Phase::Queued;
                }
                queued
            }
        }
    }

    fn poll_queued(&mut self, cx: &Context<'_>) -> Poll<Result<(), ()>> {
        let mut outcome = self.waiter.outcome();
        if outcome == WAITING {
            // SAFETY: queued in this list by `enqueue`; its owner is this future.
            outcome = unsafe { refresh(&self.semaphore.queue, &self.waiter, cx.waker()) };
        }
        let given = match outcome {
            WAITING => return Poll::Pending,
            // The look also acquires what was done with these permits.
            GRANTED if !self.semaphore.is_closed() => return Poll::Ready(Ok(())),
            // Granted before the close and not yet taken: nothing begins after a close.
            GRANTED => self.permits,
            _ => self.permits - self.waiter.final_tag(),
        };
        self.phase = Phase::Refused;
        self.semaphore.release(given);
        Poll::Ready(Err(()))
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let given = match self.phase {
            Phase::Queued => self.semaphore.cancel(&self.waiter, self.permits),
            Phase::Granted => self.permits,
            Phase::New | Phase::Refused | Phase::Done => return,
        };
        self.semaphore.release(given);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
