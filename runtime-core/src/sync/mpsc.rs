//! Channels with many senders and one receiver.
//!
//! [`channel`] holds a bounded number of values: senders wait for room, oldest first.
//! [`unbounded_channel`] takes every value at once, and memory is its only bound. Values arrive
//! in the order in which they were sent.
//!
//! When the last sender is gone, or the receiver [closes](Receiver::close) the channel and what
//! was under way has arrived, the receiver gets `None`. When the receiver is gone or closed,
//! senders fail and give the value back.
//!
//! How it works: `queue` carries the values and the end, `chan` knows when the end has come,
//! `room` how many values there may be.

mod queue;

mod room;

mod chan;

mod bounded;

mod permit;

mod unbounded;

pub mod error;

pub use bounded::{Receiver, Sender, WeakSender, channel};
pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use unbounded::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, not(loom)))]
mod model_tests;
