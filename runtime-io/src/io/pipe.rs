//! Bytes from a writer to a reader, in memory and one way.
//!
//! Pure data: whoever owns the pipe may lock it as it likes. So that no waker is cloned, woken or
//! dropped under such a lock, an operation takes no context: it says what it would wait for, and
//! gives the wakers out.
//!
//! What is under way lies in one piece, behind what has been read. That front part goes when the
//! reader has caught up, which costs nothing, or when it has grown as large as the pipe itself: so
//! a byte is moved once at most on its way, and memory is twice the capacity at most. (A ring costs
//! a second piece at each step.)

use std::io::{self, IoSlice};
use std::task::Waker;

use super::ReadBuf;

/// A buffer of at most `capacity` bytes, which grows to that as it is used.
#[derive(Debug)]
pub(super) struct Pipe {
    bytes: Vec<u8>,
    /// How many of the bytes have been read.
    read: usize,
    capacity: usize,
    closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Which end of the pipe.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Reader,
    Writer,
}

impl Pipe {
    /// # Panics
    /// If there is no room for a byte.
    #[track_caller]
    pub(super) fn new(capacity: usize) -> Pipe {
        assert!(capacity > 0, "`max_buf_size` must be greater than 0");
        Pipe {
            bytes: Vec::new(),
            read: 0,
            capacity,
            closed: false,
            reader: None,
            writer: None,
        }
    }

    /// Moves what there is into `buf` and says how many bytes; `None` if the reader has to wait for
    /// the writer.
    pub(super) fn read(&mut self, buf: &mut ReadBuf<'_>) -> Option<usize> {
        let wanted = buf.remaining();
        if wanted == 0 {
            return Some(0);
        }
        let there = &self.bytes[self.read..];
        if there.is_empty() {
            return self.closed.then_some(0);
        }
        let count = wanted.min(there.len());
        buf.put_slice(&there[..count]);
        self.read += count;
        if self.read == self.bytes.len() {
            self.bytes.clear();
            self.read = 0;
        }
        Some(count)
    }

    /// Takes what there is room for; `None` if the writer has to wait for the reader.
    pub(super) fn write(&mut self, bufs: &[IoSlice<'_>]) -> Option<io::Result<usize>> {
        if self.closed {
            return Some(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if bufs.iter().all(|buf| buf.is_empty()) {
            return Some(Ok(0));
        }
        let room = self.capacity - (self.bytes.len() - self.read);
        if room == 0 {
            return None;
        }
        if self.read >= self.capacity {
            self.bytes.drain(..self.read);
            self.read = 0;
        }
        let mut left = room;
        for buf in bufs {
            let count = buf.len().min(left);
            self.bytes.extend_from_slice(&buf[..count]);
            left -= count;
        }
        Some(Ok(room - left))
    }

    /// Nothing more is written; what is there can still be read.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Where the waker of an end stands while it waits.
    pub(super) fn waiting(&mut self, end: End) -> &mut Option<Waker> {
        match end {
            End::Reader => &mut self.reader,
            End::Writer => &mut self.writer,
        }
    }
}

impl End {
    pub(super) fn other(self) -> End {
        match self {
            End::Reader => End::Writer,
            End::Writer => End::Reader,
        }
    }
}
