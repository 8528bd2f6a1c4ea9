//! The steps that ask the system for something.

use std::io;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use runtime::fs;
use runtime::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use runtime::net::unix::pipe;
use runtime::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use runtime::process::Command;
use runtime::signal::unix::{SignalKind, signal};
use runtime::task::JoinSet;
use runtime::time::timeout;

use super::same;
use crate::folder;
use crate::random::Random;

pub(super) async fn tcp(mut random: Random) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (to, length) = (listener.local_addr()?, random.below(100_000) as usize);
    let mut echoes = JoinSet::new();
    echoes.spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let (mut reader, mut writer) = stream.split();
        runtime::io::copy(&mut reader, &mut writer).await?;
        writer.shutdown().await
    });
    let mut stream = TcpStream::connect(to).await?;
    if random.below(2) == 0 {
        // A reset wherever it is.
        stream.set_zero_linger()?;
    }
    let (mut reader, mut writer) = stream.split();
    let sends = async {
        writer.write_all(&vec![7; length]).await?;
        writer.shutdown().await
    };
    let mut all = Vec::new();
    let (received, ()) = runtime::try_join!(reader.read_to_end(&mut all), sends)?;
    same(received, length)?;
    match echoes.join_next().await {
        Some(Ok(ended)) => ended,
        other => Err(io::Error::other(format!("the echo: {other:?}"))),
    }
}

pub(super) async fn udp(mut random: Random) -> io::Result<()> {
    let near = UdpSocket::bind("127.0.0.1:0").await?;
    let far = UdpSocket::bind("127.0.0.1:0").await?;
    near.connect(far.local_addr()?).await?;
    for _ in 0..random.below(5) {
        let length = random.below(1000) as usize;
        same(near.send(&vec![7; length]).await?, length)?;
        same(far.recv_from(&mut [0; 1000]).await?.0, length)?;
    }
    // Nothing comes.
    let waits = timeout(Duration::from_micros(300), near.recv(&mut [0; 8])).await;
    same(waits.is_err(), true)
}

pub(super) async fn unix(mut random: Random) -> io::Result<()> {
    let (mut near, mut far) = UnixStream::pair()?;
    let length = random.below(300_000) as usize;
    let sends = async {
        near.write_all(&vec![7; length]).await?;
        near.shutdown().await
    };
    let mut all = Vec::new();
    let (received, ()) = runtime::try_join!(far.read_to_end(&mut all), sends)?;
    same(received, length)?;
    let (mut sender, mut receiver) = pipe::pipe()?;
    sender.write_all(b"text").await?;
    drop(sender);
    same(receiver.read_to_end(&mut Vec::new()).await?, 4)
}

pub(super) async fn files(mut random: Random) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    // Relaxed: a number of its own is all it has to be.
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder().join(number.to_string());
    let length = random.below(200_000);
    let mut options = fs::OpenOptions::new();
    let options = options.read(true).write(true).create(true);
    let mut file = options.open(&path).await?;
    file.write_all(&vec![7; length as usize]).await?;
    file.flush().await?;
    let from = random.below(length + 1);
    file.seek(io::SeekFrom::Start(from)).await?;
    let mut rest = Vec::new();
    same(file.read_to_end(&mut rest).await? as u64, length - from)?;
    same(fs::metadata(&path).await?.len(), length)?;
    fs::remove_file(&path).await
}

pub(super) async fn processes(mut random: Random) -> io::Result<()> {
    let mut cat = Command::new("cat");
    cat.stdin(Stdio::piped()).stdout(Stdio::piped());
    cat.kill_on_drop(random.below(2) == 0);
    let mut child = cat.spawn()?;
    let mut input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    input.write_all(b"text").await?;
    if random.below(4) == 0 {
        child.kill().await?;
        return Ok(());
    }
    drop(input);
    let output = child.wait_with_output().await?;
    same(output.stdout.len(), 4)
}

/// Sent by a child: it comes from outside.
pub(super) async fn signals(mut random: Random) -> io::Result<()> {
    let mut signals = signal(SignalKind::user_defined1())?;
    if random.below(4) > 0 {
        let waits = timeout(Duration::from_micros(300), signals.recv()).await;
        return same(waits.is_err() || waits.is_ok_and(|it| it.is_some()), true);
    }
    let kill = format!("kill -USR1 {}", std::process::id());
    let status = Command::new("sh").args(["-c", &kill]).status().await?;
    same(status.success(), true)?;
    same(signals.recv().await, Some(()))
}
