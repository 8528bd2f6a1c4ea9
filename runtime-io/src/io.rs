//! Traits and utilities of asynchronous I/O; knows no driver.
//!
//! A reader implements [`AsyncRead`], a writer [`AsyncWrite`]; what one calls on them stands in
//! [`AsyncReadExt`] and [`AsyncWriteExt`], which every one of them has.

mod async_read;
pub use async_read::AsyncRead;

mod async_write;
pub use async_write::AsyncWrite;

mod async_buf_read;
pub use async_buf_read::AsyncBufRead;

mod async_seek;
pub use async_seek::AsyncSeek;

mod read_buf;
pub use read_buf::ReadBuf;

mod read_ext;
pub use read_ext::AsyncReadExt;

mod write_ext;
pub use write_ext::AsyncWriteExt;

mod buf_read_ext;
pub use buf_read_ext::AsyncBufReadExt;

mod seek_ext;
pub use seek_ext::AsyncSeekExt;

pub mod futures;

mod chain;
pub use chain::Chain;

mod take;
pub use take::Take;

mod lines;
pub use lines::Lines;

mod segments;
pub use segments::Split;

mod buf_reader;
pub use buf_reader::BufReader;

mod buf_writer;
pub use buf_writer::BufWriter;

mod buf_stream;
pub use buf_stream::BufStream;

mod copy;
pub use copy::{copy, copy_buf};

mod copy_bidirectional;
pub use copy_bidirectional::{copy_bidirectional, copy_bidirectional_with_sizes};

mod turn;

mod split;
pub use split::{ReadHalf, WriteHalf, split};

mod join;
pub use join::{Join, join};

mod pipe;

mod memory;
pub use memory::{DuplexStream, SimplexStream, duplex, simplex};

mod endless;
pub use endless::{Empty, Repeat, Sink, empty, repeat, sink};

mod interest;
pub use interest::Interest;

mod ready;
pub use ready::Ready;

mod budget;

pub(crate) mod slices;

#[cfg(any(feature = "net", feature = "fs", feature = "io-std"))]
mod again;
#[cfg(any(feature = "net", feature = "fs", feature = "io-std"))]
pub(crate) use again::again;

mod find;

#[doc(no_inline)]
pub use std::io::{Error, ErrorKind, Result, SeekFrom};

#[cfg(all(test, not(loom)))]
mod tests;
