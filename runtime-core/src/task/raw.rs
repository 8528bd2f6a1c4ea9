//! The type-erased pointer to a task, and who owns a reference through it.
#![allow(
    unsafe_code,
    reason = "one pointer type for tasks of all types, freed by reference count"
)]

use std::alloc::Layout;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::Location;
use std::ptr::NonNull;
use std::task::{Poll, Waker};

use super::cell::{Cell, Header, Links, Schedule, Stage};
use super::error::JoinError;
use super::id::Id;
use super::join::JoinHandle;
use super::run;
use super::span::Span;
use super::state::{State, Wake};
use crate::loom::UnsafeCell;
use crate::util::free_list;

/// What is done to a task without knowing its types. Each takes the header of a task that is alive.
#[derive(Debug)]
pub(super) struct Vtable {
    /// Uses up an entry: polls or cancels.
    pub(super) run: unsafe fn(NonNull<Header>),
    /// Hands a new entry to the scheduler.
    pub(super) schedule: unsafe fn(NonNull<Header>),
    /// Polls for the output into a `Poll<Result<F::Output, JoinError>>`.
    pub(super) poll_join: unsafe fn(NonNull<Header>, *mut (), &Waker),
    /// Has a waker woken when the task is complete; false if it is so already.
    pub(super) watch: unsafe fn(NonNull<Header>, Waker) -> bool,
    /// The join handle goes.
    pub(super) drop_join: unsafe fn(NonNull<Header>),
    /// Frees the memory; nobody has a reference.
    pub(super) free: unsafe fn(NonNull<Header>),
}

struct VtableOf<F, S>(PhantomData<(F, S)>);

impl<F: Future + 'static, S: Schedule> VtableOf<F, S> {
    const TABLE: Vtable = Vtable {
        run: run::run::<F, S>,
        schedule: run::schedule::<F, S>,
        poll_join: run::poll_join::<F, S>,
        watch: run::watch::<F, S>,
        drop_join: run::drop_join::<F, S>,
        free: run::free::<F, S>,
    };
}

/// A pointer to a task without a reference of its own: the faces below say who owns one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawTask(pub(super) NonNull<Header>);

/// A live list's reference, or a copy of it.
#[derive(Debug)]
pub(crate) struct TaskRef(pub(super) RawTask);

/// A queue entry: the right and the duty to run the task once (state invariant 1).
#[derive(Debug)]
pub(crate) struct Notified(RawTask);

/// Makes a task that is on no live list: its first entry, its join handle.
pub(crate) fn new_task<F, S>(
    future: F,
    scheduler: S,
    id: Id,
    spawned_at: &'static Location<'static>,
) -> (Notified, JoinHandle<F::Output>)
where
    F: Future + 'static,
    S: Schedule,
{
    let raw = make(future, scheduler, id, None, spawned_at);
    (Notified(raw), JoinHandle::new(raw))
}

/// Makes a task for the live list with this number: its list reference, its first entry, its join
/// handle.
pub(crate) fn new_listed_task<F, S>(
    future: F,
    scheduler: S,
    id: Id,
    list: u32,
    spawned_at: &'static Location<'static>,
) -> (TaskRef, Notified, JoinHandle<F::Output>)
where
    F: Future + 'static,
    S: Schedule,
{
    let raw = make(future, scheduler, id, Some(list), spawned_at);
    (TaskRef(raw), Notified(raw), JoinHandle::new(raw))
}

/// The future is written straight to its place on the heap.
fn make<F, S>(
    future: F,
    scheduler: S,
    id: Id,
    list: Option<u32>,
    spawned_at: &'static Location<'static>,
) -> RawTask
where
    F: Future + 'static,
    S: Schedule,
{
    let cell = free_list::allocate(Layout::new::<Cell<F, S>>()).cast::<Cell<F, S>>();
    // SAFETY: fresh memory of this layout.
    unsafe {
        cell.write(Cell {
            header: Header {
                state: State::new(list.is_some()),
                vtable: &VtableOf::<F, S>::TABLE,
                links: UnsafeCell::new(Links {
                    previous: None,
                    next: None,
                }),
                id,
                spawned_at,
                list: UnsafeCell::new(list),
                span: Span::new(S::KIND, id, size_of::<F>(), spawned_at),
            },
            scheduler,
            join_waker: UnsafeCell::new(MaybeUninit::uninit()),
            stage: UnsafeCell::new(Stage::Future(future)),
        })
    };
    RawTask(cell.cast())
}

impl RawTask {
    pub(super) fn header(&self) -> &Header {
        // SAFETY: whoever has a `RawTask` got it from an owner of a reference and uses it within
        // that reference's life.
        unsafe { self.0.as_ref() }
    }

    pub(super) fn state(&self) -> &State {
        &self.header().state
    }

    /// Gives one reference up, and frees the task if it was the last.
    pub(super) fn release(self) {
        if self.state().release(1) {
            self.free();
        }
    }

    /// The last reference is gone.
    pub(super) fn free(self) {
        let free = self.header().vtable.free;
        // SAFETY: the caller's reference was the last.
        unsafe { free(self.0) }
    }

    /// Wakes without using up a reference.
    pub(super) fn wake_by_ref(self) {
        if self.state().wake_by_ref() == Wake::Queue {
            self.schedule();
        }
    }

    /// Asks for the future to be dropped, by whoever gets hold of the task next.
    pub(super) fn abort(self) {
        if self.state().cancel() == Wake::Queue {
            self.schedule();
        }
    }

    /// Hands the entry that the caller has just made to the scheduler (state invariant 4: it is
    /// alive).
    pub(super) fn schedule(self) {
        let schedule = self.header().vtable.schedule;
        // SAFETY: the entry holds a reference.
        unsafe { schedule(self.0) }
    }

    pub(super) fn poll_join<T>(self, out: &mut Poll<Result<T, JoinError>>, waker: &Waker) {
        let poll_join = self.header().vtable.poll_join;
        // SAFETY: the caller is the join handle of a task whose output is `T`.
        unsafe { poll_join(self.0, std::ptr::from_mut(out).cast(), waker) }
    }

    pub(super) fn watch(self, waker: Waker) -> bool {
        let watch = self.header().vtable.watch;
        // SAFETY: the caller is the join handle.
        unsafe { watch(self.0, waker) }
    }

    pub(super) fn drop_join(self) {
        let drop_join = self.header().vtable.drop_join;
        // SAFETY: the caller is the join handle, on its way out.
        unsafe { drop_join(self.0) }
    }
}

// SAFETY: the future is `Send` or its scheduler keeps it on one thread; all else is guarded by the
// word.
unsafe impl Send for RawTask {}

// SAFETY: through a shared `RawTask` only the word is changed.
unsafe impl Sync for RawTask {}

impl Notified {
    /// An entry whose reference the caller passes on.
    pub(super) fn from_raw_task(raw: RawTask) -> Notified {
        Notified(raw)
    }

    /// Polls the task, or drops its future if it was cancelled. No panic of the task leaves.
    pub(crate) fn run(self) {
        let raw = ManuallyDrop::new(self).0;
        let run = raw.header().vtable.run;
        // SAFETY: the entry holds a reference and is used up here.
        unsafe { run(raw.0) }
    }

    pub(crate) fn header(&self) -> &Header {
        self.0.header()
    }

    /// Puts the task on a live list by `link`, if it is on none; false if none takes it.
    pub(crate) fn list_by(&self, link: impl FnOnce(TaskRef) -> Result<u32, TaskRef>) -> bool {
        let header = self.header();
        // SAFETY: this is the entry.
        if unsafe { header.list() }.is_some() {
            return true;
        }
        header.state.reference();
        let linked = link(TaskRef(self.0));
        if let Ok(list) = linked {
            // SAFETY: this is the entry.
            unsafe { header.is_on(list) }
        }
        linked.is_ok()
    }

    /// As a plain pointer, for a cell that other threads may swap; the reference travels with it.
    pub(crate) fn into_raw(self) -> NonNull<Header> {
        ManuallyDrop::new(self).0.0
    }

    /// The entry back.
    ///
    /// # Safety
    /// `raw` came from [`Notified::into_raw`] and is used once.
    pub(crate) unsafe fn from_raw(raw: NonNull<Header>) -> Notified {
        Notified(RawTask(raw))
    }
}

impl Drop for Notified {
    /// An entry that nobody will run (its scheduler is gone): the future is dropped here.
    fn drop(&mut self) {
        let _ = self.0.state().cancel();
        let run = self.0.header().vtable.run;
        // SAFETY: the entry holds a reference and is used up here.
        unsafe { run(self.0.0) }
    }
}

impl TaskRef {
    /// Cancels: drops the future here if the task is idle; else whoever runs it or holds its entry
    /// will.
    pub(crate) fn shutdown(self) {
        if self.0.state().cancel() == Wake::Queue {
            Notified(self.0).run();
        }
    }

    /// A reference for a list, which somebody still has to count.
    pub(super) fn uncounted(raw: RawTask) -> TaskRef {
        TaskRef(raw)
    }

    /// The list's reference, kept by the list itself from now on.
    pub(super) fn into_raw(self) -> NonNull<Header> {
        ManuallyDrop::new(self).0.0
    }

    /// Another reference to a task on a list.
    ///
    /// # Safety
    /// `raw` is alive: the caller holds the lock of the list it is on.
    pub(super) unsafe fn from_listed(raw: NonNull<Header>) -> TaskRef {
        let task = RawTask(raw);
        task.state().reference();
        TaskRef(task)
    }
}

impl Drop for TaskRef {
    fn drop(&mut self) {
        self.0.release();
    }
}
