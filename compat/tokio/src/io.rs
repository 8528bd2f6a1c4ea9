//! Reading and writing bytes: traits, buffers, utilities.

pub use ::runtime::io::{
    AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, Error, ErrorKind, ReadBuf, Result, SeekFrom,
};

#[cfg(feature = "net")]
pub use ::runtime::io::{Interest, Ready};

#[cfg(feature = "io-util")]
pub use ::runtime::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufStream, BufWriter,
    Chain, Empty, Lines, Repeat, Sink, Split, Take, copy, copy_buf, empty, repeat, sink,
};
