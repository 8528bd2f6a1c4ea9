//! The heap layout of a task. Not aligned to a cache line, and no byte more than it needs: a hundred
//! thousand parked tasks are memory first.
#![allow(
    unsafe_code,
    reason = "the stage is handed from owner to owner by the state word"
)]

use std::future::Future;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use super::error::JoinError;
use super::id::Id;
use super::raw::{Notified, TaskRef, Vtable};
use super::span::{Kind, Span};
use super::state::State;
use crate::loom::UnsafeCell;

/// What a task needs from whoever runs it.
pub(crate) trait Schedule: Send + Sync + Sized + 'static {
    /// What its tasks are.
    const KIND: Kind = Kind::Task;

    /// A wake-up made `entry`: queue it, from any thread.
    fn schedule(&self, entry: Notified);

    /// The task was woken during its own poll: queue it behind the others. Called by its runner.
    fn requeue(&self, entry: Notified);

    /// The task, which is on no live list yet, has to wait: put it on one, and say on which; or give
    /// it back if the lists are closed.
    fn link(&self, task: TaskRef) -> Result<u32, TaskRef> {
        Err(task)
    }

    /// The task is about to be complete.
    fn ends(&self) {}

    /// The task is complete: take it off its live list; true if it was on it (its reference is then
    /// the caller's).
    fn unlink(&self, header: &Header, list: u32) -> bool;
}

/// The neighbours in the live list, guarded by that list's lock; none if it is on no list.
#[derive(Debug)]
pub(crate) struct Links {
    pub(super) previous: Option<NonNull<Header>>,
    pub(super) next: Option<NonNull<Header>>,
}

/// The part of a task that does not depend on its types. What a wake-up needs comes last, beside the scheduler: of ten
/// thousand tasks that wait, most are then one miss of the cache to wake, where most would be two.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Header {
    /// Without a size, unless somebody may listen.
    pub(super) span: Span,
    pub(super) links: UnsafeCell<Links>,
    pub(super) id: Id,
    pub(super) spawned_at: &'static Location<'static>,
    /// Which live list it is on; for whoever holds the entry or runs the task.
    pub(super) list: UnsafeCell<Option<u32>>,
    pub(super) vtable: &'static Vtable,
    pub(super) state: State,
}

pub(super) enum Stage<F: Future> {
    Future(F),
    Output(Result<F::Output, JoinError>),
    Consumed,
}

#[repr(C)]
pub(super) struct Cell<F: Future, S> {
    /// First, so that a pointer to the cell is one to the header.
    pub(super) header: Header,
    pub(super) scheduler: S,
    /// Full while `JOIN_WAKER` is set and `COMPLETE` is not (state invariant 5).
    pub(super) join_waker: UnsafeCell<MaybeUninit<Waker>>,
    pub(super) stage: UnsafeCell<Stage<F>>,
}

impl Header {
    /// The task's id.
    pub(crate) fn id(&self) -> Id {
        self.id
    }

    /// Where it was spawned.
    pub(crate) fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// The index of its live list, if it is on one.
    ///
    /// # Safety
    /// The caller holds the entry, or runs the task.
    pub(super) unsafe fn list(&self) -> Option<u32> {
        self.list.with(|list| {
            // SAFETY: the caller's promise: nobody writes it meanwhile.
            unsafe { *list }
        })
    }

    /// The task is on this live list from now on.
    ///
    /// # Safety
    /// The caller holds the entry, or runs the task.
    pub(super) unsafe fn is_on(&self, new: u32) {
        self.list.with_mut(|list| {
            // SAFETY: the caller's promise: nobody else looks at it meanwhile.
            unsafe { *list = Some(new) }
        });
    }
}

impl<F: Future, S> Cell<F, S> {
    /// Polls the future. The caller is the runner (state invariant 2).
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.stage.with_mut(|stage| {
            // SAFETY: the caller owns the stage (state invariant 2).
            let stage = unsafe { &mut *stage };
            let Stage::Future(future) = stage else {
                unreachable!("polled after its end")
            };
            // SAFETY: the cell is on the heap and its future is dropped in place: it never moves.
            unsafe { Pin::new_unchecked(future) }.poll(cx)
        })
    }

    /// Drops what the stage holds, in place. The caller owns the stage; a panic of the destructor
    /// leaves it consumed.
    pub(super) fn empty(&self) {
        self.stage.with_mut(|stage| {
            let guard = Consume(stage);
            // SAFETY: the caller owns the stage; the guard overwrites it without dropping it again.
            unsafe { std::ptr::drop_in_place(guard.0) }
        });
    }

    /// Stores the output in an emptied stage.
    pub(super) fn store(&self, output: Result<F::Output, JoinError>) {
        self.stage.with_mut(|stage| {
            // SAFETY: the caller owns the stage; what it held was dropped by `empty`.
            unsafe { stage.write(Stage::Output(output)) }
        });
    }

    /// Moves the join waker out.
    ///
    /// # Safety
    /// The cell is full, and the caller is the only one to do this (state invariant 5).
    pub(super) unsafe fn take_join_waker(&self) -> Waker {
        self.join_waker.with(|waker| {
            // SAFETY: others read it at most (the caller's promise).
            let waker = unsafe { &*waker };
            // SAFETY: the caller's promise.
            unsafe { waker.assume_init_read() }
        })
    }

    /// Takes the output out. The caller owns the stage.
    pub(super) fn take(&self) -> Result<F::Output, JoinError> {
        self.stage.with_mut(|stage| {
            // SAFETY: the caller owns the stage.
            let stage = unsafe { &mut *stage };
            match std::mem::replace(stage, Stage::Consumed) {
                Stage::Output(output) => output,
                _ => panic!("a JoinHandle was polled after it had given its output"),
            }
        })
    }
}

/// Marks the stage consumed, also when a destructor panics.
struct Consume<F: Future>(*mut Stage<F>);

impl<F: Future> Drop for Consume<F> {
    fn drop(&mut self) {
        // SAFETY: made only in `Cell::empty`, whose caller owns the stage; the old value was
        // dropped.
        unsafe { self.0.write(Stage::Consumed) }
    }
}
