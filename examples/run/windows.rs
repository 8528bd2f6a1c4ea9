//! Process groups, and `taskkill`.

use std::io;
use std::process::ExitStatus;

use runtime::process::Command;
use runtime::signal::windows::{CtrlC, ctrl_c};

const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// Each Ctrl-C from now on.
pub(super) fn interrupts() -> io::Result<CtrlC> {
    ctrl_c()
}

/// A process group of its own.
pub(super) fn set_apart(command: &mut Command) {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
}

/// The process and all that it has started.
pub(super) async fn kill_group(group: Option<u32>) -> io::Result<()> {
    if let Some(group) = group {
        Command::new("taskkill")
            .args(["/t", "/f", "/pid", &group.to_string()])
            .status()
            .await?;
    }
    Ok(())
}

pub(super) fn code_of(status: ExitStatus) -> Option<i32> {
    status.code()
}
