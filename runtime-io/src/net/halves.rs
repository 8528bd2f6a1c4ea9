//! The two directions of a connection, borrowed and owned, whatever its addresses are.
//!
//! `$pair` are the lines that make an example's two connected ends; see `byte_stream.rs`.

/// Looking at what is there, of a half that reads.
macro_rules! peeking_half {
    ($pair:literal) => {
        /// Reads what there is and leaves it there.
        ///
        /// # Errors
        /// What the operating system says.
        ///
        /// # Cancel safety
        /// Lossless.
        ///
        #[doc = example!($pair, "let (mut near, _write) = near.into_split();
far.try_write(b\"note\")?;
let mut buf = [0; 8];
assert_eq!(near.peek(&mut buf).await?, 4);
assert_eq!(near.peek(&mut buf).await?, 4);
")]
        pub async fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.stream().peek(buf).await
        }

        /// Polls to read what there is and leave it there.
        ///
        /// # Errors
        /// What the operating system says.
        pub fn poll_peek(
            &mut self,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<usize>> {
            self.stream().poll_peek(cx, buf)
        }
    };
}

/// The methods of a half that reads, where `self.stream()` is the connection.
macro_rules! read_half {
    ($pair:literal) => {
        /// Waits until there is something to read.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Lossless.
        ///
        #[doc = example!($pair, "let (near, _write) = near.into_split();
far.try_write(b\"note\")?;
near.readable().await?;
assert_eq!(near.try_read(&mut [0; 8])?, 4);
")]
        pub async fn readable(&self) -> io::Result<()> {
            self.stream().readable().await
        }

        /// Reads what there is; zero bytes mean the end.
        ///
        /// # Errors
        /// `WouldBlock` if there is nothing; what the operating system says.
        pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
            self.stream().try_read(buf)
        }

        /// Reads what there is, into several buffers one after the other.
        ///
        /// # Errors
        /// `WouldBlock` if there is nothing; what the operating system says.
        pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
            self.stream().try_read_vectored(bufs)
        }

        /// Reads what there is, into the free part of a buffer that may grow.
        ///
        /// # Errors
        /// `WouldBlock` if there is nothing; what the operating system says.
        pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
            self.stream().try_read_buf(buf)
        }
    };
}

/// The methods of a half that writes.
macro_rules! write_half {
    ($pair:literal) => {
        /// Waits until there is room to write.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Lossless.
        ///
        #[doc = example!($pair, "let (_read, near) = near.into_split();
near.writable().await?;
assert_eq!(near.try_write(b\"note\")?, 4);
")]
        pub async fn writable(&self) -> io::Result<()> {
            self.stream().writable().await
        }

        /// Writes what there is room for.
        ///
        /// # Errors
        /// `WouldBlock` if there is none; what the operating system says.
        pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
            self.stream().try_write(buf)
        }

        /// Writes what there is room for, from several buffers one after the other.
        ///
        /// # Errors
        /// `WouldBlock` if there is none; what the operating system says.
        pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
            self.stream().try_write_vectored(bufs)
        }
    };
}

/// The methods of either half.
macro_rules! any_half {
    ($pair:literal) => {
        /// Waits until one of `interest` is ready.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Lossless.
        ///
        #[doc = example!($pair, "let (read, write) = near.into_split();
assert!(write.ready(runtime::io::Interest::WRITABLE).await?.is_writable());
far.try_write(b\"note\")?;
assert!(read.ready(runtime::io::Interest::READABLE).await?.is_readable());
")]
        pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
            self.stream().ready(interest).await
        }

        /// The other end's address.
        ///
        /// # Errors
        /// What the operating system says.
        pub fn peer_addr(&self) -> io::Result<SocketAddr> {
            self.stream().peer_addr()
        }

        /// This end's address.
        ///
        /// # Errors
        /// What the operating system says.
        pub fn local_addr(&self) -> io::Result<SocketAddr> {
            self.stream().local_addr()
        }
    };
}

/// [`AsyncRead`](crate::io::AsyncRead) of a half that reads.
macro_rules! async_read_half {
    ($half:ty, $stream:ty) => {
        impl AsyncRead for $half {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                self.stream().poll_read_by_ref(cx, buf)
            }
        }

        impl AsRef<$stream> for $half {
            fn as_ref(&self) -> &$stream {
                self.stream()
            }
        }
    };
}

/// [`AsyncWrite`](crate::io::AsyncWrite) of a half that writes; its `ended` is called when the
/// writing was ended.
macro_rules! async_write_half {
    ($half:ty, $stream:ty) => {
        impl AsyncWrite for $half {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_write_by_ref(cx, buf)
            }

            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Ends the writing; reading goes on.
            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let outcome = self.stream().shutdown_std(Shutdown::Write);
                if outcome.is_ok() {
                    self.get_mut().ended();
                }
                Poll::Ready(outcome)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_write_vectored_by_ref(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }

        impl AsRef<$stream> for $half {
            fn as_ref(&self) -> &$stream {
                self.stream()
            }
        }
    };
}

/// The borrowed halves of a `$stream`, and `split`, which makes them. `$more` is what else the half
/// that reads can do.
macro_rules! borrowed_halves {
    ($stream:ident, $pair:literal, { $($more:tt)* }) => {
        #[doc = concat!("The direction that reads; from [`", stringify!($stream), "::split`].")]
        ///
        #[doc = example!($pair, "use runtime::io::AsyncReadExt;

# let (mut near, far) = (near, far);
let (mut read, write) = near.split();
far.try_write(b\"ping\")?;
let mut buf = [0; 4];
read.read_exact(&mut buf).await?;
write.try_write(&buf)?;
")]
        #[derive(Debug)]
        pub struct ReadHalf<'a>(&'a $stream);

        #[doc = concat!("The direction that writes; from [`", stringify!($stream), "::split`].")]
        ///
        /// Dropping it ends nothing;
        /// [`AsyncWriteExt::shutdown`](crate::io::AsyncWriteExt::shutdown) does.
        ///
        #[doc = example!($pair, "use runtime::io::{AsyncReadExt, AsyncWriteExt};

# let (mut near, mut far) = (near, far);
let (_read, mut write) = near.split();
write.write_all(b\"all\").await?;
write.shutdown().await?;
let mut received = Vec::new();
far.read_to_end(&mut received).await?;
assert_eq!(received, b\"all\");
")]
        #[derive(Debug)]
        pub struct WriteHalf<'a>(&'a $stream);

        pub(super) fn split(stream: &mut $stream) -> (ReadHalf<'_>, WriteHalf<'_>) {
            (ReadHalf(stream), WriteHalf(stream))
        }

        impl ReadHalf<'_> {
            fn stream(&self) -> &$stream {
                self.0
            }

            any_half!($pair);
            read_half!($pair);
            $($more)*
        }

        impl WriteHalf<'_> {
            fn stream(&self) -> &$stream {
                self.0
            }

            /// Nothing is done at its drop, so nothing changes.
            fn ended(&mut self) {}

            any_half!($pair);
            write_half!($pair);
        }

        async_read_half!(ReadHalf<'_>, $stream);
        async_write_half!(WriteHalf<'_>, $stream);
    };
}

/// The owned halves of a `$stream`, `split`, which makes them, and their reunion. `$more` is what
/// else the half that reads can do.
macro_rules! owned_halves {
    ($stream:ident, $pair:literal, { $($more:tt)* }) => {
        #[doc = concat!("The half that reads; from [`", stringify!($stream), "::into_split`].")]
        ///
        #[doc = example!($pair, "use runtime::io::AsyncReadExt;

let (mut read, _write) = near.into_split();
far.try_write(b\"ping\")?;
let mut buf = [0; 4];
read.read_exact(&mut buf).await?;
assert_eq!(&buf, b\"ping\");
")]
        #[derive(Debug)]
        pub struct OwnedReadHalf {
            stream: Arc<$stream>,
        }

        #[doc = concat!("The half that writes; from [`", stringify!($stream), "::into_split`].")]
        ///
        /// Dropping it ends the writing: the peer reads to the end. Reading goes on.
        ///
        #[doc = example!($pair, "use runtime::io::{AsyncReadExt, AsyncWriteExt};

# let mut far = far;
let (_read, mut write) = near.into_split();
write.write_all(b\"all\").await?;
drop(write);
let mut received = Vec::new();
far.read_to_end(&mut received).await?;
assert_eq!(received, b\"all\");
")]
        #[derive(Debug)]
        pub struct OwnedWriteHalf {
            stream: Arc<$stream>,
            ends_on_drop: bool,
        }

        pub(super) fn split(stream: $stream) -> (OwnedReadHalf, OwnedWriteHalf) {
            let stream = Arc::new(stream);
            let read = OwnedReadHalf {
                stream: Arc::clone(&stream),
            };
            (
                read,
                OwnedWriteHalf {
                    stream,
                    ends_on_drop: true,
                },
            )
        }

        fn reunite(read: OwnedReadHalf, write: OwnedWriteHalf) -> Result<$stream, ReuniteError> {
            if !Arc::ptr_eq(&read.stream, &write.stream) {
                return Err(ReuniteError(read, write));
            }
            write.forget();
            Ok(Arc::try_unwrap(read.stream).expect("a connection has two halves"))
        }

        impl OwnedReadHalf {
            fn stream(&self) -> &$stream {
                &self.stream
            }

            /// The connection again.
            ///
            /// # Errors
            /// Both halves, if they are of two connections.
            pub fn reunite(self, other: OwnedWriteHalf) -> Result<$stream, ReuniteError> {
                reunite(self, other)
            }

            any_half!($pair);
            read_half!($pair);
            $($more)*
        }

        impl OwnedWriteHalf {
            fn stream(&self) -> &$stream {
                &self.stream
            }

            /// The connection again.
            ///
            /// # Errors
            /// Both halves, if they are of two connections.
            pub fn reunite(self, other: OwnedReadHalf) -> Result<$stream, ReuniteError> {
                reunite(other, self)
            }

            /// Drops it without ending the writing, which then ends with the read half.
            pub fn forget(mut self) {
                self.ends_on_drop = false;
                drop(self);
            }

            /// What has ended need not be ended at the drop.
            fn ended(&mut self) {
                self.ends_on_drop = false;
            }

            any_half!($pair);
            write_half!($pair);
        }

        impl Drop for OwnedWriteHalf {
            fn drop(&mut self) {
                if mem::take(&mut self.ends_on_drop) {
                    // Nobody is left to be told of a failure; a connection that is broken has ended
                    // anyway.
                    let _ = self.stream.shutdown_std(Shutdown::Write);
                }
            }
        }

        async_read_half!(OwnedReadHalf, $stream);
        async_write_half!(OwnedWriteHalf, $stream);

        /// Two halves that do not belong together, given back.
        ///
        #[doc = example!($pair, "let (read, _write) = near.into_split();
let (_read, write) = far.into_split();
let mismatch = read.reunite(write).unwrap_err();
let _halves = (mismatch.0, mismatch.1);
")]
        #[derive(Debug)]
        pub struct ReuniteError(
            /// The half that reads.
            pub OwnedReadHalf,
            /// The half that writes.
            pub OwnedWriteHalf,
        );

        impl fmt::Display for ReuniteError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the halves are of two connections")
            }
        }

        impl Error for ReuniteError {}
    };
}

pub(super) use {
    any_half, async_read_half, async_write_half, borrowed_halves, owned_halves, peeking_half,
    read_half, write_half,
};
