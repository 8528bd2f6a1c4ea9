//! The allocation that both ends share, and the verbs on its word. The protocol is in the
//! parent's header.
#![allow(
    unsafe_code,
    reason = "both ends point at one allocation, freed by the last"
)]

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use crate::loom::UnsafeCell;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::util::free_list;

const VALUE: usize = 1;
const TX_DONE: usize = 2;
const RX_CLOSED: usize = 4;
const RX_WAKER: usize = 8;
const TX_WAKER: usize = 16;
const TX_LEFT: usize = 32;
const RX_LEFT: usize = 64;

struct Inner<T> {
    word: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
    rx_waker: UnsafeCell<MaybeUninit<Waker>>,
    tx_waker: UnsafeCell<MaybeUninit<Waker>>,
}

/// One end's hold on the allocation. Each end has one and gives it up in a verb that takes `self`.
pub(super) struct Shared<T> {
    inner: NonNull<Inner<T>>,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

// SAFETY: O1 and O2: each cell is one end's at a time; the value crosses threads, hence `T: Send`.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: `&Shared` is used by its own end only; what it reads by reference is the word.
unsafe impl<T: Send> Sync for Shared<T> {}

/// What became of a value.
pub(super) enum Sent<T> {
    Taken,
    Wake(Waker),
    Refused(T),
}

/// What the receiver finds.
pub(super) enum Receiving<T> {
    Waiting,
    Value(T),
    Closed,
}

/// What a receiver that leaves has to wake or drop, now that it owns nothing shared any more.
pub(super) struct Abandoned<T> {
    wake: Option<Waker>,
    _own: Option<Waker>,
    _value: Option<T>,
}

impl<T> Abandoned<T> {
    /// Wakes the sender and drops the rest.
    pub(super) fn finish(self) {
        if let Some(waker) = self.wake {
            waker.wake();
        }
    }
}

impl<T> Shared<T> {
    pub(super) fn allocate() -> Shared<T> {
        let inner = Inner {
            word: AtomicUsize::new(0),
            value: UnsafeCell::new(MaybeUninit::uninit()),
            rx_waker: UnsafeCell::new(MaybeUninit::uninit()),
            tx_waker: UnsafeCell::new(MaybeUninit::uninit()),
        };
        Shared {
            inner: free_list::place(inner),
        }
    }

    #[inline(always)]
    fn inner(&self) -> &Inner<T> {
        // SAFETY: O3: this end has not left, so the allocation is alive.
        unsafe { self.inner.as_ref() }
    }

    #[inline]
    fn free(self) {
        // SAFETY: O3: the other end has left, this one leaves now; made in `allocate`.
        unsafe { free_list::displace(self.inner) }
    }

    #[inline]
    fn load(&self) -> usize {
        // Acquire: pairs with the AcqRel changes of the other end.
        self.inner().word.load(Ordering::Acquire)
    }

    #[inline]
    fn exchange(&self, from: usize, to: usize) -> Result<usize, usize> {
        // AcqRel: gives what this end wrote to its cells, gets what the other end wrote.
        // Acquire on failure: the word found is acted upon.
        self.inner()
            .word
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
    }

    /// Sets this end's `left` bit, when it was not part of an earlier change, and frees if it is
    /// the second.
    #[inline]
    fn set_left(self, left: usize, other: usize) {
        // AcqRel: whoever frees has acquired all that the other end did.
        if self.inner().word.fetch_or(left, Ordering::AcqRel) & other != 0 {
            self.free();
        }
    }

    // The sender's verbs.

    /// The sender's last act, with a value.
    #[inline]
    pub(super) fn send(self, value: T) -> Sent<T> {
        let mut word = self.load();
        if word & RX_CLOSED == 0 {
            // SAFETY: O1: VALUE is not set, the cell is the sender's.
            self.inner()
                .value
                .with_mut(|cell| unsafe { (*cell).write(value) });
            while word & RX_CLOSED == 0 {
                match self.finish(word, VALUE) {
                    Ok(None) => return Sent::Taken,
                    Ok(Some(waker)) => return Sent::Wake(waker),
                    Err(found) => word = found,
                }
            }
            // SAFETY: O4: VALUE was never set, so the value written above is the sender's.
            let value = self
                .inner()
                .value
                .with(|cell| unsafe { cell.cast::<T>().read() });
            drop(self.give_up());
            return Sent::Refused(value);
        }
        drop(self.give_up());
        Sent::Refused(value)
    }

    /// The sender's last act, without a value; gives the receiver's waker.
    pub(super) fn give_up(self) -> Option<Waker> {
        let mut word = self.load();
        loop {
            match self.finish(word, 0) {
                Ok(waker) => return waker,
                Err(found) => word = found,
            }
        }
    }

    /// Sets `TX_DONE`, and leaves; gives the receiver's waker if it waits.
    #[inline]
    fn finish(self, word: usize, value: usize) -> Result<Option<Waker>, usize> {
        let moves = word & RX_WAKER != 0;
        let takes_back = word & TX_WAKER != 0 && word & RX_CLOSED == 0;
        let left = if moves || takes_back { 0 } else { TX_LEFT };
        self.exchange(
            word,
            (word | TX_DONE | value | left) & !(TX_WAKER * usize::from(takes_back)),
        )?;
        if left != 0 {
            if word & RX_LEFT != 0 {
                self.free();
            }
            return Ok(None);
        }
        // SAFETY: O2: this change finished and found RX_WAKER set.
        let theirs = moves.then(|| unsafe { take(&self.inner().rx_waker) });
        // SAFETY: O2: this change took TX_WAKER back.
        let own = takes_back.then(|| unsafe { take(&self.inner().tx_waker) });
        self.set_left(TX_LEFT, RX_LEFT);
        drop(own);
        Ok(theirs)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.load() & RX_CLOSED != 0
    }

    pub(super) fn poll_closed(&self, cx: &Context<'_>) -> Poll<()> {
        let inner = self.inner();
        match wait(inner, &inner.tx_waker, TX_WAKER, RX_CLOSED, cx.waker()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    // The receiver's verbs.

    pub(super) fn has_value(&self) -> bool {
        // Taking the value and leaving are one act, so VALUE means that it is there.
        self.load() & VALUE != 0
    }

    /// What there is; after anything but `Waiting` the receiver leaves by [`Shared::leave_done`].
    #[inline]
    pub(super) fn receive(&self) -> Receiving<T> {
        let word = self.load();
        if word & VALUE != 0 {
            // SAFETY: O1: VALUE is set; the receiver leaves next, so the value is taken once.
            Receiving::Value(
                self.inner()
                    .value
                    .with(|cell| unsafe { cell.cast::<T>().read() }),
            )
        } else if word & (TX_DONE | RX_CLOSED) != 0 {
            Receiving::Closed
        } else {
            Receiving::Waiting
        }
    }

    #[inline]
    pub(super) fn poll(&self, cx: &Context<'_>) -> Receiving<T> {
        match self.receive() {
            Receiving::Waiting => {}
            found => return found,
        }
        let inner = self.inner();
        match wait(inner, &inner.rx_waker, RX_WAKER, TX_DONE, cx.waker()) {
            true => self.receive(),
            false => Receiving::Waiting,
        }
    }

    /// Sets `RX_CLOSED`; gives the sender's waker if it waits.
    pub(super) fn close(&self) -> Option<Waker> {
        let mut word = self.load();
        loop {
            if word & (RX_CLOSED | TX_DONE) != 0 {
                return None;
            }
            match self.exchange(word, word | RX_CLOSED) {
                Err(found) => word = found,
                Ok(_) if word & TX_WAKER == 0 => return None,
                // SAFETY: O2: this change finished and found TX_WAKER set.
                Ok(_) => return Some(unsafe { take(&self.inner().tx_waker) }),
            }
        }
    }

    /// The receiver's last act, its outcome taken.
    #[inline]
    pub(super) fn leave_done(self) {
        drop(self.leave(true));
    }

    /// The receiver's last act before any outcome.
    pub(super) fn abandon(self) -> Abandoned<T> {
        self.leave(false)
    }

    #[inline]
    fn leave(self, taken: bool) -> Abandoned<T> {
        let mut word = self.load();
        loop {
            if word & TX_DONE != 0 {
                return self.leave_after_sender(word, taken);
            }
            let wakes = word & TX_WAKER != 0 && word & RX_CLOSED == 0;
            let takes_back = word & RX_WAKER != 0;
            let left = if wakes || takes_back { 0 } else { RX_LEFT };
            match self.exchange(word, (word | RX_CLOSED | left) & !RX_WAKER) {
                Err(found) => word = found,
                Ok(_) if left != 0 => {
                    return Abandoned {
                        wake: None,
                        _own: None,
                        _value: None,
                    };
                }
                Ok(_) => {
                    // SAFETY: O2: this change finished and found TX_WAKER set.
                    let wake = wakes.then(|| unsafe { take(&self.inner().tx_waker) });
                    // SAFETY: O2: this change took RX_WAKER back.
                    let own = takes_back.then(|| unsafe { take(&self.inner().rx_waker) });
                    self.set_left(RX_LEFT, TX_LEFT);
                    return Abandoned {
                        wake,
                        _own: own,
                        _value: None,
                    };
                }
            }
        }
    }

    /// The sender is done: it has left, or will when it has moved its wakers.
    #[inline]
    fn leave_after_sender(self, word: usize, taken: bool) -> Abandoned<T> {
        let value = (word & VALUE != 0 && !taken).then(|| {
            // SAFETY: O1: VALUE is set and the value was not taken.
            self.inner()
                .value
                .with(|cell| unsafe { cell.cast::<T>().read() })
        });
        if word & TX_LEFT != 0 {
            self.free();
        } else {
            self.set_left(RX_LEFT, TX_LEFT);
        }
        Abandoned {
            wake: None,
            _own: None,
            _value: value,
        }
    }
}

/// Moves a waker out of its cell.
///
/// # Safety
/// The caller's change of the word made this side its owner (O2).
unsafe fn take(cell: &UnsafeCell<MaybeUninit<Waker>>) -> Waker {
    // SAFETY: the caller owns the waker. A read: its end may be comparing it at this moment.
    cell.with(|cell| unsafe { cell.cast::<Waker>().read() })
}

/// Waits for `done` with `waker` in `cell`, which is announced by the bit `own`; true if it is
/// done.
fn wait<T>(
    inner: &Inner<T>,
    cell: &UnsafeCell<MaybeUninit<Waker>>,
    own: usize,
    done: usize,
    waker: &Waker,
) -> bool {
    // Acquire: pairs with the finisher's AcqRel.
    let word = inner.word.load(Ordering::Acquire);
    if word & done != 0 {
        return true;
    }
    if word & own != 0 {
        // SAFETY: O2: the bit is set by this end only, so the cell is written and now only read.
        let same = cell.with(|cell| unsafe { &*cell.cast::<Waker>() }.will_wake(waker));
        if same {
            return false;
        }
    }
    let fresh = waker.clone();
    let mut old = None;
    if word & own != 0 {
        // Acquire: takes the cell back, unless the finisher was first: then gets what it finished. Of
        // the cell nothing is given yet.
        if inner.word.fetch_and(!own, Ordering::Acquire) & done != 0 {
            return true;
        }
        // SAFETY: O2: the bit is cleared and nobody had finished.
        old = Some(unsafe { take(cell) });
    }
    // SAFETY: O2: the bit is clear, the cell is this end's.
    cell.with_mut(|cell| unsafe { (*cell).write(fresh) });
    // AcqRel: gives the waker to the finisher, or gets what it finished.
    if inner.word.fetch_or(own, Ordering::AcqRel) & done != 0 {
        // SAFETY: O2: the finisher came while the bit was clear and does not move the waker.
        let unused = unsafe { take(cell) };
        // Relaxed: the finisher has looked already; the bit is only this end's own note.
        inner.word.fetch_and(!own, Ordering::Relaxed);
        drop(unused);
        drop(old);
        return true;
    }
    drop(old);
    false
}
