//! A thread inside a runtime: which slot it holds, which queue it may push to, and how it polls a
//! task.
//!
//! **Invariants.** (1) `queue` is the slot whose owner's end this thread may use: for a worker the
//! slot it holds, for a guest its guest queue, whether or not it holds a slot besides. (2) A runner
//! is reached only from its own thread, through [`with_current`], and only while it is on that
//! thread's stack. (3) Around blocking code ([`suspend`]) it has neither slot nor queue. (4) A forked
//! child's copy of one is not reached in a `block_on` of the child's own runtimes ([`pass_copy`]): what it
//! would do for its runtime would be done to the parent's driver.
#![allow(
    unsafe_code,
    reason = "the current runner is found through a thread-local address"
)]

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::ptr::null;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Caller;
use super::countdown::Countdown;
use super::entered;
use super::linger::Linger;
use super::own_wake::OwnWake;
use super::search::Search;
use super::shared::Shared;
use super::slot::{LOCAL_LIMIT, Slot};
use super::tempo::Tempo;
use crate::coop;
use crate::loom;
use crate::park::driver::{EVENTS_PER_POLL, Event};
use crate::park::{self, parker::Parker};
use crate::task::{Id, Notified};
use crate::timer::clock::{AutoAdvanceHold, Clock};

crate::loom::thread_local! {
    static CURRENT: Cell<*const Runner> = const { Cell::new(null()) };
    static STAYS: Cell<bool> = const { Cell::new(false) };
}

/// What kind of thread this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Worker,
    Guest,
    /// In `block_on` of a current-thread runtime, through this; with the turn it runs the tasks.
    Only(Caller),
}

/// See the module's header.
pub(crate) struct Runner {
    pub(super) shared: Arc<Shared>,
    pub(super) kind: Kind,
    pub(super) parker: Parker,
    /// The slot it holds.
    slot: Cell<Option<u32>>,
    /// Since when the time it holds the slot has not been counted.
    busy_since: Cell<Option<Instant>>,
    /// Invariant 1.
    queue: Cell<Option<u32>>,
    /// A guest's own queue, to come back to after blocking code.
    home: Option<u32>,
    /// Whether the word counts it as a guest that polls.
    counted: Cell<bool>,
    /// While its own future is polled a paused clock stands.
    clock_hold: RefCell<Option<AutoAdvanceHold>>,
    polling: Cell<Option<(Id, &'static Location<'static>)>>,
    until_glance: Countdown,
    until_shared: Countdown,
    pub(super) search: Search,
    pub(super) linger: Linger,
    pub(super) tempo: Tempo,
    pub(super) events: RefCell<Vec<Event>>,
}

impl Runner {
    pub(super) fn new(shared: &Arc<Shared>, kind: Kind, home: Option<u32>) -> Runner {
        let parker = Parker::new();
        if let Some(home) = home {
            shared.mark_used(home);
        }
        Runner {
            search: Search::new(loom::seed(&parker)),
            shared: Arc::clone(shared),
            kind,
            linger: Linger::new(),
            tempo: Tempo::new(),
            parker,
            slot: Cell::new(None),
            busy_since: Cell::new(None),
            queue: Cell::new(home),
            home,
            counted: Cell::new(false),
            clock_hold: RefCell::new(None),
            polling: Cell::new(None),
            until_glance: Countdown::new(shared.config().event_interval),
            until_shared: Countdown::new(shared.config().global_queue_interval),
            events: RefCell::new(Vec::new()),
        }
    }

    pub(super) fn is_of(&self, shared: &Arc<Shared>) -> bool {
        Arc::ptr_eq(&self.shared, shared)
    }

    pub(super) fn shared_ptr(&self) -> *const Shared {
        Arc::as_ptr(&self.shared)
    }

    /// The index of the queue this thread pushes to, if it has one.
    pub(super) fn queue(&self) -> Option<u32> {
        self.queue.get()
    }

    /// The queue itself.
    pub(super) fn local(&self) -> Option<&Slot> {
        self.queue
            .get()
            .map(|queue| &*self.shared.slots[queue as usize])
    }

    pub(super) fn holds_slot(&self) -> bool {
        self.slot.get().is_some()
    }

    pub(super) fn slot(&self) -> Option<u32> {
        self.slot.get()
    }

    /// This thread holds `slot` from now on.
    pub(super) fn hold(&self, slot: u32) {
        debug_assert!(self.slot.get().is_none(), "a thread holds one slot");
        self.slot.set(Some(slot));
        if self.home.is_none() {
            self.queue.set(Some(slot));
            self.adopt();
        }
        self.shared.mark_used(slot);
        self.begin_turn();
    }

    /// This thread runs what is in its queue from now on.
    fn adopt(&self) {
        if let Some(local) = self.local() {
            local.respite.adopt();
        }
    }

    /// The slot is at work from now on.
    pub(super) fn begin_turn(&self) {
        if let Some(slot) = self.slot.get() {
            self.shared.slots[slot as usize].count_turn();
            self.busy_since.set(Some(loom::now()));
        }
    }

    /// The slot is at rest from now on, or somebody else's.
    pub(super) fn end_turn(&self) {
        if let Some(slot) = self.slot.get() {
            self.count_busy();
            self.busy_since.set(None);
            self.shared.slots[slot as usize].count_turn();
        }
    }

    fn count_busy(&self) {
        if let (Some(slot), Some(since)) = (self.slot.get(), self.busy_since.get()) {
            let now = loom::now();
            self.shared.slots[slot as usize].count_busy(now.saturating_duration_since(since));
            self.busy_since.set(Some(now));
        }
    }

    /// This thread holds no slot from now on; the caller hands it on.
    #[must_use = "the slot would be lost"]
    pub(super) fn let_go(&self) -> Option<u32> {
        self.end_turn();
        if self.home.is_none() {
            self.queue.set(None);
        }
        self.slot.take()
    }

    /// Beside tasks, a polling guest is guarded like a held slot.
    pub(super) fn count_guest(&self) {
        // Without a queue it leaves nothing that anybody would have to look after.
        // Relaxed: a hint; the guest's own first push comes here again.
        if self.home.is_some()
            && !self.counted.get()
            && self.shared.has_spawned.load(Ordering::Relaxed)
        {
            self.counted.set(true);
            let guard = self.shared.idle.guest_polls();
            self.shared.guard(guard);
        }
    }

    /// The guest is about to rest; true if the word counts it, which the caller changes.
    #[must_use]
    pub(super) fn uncount_guest(&self) -> bool {
        self.counted.replace(false)
    }

    /// The poll of the own future begins; with the result dropped it has ended.
    pub(super) fn hold_clock(&self, own: &OwnWake) -> impl Drop + '_ {
        *self.clock_hold.borrow_mut() = own.take_hold(self.shared.clock());
        ReleaseClock(self)
    }

    /// Whether it is a guest with a queue of its own.
    pub(super) fn has_home(&self) -> bool {
        self.home.is_some()
    }

    /// The guest leaves the runtime and gives its queue up.
    pub(super) fn leave_home(&self) -> Option<u32> {
        self.queue.take()
    }

    // ---- pushing ----

    /// A task woken or spawned by this thread: it runs next, what it displaces runs after the
    /// others. On a guest, which runs none, somebody else comes for it at once.
    pub(super) fn push(&self, entry: Notified) {
        let Some(local) = self.local() else {
            return self.shared.push_shared(entry);
        };
        match self.kind {
            Kind::Only(_) => return local.push_back(entry),
            Kind::Guest => {
                // Its first spawn: from now on somebody must look after what lies here.
                self.count_guest();
                self.push_behind(local, entry);
                return self.shared.notify_local(local);
            }
            Kind::Worker => {}
        }
        if let Some(displaced) = local.swap_cell(entry) {
            self.push_behind(local, displaced);
            self.shared.notify_local(local);
        }
    }

    /// A task woken in its own poll: behind all others. It needs no helper, this thread will run
    /// it.
    pub(super) fn push_back(&self, entry: Notified) {
        match self.local() {
            Some(local) => self.push_behind(local, entry),
            None => self.shared.push_shared(entry),
        }
    }

    fn push_behind(&self, local: &Slot, entry: Notified) {
        if !self.is_only() && local.len() >= LOCAL_LIMIT {
            for _ in 0..LOCAL_LIMIT / 2 {
                match local.pop() {
                    Some(oldest) => self.shared.inject.push(oldest),
                    None => break,
                }
            }
            self.shared.notify();
        }
        local.push_back(entry);
    }

    /// Moves all that is queued here to the shared queue; true if there was anything.
    pub(super) fn spill(&self) -> bool {
        let Some(local) = self.local() else {
            return false;
        };
        let mut any = false;
        for entry in std::iter::from_fn(|| local.take_cell().or_else(|| local.pop())) {
            self.shared.inject.push(entry);
            any = true;
        }
        any
    }

    fn is_only(&self) -> bool {
        matches!(self.kind, Kind::Only(_))
    }

    // ---- polling ----

    /// Runs one entry.
    ///
    /// What the runtime's own threads poll ends before they do; what others poll is on a live list,
    /// so that the runtime does not end before (see `shutdown.rs`).
    pub(super) fn poll(&self, entry: Notified) {
        if self.kind != Kind::Worker
            && !entry.list_by(|task| self.shared.link_at(self.queue(), task))
        {
            return drop(entry);
        }
        let (id, spawned_at) = (entry.header().id(), entry.header().spawned_at());
        if let Some(local) = self.local() {
            local.begin_poll(id, spawned_at);
        }
        self.polling.set(Some((id, spawned_at)));
        let budget = coop::budget();
        entry.run();
        drop(budget);
        self.polling.set(None);
        if let Some(local) = self.local() {
            local.end_poll();
        }
    }

    /// Before each poll: glances every `event_interval` of them. Where a glance brings all that one may,
    /// the next comes up to twice as late, while half of the tasks that wait then have not had their poll.
    ///
    /// To ask which sockets are ready brings into the cache what is needed to read them, and in a
    /// long queue that is lost again. The other half is for thieves: who has seen all its tasks run
    /// before it looks leaves them nothing.
    pub(super) fn glance_in_time(&self) {
        if self.until_glance.is_over() && self.glance() {
            let waiting = self.local().map_or(0, Slot::len);
            self.until_glance.put_off(waiting / 2);
        }
    }

    /// Before each poll: an entry of the shared queue, every `global_queue_interval` of them.
    pub(super) fn shared_in_time(&self) -> Option<Notified> {
        if self.until_shared.is_over() {
            self.next_shared()
        } else {
            None
        }
    }

    /// A look at the driver if nobody sleeps in it, at the wheels, and at closures without a thread;
    /// whether the driver has brought all that it may, and so may have more.
    pub(super) fn glance(&self) -> bool {
        self.count_busy();
        let mut is_full = false;
        let asleep = self.shared.idle.snapshot().seat_is_asleep();
        if !asleep && self.shared.seat.driver().is_some() {
            let mut events = self.events.take();
            if self.shared.seat.glance(&mut events).is_err() {
                self.shared.stats.driver_error();
            }
            is_full = events.len() >= EVENTS_PER_POLL;
            self.shared.dispatch(&mut events);
            self.events.replace(events);
        }
        self.shared.fire_timers();
        self.shared.watch(self.slot());
        self.shared.blocking().retry();
        is_full
    }

    // ---- blocking code ----

    /// Invariant 3: gives the slot back with its work, and sees to it that somebody else takes
    /// over.
    fn step_out(&self) {
        if let Some(local) = self.local() {
            if self.polling.get().is_some() {
                local.end_poll();
            }
            // Thieves take from cells only as a last resort.
            if let Some(entry) = local.take_cell() {
                local.push_back(entry);
            }
            local.respite.orphan();
        }
        self.queue.set(None);
        self.end_turn();
        if self.uncount_guest() {
            self.shared.idle.guest_stops();
        }
        match self.slot.take() {
            Some(_) if self.is_only() => return self.shared.give_turn(),
            Some(slot) => self.shared.idle.give(slot),
            None => {}
        }
        self.shared.notify_if_work();
        self.shared.ensure_sitter();
        self.shared.check_deadline();
    }

    /// Takes a free slot again if it had one, or goes on without. (The only slot's turn is taken
    /// again by the holder's loop.)
    fn step_in(&self, held_slot: bool) {
        self.queue.set(self.home);
        self.adopt();
        if held_slot && !self.is_only() && !self.shared.is_closing() {
            if let Some((slot, guard)) = self.shared.idle.take() {
                self.hold(slot);
                self.shared.guard(guard);
            }
        }
        if self.kind == Kind::Guest {
            self.count_guest();
        }
        if let (Some(local), Some((id, spawned_at))) = (self.local(), self.polling.get()) {
            local.begin_poll(id, spawned_at);
        }
    }
}

/// The poll of a runner's own future ends.
struct ReleaseClock<'a>(&'a Runner);

impl Drop for ReleaseClock<'_> {
    fn drop(&mut self) {
        // Dropped with no borrow held: the last hold makes the sitter look around.
        let hold = self.0.clock_hold.take();
        drop(hold);
    }
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("kind", &self.kind)
            .field("slot", &self.slot)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// Calls `f` with this thread's runner, if it is one.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(Option<&Runner>) -> R) -> R {
    let current = CURRENT.try_with(Cell::get).unwrap_or(null());
    // SAFETY: invariant 2: set by `Entered`, which puts the old address back before the runner
    // goes.
    f(unsafe { current.as_ref() })
}

/// As [`with_current`], if the runner is one of the current runtime.
#[inline]
pub(crate) fn with_current_entered<R>(f: impl FnOnce(Option<&Runner>) -> R) -> R {
    let entered = entered::innermost();
    with_current(|runner| f(runner.filter(|runner| runner.shared_ptr() == entered)))
}

/// Whether the queue that this thread pushes to holds anything.
pub(super) fn has_own_work() -> bool {
    let queued = |queue: &Slot| queue.has_cell() || queue.has_queued();
    with_current(|runner| runner.and_then(Runner::local).is_some_and(queued))
}

/// Makes a runner the current one of its thread until dropped.
pub(super) struct Current {
    previous: *const Runner,
    was_async: bool,
}

pub(super) fn make_current(runner: &Runner) -> Current {
    Current {
        previous: CURRENT.replace(std::ptr::from_ref(runner)),
        was_async: park::set_async_context(true),
    }
}

/// Invariant 4: until dropped, this thread has no runner, if its own is a copy. One of `shared` itself
/// need not be asked, which saves a system call.
pub(super) fn pass_copy(shared: &Arc<Shared>) -> Option<Current> {
    let is_copy = |runner: &Runner| !runner.is_of(shared) && runner.shared.is_copy();
    with_current(|runner| runner.is_some_and(is_copy)).then(|| Current {
        previous: CURRENT.replace(null()),
        was_async: park::is_async_context(),
    })
}

impl Drop for Current {
    fn drop(&mut self) {
        CURRENT.set(self.previous);
        park::set_async_context(self.was_async);
    }
}

/// Until dropped, this thread is out of its runtime's way: it holds no slot and may block.
#[must_use]
#[derive(Debug)]
pub(crate) struct Suspended {
    was_async: bool,
    /// Whether a runner stepped out, and whether it held a slot.
    stepped_out: Option<bool>,
    /// Whether a poll of a runner's own future goes on around it, which held the clock.
    held_clock: bool,
    /// Blocking code may wait for futures in ways of its own, which know nothing of budgets.
    _unlimited: coop::Reset,
}

/// Calls `f` with this thread's runner, if it is one that the end of its runtime waits for.
fn with_worker(f: impl FnOnce(&Runner)) {
    with_current(|runner| {
        if let Some(worker) = runner.filter(|runner| runner.kind == Kind::Worker) {
            f(worker);
        }
    });
}

/// Leaves the slot, if this thread is a runner; see [`Suspended`].
pub(crate) fn suspend() -> Suspended {
    let was_async = park::set_async_context(false);
    let stepped_out = with_current(|runner| match runner {
        Some(runner) if runner.queue.get().is_some() => {
            let held_slot = runner.holds_slot();
            runner.step_out();
            Some(held_slot)
        }
        _ => None,
    });
    // What blocks may wait for time to go on.
    let hold = with_current(|runner| runner.and_then(|runner| runner.clock_hold.take()));
    if was_async {
        with_worker(|worker| worker.shared.suspend());
    }
    Suspended {
        was_async,
        stepped_out,
        held_clock: hold.is_some(),
        _unlimited: coop::unconstrained(),
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        park::set_async_context(self.was_async);
        if self.was_async {
            with_worker(|worker| worker.shared.resume());
        }
        with_current(|runner| {
            let Some(runner) = runner else {
                return;
            };
            if self.held_clock {
                *runner.clock_hold.borrow_mut() = Some(Clock::hold(runner.shared.clock()));
            }
            if let Some(held_slot) = self.stepped_out {
                runner.step_in(held_slot);
            }
        });
    }
}

/// Whether this thread polls a task that is cancelled when the poll returns, since its runtime ends.
pub(crate) fn is_in_cancelled_task() -> bool {
    let is_cancelled =
        |runner: &Runner| runner.polling.get().is_some() && runner.shared.is_closing();
    park::is_async_context() && with_current(|runner| runner.is_some_and(is_cancelled))
}

/// Whether this thread has the turn of a current-thread runtime, whose tasks nobody else runs. In
/// the own future of a `block_on` by a handle it could give the turn to another such thread.
pub(crate) fn is_current_thread() -> bool {
    let has_turn = |runner: &Runner| match runner.kind {
        Kind::Only(Caller::Runtime) => runner.holds_slot(),
        Kind::Only(Caller::Handle) => runner.polling.get().is_some(),
        Kind::Worker | Kind::Guest => false,
    };
    with_current(|runner| runner.is_some_and(has_turn))
}

/// Whether this thread polls tasks that nobody could take over.
pub(super) fn stays_on_thread() -> bool {
    STAYS.get()
}

/// Until dropped, this thread polls tasks that nobody could take over, or it does not.
#[derive(Debug)]
pub(crate) struct Stays(bool);

pub(crate) fn stay_on_thread(stays: bool) -> Stays {
    Stays(STAYS.replace(stays))
}

impl Drop for Stays {
    fn drop(&mut self) {
        STAYS.set(self.0);
    }
}

/// The index of the regular slot that this thread holds.
pub(crate) fn worker_index() -> Option<usize> {
    with_current(|runner| {
        let runner = runner?;
        let slot = runner.slot()? as usize;
        (slot < runner.shared.config().slots()).then_some(slot)
    })
}

#[cfg(all(test, not(loom)))]
mod tests;
