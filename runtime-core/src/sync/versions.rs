//! A version that only rises, and who waits for it to rise: what [`watch`](super::watch) and
//! [`broadcast`](super::broadcast) stand on.
//!
//! **State**: one word. The low bits, one a shard: that shard's queue is not empty. Then `CLOSED`:
//! the version will not rise any more. The rest is the version. The waiters are spread over shards,
//! each a [`WaitList`] with a lock of its own, so that a thousand of them on many threads do not
//! meet at one lock; a waiter's tag is the version that it has seen.
//!
//! **Invariants.** V1: a shard's bit changes under the lock of its queue only, and whenever that
//! lock is free it is set if and only if the queue is not empty. V2: the version never falls, and
//! `CLOSED` is never cleared. V3: in a queue the tags never fall: a waiter queues under the lock,
//! with the version that it has just read there. V4: whoever raises the version takes out all older
//! waiters of each shard whose bit it found; whoever closes takes out all.
//!
//! **Steps.** Waiter: (1) another version, or `CLOSED`: done; else lock its shard; (2) is the
//! queue empty, set the shard's bit and look again by that same change, else look again by a load;
//! (3) queue. Raiser: (a) raise the version, by a read-modify-write that tells the bits; (b) for
//! each bit: lock the shard, take out a batch of older waiters, unlock, wake them, until none is
//! left; clear the bit when the queue is empty.
//!
//! **No wake-up is lost.** Say that a waiter queues although (a) has happened. It looked under the
//! lock and did not see the new version. Either it set the bit by step (2), in the same word as
//! (a), and came first: then (a) found the bit. Or the queue was not empty: then the bit was set by
//! an earlier waiter, whose change did not see the new version either (what it saw happened before
//! this waiter's lock), so it came before (a), and nobody has cleared it since: (a) found the bit.
//! In both cases (b) locks the shard. It does so after the waiter has queued, or else the waiter
//! would have got the lock from the raiser, and with it the sight of (a).
//!
//! **Orderings**: (a) is Release, (1) and (2) are Acquire: what was done before the version rose is
//! seen by who sees it risen. All changes of the word are read-modify-writes, one chain: who sees one
//! rise sees what came before all earlier ones. The bits carry nothing: who finds one takes the lock.
//!
//! Raising the version while nobody waits costs one read-modify-write and no lock. The loop of (b)
//! ends: who queues anew has a younger tag, and no older one follows it (V3).
//!
//! Rejected: an array of [`Notify`](super::Notify) (a lock each for every raise, also when nobody
//! waits); a lock-free stack of waiters (one that is dropped would have to stay in it until the next
//! raise, which may never come).

use std::future::Future;

use crate::loom::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::loom::{IS_MODEL, Mutex, first_look};
use crate::util::wake_list::WakeList;

use super::wait_list::WaitList;

mod change;

use change::Change;

/// How many queues the waiters are spread over; few under the model.
const SHARDS: usize = if IS_MODEL { 2 } else { 8 };

/// How many that come one after the other share a queue: a raise costs a lock for each queue that
/// is not empty, so few waiters are better off in one.
const NEIGHBOURS: usize = if IS_MODEL { 1 } else { 16 };

const ANY_SHARD: u64 = (1 << SHARDS) - 1;
const CLOSED: u64 = 1 << SHARDS;
const VERSION: u64 = CLOSED << 1;

/// The outcome of a waiter whose version has passed, or that will see no other.
const CHANGED: usize = 1;

/// The word, at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look(u64);

impl Look {
    pub(super) fn version(self) -> u64 {
        self.0 / VERSION
    }

    pub(super) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    /// Whether who has seen version `seen` has nothing to wait for.
    fn is_over(self, seen: u64) -> bool {
        self.is_closed() || self.version() != seen
    }
}

/// A version and its waiters.
pub(super) struct Versions {
    word: AtomicU64,
    shards: [Mutex<WaitList>; SHARDS],
    /// The shard of who comes next.
    next: AtomicUsize,
}

impl Versions {
    /// Begins with version `first`.
    pub(super) fn new(first: u64) -> Versions {
        Versions {
            word: AtomicU64::new(first * VERSION),
            shards: std::array::from_fn(|_| Mutex::new(WaitList::new())),
            next: AtomicUsize::new(0),
        }
    }

    /// A shard for one more who will wait, neighbour by neighbour in turn.
    pub(super) fn assign_shard(&self) -> usize {
        // Relaxed: any spread will do.
        self.next.fetch_add(1, Ordering::Relaxed) / NEIGHBOURS % SHARDS
    }

    /// Step (1) of who goes on to step (2).
    fn first_look(&self) -> Look {
        // Acquire: as in `look`.
        Look(first_look::u64(&self.word, Ordering::Acquire))
    }

    #[inline]
    pub(super) fn look(&self) -> Look {
        // Acquire: step (1), pairs with `raise` and `close`.
        Look(self.word.load(Ordering::Acquire))
    }

    /// Step (a). The caller then calls [`Raised::wake`], outside of its locks.
    #[must_use = "those who wait are to be woken"]
    #[inline]
    pub(super) fn raise(&self) -> Raised<'_> {
        // Release: step (a), V2; gives what was done before. Behind the bits that it finds are locks.
        let before = self.word.fetch_add(VERSION, Ordering::Release);
        Raised {
            versions: self,
            bits: before & ANY_SHARD,
            older_than: before / VERSION + 1,
        }
    }

    /// Step (a) for the last time, with the version as it is. The caller then calls
    /// [`Raised::wake`], outside of its locks.
    #[must_use = "those who wait are to be woken"]
    pub(super) fn close(&self) -> Raised<'_> {
        // Release: step (a), V2; as in `raise`.
        let before = self.word.fetch_or(CLOSED, Ordering::Release);
        Raised {
            versions: self,
            bits: before & ANY_SHARD,
            older_than: u64::MAX,
        }
    }

    /// Waits in `shard` until the version is not `seen`, or there will be no other.
    ///
    /// Cancel safety: nothing is lost. Takes no unit of budget.
    pub(super) fn change(&self, shard: usize, seen: u64) -> impl Future<Output = ()> + '_ {
        Change::new(self, shard, seen)
    }

    /// Step (2), with the lock of the shard held; whether to queue.
    fn begin_waiting(&self, shard: usize, queue: &WaitList, seen: u64) -> bool {
        if !queue.is_empty() {
            return !self.look().is_over(seen);
        }
        // Acquire: step (2), V1; in one chain with step (a), so that one of the two sees the other.
        // What the waiter gives is behind the lock.
        let before = Look(self.word.fetch_or(1 << shard, Ordering::Acquire));
        if before.is_over(seen) {
            self.settle(shard, queue);
            return false;
        }
        true
    }

    /// V1; the caller holds the lock of the shard.
    fn settle(&self, shard: usize, queue: &WaitList) {
        if queue.is_empty() {
            // Relaxed: V1; a bit that changes under the lock. The chain of the word stays whole.
            self.word.fetch_and(!(1 << shard), Ordering::Relaxed);
        }
    }

    /// Takes one batch of waiters that have seen less than `older_than` out of `shard`; whether
    /// some are left.
    fn take_batch(&self, shard: usize, older_than: u64, wakers: &mut WakeList) -> bool {
        let is_older = |tag: Option<usize>| tag.is_some_and(|tag| is_before(tag, older_than));
        let mut queue = self.shards[shard].lock();
        if queue.is_empty() {
            return false;
        }
        while wakers.can_push() && is_older(queue.front_tag()) {
            wakers.extend(queue.finish_front(CHANGED));
        }
        self.settle(shard, &queue);
        is_older(queue.front_tag())
    }
}

/// The tag of a waiter that has seen `version`: what of it fits.
fn tag_of(version: u64) -> usize {
    version as usize
}

/// Whether a tag lies before `version`; on 32 bits the tags wrap.
fn is_before(tag: usize, version: u64) -> bool {
    let behind = tag_of(version).wrapping_sub(tag);
    version == u64::MAX || (behind != 0 && behind <= usize::MAX / 2)
}

impl std::fmt::Debug for Versions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let look = self.look();
        f.debug_struct("Versions")
            .field("version", &look.version())
            .field("closed", &look.is_closed())
            .finish_non_exhaustive()
    }
}

/// A version that has risen, and the shards whose waiters have not been woken yet.
pub(super) struct Raised<'a> {
    versions: &'a Versions,
    bits: u64,
    older_than: u64,
}

impl Raised<'_> {
    /// Step (b). All are woken; then the first waker's panic goes on.
    #[inline]
    pub(super) fn wake(self) {
        if self.bits != 0 {
            self.wake_shards();
        }
    }

    fn wake_shards(self) {
        let mut wakers = WakeList::new();
        let mut outcome = Ok(());
        for shard in (0..SHARDS).filter(|shard| self.bits & (1 << shard) != 0) {
            let mut more = true;
            while more {
                more = self
                    .versions
                    .take_batch(shard, self.older_than, &mut wakers);
                outcome = outcome.and(wakers.wake_all_caught());
            }
        }
        if let Err(panic) = outcome {
            panic.resume();
        }
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
