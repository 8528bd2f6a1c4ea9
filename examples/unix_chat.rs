//! A chat room on a Unix socket: one process holds the room, others talk in it from their terminals.
//!
//! What it shows: Unix streams, who the peer is by the kernel's word, standard input beside a socket
//! in one `select!`, and a socket file that is gone when the room is.
//!
//! ```text
//! cargo run --release --example unix_chat PATH           (holds the room until ctrl-c)
//! cargo run --release --example unix_chat --join PATH    (in other terminals; or: nc -U PATH)
//! ```
//!
//! - Each line goes to all others, with the number of the process that it comes from.
//! - Who does not read misses messages, is told how many, and keeps nobody waiting.
//! - A line of more than 1 KiB, or one that is no text, closes its connection.
//! - A socket file that a killed room left is replaced; that of a room that lives is not.

use std::process::ExitCode;

#[cfg(unix)]
#[path = "unix_chat/room.rs"]
mod room;

/// Where there are no Unix sockets.
#[cfg(not(unix))]
mod room {
    pub(super) async fn run() -> Result<(), String> {
        Err("this system has no Unix sockets".to_string())
    }
}

#[runtime::main]
async fn main() -> ExitCode {
    match room::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("unix_chat: {message}");
            ExitCode::FAILURE
        }
    }
}
