//! Go, where it is installed.

use crate::row::Entry;

pub(super) fn rows() -> Vec<Entry> {
    Vec::new()
}
