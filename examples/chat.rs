//! A chat room: what one says, all others read.
//!
//! What it shows: a `broadcast` channel among connections, `select!` between two sources, and what
//! becomes of a reader that is too slow.
//!
//! ```text
//! cargo run --release --example chat [port]     (default 50000; 0: any free port)
//! nc 127.0.0.1 50000                            (in two terminals)
//! ```
//!
//! - Each line goes to all others as `guest 1: line`; `/name Ann` makes that `Ann: line`.
//! - Who does not read misses messages, is told how many, and keeps nobody waiting.
//! - A line of more than 1 KiB, or one that is no text, closes its connection.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::Arc;

use runtime::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use runtime::net::tcp::ReadHalf;
use runtime::net::{TcpListener, TcpStream};
use runtime::sync::broadcast::{self, error::RecvError};

const DEFAULT_PORT: u16 = 50000;

/// How many messages are kept for a reader that is behind.
const BACKLOG: usize = 64;

/// The longest line, with its newline.
const LINE_BYTES_MAX: u64 = 1024;

/// Something for all but who caused it.
#[derive(Clone)]
struct Message {
    from: u64,
    text: Arc<str>,
}

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("chat: {message}");
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

    let (room, _) = broadcast::channel(BACKLOG);
    for guest in 1.. {
        let (stream, _peer) = listener
            .accept()
            .await
            .map_err(|error| format!("cannot accept: {error}"))?;
        // A connection that fails ends its own task and nothing else.
        runtime::spawn(attend(stream, guest, room.clone()));
    }
    Ok(())
}

/// One guest, to the end of the connection.
async fn attend(
    mut stream: TcpStream,
    guest: u64,
    room: broadcast::Sender<Message>,
) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut lines = Lines::new(reader);
    let mut others = room.subscribe();
    let tell = |text: String| {
        // Fails only if nobody listens; this guest's own receiver always does.
        let _ = room.send(Message {
            from: guest,
            text: text.into(),
        });
    };
    let mut name = format!("guest {guest}");
    // Before the welcome: a friend who comes once that was read hears nothing of it.
    tell(format!("* {name} is here\n"));
    let ended = async {
        let welcome = format!("* welcome, {name}\n");
        writer.write_all(welcome.as_bytes()).await?;
        loop {
            runtime::select! {
                line = lines.next() => match line? {
                    Some(line) => match line.strip_prefix("/name ").map(str::trim) {
                        Some(new) if !new.is_empty() => {
                            tell(format!("* {name} is {new}\n"));
                            name = new.to_string();
                        }
                        _ => tell(format!("{name}: {line}\n")),
                    },
                    None => return Ok(()),
                },
                message = others.recv() => {
                    let text: Arc<str> = match message {
                        Ok(message) if message.from == guest => continue,
                        Ok(message) => message.text,
                        Err(RecvError::Lagged(missed)) => format!("* {missed} missed\n").into(),
                        Err(RecvError::Closed) => return Ok(()),
                    };
                    writer.write_all(text.as_bytes()).await?;
                }
            }
        }
    }
    .await;
    tell(format!("* {name} has left\n"));
    ended
}

/// Lines of bounded length. What was read of a line stays here while another branch of a
/// `select!` is taken: `next` is cancel safe.
struct Lines<'a> {
    reader: BufReader<ReadHalf<'a>>,
    line: Vec<u8>,
}

impl<'a> Lines<'a> {
    fn new(reader: ReadHalf<'a>) -> Lines<'a> {
        Lines {
            reader: BufReader::new(reader),
            line: Vec::new(),
        }
    }

    /// The next line without its end; `None` at the end of the stream.
    async fn next(&mut self) -> io::Result<Option<String>> {
        let room = LINE_BYTES_MAX.saturating_sub(self.line.len() as u64);
        let mut bounded = (&mut self.reader).take(room);
        bounded.read_until(b'\n', &mut self.line).await?;
        if self.line.is_empty() {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.line);
        if line.len() as u64 == LINE_BYTES_MAX && !line.ends_with(b"\n") {
            return Err(io::Error::new(ErrorKind::InvalidData, "too long a line"));
        }
        let line = String::from_utf8(line)
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_string()))
    }
}

fn port(mut arguments: impl Iterator<Item = OsString>) -> Result<u16, String> {
    let Some(argument) = arguments.next() else {
        return Ok(DEFAULT_PORT);
    };
    if arguments.next().is_some() {
        return Err("too many arguments; usage: chat [port]".to_string());
    }
    let text = argument.to_string_lossy();
    text.parse()
        .map_err(|_| format!("{text:?} is not a port: a number from 0 to 65535"))
}
