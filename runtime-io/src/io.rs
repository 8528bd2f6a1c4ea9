//! Traits and utilities of asynchronous I/O; knows no driver.

mod interest;
mod ready;

pub use interest::Interest;
pub use ready::Ready;
