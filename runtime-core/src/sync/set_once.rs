//! A cell that is written once, from outside, and that others wait for.
//!
//! **State**: a flag `SET`, the value, and a queue of those who wait behind a lock. The lock is also
//! what makes one of two setters the first.
//!
//! **Invariants.** V1: the flag is raised once, under the lock, after the value was written; before,
//! the value is touched only by who holds the lock and found the flag down. V2: once raised, the
//! value is there and only read, until `&mut SetOnce`. V3: nobody queues after the flag is raised;
//! whoever raised it takes all out.
//!
//! **Steps.** Waiter: (1) the flag is up: done; else lock; (2) look again; (3) queue. Setter: lock;
//! (a) the flag is up: refused; (b) write the value, raise the flag; unlock; (c) take out the queue,
//! batch by batch, and wake after each unlocking.
//!
//! **No wake-up is lost**: (2), (3) and (b) happen under one lock. If (b) comes first, (2) finds the
//! flag; if (3) comes first, (c) finds the waiter.
//!
//! **Orderings**: the flag is raised with Release and looked at with Acquire: who sees it sees the
//! value.
//!
//! Rejected: the semaphore of [`OnceCell`](super::OnceCell) (a second setter would be refused while
//! the first still writes, and then not find the value).
#![allow(unsafe_code, reason = "the value is there once the flag is up")]

use std::cell::UnsafeCell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::mem::MaybeUninit;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::wait_list::{WAITING, WaitList, Waiter, refresh};
use crate::coop;
use crate::loom::Mutex;
use crate::loom::atomic::{AtomicBool, Ordering};
use crate::util::wake_list::WakeList;

/// The outcome of a waiter.
const SET: usize = 1;

/// A cell that is set once; others wait until it is.
///
/// ```
/// use runtime::sync::SetOnce;
///
/// static CONFIG: SetOnce<String> = SetOnce::const_new();
///
/// # runtime::Runtime::new()?.block_on(async {
/// let waiting = runtime::spawn(async { CONFIG.wait().await.len() });
/// CONFIG.set("verbose".to_owned()).unwrap();
/// assert_eq!(waiting.await.unwrap(), 7);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct SetOnce<T> {
    gate: Gate,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// The flag and the queue: what does not depend on the value's type.
struct Gate {
    set: AtomicBool,
    queue: Mutex<WaitList>,
}

// SAFETY: V1, V2: the value moves with the cell.
unsafe impl<T: Send> Send for SetOnce<T> {}
// SAFETY: V2: all share the value, hence `Sync`; anyone may put it there, hence `Send`.
unsafe impl<T: Send + Sync> Sync for SetOnce<T> {}

impl UnwindSafe for Gate {}
impl RefUnwindSafe for Gate {}

/// The cell was set already; it carries the value back.
///
/// ```
/// use runtime::sync::{SetOnce, SetOnceError};
///
/// let cell = SetOnce::from(1);
/// assert_eq!(cell.set(2), Err(SetOnceError(2)));
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct SetOnceError<T>(pub T);

impl<T> fmt::Display for SetOnceError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetOnceError")
    }
}

impl<T: fmt::Debug> Error for SetOnceError<T> {}

macro_rules! constructor {
    ($($qualifier:tt)*) => {
        /// An empty cell, usable in a `static`.
        pub $($qualifier)* fn const_new() -> SetOnce<T> {
            SetOnce {
                gate: Gate::new(false),
                value: UnsafeCell::new(MaybeUninit::uninit()),
            }
        }

        /// A cell with `value`, usable in a `static`.
        pub $($qualifier)* fn const_new_with(value: T) -> SetOnce<T> {
            SetOnce {
                gate: Gate::new(true),
                value: UnsafeCell::new(MaybeUninit::new(value)),
            }
        }
    };
}

macro_rules! gate_constructor {
    ($($qualifier:tt)*) => {
        $($qualifier)* fn new(set: bool) -> Gate {
            Gate { set: AtomicBool::new(set), queue: Mutex::new(WaitList::new()) }
        }
    };
}

impl<T> SetOnce<T> {
    crate::loom::constructor!(constructor);

    /// An empty cell.
    pub fn new() -> SetOnce<T> {
        SetOnce::const_new()
    }

    /// A cell with that value, if there is one.
    pub fn new_with(value: Option<T>) -> SetOnce<T> {
        value.map_or_else(SetOnce::new, SetOnce::from)
    }

    /// Whether it was set.
    #[inline]
    pub fn initialized(&self) -> bool {
        self.gate.is_set()
    }

    /// The value, if it was set.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        // SAFETY: V2: it is set.
        self.initialized().then(|| unsafe { self.value() })
    }

    /// Sets it and wakes all who wait.
    ///
    /// # Errors
    /// Gives `value` back if it was set already; then the first value can be seen.
    ///
    /// # Panics
    /// A waker's panic goes on after the cell was set and all others were woken.
    pub fn set(&self, value: T) -> Result<(), SetOnceError<T>> {
        if self.initialized() {
            return Err(SetOnceError(value));
        }
        {
            let _queue = self.gate.queue.lock();
            if self.initialized() {
                return Err(SetOnceError(value));
            }
            let slot = self.value.get();
            // SAFETY: V1: step (b): under the lock, with the flag down; nothing is dropped here.
            unsafe { slot.write(MaybeUninit::new(value)) };
            // Release: step (b), pairs with the Acquire of `is_set`.
            self.gate.set.store(true, Ordering::Release);
        }
        self.gate.open();
        Ok(())
    }

    /// The value, if it was set, without its cell.
    pub fn into_inner(mut self) -> Option<T> {
        if !self.initialized() {
            return None;
        }
        self.gate = Gate::new(false);
        // SAFETY: V2: it was set; the cell is empty now, so this is the one owner.
        Some(unsafe { self.value.get_mut().assume_init_read() })
    }

    /// Waits until it is set; gives the value.
    ///
    /// # Cancel safety
    /// Lossless.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let cell = runtime::sync::SetOnce::new();
    /// cell.set("there").unwrap();
    /// assert_eq!(*cell.wait().await, "there");
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn wait(&self) -> &T {
        if !self.initialized() {
            Wait::new(&self.gate).await;
        }
        // SAFETY: V2: it is set.
        unsafe { self.value() }
    }

    /// # Safety
    /// The cell was set.
    #[inline]
    unsafe fn value(&self) -> &T {
        // SAFETY: V2: once set, the value is only read.
        let value = unsafe { &*self.value.get() };
        // SAFETY: the caller's duty.
        unsafe { value.assume_init_ref() }
    }
}

impl Gate {
    crate::loom::constructor!(gate_constructor);

    #[inline]
    fn is_set(&self) -> bool {
        // Acquire: pairs with the Release of step (b).
        self.set.load(Ordering::Acquire)
    }

    /// Step (c).
    fn open(&self) {
        WakeList::wake_in_batches(|wakers| {
            let mut queue = self.queue.lock();
            while !queue.is_empty() && wakers.can_push() {
                wakers.extend(queue.finish_front(SET));
            }
        });
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    New,
    Queued,
    Done,
}

/// One who waits for the flag.
struct Wait<'a> {
    gate: &'a Gate,
    phase: Phase,
    waiter: Waiter,
}

impl<'a> Wait<'a> {
    fn new(gate: &'a Gate) -> Wait<'a> {
        Wait {
            gate,
            phase: Phase::New,
            waiter: Waiter::new(),
        }
    }

    /// Steps (1) to (3); true if the flag is up.
    fn begin(&mut self, cx: &Context<'_>) -> bool {
        // Foreign code: before the lock; declared first, so dropped after it.
        let mut waker = Some(cx.waker().clone());
        let mut queue = self.gate.queue.lock();
        if self.gate.is_set() {
            return true;
        }
        // SAFETY: L2, L4: the waiter is pinned here, new, and removed by the destructor.
        unsafe { queue.push_back(&self.waiter, waker.take(), 0) };
        self.phase = Phase::Queued;
        false
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out; the waiter stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        let set = match this.phase {
            Phase::New => this.begin(cx),
            Phase::Queued => {
                this.waiter.outcome() == SET || {
                    // SAFETY: queued in this list by `begin`; its owner is this future.
                    let now = unsafe { refresh(&this.gate.queue, &this.waiter, cx.waker()) };
                    now == SET
                }
            }
            Phase::Done => true,
        };
        if !set {
            return Poll::Pending;
        }
        this.phase = Phase::Done;
        ready!(coop::poll_proceed(cx)).made();
        Poll::Ready(())
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.phase != Phase::Queued {
            return;
        }
        // Declared first, so dropped after the lock is released.
        let _waker;
        let mut queue = self.gate.queue.lock();
        if self.waiter.outcome() == WAITING {
            // SAFETY: it was queued and has no outcome yet.
            _waker = unsafe { queue.remove(&self.waiter) };
        }
    }
}

impl<T> Drop for SetOnce<T> {
    fn drop(&mut self) {
        if self.initialized() {
            // SAFETY: V2: it is set, and dropped once.
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}

impl<T> Default for SetOnce<T> {
    fn default() -> SetOnce<T> {
        SetOnce::new()
    }
}

impl<T> From<T> for SetOnce<T> {
    fn from(value: T) -> SetOnce<T> {
        SetOnce::const_new_with(value)
    }
}

impl<T: Clone> Clone for SetOnce<T> {
    fn clone(&self) -> SetOnce<T> {
        SetOnce::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for SetOnce<T> {
    fn eq(&self, other: &SetOnce<T>) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for SetOnce<T> {}

impl<T: fmt::Debug> fmt::Debug for SetOnce<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetOnce")
            .field("value", &self.get())
            .finish()
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
