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
use crate::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use crate::net::byte_stream::example;
use crate::net::halves::{
    any_half, async_read_half, async_write_half, owned_halves, peeking_half, read_half, write_half,
};

owned_halves!(
    TcpStream,
    "# let listener = runtime::net::TcpListener::bind(\"127.0.0.1:0\").await?;
# let near = runtime::net::TcpStream::connect(listener.local_addr()?).await?;
# let (far, _) = listener.accept().await?;
",
    {
        peeking_half!(
            "# let listener = runtime::net::TcpListener::bind(\"127.0.0.1:0\").await?;
# let near = runtime::net::TcpStream::connect(listener.local_addr()?).await?;
# let (far, _) = listener.accept().await?;
"
        );
    }
);
