//! Halves whose turn it is not, and what a panic leaves.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use super::super::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, duplex, simplex};
use super::{ReadHalf, WriteHalf, split};

#[derive(Default)]
struct Count(AtomicUsize);

impl Count {
    fn waker() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        (count, waker)
    }

    fn get(&self) -> usize {
        // Relaxed: one thread.
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Relaxed: one thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls the other half from within its own read.
#[derive(Default)]
struct Nested {
    other: Arc<Mutex<Option<WriteHalf<Nested>>>>,
    waker: Option<Waker>,
    found: Option<bool>,
    panics: bool,
}

impl AsyncRead for Nested {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        assert!(!self.panics, "the stream's own");
        if let Some(waker) = self.waker.take() {
            let mut write = self.other.lock().unwrap().take().unwrap();
            let poll = Pin::new(&mut write).poll_write(&mut Context::from_waker(&waker), b"x");
            self.found = Some(poll.is_pending());
            *self.other.lock().unwrap() = Some(write);
        }
        buf.put_slice(b"z");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Nested {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn read_once(read: &mut ReadHalf<Nested>) -> Poll<io::Result<()>> {
    let mut bytes = [0; 1];
    let mut cx = Context::from_waker(Waker::noop());
    Pin::new(read).poll_read(&mut cx, &mut ReadBuf::new(&mut bytes))
}

#[test]
fn a_half_polled_during_the_others_turn_waits_and_is_woken_once() {
    let (count, waker) = Count::waker();
    let nested = Nested {
        waker: Some(waker),
        ..Nested::default()
    };
    let other = Arc::clone(&nested.other);
    let (mut read, write) = split(nested);
    *other.lock().unwrap() = Some(write);
    assert!(read_once(&mut read).is_ready());
    assert_eq!(count.get(), 1);
    assert_eq!(Arc::strong_count(&count), 1, "the waker was used up");

    let mut write = other.lock().unwrap().take().unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(
        Pin::new(&mut write).poll_write(&mut cx, b"xy"),
        Poll::Ready(Ok(2))
    ));
    assert_eq!(read.unsplit(write).found, Some(true));
}

#[test]
fn a_panic_of_the_stream_ends_its_turn() {
    let (mut read, mut write) = split(Nested {
        panics: true,
        ..Nested::default()
    });
    assert!(catch_unwind(AssertUnwindSafe(|| read_once(&mut read))).is_err());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut write).poll_flush(&mut cx).is_ready());
    let mut nested = read.unsplit(write);
    nested.panics = false;
    let (mut read, _write) = split(nested);
    assert!(read_once(&mut read).is_ready());
}

#[test]
#[should_panic = "of two streams"]
fn halves_of_two_streams_are_not_put_together() {
    let (read, _) = split(Nested::default());
    let (_, write) = split(Nested::default());
    read.unsplit(write);
}

#[test]
fn halves_say_to_whom_they_belong() {
    let (read, write) = split(Nested::default());
    let (other_read, other_write) = split(Nested::default());
    assert!(read.is_pair_of(&write) && write.is_pair_of(&read));
    assert!(!read.is_pair_of(&other_write) && !write.is_pair_of(&other_read));
    assert_eq!(
        format!("{read:?} {write:?}"),
        "split::ReadHalf split::WriteHalf"
    );
}

#[test]
fn two_threads_move_bytes_both_ways_through_one_stream() {
    const BYTES: usize = 200_000;
    let (near, mut far) = duplex(100);
    let (mut read, mut write) = split(near);
    let echo = std::thread::spawn(move || {
        futures::executor::block_on(async move {
            let mut buf = [0; 70];
            loop {
                let count = far.read(&mut buf).await.unwrap();
                if count == 0 {
                    break;
                }
                far.write_all(&buf[..count]).await.unwrap();
            }
        });
    });
    let writer = std::thread::spawn(move || {
        futures::executor::block_on(async move {
            let bytes: Vec<u8> = (0..BYTES).map(|index| index as u8).collect();
            write.write_all(&bytes).await.unwrap();
            write.shutdown().await.unwrap();
        });
    });
    let mut all = Vec::new();
    futures::executor::block_on(read.read_to_end(&mut all)).unwrap();
    assert!(all.len() == BYTES && all.iter().enumerate().all(|(at, byte)| *byte == at as u8));
    echo.join().unwrap();
    writer.join().unwrap();
}

/// A waker that polls the other half there and then, as some executors do.
#[test]
fn fault_010_a_waker_that_reads_at_once_from_a_one_way_stream_does_not_hang() {
    struct ReadsWhenWoken(Mutex<ReadHalf<super::super::SimplexStream>>, AtomicUsize);

    impl Wake for ReadsWhenWoken {
        fn wake(self: Arc<Self>) {
            let mut bytes = [0; 4];
            let waker = Waker::from(Arc::clone(&self));
            let Ok(mut read) = self.0.try_lock() else {
                return;
            };
            let mut buf = ReadBuf::new(&mut bytes);
            let poll = Pin::new(&mut *read).poll_read(&mut Context::from_waker(&waker), &mut buf);
            if poll.is_ready() {
                // Relaxed: one thread.
                self.1.fetch_add(buf.filled().len(), Ordering::Relaxed);
            }
        }
    }

    let (read, mut write) = simplex(8);
    let reader = Arc::new(ReadsWhenWoken(Mutex::new(read), AtomicUsize::new(0)));
    Arc::clone(&reader).wake();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut write).poll_write(&mut cx, b"abc").is_ready());
    // It was woken within the write's turn, waited for its end, and was woken again: that time
    // itself still ran.
    Arc::clone(&reader).wake();
    // Relaxed: one thread.
    assert_eq!(reader.1.load(Ordering::Relaxed), 3);
    // The stream has kept the waker, and with it itself: another one ends that.
    let mut read = reader.0.lock().unwrap();
    let polled = Pin::new(&mut *read).poll_read(&mut cx, &mut ReadBuf::new(&mut [0]));
    assert!(polled.is_pending());
}
