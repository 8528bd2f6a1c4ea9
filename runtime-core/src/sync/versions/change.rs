//! The future that waits for another version. The protocol is in the parent's header.
#![allow(unsafe_code, reason = "a node of an intrusive list")]

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::Versions;
use crate::sync::wait_list::{WAITING, Waiter, refresh};

use super::tag_of;

/// Ready when the version is not `seen`, or there will be no other.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub(super) struct Change<'a> {
    versions: &'a Versions,
    shard: usize,
    seen: u64,
    /// Whether the waiter was queued; it is out again once it has an outcome.
    queued: bool,
    waiter: Waiter,
}

impl Change<'_> {
    pub(super) fn new(versions: &Versions, shard: usize, seen: u64) -> Change<'_> {
        Change {
            versions,
            shard,
            seen,
            queued: false,
            waiter: Waiter::new(),
        }
    }

    fn advance(&mut self, waker: &Waker) -> Poll<()> {
        if self.queued && self.waiter.outcome() == WAITING {
            let queue = &self.versions.shards[self.shard];
            // SAFETY: queued in this list by `queue`; its owner is this future.
            let outcome = unsafe { refresh(queue, &self.waiter, waker) };
            if outcome == WAITING {
                return Poll::Pending;
            }
        }
        if self.queued || self.versions.first_look().is_over(self.seen) || !self.queue(waker) {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Steps (2) and (3); whether it queued.
    fn queue(&mut self, waker: &Waker) -> bool {
        // Foreign code: before the lock; declared first, so dropped after it.
        let mut waker = Some(waker.clone());
        let mut queue = self.versions.shards[self.shard].lock();
        self.queued = self.versions.begin_waiting(self.shard, &queue, self.seen);
        if self.queued {
            // SAFETY: L2, L4: the waiter is pinned in this future, new, and removed by the
            // destructor.
            unsafe { queue.push_back(&self.waiter, waker.take(), tag_of(self.seen)) };
        }
        self.queued
    }
}

impl Future for Change<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out; the waiter stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        this.advance(cx.waker())
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if !self.queued || self.waiter.outcome() != WAITING {
            return;
        }
        // Foreign code: dropped after the lock.
        let _own: Option<Waker>;
        let mut queue = self.versions.shards[self.shard].lock();
        if self.waiter.outcome() == WAITING {
            // SAFETY: it was queued and has no outcome yet.
            _own = unsafe { queue.remove(&self.waiter) };
            self.versions.settle(self.shard, &queue);
        }
    }
}
