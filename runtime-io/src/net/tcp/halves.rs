//! What the borrowed and the owned halves of a connection have in common.

/// The methods of a half that reads, where `self.stream()` is the connection.
macro_rules! read_half {
    () => {
        /// Reads what there is and leaves it there.
        ///
        /// # Errors
        /// What the operating system says.
        ///
        /// # Cancel safety
        /// Cancel safe.
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

        /// Waits until there is something to read.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Cancel safe.
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
    () => {
        /// Waits until there is room to write.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Cancel safe.
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
    () => {
        /// Waits until one of `interest` is ready.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Cancel safe.
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
    ($half:ty) => {
        impl AsyncRead for $half {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                self.stream().poll_read_by_ref(cx, buf)
            }
        }

        impl AsRef<TcpStream> for $half {
            fn as_ref(&self) -> &TcpStream {
                self.stream()
            }
        }
    };
}

/// [`AsyncWrite`](crate::io::AsyncWrite) of a half that writes; its `ended` is called when the
/// writing was ended.
macro_rules! async_write_half {
    ($half:ty) => {
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

        impl AsRef<TcpStream> for $half {
            fn as_ref(&self) -> &TcpStream {
                self.stream()
            }
        }
    };
}

pub(super) use {any_half, async_read_half, async_write_half, read_half, write_half};
