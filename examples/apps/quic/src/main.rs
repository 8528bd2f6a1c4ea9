//! An echo over QUIC, and a client with thousands of streams.
//!
//! The server echoes each stream by a task of its own; a connection may have so many streams open
//! at a time, further ones wait. A client that goes away takes its streams' tasks with it.
#![forbid(unsafe_code)]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{Arguments, Ending, Failure, Identity, Trying};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{Connection, Endpoint, Incoming, VarInt};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

const USAGE: &str = "\
usage: quic serve --identity FOLDER [--port PORT] [--grace SECONDS] [--idle SECONDS]
       quic send --trust FILE [--streams N] [--at-once N] [--bytes N] ADDRESS

An echo over QUIC.
  serve       until SIGTERM or Ctrl-C, as FOLDER/cert.pem with FOLDER/key.pem, made if missing
  send        sends on many streams of one connection, and compares what comes back
  --port      default 4433; 0: any free one
  --grace     how long streams may go on at the end; default 10
  --idle      how long a client may be silent before it is taken for gone; default 30
  --trust     the server's certificate
  --streams   default 5000
  --at-once   default 100
  --bytes     on each stream; default 10000
";

const PROTOCOL: &str = "echo";

/// How many streams of one connection are echoed at a time.
const STREAMS_MAX: u32 = 256;

#[tokio::main]
async fn main() -> ExitCode {
    app::exit_code("quic", USAGE, run().await)
}

async fn run() -> Result<(), Failure> {
    let mut arguments = Arguments::read(USAGE);
    match arguments.command()?.as_str() {
        "serve" => serve(arguments).await,
        "send" => send(arguments).await,
        unknown => Err(Failure::Usage(format!("unknown command {unknown:?}"))),
    }
}

async fn serve(mut arguments: Arguments) -> Result<(), Failure> {
    let folder: Option<PathBuf> = arguments.given("--identity")?;
    let folder = folder.ok_or_else(|| Failure::Usage("--identity is missing".to_owned()))?;
    let port: u16 = arguments.option("--port", 4433)?;
    let grace = Duration::from_secs(arguments.option("--grace", 10)?);
    let idle = Duration::from_secs(arguments.option("--idle", 30)?);
    arguments.end()?;

    let ending = Ending::listen()?.token();
    app::count_tasks_when_asked()?;
    let tls = Identity::in_folder(&folder)?.server(&[PROTOCOL])?;
    let tls = QuicServerConfig::try_from(tls).trying("TLS")?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(tls));
    let transport = Arc::get_mut(&mut config.transport).expect("nobody else has it");
    transport.max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX));
    transport.max_idle_timeout(Some(idle.try_into().trying("--idle")?));
    let endpoint = Endpoint::server(config, SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let endpoint = endpoint.trying(format!("listening on port {port}"))?;
    let address = endpoint.local_addr().trying("listening")?;
    app::say(format!("listening on {address}"))?;

    let connections = TaskTracker::new();
    while let Some(Some(incoming)) = ending.run_until_cancelled(endpoint.accept()).await {
        connections.spawn(converse(incoming));
    }
    // Nobody new; who is there may go on.
    endpoint.set_server_config(None);
    connections.close();
    let ended = Ending::within(grace, connections.wait()).await;
    endpoint.close(VarInt::from_u32(0), b"the end");
    endpoint.wait_idle().await;
    ended
}

/// One connection to its end, and what became of it.
async fn converse(incoming: Incoming) {
    let Ok(connection) = incoming.await else {
        return;
    };
    let mut streams = JoinSet::new();
    let (mut count, mut bytes) = (0, 0);
    let mut open = true;
    while open || !streams.is_empty() {
        tokio::select! {
            accepted = connection.accept_bi(), if open => match accepted {
                Ok((mut to, mut from)) => {
                    streams.spawn(async move {
                        let copied = tokio::io::copy(&mut from, &mut to).await?;
                        to.finish()?;
                        Ok::<_, std::io::Error>(copied)
                    });
                }
                Err(_) => open = false,
            },
            Some(ended) = streams.join_next() => {
                if let Ok(Ok(copied)) = ended {
                    count += 1;
                    bytes += copied;
                }
            }
        }
    }
    drop(app::say(format!("{count} streams, {bytes} bytes")));
}

async fn send(mut arguments: Arguments) -> Result<(), Failure> {
    let trust: Option<PathBuf> = arguments.given("--trust")?;
    let trust = trust.ok_or_else(|| Failure::Usage("--trust is missing".to_owned()))?;
    let streams: usize = arguments.option("--streams", 5000)?;
    let at_once: usize = arguments.option("--at-once", 100)?;
    let bytes: usize = arguments.option("--bytes", 10_000)?;
    let address = arguments.word("the server's address")?;
    arguments.end()?;

    let address: SocketAddr = address
        .parse()
        .map_err(|_| Failure::Usage(format!("{address:?} is no address with a port")))?;
    let tls = Arc::new(app::trusting(&trust, &[PROTOCOL])?);
    let tls = QuicClientConfig::try_from(tls).trying("TLS")?;
    let endpoint = Endpoint::client(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let mut endpoint = endpoint.trying("a socket")?;
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(tls)));
    let connecting = endpoint.connect(address, "localhost").trying(address)?;
    let connection = connecting.await.trying(address)?;

    let begun = Instant::now();
    let places = Arc::new(Semaphore::new(at_once));
    let mut open = JoinSet::new();
    for seed in 0..streams {
        let place = places.clone().acquire_owned().await;
        let connection = connection.clone();
        open.spawn(async move {
            let _place = place;
            echo(&connection, seed, bytes).await
        });
    }
    while let Some(stream) = open.join_next().await {
        stream.trying("a stream")??;
    }
    app::say(format!("{streams} streams of {bytes} bytes came back"))?;
    eprintln!("quic: in {:.2?}", begun.elapsed());
    connection.close(VarInt::from_u32(0), b"done");
    endpoint.wait_idle().await;
    Ok(())
}

/// Sends on a stream of its own, reads at the same time, and compares.
async fn echo(connection: &Connection, seed: usize, bytes: usize) -> Result<(), Failure> {
    let (mut to, mut from) = connection.open_bi().await.trying("opening a stream")?;
    let sent: Vec<u8> = (0..bytes)
        .map(|at| (at.wrapping_mul(31) ^ seed) as u8)
        .collect();
    let write = async {
        to.write_all(&sent).await.trying("writing")?;
        to.finish().trying("finishing")
    };
    let read = async { from.read_to_end(bytes).await.trying("reading") };
    let ((), received) = tokio::try_join!(write, read)?;
    match received == sent {
        true => Ok(()),
        false => Err(Failure::Failed(format!("stream {seed} came back changed"))),
    }
}
