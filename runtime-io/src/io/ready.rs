//! What a source is ready for, as a set.

use std::fmt;
use std::ops;

const READABLE: u8 = 1;
const WRITABLE: u8 = 1 << 1;
const READ_CLOSED: u8 = 1 << 2;
const WRITE_CLOSED: u8 = 1 << 3;
const PRIORITY: u8 = 1 << 4;
const ERROR: u8 = 1 << 5;

const NAMES: [(u8, &str); 6] = [
    (READABLE, "READABLE"),
    (WRITABLE, "WRITABLE"),
    (READ_CLOSED, "READ_CLOSED"),
    (WRITE_CLOSED, "WRITE_CLOSED"),
    (PRIORITY, "PRIORITY"),
    (ERROR, "ERROR"),
];

/// The set of operations that a source is ready for.
///
/// Readiness is a hint: an operation may still find that it would block, and a set that was read
/// may be out of date the moment after.
///
/// ```
/// use runtime::io::Ready;
///
/// let ready = Ready::READABLE | Ready::READ_CLOSED;
/// assert!(ready.is_readable() && !ready.is_writable());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ready(u8);

impl Ready {
    /// Ready for nothing.
    pub const EMPTY: Ready = Ready(0);
    /// Data can be read, or a connection accepted.
    pub const READABLE: Ready = Ready(READABLE);
    /// There is room to write.
    pub const WRITABLE: Ready = Ready(WRITABLE);
    /// The peer will send no more.
    pub const READ_CLOSED: Ready = Ready(READ_CLOSED);
    /// Nothing can be sent any more.
    pub const WRITE_CLOSED: Ready = Ready(WRITE_CLOSED);
    /// Urgent data can be read (epoll only).
    pub const PRIORITY: Ready = Ready(PRIORITY);
    /// An error waits to be taken.
    pub const ERROR: Ready = Ready(ERROR);
    /// Everything at once.
    pub const ALL: Ready =
        Ready(READABLE | WRITABLE | READ_CLOSED | WRITE_CLOSED | PRIORITY | ERROR);

    /// Whether nothing is ready.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a read gets somewhere: there is data, or the end.
    pub fn is_readable(self) -> bool {
        self.0 & (READABLE | READ_CLOSED) != 0
    }

    /// Whether a write gets somewhere: there is room, or an error to report.
    pub fn is_writable(self) -> bool {
        self.0 & (WRITABLE | WRITE_CLOSED) != 0
    }

    /// Whether the peer will send no more.
    pub fn is_read_closed(self) -> bool {
        self.0 & READ_CLOSED != 0
    }

    /// Whether nothing can be sent any more.
    pub fn is_write_closed(self) -> bool {
        self.0 & WRITE_CLOSED != 0
    }

    /// Whether urgent data can be read.
    pub fn is_priority(self) -> bool {
        self.0 & PRIORITY != 0
    }

    /// Whether an error waits to be taken.
    pub fn is_error(self) -> bool {
        self.0 & ERROR != 0
    }
}

/// For the driver, which keeps the bits in a word of its own.
#[cfg(feature = "net")]
impl Ready {
    /// The set as plain bits; no bit above [`Ready::ALL`]'s is ever set.
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// The set made of those of the `bits` that mean something.
    pub(crate) const fn from_bits(bits: u8) -> Ready {
        Ready(bits & Ready::ALL.0)
    }

    pub(crate) const fn union(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl ops::BitOr for Ready {
    type Output = Ready;

    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl ops::BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Ready) {
        self.0 |= other.0;
    }
}

impl ops::BitAnd for Ready {
    type Output = Ready;

    fn bitand(self, other: Ready) -> Ready {
        Ready(self.0 & other.0)
    }
}

impl ops::Sub for Ready {
    type Output = Ready;

    fn sub(self, other: Ready) -> Ready {
        Ready(self.0 & !other.0)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = NAMES
            .iter()
            .filter(|(bit, _)| self.0 & bit != 0)
            .map(|(_, name)| *name);
        f.write_str("Ready(")?;
        write_names(names, f)?;
        f.write_str(")")
    }
}

/// `A | B`, or `EMPTY`.
pub(super) fn write_names<'a>(
    names: impl Iterator<Item = &'a str>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut any = false;
    for name in names {
        if any {
            f.write_str(" | ")?;
        }
        any = true;
        f.write_str(name)?;
    }
    if any { Ok(()) } else { f.write_str("EMPTY") }
}

#[cfg(test)]
mod tests {
    use super::Ready;

    #[test]
    fn a_closed_direction_counts_as_ready_for_it() {
        assert!(Ready::READ_CLOSED.is_readable());
        assert!(Ready::WRITE_CLOSED.is_writable());
        assert!(!Ready::ERROR.is_readable() && !Ready::ERROR.is_writable());
        assert!((Ready::ALL - Ready::ALL).is_empty());
    }

    #[test]
    fn debug_names_the_members() {
        assert_eq!(format!("{:?}", Ready::EMPTY), "Ready(EMPTY)");
        let both = Ready::READABLE | Ready::READ_CLOSED;
        assert_eq!(format!("{both:?}"), "Ready(READABLE | READ_CLOSED)");
    }
}
