#![allow(unsafe_code, reason = "a value whose reads the model checks")]

use std::future::poll_fn;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::Poll;

use ::loom::thread;

use super::OnceCell;
use crate::loom::{UnsafeCell, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::{poll_once, wait_and};
use crate::util::foreign;

#[test]
fn loom_once_cell_two_initialisers() {
    model(|| {
        let cell = Arc::new(OnceCell::new());
        let other = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || *block_on(cell.get_or_init(|| async { Box::new(1) })).as_ref())
        };
        let mine = **block_on(cell.get_or_init(|| async { Box::new(2) }));
        assert_eq!(other.join().unwrap(), mine, "one value for both");
    });
}

#[test]
fn loom_once_cell_get_sees_the_whole_value() {
    model(|| {
        let cell = Arc::new(OnceCell::new());
        let setting = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || cell.set(made(5)).is_ok())
        };
        if let Some(value) = cell.get() {
            assert_eq!(read(value), 5);
        }
        let value = block_on(cell.get_or_init(|| async { made(6) }));
        let seen = read(value);
        assert_eq!(setting.join().unwrap(), seen == 5);
    });
}

/// Fault 80.
#[test]
fn loom_once_cell_a_cancelled_initialiser_hands_over() {
    model(|| {
        let cell = Arc::new(OnceCell::new());
        let shared = Arc::clone(&cell);
        let mut first = Box::pin(async move {
            shared.get_or_init(std::future::pending::<u8>).await;
        });
        assert!(poll_once(first.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(first));
        let other = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || *block_on(cell.get_or_init(|| async { 1 })))
        };
        let mine = *block_on(cell.get_or_init(|| async { 2 }));
        cancelling.join().unwrap();
        assert_eq!(other.join().unwrap(), mine);
    });
}

#[test]
fn loom_once_cell_a_failed_initialiser_hands_over() {
    model(|| {
        let cell = Arc::new(OnceCell::new());
        let failing = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || {
                let failed = block_on(cell.get_or_try_init(|| async { Err::<u8, ()>(()) }));
                failed.copied()
            })
        };
        assert_eq!(block_on(cell.get_or_init(|| async { 2 })), &2);
        // Either it came first and failed, or found the value.
        assert_ne!(failing.join().unwrap(), Ok(1));
        assert_eq!(cell.get(), Some(&2));
    });
}

/// A value whose reads the model checks against its making.
fn made(value: u32) -> UnsafeCell<u32> {
    let mut cell = UnsafeCell::new(0);
    *cell.get_mut() = value;
    cell
}

fn read(cell: &UnsafeCell<u32>) -> u32 {
    cell.with(|value| {
        // SAFETY: nobody changes it after it was put in; the model reports it if not so.
        unsafe { *value }
    })
}

/// An initialiser panics while another waits for it: that one initialises.
#[test]
fn loom_once_cell_a_panicking_initialiser_hands_over() {
    model(|| {
        let cell = Arc::new(OnceCell::new());
        let shared = Arc::clone(&cell);
        let mut was_polled = false;
        let mut first = Box::pin(async move {
            let value = poll_fn(move |_| match std::mem::replace(&mut was_polled, true) {
                false => Poll::<u8>::Pending,
                true => resume_unwind(Box::new("an initialiser's panic")),
            });
            shared.get_or_init(|| value).await;
        });
        assert!(poll_once(first.as_mut()).is_pending());
        let begin = || {
            let poll = move || poll_once(first.as_mut());
            thread::spawn(move || foreign::call(poll).is_err())
        };
        let (mine, panicking) = wait_and(cell.get_or_init(|| async { 2 }), begin);
        assert!(panicking.join().unwrap(), "the panic is the task's");
        assert_eq!(*mine, 2);
    });
}
