//! Lists the messages in a POP3 mailbox: step by step, and the first error ends it.
//!
//! What it shows: async code that reads like blocking code. Each step awaits its answer, `?` leaves
//! early, one `timeout` stands around the whole, and whatever happens the connection is closed.
//!
//! ```text
//! cargo run --release --example inbox HOST:PORT USER PASSWORD
//! ```
//!
//! The protocol is that of RFC 1939, in clear text: for a mailbox on one's own machine.

use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use runtime::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use runtime::net::TcpStream;
use runtime::time::{Duration, timeout};

/// For all of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest line of a server, with its end. (The RFC says 512; real ones send longer headers.)
const LINE_BYTES_MAX: u64 = 16 * 1024;

const USAGE: &str = "usage: inbox HOST:PORT USER PASSWORD";

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("inbox: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let [server, user, password] = three(arguments)?;
    let listing = timeout(PATIENCE, list(&server, &user, &password))
        .await
        .map_err(|_| format!("{server} took longer than {} s", PATIENCE.as_secs()))??;
    write!(io::stdout(), "{listing}")
        .map_err(|error| format!("cannot write to standard output: {error}"))
}

async fn list(server: &str, user: &str, password: &str) -> Result<String, String> {
    let mut session = Session::open(server).await?;
    session.ask(&format!("USER {user}")).await?;
    session.ask(&format!("PASS {password}")).await?;
    let count = session.count().await?;
    let mut listing = format!("{count} messages\n");
    for number in 1..=count {
        let subject = session.subject(number).await?;
        listing.push_str(&format!("{number:>4}  {subject}\n"));
    }
    session.ask("QUIT").await?;
    Ok(listing)
}

/// A conversation of commands and answers.
struct Session {
    stream: BufStream<TcpStream>,
}

impl Session {
    async fn open(server: &str) -> Result<Session, String> {
        let stream = TcpStream::connect(server)
            .await
            .map_err(|error| format!("cannot connect to {server}: {error}"))?;
        let mut session = Session {
            stream: BufStream::new(stream),
        };
        session.answer("the greeting").await?;
        Ok(session)
    }

    /// Sends a command; what stands behind `+OK` in its answer.
    async fn ask(&mut self, command: &str) -> Result<String, String> {
        // The verb alone: an error must not show a password.
        let verb = command.split(' ').next().unwrap_or(command);
        let failed = |error: io::Error| format!("{verb}: {error}");
        let line = format!("{command}\r\n");
        self.stream
            .write_all(line.as_bytes())
            .await
            .map_err(failed)?;
        self.stream.flush().await.map_err(failed)?;
        self.answer(verb).await
    }

    async fn answer(&mut self, to: &str) -> Result<String, String> {
        let line = self.line(to).await?;
        if let Some(rest) = line.strip_prefix("+OK") {
            return Ok(rest.trim().to_string());
        }
        match line.strip_prefix("-ERR") {
            Some(reason) => Err(format!("{to}: the server says: {}", reason.trim())),
            None => Err(format!("{to}: {line:?} is no answer of POP3")),
        }
    }

    async fn count(&mut self) -> Result<u32, String> {
        let answer = self.ask("STAT").await?;
        let count = answer.split(' ').next().and_then(|text| text.parse().ok());
        count.ok_or_else(|| format!("STAT: {answer:?} does not begin with a count"))
    }

    /// The subject of a message, out of its header.
    async fn subject(&mut self, number: u32) -> Result<String, String> {
        self.ask(&format!("TOP {number} 0")).await?;
        let mut subject = None;
        loop {
            let line = self.line("TOP").await?;
            if line == "." {
                return Ok(subject.unwrap_or_else(|| "(no subject)".to_string()));
            }
            let field = line.split_once(':');
            if let Some((_, text)) = field.filter(|(name, _)| name.eq_ignore_ascii_case("subject"))
            {
                // A later one may belong to the body that a server sends against the rules.
                subject.get_or_insert(text.trim().to_string());
            }
        }
    }

    async fn line(&mut self, of: impl Display) -> Result<String, String> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stream).take(LINE_BYTES_MAX);
        bounded
            .read_until(b'\n', &mut line)
            .await
            .map_err(|error| format!("{of}: {error}"))?;
        if !line.ends_with(b"\n") {
            let why = match line.len() as u64 {
                LINE_BYTES_MAX => "sent too long a line",
                _ => "closed the connection",
            };
            return Err(format!("{of}: the server {why}"));
        }
        let line = String::from_utf8_lossy(&line);
        Ok(line.trim_end_matches(['\r', '\n']).to_string())
    }
}

fn three(arguments: impl Iterator<Item = OsString>) -> Result<[String; 3], String> {
    let arguments: Vec<String> = arguments
        .map(|argument| argument.into_string())
        .collect::<Result<_, _>>()
        .map_err(|argument| format!("{argument:?} is no text; {USAGE}"))?;
    if arguments
        .iter()
        .any(|argument| argument.contains(['\r', '\n']))
    {
        return Err("an argument holds more than one line".to_string());
    }
    let count = arguments.len();
    arguments
        .try_into()
        .map_err(|_| format!("{count} arguments, not 3; {USAGE}"))
}
