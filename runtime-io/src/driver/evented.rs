//! A socket with its registration: the one place where operations are tried, wait and are tried
//! again.
//!
//! Every method follows the same few steps: (1) readiness, or unattached; (2) the operation; (3)
//! would it block, clear what (1) reported, or attach, and start again.
//!
//! **Short transfers.** A polled operation that moves fewer bytes than it was offered has also used
//! its readiness up, and clears it without asking the kernel again: by [`Evented::poll_bytes`], for
//! those that stop short for want of bytes, or of room, only. Never at the end (zero bytes), and only
//! where the selector promises another event. A write of any stream is one of them, a read of TCP too
//! but where urgent data has cut it short: then the event said so, as long as the urgent byte was not
//! taken, and the bit stays until a read would block. (Who takes that byte by `MSG_OOB` through the
//! bare descriptor before the driver has seen its event is on his own: he reads until it would block.)
//! A read of a Unix socket is none: the kernel never gives the bytes of two messages at once if they
//! came with descriptors, from different senders while credentials are asked for, or out of band; so
//! a short read may be followed by another, and of that there is no event. Nor is a read of a pipe,
//! whose writer may keep packets apart. These go by [`Evented::poll_io`].

use std::fmt;
use std::io;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::task::{Context, Poll, ready};

use runtime_core::coop;

use super::attach::{Pollable, SHORT_MEANS_DRAINED};
use super::readiness::{Direction, ReadyEvent};
use super::registration::Registration;
use crate::io::{Interest, Ready};

/// A socket that can be waited for.
///
/// The registration is dropped before the socket: a descriptor's number is free for others only
/// when its source is vacant.
pub(crate) struct Evented<S: Pollable> {
    registration: Registration,
    io: S,
}

impl<S: Pollable> Evented<S> {
    /// Binds a socket to the current runtime.
    ///
    /// # Errors
    /// What the operating system says; the socket is closed.
    #[track_caller]
    pub(crate) fn new(mut io: S, interest: mio::Interest) -> io::Result<Evented<S>> {
        Ok(Evented {
            registration: Registration::new(&mut io, interest)?,
            io,
        })
    }

    /// The same for a socket that is probably ready for something already: it counts as ready until
    /// an operation finds that it is not.
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub(crate) fn new_ready(
        io: S,
        interest: mio::Interest,
        ready: Ready,
    ) -> io::Result<Evented<S>> {
        let mut evented = Evented::new(io, interest)?;
        evented.registration.assume(ready);
        Ok(evented)
    }

    /// The same for something that may turn out not to be waitable at all: it stands in its selector
    /// from the start, so that this is known at once.
    ///
    /// # Errors
    /// As there.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn new_attached(io: S, interest: mio::Interest) -> io::Result<Evented<S>> {
        let evented = Evented::new(io, interest)?;
        evented.registration.attached(&evented.io)?;
        Ok(evented)
    }

    /// The bare socket, which no runtime looks after any more.
    ///
    /// # Errors
    /// What the operating system says; the socket is closed.
    pub(crate) fn into_inner(self) -> io::Result<S> {
        let Evented {
            registration,
            mut io,
        } = self;
        registration.detach(&mut io)?;
        Ok(io)
    }

    /// Tries `operation` until it does not block, waiting in the direction's fast slot.
    pub(crate) fn poll_io<R>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        operation: impl FnMut() -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_until(direction, cx, operation, |_, _| ())
    }

    /// The same for an operation that moves bytes of a stream, `wanted` at most.
    pub(crate) fn poll_bytes(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        wanted: usize,
        operation: impl FnMut() -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        self.poll_until(direction, cx, operation, |event, moved| {
            self.after_bytes(event, *moved, wanted);
        })
    }

    fn poll_until<R>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        mut operation: impl FnMut() -> io::Result<R>,
        done: impl FnOnce(Option<ReadyEvent>, &R),
    ) -> Poll<io::Result<R>> {
        let unit = ready!(coop::poll_proceed(cx));
        loop {
            let event = ready!(self.registration.poll_ready(direction, cx))?;
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.registration
                        .would_block(&self.io, direction.interest(), event)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => {
                    unit.made();
                    if let Ok(value) = &outcome {
                        done(event, value);
                    }
                    return Poll::Ready(outcome);
                }
            }
        }
    }

    fn after_bytes(&self, event: Option<ReadyEvent>, moved: usize, wanted: usize) {
        let short = 0 < moved && moved < wanted;
        if SHORT_MEANS_DRAINED && short && !event.is_some_and(|event| event.urgent) {
            self.registration.clear(event);
        }
    }

    /// Readiness of a direction, or its fast slot holds the caller's waker.
    pub(crate) fn poll_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let unit = ready!(coop::poll_proceed(cx));
        if !self.registration.is_assumed(direction.interest()) {
            self.registration.attached(&self.io)?;
            ready!(self.registration.poll_ready(direction, cx))?;
        }
        unit.made();
        Poll::Ready(Ok(()))
    }

    /// Tries `operation` if it may get somewhere. Only one that would block uses readiness up: who
    /// tries is used to going on until then.
    ///
    /// # Errors
    /// `WouldBlock`, at once if nothing is ready; what the operation says.
    pub(crate) fn try_io<R>(
        &self,
        interest: Interest,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        let event = self.registration.readiness(interest)?;
        let outcome = operation();
        if let Err(error) = &outcome {
            if error.kind() == io::ErrorKind::WouldBlock {
                self.registration.tried_in_vain(interest, event);
            }
        }
        outcome
    }

    /// Tries `operation` until it does not block; any number of tasks may wait.
    pub(crate) async fn async_io<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            // For each try: one that goes on saying `WouldBlock` gives way to others.
            budget().await;
            let event = match self.registration.readiness(interest) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    Some(self.registration.ready(&self.io, interest)?.await?)
                }
                event => event?,
            };
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.registration.would_block(&self.io, interest, event)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }

    /// Waits until one of the interest is ready, and gives what the driver knows of it; any number of
    /// tasks may wait.
    ///
    /// Takes no unit of the budget: who is told ready here does something next, and that must not
    /// be `Pending` in between.
    pub(crate) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        let event = self.registration.ready(&self.io, interest)?.await?;
        Ok(event.ready)
    }

    /// Waits until an operation in that direction is to be tried.
    pub(crate) async fn to_be_tried(&self, direction: Direction) -> io::Result<()> {
        let interest = direction.interest();
        if self.registration.is_assumed(interest) {
            return Ok(());
        }
        self.ready(interest).await.map(drop)
    }
}

// A panic in between leaves it whole: every change of its state is one step.
impl<S: Pollable> UnwindSafe for Evented<S> {}
impl<S: Pollable> RefUnwindSafe for Evented<S> {}

#[cfg(windows)]
impl<S: Pollable> Evented<S> {
    /// Binds to the current runtime what its selector must not touch yet;
    /// [`attach`](Evented::attach) comes before the first operation.
    ///
    /// # Errors
    /// As with [`new`](Evented::new).
    #[track_caller]
    pub(crate) fn new_unattached(io: S, interest: mio::Interest) -> io::Result<Evented<S>> {
        let registration = Registration::unattached(interest)?;
        Ok(Evented { registration, io })
    }

    /// Hands it to the selector, unless it is there already.
    ///
    /// # Errors
    /// What the operating system says; after a shutdown.
    pub(crate) fn attach(&mut self) -> io::Result<()> {
        self.registration.attach_early(&mut self.io)
    }

    /// Whether the selector has it.
    pub(crate) fn is_attached(&self) -> bool {
        self.registration.is_attached()
    }
}

/// Spends one unit of the task's budget.
pub(crate) async fn budget() {
    std::future::poll_fn(|cx| {
        let unit = ready!(coop::poll_proceed(cx));
        unit.made();
        Poll::Ready(())
    })
    .await;
}

impl<S: Pollable> Deref for Evented<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.io
    }
}

impl<S: Pollable + fmt::Debug> fmt::Debug for Evented<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
