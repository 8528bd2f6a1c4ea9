//! The end that opened the pipe.
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

/// A connection to a pipe's server; made by [`ClientOptions`](super::ClientOptions).
///
/// Dropping it ends the connection. What was written before still goes out, unless the server ends
/// first.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::windows::named_pipe::{ClientOptions, ServerOptions};
///
/// # runtime::Runtime::new()?.block_on(async {
/// # let name = format!(r"\\.\pipe\runtime-client-{}", std::process::id());
/// let mut server = ServerOptions::new().create(&name)?;
/// let mut client = ClientOptions::new().open(&name)?;
/// server.connect().await?;
/// server.write_all(b"hello").await?;
/// let mut buf = [0; 5];
/// client.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"hello");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct NamedPipeClient {
    io: Evented<NamedPipe>,
}

pipe_end!(
    NamedPipeClient,
    "let far = ServerOptions::new().create(&name)?;
let near = ClientOptions::new().open(&name)?;
far.connect().await?;
"
);
