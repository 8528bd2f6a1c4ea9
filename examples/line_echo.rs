//! A server that writes each line back: one task a connection.
//!
//! What it shows: `#[runtime::main]`, a listener, `spawn`, buffered reading with a bound.
//!
//! ```text
//! cargo run --release --example line_echo [port]     (default 50000; 0: any free port)
//! nc 127.0.0.1 50000
//! ```
//!
//! - A connection is answered line by line; an unfinished last line is written back as it is.
//! - A line of more than 1 MiB closes its connection: no client makes the server grow further.
//! - A client that fails ends its own task and nothing else. Where the process has no descriptor
//!   left, `accept` pauses and goes on by itself.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use runtime::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use runtime::net::{TcpListener, TcpStream};

const DEFAULT_PORT: u16 = 50000;

/// The longest line, without its newline.
const LINE_BYTES_MAX: usize = 1 << 20;

/// What a connection keeps between its lines.
const BUFFER_BYTES: usize = 4096;

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("line_echo: {message}");
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

/// Writes each line back until the client ends, fails, or sends too long a line.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
    let mut line = Vec::new();
    loop {
        // One byte more than a line may have: a newline, or the proof that it is too long.
        let mut bounded = (&mut reader).take(LINE_BYTES_MAX as u64 + 1);
        bounded.read_until(b'\n', &mut line).await?;
        let is_too_long = line.len() > LINE_BYTES_MAX && !line.ends_with(b"\n");
        if line.is_empty() || is_too_long {
            return Ok(());
        }
        writer.write_all(&line).await?;
        line.clear();
        line.shrink_to(BUFFER_BYTES);
    }
}

fn port(mut arguments: impl Iterator<Item = OsString>) -> Result<u16, String> {
    let Some(argument) = arguments.next() else {
        return Ok(DEFAULT_PORT);
    };
    if arguments.next().is_some() {
        return Err("too many arguments; usage: line_echo [port]".to_string());
    }
    let text = argument.to_string_lossy();
    text.parse()
        .map_err(|_| format!("{text:?} is not a port: a number from 0 to 65535"))
}
