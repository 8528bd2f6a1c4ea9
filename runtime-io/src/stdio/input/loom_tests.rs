//! Models of the steps: who reads is woken by what comes, whichever handle takes it, goes, or could
//! start no thread.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Waker};

use loom::thread;
use runtime_core::loom::{Arc, model};
use runtime_core::park::block_on_parked;

use super::Input;
use crate::io::ReadBuf;

/// Reads a byte: the thread, which is started by whoever is the first to ask, lives for so many turns.
fn read(input: &Arc<Input>, turns: usize) -> io::Result<()> {
    let handle = input.handle();
    let mut byte = [0];
    let mut buf = ReadBuf::new(&mut byte);
    let outcome = block_on_parked(poll_fn(|cx| {
        input.poll_read_with(handle, cx, &mut buf, || {
            begin(input, turns);
            Ok(())
        })
    }));
    input.leave(handle);
    assert!(outcome.is_err() || buf.filled().len() == 1);
    outcome
}

fn begin(input: &Arc<Input>, turns: usize) {
    let input = Arc::clone(input);
    thread::spawn(move || {
        for _ in 0..turns {
            input.turn(|bytes| {
                bytes[0] = 1;
                Ok(1)
            });
        }
    });
}

/// Two handles read a byte each, and each byte is asked for.
#[test]
fn loom_input_two_handles_against_the_thread() {
    model(|| {
        let input = Arc::new(Input::new());
        let other = Arc::clone(&input);
        let reading = thread::spawn(move || read(&other, 2));
        read(&input, 2).expect("a byte");
        reading.join().unwrap().expect("a byte");
    });
}

/// A handle that has asked goes: what it has asked for is the other's.
#[test]
fn loom_input_a_handle_that_goes_against_the_thread() {
    model(|| {
        let input = Arc::new(Input::new());
        let other = Arc::clone(&input);
        let going = thread::spawn(move || {
            let handle = other.handle();
            let mut byte = [0];
            let mut buf = ReadBuf::new(&mut byte);
            let cx = &mut Context::from_waker(Waker::noop());
            let polled = other.poll_read_with(handle, cx, &mut buf, || {
                begin(&other, 2);
                Ok(())
            });
            other.leave(handle);
            polled.is_ready()
        });
        read(&input, 2).expect("a byte");
        // The thread's other turn, if nobody has asked for it.
        if !going.join().unwrap() {
            read(&input, 2).expect("a byte");
        }
    });
}

/// The thread is refused while another waits for it: that one asks again.
#[test]
fn loom_input_refused_against_a_handle_that_waits() {
    model(|| {
        let input = Arc::new(Input::new());
        let other = Arc::clone(&input);
        let reading = thread::spawn(move || read(&other, 1));
        let handle = input.handle();
        let mut byte = [0];
        let mut buf = ReadBuf::new(&mut byte);
        let cx = &mut Context::from_waker(Waker::noop());
        let refuse = || Err(io::ErrorKind::WouldBlock.into());
        let polled = input.poll_read_with(handle, cx, &mut buf, refuse);
        input.leave(handle);
        if polled.is_ready() && !buf.filled().is_empty() {
            // It has taken what the other asked for, and that one asks again.
            input.turn(|bytes| {
                bytes[0] = 1;
                Ok(1)
            });
        }
        reading.join().unwrap().expect("a byte");
    });
}
