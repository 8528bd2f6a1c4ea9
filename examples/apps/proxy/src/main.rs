//! Passes connections on, TLS at its door if it is told so, byte for byte in both directions.
//!
//! - Whoever ends one direction ends that direction on the other side, too; the other direction
//!   goes on until it ends by itself.
//! - A reset on one side closes the other.
//! - A connection holds two buffers of fixed size: who reads slowly slows down who writes.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use app::{Arguments, Ending, Failure, Identity, Trying};
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

const USAGE: &str = "\
usage: proxy [--port PORT] [--tls FOLDER] [--connections N] [--grace SECONDS] ADDRESS

Passes connections on to ADDRESS, 127.0.0.1:5432 for example, and says what became of each.

  --port         default 9000; 0: any free one
  --tls          with TLS at the door, by FOLDER/cert.pem and FOLDER/key.pem, made if missing
  --connections  how many at a time, further ones wait; default 1000
  --grace        how long they may go on after SIGTERM or Ctrl-C; default 10
";

/// How long it may take to agree on TLS, and to reach the other side.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pause after a connection that could not be taken, for want of descriptors for example.
const PAUSE: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() -> ExitCode {
    app::exit_code("proxy", USAGE, run().await)
}

async fn run() -> Result<(), Failure> {
    let mut arguments = Arguments::read(USAGE);
    let port: u16 = arguments.option("--port", 9000)?;
    let folder: Option<PathBuf> = arguments.given("--tls")?;
    let connections = arguments.option("--connections", 1000)?;
    let grace = Duration::from_secs(arguments.option("--grace", 10)?);
    let to = arguments.word("the address to pass connections on to")?;
    arguments.end()?;

    let to: SocketAddr = to
        .parse()
        .map_err(|_| Failure::Usage(format!("{to:?} is no address with a port")))?;
    let ending = Ending::listen()?.token();
    let tls = match folder {
        Some(folder) => Some(Identity::in_folder(&folder)?.server(&[])?.into()),
        None => None,
    };
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .trying(format!("listening on port {port}"))?;
    let address = listener.local_addr().trying("listening")?;
    app::say(format!("listening on {address}"))?;

    let open = TaskTracker::new();
    tokio::select! {
        never = accept(listener, to, tls, connections, &open) => match never {},
        () = ending.cancelled() => (),
    }
    open.close();
    Ending::within(grace, open.wait()).await
}

/// For ever: one task a connection.
async fn accept(
    listener: TcpListener,
    to: SocketAddr,
    tls: Option<TlsAcceptor>,
    connections: usize,
    open: &TaskTracker,
) -> std::convert::Infallible {
    let places = Arc::new(Semaphore::new(connections));
    loop {
        let place = places.clone().acquire_owned().await;
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                eprintln!("proxy: no connection: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let tls = tls.clone();
        open.spawn(async move {
            let _place = place;
            let said = match connect(stream, to, tls).await {
                Ok((up, down)) => format!("{from}: {up} bytes up, {down} down"),
                Err(error) => format!("{from}: {error}"),
            };
            // Without somebody who reads it the proxy works as well.
            drop(app::say(said));
        });
    }
}

/// One connection, to its end.
async fn connect(
    stream: TcpStream,
    to: SocketAddr,
    tls: Option<TlsAcceptor>,
) -> Result<(u64, u64), String> {
    let other = timeout(PATIENCE, TcpStream::connect(to)).await;
    let other = other.map_err(|_| format!("{to} does not answer"))?;
    let other = other.map_err(|error| format!("{to} cannot be reached: {error}"))?;
    // What is written in pieces may have to arrive in pieces.
    drop(stream.set_nodelay(true));
    drop(other.set_nodelay(true));
    let Some(tls) = tls else {
        return pass(stream, other).await;
    };
    let agreed = timeout(PATIENCE, tls.accept(stream)).await;
    let agreed = agreed.map_err(|_| "TLS takes too long".to_owned())?;
    pass(agreed.map_err(|error| format!("no TLS: {error}"))?, other).await
}

async fn pass<S>(mut one: S, mut other: TcpStream) -> Result<(u64, u64), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let passed = copy_bidirectional(&mut one, &mut other).await;
    passed.map_err(|error| format!("cut: {}", error.kind()))
}
