//! Writing to a stream of the process by jobs on the pool.
//!
//! **States**: idle, or one job under way; *failed* or not. A write accepts bytes and starts a job
//! that hands them over and flushes; the next write waits for its end, and so do `flush` and
//! `shutdown`.
//!
//! **Invariants.** O1: one job at a time, so bytes of one handle stay in order. O2: accepted bytes
//! are a duty (`pool.rs`): they are handed over also if the handle is dropped or the runtime ends.
//! O3: a failure is reported by every later write, flush and shutdown of the handle: bytes are
//! missing. A new handle begins anew.
//!
//! *Rejected*: flushing in a job of its own (twice the jobs; and a handle that is dropped before
//! leaves bytes in the standard library's buffer, where they wait for a newline).

use std::io::{self, Write};
use std::task::{Context, Poll, ready};

use runtime_core::coop;

use crate::io::again;
use crate::pool::{self, Job, lost};

/// As much as one job writes.
const WRITE_MAX: usize = 2 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Output {
    busy: Option<Job<(io::Result<()>, Vec<u8>)>>,
    spare: Vec<u8>,
    failed: Option<io::Error>,
}

impl Output {
    pub(super) fn poll_write<W: Write>(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        stream: impl FnOnce() -> W + Send + 'static,
    ) -> Poll<io::Result<usize>> {
        let progress = ready!(coop::poll_proceed(cx));
        ready!(self.poll_flush(cx))?;
        progress.made();
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let accepted = bytes.len().min(WRITE_MAX);
        let mut buf = std::mem::take(&mut self.spare);
        buf.clear();
        buf.extend_from_slice(&bytes[..accepted]);
        let job = pool::start_duty(move || {
            let mut stream = stream();
            let result = stream.write_all(&buf).and_then(|()| stream.flush());
            (result, buf)
        });
        self.busy = Some(job.ok_or_else(lost)?);
        Poll::Ready(Ok(accepted))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(job) = &self.busy {
            let end = ready!(job.poll_answer(cx));
            self.busy = None;
            match end {
                Some((result, buf)) => {
                    self.spare = buf;
                    self.failed = result.err();
                }
                // A duty is not lost: it panicked.
                None => self.failed = Some(io::Error::other("the write panicked")),
            }
        }
        Poll::Ready(match &self.failed {
            None => Ok(()),
            Some(error) => Err(again(error)),
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
