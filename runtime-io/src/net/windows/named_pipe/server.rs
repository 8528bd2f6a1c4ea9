//! The end that made the pipe.
#![allow(unsafe_code, reason = "handles change hands, and are lent")]

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, RawHandle};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BufMut;
use mio::windows::NamedPipe;

use super::end::{example, pipe_end};
use super::{PipeInfo, system};
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::io::futures::fill;
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};

/// An instance of a pipe, for one client; made by [`ServerOptions`](super::ServerOptions).
///
/// Dropping it ends the connection. What was written before still goes out, unless the client ends
/// first.
///
/// ```
/// use runtime::io::AsyncWriteExt;
/// use runtime::net::windows::named_pipe::{ClientOptions, ServerOptions};
///
/// # runtime::Runtime::new()?.block_on(async {
/// # let name = format!(r"\\.\pipe\runtime-server-{}", std::process::id());
/// let mut server = ServerOptions::new().first_pipe_instance(true).create(&name)?;
/// # let path = name.clone();
/// let clients = runtime::spawn(async move {
///     for _ in 0..2 {
///         let client = ClientOptions::new().open(&path)?;
///         client.readable().await?;
///     }
///     Ok::<(), std::io::Error>(())
/// });
/// for _ in 0..2 {
///     server.connect().await?;
///     // The next client finds the next instance.
///     let next = ServerOptions::new().create(&name)?;
///     let mut connected = std::mem::replace(&mut server, next);
///     connected.write_all(b"hello").await?;
///     # connected.readable().await?;
/// }
/// clients.await.unwrap()?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct NamedPipeServer {
    io: Evented<NamedPipe>,
}

impl NamedPipeServer {
    /// Waits for a client; ends at once if one is there.
    ///
    /// # Errors
    /// What the operating system says; after a shutdown of the runtime.
    ///
    /// # Cancel safety
    /// Lossless: a client that comes meanwhile is there when it is called again.
    ///
    /// ```
    /// use runtime::net::windows::named_pipe::{ClientOptions, ServerOptions};
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let name = format!(r"\\.\pipe\runtime-connect-{}", std::process::id());
    /// let server = ServerOptions::new().create(&name)?;
    /// let (connected, client) = runtime::join!(server.connect(), async {
    ///     ClientOptions::new().open(&name)
    /// });
    /// connected?;
    /// client?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn connect(&self) -> io::Result<()> {
        match self.io.connect() {
            // It is under way; writable is what the pipe becomes with it.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let connect = || self.io.connect();
                self.io.async_io(Interest::WRITABLE, connect).await
            }
            outcome => outcome,
        }
    }

    /// Ends the connection; the client loses what it has not read. Then
    /// [`connect`](NamedPipeServer::connect) waits for another.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn disconnect(&self) -> io::Result<()> {
        self.io.disconnect()
    }
}

pipe_end!(
    NamedPipeServer,
    "let near = ServerOptions::new().create(&name)?;
let far = ClientOptions::new().open(&name)?;
near.connect().await?;
"
);
