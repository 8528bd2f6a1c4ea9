//! The futures of the extension methods, under names of their own.
//!
//! Each borrows what it works on, holds no buffer beyond what is said, and is not `Unpin`, so that
//! its inside may change.

mod numbers;
mod read;
mod read_line;
mod read_to_end;
mod read_until;
mod seek;
mod write;

pub use numbers::*;
pub use read::{Read, ReadExact, ReadIntoBuf};
pub use read_line::ReadLine;
pub use read_to_end::{ReadToEnd, ReadToString};

pub(super) use read_to_end::Filling;
pub use read_until::{FillBuf, ReadUntil};
pub use seek::Seek;
pub use write::{Flush, Shutdown, Write, WriteAll, WriteAllBuf, WriteBuf, WriteVectored};

pub(super) use read_until::poll_read_until;

#[cfg(feature = "net")]
pub(crate) use read::fill;
