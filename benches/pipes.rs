//! Pipes for peers that have none: made by a runtime, which has a safe face for that, and taken out
//! of it.

use std::fs::File;
use std::io;

use runtime::Builder;
use runtime::net::unix::pipe;

/// The ends of a pipe, first the one that is written to; both block.
pub(crate) fn blocking() -> io::Result<(File, File)> {
    let runtime = Builder::new_current_thread().build()?;
    let _inside = runtime.enter();
    let (sender, receiver) = pipe::pipe()?;
    let sender = File::from(sender.into_blocking_fd()?);
    Ok((sender, File::from(receiver.into_blocking_fd()?)))
}
