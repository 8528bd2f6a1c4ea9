//! Several buffers for one write.

use std::io::IoSlice;

/// Slices that one system call takes on every system.
#[cfg(any(feature = "net", feature = "process"))]
const MAX: usize = 1024;

/// Those that go out at once. A write of more would end short though there is room.
#[cfg(any(feature = "net", feature = "process"))]
pub(crate) fn at_once<'a, 'b>(bufs: &'a [IoSlice<'b>]) -> &'a [IoSlice<'b>] {
    &bufs[..bufs.len().min(MAX)]
}

/// How many bytes there are; the same memory may stand there more than once.
pub(crate) fn length(bufs: &[IoSlice<'_>]) -> usize {
    let lengths = bufs.iter().map(|buf| buf.len());
    lengths.fold(0, usize::saturating_add)
}
