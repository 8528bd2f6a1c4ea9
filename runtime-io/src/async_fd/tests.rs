//! Descriptors of somebody else's against the operating system.
#![allow(unsafe_code, reason = "registering a descriptor has a contract")]

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::task::{Context, Waker};

use runtime_core::builder::Builder;

use super::AsyncFd;
use crate::io::{Interest, Ready};

fn pair() -> (UnixStream, UnixStream) {
    let (near, far) = UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    (near, far)
}

fn registered<T: AsRawFd>(inner: T) -> AsyncFd<T> {
    // SAFETY: the tests' values keep their descriptors open.
    unsafe { AsyncFd::register(inner) }.unwrap()
}

fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(test);
}

#[test]
fn a_descriptor_is_registered_once_at_a_time() {
    run(async {
        let (near, mut far) = pair();
        let first = registered(near.as_raw_fd());
        // SAFETY: as in `registered`.
        let refused = unsafe { AsyncFd::register(near.as_raw_fd()) }.unwrap_err();
        assert_eq!(refused.into_parts().1.kind(), io::ErrorKind::AlreadyExists);
        far.write_all(b"note").unwrap();
        let _ready = first.readable().await.unwrap();
        let _inner = first.into_inner();
        let again = registered(near.as_raw_fd());
        drop(again);
        let last = registered(near.as_raw_fd());
        let _ready = last.readable().await.unwrap();
    });
}

#[test]
fn a_guard_clears_what_it_saw_and_no_more() {
    run(async {
        let (near, mut far) = pair();
        let near = registered(near);
        far.write_all(b"a").unwrap();
        let both = Interest::READABLE | Interest::WRITABLE;
        let mut guard = near.ready(both).await.unwrap();
        assert_eq!(guard.ready(), Ready::READABLE | Ready::WRITABLE);
        guard.clear_ready_matching(Ready::READABLE);
        assert_eq!(guard.ready(), Ready::WRITABLE);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(pin!(near.readable()).poll(&mut cx).is_pending());
        far.write_all(b"b").unwrap();
        let mut later = near.readable().await.unwrap();
        // The tick has moved on: what the old guard saw is not what there is now.
        guard.clear_ready();
        assert!(near.poll_write_ready(&mut cx).is_ready());
        let mut buf = [0; 8];
        let read = later.try_io(|near| near.get_ref().read(&mut buf));
        assert_eq!(read.unwrap().unwrap(), 2);
        assert!(later.try_io(|near| near.get_ref().read(&mut buf)).is_err());
        assert!(later.ready().is_empty());
    });
}

#[test]
fn an_operation_that_would_block_is_tried_again() {
    run(async {
        let (near, mut far) = pair();
        let mut near = registered(near);
        let tries = Cell::new(0);
        let read = near.async_io_mut(Interest::READABLE, |near| {
            tries.set(tries.get() + 1);
            match near.read(&mut [0; 8]) {
                Err(error) => Err(error),
                Ok(_) if tries.get() < 3 => Err(io::ErrorKind::WouldBlock.into()),
                Ok(count) => Ok(count),
            }
        });
        let write = async {
            for turn in 1..=3 {
                far.write_all(b"x").unwrap();
                while tries.get() < turn {
                    runtime_core::spawn::yield_now().await;
                }
            }
        };
        let (read, ()) = futures::future::join(read, write).await;
        assert_eq!(read.unwrap(), 1);
        assert_eq!(tries.get(), 3);
    });
}

#[test]
fn after_the_shutdown_the_value_comes_back() {
    let runtime = Builder::new_multi_thread().build().unwrap();
    let (near, mut far) = pair();
    let near = {
        let _inside = runtime.enter();
        registered(near)
    };
    drop(runtime);
    assert!(futures::executor::block_on(near.readable()).is_err());
    let mut near = near.into_inner();
    far.write_all(b"note").unwrap();
    assert_eq!(near.read(&mut [0; 8]).unwrap(), 4);
}
