//! A file's position, and what is under way there.
//!
//! **States**: idle, or one job under way. Beside it: bytes that were read and not taken yet
//! (*unread*), and a write that failed (*failed*).
//!
//! **Invariants.** C1: one job at a time, so jobs happen in the order in which they were begun. C2:
//! the operating system's position is the one the caller sees plus the unread bytes; a write, wherever
//! it goes, a seek or a change of length first goes back over them, and forgets them only once that has
//! happened; a stream that cannot go back keeps them. C3: bytes that a write accepted are written,
//! or stand in `failed` until they are discarded; nothing else is accepted meanwhile. C4: writes
//! are duties (`pool.rs`): the end of the runtime does not lose them. C5: whoever gives up leaves
//! the job under way; the next to come takes its end, so a cancelled read's bytes become unread
//! ones.

use std::fs::File;
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use crate::fs::FailedWrite;
use crate::io::ReadBuf;
use crate::pool::{self, Job, lost};

#[derive(Debug, Default)]
pub(super) struct Cursor {
    /// C1.
    busy: Option<(Kind, Job<End>)>,
    unread: Bytes,
    /// Room for the next write.
    spare: Vec<u8>,
    failed: Option<FailedWrite>,
    /// Where the last seek ended.
    position: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Write,
    Other,
}

/// What a job brings back; `back`: it went back over the unread bytes.
enum End {
    Read(io::Result<()>, Bytes),
    Written {
        back: bool,
        result: io::Result<()>,
        written: usize,
        bytes: Vec<u8>,
    },
    Moved(bool, io::Result<u64>),
    Resized(bool, io::Result<()>),
    Synced(io::Result<()>),
}

/// What was under way, for whoever waited for it.
#[must_use]
#[derive(Debug)]
pub(super) enum Done {
    Nothing,
    Read(io::Result<()>),
    Written,
    Moved(io::Result<u64>),
    Resized(io::Result<()>),
    Synced(io::Result<()>),
    /// The runtime ended first.
    Lost,
}

impl Cursor {
    pub(super) fn is_busy(&self) -> bool {
        self.busy.is_some()
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Appends unread bytes to `buf`.
    pub(super) fn take_unread(&mut self, buf: &mut ReadBuf<'_>) {
        let bytes = self.unread.as_slice();
        let count = bytes.len().min(buf.remaining());
        buf.put_slice(&bytes[..count]);
        self.unread.consume(count);
    }

    /// The failed write, once more.
    pub(super) fn failure(&self) -> io::Result<()> {
        match &self.failed {
            Some(failed) => Err(failed.again()),
            None => Ok(()),
        }
    }

    pub(super) fn discard_failure(&mut self) -> Option<FailedWrite> {
        self.failed.take()
    }

    /// Waits for what is under way, and takes its end.
    pub(super) fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        let Some((kind, job)) = &self.busy else {
            return Poll::Ready(Done::Nothing);
        };
        let kind = *kind;
        let end = ready!(job.poll_answer(cx));
        self.busy = None;
        Poll::Ready(match end {
            None => self.lose(kind),
            Some(End::Read(result, bytes)) => {
                self.unread = bytes;
                Done::Read(result)
            }
            Some(End::Written {
                back,
                result,
                written,
                mut bytes,
            }) => {
                self.went(back);
                match result {
                    Ok(()) => {
                        bytes.clear();
                        self.spare = bytes;
                    }
                    Err(error) => {
                        bytes.drain(..written);
                        self.failed = Some(FailedWrite::new(error, bytes));
                    }
                }
                Done::Written
            }
            Some(End::Moved(back, result)) => {
                self.went(back);
                if let Ok(position) = result {
                    self.position = position;
                }
                Done::Moved(result)
            }
            Some(End::Resized(back, result)) => {
                self.went(back);
                Done::Resized(result)
            }
            Some(End::Synced(result)) => Done::Synced(self.synced(result)),
        })
    }

    /// A job that brought nothing back. A write is a duty, so it panicked: nobody knows how far it
    /// got.
    fn lose(&mut self, kind: Kind) -> Done {
        if kind == Kind::Write {
            let error = io::Error::other("the write panicked");
            self.failed = Some(FailedWrite::new(error, Vec::new()));
        }
        Done::Lost
    }

    /// C2.
    fn went(&mut self, back: bool) {
        if back {
            self.unread.clear();
        }
    }

    /// The operating system reports once that it lost bytes on their way to the device, and then
    /// forgets it; so it stands as a failed write. That a file cannot be synchronised at all is
    /// none.
    fn synced(&mut self, result: io::Result<()>) -> io::Result<()> {
        use io::ErrorKind::{InvalidInput, ReadOnlyFilesystem, Unsupported};

        let error = match result {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if matches!(
            error.kind(),
            InvalidInput | Unsupported | ReadOnlyFilesystem
        ) {
            return Err(error);
        }
        let failed = FailedWrite::new(error, Vec::new());
        let again = failed.again();
        self.failed = Some(failed);
        Err(again)
    }

    fn begin(&mut self, kind: Kind, job: Job<End>) {
        debug_assert!(self.busy.is_none(), "C1");
        self.busy = Some((kind, job));
    }

    /// Begins to read `count` bytes at most; nothing may be unread.
    pub(super) fn start_read(&mut self, file: &Arc<File>, count: usize) {
        debug_assert!(self.unread.is_empty(), "they would be lost");
        let (file, mut bytes) = (Arc::clone(file), mem::take(&mut self.unread));
        let job = pool::start(move || {
            let result = bytes.fill(&file, count);
            End::Read(result, bytes)
        });
        self.begin(Kind::Other, job);
    }

    /// Begins to write `count` bytes at most; gives how many were accepted.
    ///
    /// # Errors
    /// If the runtime has ended: nothing was accepted.
    pub(super) fn start_write(
        &mut self,
        file: &Arc<File>,
        bufs: &[IoSlice<'_>],
        count: usize,
    ) -> io::Result<usize> {
        let mut bytes = mem::take(&mut self.spare);
        for buf in bufs {
            let room = count - bytes.len();
            bytes.extend_from_slice(&buf[..buf.len().min(room)]);
        }
        let accepted = bytes.len();
        let (file, unread) = (Arc::clone(file), self.unread.len());
        let job = pool::start_duty(move || {
            let (mut back, mut written) = (false, 0);
            let result = go_back(&file, unread).and_then(|went| {
                back = went;
                write_all(&file, &bytes, &mut written)
            });
            End::Written {
                back,
                result,
                written,
                bytes,
            }
        });
        self.begin(Kind::Write, job.ok_or_else(lost)?);
        Ok(accepted)
    }

    /// Begins to move to `to`.
    pub(super) fn start_seek(&mut self, file: &Arc<File>, to: SeekFrom) {
        let (file, unread) = (Arc::clone(file), self.unread.len());
        let job = pool::start(move || {
            let (back, result) = seek(&file, unread, to);
            End::Moved(back, result)
        });
        self.begin(Kind::Other, job);
    }

    /// Goes back over the unread bytes on this thread, since no device is asked; false while a job is
    /// under way.
    pub(super) fn try_rewind(&mut self, file: &File) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        if self.poll_done(&mut nobody).is_pending() {
            return false;
        }
        let back = go_back(file, self.unread.len()).unwrap_or(false);
        self.went(back);
        true
    }

    /// Begins to go back over the unread bytes.
    pub(super) fn start_rewind(&mut self, file: &Arc<File>) {
        self.start_seek(file, SeekFrom::Current(0));
    }

    pub(super) fn start_resize(&mut self, file: &Arc<File>, size: u64) {
        let (file, unread) = (Arc::clone(file), self.unread.len());
        let job = pool::start(move || match go_back(&file, unread) {
            Ok(back) => End::Resized(back, file.set_len(size)),
            Err(error) => End::Resized(false, Err(error)),
        });
        self.begin(Kind::Other, job);
    }

    pub(super) fn start_sync(&mut self, file: &Arc<File>, sync: fn(&File) -> io::Result<()>) {
        let file = Arc::clone(file);
        let job = pool::start(move || End::Synced(sync(&file)));
        self.begin(Kind::Other, job);
    }
}

/// Goes back over unread bytes; false if there are none, or no way back.
fn go_back(mut file: &File, unread: usize) -> io::Result<bool> {
    if unread == 0 {
        return Ok(false);
    }
    match file.seek(SeekFrom::Current(-signed(unread))) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotSeekable => Ok(false),
        Err(error) => Err(error),
    }
}

/// A move as the caller sees the position; the first of the pair: the unread bytes are passed over.
fn seek(mut file: &File, unread: usize, to: SeekFrom) -> (bool, io::Result<u64>) {
    let SeekFrom::Current(offset) = to else {
        let result = file.seek(to);
        return (result.is_ok(), result);
    };
    if let Some(offset) = offset.checked_sub(signed(unread)) {
        let result = file.seek(SeekFrom::Current(offset));
        return (result.is_ok(), result);
    }
    match go_back(file, unread) {
        Ok(back) => (back, file.seek(to)),
        Err(error) => (false, Err(error)),
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).expect("a buffer is shorter than that")
}

/// Writes all, and counts what was written before an error.
fn write_all(mut file: &File, bytes: &[u8], written: &mut usize) -> io::Result<()> {
    while *written < bytes.len() {
        match file.write(&bytes[*written..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => *written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Bytes that are taken from the front. All of `bytes` is initialised once and kept for the next
/// read.
#[derive(Debug, Default)]
struct Bytes {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[self.from..self.to]
    }

    fn len(&self) -> usize {
        self.to - self.from
    }

    fn is_empty(&self) -> bool {
        self.from == self.to
    }

    fn consume(&mut self, count: usize) {
        self.from += count;
    }

    fn clear(&mut self) {
        self.from = self.to;
    }

    /// One read.
    fn fill(&mut self, mut file: &File, count: usize) -> io::Result<()> {
        (self.from, self.to) = (0, 0);
        if self.bytes.len() < count {
            // Fresh zeros cost less than zeros written over old bytes.
            self.bytes = vec![0; count];
        }
        loop {
            match file.read(&mut self.bytes[..count]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    self.to = result?;
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
