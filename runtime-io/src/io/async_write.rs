//! Writing bytes.

use std::io::{self, IoSlice, Write};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A sink of bytes that is polled.
///
/// The methods that one calls stand in [`AsyncWriteExt`](super::AsyncWriteExt).
pub trait AsyncWrite {
    /// Writes some of `buf` and says how many bytes; zero means that no more can be written.
    ///
    /// On `Pending` the task is woken when there may be room; only the waker of the last call
    /// counts.
    ///
    /// # Errors
    /// What the sink says; nothing has been written then.
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>>;

    /// Brings everything that was written to where it belongs.
    ///
    /// # Errors
    /// What the sink says.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Flushes, and ends the writing side.
    ///
    /// # Errors
    /// What the sink says.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Like [`AsyncWrite::poll_write`], from several buffers one after the other.
    ///
    /// Unless overridden it writes from the first that is not empty.
    ///
    /// # Errors
    /// What the sink says; nothing has been written then.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.poll_write(cx, first.map_or(&[][..], |buf| &**buf))
    }

    /// Whether [`AsyncWrite::poll_write_vectored`] does better than the first buffer.
    fn is_write_vectored(&self) -> bool {
        false
    }
}

/// Every method passed on to what `$this` leads to.
macro_rules! pass_on {
    ($this:ident => $target:expr) => {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            let $this = &mut self;
            $target.poll_write(cx, buf)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            let $this = &mut self;
            $target.poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            let $this = &mut self;
            $target.poll_shutdown(cx)
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bufs: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let $this = &mut self;
            $target.poll_write_vectored(cx, bufs)
        }

        fn is_write_vectored(&self) -> bool {
            (**self).is_write_vectored()
        }
    };
}

impl<T: AsyncWrite + Unpin + ?Sized> AsyncWrite for Box<T> {
    pass_on!(this => Pin::new(&mut ***this));
}

impl<T: AsyncWrite + Unpin + ?Sized> AsyncWrite for &mut T {
    pass_on!(this => Pin::new(&mut ***this));
}

impl<P> AsyncWrite for Pin<P>
where
    P: DerefMut,
    P::Target: AsyncWrite,
{
    pass_on!(this => this.as_mut().as_deref_mut());
}

/// In memory, as the standard library's `Write` does it: always ready.
macro_rules! in_memory {
    ($($sink:ty),+) => {$(
        impl AsyncWrite for $sink {
            fn poll_write(
                mut self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(Write::write(&mut *self, buf))
            }

            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(Write::write_vectored(&mut *self, bufs))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }
    )+};
}

in_memory!(
    Vec<u8>,
    io::Cursor<&mut [u8]>,
    io::Cursor<&mut Vec<u8>>,
    io::Cursor<Vec<u8>>,
    io::Cursor<Box<[u8]>>
);
