//! One socket's place at a reactor, taken as late as can be.
//!
//! A new socket is tried at once; most have something to say. Only the first operation that would
//! block takes an entry of the reactor's table and hands the descriptor to the selector, for both
//! directions and for good. So a connection that never waits costs no system call, and one that
//! waits costs one.
//!
//! **States.** *Unattached*: nothing is known, every operation is tried. *Attached*: the source's
//! word decides. There is no way back but the end.
//!
//! **Nothing is lost on the way over.** Readiness that comes between the operation that would block
//! and the attachment is reported by the attachment itself, as an event. An operation tried while
//! unattached carries no tick, so whatever it found, it clears nothing of a source that another
//! thread has attached since.
//!
//! **From the start.** Some selectors want their sources when they are made (`attach::LAZY`): there
//! a registration is attached before anybody has it, and what it is assumed to be ready for stands
//! in its source.
#![allow(unsafe_code, reason = "the address of its entry in the table")]

use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, ready};

use runtime_core::loom::Mutex;

use super::assumption::Assumption;
use super::attach::Pollable;
use super::reactor::Reactor;
use super::readiness::{Direction, Place, ReadyEvent, Source};
use super::table::Entry;
use super::{current, shut_down};
use crate::io::{Interest, Ready};

/// What a socket waits with.
pub(crate) struct Registration {
    reactor: Reactor,
    entry: OnceLock<Entry>,
    /// Held while attaching, so that it happens once.
    attaching: Mutex<()>,
    interest: mio::Interest,
    /// What it is probably ready for, until something is known.
    assumption: Assumption,
}

impl Registration {
    /// A place at the current runtime's reactor.
    ///
    /// # Errors
    /// What the operating system says when the reactor, or an early attachment, is refused; after
    /// a shutdown.
    #[track_caller]
    pub(crate) fn new<S: Pollable>(
        io: &mut S,
        interest: mio::Interest,
    ) -> io::Result<Registration> {
        let registration = Registration::unattached(interest)?;
        registration.attach_early(io)?;
        Ok(registration)
    }

    /// The same, unattached also where the selector wants its sources from the start: there
    /// [`attach_early`](Registration::attach_early) comes before the first operation.
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub(super) fn unattached(interest: mio::Interest) -> io::Result<Registration> {
        let reactor = current::reactor()?;
        reactor.check_open()?;
        Ok(Registration {
            reactor,
            entry: OnceLock::new(),
            attaching: Mutex::new(()),
            interest,
            assumption: Assumption::new(Ready::EMPTY),
        })
    }

    /// Attaches it if the selector wants its sources from the start and it is not yet.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn attach_early<S: Pollable>(&self, io: &mut S) -> io::Result<()> {
        if !self.is_attached() {
            if let Some(early) = self.reactor.attach_early(io, self.interest)? {
                self.entry.get_or_init(|| self.reactor.entry(early));
            }
        }
        Ok(())
    }

    pub(super) fn is_attached(&self) -> bool {
        self.entry.get().is_some()
    }

    /// From now on it counts as ready for that until an operation finds that it is not: unattached
    /// by the assumption; where the selector has it from the start, by the source, which begins
    /// with it. Nobody waits yet: it is the maker's alone.
    pub(super) fn assume(&mut self, ready: Ready) {
        self.assumption = Assumption::new(ready);
        if let Some(source) = self.source() {
            source.expect(ready);
        }
    }

    /// Whether it is to be tried for that instead of waited for. The first such operation that would
    /// block ends it; an attachment makes readiness of what is left.
    pub(super) fn is_assumed(&self, interest: Interest) -> bool {
        self.assumption.holds(interest) && self.entry.get().is_none()
    }

    /// Records that an operation that nobody waits for would block: forgets the readiness that it
    /// went by, or the assumption.
    pub(super) fn tried_in_vain(&self, interest: Interest, event: Option<ReadyEvent>) {
        self.assumption.end(interest);
        self.clear(event.map(ReadyEvent::disproved));
    }

    /// The source, once there is one.
    fn source(&self) -> Option<&Source> {
        let entry = self.entry.get()?;
        // SAFETY: it is of our reactor's table, which lives as long as we do.
        Some(unsafe { entry.source() })
    }

    /// The source, from now on.
    pub(super) fn attached<S: Pollable>(&self, io: &S) -> io::Result<&Source> {
        if let Some(source) = self.source() {
            return Ok(source);
        }
        let _once = self.attaching.lock();
        if let Some(source) = self.source() {
            return Ok(source);
        }
        let token = self.reactor.attach(io, self.interest)?;
        let entry = self.reactor.entry(token);
        // SAFETY: as in `source`.
        let source = unsafe { entry.source() };
        source.expect(self.assumption.rest());
        self.entry.get_or_init(|| entry);
        Ok(source)
    }

    /// Attaches it at once.
    ///
    /// # Errors
    /// What the operating system says, also that somebody waits for the descriptor already.
    #[cfg(unix)]
    pub(crate) fn attach_alone<S: Pollable>(&self, io: &S) -> io::Result<()> {
        let token = self.reactor.attach_alone(io, self.interest)?;
        self.entry.get_or_init(|| self.reactor.entry(token));
        Ok(())
    }

    /// What an operation has to go by: `None` unattached, `Ready` attached; or it waits.
    ///
    /// # Errors
    /// After a shutdown.
    pub(crate) fn poll_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<ReadyEvent>>> {
        let Some(source) = self.source() else {
            return Poll::Ready(Ok(None));
        };
        let event = ready!(source.poll_ready(direction, cx));
        Poll::Ready(unless_shut_down(event).map(Some))
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is ready; after a shutdown.
    pub(crate) fn readiness(&self, interest: Interest) -> io::Result<Option<ReadyEvent>> {
        let Some(source) = self.source() else {
            return Ok(None);
        };
        match source.readiness(interest) {
            Some(event) => unless_shut_down(event).map(Some),
            None => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Records that an operation would block: forgets the readiness it went by, or attaches the
    /// socket.
    pub(super) fn would_block<S: Pollable>(
        &self,
        io: &S,
        interest: Interest,
        event: Option<ReadyEvent>,
    ) -> io::Result<()> {
        if let Some(event) = event {
            self.clear(Some(event.disproved()));
        } else {
            self.assumption.end(interest);
            self.attached(io)?;
        }
        Ok(())
    }

    /// Forgets the readiness that an operation used up.
    pub(crate) fn clear(&self, event: Option<ReadyEvent>) {
        if let (Some(source), Some(event)) = (self.source(), event) {
            source.clear(event);
        }
    }

    /// Waits in the list of the source, of any number of waiters.
    pub(crate) fn ready<S: Pollable>(&self, io: &S, interest: Interest) -> io::Result<Waiting<'_>> {
        let source = self.attached(io)?;
        Ok(Waiting {
            source,
            interest,
            place: Place::default(),
        })
    }

    /// Takes the socket back from the selector: it lives on without us, and nobody waits any more.
    pub(crate) fn detach<S: Pollable>(&self, io: &mut S) -> io::Result<()> {
        if self.is_attached() {
            self.reactor.detach(io)
        } else {
            Ok(())
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.get() {
            self.reactor.give_back(entry.token);
        }
    }
}

fn unless_shut_down(event: ReadyEvent) -> io::Result<ReadyEvent> {
    if event.shutdown {
        Err(shut_down())
    } else {
        Ok(event)
    }
}

/// A future that ends when the source is ready for its interest; leaves the list when dropped.
pub(crate) struct Waiting<'a> {
    source: &'a Source,
    interest: Interest,
    place: Place,
}

impl Future for Waiting<'_> {
    type Output = io::Result<ReadyEvent>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<ReadyEvent>> {
        let Waiting {
            source,
            interest,
            place,
        } = &mut *self;
        let event = ready!(source.poll_listed(place, *interest, cx.waker()));
        Poll::Ready(unless_shut_down(event))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.source.leave_list(&mut self.place);
    }
}

#[cfg(all(test, not(loom)))]
#[path = "registration/tests.rs"]
mod tests;
