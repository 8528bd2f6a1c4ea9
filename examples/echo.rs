//! A server that writes every byte back as it comes.
//!
//! What it shows: the shortest whole server, with `split` and `copy`.
//!
//! ```text
//! cargo run --release --example echo [port]     (default 50000; 0: any free port)
//! ```
//!
//! A connection takes one buffer of fixed size, whatever its client sends; a client that does not
//! read is not read from either. When the client ends its half, the rest is written and the
//! connection closed.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use runtime::net::{TcpListener, TcpStream};

const DEFAULT_PORT: u16 = 50000;

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("echo: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let port = port(arguments)?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("cannot listen on 127.0.0.1:{port}: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    writeln!(io::stdout(), "listening on {address}")
        .map_err(|error| format!("cannot write to standard output: {error}"))?;
    loop {
        let (stream, _peer) = listener
            .accept()
            .await
            .map_err(|error| format!("cannot accept: {error}"))?;
        // A failed connection is its client's affair: nobody asks for the task's result.
        runtime::spawn(answer(stream));
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<u64> {
    let (mut reader, mut writer) = stream.split();
    runtime::io::copy(&mut reader, &mut writer).await
}

fn port(mut arguments: impl Iterator<Item = OsString>) -> Result<u16, String> {
    let Some(argument) = arguments.next() else {
        return Ok(DEFAULT_PORT);
    };
    if arguments.next().is_some() {
        return Err("too many arguments; usage: echo [port]".to_string());
    }
    let text = argument.to_string_lossy();
    text.parse()
        .map_err(|_| format!("{text:?} is not a port: a number from 0 to 65535"))
}
