//! Models of the steps: who waits at one end is woken by what the other does, or by its end.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use loom::thread;
use runtime_core::loom::model;
use runtime_core::park::block_on_parked;

use super::{DuplexStream, duplex};
use crate::io::{AsyncRead, AsyncWrite, ReadBuf};

fn poll_read(stream: &mut DuplexStream, cx: &mut Context<'_>) -> Poll<io::Result<Option<u8>>> {
    let mut byte = [0];
    let mut buf = ReadBuf::new(&mut byte);
    let polled = Pin::new(stream).poll_read(cx, &mut buf);
    polled.map_ok(|()| buf.filled().first().copied())
}

/// A byte, or the end.
fn read(stream: &mut DuplexStream) -> Option<u8> {
    block_on_parked(poll_fn(|cx| poll_read(stream, cx))).expect("memory reads")
}

fn write(stream: &mut DuplexStream, byte: u8) -> io::Result<usize> {
    block_on_parked(poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, &[byte])))
}

/// A byte at a time fits: each end waits for the other.
#[test]
fn loom_memory_reads_against_writes() {
    model(|| {
        let (mut near, mut far) = duplex(1);
        let writing = thread::spawn(move || {
            for byte in [1, 2] {
                assert_eq!(write(&mut far, byte).expect("somebody reads"), 1);
            }
            far
        });
        assert_eq!([read(&mut near), read(&mut near)], [Some(1), Some(2)]);
        drop(writing.join().unwrap());
    });
}

/// A reader that has left its waker, and gives up, is not in the way of the next.
#[test]
fn loom_memory_a_read_given_up_against_a_write() {
    model(|| {
        let (mut near, mut far) = duplex(1);
        let writing = thread::spawn(move || {
            assert_eq!(write(&mut far, 1).expect("somebody reads"), 1);
            far
        });
        let given_up = poll_read(&mut near, &mut Context::from_waker(Waker::noop()));
        if given_up.is_pending() {
            assert_eq!(read(&mut near), Some(1));
        }
        drop(writing.join().unwrap());
    });
}

/// The writer ends the writing: the reader that waits reads the end, after what was written.
#[test]
fn loom_memory_shutdown_against_reads() {
    model(|| {
        let (mut near, mut far) = duplex(1);
        let ending = thread::spawn(move || {
            assert_eq!(write(&mut far, 1).expect("somebody reads"), 1);
            let ended = Pin::new(&mut far).poll_shutdown(&mut Context::from_waker(Waker::noop()));
            assert!(ended.is_ready());
            far
        });
        assert_eq!([read(&mut near), read(&mut near)], [Some(1), None]);
        drop(ending.join().unwrap());
    });
}

/// An end is dropped: the other's read and the other's write, which wait, are both over.
#[test]
fn loom_memory_drop_against_a_read_and_a_write() {
    model(|| {
        let (mut near, far) = duplex(1);
        assert_eq!(write(&mut near, 1).expect("there is room"), 1);
        let dropping = thread::spawn(move || drop(far));
        let (mut reads, mut writes) = (Poll::Pending, Poll::Pending);
        block_on_parked(poll_fn(|cx| {
            if reads.is_pending() {
                reads = poll_read(&mut near, cx).map(|read| read.expect("memory reads"));
            }
            if writes.is_pending() {
                let written = Pin::new(&mut near).poll_write(cx, &[2]);
                writes = written.map(|written| written.expect_err("nobody reads").kind());
            }
            ready!(reads);
            writes
        }));
        assert_eq!(reads, Poll::Ready(None));
        assert_eq!(writes, Poll::Ready(io::ErrorKind::BrokenPipe));
        dropping.join().unwrap();
    });
}
