//! The two directions of a connection, each owned.

use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BufMut;

use super::{SocketAddr, UnixStream};
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use crate::net::byte_stream::example;
use crate::net::halves::{
    any_half, async_read_half, async_write_half, owned_halves, read_half, write_half,
};

owned_halves!(
    UnixStream,
    "# let (near, far) = runtime::net::UnixStream::pair()?;
",
    {}
);
