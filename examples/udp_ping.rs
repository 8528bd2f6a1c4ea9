//! Round trips by UDP, and the server that answers them.
//!
//! What it shows: one socket for many peers, and a `timeout` where an answer may never come.
//!
//! ```text
//! cargo run --release --example udp_ping serve [PORT]        (default 50000; 0: any free port)
//! cargo run --release --example udp_ping HOST:PORT [COUNT]   (default 5)
//! ```
//!
//! - The server sends each datagram back to where it came from.
//! - The client numbers its datagrams, waits half a second for each, and counts as lost what does
//!   not come back in time. It fails when nothing came back at all.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use runtime::net::{UdpSocket, lookup_host};
use runtime::time::{Duration, Instant, timeout_at};

const DEFAULT_PORT: u16 = 50000;

const DEFAULT_COUNT: u32 = 5;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// No datagram is longer.
const DATAGRAM_BYTES_MAX: usize = 65_536;

const USAGE: &str = "usage: udp_ping serve [PORT] | udp_ping HOST:PORT [COUNT]";

#[runtime::main]
async fn main() -> ExitCode {
    match run(env::args_os().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("udp_ping: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = OsString>) -> Result<(), String> {
    let arguments: Vec<String> = arguments
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => Err(format!("no arguments; {USAGE}")),
        ["serve"] => serve(DEFAULT_PORT).await,
        ["serve", port] => serve(number(port, "a port", u16::MAX)?).await,
        [peer] => ping(peer, DEFAULT_COUNT).await,
        [peer, count] => ping(peer, number(count, "a count", u32::MAX)?).await,
        _ => Err(format!("too many arguments; {USAGE}")),
    }
}

async fn serve(port: u16) -> Result<(), String> {
    let socket = UdpSocket::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("cannot listen on 127.0.0.1:{port}: {error}"))?;
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    say(&format!("listening on {address}"))?;
    let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let (bytes, peer) = match socket.recv_from(&mut datagram).await {
            Ok(received) => received,
            // An earlier answer met a closed port: that peer's affair.
            Err(error) if is_refusal(&error) => continue,
            Err(error) => return Err(format!("cannot receive: {error}")),
        };
        // A peer that cannot be reached loses its answer, as any datagram may be lost.
        let _ = socket.send_to(&datagram[..bytes], peer).await;
    }
}

async fn ping(peer: &str, count: u32) -> Result<(), String> {
    let address = lookup_host(peer)
        .await
        .map_err(|error| format!("{peer:?} is not a peer: {error}; {USAGE}"))?
        .next()
        .ok_or_else(|| format!("{peer:?} has no address"))?;
    let socket = connected(address)
        .await
        .map_err(|error| format!("cannot reach {address}: {error}"))?;
    let mut answered = 0;
    for number in 1..=count {
        match round_trip(&socket, number).await {
            Ok(Some(time)) => {
                answered += 1;
                say(&format!("{number}: {:.1} µs", time.as_secs_f64() * 1e6))?;
            }
            Ok(None) => say(&format!("{number}: lost"))?,
            Err(error) => return Err(format!("cannot reach {address}: {error}")),
        }
    }
    say(&format!("{answered} of {count} came back"))?;
    match answered {
        0 if count > 0 => Err(format!("no answer from {address}")),
        _ => Ok(()),
    }
}

async fn connected(peer: SocketAddr) -> io::Result<UdpSocket> {
    let socket = match peer {
        SocketAddr::V4(_) => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?,
        SocketAddr::V6(_) => UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await?,
    };
    socket.connect(peer).await?;
    Ok(socket)
}

/// Sends a number and waits for it; `None` if it does not come back in time.
async fn round_trip(socket: &UdpSocket, number: u32) -> io::Result<Option<Duration>> {
    let start = Instant::now();
    let sent = number.to_be_bytes();
    let mut answer = [0; 4];
    let trip = timeout_at(start + PATIENCE, async {
        socket.send(&sent).await?;
        // A late answer to an earlier number is passed over.
        while (socket.recv(&mut answer).await?, answer) != (sent.len(), sent) {}
        io::Result::Ok(start.elapsed())
    });
    match trip.await {
        Ok(Ok(time)) => Ok(Some(time)),
        Ok(Err(error)) if is_refusal(&error) => Ok(None),
        Ok(Err(error)) => Err(error),
        Err(_late) => Ok(None),
    }
}

/// Nobody listens there: what the kernel says at the next call on the socket.
fn is_refusal(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == ErrorKind::ConnectionRefused || kind == ErrorKind::ConnectionReset
}

fn say(line: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{line}")
        .map_err(|error| format!("cannot write to standard output: {error}"))
}

fn number<N>(text: &str, what: &str, most: N) -> Result<N, String>
where
    N: std::str::FromStr + std::fmt::Display,
{
    let number = text.parse();
    number.map_err(|_| format!("{text:?} is not {what}: a number from 0 to {most}"))
}
