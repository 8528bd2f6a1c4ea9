//! What is in a directory.
//!
//! Entries are read in batches, one job each: the first with the opening. A batch that is lost
//! (the runtime has ended) is an error from then on, never an early end of the directory.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{FileType, Metadata};
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use runtime_core::coop;

use crate::pool::{self, Job, ask, lost};

/// As many entries as one job reads.
const BATCH: usize = 64;

/// Opens a directory.
///
/// # Errors
/// What the operating system says; if the runtime ends first.
///
/// # Cancel safety
/// Lossless: nothing is changed.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let mut entries = runtime::fs::read_dir("src").await?;
/// let mut names = Vec::new();
/// while let Some(entry) = entries.next_entry().await? {
///     names.push(entry.file_name());
/// }
/// assert!(names.contains(&"lib.rs".into()));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    let path = path.as_ref().to_owned();
    let batch = ask(move || Ok(Batch::read(std::fs::read_dir(path)?))).await?;
    Ok(ReadDir {
        state: State::Read(batch),
    })
}

/// The entries of a directory, in no order; those that come and go meanwhile may be missing.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let mut entries = runtime::fs::read_dir("src").await?;
/// assert!(entries.next_entry().await?.is_some());
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct ReadDir {
    state: State,
}

#[derive(Debug)]
enum State {
    Read(Batch),
    Reading(Job<Batch>),
    Lost,
}

#[derive(Debug)]
struct Batch {
    entries: VecDeque<io::Result<DirEntry>>,
    /// Where the next ones come from; `None` at the end.
    more: Option<std::fs::ReadDir>,
}

impl Batch {
    fn read(mut from: std::fs::ReadDir) -> Batch {
        let mut entries = VecDeque::with_capacity(BATCH);
        while entries.len() < BATCH {
            let Some(entry) = from.next() else {
                return Batch {
                    entries,
                    more: None,
                };
            };
            let failed = entry.is_err();
            entries.push_back(entry.map(DirEntry::new));
            if failed {
                break;
            }
        }
        Batch {
            entries,
            more: Some(from),
        }
    }
}

impl ReadDir {
    /// The next entry, `None` after the last.
    ///
    /// # Errors
    /// What the operating system says of the entry; one may ask for the next. If the runtime has
    /// ended.
    ///
    /// # Cancel safety
    /// Lossless: no entry is passed over.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut entries = runtime::fs::read_dir("src").await?;
    /// while let Some(entry) = entries.next_entry().await? {
    ///     assert!(entry.path().starts_with("src"));
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn next_entry(&mut self) -> io::Result<Option<DirEntry>> {
        poll_fn(|cx| self.poll_next_entry(cx)).await
    }

    /// Polls for the next entry.
    ///
    /// # Errors
    /// As [`ReadDir::next_entry`].
    pub fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        let progress = ready!(coop::poll_proceed(cx));
        loop {
            match &mut self.state {
                State::Read(batch) => {
                    if let Some(entry) = batch.entries.pop_front() {
                        progress.made();
                        return Poll::Ready(entry.map(Some));
                    }
                    let Some(more) = batch.more.take() else {
                        return Poll::Ready(Ok(None));
                    };
                    self.state = State::Lost;
                    self.state = State::Reading(pool::start(move || Batch::read(more)));
                }
                State::Reading(job) => {
                    let answer = ready!(job.poll_answer(cx));
                    self.state = answer.map_or(State::Lost, State::Read);
                }
                State::Lost => return Poll::Ready(Err(lost())),
            }
        }
    }
}

/// One entry of a directory.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let mut entries = runtime::fs::read_dir("src/fs").await?;
/// let entry = entries.next_entry().await?.expect("there are files");
/// assert!(entry.path().ends_with(entry.file_name()));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct DirEntry {
    /// Usually known from the directory itself.
    file_type: Option<FileType>,
    entry: Arc<std::fs::DirEntry>,
}

impl DirEntry {
    fn new(entry: std::fs::DirEntry) -> DirEntry {
        DirEntry {
            file_type: entry.file_type().ok(),
            entry: Arc::new(entry),
        }
    }

    /// The directory's path, as it was given, with the entry's name.
    pub fn path(&self) -> PathBuf {
        self.entry.path()
    }

    /// The name alone.
    pub fn file_name(&self) -> OsString {
        self.entry.file_name()
    }

    /// What is known of it; a symbolic link is not followed.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossless: nothing is changed.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut entries = runtime::fs::read_dir("src/fs").await?;
    /// let entry = entries.next_entry().await?.expect("there are files");
    /// assert!(!entry.metadata().await?.is_symlink());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let entry = Arc::clone(&self.entry);
        ask(move || entry.metadata()).await
    }

    /// Whether it is a file, a directory, a link.
    ///
    /// # Errors
    /// What the operating system says; if the runtime ends first.
    ///
    /// # Cancel safety
    /// Lossless: nothing is changed.
    ///
    /// ```
    /// # runtime::Runtime::new()?.block_on(async {
    /// let mut entries = runtime::fs::read_dir("src/fs").await?;
    /// let entry = entries.next_entry().await?.expect("there are files");
    /// assert!(!entry.file_type().await?.is_symlink());
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn file_type(&self) -> io::Result<FileType> {
        if let Some(file_type) = self.file_type {
            return Ok(file_type);
        }
        let entry = Arc::clone(&self.entry);
        ask(move || entry.file_type()).await
    }
}

#[cfg(unix)]
impl DirEntry {
    /// The number of its inode, as the directory has it.
    pub fn ino(&self) -> u64 {
        std::os::unix::fs::DirEntryExt::ino(&*self.entry)
    }
}
