//! What the fuzz targets share: wakers that count, futures polled by hand, and byte streams that
//! come and go in pieces of a length that the input names.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use runtime::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Counts the wakes of one waiter.
#[derive(Debug, Default)]
pub struct Wakes(AtomicUsize);

impl Wakes {
    pub fn new() -> Arc<Wakes> {
        Arc::default()
    }

    pub fn count(&self) -> usize {
        // Relaxed: one thread.
        self.0.load(Ordering::Relaxed)
    }

    /// How many there were since the last call.
    pub fn take(&self) -> usize {
        // Relaxed: one thread.
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Relaxed: one thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One waiter: a future, and how often it was woken.
pub struct Waiter<F> {
    pub wakes: Arc<Wakes>,
    future: Pin<Box<F>>,
}

impl<F: Future> Waiter<F> {
    pub fn new(future: F) -> Waiter<F> {
        Waiter {
            wakes: Wakes::new(),
            future: Box::pin(future),
        }
    }

    pub fn poll(&mut self) -> Poll<F::Output> {
        self.wakes.take();
        let waker = Waker::from(Arc::clone(&self.wakes));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    pub fn future(&mut self) -> Pin<&mut F> {
        self.future.as_mut()
    }
}

/// Polls a future to its end. Whoever is pending must have been woken: nobody else is there.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let wakes = Wakes::new();
    let waker = Waker::from(Arc::clone(&wakes));
    for _ in 0..1_000_000 {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => assert_ne!(wakes.take(), 0, "pending, and nobody wakes it"),
        }
    }
    panic!("a million polls are not enough");
}

/// How long the next piece is; 0: not now. Begins anew when it is used up.
#[derive(Debug, Clone)]
pub struct Pieces {
    lengths: Vec<u8>,
    next: usize,
    waits: bool,
}

impl Pieces {
    pub fn new(lengths: &[u8]) -> Pieces {
        Pieces {
            lengths: lengths.to_vec(),
            next: 0,
            waits: false,
        }
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let length = match self.lengths.len() {
            0 => 255,
            count => self.lengths[self.next % count],
        };
        self.next += 1;
        self.waits = length == 0 && !self.waits;
        if self.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(usize::from(length).max(1))
    }
}

/// Bytes that are read piece by piece.
#[derive(Debug, Clone)]
pub struct Source {
    bytes: Vec<u8>,
    position: usize,
    pieces: Pieces,
}

impl Source {
    pub fn new(bytes: &[u8], pieces: &[u8]) -> Source {
        Source {
            bytes: bytes.to_vec(),
            position: 0,
            pieces: Pieces::new(pieces),
        }
    }
}

impl AsyncRead for Source {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Poll::Ready(length) = this.pieces.next(cx) else {
            return Poll::Pending;
        };
        let left = &this.bytes[this.position..];
        let length = length.min(left.len()).min(buffer.remaining());
        buffer.put_slice(&left[..length]);
        this.position += length;
        Poll::Ready(Ok(()))
    }
}

/// A reader that takes less than there is, so that what is below it is seldom empty.
pub struct Slow<R> {
    inner: R,
    pieces: Pieces,
}

impl<R> Slow<R> {
    pub fn new(inner: R, pieces: &[u8]) -> Slow<R> {
        let pieces = Pieces::new(pieces);
        Slow { inner, pieces }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Slow<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Poll::Ready(length) = this.pieces.next(cx) else {
            return Poll::Pending;
        };
        let mut bytes = vec![0; length.min(buffer.remaining())];
        let mut part = ReadBuf::new(&mut bytes);
        let polled = Pin::new(&mut this.inner).poll_read(cx, &mut part);
        buffer.put_slice(part.filled());
        polled
    }
}

/// Takes bytes piece by piece.
#[derive(Debug, Clone)]
pub struct Sink {
    pub bytes: Vec<u8>,
    pub flushed: usize,
    pub is_shut_down: bool,
    pieces: Pieces,
    vectored: bool,
}

impl Sink {
    pub fn new(pieces: &[u8], vectored: bool) -> Sink {
        Sink {
            bytes: Vec::new(),
            flushed: 0,
            is_shut_down: false,
            pieces: Pieces::new(pieces),
            vectored,
        }
    }
}

impl AsyncWrite for Sink {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!self.is_shut_down, "nothing is written after the end");
        let Poll::Ready(length) = self.pieces.next(cx) else {
            return Poll::Pending;
        };
        let length = length.min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Poll::Ready(length) = self.pieces.next(cx) else {
            return Poll::Pending;
        };
        let all = slices.iter().flat_map(|slice| slice.iter().copied());
        let taken: Vec<u8> = all.take(length).collect();
        self.bytes.extend_from_slice(&taken);
        Poll::Ready(Ok(taken.len()))
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pieces.next(cx).is_pending() {
            return Poll::Pending;
        }
        self.flushed = self.bytes.len();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pieces.next(cx).is_pending() {
            return Poll::Pending;
        }
        self.is_shut_down = true;
        Poll::Ready(Ok(()))
    }
}
