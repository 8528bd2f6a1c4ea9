//! What connections have in common, whatever their addresses are: the forms of waiting, and reads
//! and writes that try, wait or are polled.
//!
//! The code is the same for each kind of socket, but no trait of the libraries below has all of it;
//! so it is a macro over the socket's type. `self.io` is the [`Evented`] socket.
//!
//! [`Evented`]: crate::driver::evented::Evented

/// The whole of an example, after lines that make two connected ends, `near` and `far`.
macro_rules! example {
    ($pair:literal, $body:literal) => {
        concat!(
            "```\n# runtime::Runtime::new()?.block_on(async {\n",
            $pair,
            $body,
            "# Ok::<(), std::io::Error>(())\n# })?;\n# Ok::<(), std::io::Error>(())\n```"
        )
    };
}

/// The methods of a connection of `$socket`s; `$glues` if a read that is short has left nothing,
/// since the kernel gives as many of the bytes at once as there are.
macro_rules! byte_stream {
    ($socket:ty, $glues:literal, $pair:literal) => {
        /// Takes the error that waits in the socket, if any.
        ///
        /// # Errors
        /// What the operating system says.
        pub fn take_error(&self) -> io::Result<Option<io::Error>> {
            self.io.take_error()
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
        /// A connection that was just accepted counts as readable until a read finds nothing.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Lossless.
        ///
        #[doc = example!($pair, "far.try_write(b\"note\")?;
let mut buf = [0; 8];
loop {
    near.readable().await?;
    match near.try_read(&mut buf) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
        read => break assert_eq!(read?, 4),
    }
}
")]
        pub async fn readable(&self) -> io::Result<()> {
            self.io.to_be_tried(Direction::Read).await
        }

        /// Waits until there is room to write. Any number of tasks may wait.
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

        /// Polls for room to write. Only the waker of the last call that writes counts.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.io.poll_ready(Direction::Write, cx)
        }

        /// Reads what there is; zero bytes mean the end.
        ///
        /// # Errors
        /// `WouldBlock` if there is nothing; what the operating system says.
        pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
            self.io.try_io(Interest::READABLE, || (&*self.io).read(buf))
        }

        /// Reads what there is, into several buffers one after the other.
        ///
        /// # Errors
        /// `WouldBlock` if there is nothing; what the operating system says.
        pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
            self.io
                .try_io(Interest::READABLE, || (&*self.io).read_vectored(bufs))
        }

        /// Reads what there is, into the free part of a buffer that may grow.
        ///
        /// # Errors
        /// `WouldBlock` if there is nothing; what the operating system says.
        pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
            self.io.try_io(Interest::READABLE, || {
                fill(buf, |part| self.receive_once(part)).map(|(_, filled)| filled)
            })
        }

        /// Writes what there is room for.
        ///
        /// # Errors
        /// `WouldBlock` if there is none; what the operating system says.
        pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
            self.io.try_io(Interest::WRITABLE, || self.send_once(buf))
        }

        /// Writes what there is room for, from several buffers one after the other.
        ///
        /// # Errors
        /// `WouldBlock` if there is none; what the operating system says.
        pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
            self.io
                .try_io(Interest::WRITABLE, || self.send_slices_once(bufs))
        }

        /// Calls `f`, an operation of one's own on the socket, if it may get somewhere.
        ///
        /// If it says `WouldBlock`, the readiness is used up; so it must say so only if the socket
        /// did.
        ///
        /// # Errors
        /// `WouldBlock` if nothing of `interest` is ready; what `f` says.
        pub fn try_io<R>(
            &self,
            interest: Interest,
            f: impl FnOnce() -> io::Result<R>,
        ) -> io::Result<R> {
            let io: &$socket = &self.io;
            self.io.try_io(interest, || io.try_io(f))
        }

        /// Calls `f`, an operation of one's own on the socket, until it does not say `WouldBlock`.
        ///
        /// # Errors
        /// What `f` says; after a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Lossless: it waits only after `f` has said `WouldBlock`.
        ///
        #[doc = example!($pair, "use runtime::io::Interest;

let mut buf = [0; 8];
far.try_write(b\"note\")?;
let read = near.async_io(Interest::READABLE, || near.try_read(&mut buf)).await?;
assert_eq!(read, 4);
")]
        pub async fn async_io<R>(
            &self,
            interest: Interest,
            mut f: impl FnMut() -> io::Result<R>,
        ) -> io::Result<R> {
            let io: &$socket = &self.io;
            self.io.async_io(interest, || io.try_io(&mut f)).await
        }

        /// Both directions apart, borrowed; costs nothing.
        pub fn split<'a>(&'a mut self) -> (ReadHalf<'a>, WriteHalf<'a>) {
            super::split::split(self)
        }

        /// Both directions apart, owned. Dropping the write half ends the writing.
        pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
            super::split_owned::split(self)
        }

        /// Ends a direction, or both. To end a direction that is ended already does no harm.
        pub(super) fn shutdown_std(&self, how: Shutdown) -> io::Result<()> {
            match self.io.shutdown(how) {
                Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
                outcome => outcome,
            }
        }

        /// [`AsyncRead`] by reference, for the halves.
        pub(super) fn poll_read_by_ref(
            &self,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let wanted = buf.remaining();
            if wanted == 0 {
                return Poll::Ready(Ok(()));
            }
            let receive = || self.receive_once(buf);
            let read = if $glues {
                self.io.poll_bytes(Direction::Read, cx, wanted, receive)
            } else {
                self.io.poll_io(Direction::Read, cx, receive)
            };
            read.map_ok(drop)
        }

        /// [`AsyncWrite`] by reference, for the halves.
        pub(super) fn poll_write_by_ref(
            &self,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.io
                .poll_bytes(Direction::Write, cx, buf.len(), || self.send_once(buf))
        }

        /// The same from several buffers.
        pub(super) fn poll_write_vectored_by_ref(
            &self,
            cx: &mut Context<'_>,
            bufs: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let wanted = slices::length(slices::at_once(bufs));
            self.io
                .poll_bytes(Direction::Write, cx, wanted, || self.send_slices_once(bufs))
        }

        /// Receives once into the unfilled part of a buffer.
        fn receive_once(&self, buf: &mut ReadBuf<'_>) -> io::Result<usize> {
            let io: &$socket = &self.io;
            let received = receive(buf, |free| {
                io.try_io(|| SockRef::from(io).recv(free).map(|count| (count, ())))
            });
            received.map(|(count, ())| count)
        }

        /// Sends once.
        fn send_once(&self, buf: &[u8]) -> io::Result<usize> {
            let io: &$socket = &self.io;
            io.try_io(|| SockRef::from(io).send_with_flags(buf, NO_SIGNAL))
        }

        /// Sends once; more slices than the kernel takes are left for the next time.
        fn send_slices_once(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
            let io: &$socket = &self.io;
            let bufs = slices::at_once(bufs);
            io.try_io(|| SockRef::from(io).send_vectored_with_flags(bufs, NO_SIGNAL))
        }
    };
}

/// The traits of a connection.
macro_rules! byte_stream_traits {
    ($stream:ident, $std:ty) => {
        impl AsyncRead for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                self.poll_read_by_ref(cx, buf)
            }
        }

        impl AsyncWrite for $stream {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.poll_write_by_ref(cx, buf)
            }

            /// Nothing to do: the kernel has it.
            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Ends the writing; reading goes on.
            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(self.shutdown_std(Shutdown::Write))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.poll_write_vectored_by_ref(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }

        impl TryFrom<$std> for $stream {
            type Error = io::Error;

            /// As `from_std`.
            fn try_from(stream: $std) -> io::Result<$stream> {
                $stream::from_std(stream)
            }
        }

        impl AsRef<$stream> for $stream {
            fn as_ref(&self) -> &$stream {
                self
            }
        }

        impl fmt::Debug for $stream {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.io.fmt(f)
            }
        }
    };
}

pub(super) use {byte_stream, byte_stream_traits, example};
