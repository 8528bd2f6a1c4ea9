//! What happens to a task: run, complete, join, free. The typed functions behind the vtable.
//!
//! No panic leaves a task: a poll, the future's destructor, the output's destructor and the join
//! waker are all foreign code and each is called by `foreign::call`. A panic of the poll or of
//! the future's destructor becomes the task's result; the first one counts. A panic of the output's
//! destructor has no one to go to and ends here.
#![allow(unsafe_code, reason = "gives the type-erased pointer its types back")]

use std::future::Future;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use super::cell::{Cell, Header, Schedule};
use super::error::JoinError;
use super::raw::{Notified, RawTask, TaskRef};
use super::state::{Complete, DropJoin, JoinState, Pause, Start};
use super::{id, waker};
use crate::util::{foreign, free_list};

/// The cell behind a header.
///
/// # Safety
/// The header belongs to a `Cell<F, S>` to which the caller has a reference for `'a`.
unsafe fn cell<'a, F: Future, S>(header: NonNull<Header>) -> &'a Cell<F, S> {
    // SAFETY: the header is the first field of a `repr(C)` cell (the caller's promise names its
    // types).
    unsafe { header.cast::<Cell<F, S>>().as_ref() }
}

/// Vtable `run`: uses up an entry.
///
/// # Safety
/// The caller holds the entry of a task of these types.
pub(super) unsafe fn run<F: Future + 'static, S: Schedule>(header: NonNull<Header>) {
    // SAFETY: the entry's reference keeps it alive; the vtable fits its types.
    let cell = unsafe { cell::<F, S>(header) };
    let _id = id::enter(cell.header.id);
    if cell.header.state.start() == Start::Cancel {
        return cancel(header, cell);
    }
    let waker = waker::borrowed(&header);
    let mut cx = Context::from_waker(&waker);
    match foreign::call(|| poll(cell, &mut cx)) {
        Ok(Poll::Pending) => pause(header, cell),
        Ok(Poll::Ready(output)) => finish(header, cell, Ok(output)),
        Err(panic) => finish(
            header,
            cell,
            Err(JoinError::panic(cell.header.id, panic.into_payload())),
        ),
    }
}

/// The future is to be polled again: from now on the task is known to a live list.
fn pause<F: Future + 'static, S: Schedule>(header: NonNull<Header>, cell: &Cell<F, S>) {
    // SAFETY: the caller is the runner.
    let is_new = unsafe { cell.header.list() }.is_none();
    if is_new {
        // Until the pause the runner's reference is the list's as well.
        match cell.scheduler.link(TaskRef::uncounted(RawTask(header))) {
            // SAFETY: the caller is the runner.
            Ok(list) => unsafe { cell.header.is_on(list) },
            Err(uncounted) => {
                std::mem::forget(uncounted);
                return cancel(header, cell);
            }
        }
    }
    match cell.header.state.pause(is_new) {
        Pause::Idle => {}
        Pause::Free => RawTask(header).free(),
        Pause::Requeue => {
            cell.scheduler
                .requeue(Notified::from_raw_task(RawTask(header)));
        }
        Pause::Cancel => {
            if is_new {
                cell.header.state.reference();
            }
            cancel(header, cell);
        }
    }
}

/// Polls the future, and drops it if it panics: on the way out, so that its destructors see
/// [`std::thread::panicking`] as they would anywhere.
fn poll<F: Future, S>(cell: &Cell<F, S>, cx: &mut Context<'_>) -> Poll<F::Output> {
    let _span = cell.header.span.enter();
    let on_panic = DropFuture(cell);
    let polled = cell.poll(cx);
    std::mem::forget(on_panic);
    polled
}

struct DropFuture<'a, F: Future, S>(&'a Cell<F, S>);

impl<F: Future, S> Drop for DropFuture<'_, F, S> {
    fn drop(&mut self) {
        // The poll's own panic is the one that counts.
        contain(|| self.0.empty());
    }
}

/// The runner drops the future instead of polling it.
fn cancel<F: Future + 'static, S: Schedule>(header: NonNull<Header>, cell: &Cell<F, S>) {
    finish(header, cell, Err(JoinError::cancelled(cell.header.id)));
}

/// The runner drops the future, stores the output, and tells whoever joins.
fn finish<F: Future + 'static, S: Schedule>(
    header: NonNull<Header>,
    cell: &Cell<F, S>,
    mut output: Result<F::Output, JoinError>,
) {
    if let Err(panic) = foreign::call(|| cell.empty()) {
        let first_panic = matches!(&output, Err(error) if error.is_panic());
        if !first_panic {
            let lost = std::mem::replace(
                &mut output,
                Err(JoinError::panic(cell.header.id, panic.into_payload())),
            );
            contain(|| drop(lost));
        }
    }
    cell.store(output);
    cell.scheduler.ends();
    match cell.header.state.complete() {
        Complete::DropOutput => contain(|| cell.empty()),
        Complete::WakeJoin => {
            // SAFETY: state invariant 5: the waker is the completer's.
            let waker = unsafe { cell.take_join_waker() };
            contain(|| waker.wake());
        }
        Complete::Nothing => {}
    }
    // SAFETY: the caller is the runner.
    let list = unsafe { cell.header.list() };
    let was_listed = list.is_some_and(|list| cell.scheduler.unlink(&cell.header, list));
    let references = 1 + usize::from(was_listed);
    if cell.header.state.release(references) {
        RawTask(header).free();
    }
}

/// Runs foreign code whose panic has nobody to go to.
fn contain(foreign: impl FnOnce()) {
    drop(foreign::call(foreign));
}

/// Vtable `schedule`.
///
/// # Safety
/// The caller has just made an entry of a task of these types.
pub(super) unsafe fn schedule<F: Future + 'static, S: Schedule>(header: NonNull<Header>) {
    // SAFETY: the entry's reference keeps it alive; the vtable fits its types.
    let cell = unsafe { cell::<F, S>(header) };
    cell.scheduler
        .schedule(Notified::from_raw_task(RawTask(header)));
}

/// Vtable `poll_join`.
///
/// # Safety
/// The caller is the join handle of a task of these types; `out` points to a
/// `Poll<Result<F::Output, JoinError>>`.
pub(super) unsafe fn poll_join<F: Future + 'static, S: Schedule>(
    header: NonNull<Header>,
    out: *mut (),
    waker: &Waker,
) {
    // SAFETY: the join handle's reference keeps it alive; the vtable fits its types.
    let cell = unsafe { cell::<F, S>(header) };
    if ready_or_registered(cell, waker) {
        let out = out.cast::<Poll<Result<F::Output, JoinError>>>();
        // SAFETY: the caller's promise; the old value is `Pending` and needs no drop.
        unsafe { out.write(Poll::Ready(cell.take())) }
    }
}

/// True if the task is complete; else `waker` will be woken when it is.
fn ready_or_registered<F: Future, S>(cell: &Cell<F, S>, waker: &Waker) -> bool {
    let state = &cell.header.state;
    match state.join_state() {
        JoinState::Complete => return true,
        JoinState::CellIsMine => {}
        JoinState::CellIsLent => {
            let same = cell.join_waker.with(|lent| {
                // SAFETY: state invariant 5: a lent cell is only read.
                let lent = unsafe { &*lent };
                // SAFETY: it was lent full, and stays readable when the completer has taken it.
                unsafe { lent.assume_init_ref() }.will_wake(waker)
            });
            if same {
                return state.is_complete();
            }
            return !lend_another(cell, waker.clone());
        }
    }
    !lend(cell, waker.clone())
}

/// Puts a waker into the empty cell, which is the join handle's, and lends it; false if the task is
/// complete.
fn lend<F: Future, S>(cell: &Cell<F, S>, waker: Waker) -> bool {
    cell.join_waker.with_mut(|mine| {
        // SAFETY: state invariant 5: the cell is the join handle's.
        unsafe { &mut *mine }.write(waker);
    });
    let lent = cell.header.state.lend_join_waker();
    if !lent {
        // SAFETY: it was filled just above, and is the handle's still.
        drop(unsafe { cell.take_join_waker() });
    }
    lent
}

/// Lends another waker than the one that is lent; false if the task is complete.
fn lend_another<F: Future, S>(cell: &Cell<F, S>, waker: Waker) -> bool {
    if !cell.header.state.reclaim_join_waker() {
        return false;
    }
    // SAFETY: state invariant 5: it was lent full, and is the handle's again.
    let old = unsafe { cell.take_join_waker() };
    let lent = lend(cell, waker);
    drop(old);
    lent
}

/// Vtable `watch`.
///
/// # Safety
/// The caller is the join handle of a task of these types.
pub(super) unsafe fn watch<F: Future + 'static, S: Schedule>(
    header: NonNull<Header>,
    waker: Waker,
) -> bool {
    // SAFETY: the join handle's reference keeps it alive; the vtable fits its types.
    let cell = unsafe { cell::<F, S>(header) };
    match cell.header.state.join_state() {
        JoinState::Complete => false,
        JoinState::CellIsMine => lend(cell, waker),
        JoinState::CellIsLent => lend_another(cell, waker),
    }
}

/// Vtable `drop_join`.
///
/// # Safety
/// The caller is the join handle of a task of these types, and gives its reference up.
pub(super) unsafe fn drop_join<F: Future + 'static, S: Schedule>(header: NonNull<Header>) {
    // SAFETY: the join handle's reference keeps it alive; the vtable fits its types.
    let cell = unsafe { cell::<F, S>(header) };
    match cell.header.state.drop_join() {
        DropJoin::Released(last) => {
            if last {
                RawTask(header).free();
            }
            return;
        }
        DropJoin::DropWaker => {
            // SAFETY: state invariant 5: it was lent full, and is the handle's again.
            let waker = unsafe { cell.take_join_waker() };
            contain(|| drop(waker));
        }
        DropJoin::DropOutput => {
            let _id = id::enter(cell.header.id);
            contain(|| cell.empty());
        }
    }
    RawTask(header).release();
}

/// Vtable `free`.
///
/// # Safety
/// The last reference to a task of these types is gone.
pub(super) unsafe fn free<F: Future + 'static, S: Schedule>(header: NonNull<Header>) {
    let cell = header.cast::<Cell<F, S>>();
    // An idle task that nobody can wake still holds its future.
    // SAFETY: the caller's promise; `make` put it there.
    contain(|| unsafe { free_list::displace(cell) });
}
