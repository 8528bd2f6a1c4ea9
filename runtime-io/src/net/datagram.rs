//! What sockets for datagrams have in common, whatever their addresses are: the forms of waiting, and
//! sending and receiving in each of them.
//!
//! A datagram is sent and received whole or not at all, so no operation ever uses readiness up but
//! one that would block. All take `&self`: a socket is shared by an `Arc`, and any number of tasks
//! may send and receive at once.
//!
//! As with connections (`byte_stream.rs`), no trait of the libraries below has all of it; so it is a
//! macro over the type of mio's socket and of the address. `self.io` is the [`Evented`] socket; one
//! try each are the private methods `send_once`, `receive_once`, `receive_once_from` and
//! `receive_slice_from`.
//!
//! [`Evented`]: crate::driver::evented::Evented

/// The methods of a socket for datagrams. `$pair` are lines that make two of them, `near` and `far`,
/// connected to each other.
macro_rules! datagram_socket {
    ($socket:ty, $address:ty, $pair:literal) => {
        /// Takes the error that waits in the socket, if any: that a datagram was refused, say.
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

        /// Waits until there is a datagram to receive. Any number of tasks may wait.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Lossless.
        ///
        #[doc = example!($pair, "far.send(b\"note\").await?;
let mut buf = [0; 8];
loop {
    near.readable().await?;
    match near.try_recv(&mut buf) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
        received => break assert_eq!(received?, 4),
    }
}
")]
        pub async fn readable(&self) -> io::Result<()> {
            self.io.to_be_tried(Direction::Read).await
        }

        /// Waits until there is room to send. Any number of tasks may wait.
        ///
        /// The room is this socket's own: whether a receiver on the same machine has any, only
        /// sending tells.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        ///
        /// # Cancel safety
        /// Lossless.
        ///
        #[doc = example!($pair, "near.writable().await?;
assert_eq!(near.try_send(b\"note\")?, 4);
")]
        pub async fn writable(&self) -> io::Result<()> {
            self.io.to_be_tried(Direction::Write).await
        }

        /// Polls for a datagram to receive. Only the waker of the last call that receives counts.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.io.poll_ready(Direction::Read, cx)
        }

        /// Polls for room to send. Only the waker of the last call that sends counts.
        ///
        /// # Errors
        /// After a shutdown of the runtime.
        pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.io.poll_ready(Direction::Write, cx)
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

near.async_io(Interest::WRITABLE, || near.try_send(b\"note\")).await?;
assert_eq!(far.recv(&mut [0; 8]).await?, 4);
")]
        pub async fn async_io<R>(
            &self,
            interest: Interest,
            mut f: impl FnMut() -> io::Result<R>,
        ) -> io::Result<R> {
            let io: &$socket = &self.io;
            self.io.async_io(interest, || io.try_io(&mut f)).await
        }

        /// Sends one datagram to the address that it is connected to.
        ///
        /// # Errors
        /// What the operating system says: that it is not connected, that the peer is gone or has
        /// refused an earlier datagram, that this one is too long.
        ///
        /// # Cancel safety
        /// Lossless: if it is dropped before its end, nothing was sent.
        ///
        #[doc = example!($pair, "assert_eq!(near.send(b\"note\").await?, 4);
")]
        pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
            self.io
                .async_io(Interest::WRITABLE, || self.send_once(buf))
                .await
        }

        /// Polls to send one datagram to the address that it is connected to. Only the waker of the
        /// last call that sends counts.
        ///
        /// # Errors
        /// As [`send`](Self::send).
        pub fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            self.io
                .poll_io(Direction::Write, cx, || self.send_once(buf))
        }

        /// Sends one datagram to the address that it is connected to, without waiting.
        ///
        /// # Errors
        /// `WouldBlock` if there is no room; as [`send`](Self::send).
        pub fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
            self.io.try_io(Interest::WRITABLE, || self.send_once(buf))
        }

        /// Receives one datagram and says how many bytes; what does not fit is lost.
        ///
        /// # Errors
        /// What the operating system says, for instance that a datagram sent before was refused.
        ///
        /// # Cancel safety
        /// Lossless: if it is dropped before its end, nothing was received.
        ///
        #[doc = example!($pair, "far.send(b\"note\").await?;
let mut buf = [0; 8];
assert_eq!(near.recv(&mut buf).await?, 4);
")]
        pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
            self.io
                .async_io(Interest::READABLE, || self.io.recv(buf))
                .await
        }

        /// Polls to receive one datagram. Only the waker of the last call that receives counts.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        pub fn poll_recv(
            &self,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let received = self
                .io
                .poll_io(Direction::Read, cx, || self.receive_once(buf));
            received.map_ok(drop)
        }

        /// Receives one datagram that is there.
        ///
        /// # Errors
        /// `WouldBlock` if there is none; as [`recv`](Self::recv).
        pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
            self.io.try_io(Interest::READABLE, || self.io.recv(buf))
        }

        /// Receives one datagram that is there, into the free part of a buffer that may grow.
        ///
        /// # Errors
        /// `WouldBlock` if there is none; as [`recv`](Self::recv).
        pub fn try_recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
            self.io.try_io(Interest::READABLE, || {
                fill(buf, |part| self.receive_once(part)).map(|(_, filled)| filled)
            })
        }

        /// Receives one datagram into the free part of a buffer, which is made larger only if it has
        /// none; what does not fit is lost.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        ///
        /// # Cancel safety
        /// Lossless: if it is dropped before its end, nothing was received.
        ///
        #[doc = example!($pair, "far.send(b\"note\").await?;
let mut buf = Vec::with_capacity(8);
near.recv_buf(&mut buf).await?;
assert_eq!(buf, b\"note\");
")]
        pub async fn recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
            self.io
                .async_io(Interest::READABLE, || {
                    fill(buf, |part| self.receive_once(part)).map(|(_, filled)| filled)
                })
                .await
        }

        /// Receives one datagram and says how many bytes and from where; what does not fit is lost.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        ///
        /// # Cancel safety
        /// Lossless: if it is dropped before its end, nothing was received.
        ///
        #[doc = example!($pair, "far.send(b\"note\").await?;
let mut buf = [0; 8];
let (count, _from) = near.recv_from(&mut buf).await?;
assert_eq!(&buf[..count], b\"note\");
")]
        pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, $address)> {
            self.io
                .async_io(Interest::READABLE, || self.receive_slice_from(buf))
                .await
        }

        /// Polls to receive one datagram, and says from where. Only the waker of the last call that
        /// receives counts.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        pub fn poll_recv_from(
            &self,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<$address>> {
            self.io
                .poll_io(Direction::Read, cx, || self.receive_once_from(buf))
        }

        /// Receives one datagram that is there, and says from where.
        ///
        /// # Errors
        /// `WouldBlock` if there is none; as [`recv`](Self::recv).
        pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, $address)> {
            self.io
                .try_io(Interest::READABLE, || self.receive_slice_from(buf))
        }

        /// Receives one datagram that is there, into the free part of a buffer that may grow, and
        /// says from where.
        ///
        /// # Errors
        /// `WouldBlock` if there is none; as [`recv`](Self::recv).
        pub fn try_recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, $address)> {
            self.io.try_io(Interest::READABLE, || {
                fill(buf, |part| self.receive_once_from(part)).map(|(from, filled)| (filled, from))
            })
        }

        /// Receives one datagram into the free part of a buffer, as [`recv_buf`](Self::recv_buf),
        /// and says from where.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        ///
        /// # Cancel safety
        /// Lossless: if it is dropped before its end, nothing was received.
        ///
        #[doc = example!($pair, "far.send(b\"note\").await?;
let mut buf = Vec::with_capacity(8);
let (count, _from) = near.recv_buf_from(&mut buf).await?;
assert_eq!(&buf[..count], b\"note\");
")]
        pub async fn recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, $address)> {
            self.io
                .async_io(Interest::READABLE, || {
                    let filled = fill(buf, |part| self.receive_once_from(part));
                    filled.map(|(from, filled)| (filled, from))
                })
                .await
        }
    };
}

pub(in crate::net) use datagram_socket;
