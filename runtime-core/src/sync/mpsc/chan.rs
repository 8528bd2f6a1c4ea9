//! What both kinds of channel share: the queue, the counts of senders, who waits for the receiver
//! to go.
//!
//! **Invariants.** C1: the receiver's end is one, so it is the queue's reader; it is lent out by
//! `&mut` only. C2: while a sender, or a permit of one, exists, the count of `senders` is above
//! zero; at zero it stays, and the end is put into the queue once: nothing is pushed after. C3: a
//! closed channel whose permits are all back puts the end into the queue as well, since nobody can
//! get a permit any more. So the receiver finds every end in the queue, behind the last value, and
//! waits for nothing else.
#![allow(unsafe_code, reason = "the receiver is the queue's reader")]

use std::task::{Context, Poll, ready};

use super::error::TryRecvError;
use super::queue::{Queue, Read};
use super::room::Room;
use crate::coop;
use crate::loom::{Arc, IS_MODEL};
use crate::park::block_on_parked;
use crate::sync::Notify;
use crate::sync::senders::Senders;
use crate::util::foreign;

/// How often a look at a slot that is being filled is repeated before the thread sleeps.
const LOOKS: usize = if IS_MODEL { 0 } else { 100 };

pub(super) struct Chan<T, R> {
    pub(super) queue: Queue<T>,
    pub(super) room: R,
    senders: Senders,
    gone: Notify,
}

impl<T, R> std::panic::UnwindSafe for Chan<T, R> {}
impl<T, R> std::panic::RefUnwindSafe for Chan<T, R> {}

impl<T, R: Room> Chan<T, R> {
    /// The receiver's: gives the room of `n` values back.
    #[inline]
    pub(super) fn give_back(&self, n: usize) {
        if let Some(n) = self.room.count(n) {
            // A waker may panic in there, and the end must come all the same.
            let _end = EndIfOver(self);
            self.room.give_straight(n);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.room.is_closed() || self.queue.is_closed()
    }

    pub(super) async fn closed(&self) {
        loop {
            let gone = self.gone.notified();
            if self.is_closed() {
                return;
            }
            gone.await;
        }
    }
}

/// Puts the end into the queue if, when this is dropped, the channel is over (C3).
pub(super) struct EndIfOver<'a, T, R: Room>(pub(super) &'a Chan<T, R>);

impl<T, R: Room> Drop for EndIfOver<'_, T, R> {
    #[inline]
    fn drop(&mut self) {
        if self.0.room.is_over() {
            self.0.queue.close();
        }
    }
}

/// A sender's hold on the channel.
pub(super) struct Tx<T, R: Room> {
    chan: Arc<Chan<T, R>>,
}

/// A weak sender's hold.
pub(super) struct WeakTx<T, R: Room> {
    chan: Arc<Chan<T, R>>,
}

/// The receiver's hold (C1).
pub(super) struct Rx<T, R: Room> {
    chan: Arc<Chan<T, R>>,
}

pub(super) fn channel<T, R: Room>(room: R) -> (Tx<T, R>, Rx<T, R>) {
    let chan = Arc::new(Chan {
        queue: Queue::new(),
        room,
        senders: Senders::one(),
        gone: Notify::new(),
    });
    (
        Tx {
            chan: Arc::clone(&chan),
        },
        Rx { chan },
    )
}

impl<T, R: Room> Tx<T, R> {
    #[inline]
    pub(super) fn chan(&self) -> &Chan<T, R> {
        &self.chan
    }

    pub(super) fn same_channel(&self, other: &Tx<T, R>) -> bool {
        Arc::ptr_eq(&self.chan, &other.chan)
    }

    pub(super) fn downgrade(&self) -> WeakTx<T, R> {
        WeakTx::new(&self.chan)
    }

    pub(super) fn strong_count(&self) -> usize {
        self.chan.senders.strong()
    }

    pub(super) fn weak_count(&self) -> usize {
        self.chan.senders.weak()
    }
}

impl<T, R: Room> Clone for Tx<T, R> {
    fn clone(&self) -> Self {
        self.chan.senders.add();
        Tx {
            chan: Arc::clone(&self.chan),
        }
    }
}

impl<T, R: Room> Drop for Tx<T, R> {
    fn drop(&mut self) {
        if self.chan.senders.remove() {
            // C2.
            self.chan.queue.close();
        }
    }
}

impl<T, R: Room> WeakTx<T, R> {
    fn new(chan: &Arc<Chan<T, R>>) -> WeakTx<T, R> {
        chan.senders.add_weak();
        WeakTx {
            chan: Arc::clone(chan),
        }
    }

    pub(super) fn upgrade(&self) -> Option<Tx<T, R>> {
        self.chan.senders.try_add().then(|| Tx {
            chan: Arc::clone(&self.chan),
        })
    }

    pub(super) fn strong_count(&self) -> usize {
        self.chan.senders.strong()
    }

    pub(super) fn weak_count(&self) -> usize {
        self.chan.senders.weak()
    }
}

impl<T, R: Room> Clone for WeakTx<T, R> {
    fn clone(&self) -> Self {
        WeakTx::new(&self.chan)
    }
}

impl<T, R: Room> Drop for WeakTx<T, R> {
    fn drop(&mut self) {
        self.chan.senders.remove_weak();
    }
}

impl<T, R: Room> Rx<T, R> {
    #[inline]
    pub(super) fn chan(&self) -> &Chan<T, R> {
        &self.chan
    }

    #[inline]
    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let unit = ready!(coop::poll_proceed(cx));
        let value = ready!(self.poll_queue(cx));
        unit.made();
        if value.is_some() {
            self.chan.give_back(1);
        }
        Poll::Ready(value)
    }

    #[inline]
    fn poll_queue(&mut self, cx: &Context<'_>) -> Poll<Option<T>> {
        // SAFETY: C1: `&mut self` is the reader.
        match unsafe { self.chan.queue.poll(cx) } {
            Read::Value(value) => Poll::Ready(Some(value)),
            Read::End => Poll::Ready(None),
            Read::Pending(_) => Poll::Pending,
        }
    }

    pub(super) fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        if limit == 0 {
            return Poll::Ready(0);
        }
        let unit = ready!(coop::poll_proceed(cx));
        let Some(first) = ready!(self.poll_queue(cx)) else {
            unit.made();
            return Poll::Ready(0);
        };
        unit.made();
        let mut batch = Batch {
            rx: self,
            received: 1,
        };
        buffer.push(first);
        while batch.received < limit {
            // SAFETY: C1: `&mut self` is the reader.
            let Read::Value(value) = (unsafe { batch.rx.chan.queue.pop() }) else {
                break;
            };
            batch.received += 1;
            buffer.push(value);
        }
        Poll::Ready(batch.received)
    }

    pub(super) fn try_recv(&mut self) -> Result<T, TryRecvError> {
        for _ in 0..=LOOKS {
            // SAFETY: C1: `&mut self` is the reader.
            match unsafe { self.chan.queue.pop() } {
                Read::Value(value) => {
                    self.chan.give_back(1);
                    return Ok(value);
                }
                Read::End => return Err(TryRecvError::Disconnected),
                Read::Pending(_) if self.len() == 0 => return Err(TryRecvError::Empty),
                Read::Pending(_) => std::hint::spin_loop(),
            }
        }
        self.recv_claimed()
    }

    /// A value is being written before others that are there already: it comes within a few
    /// instructions of its writer, unless that thread was stopped by the operating system; this
    /// thread sleeps meanwhile.
    #[cold]
    fn recv_claimed(&mut self) -> Result<T, TryRecvError> {
        // The sleep takes the place of a task that may wait here: it polls once more.
        // SAFETY: C1: `&mut self` is the reader.
        if let Some(waker) = unsafe { self.chan.queue.forget_reader() } {
            waker.wake();
        }
        let value = block_on_parked(std::future::poll_fn(|cx| self.poll_queue(cx)));
        match value {
            Some(value) => {
                self.chan.give_back(1);
                Ok(value)
            }
            None => Err(TryRecvError::Disconnected),
        }
    }

    pub(super) fn close(&mut self) {
        // Wakers may panic: all are woken and the end is there before a panic goes on.
        let chan = &*self.chan;
        let closed = foreign::call(|| chan.room.close());
        if chan.room.is_over() || !chan.room.is_closed() {
            chan.queue.close();
        }
        let told = foreign::call(|| chan.gone.notify_waiters());
        if let Err(panic) = closed.and(told) {
            panic.resume();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.chan.is_closed() || self.chan.senders.strong() == 0
    }

    pub(super) fn len(&self) -> usize {
        // SAFETY: C1: no `&mut` use runs meanwhile, so this is the reader's side.
        unsafe { self.chan.queue.len() }
    }

    pub(super) fn strong_count(&self) -> usize {
        self.chan.senders.strong()
    }

    pub(super) fn weak_count(&self) -> usize {
        self.chan.senders.weak()
    }

    /// Receives and drops what is there.
    fn drain(&mut self) {
        // SAFETY: C1: `&mut self` is the reader.
        while let Read::Value(value) = unsafe { self.chan.queue.pop() } {
            self.chan.give_back(1);
            drop(value);
        }
    }
}

/// Values taken in one poll: their room is given back at once.
struct Batch<'a, T, R: Room> {
    rx: &'a Rx<T, R>,
    received: usize,
}

impl<T, R: Room> Drop for Batch<'_, T, R> {
    fn drop(&mut self) {
        self.rx.chan.give_back(self.received);
    }
}

impl<T, R: Room> Drop for Rx<T, R> {
    fn drop(&mut self) {
        /// Goes on when a value's destructor panics.
        struct Rest<'a, T, R: Room>(&'a mut Rx<T, R>);
        impl<T, R: Room> Drop for Rest<'_, T, R> {
            fn drop(&mut self) {
                self.0.drain();
                // SAFETY: C1: `&mut self` is the reader.
                drop(unsafe { self.0.chan.queue.forget_reader() });
            }
        }
        let rest = Rest(self);
        rest.0.close();
        rest.0.drain();
    }
}
