//! A little of all that a runtime offers, each part with a result: under a fault it may fail, and
//! nothing else.
#![allow(unsafe_code, reason = "a foreign descriptor is registered")]

use std::future::Future;
use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use runtime::io::unix::AsyncFd;
use runtime::io::{AsyncReadExt, AsyncWriteExt, Interest};
use runtime::net::unix::pipe;
use runtime::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use runtime::process::Command;
use runtime::signal::unix::{SignalKind, signal};
use runtime::time::timeout;

/// Far beyond what any part takes.
const LONG: Duration = Duration::from_secs(20);

type Part = fn() -> Pin<Box<dyn Future<Output = io::Result<()>>>>;

/// The parts with their names.
pub(crate) const PARTS: [(&str, Part); 11] = [
    ("task", || Box::pin(task())),
    ("blocking", || Box::pin(blocking())),
    ("tcp", || Box::pin(tcp())),
    ("udp", || Box::pin(udp())),
    ("unix", || Box::pin(unix())),
    ("pipe", || Box::pin(pipe())),
    ("foreign", || Box::pin(foreign())),
    ("file", || Box::pin(file())),
    ("lookup", || Box::pin(lookup())),
    ("signal", || Box::pin(hear())),
    ("child", || Box::pin(child())),
];

/// Runs all parts but those named in `without`; gives the names of those that failed, with what they
/// said.
pub(crate) async fn everything(without: &[&str]) -> Vec<(&'static str, io::Error)> {
    let mut failed = Vec::new();
    for (name, part) in PARTS {
        if without.contains(&name) {
            continue;
        }
        match timeout(LONG, part()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed.push((name, error)),
            Err(_) => panic!("{name} hangs"),
        }
    }
    failed
}

async fn task() -> io::Result<()> {
    let spawned = runtime::spawn(async {
        runtime::task::yield_now().await;
        runtime::time::sleep(Duration::from_micros(10)).await;
    });
    spawned.await.expect("it ends");
    Ok(())
}

async fn blocking() -> io::Result<()> {
    runtime::task::spawn_blocking(|| ()).await.expect("it ends");
    Ok(())
}

async fn tcp() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut near = TcpStream::connect(listener.local_addr()?).await?;
    // It would wait for a descriptor, which is a test of its own.
    let Ok(accepted) = timeout(Duration::from_millis(20), listener.accept()).await else {
        return Err(io::ErrorKind::TimedOut.into());
    };
    let (mut far, _) = accepted?;
    far.write_all(b"note").await?;
    near.read_exact(&mut [0; 4]).await.map(drop)
}

async fn udp() -> io::Result<()> {
    let (near, far) = (
        UdpSocket::bind("127.0.0.1:0").await?,
        UdpSocket::bind("127.0.0.1:0").await?,
    );
    let (received, sent) = futures::join!(far.readable(), near.send_to(b"note", far.local_addr()?));
    sent?;
    received
}

async fn unix() -> io::Result<()> {
    let (mut near, mut far) = UnixStream::pair()?;
    let (read, written) = futures::join!(near.read_u8(), far.write_all(b"n"));
    written?;
    read.map(drop)
}

async fn pipe() -> io::Result<()> {
    let (mut sender, mut receiver) = pipe::pipe()?;
    let (read, written) = futures::join!(receiver.read_u8(), sender.write_all(b"n"));
    written?;
    read.map(drop)
}

async fn foreign() -> io::Result<()> {
    let (near, far) = StdUnixStream::pair()?;
    near.set_nonblocking(true)?;
    // SAFETY: the stream keeps its descriptor open, and the same one.
    let near = unsafe { AsyncFd::register_with_interest(near, Interest::READABLE) }?;
    drop(far);
    near.readable().await.map(drop)
}

/// A path of the caller's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: only to tell the paths apart.
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("runtime-faults-{}-{name}-{number}", std::process::id());
    std::env::temp_dir().join(name)
}

async fn file() -> io::Result<()> {
    let path = scratch("everything");
    let written = runtime::fs::write(&path, b"text").await;
    let read = runtime::fs::read(&path).await;
    let _ = std::fs::remove_file(&path);
    written?;
    assert_eq!(read?, b"text");
    Ok(())
}

async fn lookup() -> io::Result<()> {
    let mut found = runtime::net::lookup_host("localhost:80").await?;
    assert!(found.next().is_some());
    Ok(())
}

async fn hear() -> io::Result<()> {
    let kind = SignalKind::user_defined2();
    let mut listener = signal(kind)?;
    // SAFETY: no pointers.
    unsafe { libc::raise(kind.as_raw_value()) };
    listener.recv().await.expect("the runtime lives");
    Ok(())
}

async fn child() -> io::Result<()> {
    let mut child = Command::new("true").kill_on_drop(true).spawn()?;
    assert!(child.wait().await?.success());
    Ok(())
}
