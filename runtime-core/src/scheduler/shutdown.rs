//! The end of a runtime: rule 15.
//!
//! 1. *Close*, by whoever drops it: the flag and the word's bit; all sleepers are woken; from now on
//!    nobody sleeps for the runtime, no thread is started for tasks, and the pool takes no closure; one
//!    thread of its own drops those that it has not begun.
//! 2. *Cancel*, by everybody who comes by (the closer, each thread after its present poll, a guest
//!    after one): all lists of live tasks are closed and what is on them is cancelled. An idle task
//!    is dropped by the canceller; a queued one by whoever takes its entry (queues are emptied too);
//!    a running one by its runner when the poll returns.
//! 3. *Finish*, by whoever finds that no thread is left and no listed task lives: wheels and driver
//!    are shut down and their waiters woken, and whoever waits for the end goes on.
//!
//! *Who lies on top of what 3 waits for* may wait for a timer or for I/O, which the runtime's threads
//! serve no more. (i) A guest in a task's poll or in a destructor: all guests are woken at the close,
//! and one that would rest shuts wheels and driver down ahead of 3 ([`Shared::end_waits`]): its wait ends
//! with an error, or with a panic. A task that runs on meanwhile gets that error for its I/O, too; a
//! timer that it polls stays pending; it is cancelled when its poll returns. *None is missed*: a guest
//! lists itself before it looks at the flag, the closer sets the flag before it takes the list, and the
//! list has a lock. Model: `loom_shutdown_a_guest_is_told_or_finds_out`. (ii) Blocking code in a task's
//! poll, by whatever means it waits: once nobody is left but threads in blocking code, wheels and driver
//! are shut down as well. *None is missed*: a thread that suspends itself, leaves, or has cancelled is
//! counted so and then looks, the closer sets the census to closing and then looks, and the census has a
//! lock: the last of them sees all. Model: `loom_shutdown_blocking_code_is_told`. (iii) A poll that
//! waits without telling anybody, in an executor of its own: nobody knows it from one that is at work.
//! So who waits for the end serves wheels and driver meanwhile.
//!
//! *Where a task is that is on no list.* It has not had to wait yet, so no waker can be about to
//! queue it, and it is in one of these places. (a) In a queue: whoever pushes attempts steps 2 and 3
//! afterwards, and so do threads and guests on their way out; and a spawn that finds the runtime
//! closing drops the task itself. (b) In the hands of a thread of the runtime, which is counted
//! until it has left. (c) In the hands of a canceller, who is counted meanwhile. (d) In nobody
//! else's: guests, who are not counted, list a task before they poll it (`Runner::poll`).
//!
//! *Somebody finishes.* Each event that may make the condition of 3 true is followed by an attempt
//! of its author: a thread leaves; a canceller has done; a guest's poll has returned; a waker
//! has handed over an entry that was on its way (between its `NOTIFIED` and its push). The attempts
//! are ordered by the lock of the census and by those of the lists, so the last one sees all. Models:
//! `loom_shutdown_somebody_finishes`, `loom_shutdown_waits_for_who_drops_what_was_queued`.
//!
//! *The memory stays until then*: from close to finish the shared state holds a count on itself, so
//! that a waker with an entry on its way finds the runtime alive (see `Owner`). Later wakers keep
//! only the header of a task. A task that is stuck in its poll delays the finish, not the closer
//! who does not wait.

use std::cell::Cell;
use std::ptr::null;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Wake;
use std::time::{Duration, Instant};

use super::census::Census;
use super::entered;
use super::shared::Shared;
use crate::loom;
use crate::loom::thread::{self, JoinHandle};
use crate::park;
use crate::task::TaskRef;
use crate::util::lock::{Condvar, Mutex};
use crate::util::thread_end;

/// How long whoever waits for the end sleeps before it looks for itself.
const LOOK_PAUSE: Duration = Duration::from_millis(1);

crate::loom::thread_local! {
    /// The runtime whose tasks this thread is cancelling. A destructor that wakes the next task must
    /// not cancel it from within: a chain of tasks would nest as deep as it is long.
    static IN_HAND: Cell<*const Shared> = const { Cell::new(null()) };
}

/// The threads of a runtime, counted.
#[derive(Debug)]
pub(super) struct Threads {
    /// Where they are.
    process: u32,
    census: Census,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    ended: bool,
    dedicated: bool,
    /// From close to finish.
    keeps_itself: Option<Arc<Shared>>,
    /// Awaited by whoever waits for the end: only then is all they had given back.
    handles: Vec<JoinHandle<()>>,
    /// Counted as threads, and not on their way yet.
    not_begun: usize,
}

impl Threads {
    pub(super) fn new() -> Threads {
        Threads {
            process: std::process::id(),
            census: Census::new(),
            state: Mutex::default(),
            ended: Condvar::new(),
        }
    }

    /// One more thread, which is about to be started; false if the runtime is closing.
    #[must_use]
    pub(super) fn enter(&self) -> bool {
        let may_start = self.census.enter();
        self.state.lock().not_begun += usize::from(may_start);
        may_start
    }

    /// It begins, or was refused.
    pub(super) fn begin(&self) {
        self.state.lock().not_begun -= 1;
    }

    /// A thread that was started.
    pub(super) fn started(&self, handle: JoinHandle<()>) {
        let mut state = self.state.lock();
        state.handles.retain(|handle| !handle.is_finished());
        state.handles.push(handle);
    }

    /// Waits for threads that have left and are on their last steps; not for the calling one.
    fn join(&self) {
        let handles = std::mem::take(&mut self.state.lock().handles);
        for handle in handles {
            if !thread::is_current(&handle) {
                thread_end::wait(handle);
            }
        }
    }

    /// Whether the caller is to start the dedicated sitter.
    pub(super) fn claim_dedicated(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().dedicated, true)
    }
}

impl Shared {
    /// Whether it is a forked child's copy: its threads are elsewhere, and whatever they had locked
    /// stays locked.
    pub(crate) fn is_copy(&self) -> bool {
        self.threads.process != std::process::id()
    }

    /// Step 1, and a first attempt at the others. Does not wait for anybody.
    pub(crate) fn close(self: &Arc<Self>) {
        if !self.threads.census.close() {
            return;
        }
        self.threads.state.lock().keeps_itself = Some(Arc::clone(self));
        // Release: pairs with `is_closing`.
        self.closing.store(true, Ordering::Release);
        let (sleepers, kick) = self.idle.close();
        for sleeper in sleepers {
            sleeper.unpark();
        }
        if kick {
            self.seat.kick();
        }
        let guests = self.guests.lock().inside();
        guests.iter().for_each(Wake::wake_by_ref);
        self.ring_alarm();
        {
            // If nobody else can, this thread drops what the pool has not begun.
            let _entered = entered::enter(self);
            self.blocking().close();
        }
        self.try_finish();
    }

    /// A thread of the runtime is in blocking code from now on.
    pub(super) fn suspend(&self) {
        self.threads.census.suspend();
        self.try_finish();
    }

    /// It is not any more.
    pub(super) fn resume(&self) {
        self.threads.census.resume();
    }

    /// A thread of the runtime ends.
    pub(super) fn leave(&self) {
        self.threads.census.leave();
        self.try_finish();
    }

    /// Steps 2 and 3, as far as they can be done now; nothing if the runtime is not closing.
    pub(super) fn try_finish(&self) {
        if !self.is_closing() || IN_HAND.get() == std::ptr::from_ref(self) {
            return;
        }
        let keeps_itself = self.threads.state.lock().keeps_itself.clone();
        let outer = IN_HAND.replace(self);
        self.threads.census.visit();
        {
            // Destructors find the runtime that they ran in.
            let _entered = keeps_itself.as_ref().map(entered::enter);
            self.cancel_all();
        }
        self.threads.census.leave();
        IN_HAND.set(outer);
        // Not the last count: the caller has one.
        drop(keeps_itself);
        if self.threads.census.is_left_to_suspended() {
            self.end_waits();
        }
        if self.listed_tasks() > 0 || !self.threads.census.finish() {
            return;
        }
        self.end_waits();
        let keeps_itself = {
            let mut state = self.threads.state.lock();
            state.ended = true;
            state.keeps_itself.take()
        };
        self.threads.ended.notify_all();
        // Not the last count: the caller has one.
        drop(keeps_itself);
    }

    /// Wheels and driver are shut down: who waits for them is told, and so is who would. Before the
    /// finish for those who lie on top of what the finish waits for.
    pub(super) fn end_waits(&self) {
        for slot in &self.slots {
            let report = slot.wheel.close();
            self.stats
                .foreign_panics(usize::from(report.panic.is_some()));
        }
        self.shut_driver_down();
    }

    /// Step 2: cancels every task that is neither running nor on its way to a queue.
    fn cancel_all(&self) {
        for slot in &self.slots {
            let begun = loom::now();
            for batch in std::iter::repeat_with(|| slot.tasks.close()) {
                if batch.is_empty() {
                    break;
                }
                batch.into_iter().for_each(TaskRef::shutdown);
            }
            // Work for the slot, whoever holds it. Beside its holder's own count a piece may get lost.
            slot.count_busy(begun.elapsed());
        }
        // Until a whole round finds nothing: destructors may queue more.
        while self.drop_entries() {}
    }

    fn drop_entries(&self) -> bool {
        let mut any = false;
        while let Some(entry) = self.inject.pop() {
            drop(entry);
            any = true;
        }
        for slot in &self.slots {
            while let Some(entry) = slot.steal_one().or_else(|| slot.take_cell()) {
                drop(entry);
                any = true;
            }
        }
        any
    }

    /// Waits until the runtime has finished, and for started blocking closures; false if `deadline`
    /// came first, or if it would keep up tasks, or wait for what lies below it on this very stack.
    pub(crate) fn wait_for_end(&self, deadline: Option<Instant>) -> bool {
        if park::is_async_context() || entered::is_on_stack(self) {
            return false;
        }
        let begun = loom::now();
        let mut last_turn = self.seat.turns();
        loop {
            self.try_finish();
            let mut state = self.threads.state.lock();
            if state.ended {
                break;
            }
            (state, _) = self.threads.ended.wait_for(state, LOOK_PAUSE);
            if state.ended {
                break;
            }
            drop(state);
            self.look_for_events(&mut last_turn);
            if deadline.is_some_and(|deadline| loom::now() >= deadline) {
                return false;
            }
            if !thread_end::awaits_beginnings(begun) && self.is_left_to_beginners() {
                return self.blocking().wait_for_end(deadline);
            }
        }
        self.threads.join();
        self.blocking().wait_for_end(deadline)
    }

    /// Whether nothing but threads that have not begun keeps the runtime from its finish, which the
    /// last of them makes.
    fn is_left_to_beginners(&self) -> bool {
        let not_begun = self.threads.state.lock().not_begun;
        not_begun == self.threads.census.threads() && self.listed_tasks() == 0
    }
}
