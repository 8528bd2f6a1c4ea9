//! A task's waker: the header's pointer with one reference.
#![allow(unsafe_code, reason = "builds wakers from the task's pointer")]

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::cell::Header;
use super::raw::RawTask;
use super::span::WakerOp;
use super::state::Wake;

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, release);

/// The runner's waker: lives within the poll, on the runner's reference, so that a poll costs no
/// count.
pub(super) struct Borrowed<'a> {
    waker: ManuallyDrop<Waker>,
    _of: PhantomData<&'a Header>,
}

pub(super) fn borrowed(header: &NonNull<Header>) -> Borrowed<'_> {
    let data = header.as_ptr().cast_const().cast();
    // SAFETY: the table's functions fit a header's pointer; it is never dropped, so it owes no
    // reference.
    let waker = unsafe { Waker::new(data, &VTABLE) };
    Borrowed {
        waker: ManuallyDrop::new(waker),
        _of: PhantomData,
    }
}

impl Deref for Borrowed<'_> {
    type Target = Waker;

    fn deref(&self) -> &Waker {
        &self.waker
    }
}

fn task(data: *const ()) -> RawTask {
    // SAFETY: the pointer of a waker is that of a header.
    RawTask(unsafe { NonNull::new_unchecked(data.cast_mut().cast()) })
}

unsafe fn clone(data: *const ()) -> RawWaker {
    let task = task(data);
    task.header().span.tell(WakerOp::Clone);
    task.state().reference();
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    let task = task(data);
    task.header().span.tell(WakerOp::Wake);
    match task.state().wake_by_value() {
        Wake::Queue => task.schedule(),
        Wake::Nothing => task.release(),
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    let task = task(data);
    task.header().span.tell(WakerOp::WakeByRef);
    task.wake_by_ref();
}

unsafe fn release(data: *const ()) {
    let task = task(data);
    task.header().span.tell(WakerOp::Drop);
    task.release();
}
