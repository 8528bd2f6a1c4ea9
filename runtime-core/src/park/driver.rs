//! What the core asks of an I/O driver, so that it needs to know none.
//!
//! A driver has two halves. The [`Poller`] lives inside the seat and is called by one thread at a
//! time, either to sleep or for a glance (a poll with a zero timeout). The [`Driver`] is shared: it
//! ends a sleep from outside, and turns the events that a poll brought back into wakers, after the
//! seat has been left.
//!
//! A panic of a waker never reaches the driver: it only collects wakers into the [`WakeList`] and
//! wakes none.

use std::any::Any;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::util::wake_list::WakeList;

/// One event of one source, as plain numbers: the core carries it from poller to driver, unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Which source, in the driver's own encoding.
    pub token: u64,
    /// Readiness bits, in the driver's own encoding.
    pub ready: u32,
}

/// What the error of an operation wraps whose runtime has shut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutDown;

impl fmt::Display for ShutDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the runtime of this I/O object has shut down")
    }
}

impl std::error::Error for ShutDown {}

/// Events that one poll brings back at most: the rest waits for the next, which comes before any sleep.
///
/// So few that a busy thread has polled them before it looks again, which a full poll puts off: queues of
/// what is ready do not grow, and it stays with the system until it is soon to be read.
pub const EVENTS_PER_POLL: usize = 96;

/// The half that sleeps; owned by the seat.
pub trait Poller: Send {
    /// Waits for events, a kick or the timeout (`None`: for ever; zero: a glance) and appends the
    /// events, [`EVENTS_PER_POLL`] at most.
    ///
    /// A timeout is never cut short by rounding down to zero and never rounded up by more than the
    /// clock's own precision. A spurious return with no events is allowed.
    /// An interrupted wait returns `Ok`.
    ///
    /// # Errors
    /// What the operating system says of the wait itself; the caller counts it and backs off.
    fn poll(&mut self, timeout: Option<Duration>, events: &mut Vec<Event>) -> io::Result<()>;
}

/// The shared half: kick, dispatch, shutdown.
pub trait Driver: Send + Sync + fmt::Debug {
    /// Ends the sleep that is under way, or else the next one, early.
    fn kick(&self);

    /// Records each event at its source and collects the wakers of whoever waited for it. Lock-free
    /// in the usual case; events of sources that are gone are ignored. May be called by several
    /// threads with different batches, in any order.
    fn dispatch(&self, events: &[Event], wakers: &mut WakeList);

    /// Marks every source, present and future, as shut down and collects the wakers of all that
    /// wait. Operations on them then fail with an error instead of waiting.
    fn shutdown(&self, wakers: &mut WakeList);

    /// For the crate that made the driver, to find its own type again.
    fn as_any(&self) -> &dyn Any;
}
