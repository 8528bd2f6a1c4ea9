//! Writers that take, wait and fail.

use std::future::poll_fn;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use runtime_core::builder::Builder;

use super::{Output, WRITE_MAX};

/// Takes bytes until `room` is used up.
#[derive(Clone, Debug)]
struct Stream {
    taken: Arc<Mutex<Vec<u8>>>,
    room: usize,
}

impl Stream {
    fn new(room: usize) -> Stream {
        Stream {
            taken: Arc::default(),
            room,
        }
    }

    fn taken(&self) -> Vec<u8> {
        self.taken.lock().unwrap().clone()
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = self.taken.lock().unwrap();
        let count = bytes.len().min(self.room - taken.len());
        taken.extend_from_slice(&bytes[..count]);
        match count {
            0 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn write(output: &mut Output, bytes: &[u8], to: &Stream) -> io::Result<usize> {
    poll_fn(|cx| {
        let to = to.clone();
        output.poll_write(cx, bytes, move || to)
    })
    .await
}

async fn flush(output: &mut Output) -> io::Result<()> {
    poll_fn(|cx| output.poll_flush(cx)).await
}

#[test]
fn what_was_flushed_is_out_in_order() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let stream = Stream::new(usize::MAX);
    let mut output = Output::default();
    runtime.block_on(async {
        for part in ["a", "bc", "", "def"] {
            let count = write(&mut output, part.as_bytes(), &stream).await.unwrap();
            assert_eq!(count, part.len());
        }
        flush(&mut output).await.unwrap();
        assert_eq!(stream.taken(), b"abcdef");
        let long = vec![b'x'; WRITE_MAX + 1];
        assert_eq!(write(&mut output, &long, &stream).await.unwrap(), WRITE_MAX);
        flush(&mut output).await.unwrap();
    });
    assert_eq!(stream.taken().len(), 6 + WRITE_MAX);
}

#[test]
fn fault_066_a_handle_that_is_dropped_loses_nothing_at_the_end_of_the_runtime() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let stream = Stream::new(usize::MAX);
    runtime.block_on(async {
        let mut output = Output::default();
        write(&mut output, b"last words", &stream).await.unwrap();
    });
    drop(runtime);
    assert_eq!(stream.taken(), b"last words");
}

#[test]
fn fault_064_a_failure_is_not_forgotten() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let stream = Stream::new(3);
    let mut output = Output::default();
    runtime.block_on(async {
        write(&mut output, b"abcdef", &stream).await.unwrap();
        for _ in 0..2 {
            let error = flush(&mut output).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            assert!(write(&mut output, b"more", &stream).await.is_err());
        }
    });
    assert_eq!(stream.taken(), b"abc");
}

#[test]
fn after_the_runtime_nothing_is_accepted() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let handle = runtime.handle().clone();
    drop(runtime);
    let _enter = handle.enter();
    let stream = Stream::new(usize::MAX);
    let mut output = Output::default();
    let refused = futures::executor::block_on(write(&mut output, b"late", &stream));
    assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::Other);
    assert_eq!(stream.taken(), b"");
}
