//! The two directions of a connection, each owned.

use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BufMut;

use super::TcpStream;
use super::halves::{any_half, async_read_half, async_write_half, read_half, write_half};
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};

/// The direction that reads; from [`TcpStream::into_split`].
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
/// let (mut reader, mut writer) = client.into_split();
/// let sending = runtime::spawn(async move { writer.write_all(b"x").await });
/// assert_eq!(server.read_u8().await?, b'x');
/// sending.await??;
/// server.write_all(b"y").await?;
/// assert_eq!(reader.read_u8().await?, b'y');
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct OwnedReadHalf {
    stream: Arc<TcpStream>,
}

/// The direction that writes; from [`TcpStream::into_split`].
///
/// Dropping it ends the writing: the peer reads to the end. Reading goes on.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
/// let (mut reader, mut writer) = client.into_split();
/// let sending = runtime::spawn(async move { writer.write_all(b"x").await });
/// assert_eq!(server.read_u8().await?, b'x');
/// sending.await??;
/// server.write_all(b"y").await?;
/// assert_eq!(reader.read_u8().await?, b'y');
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct OwnedWriteHalf {
    stream: Arc<TcpStream>,
    ends_on_drop: bool,
}

pub(super) fn split(stream: TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) {
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

fn reunite(read: OwnedReadHalf, write: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
    if !Arc::ptr_eq(&read.stream, &write.stream) {
        return Err(ReuniteError(read, write));
    }
    write.forget();
    Ok(Arc::try_unwrap(read.stream).expect("a connection has two halves"))
}

impl OwnedReadHalf {
    fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The connection again.
    ///
    /// # Errors
    /// Both halves, if they are of two connections.
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        reunite(self, other)
    }

    any_half!();
    read_half!();
}

impl OwnedWriteHalf {
    fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The connection again.
    ///
    /// # Errors
    /// Both halves, if they are of two connections.
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
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

    any_half!();
    write_half!();
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if mem::take(&mut self.ends_on_drop) {
            // Nobody is left to be told of a failure; a connection that is broken has ended anyway.
            let _ = self.stream.shutdown_std(Shutdown::Write);
        }
    }
}

async_read_half!(OwnedReadHalf);
async_write_half!(OwnedWriteHalf);

/// Two halves that do not belong together, given back.
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
