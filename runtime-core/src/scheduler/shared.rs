//! What all threads of one runtime share, and the few steps that any of them may take: push and
//! wake, guard, start a thread.
#![allow(
    unsafe_code,
    reason = "tasks point at their runtime without counting; see `Owner`"
)]

use std::future::Future;
use std::io;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::config::{Config, Flavor};
use super::current_thread::Turn;
use super::guest::Guests;
use super::idle::{Guard, Helper, Idle, MAX_GUESTS};
use super::inject::Inject;
use super::notice::Notices;
use super::runner::{self, Runner};
use super::sentinel::{Looker, Thrift};
use super::shutdown::Threads;
use super::slot::Slot;
use super::stats::Stats;
use super::worker::{self, Role};
use crate::blocking::Pool;
use crate::local::Local;
use crate::loom::{self, Alarm};
use crate::park::driver::{Driver, Event, Poller};
use crate::park::seat::Seat;
use crate::task::{Header, Id, JoinHandle, Notified, Schedule, TaskRef, new_task};
use crate::timer::clock::Clock;
use crate::timer::timers::Shard;
use crate::util::lock::Mutex;
use crate::util::wake_list::WakeList;
use crate::util::wide::AtomicU64;

/// One runtime, as its threads see it.
pub(crate) struct Shared {
    pub(super) idle: Idle,
    pub(super) inject: Inject,
    pub(super) seat: Seat,
    /// Regular slots, then guests' queues, then spares; see [`Shared::spare_index`].
    pub(super) slots: Box<[CachePadded<Slot>]>,
    /// How many slots of each kind have been used so far: looks and thieves go no further.
    pub(super) used: [AtomicUsize; 3],
    pub(super) guests: Mutex<Guests>,
    pub(super) free_spares: Mutex<Vec<u32>>,
    /// How many spares are to be closed.
    pub(super) excess_spares: AtomicUsize,
    /// The sentinel's; made when it is first needed.
    alarm: OnceLock<Alarm>,
    pub(super) thrift: Thrift,
    pub(super) looker: Mutex<Looker>,
    pub(super) notices: Notices,
    pub(super) turn: Turn,
    pub(super) threads: Threads,
    pub(super) stats: Arc<Stats>,
    pub(super) config: Config,
    /// Set together with the word's bit; on a line that is only read.
    pub(super) closing: AtomicBool,
    /// Whether there was ever a task, or a guest beside another: before that a polling guest is alone
    /// and needs no guard.
    pub(super) has_spawned: AtomicBool,
    /// On a line of its own: many threads may spawn at once.
    outside: CachePadded<Outside>,
    id: Id,
    /// A local runtime's tasks that stay on its thread.
    local: OnceLock<Arc<Local>>,
    clock: loom::Arc<Clock>,
    blocking: Arc<Pool>,
}

/// How many tasks were spawned and ended by threads without a queue.
#[derive(Debug, Default)]
struct Outside {
    spawned: AtomicU64,
    ended: AtomicU64,
}

impl Shared {
    pub(crate) fn new(mut config: Config, clock: Clock) -> Arc<Shared> {
        let stats = Arc::new(Stats::default());
        config.contain_hooks(&stats);
        let clock = loom::Arc::new(clock);
        let regular = config.slots();
        let guests = regular.min(MAX_GUESTS);
        let shared = Arc::new_cyclic(|weak: &Weak<Shared>| {
            let blocking = Pool::new(config.blocking(weak), loom::Arc::clone(&clock));
            let slots = (0..2 * regular + guests)
                .map(|_| CachePadded::new(Slot::new(loom::Arc::new(wheel(&clock, weak)))))
                .collect();
            let guests_end = (regular + guests) as u32;
            Shared {
                idle: Idle::new(regular, config.is_dedicated()),
                inject: Inject::new(regular),
                seat: Seat::new(),
                slots,
                // Slot 0 is always in use: its wheel takes the timers of threads without a slot.
                used: [
                    AtomicUsize::new(1),
                    AtomicUsize::new(0),
                    AtomicUsize::new(0),
                ],
                guests: Mutex::new(Guests::new((regular as u32..guests_end).rev().collect())),
                free_spares: Mutex::new((guests_end..guests_end + regular as u32).rev().collect()),
                excess_spares: AtomicUsize::new(0),
                alarm: OnceLock::new(),
                thrift: Thrift::new(),
                looker: Mutex::new(Looker::default()),
                notices: Notices::default(),
                turn: Turn::new(),
                threads: Threads::new(),
                stats,
                config,
                closing: AtomicBool::new(false),
                has_spawned: AtomicBool::new(false),
                outside: CachePadded::default(),
                id: Id::next(),
                local: OnceLock::new(),
                clock: loom::Arc::clone(&clock),
                blocking,
            }
        });
        let weak = Arc::downgrade(&shared);
        clock.on_advance(Box::new(move || {
            if let Some(shared) = weak.upgrade() {
                shared.clock_moved();
            }
        }));
        shared
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// A number that no other runtime has.
    pub(crate) fn id(&self) -> Id {
        self.id
    }

    /// From now on this is a local runtime.
    pub(crate) fn keep_local(&self, local: Arc<Local>) {
        let kept = self.local.set(local);
        debug_assert!(kept.is_ok(), "a runtime becomes local once");
    }

    /// A local runtime's tasks that stay on its thread.
    pub(crate) fn local(&self) -> Option<&Arc<Local>> {
        self.local.get()
    }

    pub(crate) fn clock(&self) -> &loom::Arc<Clock> {
        &self.clock
    }

    pub(crate) fn blocking(&self) -> &Arc<Pool> {
        &self.blocking
    }

    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }

    pub(crate) fn is_closing(&self) -> bool {
        // Acquire: pairs with the store in `close`.
        self.closing.load(Ordering::Acquire)
    }

    /// How many entries wait in the shared queue; on a current-thread runtime that is all.
    pub(crate) fn shared_queue_len(&self) -> usize {
        self.inject.len()
    }

    pub(crate) fn slot(&self, index: usize) -> &Slot {
        &self.slots[index]
    }

    /// How many tasks are alive.
    pub(crate) fn live_tasks(&self) -> usize {
        // Acquire: as in `Slot::ended`: first the ends, so that no end is counted before its spawn.
        let ended = self.outside.ended.load(Ordering::Acquire);
        let ended = ended + self.slots.iter().map(|slot| slot.ended()).sum::<u64>();
        // Relaxed: as in `Slot::spawned`.
        let spawned = self.outside.spawned.load(Ordering::Relaxed);
        let spawned = spawned + self.slots.iter().map(|slot| slot.spawned()).sum::<u64>();
        let here = self.local().map_or(0, |local| local.live());
        here + spawned.saturating_sub(ended) as usize
    }

    /// Whether any task is alive, as far as this thread knows.
    pub(super) fn has_live_tasks(&self) -> bool {
        // Relaxed: a hint; who never spawned saves the sums.
        self.has_spawned.load(Ordering::Relaxed) && self.live_tasks() > 0
    }

    /// How many tasks have had to wait and are alive.
    pub(super) fn listed_tasks(&self) -> usize {
        self.slots.iter().map(|slot| slot.tasks.len()).sum()
    }

    // ---- spawning and waking ----

    /// Makes a task and queues it; on a runtime that is closing, a task that is already cancelled.
    pub(crate) fn spawn<F>(
        self: &Arc<Self>,
        future: F,
        spawned_at: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runner::with_current(|runner| {
            let here = runner.filter(|runner| runner.is_of(self));
            self.spawn_from(here, future, spawned_at)
        })
    }

    /// As [`Shared::spawn`], on a thread whose runner is one of this runtime, or none.
    pub(super) fn spawn_from<F>(
        self: &Arc<Self>,
        runner: Option<&Runner>,
        future: F,
        spawned_at: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let owner = Owner(Arc::as_ptr(self));
        let (entry, handle) = new_task(future, owner, Id::next(), spawned_at);
        self.needs_guard();
        match runner.and_then(Runner::local) {
            Some(local) => local.count_spawn(),
            // Relaxed: as in `Slot::count_spawn`.
            None => drop(self.outside.spawned.fetch_add(1, Ordering::Relaxed)),
        }
        if self.is_closing() {
            drop(entry);
        } else {
            match runner {
                Some(runner) => runner.push(entry),
                None => self.push_shared(entry),
            }
        }
        handle
    }

    /// Puts a task on the live list of the slot with this queue, and says on which it is; gives it
    /// back if the runtime is closing.
    pub(super) fn link_at(&self, queue: Option<u32>, task: TaskRef) -> Result<u32, TaskRef> {
        let list = queue.unwrap_or(0);
        self.slots[list as usize].tasks.link(task).map(|()| list)
    }

    /// Rule 5: push, then one read-modify-write of the word, then wake whom it names.
    pub(super) fn push_shared(self: &Arc<Self>, entry: Notified) {
        self.inject.push(entry);
        self.notify();
        // An entry that was on its way when the runtime closed: perhaps the last one.
        self.try_finish();
    }

    /// Rule 5, after the push.
    pub(super) fn notify(self: &Arc<Self>) {
        if self.config.flavor() == Flavor::CurrentThread {
            return self.nudge();
        }
        let (helper, guard) = self.idle.claim_helper();
        // The guard last: if there may be one thread more and no other, it is one that runs tasks.
        self.rouse(helper);
        self.guard(guard);
    }

    /// As [`Shared::notify`], after a push to the holder's own queue, which is `local`.
    pub(super) fn notify_local(self: &Arc<Self>, local: &Slot) {
        if self.config.flavor() != Flavor::CurrentThread
            && self.idle.wants_helper()
            && !local.is_left_alone()
        {
            local.respite.begin();
            self.notify();
        }
    }

    /// If anything that another thread could run is queued, somebody is woken for it.
    pub(super) fn notify_if_work(self: &Arc<Self>) {
        if !self.inject.is_empty() || self.stealable() {
            self.notify();
        }
    }

    /// Whether any local queue holds more than its holder's next task. Without a held lock: a hint.
    pub(super) fn stealable(&self) -> bool {
        self.used_slots().any(|(_, slot)| slot.has_queued())
    }

    /// A guest is not alone any more: from its next poll on it is counted.
    pub(super) fn needs_guard(&self) {
        // Relaxed: a hint; a guest that spawns counts itself.
        if !self.has_spawned.load(Ordering::Relaxed) {
            // Relaxed: as above.
            self.has_spawned.store(true, Ordering::Relaxed);
        }
    }

    /// Rule 2: somebody will sit if nobody does and nobody comes by.
    pub(super) fn ensure_sitter(self: &Arc<Self>) {
        if self.config.flavor() == Flavor::CurrentThread {
            return;
        }
        let (helper, guard) = self.idle.claim_sitter();
        // As in `notify`.
        self.rouse(helper);
        self.guard(guard);
        self.ensure_dedicated();
    }

    fn rouse(self: &Arc<Self>, helper: Helper) {
        match helper {
            Helper::None | Helper::Sitter(false) => {}
            Helper::Parked(unparker) => unparker.unpark(),
            Helper::Sitter(true) => self.seat.kick(),
            Helper::Start => {
                if worker::start(self, Role::Worker).is_err() {
                    self.idle.cancel_reservation();
                    // Who is here does it: see `guest.rs`.
                    self.nudge();
                    self.stir_guests();
                }
            }
        }
    }

    /// Does what the guard rule asks for.
    pub(super) fn guard(self: &Arc<Self>, guard: Guard) {
        match guard {
            Guard::Stands => {}
            Guard::Arm => self.arm_sentinel(),
            Guard::StartPost => {
                // Made by whoever needs it, not some time later by the new thread: a program that
                // counts its descriptors after its first task finds them all.
                let _made = self.alarm();
                if worker::start(self, Role::Sentinel).is_err() {
                    self.idle.post_refused();
                }
                self.ensure_dedicated();
            }
        }
    }

    /// `IoMode::Dedicated`: starts the thread whose seat it is. If it is refused, the seat is anybody's.
    fn ensure_dedicated(self: &Arc<Self>) {
        if self.config.is_dedicated()
            && self.threads.claim_dedicated()
            && worker::start(self, Role::Driver).is_err()
        {
            let (_, guard) = self.idle.stand_up(false);
            self.guard(guard);
            self.ensure_sitter();
        }
    }

    /// Makes the sitter look around.
    pub(super) fn nudge(self: &Arc<Self>) {
        let (kick, guard) = self.idle.nudge();
        self.guard(guard);
        if kick {
            self.seat.kick();
        }
    }

    // ---- the driver and the clock ----

    /// The driver, brought by the first I/O object.
    pub(crate) fn driver_or_install(
        self: &Arc<Self>,
        make: impl FnOnce() -> io::Result<(Box<dyn Poller>, Arc<dyn Driver>)>,
    ) -> io::Result<Arc<dyn Driver>> {
        let (driver, is_new) = self.seat.driver_or_publish(make)?;
        if is_new && self.is_closing() {
            self.shut_driver_down();
        }
        self.watch_from_outside();
        Ok(driver)
    }

    /// A source or timer may now matter to a thread that is none of ours: somebody must sit.
    fn watch_from_outside(self: &Arc<Self>) {
        let ours = runner::with_current(|runner| runner.is_some_and(|runner| runner.is_of(self)));
        if !ours {
            self.ensure_sitter();
        }
    }

    /// What the sentinel sleeps on.
    pub(super) fn alarm(&self) -> &Alarm {
        self.alarm.get_or_init(Alarm::new)
    }

    /// Ends the sentinel's sleep, if there ever was a sentinel.
    pub(super) fn ring_alarm(&self) {
        if let Some(alarm) = self.alarm.get() {
            alarm.ring();
        }
    }

    /// Rule 8: an insert made `deadline` the first of its wheel.
    fn timer_lowered(self: &Arc<Self>, deadline: u64) {
        let held = runner::with_current(|runner| {
            runner.is_some_and(|runner| runner.is_of(self) && runner.holds_slot())
        });
        if held {
            // A sitter beside a held slot sleeps a millisecond at most, and the holder itself looks
            // before it rests.
            return;
        }
        if self.idle.sleeps_uncapped() && deadline < self.seat.deadline() {
            self.nudge();
        }
        self.watch_from_outside();
    }

    /// Rule 8: this thread has given its slot back, perhaps the last one, and does not sit: what it
    /// inserted as a holder the sitter may not know.
    pub(super) fn check_deadline(self: &Arc<Self>) {
        if self.idle.sleeps_uncapped() && self.next_deadline() < self.seat.deadline() {
            self.nudge();
        }
    }

    /// The clock was paused, resumed or advanced, or the last hold on it is gone.
    fn clock_moved(self: &Arc<Self>) {
        self.fire_timers();
        self.nudge();
    }

    /// The first deadline of all wheels.
    pub(super) fn next_deadline(&self) -> u64 {
        // By loops: this is looked at before and after each sleep.
        let mut first = u64::MAX;
        for (_, slots) in self.used_parts() {
            for slot in slots {
                first = first.min(slot.wheel.next_deadline());
            }
        }
        first
    }

    /// How many timers wait.
    pub(crate) fn num_timers(&self) -> usize {
        self.used_slots().map(|(_, slot)| slot.wheel.len()).sum()
    }

    /// Fires what is due in all wheels, and wakes; true if anything was.
    pub(super) fn fire_timers(&self) -> bool {
        let deadline = self.next_deadline();
        if deadline == u64::MAX {
            return false;
        }
        let now = self.clock.now_ns();
        if now < deadline {
            return false;
        }
        // Nobody lets time jump between the taking of a timer and its wake-up.
        let _wakes = self.clock.is_warped().then(|| Clock::hold(&self.clock));
        let mut fired = false;
        let mut batch = WakeList::new();
        for (_, slot) in self.used_slots() {
            if slot.wheel.next_deadline() <= now {
                let report = slot.wheel.fire(now, &mut batch);
                fired |= report.count > 0;
                self.stats
                    .foreign_panics(usize::from(report.panic.is_some()));
            }
        }
        fired
    }

    /// Hands events to their sources and wakes who waited.
    pub(super) fn dispatch(&self, events: &mut Vec<Event>) {
        let Some(driver) = self.seat.driver() else {
            return;
        };
        let mut wakers = WakeList::new();
        driver.dispatch(events, &mut wakers);
        events.clear();
        self.wake_all(wakers);
    }

    pub(super) fn wake_all(&self, mut wakers: WakeList) {
        if wakers.wake_all_caught().is_err() {
            self.stats.foreign_panics(1);
        }
    }

    pub(super) fn shut_driver_down(&self) {
        if let Some(driver) = self.seat.driver() {
            let mut wakers = WakeList::new();
            driver.shutdown(&mut wakers);
            self.wake_all(wakers);
        }
    }

    // ---- slots ----

    /// The slots that have been in use so far, with their indices.
    pub(super) fn used_slots(&self) -> impl Iterator<Item = (usize, &Slot)> {
        let parts = self.used_parts().into_iter();
        parts.flat_map(|(start, slots)| (start..).zip(slots.iter().map(|slot| &**slot)))
    }

    /// The same of each kind, the regular ones, the guests', the spares, after the index of the first.
    fn used_parts(&self) -> [(usize, &[CachePadded<Slot>]); 3] {
        let starts = [0, self.config.slots(), self.spare_index()];
        std::array::from_fn(|kind| {
            // Acquire: pairs with `mark_used`.
            let used = self.used[kind].load(Ordering::Acquire);
            (starts[kind], &self.slots[starts[kind]..][..used])
        })
    }

    /// Where the spares begin.
    pub(super) fn spare_index(&self) -> usize {
        self.slots.len() - self.config.slots()
    }

    /// From now on looks and thieves visit this slot.
    pub(super) fn mark_used(&self, slot: u32) {
        let index = slot as usize;
        let (kind, start) = if index >= self.spare_index() {
            (2, self.spare_index())
        } else if index >= self.config.slots() {
            (1, self.config.slots())
        } else {
            (0, 0)
        };
        let used = &self.used[kind];
        // Relaxed: a hint that saves the change.
        if used.load(Ordering::Relaxed) <= index - start {
            // Release: pairs with `used_parts`.
            used.fetch_max(index - start + 1, Ordering::Release);
        }
    }
}

/// A wheel that tells its runtime when a deadline comes earlier than it knew.
fn wheel(clock: &loom::Arc<Clock>, weak: &Weak<Shared>) -> Shard {
    let weak = Weak::clone(weak);
    let on_earlier = move |deadline| {
        if let Some(shared) = weak.upgrade() {
            shared.timer_lowered(deadline);
        }
    };
    Shard::new(loom::Arc::clone(clock), Box::new(on_earlier))
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}

/// A task's way to its runtime: an address without a count, so that spawning and completing touch
/// no counter that threads share.
///
/// **Why it is alive when it is used.** (1) A task that has an entry does not complete before that
/// entry was taken (state invariant 4), and a runtime is not freed before its last task is
/// complete: so whoever made an entry finds the runtime alive, and takes a count of its own before
/// it lets the entry go. (2) A runner is a thread of the runtime or a guest in it, and holds a
/// count.
struct Owner(*const Shared);

// SAFETY: a shared reference to a `Sync` type in all but the count; see above.
unsafe impl Send for Owner {}

// SAFETY: as above.
unsafe impl Sync for Owner {}

impl Owner {
    fn shared(&self) -> &Shared {
        // SAFETY: alive, by the type's two cases.
        unsafe { &*self.0 }
    }

    /// A count of our own, for use beyond the entry.
    fn pin(&self) -> Arc<Shared> {
        // SAFETY: the address came from `Arc::as_ptr`, and it is alive, by the type's two cases.
        unsafe { Arc::increment_strong_count(self.0) };
        // SAFETY: the count was taken in the line above.
        unsafe { Arc::from_raw(self.0) }
    }
}

impl Schedule for Owner {
    fn schedule(&self, entry: Notified) {
        runner::with_current(|runner| match runner {
            Some(runner) if std::ptr::eq(runner.shared_ptr(), self.0) => runner.push(entry),
            _ => self.pin().push_shared(entry),
        });
    }

    fn requeue(&self, entry: Notified) {
        runner::with_current(|runner| match runner {
            Some(runner) if std::ptr::eq(runner.shared_ptr(), self.0) => runner.push_back(entry),
            _ => self.pin().push_shared(entry),
        });
    }

    fn link(&self, task: TaskRef) -> Result<u32, TaskRef> {
        runner::with_current(|runner| {
            let here = runner.filter(|runner| std::ptr::eq(runner.shared_ptr(), self.0));
            self.shared().link_at(here.and_then(Runner::queue), task)
        })
    }

    fn ends(&self) {
        runner::with_current(|runner| {
            let here = runner.filter(|runner| std::ptr::eq(runner.shared_ptr(), self.0));
            match here.and_then(Runner::local) {
                Some(local) => local.count_end(),
                // Release: as in `Slot::count_end`.
                None => drop(self.shared().outside.ended.fetch_add(1, Ordering::Release)),
            }
        });
    }

    fn unlink(&self, header: &Header, list: u32) -> bool {
        self.shared().slots[list as usize].tasks.unlink(header)
    }
}

/// How long a sleep may take until `deadline`, if it ever comes.
pub(super) fn time_left(now: u64, deadline: u64) -> Option<Duration> {
    (deadline != u64::MAX).then(|| Duration::from_nanos(deadline.saturating_sub(now)))
}
