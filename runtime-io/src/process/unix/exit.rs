//! The end of a child, awaited.
//!
//! The first poll that finds the child alive begins to watch, in the runtime where it is polled: so
//! a child whose owner changes runtime before it waits is none of the first one's business, and one
//! that nobody waits for costs no descriptor.
//!
//! **Watching** is by a pidfd in the driver; where there is none to be had, by SIGCHLD, and by a look
//! twice a second for the process whose owner ignores that signal or has another handler for it.
//!
//! **No end is missed.** The watch stands before the look that decides to wait: a source is attached
//! when a look was in vain, and the kernel reports at once what is readable by then; a listener
//! keeps what arrives before it is polled. A pidfd may be readable while there is nothing to reap
//! (a child that is traced, first seen by its tracer): the readiness is cleared, the later end is
//! another event.
//!
//! **The runtime that watched has ended**: the watch is made again in the one where it is polled.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::process::{self, ExitStatus};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use mio::Interest;
use runtime_core::Handle;
use runtime_core::runtime::is_rt_shutdown_err;

use super::{open_pidfd, reaper};
use crate::driver::current::Pause;
use crate::driver::evented::Evented;
use crate::driver::readiness::Direction;
use crate::driver::shut_down;
use crate::signal::unix::{Signal, SignalKind, signal};

/// Between two looks at a child whose end no signal may tell.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How a child is watched.
pub(in crate::process) enum Watch {
    /// Not yet.
    Nothing,
    Pidfd(Evented<OwnedFd>),
    Signal {
        arrived: Signal,
        until_look: Pause,
    },
}

/// Whether this error says that somebody else has the status, or that nobody was to have it.
pub(in crate::process) fn is_lost(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ECHILD)
}

/// Whether there is nothing left to reap, nor to kill: it was reaped now, or by somebody else. A look
/// that fails tells of neither.
pub(in crate::process) fn has_ended(child: &mut process::Child) -> bool {
    match child.try_wait() {
        Ok(status) => status.is_some(),
        Err(error) => is_lost(&error),
    }
}

/// The status, if it has ended.
pub(in crate::process) fn look(child: &mut process::Child) -> io::Result<Option<ExitStatus>> {
    // Bounded by the signals that arrive.
    loop {
        match child.try_wait() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

impl Watch {
    /// The best there is.
    ///
    /// # Errors
    /// What the operating system says of reactor, pipe or handler.
    fn begin(child: u32) -> io::Result<Watch> {
        // Without one there is the signal.
        match open_pidfd(child) {
            Ok(pidfd) => Evented::new(pidfd, Interest::READABLE).map(Watch::Pidfd),
            Err(_) => Watch::by_signal(),
        }
    }

    fn by_signal() -> io::Result<Watch> {
        Ok(Watch::Signal {
            arrived: signal(SignalKind::child())?,
            until_look: Pause::new(LOOK_EVERY),
        })
    }

    /// Polls for the end of `child`, whose status was not taken yet.
    ///
    /// # Errors
    /// Somebody else has reaped it, or has the system discard the ends of children; what the
    /// operating system says.
    ///
    /// # Panics
    /// If it has to wait and the calling thread is in no runtime.
    pub(in crate::process) fn poll_exit(
        &mut self,
        child: &mut process::Child,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<ExitStatus>> {
        let mut moved = false;
        loop {
            if let Watch::Nothing = self {
                reaper::retry();
                if let Some(status) = look(child)? {
                    return Poll::Ready(Ok(status));
                }
                *self = Watch::begin(child.id())?;
            }
            let outcome = ready!(self.poll_watched(child, cx));
            let is_over = outcome.as_ref().is_err_and(is_rt_shutdown_err);
            if !is_over || moved || Handle::try_current().is_err() {
                return Poll::Ready(outcome);
            }
            *self = Watch::Nothing;
            moved = true;
        }
    }

    fn poll_watched(
        &mut self,
        child: &mut process::Child,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<ExitStatus>> {
        let mut look = || look(child)?.ok_or(io::ErrorKind::WouldBlock.into());
        match self {
            Watch::Nothing => unreachable!("the caller has begun"),
            Watch::Pidfd(pidfd) => pidfd.poll_io(Direction::Read, cx, look),
            Watch::Signal {
                arrived,
                until_look,
            } => loop {
                let signalled = arrived.poll_recv(cx);
                let paused = Pin::new(&mut *until_look).poll(cx)?;
                match look() {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    outcome => return Poll::Ready(outcome),
                }
                match (signalled, paused) {
                    (Poll::Ready(None), _) => return Poll::Ready(Err(shut_down())),
                    (_, Poll::Ready(())) => *until_look = Pause::new(LOOK_EVERY),
                    (Poll::Ready(Some(())), Poll::Pending) => {}
                    (Poll::Pending, Poll::Pending) => return Poll::Pending,
                }
            },
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
