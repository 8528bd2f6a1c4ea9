//! Descriptors, and reads and writes that leave the position alone.
#![allow(unsafe_code, reason = "the contract of raw descriptors is handed on")]

use std::fs::File as StdFile;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::File;
use crate::fs::cached::Place;
use crate::io::ReadBuf;
use crate::pool::{self, ask, lost};

impl File {
    /// Reads at `offset`, wherever the position is, and does not move it; gives how many bytes, 0
    /// at the end. Others may read and write meanwhile.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossless: nothing is changed.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let manifest = runtime::fs::File::open("Cargo.toml").await?;
    /// let mut bytes = [0; 7];
    /// assert_eq!(manifest.read_at(&mut bytes, 1).await?, 7);
    /// assert_eq!(&bytes, b"package");
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let mut cached = ReadBuf::new(buf);
        if self.read_cached(Place::At(offset), &mut cached) {
            return Ok(cached.filled().len());
        }
        let (file, count) = (Arc::clone(&self.file), buf.len().min(self.max_buf_size));
        let bytes = ask(move || {
            let mut bytes = vec![0; count];
            let read = uninterrupted(|| file.read_at(&mut bytes, offset))?;
            bytes.truncate(read);
            Ok(bytes)
        })
        .await?;
        buf[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    /// Writes at `offset`, wherever the position is, and does not move it; gives how many bytes.
    /// It waits until the operating system has them, so there is nothing to flush. It begins after
    /// what this handle has under way at its position; others may read and write meanwhile.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: once begun it is done, by the thread that ends the runtime if need be; who gives up
    /// does not learn how it ended.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-write-at-{}", std::process::id()));
    /// let file = runtime::fs::File::create_new(&path).await?;
    /// file.write_at(b"text", 2).await?;
    /// assert_eq!(runtime::fs::read(&path).await?, b"\0\0text");
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        // They may be the very bytes that change now.
        self.give_unread_back().await;
        let (file, bytes) = (Arc::clone(&self.file), buf.to_vec());
        let job = pool::start_duty(move || uninterrupted(|| file.write_at(&bytes, offset)));
        match job {
            Some(job) => job.await.unwrap_or_else(|| Err(lost())),
            None => Err(lost()),
        }
    }
}

fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl From<OwnedFd> for File {
    fn from(fd: OwnedFd) -> Self {
        Self::from_std(StdFile::from(fd))
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl FromRawFd for File {
    unsafe fn from_raw_fd(fd: RawFd) -> Self {
        // SAFETY: the caller's promise is the same: the descriptor is open and ours.
        Self::from_std(unsafe { StdFile::from_raw_fd(fd) })
    }
}
