//! What a task waits for, as a set that is never empty.

use std::fmt;
use std::ops;

use super::ready::write_names;

const READABLE: u8 = 1;
const WRITABLE: u8 = 1 << 1;
const PRIORITY: u8 = 1 << 2;
const ERROR: u8 = 1 << 3;

const NAMES: [(u8, &str); 4] = [
    (READABLE, "READABLE"),
    (WRITABLE, "WRITABLE"),
    (PRIORITY, "PRIORITY"),
    (ERROR, "ERROR"),
];

/// What a task waits for: the argument of `ready()` and `try_io()`.
///
/// ```
/// use runtime::io::Interest;
///
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert!(both.is_readable() && both.is_writable());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Interest(u8);

impl Interest {
    /// Data to read, a connection to accept, or the end of what the peer sends.
    pub const READABLE: Interest = Interest(READABLE);
    /// Room to write, or the news that nothing can be written any more.
    pub const WRITABLE: Interest = Interest(WRITABLE);
    /// Urgent data (epoll only).
    pub const PRIORITY: Interest = Interest(PRIORITY);
    /// An error to take.
    pub const ERROR: Interest = Interest(ERROR);

    /// Whether reading is part of it.
    pub const fn is_readable(self) -> bool {
        self.0 & READABLE != 0
    }

    /// Whether writing is part of it.
    pub const fn is_writable(self) -> bool {
        self.0 & WRITABLE != 0
    }

    /// Whether urgent data is part of it.
    pub const fn is_priority(self) -> bool {
        self.0 & PRIORITY != 0
    }

    /// Whether errors are part of it.
    pub const fn is_error(self) -> bool {
        self.0 & ERROR != 0
    }

    /// Both sets together.
    #[must_use = "this makes a new `Interest`"]
    pub const fn add(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }

    /// This set without the other; `None` if nothing is left.
    #[must_use = "this makes a new `Interest`"]
    pub fn remove(self, other: Interest) -> Option<Interest> {
        let left = self.0 & !other.0;
        (left != 0).then_some(Interest(left))
    }
}

impl ops::BitOr for Interest {
    type Output = Interest;

    fn bitor(self, other: Interest) -> Interest {
        self.add(other)
    }
}

impl ops::BitOrAssign for Interest {
    fn bitor_assign(&mut self, other: Interest) {
        *self = self.add(other);
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = NAMES
            .iter()
            .filter(|(bit, _)| self.0 & bit != 0)
            .map(|(_, name)| *name);
        write_names(names, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Interest;

    #[test]
    fn an_interest_is_never_empty() {
        let both = Interest::READABLE | Interest::WRITABLE;
        assert_eq!(both.remove(Interest::READABLE), Some(Interest::WRITABLE));
        assert_eq!(both.remove(both), None);
        assert_eq!(format!("{both:?}"), "READABLE | WRITABLE");
    }
}
