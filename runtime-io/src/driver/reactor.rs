//! mio behind core's driver seam.
//!
//! [`open`] makes the two halves: the [`Selector`] sleeps in the operating system and turns what it
//! says into plain numbers; the [`Reactor`] is shared: sockets register with it, and it turns those
//! numbers into wakers. Between the two an event is copied, so that the seat can be left before
//! anyone is woken.
//!
//! **Kick.** mio's waker leaves a mark that the next poll finds, so a kick between two sleeps is
//! not lost. Its own event is not handed on.
//!
//! **Descriptors.** The sockets of a runtime share the reactor. It goes when the last of them does,
//! even after the runtime; every descriptor of it is closed on exec.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::Interest as MioInterest;
use runtime_core::park::driver::{Driver, EVENTS_PER_POLL, Event, Poller};
use runtime_core::util::wake_list::WakeList;

use super::attach::{self, Pollable};
use super::lookups::Lookups;
use super::table::{Entry, Table, Token};
use super::wait::Waits;
use crate::io::Ready;

/// The token of the kick; no source has it.
const KICK: mio::Token = mio::Token(usize::MAX);

/// The half that sleeps.
pub(crate) struct Selector {
    poll: mio::Poll,
    events: mio::Events,
    waits: Waits,
}

/// The shared half; a clone is the same one.
#[derive(Debug, Clone)]
pub(crate) struct Reactor(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    registry: mio::Registry,
    waker: Arc<mio::Waker>,
    table: Table,
    lookups: Arc<Lookups>,
}

/// Makes a selector and its reactor.
///
/// # Errors
/// What the operating system says when it gives no more descriptors; nothing is left open.
pub(crate) fn open() -> io::Result<(Selector, Reactor)> {
    open_with(EVENTS_PER_POLL)
}

fn open_with(events_per_poll: usize) -> io::Result<(Selector, Reactor)> {
    let poll = mio::Poll::new()?;
    let registry = poll.registry().try_clone()?;
    let waker = Arc::new(mio::Waker::new(&registry, KICK)?);
    let waits = Waits::new(&waker);
    let events = mio::Events::with_capacity(events_per_poll);
    let shared = Shared {
        registry,
        waker,
        table: Table::new(),
        lookups: Lookups::new(),
    };
    let selector = Selector {
        poll,
        events,
        waits,
    };
    Ok((selector, Reactor(Arc::new(shared))))
}

impl Poller for Selector {
    fn poll(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()> {
        let waited = self.waits.wait(&mut self.poll, &mut self.events, timeout);
        match waited {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            outcome => outcome?,
        }
        let ours = self.events.iter().filter(|event| event.token() != KICK);
        events.extend(ours.map(|event| Event {
            token: event.token().0 as u64,
            ready: u32::from(readiness_of(event).bits()),
        }));
        Ok(())
    }
}

/// What an event of mio's means for the two directions.
///
/// An error alone concerns both: each finds it, or finds that it would block.
fn readiness_of(event: &mio::event::Event) -> Ready {
    let error = event.is_error();
    let parts = [
        (event.is_readable() || error, Ready::READABLE),
        (event.is_writable() || error, Ready::WRITABLE),
        (event.is_read_closed(), Ready::READ_CLOSED),
        (event.is_write_closed(), Ready::WRITE_CLOSED),
        (event.is_priority(), Ready::PRIORITY),
        (error, Ready::ERROR),
    ];
    let present = parts.into_iter().filter(|(is, _)| *is);
    present.fold(Ready::EMPTY, |ready, (_, part)| ready | part)
}

impl Driver for Reactor {
    fn kick(&self) {
        // Otherwise it fails only where the kick's own descriptor is broken. Bounded by the signals
        // that arrive.
        let kick = || self.0.waker.wake();
        while matches!(kick(), Err(error) if error.kind() == io::ErrorKind::Interrupted) {}
    }

    fn dispatch(&self, events: &[Event], wakers: &mut WakeList) {
        for event in events {
            let ready = Ready::from_bits(event.ready as u8);
            self.0
                .table
                .dispatch(Token(event.token as usize), ready, wakers);
        }
    }

    fn shutdown(&self, wakers: &mut WakeList) {
        self.0.table.close(wakers);
        self.0.lookups.close();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Reactor {
    /// Takes an entry for `io` and hands its descriptor to the selector.
    ///
    /// # Errors
    /// After a shutdown, or what the operating system says; nothing is left behind.
    pub(super) fn attach<S: Pollable>(&self, io: &S, interest: MioInterest) -> io::Result<Token> {
        self.register(|registry, token| attach::attach(registry, io, token, interest))
    }

    /// The same for a selector that wants its sources from the start; `None` where it does not.
    pub(super) fn attach_early<S: Pollable>(
        &self,
        io: &mut S,
        interest: MioInterest,
    ) -> io::Result<Option<Token>> {
        if attach::LAZY {
            return Ok(None);
        }
        self.register(|registry, token| attach::attach_early(registry, io, token, interest))
            .map(Some)
    }

    /// As [`Reactor::attach`], but an error if somebody waits for the descriptor already.
    ///
    /// The selector alone cannot tell him from one who is gone: a descriptor that is closed stays
    /// there as long as a duplicate lives, and may come back under its number. The token can.
    ///
    /// # Errors
    /// As there.
    #[cfg(unix)]
    pub(super) fn attach_alone<S: Pollable>(
        &self,
        io: &S,
        interest: MioInterest,
    ) -> io::Result<Token> {
        self.register(
            |registry, token| match attach::attach_alone(registry, io, token, interest) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if self.is_waited_for(io) {
                        return Err(error);
                    }
                    attach::attach(registry, io, token, interest)
                }
                outcome => outcome,
            },
        )
    }

    /// Whether a descriptor that stands in the selector has an owner, or may have.
    #[cfg(unix)]
    fn is_waited_for<S: Pollable>(&self, io: &S) -> bool {
        let standing = attach::standing(&self.0.registry, io);
        standing.map_or(true, |tokens| {
            let mut tokens = tokens.into_iter();
            tokens.any(|token| token == KICK || self.0.table.is_owned(Token(token.0)))
        })
    }

    /// Whether the runtime lives.
    ///
    /// # Errors
    /// After a shutdown.
    pub(super) fn check_open(&self) -> io::Result<()> {
        self.0.table.check_open()
    }

    fn register(
        &self,
        register: impl FnOnce(&mio::Registry, mio::Token) -> io::Result<()>,
    ) -> io::Result<Token> {
        let token = self.0.table.take()?;
        if let Err(error) = register(&self.0.registry, mio::Token(token.0)) {
            self.0.table.give_back(token);
            return Err(error);
        }
        Ok(token)
    }

    /// The runtime's name lookups, which end with it.
    pub(super) fn lookups(&self) -> Arc<Lookups> {
        Arc::clone(&self.0.lookups)
    }

    /// Takes the descriptor back from the selector: it lives on without us.
    pub(super) fn detach<S: Pollable>(&self, io: &mut S) -> io::Result<()> {
        attach::detach(&self.0.registry, io)
    }

    /// The entry of a token whose owner is asking.
    pub(super) fn entry(&self, token: Token) -> Entry {
        self.0.table.entry(token)
    }

    /// Ends the time of a source's owner.
    pub(super) fn give_back(&self, token: Token) {
        self.0.table.give_back(token);
    }
}

#[cfg(all(test, unix, not(loom)))]
#[path = "reactor/tests.rs"]
mod tests;
