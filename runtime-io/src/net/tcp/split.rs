//! The two directions of a borrowed connection.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BufMut;

use super::TcpStream;
use super::halves::{any_half, async_read_half, async_write_half, read_half, write_half};
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};

/// The direction that reads; from [`TcpStream::split`].
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
/// let (mut reader, mut writer) = client.split();
/// writer.write_all(b"x").await?;
/// assert_eq!(server.read_u8().await?, b'x');
/// server.write_all(b"y").await?;
/// assert_eq!(reader.read_u8().await?, b'y');
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ReadHalf<'a>(&'a TcpStream);

/// The direction that writes; from [`TcpStream::split`].
///
/// Dropping it ends nothing; [`AsyncWriteExt::shutdown`](crate::io::AsyncWriteExt::shutdown) does.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
/// let (mut reader, mut writer) = client.split();
/// writer.write_all(b"x").await?;
/// assert_eq!(server.read_u8().await?, b'x');
/// server.write_all(b"y").await?;
/// assert_eq!(reader.read_u8().await?, b'y');
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct WriteHalf<'a>(&'a TcpStream);

pub(super) fn split(stream: &mut TcpStream) -> (ReadHalf<'_>, WriteHalf<'_>) {
    (ReadHalf(stream), WriteHalf(stream))
}

impl ReadHalf<'_> {
    fn stream(&self) -> &TcpStream {
        self.0
    }

    any_half!();
    read_half!();
}

impl WriteHalf<'_> {
    fn stream(&self) -> &TcpStream {
        self.0
    }

    /// Nothing is done at its drop, so nothing changes.
    fn ended(&mut self) {}

    any_half!();
    write_half!();
}

async_read_half!(ReadHalf<'_>);
async_write_half!(WriteHalf<'_>);
