//! `select!`, `join!`, `try_join!`, `pin!` and `task_local!`: polls, drops and their order are
//! counted.
#![cfg(feature = "macros")]
#![deny(warnings)]

/// The facade under the name that the bridge gives it.
extern crate runtime as tokio;

mod support;

#[path = "macros_futures/hygiene.rs"]
mod hygiene;
#[path = "macros_futures/join.rs"]
mod join;
#[path = "macros_futures/model.rs"]
mod model;
#[path = "macros_futures/select.rs"]
mod select;
#[path = "macros_futures/select_handlers.rs"]
mod select_handlers;
#[path = "macros_futures/task_local.rs"]
mod task_local;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Polls once, outside of any runtime.
fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls once what must be ready then.
fn now<F: Future>(future: F) -> F::Output {
    match poll(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready at its first poll"),
    }
}

/// Notes what happens to the futures that it makes.
#[derive(Default)]
struct Diary(RefCell<Vec<String>>);

impl Diary {
    fn note(&self, text: impl Into<String>) {
        self.0.borrow_mut().push(text.into());
    }

    /// The notes since the last call.
    fn take(&self) -> Vec<String> {
        self.0.take()
    }

    /// A future that is ready at its `polls`-th poll.
    fn ready_at(&self, name: &'static str, polls: u32) -> Noted<'_> {
        let left = Cell::new(polls);
        Noted {
            diary: self,
            name,
            left,
        }
    }
}

/// Notes its polls and its drop.
struct Noted<'a> {
    diary: &'a Diary,
    name: &'static str,
    left: Cell<u32>,
}

impl Future for Noted<'_> {
    type Output = &'static str;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<&'static str> {
        self.diary.note(format!("poll {}", self.name));
        let left = self.left.get().checked_sub(1);
        self.left.set(left.expect("no poll after the end"));
        if self.left.get() == 0 {
            return Poll::Ready(self.name);
        }
        Poll::Pending
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.diary.note(format!("drop {}", self.name));
    }
}
