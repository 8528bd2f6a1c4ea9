//! Fetches a page by HTTP/1.1, by hand over TCP.
//!
//! What it shows: connecting, buffered reading with bounds, and a `timeout` around the whole.
//!
//! ```text
//! cargo run --release --example fetch http://HOST[:PORT][/PATH] [seconds]     (default 10 s)
//! ```
//!
//! - The body goes to standard output as it comes; it may end by its length, by its last chunk, or
//!   by the end of the connection. One that ends early is an error.
//! - Any status but 2xx is an error; redirections are not followed, their target is named.
//! - There is no TLS here: an `https` address is refused.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use runtime::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use runtime::net::TcpStream;
use runtime::time::{Duration, timeout};

const DEFAULT_SECONDS: u32 = 10;

/// The longest line of a head or of a chunk's size.
const LINE_BYTES_MAX: u64 = 16 * 1024;

const HEADERS_MAX: usize = 256;

const USAGE: &str = "usage: fetch http://HOST[:PORT][/PATH] [seconds]";

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("fetch: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let (url, seconds) = parsed(arguments)?;
    timeout(Duration::from_secs(seconds.into()), fetch(&url))
        .await
        .map_err(|_| format!("{} took longer than {seconds} s", url.authority))?
}

async fn fetch(url: &Url) -> Result<(), String> {
    let authority = &url.authority;
    let stream = TcpStream::connect(url.address())
        .await
        .map_err(|error| format!("cannot connect to {authority}: {error}"))?;
    let mut connection = BufReader::new(stream);
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n",
        url.path
    );
    connection
        .write_all(request.as_bytes())
        .await
        .map_err(|error| format!("cannot send to {authority}: {error}"))?;

    let head = Head::read(&mut connection).await?;
    if !(200..300).contains(&head.status) {
        let target = head.location.map(|to| format!(", see {to}"));
        return Err(format!("{}{}", head.title, target.unwrap_or_default()));
    }
    match head.body {
        Body::Sized(bytes) => copy_exactly(&mut connection, bytes).await,
        Body::Chunked => copy_chunks(&mut connection).await,
        Body::ToTheEnd => copy_up_to(&mut connection, u64::MAX).await.map(drop),
    }
}

type Connection = BufReader<TcpStream>;

/// How a body shows its end.
enum Body {
    Sized(u64),
    Chunked,
    ToTheEnd,
}

struct Head {
    status: u16,
    /// Status and reason, as the server words them.
    title: String,
    location: Option<String>,
    body: Body,
}

impl Head {
    /// The final head: those of interim answers (1xx) are passed over.
    async fn read(connection: &mut Connection) -> Result<Head, String> {
        loop {
            let head = Head::read_one(connection).await?;
            if head.status >= 200 {
                return Ok(head);
            }
        }
    }

    async fn read_one(connection: &mut Connection) -> Result<Head, String> {
        let line = line(connection).await?;
        let title = line
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| line.strip_prefix("HTTP/1.0 "));
        let status = title.and_then(|title| title.get(..3)?.parse().ok());
        let (Some(title), Some(status)) = (title, status) else {
            return Err(format!("{line:?} is no answer of HTTP/1.1"));
        };
        let mut head = Head {
            status,
            title: title.to_string(),
            location: None,
            body: if matches!(status, 204 | 304) {
                Body::Sized(0)
            } else {
                Body::ToTheEnd
            },
        };
        for _ in 0..HEADERS_MAX {
            let field = self::line(connection).await?;
            if field.is_empty() {
                return Ok(head);
            }
            let Some((name, value)) = field.split_once(':') else {
                return Err(format!("{field:?} is no header"));
            };
            head.take(&name.to_ascii_lowercase(), value.trim())?;
        }
        Err(format!("more than {HEADERS_MAX} headers"))
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, &self.body) {
            ("location", _) => self.location = Some(value.to_string()),
            ("transfer-encoding", _) if value.eq_ignore_ascii_case("chunked") => {
                self.body = Body::Chunked;
            }
            ("transfer-encoding", _) => return Err(format!("a transfer encoding {value:?}")),
            // Chunks outrank a length.
            ("content-length", Body::ToTheEnd) => {
                let bytes = value.parse();
                let bytes = bytes.map_err(|_| format!("{value:?} is not a length"))?;
                self.body = Body::Sized(bytes);
            }
            _ => {}
        }
        Ok(())
    }
}

async fn copy_exactly(connection: &mut Connection, bytes: u64) -> Result<(), String> {
    let copied = copy_up_to(connection, bytes).await?;
    if copied < bytes {
        return Err(format!(
            "the connection ended after {copied} of {bytes} bytes"
        ));
    }
    Ok(())
}

async fn copy_chunks(connection: &mut Connection) -> Result<(), String> {
    loop {
        let size = line(connection).await?;
        let digits = size.split(';').next().unwrap_or("").trim();
        let bytes = u64::from_str_radix(digits, 16)
            .map_err(|_| format!("{size:?} is not the size of a chunk"))?;
        if bytes == 0 {
            return Ok(());
        }
        copy_exactly(connection, bytes).await?;
        if !line(connection).await?.is_empty() {
            return Err("a chunk is longer than its size".to_string());
        }
    }
}

/// Copies to standard output until the end or the limit.
///
/// Writing there may block this worker; in a program with nothing else to do that is harmless.
async fn copy_up_to(connection: &mut Connection, limit: u64) -> Result<u64, String> {
    let mut left = limit;
    let mut stdout = io::stdout();
    while left > 0 {
        let available = connection.fill_buf().await.map_err(broken)?;
        if available.is_empty() {
            break;
        }
        let part = available
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        stdout.write_all(&available[..part]).map_err(unwritable)?;
        connection.consume(part);
        left -= part as u64;
    }
    stdout.flush().map_err(unwritable)?;
    Ok(limit - left)
}

async fn line(connection: &mut Connection) -> Result<String, String> {
    let mut line = Vec::new();
    let mut bounded = connection.take(LINE_BYTES_MAX);
    bounded.read_until(b'\n', &mut line).await.map_err(broken)?;
    if !line.ends_with(b"\n") {
        return Err(match line.len() as u64 {
            LINE_BYTES_MAX => "the server sends too long a line".to_string(),
            _ => "the connection ended within the head".to_string(),
        });
    }
    let line = String::from_utf8_lossy(&line);
    Ok(line.trim_end_matches(['\r', '\n']).to_string())
}

fn broken(error: io::Error) -> String {
    format!("the connection broke: {error}")
}

fn unwritable(error: io::Error) -> String {
    format!("cannot write to standard output: {error}")
}

/// What an address says: whom to ask, and for what.
struct Url {
    authority: String,
    path: String,
}

impl Url {
    fn parse(text: &str) -> Result<Url, String> {
        let refused = |why: &str| Err(format!("{text:?} is not an address: {why}; {USAGE}"));
        let Some(rest) = text.strip_prefix("http://") else {
            return refused("it does not begin with http://");
        };
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        if authority.is_empty() || authority.contains('@') {
            return refused("it names no host");
        }
        // Neither may end the line of the request, or begin a new word in it.
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return refused("it holds white space");
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Url {
            authority: authority.to_string(),
            path: format!("{slash}{path}"),
        })
    }

    /// Host and port, as a lookup wants them.
    fn address(&self) -> String {
        let behind_brackets = self.authority.rfind(']').unwrap_or(0);
        match self.authority[behind_brackets..].contains(':') {
            true => self.authority.clone(),
            false => format!("{}:80", self.authority),
        }
    }
}

fn parsed(arguments: impl Iterator<Item = OsString>) -> Result<(Url, u32), String> {
    let arguments: Vec<String> = arguments
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    match &arguments[..] {
        [] => Err(format!("no address; {USAGE}")),
        [url] => Ok((Url::parse(url)?, DEFAULT_SECONDS)),
        [url, seconds] => {
            let parsed = seconds.parse().map_err(|_| {
                format!(
                    "{seconds:?} is not a time: whole seconds from 0 to {}",
                    u32::MAX
                )
            })?;
            Ok((Url::parse(url)?, parsed))
        }
        _ => Err(format!("too many arguments; {USAGE}")),
    }
}
