//! How much memory the process has in use, as the kernel counts it.
//!
//! *Rejected*: to count what the allocator is asked for. It does not see what alignment wastes, and
//! a cell that is aligned to 128 bytes takes twice its size; and an allocator that counts is in the
//! way of every row.

use std::fs;

/// Linux's page, where this is measured.
const PAGE: i64 = 4_096;

/// Only the difference of two says something.
pub(crate) fn bytes() -> i64 {
    let text = fs::read_to_string("/proc/self/statm").expect("Linux");
    let resident = text.split(' ').nth(1).map(str::parse::<i64>);
    match resident {
        Some(Ok(pages)) => PAGE * pages,
        _ => panic!("{text:?} has no resident pages"),
    }
}
