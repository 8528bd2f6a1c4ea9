//! Tasks that stay on one thread: a queue of that thread's, and a mailbox for all others.
//!
//! A [`Local`] belongs to the thread that made it. Its tasks need not be `Send`: they are made,
//! polled and dropped there only. What drives it (a set's future, or somebody who runs until his
//! own future is ready) is called a *driver*; there may be several, all on that thread.
//!
//! **Invariants**
//! 1. *Thread*: [`Core`] is reached on its own thread only (`bound.rs` gives it to nobody else). All
//!    that polls, cancels or drops a task's future goes through it.
//! 2. *Entries*: an entry made on the thread goes into the queue of the core, one made elsewhere
//!    into the mailbox. Both are emptied on the thread only; no entry is dropped anywhere else.
//! 3. *Heard*: each driver that has returned `Pending` is known to the mailbox by its waker, or that
//!    waker was woken since.
//! 4. *Closed*: when [`Local::close`] has returned, every task is complete but those whose poll is
//!    further up this thread's stack, which end when that poll returns; and no entry comes any more.
//!
//! **Steps.** Waker elsewhere: (1) `NOTIFIED`, which makes an entry; (2) under the mailbox's lock:
//! add the entry, take all drivers' wakers and the closer; (3) after it: wake them. Driver: (a)
//! under the lock: leave its waker, take all entries; (b) run them; work left over when its turn is
//! up: wake all drivers, itself among them. Closer: (i) close the live list and cancel what is on
//! it; (ii) under the lock: leave its unparker, take all entries; (iii) drop them, which cancels
//! their tasks; (iv) tasks left that are not further up the stack: park, and again from (ii).
//!
//! **No wake-up is lost.** (2) and (a) are ordered by the lock. Is (2) first, (a) takes the entry.
//! Is (a) first, (2) finds the waker, or somebody else has taken and woken it since, and the driver
//! comes by (a) again. A driver that goes away leaves its place, and wakes the others if anything
//! is queued.
//!
//! **The closer does not wait for ever.** After (i) each task left is cancelled, and has an entry:
//! in the queue, in the mailbox, or between (1) and (2) of some thread, where nothing foreign runs;
//! that thread's (2) finds the closer's unparker, or comes before (ii).
//!
//! Rejected: to let a task be dropped by whoever holds its late entry (it would be the wrong
//! thread); an address of a thread-local as the thread's name (a later thread may have the same).
//!
//! Models: `loom_local_wake_vs_poll`, `loom_local_wake_vs_close`, `loom_local_abort_vs_close`,
//! `loom_local_two_drivers`.

mod bound;

mod mailbox;

#[cfg(all(test, loom))]
mod loom_tests;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use self::bound::Bound;
use self::mailbox::Mailbox;
use crate::coop;
use crate::task::owned::OwnedTasks;
use crate::task::{Header, Id, JoinHandle, Kind, Notified, Schedule, TaskRef, new_listed_task};

/// So many entries are run in one turn of a driver.
const TURN: usize = 61;

/// After so many of them the mailbox is looked into.
const MAILBOX_INTERVAL: usize = 31;

crate::loom::thread_local! {
    static CURRENT: Cell<Option<Arc<Local>>> = const { Cell::new(None) };
}

/// See the module's header.
pub(crate) struct Local {
    core: Bound<Core>,
    mailbox: Mailbox,
    tasks: OwnedTasks,
    id: Id,
}

/// What only the thread itself touches.
#[derive(Default)]
struct Core {
    queue: RefCell<VecDeque<Notified>>,
    /// How many tasks are being run, each further up the stack than the next.
    running: Cell<usize>,
    /// How many drivers run a turn: what is queued meanwhile they find by themselves.
    turns: Cell<usize>,
    drivers: Cell<u64>,
}

/// Counts until dropped.
struct Counted<'a>(&'a Cell<usize>);

fn count(counter: &Cell<usize>) -> Counted<'_> {
    counter.set(counter.get() + 1);
    Counted(counter)
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Local {
    /// Tasks of this thread.
    pub(crate) fn new() -> Arc<Local> {
        Arc::new(Local {
            core: Bound::new(Core::default()),
            mailbox: Mailbox::new(),
            tasks: OwnedTasks::new(),
            id: Id::next(),
        })
    }

    /// A number that no other has.
    pub(crate) fn id(&self) -> Id {
        self.id
    }

    #[track_caller]
    fn core(&self) -> &Core {
        match self.core.get() {
            Some(core) => core,
            None => elsewhere(),
        }
    }

    /// Makes a task and queues it; after `close`, one that is already cancelled.
    ///
    /// # Panics
    /// On another thread.
    pub(crate) fn spawn<F>(
        self: &Arc<Self>,
        future: F,
        spawned_at: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let core = self.core();
        let owner = Owner(Arc::clone(self));
        let (task, entry, handle) = new_listed_task(future, owner, Id::next(), 0, spawned_at);
        match self.tasks.link(task) {
            Ok(()) => self.schedule(entry),
            Err(task) => {
                core.run(entry, drop);
                drop(task);
            }
        }
        handle
    }

    /// Invariant 2.
    fn schedule(&self, entry: Notified) {
        match self.core.get() {
            None => self.mailbox.push(entry),
            Some(core) => {
                core.queue.borrow_mut().push_back(entry);
                if core.turns.get() == 0 {
                    self.mailbox.notify();
                }
            }
        }
    }

    /// How many tasks are alive.
    pub(crate) fn live(&self) -> usize {
        self.tasks.len()
    }

    /// Invariant 4.
    pub(crate) fn close(&self) {
        let core = self.core();
        loop {
            let batch = self.tasks.close();
            if batch.is_empty() {
                break;
            }
            for task in batch {
                let _running = count(&core.running);
                TaskRef::shutdown(task);
            }
        }
        self.mailbox.close(
            |entry| core.run(entry, drop),
            || {
                while let Some(entry) = core.next() {
                    core.run(entry, drop);
                }
                self.tasks.len() > core.running.get()
            },
        );
    }
}

#[cold]
#[track_caller]
fn elsewhere() -> ! {
    panic!(
        "Local tasks can only be spawned on a LocalRuntime from the thread the runtime was created \
         on, and those of a LocalSet on the set's own"
    )
}

impl Core {
    fn next(&self) -> Option<Notified> {
        self.queue.borrow_mut().pop_front()
    }

    fn run(&self, entry: Notified, how: impl FnOnce(Notified)) {
        let _running = count(&self.running);
        let _budget = coop::budget();
        how(entry);
    }
}

/// Somebody who runs the tasks of a [`Local`]; dropped, it leaves.
pub(crate) struct Driver {
    local: Arc<Local>,
    number: u64,
}

impl Driver {
    pub(crate) fn new(local: &Arc<Local>) -> Driver {
        let core = local.core();
        core.drivers.set(core.drivers.get() + 1);
        Driver {
            local: Arc::clone(local),
            number: core.drivers.get(),
        }
    }

    /// Polls `own`, and if that is pending runs a turn of the tasks; steps (a) and (b).
    ///
    /// A driver that is not ready is woken for every task that is.
    pub(crate) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        own: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let local = &self.local;
        let core = local.core();
        let _current = enter(local);
        let _turn = count(&core.turns);
        local.mailbox.register(self.number, cx.waker());
        let polled = own(cx);
        if polled.is_pending() && self.turn(core) {
            local.mailbox.notify();
        }
        polled
    }

    /// True if work is left over.
    fn turn(&self, core: &Core) -> bool {
        for ran in 0..TURN {
            if ran % MAILBOX_INTERVAL == 0 || core.queue.borrow().is_empty() {
                self.local.mailbox.take(&mut core.queue.borrow_mut());
            }
            let Some(entry) = core.next() else {
                return false;
            };
            core.run(entry, Notified::run);
        }
        !core.queue.borrow().is_empty()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.local.mailbox.leave(self.number);
        let core = self.local.core.get();
        if core.is_some_and(|core| !core.queue.borrow().is_empty()) {
            self.local.mailbox.notify();
        }
    }
}

pin_project! {
    /// A future, and the tasks beside it.
    pub(crate) struct Driven<F> {
        pub(crate) driver: Driver,
        #[pin]
        pub(crate) future: F,
    }
}

impl<F: Future> Future for Driven<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.driver.poll(cx, |cx| this.future.poll(cx))
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("live", &self.live())
            .finish_non_exhaustive()
    }
}

/// A task's way to its thread.
struct Owner(Arc<Local>);

impl Schedule for Owner {
    const KIND: Kind = Kind::Local;

    fn schedule(&self, entry: Notified) {
        self.0.schedule(entry);
    }

    fn requeue(&self, entry: Notified) {
        self.0.schedule(entry);
    }

    fn unlink(&self, header: &Header, _list: u32) -> bool {
        self.0.tasks.unlink(header)
    }
}

/// Until dropped, tasks without a thread of their own are spawned on `local`.
#[derive(Debug)]
pub(crate) struct Entered(Option<Arc<Local>>);

pub(crate) fn enter(local: &Arc<Local>) -> Entered {
    let new = Some(Arc::clone(local));
    Entered(
        CURRENT
            .try_with(|current| current.replace(new))
            .unwrap_or(None),
    )
}

impl Drop for Entered {
    fn drop(&mut self) {
        let previous = self.0.take();
        let left = CURRENT.try_with(|current| current.replace(previous));
        drop(left);
    }
}

/// What was entered last, if anything.
pub(crate) fn current() -> Option<Arc<Local>> {
    CURRENT
        .try_with(|current| {
            let local = current.take();
            current.set(local.clone());
            local
        })
        .ok()
        .flatten()
}
