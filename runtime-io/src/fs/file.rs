//! A file that does not block the thread that reads and writes it.
//!
//! What it can do at once it does at once: bytes that were read before, and what the page cache has
//! (`cached.rs`). All else is a job on the pool, one at a time (`cursor.rs`, C1).

use std::fmt;
use std::fs::{File as StdFile, Metadata, Permissions};
use std::future::poll_fn;
use std::io::{self, IoSlice, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::{Duration, SystemTime};

use runtime_core::coop;
use runtime_core::sync::Mutex;

use super::cached::{self, Cached, INLINE_MAX, Place};
use super::{FailedWrite, FileTimes, OpenOptions};
use crate::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
use crate::pool::{ask, lost};

mod cursor;
use cursor::{Cursor, Done};

#[cfg(unix)]
mod unix;

#[cfg(windows)]
mod windows;

/// As much as one job reads or writes, unless [`File::set_max_buf_size`] says otherwise.
const BUF_SIZE_MAX: usize = 2 * 1024 * 1024;

/// An open file.
///
/// Reading and writing go through [`AsyncReadExt`](crate::io::AsyncReadExt),
/// [`AsyncWriteExt`](crate::io::AsyncWriteExt) and [`AsyncSeekExt`](crate::io::AsyncSeekExt).
///
/// **Writing.** A write accepts bytes and returns; a thread of the pool hands them to the operating
/// system. `flush` waits until it has, `sync_all` until the device has. Accepted bytes are written
/// also if the file is dropped or the runtime ends. Dropping the runtime waits for that;
/// `shutdown_timeout` waits so long and no longer, `shutdown_background` not at all: a thread that is
/// left behind goes on writing, as long as the process lives. If that fails, each later write,
/// `flush`, `shutdown`, `sync_all` and `sync_data` says so, until [`File::discard_failed_write`] takes
/// the failure; so flush before the file is dropped, to hear of it.
///
/// **Giving up** on a read, write or seek loses nothing: bytes that a cancelled read had fetched
/// come with the next, and the position is always the one behind the bytes that the caller has.
///
/// ```
/// use runtime::fs::File;
/// use runtime::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
///
/// # runtime::Runtime::new()?.block_on(async {
/// # let path = std::env::temp_dir().join(format!("runtime-file-{}", std::process::id()));
/// let mut file = File::options().read(true).write(true).create(true).open(&path).await?;
/// file.write_all(b"some text").await?;
/// file.flush().await?;
/// file.rewind().await?;
/// let mut text = String::new();
/// file.read_to_string(&mut text).await?;
/// assert_eq!(text, "some text");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct File {
    file: Arc<StdFile>,
    cursor: Mutex<Cursor>,
    max_buf_size: usize,
    /// Whether reads may be asked of the page cache.
    cached: AtomicBool,
}

impl File {
    /// Opens a file to read it.
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
    /// assert!(manifest.metadata().await?.is_file());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> io::Result<File> {
        Self::options().read(true).open(path).await
    }

    /// Opens a file to write it: makes it if it is not there, and empties it if it is.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: who gives up gets no file; it may have been made or emptied all the same.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-create-{}", std::process::id()));
    /// use runtime::io::AsyncWriteExt;
    ///
    /// let mut file = runtime::fs::File::create(&path).await?;
    /// file.write_all(b"text").await?;
    /// file.flush().await?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn create(path: impl AsRef<Path>) -> io::Result<File> {
        let mut options = Self::options();
        options.write(true).create(true).truncate(true);
        options.open(path).await
    }

    /// Makes a file, to read and write it.
    ///
    /// # Errors
    /// `AlreadyExists` if something of that name is there, a link that points nowhere too; what
    /// else the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: who gives up gets no file; it may have been made all the same.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-create-new-{}", std::process::id()));
    /// let file = runtime::fs::File::create_new(&path).await?;
    /// assert!(runtime::fs::File::create_new(&path).await.is_err());
    /// # drop(file);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn create_new<P: AsRef<Path>>(path: P) -> io::Result<File> {
        let mut options = Self::options();
        options.read(true).write(true).create_new(true);
        options.open(path).await
    }

    /// How to open a file, all off.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Over an open file of the standard library; needs no runtime yet.
    pub fn from_std(std: StdFile) -> File {
        File {
            file: Arc::new(std),
            cursor: Mutex::new(Cursor::default()),
            max_buf_size: BUF_SIZE_MAX,
            cached: AtomicBool::new(true),
        }
    }

    /// Waits until what was written is on the device, with the file's metadata.
    ///
    /// # Errors
    /// A failed write that was not discarded; what the operating system says, which then stands as
    /// a failed write; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossless: once begun it is done; an error of the device stands as a failed write.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-sync-all-{}", std::process::id()));
    /// use runtime::io::AsyncWriteExt;
    ///
    /// let mut file = runtime::fs::File::create(&path).await?;
    /// file.write_all(b"text").await?;
    /// file.sync_all().await?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn sync_all(&self) -> io::Result<()> {
        self.sync(StdFile::sync_all).await
    }

    /// As [`File::sync_all`], without metadata that nobody needs to find the bytes.
    ///
    /// # Errors
    /// As [`File::sync_all`].
    ///
    /// # Cancel safety
    /// Lossless: as [`File::sync_all`].
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-sync-data-{}", std::process::id()));
    /// use runtime::io::AsyncWriteExt;
    ///
    /// let mut file = runtime::fs::File::create(&path).await?;
    /// file.write_all(b"text").await?;
    /// file.sync_data().await?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn sync_data(&self) -> io::Result<()> {
        self.sync(StdFile::sync_data).await
    }

    async fn sync(&self, sync: fn(&StdFile) -> io::Result<()>) -> io::Result<()> {
        let mut cursor = self.cursor.lock().await;
        settle(&mut cursor).await;
        cursor.failure()?;
        cursor.start_sync(&self.file, sync);
        match poll_fn(|cx| cursor.poll_done(cx)).await {
            Done::Synced(result) => result,
            _ => Err(lost()),
        }
    }

    /// Cuts the file to `size` bytes, or fills it up with zeros. The position stays.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: once begun it is done; who gives up does not learn how it ended.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-set-len-{}", std::process::id()));
    /// let file = runtime::fs::File::create(&path).await?;
    /// file.set_len(10).await?;
    /// assert_eq!(file.metadata().await?.len(), 10);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn set_len(&self, size: u64) -> io::Result<()> {
        let mut cursor = self.cursor.lock().await;
        settle(&mut cursor).await;
        cursor.start_resize(&self.file, size);
        match poll_fn(|cx| cursor.poll_done(cx)).await {
            Done::Resized(result) => result,
            _ => Err(lost()),
        }
    }

    /// What is known of the file; bytes that are accepted and not flushed may not count yet.
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
    /// assert!(manifest.metadata().await?.len() > 0);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let file = Arc::clone(&self.file);
        ask(move || file.metadata()).await
    }

    /// A second handle of the same open file: the two share the position.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossless: nothing is changed.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// use runtime::io::AsyncReadExt;
    ///
    /// let mut manifest = runtime::fs::File::open("Cargo.toml").await?;
    /// let mut clone = manifest.try_clone().await?;
    /// let (first, second) = (manifest.read_u8().await?, clone.read_u8().await?);
    /// assert_eq!([first, second], *b"[p");
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn try_clone(&self) -> io::Result<File> {
        self.give_unread_back().await;
        let file = Arc::clone(&self.file);
        let mut clone = File::from_std(ask(move || file.try_clone()).await?);
        clone.max_buf_size = self.max_buf_size;
        Ok(clone)
    }

    /// The standard library's file, after what is under way. Its position is behind the bytes that
    /// were taken from here.
    ///
    /// A failed write is forgotten with this handle: flush before.
    ///
    /// # Cancel safety
    /// Lossy: who gives up loses the handle; accepted bytes are written.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let manifest = runtime::fs::File::open("Cargo.toml").await?;
    /// let manifest: std::fs::File = manifest.into_std().await;
    /// # drop(manifest);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn into_std(self) -> StdFile {
        self.give_unread_back().await;
        let mut file = self.file;
        loop {
            match Arc::try_unwrap(file) {
                Ok(file) => return file,
                // Somebody gave up on a question about it that a thread is still at.
                Err(shared) => file = shared,
            }
            let pause = || {
                thread::sleep(Duration::from_millis(1));
                Ok(())
            };
            // After the runtime's end nobody is at it, and nothing is asked.
            let _ = ask(pause).await;
        }
    }

    /// As [`File::into_std`], at once.
    ///
    /// # Errors
    /// The file itself, if an operation is under way.
    #[allow(clippy::result_large_err, reason = "the caller gets its file back")]
    pub fn try_into_std(mut self) -> Result<StdFile, Self> {
        if !self.cursor.get_mut().try_rewind(&self.file) {
            return Err(self);
        }
        match Arc::try_unwrap(self.file) {
            Ok(file) => Ok(file),
            Err(file) => {
                self.file = file;
                Err(self)
            }
        }
    }

    /// Sets who may do what with the file.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: once begun it is done; who gives up does not learn how it ended.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-file-permissions-{}", std::process::id()));
    /// let file = runtime::fs::File::create(&path).await?;
    /// let mut permissions = file.metadata().await?.permissions();
    /// permissions.set_readonly(true);
    /// file.set_permissions(permissions).await?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn set_permissions(&self, perm: Permissions) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        ask(move || file.set_permissions(perm)).await
    }

    /// Sets when the file was read and written, after what is under way.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: once begun it is done; who gives up does not learn how it ended.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-set-times-{}", std::process::id()));
    /// use runtime::fs::FileTimes;
    /// use std::time::SystemTime;
    ///
    /// let file = runtime::fs::File::create(&path).await?;
    /// file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH)).await?;
    /// assert_eq!(file.metadata().await?.modified()?, SystemTime::UNIX_EPOCH);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn set_times(&self, times: FileTimes) -> io::Result<()> {
        settle(&mut *self.cursor.lock().await).await;
        let file = Arc::clone(&self.file);
        ask(move || file.set_times(times.into_std())).await
    }

    /// Sets when the file was written, after what is under way.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossy: once begun it is done; who gives up does not learn how it ended.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("runtime-set-modified-{}", std::process::id()));
    /// use std::time::SystemTime;
    ///
    /// let file = runtime::fs::File::create(&path).await?;
    /// file.set_modified(SystemTime::UNIX_EPOCH).await?;
    /// assert_eq!(file.metadata().await?.modified()?, SystemTime::UNIX_EPOCH);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.set_times(FileTimes::new().set_modified(time)).await
    }

    /// Bounds how many bytes one read or write moves; 2 MiB if not set.
    ///
    /// # Panics
    /// If it is zero.
    #[track_caller]
    pub fn set_max_buf_size(&mut self, max_buf_size: usize) {
        assert!(max_buf_size > 0, "`max_buf_size` must be greater than 0");
        self.max_buf_size = max_buf_size;
    }

    /// How many bytes one read or write moves at most.
    pub fn max_buf_size(&self) -> usize {
        self.max_buf_size
    }

    /// Takes a write that failed after it was accepted, and so allows to go on writing; `None` if
    /// there is none. Waits for a write that is under way.
    ///
    /// # Cancel safety
    /// Lossless: the failure is taken or stays.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// use runtime::io::AsyncWriteExt;
    ///
    /// let mut manifest = runtime::fs::File::open("Cargo.toml").await?;
    /// manifest.write(b"text").await?;
    /// let failed = manifest.discard_failed_write().await.expect("it was opened to be read");
    /// assert_eq!(failed.unwritten(), b"text");
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn discard_failed_write(&mut self) -> Option<FailedWrite> {
        let cursor = self.cursor.get_mut();
        settle(cursor).await;
        cursor.discard_failure()
    }

    /// What was read for somebody who gave up is read anew.
    async fn give_unread_back(&self) {
        let mut cursor = self.cursor.lock().await;
        settle(&mut cursor).await;
        if cursor.has_unread() {
            cursor.start_rewind(&self.file);
            settle(&mut cursor).await;
        }
    }

    /// Reads at once what the page cache has; false if it has to be asked on the pool.
    fn read_cached(&self, place: Place, buf: &mut ReadBuf<'_>) -> bool {
        // Relaxed: a hint, which the one system call decides anew.
        if !self.cached.load(Ordering::Relaxed) {
            return false;
        }
        let max = self.max_buf_size.min(INLINE_MAX);
        match cached::read(&self.file, place, buf, max) {
            Cached::Bytes => true,
            Cached::NotNow => false,
            Cached::Never => {
                // Relaxed: as above.
                self.cached.store(false, Ordering::Relaxed);
                false
            }
        }
    }

    /// One turn of a write: `Pending` while something else is under way.
    fn poll_write_all_of(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = ready!(coop::poll_proceed(cx));
        let cursor = self.cursor.get_mut();
        let _done = ready!(cursor.poll_done(cx));
        progress.made();
        cursor.failure()?;
        if bufs.iter().all(|buf| buf.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        Poll::Ready(cursor.start_write(&self.file, bufs, self.max_buf_size))
    }
}

/// Waits for what is under way; its end is kept.
async fn settle(cursor: &mut Cursor) {
    let _done = poll_fn(|cx| cursor.poll_done(cx)).await;
}

impl AsyncRead for File {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let progress = ready!(coop::poll_proceed(cx));
        loop {
            let cursor = this.cursor.get_mut();
            let done = ready!(cursor.poll_done(cx));
            let ended = matches!(done, Done::Read(Ok(())));
            if let Done::Read(Err(error)) = done {
                progress.made();
                return Poll::Ready(Err(error));
            }
            if matches!(done, Done::Lost) {
                return Poll::Ready(Err(lost()));
            }
            if ended || cursor.has_unread() || buf.remaining() == 0 {
                cursor.take_unread(buf);
                progress.made();
                return Poll::Ready(Ok(()));
            }
            if this.read_cached(Place::Cursor, buf) {
                progress.made();
                return Poll::Ready(Ok(()));
            }
            let count = buf.remaining().min(this.max_buf_size);
            this.cursor.get_mut().start_read(&this.file, count);
        }
    }
}

impl AsyncWrite for File {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_all_of(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_all_of(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let cursor = self.get_mut().cursor.get_mut();
        let _done = ready!(cursor.poll_done(cx));
        Poll::Ready(cursor.failure())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl AsyncSeek for File {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let this = self.get_mut();
        let cursor = this.cursor.get_mut();
        if cursor.is_busy() {
            return Err(io::Error::other(
                "another operation of the file is under way: call poll_complete before start_seek",
            ));
        }
        cursor.start_seek(&this.file, position);
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let progress = ready!(coop::poll_proceed(cx));
        let cursor = self.get_mut().cursor.get_mut();
        let done = ready!(cursor.poll_done(cx));
        Poll::Ready(match done {
            Done::Moved(result) => {
                progress.made();
                result
            }
            Done::Lost => Err(lost()),
            _ => Ok(cursor.position()),
        })
    }
}

impl From<StdFile> for File {
    fn from(std: StdFile) -> Self {
        Self::from_std(std)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("runtime::fs::File")
            .field("std", &self.file)
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
