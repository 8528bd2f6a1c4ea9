//! The two directions of a borrowed connection.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BufMut;

use super::{SocketAddr, UnixStream};
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use crate::net::byte_stream::example;
use crate::net::halves::{
    any_half, async_read_half, async_write_half, borrowed_halves, read_half, write_half,
};

borrowed_halves!(
    UnixStream,
    "# let (near, far) = runtime::net::UnixStream::pair()?;
",
    {}
);
