//! A write that failed after it was accepted.

use std::io;

use crate::io::again;

/// A write that was accepted and then failed: why, and the bytes that did not get there.
///
/// A [`File`](super::File) reports it until
/// [`File::discard_failed_write`](super::File::discard_failed_write) takes it.
///
/// ```
/// use runtime::fs::File;
/// use runtime::io::AsyncWriteExt;
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut manifest = File::open("Cargo.toml").await?;
/// manifest.write(b"no").await?;
/// assert!(manifest.flush().await.is_err(), "it was opened to be read");
/// assert!(manifest.flush().await.is_err(), "and it is not forgotten");
/// let failed = manifest.discard_failed_write().await.expect("a failed write");
/// assert_eq!(failed.unwritten(), b"no");
/// manifest.flush().await?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FailedWrite {
    error: io::Error,
    unwritten: Vec<u8>,
}

impl FailedWrite {
    pub(crate) fn new(error: io::Error, unwritten: Vec<u8>) -> FailedWrite {
        FailedWrite { error, unwritten }
    }

    /// Why it failed.
    pub fn error(&self) -> &io::Error {
        &self.error
    }

    /// The accepted bytes that were not written; those before them were. Empty if it was a
    /// synchronisation with the device that failed: then it is not known what is there.
    pub fn unwritten(&self) -> &[u8] {
        &self.unwritten
    }

    /// Both.
    pub fn into_parts(self) -> (io::Error, Vec<u8>) {
        (self.error, self.unwritten)
    }

    /// The error once more, to be returned.
    pub(crate) fn again(&self) -> io::Error {
        again(&self.error)
    }
}
