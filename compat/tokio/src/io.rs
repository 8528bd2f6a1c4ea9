//! Reading and writing bytes: traits, buffers, utilities.

pub use ::runtime::io::{
    AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, Error, ErrorKind, ReadBuf, Result, SeekFrom,
};

#[cfg(feature = "net")]
pub use ::runtime::io::{Interest, Ready};

#[cfg(feature = "io-std")]
pub use ::runtime::io::{Stderr, Stdin, Stdout, stderr, stdin, stdout};

#[cfg(feature = "io-util")]
pub use ::runtime::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufStream, BufWriter,
    Chain, DuplexStream, Empty, Join, Lines, ReadHalf, Repeat, SimplexStream, Sink, Split, Take,
    WriteHalf, copy, copy_bidirectional, copy_bidirectional_with_sizes, copy_buf, duplex, empty,
    join, repeat, simplex, sink, split,
};

/// Descriptors of somebody else's.
#[cfg(all(unix, feature = "net"))]
pub mod unix {
    #[doc(hidden)]
    #[allow(deprecated)]
    pub use ::runtime::io::unix::AsyncFdTryNewError;
    pub use ::runtime::io::unix::{
        AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard, AsyncFdRegisterError, TryIoError,
    };
}
