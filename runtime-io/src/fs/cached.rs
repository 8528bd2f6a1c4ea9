//! Reads that the page cache can serve, without a thread of the pool.
//!
//! Linux tells: `preadv2` with `RWF_NOWAIT` reads what is in memory and does not wait for a disk.
//! What it says is used when it gives bytes. "Nothing", which may be the end of the file or, in
//! some kernels, a page that is on its way, is asked again on the pool; so is an error. A file that
//! cannot be asked this way (a terminal, a file system without support) is asked once.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[path = "cached/linux.rs"]
mod imp;

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
#[path = "cached/nowhere.rs"]
mod imp;

pub(super) use imp::read;

/// At most as many bytes are copied at once on a worker: a few microseconds.
pub(super) const INLINE_MAX: usize = 64 * 1024;

/// Where to read.
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    allow(dead_code, reason = "only there is anything to ask")
)]
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// At the file's own position, which moves.
    Cursor,
    At(u64),
}

/// What the page cache gave.
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    allow(dead_code, reason = "only there is anything to ask")
)]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cached {
    /// At least a byte, appended.
    Bytes,
    /// To be asked on the pool, this time.
    NotNow,
    /// To be asked on the pool, always.
    Never,
}
