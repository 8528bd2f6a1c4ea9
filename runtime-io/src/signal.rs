//! Signals: what the operating system interrupts a process with.
//!
//! On Unix a signal is taken down by a handler that neither allocates nor locks, and wakes its
//! listeners by way of the runtime's driver, as a packet does. The protocol and its proof are in
//! `unix/board.rs`; what the process has once for all its runtimes in `unix/hub.rs`. On Windows the
//! handler has a thread of its own and wakes the listeners itself (`windows.rs`). Who listens stands
//! in `listeners.rs`.

use std::io;

use crate::driver::shut_down;

mod listeners;

#[cfg(unix)]
pub mod unix;

#[cfg(unix)]
use unix as system;

#[cfg(windows)]
pub mod windows;

#[cfg(windows)]
use windows as system;

/// Ends when the user asks the program to stop by Ctrl-C.
///
/// Listening begins with the first poll. From then on Ctrl-C does not end the process by itself any
/// more: on Unix also when this future is gone (`unix::restore_default` gives that back), on Windows
/// as long as somebody listens.
///
/// # Errors
/// What the operating system says of a handler or a descriptor; after a shutdown of the runtime.
///
/// # Panics
/// On Unix, if the calling thread is in no runtime.
///
/// # Cancel safety
/// Lossy: who calls again hears of what comes from then on.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// runtime::select! {
///     asked = runtime::signal::ctrl_c() => asked?,
///     () = runtime::time::sleep(std::time::Duration::from_millis(1)) => {}
/// }
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn ctrl_c() -> io::Result<()> {
    let heard = system::ctrl_c()?.recv().await;
    heard.ok_or_else(shut_down)
}
