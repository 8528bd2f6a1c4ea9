//! Wakes one task or all of them, without a value.
//!
//! **State**: one word. The low two bits: `EMPTY`, `WAITING` (somebody waits for a permit),
//! `NOTIFIED` (one is stored). The rest counts the calls of [`Notify::notify_waiters`]: the
//! generation. Behind the lock two queues: `waiting`, and `told`: those whom such a call has
//! notified and not taken out yet.
//!
//! **Invariants.** N1: `WAITING` is entered and left under the lock, and, whenever the lock is free,
//! it is set if and only if `waiting` is not empty. N2: the generation changes under the lock. N3:
//! each future notes the generation when it is made; a newer one completes it. N4: in `waiting` are
//! futures of the word's generation only, in `told` of older ones only, each in the order in which
//! they came: so a future knows where it is, and only one that needs a permit is given it. N5: a
//! future that was given a permit and is dropped before it has seen it gives the permit on, the same
//! way (first or last) it was given.
//!
//! **Steps.** Waiter: (1) newer generation: done; (2) `NOTIFIED → EMPTY`: done; else lock; (3)
//! the same two looks again; (4) `EMPTY → WAITING`, queue in `waiting`. Notifier of one: (a) `EMPTY`
//! or `NOTIFIED → NOTIFIED`: done; (b) `WAITING`: lock, look again, take a waiter out. Of all: lock;
//! raise the generation, leave `WAITING`, and move all from `waiting` to `told`; take those out, batch
//! by batch, waking after each unlocking.
//!
//! **No wake-up is lost**: (2), (4) and (a) change one word; if (a) comes first, (2) or (3) finds
//! the permit; if (4) comes first, (b) finds the waiter. Nor is a permit lost while all are woken:
//! who wakes them leaves in `waiting` only those who came later, or nobody, and then it is stored.
//!
//! **Orderings**: what was done before a notification happens before what follows the wait. All
//! changes of the word are read-modify-writes, one chain: who acquires one of them acquires what all
//! before it released. Notifications, (a) and the raise of the generation, are Release; (1) to (4)
//! are Acquire, also (4), which finds no notification: to [enable](Notified::enable) a future happens
//! after each that another has taken by then, so that who looks at its condition next misses none.
//! What clears `WAITING` is ordered by the lock.
//!
//! Rejected: to leave those who are told in the one queue until they are taken out: a permit would go
//! to one of them, who does not need it any more, and be gone.
#![allow(unsafe_code, reason = "its futures are nodes of an intrusive list")]

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use super::wait_list::{WAITING as NO_OUTCOME, WaitList, Waiter, refresh};
use crate::coop;
use crate::loom::atomic::{AtomicUsize, Ordering};
use crate::loom::{Mutex, first_look};
use crate::util::foreign;
use crate::util::wake_list::WakeList;

const EMPTY: usize = 0;
const WAITING: usize = 1;
const NOTIFIED: usize = 2;
const STATE: usize = 3;
const GENERATION: usize = 4;

/// Outcomes of a waiter.
const BY_FIRST: usize = 1;
const BY_LAST: usize = 2;
const BY_ALL: usize = 3;

/// Which waiter a single notification goes to.
#[derive(Debug, Clone, Copy)]
enum End {
    First,
    Last,
}

/// Tells one task, or all that wait, that something happened.
///
/// A notification that meets no waiter is stored, and the next [`notified`](Notify::notified)
/// takes it at once; more than one is stored as one. Fairness: [`notify_one`](Notify::notify_one)
/// goes to who has waited longest.
///
/// ```
/// use runtime::sync::Notify;
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let ready = Arc::new(Notify::new());
/// let waiter = runtime::spawn({
///     let ready = Arc::clone(&ready);
///     async move { ready.notified().await }
/// });
/// ready.notify_one();
/// waiter.await.unwrap();
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Notify {
    word: AtomicUsize,
    queues: Mutex<Queues>,
}

/// N4.
struct Queues {
    waiting: WaitList,
    told: WaitList,
}

impl Queues {
    const fn new() -> Queues {
        Queues {
            waiting: WaitList::new(),
            told: WaitList::new(),
        }
    }
}

impl AsMut<WaitList> for Queues {
    fn as_mut(&mut self) -> &mut WaitList {
        &mut self.waiting
    }
}

impl UnwindSafe for Notify {}
impl RefUnwindSafe for Notify {}

macro_rules! constructor {
    ($($qualifier:tt)*) => {
        /// A `Notify` without a stored notification, usable in a `static`.
        pub $($qualifier)* fn const_new() -> Notify {
            Notify { word: AtomicUsize::new(EMPTY), queues: Mutex::new(Queues::new()) }
        }
    };
}

impl Notify {
    crate::loom::constructor!(constructor);

    /// A `Notify` without a stored notification.
    pub fn new() -> Notify {
        Notify::const_new()
    }

    /// Waits for a notification.
    ///
    /// The future completes by a stored notification, by [`notify_one`](Notify::notify_one) once
    /// it was polled or [enabled](Notified::enable), and by any
    /// [`notify_waiters`](Notify::notify_waiters) after this call.
    ///
    /// # Cancel safety
    /// Place lost: a notification it was given goes on to another.
    pub fn notified(&self) -> Notified<'_> {
        Notified {
            notify: self,
            wait: Wait::new(self),
        }
    }

    /// As [`notified`](Notify::notified), with a future that owns its `Notify`.
    ///
    /// # Cancel safety
    /// Place lost: as for [`notified`](Notify::notified).
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        let wait = Wait::new(&self);
        OwnedNotified { notify: self, wait }
    }

    /// Notifies who has waited longest, or stores the notification for the next who comes.
    pub fn notify_one(&self) {
        self.notify(End::First);
    }

    /// Notifies who came last, or stores the notification for the next who comes.
    pub fn notify_last(&self) {
        self.notify(End::Last);
    }

    /// Notifies all who wait now, and stores nothing. A waker's panic goes on after all were woken.
    pub fn notify_waiters(&self) {
        let generation = {
            let mut queues = self.queues.lock();
            let Queues { waiting, told } = &mut *queues;
            // N1: the bit is left along with the raise.
            let bit = if waiting.is_empty() { 0 } else { WAITING };
            // Release: N2; pairs with the loads of the generation by waiters. What waiters gave is
            // behind the lock.
            let before = self.word.fetch_add(GENERATION - bit, Ordering::Release);
            if bit == 0 {
                return;
            }
            told.append(waiting);
            generation_of(before.wrapping_add(GENERATION))
        };
        self.wake_older(generation);
    }

    /// Takes out and wakes all waiters older than `generation`.
    fn wake_older(&self, generation: usize) {
        let mut wakers = WakeList::new();
        loop {
            let more = {
                let told = &mut self.queues.lock().told;
                while wakers.can_push() && is_older(told.front_tag(), generation) {
                    wakers.extend(told.finish_front(BY_ALL));
                }
                is_older(told.front_tag(), generation)
            };
            if !more {
                return wakers.wake_all();
            }
            // If a waker panics, the others are woken first.
            let rest = WakeRest {
                notify: self,
                generation,
            };
            wakers.wake_all();
            std::mem::forget(rest);
        }
    }

    fn notify(&self, end: End) {
        // Relaxed: its bits choose between the exchange, which has nothing to acquire, and the lock.
        let mut word = first_look::usize(&self.word, Ordering::Relaxed);
        while word & STATE != WAITING {
            // Release: step (a), pairs with step (2). Other notifications of this one permit are in
            // the chain.
            let to = (word & !STATE) | NOTIFIED;
            match self
                .word
                .compare_exchange(word, to, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(found) => word = found,
            }
        }
        let waker = {
            let mut queues = self.queues.lock();
            self.notify_locked(&mut queues.waiting, end)
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Step (b), with the lock held; gives the waker to wake after unlocking.
    fn notify_locked(&self, waiting: &mut WaitList, end: End) -> Option<Waker> {
        // Relaxed: the exchange orders, or else the lock does.
        let mut word = self.word.load(Ordering::Relaxed);
        while word & STATE != WAITING {
            // Release: the waiters left meanwhile, so this is step (a).
            let to = (word & !STATE) | NOTIFIED;
            match self
                .word
                .compare_exchange(word, to, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return None,
                Err(found) => word = found,
            }
        }
        let waker = match end {
            End::First => waiting.finish_front(BY_FIRST),
            End::Last => waiting.finish_back(BY_LAST),
        };
        self.settle(waiting);
        waker
    }

    /// N1; the caller holds the lock.
    fn settle(&self, waiting: &WaitList) {
        if waiting.is_empty() {
            // Relaxed: `WAITING` is one bit, and under the lock nobody else changes it; `NOTIFIED`
            // stays, and so does what the chain has released.
            self.word.fetch_and(!WAITING, Ordering::Relaxed);
        }
    }

    fn generation(&self) -> usize {
        // Acquire: pairs with the raise in `notify_waiters`.
        generation_of(self.word.load(Ordering::Acquire))
    }

    /// Step (2), with the look of step (1).
    fn try_take(&self, generation: usize) -> bool {
        // Acquire: pairs with the raise in `notify_waiters`.
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            if generation_of(word) != generation {
                return true;
            }
            if word & STATE != NOTIFIED {
                return false;
            }
            let to = word & !STATE;
            // Acquire: step (2), pairs with step (a): the permit may have been given once more since
            // the look. On failure a newer generation may be found.
            match self
                .word
                .compare_exchange(word, to, Ordering::Acquire, Ordering::Acquire)
            {
                Ok(_) => return true,
                Err(found) => word = found,
            }
        }
    }
}

fn generation_of(word: usize) -> usize {
    word / GENERATION
}

/// Whether there is a front waiter and its generation lies before `generation`; generations wrap.
fn is_older(front: Option<usize>, generation: usize) -> bool {
    const HALF: usize = usize::MAX / GENERATION / 2;
    front.is_some_and(|front| {
        let behind = generation.wrapping_sub(front) & (usize::MAX / GENERATION);
        behind != 0 && behind <= HALF
    })
}

/// Wakes the rest when a waker panics between two batches.
struct WakeRest<'a> {
    notify: &'a Notify,
    generation: usize,
}

impl Drop for WakeRest<'_> {
    fn drop(&mut self) {
        drop(foreign::call(|| self.notify.wake_older(self.generation)));
    }
}

impl Default for Notify {
    fn default() -> Notify {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: a picture for a human.
        let state = match self.word.load(Ordering::Relaxed) & STATE {
            EMPTY => "empty",
            WAITING => "waiting",
            _ => "notified",
        };
        f.debug_struct("Notify")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    New,
    Queued,
    Done,
}

/// What both futures do, with their `Notify` passed in.
#[derive(Debug)]
struct Wait {
    phase: Phase,
    generation: usize,
    waiter: Waiter,
}

impl Wait {
    fn new(notify: &Notify) -> Wait {
        Wait {
            phase: Phase::New,
            generation: notify.generation(),
            waiter: Waiter::new(),
        }
    }

    /// One poll, or with no waker one `enable`; true if it is done.
    fn advance(&mut self, notify: &Notify, waker: Option<&Waker>) -> bool {
        let done = match self.phase {
            Phase::Done => true,
            Phase::New => self.begin(notify, waker),
            Phase::Queued => self.look(notify, waker),
        };
        if done {
            self.phase = Phase::Done;
        }
        done
    }

    /// Steps (1) to (4).
    fn begin(&mut self, notify: &Notify, waker: Option<&Waker>) -> bool {
        if notify.try_take(self.generation) {
            return true;
        }
        // Foreign code: before the lock; declared first, so dropped after it.
        let mut waker = waker.cloned();
        let mut queues = notify.queues.lock();
        loop {
            if notify.try_take(self.generation) {
                return true;
            }
            // Relaxed: N2, and the exchange orders.
            let word = notify.word.load(Ordering::Relaxed);
            if word & STATE == WAITING {
                break;
            }
            // Acquire: step (4), what came before a notification that another has taken. Who finds
            // the bit takes the lock. Relaxed on failure: step (3) is repeated.
            let to = (word & !STATE) | WAITING;
            if word & STATE == EMPTY
                && notify
                    .word
                    .compare_exchange(word, to, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                break;
            }
        }
        // SAFETY: L2, L4: the waiter is pinned in its future, new, and removed by the destructor.
        unsafe {
            queues
                .waiting
                .push_back(&self.waiter, waker.take(), self.generation)
        };
        self.phase = Phase::Queued;
        false
    }

    fn look(&mut self, notify: &Notify, waker: Option<&Waker>) -> bool {
        if self.waiter.outcome() != NO_OUTCOME {
            return true;
        }
        if notify.generation() != self.generation {
            // A `notify_waiters` is under way; a permit that came in between is taken, not passed
            // on.
            self.leave(notify, false);
            return true;
        }
        let Some(waker) = waker else { return false };
        // SAFETY: queued behind this lock by `begin`; its owner is this future.
        let outcome = unsafe { refresh(&notify.queues, &self.waiter, waker) };
        outcome != NO_OUTCOME
    }

    /// Leaves the queue; if told so, passes on a permit that was given and not seen (N5).
    fn leave(&mut self, notify: &Notify, pass_on: bool) {
        let own;
        let next = {
            let Queues { waiting, told } = &mut *notify.queues.lock();
            match self.waiter.outcome() {
                NO_OUTCOME if notify.generation() == self.generation => {
                    // SAFETY: N4: it was queued and has no outcome yet.
                    own = unsafe { waiting.remove(&self.waiter) };
                    notify.settle(waiting);
                    None
                }
                NO_OUTCOME => {
                    // SAFETY: as above.
                    own = unsafe { told.remove(&self.waiter) };
                    None
                }
                outcome => {
                    own = None;
                    match outcome {
                        BY_FIRST if pass_on => notify.notify_locked(waiting, End::First),
                        BY_LAST if pass_on => notify.notify_locked(waiting, End::Last),
                        _ => None,
                    }
                }
            }
        };
        self.phase = Phase::Done;
        drop(own);
        if let Some(waker) = next {
            waker.wake();
        }
    }

    fn poll(&mut self, notify: &Notify, cx: &mut Context<'_>) -> Poll<()> {
        let unit = ready!(coop::poll_proceed(cx));
        if !self.advance(notify, Some(cx.waker())) {
            return Poll::Pending;
        }
        unit.made();
        Poll::Ready(())
    }

    fn abandon(&mut self, notify: &Notify) {
        if self.phase == Phase::Queued {
            self.leave(notify, true);
        }
    }
}

/// The future of [`Notify::notified`].
///
/// ```
/// use runtime::sync::Notify;
/// use std::pin::pin;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let notify = Notify::new();
/// let mut notified = pin!(notify.notified());
/// assert!(!notified.as_mut().enable());
/// notify.notify_waiters();
/// notified.await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Notified<'a> {
    notify: &'a Notify,
    wait: Wait,
}

impl Notified<'_> {
    /// Joins the queue without polling; true if the notification is there already.
    ///
    /// From here on a [`notify_one`](Notify::notify_one) reaches this future.
    pub fn enable(self: Pin<&mut Self>) -> bool {
        // SAFETY: nothing is moved out; the waiter stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        this.wait.advance(this.notify, None)
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out; the waiter stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        this.wait.poll(this.notify, cx)
    }
}

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        self.wait.abandon(self.notify);
    }
}

/// The future of [`Notify::notified_owned`].
///
/// ```
/// use runtime::sync::Notify;
/// use std::sync::Arc;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let notify = Arc::new(Notify::new());
/// let waiting = runtime::spawn(Arc::clone(&notify).notified_owned());
/// notify.notify_one();
/// waiting.await.unwrap();
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct OwnedNotified {
    notify: Arc<Notify>,
    wait: Wait,
}

impl OwnedNotified {
    /// As [`Notified::enable`].
    pub fn enable(self: Pin<&mut Self>) -> bool {
        // SAFETY: nothing is moved out; the waiter stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        this.wait.advance(&this.notify, None)
    }
}

impl Future for OwnedNotified {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out; the waiter stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        this.wait.poll(&this.notify, cx)
    }
}

impl Drop for OwnedNotified {
    fn drop(&mut self) {
        self.wait.abandon(&self.notify);
    }
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
