//! A server that talks only to who says hello first.
//!
//! What it shows: a `timeout` around one step of a conversation, and an early end by `?`.
//!
//! ```text
//! cargo run --release --example handshake [port]     (default 50000; 0: any free port)
//! nc 127.0.0.1 50000
//! ```
//!
//! - The first line must be `hello` or `hello NAME`, within five seconds; the answer is `welcome` or
//!   `welcome NAME`, and each further line comes back as it is.
//! - Whoever says something else, says nothing, or sends a line of more than 1 KiB is dropped: its
//!   connection is closed without a word, and the server goes on.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use runtime::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use runtime::net::tcp::ReadHalf;
use runtime::net::{TcpListener, TcpStream};
use runtime::time::{Duration, timeout};

const DEFAULT_PORT: u16 = 50000;

/// How long a client may take to say hello.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest line, with its newline.
const LINE_BYTES_MAX: u64 = 1024;

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("handshake: {message}");
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
        // A client that is dropped is no affair of the others: nobody asks for the task's result.
        runtime::spawn(serve(stream));
    }
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);

    let hello = timeout(PATIENCE, next_line(&mut reader)).await??;
    let Some(name) = hello.as_deref().and_then(name_of) else {
        return Err(io::Error::new(ErrorKind::InvalidData, "no hello"));
    };
    let welcome = format!("welcome {name}");
    writer.write_all(welcome.trim_end().as_bytes()).await?;
    writer.write_all(b"\n").await?;

    while let Some(line) = next_line(&mut reader).await? {
        writer.write_all(format!("{line}\n").as_bytes()).await?;
    }
    Ok(())
}

/// Who says hello; the name may be empty.
fn name_of(line: &str) -> Option<&str> {
    let (word, name) = line.split_once(' ').unwrap_or((line, ""));
    word.eq_ignore_ascii_case("hello").then_some(name.trim())
}

/// The next line without its end; `None` at the end of the stream.
async fn next_line(reader: &mut BufReader<ReadHalf<'_>>) -> io::Result<Option<String>> {
    let mut line = String::new();
    reader.take(LINE_BYTES_MAX).read_line(&mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.len() as u64 == LINE_BYTES_MAX && !line.ends_with('\n') {
        return Err(io::Error::new(ErrorKind::InvalidData, "too long a line"));
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_string()))
}

fn port(mut arguments: impl Iterator<Item = OsString>) -> Result<u16, String> {
    let Some(argument) = arguments.next() else {
        return Ok(DEFAULT_PORT);
    };
    if arguments.next().is_some() {
        return Err("too many arguments; usage: handshake [port]".to_string());
    }
    let text = argument.to_string_lossy();
    text.parse()
        .map_err(|_| format!("{text:?} is not a port: a number from 0 to 65535"))
}
