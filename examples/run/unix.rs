//! Process groups, and `kill`.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use runtime::process::Command;
use runtime::signal::unix::{Signal, SignalKind, signal};

/// Each Ctrl-C from now on.
pub(super) fn interrupts() -> io::Result<Signal> {
    signal(SignalKind::interrupt())
}

/// A process group of its own.
pub(super) fn set_apart(command: &mut Command) {
    command.process_group(0);
}

pub(super) async fn kill_group(group: Option<u32>) -> io::Result<()> {
    if let Some(group) = group {
        let group = format!("-{group}");
        Command::new("kill")
            .args(["-KILL", "--", &group])
            .status()
            .await?;
    }
    Ok(())
}

/// The code, or 128 and the signal's number.
pub(super) fn code_of(status: ExitStatus) -> Option<i32> {
    status.code().or(status.signal().map(|signal| 128 + signal))
}
