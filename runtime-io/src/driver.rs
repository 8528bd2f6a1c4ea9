//! The reactor and what stands between it and a socket.

mod alarm;
mod attach;
mod reactor;
mod readiness;
mod table;
mod wait;

use std::io;

/// The error of every operation after the runtime has shut down.
fn shut_down() -> io::Error {
    io::Error::other("the runtime of this I/O object has shut down")
}
