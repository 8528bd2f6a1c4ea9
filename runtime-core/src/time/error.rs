//! What can go wrong with a timer.

use std::error;
use std::fmt;
use std::io;

/// A [`Timeout`](super::Timeout) has ended before its future was ready.
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed(());

/// Why a timer cannot be used. No operation of this runtime returns one: timers
/// have no bound, take any duration, and a shutdown panics. It stays for code that names the type.
#[derive(Debug, Clone, Copy)]
pub struct Error(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Shutdown,
    AtCapacity,
    Invalid,
}

impl Elapsed {
    pub(super) fn new() -> Elapsed {
        Elapsed(())
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("deadline has elapsed")
    }
}

impl error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(_: Elapsed) -> io::Error {
        io::ErrorKind::TimedOut.into()
    }
}

impl Error {
    /// The error of a runtime that was shut down.
    pub fn shutdown() -> Error {
        Error(Kind::Shutdown)
    }

    /// Whether the runtime was shut down.
    pub fn is_shutdown(&self) -> bool {
        self.0 == Kind::Shutdown
    }

    /// The error of a bound on timers.
    pub fn at_capacity() -> Error {
        Error(Kind::AtCapacity)
    }

    /// Whether a bound on timers was reached.
    pub fn is_at_capacity(&self) -> bool {
        self.0 == Kind::AtCapacity
    }

    /// The error of a deadline beyond the clock's end.
    pub fn invalid() -> Error {
        Error(Kind::Invalid)
    }

    /// Whether a deadline was beyond the clock's end.
    pub fn is_invalid(&self) -> bool {
        self.0 == Kind::Invalid
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.0 {
            Kind::Shutdown => "the runtime of this timer was shut down",
            Kind::AtCapacity => "no room for another timer",
            Kind::Invalid => "the deadline is beyond the clock's end",
        })
    }
}

impl error::Error for Error {}
