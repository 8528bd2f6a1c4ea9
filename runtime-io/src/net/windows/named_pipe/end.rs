//! What the two ends have in common. `self.io` is the pipe.
#![allow(unsafe_code, reason = "handles change hands, and are lent")]

/// The whole of an example, after lines that make two connected ends, `near` and `far`.
macro_rules! example {
    ($pair:literal, $body:literal) => {
        concat!(
            "```\n",
            "# use runtime::net::windows::named_pipe::{ClientOptions, ServerOptions};\n",
            "# runtime::Runtime::new()?.block_on(async {\n",
            "# let thread = std::thread::current().id();\n",
            r#"# let name = format!(r"\\.\pipe\runtime-{}-{thread:?}", std::process::id());"#,
            "\n",
            $pair,
            $body,
            "# Ok::<(), std::io::Error>(())\n# })?;\n# Ok::<(), std::io::Error>(())\n```"
        )
    };
}

/// The methods and traits of an end.
macro_rules! pipe_end {
    ($end:ident, $pair:literal) => {
        impl $end {
            /// Takes over a handle.
            ///
            /// # Errors
            /// What the operating system says; the handle is closed.
            ///
            /// # Panics
            /// If the calling thread is in no runtime.
            ///
            /// # Safety
            /// The handle is this end of a named pipe, opened for overlapped I/O, and the caller's
            /// to give away. It belongs to no completion port yet.
            #[track_caller]
            pub unsafe fn from_raw_handle(handle: RawHandle) -> io::Result<$end> {
                // SAFETY: the caller's promise.
                let pipe = unsafe { NamedPipe::from_raw_handle(handle) };
                let both = mio::Interest::READABLE | mio::Interest::WRITABLE;
                Evented::new(pipe, both).map(|io| $end { io })
            }

            /// What the system knows of the pipe.
            ///
            /// # Errors
            /// What the operating system says.
            pub fn info(&self) -> io::Result<PipeInfo> {
                system::info(self.as_handle())
            }

            /// Waits until one of `interest` is ready. Any number of tasks may wait.
            ///
            /// # Errors
            /// After a shutdown of the runtime.
            ///
            /// # Cancel safety
            /// Lossless: readiness stays until an operation finds that it would block.
            ///
            #[doc = example!($pair, "use runtime::io::Interest;

let ready = near.ready(Interest::READABLE | Interest::WRITABLE).await?;
assert!(ready.is_writable());
")]
            pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
                self.io.ready(interest).await
            }

            /// Waits until there is something to read. Any number of tasks may wait.
            ///
            /// # Errors
            /// After a shutdown of the runtime.
            ///
            /// # Cancel safety
            /// Lossless.
            ///
            #[doc = example!($pair, "far.writable().await?;
far.try_write(b\"note\")?;
near.readable().await?;
assert_eq!(near.try_read(&mut [0; 8])?, 4);
")]
            pub async fn readable(&self) -> io::Result<()> {
                self.io.to_be_tried(Direction::Read).await
            }

            /// Waits until a write may be begun. Any number of tasks may wait.
            ///
            /// # Errors
            /// After a shutdown of the runtime.
            ///
            /// # Cancel safety
            /// Lossless.
            ///
            #[doc = example!($pair, "near.writable().await?;
assert_eq!(near.try_write(b\"note\")?, 4);
")]
            pub async fn writable(&self) -> io::Result<()> {
                self.io.to_be_tried(Direction::Write).await
            }

            /// Polls for something to read. Only the waker of the last call that reads counts.
            ///
            /// # Errors
            /// After a shutdown of the runtime.
            pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.io.poll_ready(Direction::Read, cx)
            }

            /// Polls for a write that may be begun. Only the waker of the last call that writes
            /// counts.
            ///
            /// # Errors
            /// After a shutdown of the runtime.
            pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.io.poll_ready(Direction::Write, cx)
            }

            /// Reads what there is; zero bytes mean the end, or an empty message.
            ///
            /// # Errors
            /// `WouldBlock` if there is nothing; what the operating system says.
            pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                self.io.try_io(Interest::READABLE, || (&*self.io).read(buf))
            }

            /// The same into the first of several buffers that has room.
            ///
            /// # Errors
            /// As with [`try_read`](Self::try_read).
            pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                self.io
                    .try_io(Interest::READABLE, || (&*self.io).read_vectored(bufs))
            }

            /// Reads what there is, into the free part of a buffer that may grow.
            ///
            /// # Errors
            /// As with [`try_read`](Self::try_read).
            pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
                self.io.try_io(Interest::READABLE, || {
                    fill(buf, |part| self.read_once(part)).map(|((), filled)| filled)
                })
            }

            /// Begins a write of all of `buf`, which is copied, unless one is under way.
            ///
            /// # Errors
            /// `WouldBlock` if one is; the error of the one before; what the operating system says.
            pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                self.io
                    .try_io(Interest::WRITABLE, || (&*self.io).write(buf))
            }

            /// The same from the first of several buffers that holds something.
            ///
            /// # Errors
            /// As with [`try_write`](Self::try_write).
            pub fn try_write_vectored(&self, buf: &[IoSlice<'_>]) -> io::Result<usize> {
                self.io
                    .try_io(Interest::WRITABLE, || (&*self.io).write_vectored(buf))
            }

            /// Calls `f`, an operation of one's own on the pipe, if it may get somewhere.
            ///
            /// If it says `WouldBlock`, the readiness is used up; so it must say so only if the
            /// pipe did.
            ///
            /// # Errors
            /// `WouldBlock` if nothing of `interest` is ready; what `f` says.
            pub fn try_io<R>(
                &self,
                interest: Interest,
                f: impl FnOnce() -> io::Result<R>,
            ) -> io::Result<R> {
                self.io.try_io(interest, f)
            }

            /// Calls `f`, an operation of one's own on the pipe, until it does not say `WouldBlock`.
            ///
            /// # Errors
            /// What `f` says; after a shutdown of the runtime.
            ///
            /// # Cancel safety
            /// Lossless: it waits only before `f` is called.
            ///
            #[doc = example!($pair, "use runtime::io::Interest;

far.writable().await?;
far.try_write(b\"note\")?;
let mut buf = [0; 8];
let read = near.async_io(Interest::READABLE, || near.try_read(&mut buf)).await?;
assert_eq!(read, 4);
")]
            pub async fn async_io<R>(
                &self,
                interest: Interest,
                f: impl FnMut() -> io::Result<R>,
            ) -> io::Result<R> {
                self.io.async_io(interest, f).await
            }

            fn read_once(&self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
                let read = (&*self.io).read(buf.initialize_unfilled())?;
                buf.advance(read);
                Ok(())
            }
        }

        impl AsyncRead for $end {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                if buf.remaining() == 0 {
                    return Poll::Ready(Ok(()));
                }
                self.io.poll_io(Direction::Read, cx, || self.read_once(buf))
            }
        }

        impl AsyncWrite for $end {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.io
                    .poll_io(Direction::Write, cx, || (&*self.io).write(buf))
            }

            /// Nothing to do: the write is under way.
            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Does nothing: a pipe ends when it is dropped, or disconnected.
            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }
        }

        impl AsRawHandle for $end {
            fn as_raw_handle(&self) -> RawHandle {
                self.io.as_raw_handle()
            }
        }

        impl AsHandle for $end {
            fn as_handle(&self) -> BorrowedHandle<'_> {
                // SAFETY: it stays open as long as `self`.
                unsafe { BorrowedHandle::borrow_raw(self.as_raw_handle()) }
            }
        }
    };
}

pub(super) use {example, pipe_end};
