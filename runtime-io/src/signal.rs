//! Signals: what the operating system interrupts a process with.
//!
//! A signal is taken down by a handler that neither allocates nor locks, and wakes its listeners by
//! way of the runtime's driver, as a packet does. The protocol and its proof are in
//! `unix/board.rs`; what the process has once for all its runtimes in `unix/hub.rs`.

#[cfg(unix)]
pub mod unix;

#[cfg(unix)]
use unix as system;

use std::io;

/// Ends when the user asks the program to stop by Ctrl-C.
///
/// Listening begins with the first poll. From then on Ctrl-C does not end the process by itself any
/// more, also when this future is gone; on Unix [`unix::restore_default`] gives that back.
///
/// # Errors
/// What the operating system says of a handler or a descriptor.
///
/// # Panics
/// If the calling thread is in no runtime.
///
/// # Cancel safety
/// Cancel safe; who calls again hears of what comes from then on.
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
    system::ctrl_c()?.recv().await;
    Ok(())
}
