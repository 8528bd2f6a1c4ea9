//! Many datagrams by one system call, on Linux and Android; elsewhere one after the other.
//!
//! An addition to the vocabulary: at small sizes most of a datagram's cost is the way into the
//! kernel and back. Each call moves at most [`BATCH`] datagrams, so that neither the stack nor the
//! time of a poll grows with what the caller brings.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;

use super::UdpSocket;
use crate::io::Interest;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(any(target_os = "linux", target_os = "android"))]
use linux as sys;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod one_by_one;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use one_by_one as sys;

/// How many datagrams one call moves at most.
const BATCH: usize = 32;

/// A datagram that [`UdpSocket::send_many`] is to send.
///
/// ```
/// use runtime::net::Datagram;
///
/// let to = "127.0.0.1:50000".parse().unwrap();
/// let addressed = Datagram { payload: b"note", to: Some(to) };
/// let connected = Datagram { payload: b"note", to: None };
/// assert_ne!(addressed, connected);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// What it carries.
    pub payload: &'a [u8],
    /// Where it goes; `None` for the address that the socket is connected to.
    pub to: Option<SocketAddr>,
}

/// A datagram that [`UdpSocket::recv_many`] has received; its bytes are in the buffer of the same
/// place.
///
/// ```
/// use runtime::net::Received;
///
/// let received = Received { len: 4, from: "127.0.0.1:50000".parse().unwrap() };
/// assert_eq!(received.len, 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many bytes of the buffer it fills.
    pub len: usize,
    /// Who sent it.
    pub from: SocketAddr,
}

impl UdpSocket {
    /// Sends datagrams, first to last, and says how many: at least one, at most 32 at once.
    ///
    /// It waits until the first can be sent, and then sends as many more as there is room for. On
    /// Linux and Android that is one system call.
    ///
    /// # Errors
    /// As [`UdpSocket::send`], of the first datagram. What is wrong with a later one ends the count
    /// before it, and is the error of the call that begins with it.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was sent.
    ///
    /// ```
    /// use runtime::net::{Datagram, UdpSocket};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let to = Some(socket.local_addr()?);
    /// let notes = ["one", "two", "three"].map(|note| Datagram { payload: note.as_bytes(), to });
    /// let mut rest = &notes[..];
    /// while !rest.is_empty() {
    ///     let sent = socket.send_many(rest).await?;
    ///     rest = &rest[sent..];
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn send_many(&self, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
        if datagrams.is_empty() {
            return Ok(0);
        }
        self.io
            .async_io(Interest::WRITABLE, || sys::send(&self.io, datagrams))
            .await
    }

    /// Sends datagrams, as many as there is room for, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room for the first; as [`UdpSocket::send_many`].
    pub fn try_send_many(&self, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
        if datagrams.is_empty() {
            return Ok(0);
        }
        self.io
            .try_io(Interest::WRITABLE, || sys::send(&self.io, datagrams))
    }

    /// Receives datagrams, each into a buffer of its own, and says how many: at least one, at most 32
    /// at once.
    ///
    /// It waits until there is one, and then takes those that are there. What is known of each is
    /// appended to `received`, in the order of the buffers. A datagram that is longer than its
    /// buffer is cut off. On Linux and Android that is one system call.
    ///
    /// # Errors
    /// As [`UdpSocket::recv`], if there is one before the first datagram.
    ///
    /// # Cancel safety
    /// Lossless: if it is dropped before its end, nothing was received.
    ///
    /// ```
    /// use std::io::IoSliceMut;
    /// use runtime::net::UdpSocket;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let addr = socket.local_addr()?;
    /// socket.send_to(b"one", addr).await?;
    /// socket.send_to(b"three", addr).await?;
    ///
    /// let mut buffers = [[0; 1500]; 16];
    /// let mut slices: Vec<IoSliceMut> = buffers.iter_mut().map(|b| IoSliceMut::new(b)).collect();
    /// let mut received = Vec::new();
    /// while received.len() < 2 {
    ///     let taken = received.len();
    ///     socket.recv_many(&mut slices[taken..], &mut received).await?;
    /// }
    /// assert_eq!(&buffers[1][..received[1].len], b"three");
    /// assert_eq!(received[1].from, addr);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv_many(
        &self,
        bufs: &mut [IoSliceMut<'_>],
        received: &mut Vec<Received>,
    ) -> io::Result<usize> {
        if bufs.is_empty() {
            return Ok(0);
        }
        self.io
            .async_io(Interest::READABLE, || {
                sys::receive(&self.io, bufs, received)
            })
            .await
    }

    /// Receives the datagrams that are there, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`UdpSocket::recv_many`].
    pub fn try_recv_many(
        &self,
        bufs: &mut [IoSliceMut<'_>],
        received: &mut Vec<Received>,
    ) -> io::Result<usize> {
        if bufs.is_empty() {
            return Ok(0);
        }
        self.io.try_io(Interest::READABLE, || {
            sys::receive(&self.io, bufs, received)
        })
    }
}

#[cfg(all(test, unix, not(loom)))]
mod tests;
