#![allow(unsafe_code, reason = "a value whose reads the model checks")]

use std::sync::Arc;

use ::loom::thread;

use super::SetOnce;
use crate::loom::{UnsafeCell, model};
use crate::park::block_on_parked as block_on;
use crate::sync::test_support::poll_once;

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

#[test]
fn loom_set_once_set_against_two_waits() {
    model(|| {
        let cell = Arc::new(SetOnce::new());
        let setting = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || cell.set(made(5)).is_ok())
        };
        let other = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || read(block_on(cell.wait())))
        };
        assert_eq!(read(block_on(cell.wait())), 5);
        assert_eq!(other.join().unwrap(), 5);
        assert!(setting.join().unwrap());
    });
}

#[test]
fn loom_set_once_the_second_setter_finds_the_value() {
    model(|| {
        let cell = Arc::new(SetOnce::new());
        let other = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || cell.set(made(1)).is_ok())
        };
        let mine = cell.set(made(2)).is_ok();
        assert_eq!(cell.get().map(read), Some(if mine { 2 } else { 1 }));
        assert_ne!(other.join().unwrap(), mine, "one of the two was first");
    });
}

#[test]
fn loom_set_once_a_dropped_wait_leaves() {
    model(|| {
        let cell = Arc::new(SetOnce::new());
        let shared = Arc::clone(&cell);
        let mut first = Box::pin(async move {
            shared.wait().await;
        });
        assert!(poll_once(first.as_mut()).is_pending());
        let cancelling = thread::spawn(move || drop(first));
        let setting = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || cell.set(made(5)).is_ok())
        };
        assert_eq!(read(block_on(cell.wait())), 5);
        cancelling.join().unwrap();
        assert!(setting.join().unwrap());
    });
}
