//! A little of everything that asks the system for something, in one process that ends by itself:
//! `errno_scenario tcp|udp|unix|fs|process|time|signal [handler]`.
//!
//! It says that it waits, and does for a line on standard input, so that somebody can hold on to it.
//! An error ends it with one line on standard error and exit code 1; nothing here has a limit in time,
//! so that a hang is seen from outside. Its last line says how many descriptors and threads are left
//! without the runtime: an error must not leave more than success does.
//!
//! Faults 46, 47, 53, 54, 64, 78, 90.
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, reason = "only Linux injects")
)]

use std::io::{self, IoSlice, IoSliceMut, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use runtime::net::{Datagram, TcpListener, TcpStream, UdpSocket};
use runtime::process::Command;
use runtime::runtime::Builder;
use runtime::{fs, task, time};

fn main() -> ExitCode {
    let _ = writeln!(io::stderr(), "waiting");
    let mut line = String::new();
    if io::stdin().read_line(&mut line).is_err() {
        return ExitCode::FAILURE;
    }
    let outcome = run(&std::env::args().nth(1).unwrap_or_default());
    if let Some((descriptors, threads)) = left() {
        let _ = writeln!(
            io::stderr(),
            "left: {descriptors} descriptors, {threads} threads"
        );
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where this cannot be written either, the exit code says it.
            let _ = writeln!(io::stderr(), "scenario: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How many descriptors and threads there are; `None` if the system does not tell, as where that is
/// what was made to fail.
fn left() -> Option<(usize, usize)> {
    let count = |of: &str| {
        let mut entries = std::fs::read_dir(of).ok()?;
        entries.try_fold(0, |count, entry| entry.ok().map(|_| count + 1))
    };
    let mut threads = count("/proc/self/task")?;
    // Who is on his way out may take a moment.
    for _ in 0..100 {
        if threads == 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
        threads = count("/proc/self/task")?;
    }
    Some((count("/proc/self/fd")?, threads))
}

fn run(part: &str) -> io::Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(2).build()?;
    runtime.block_on(async {
        let handles = std::env::args().nth(2).is_some_and(|it| it == "handler");
        let _handler = handles.then(unix::handle_resizing).transpose()?;
        match part {
            "tcp" => tcp().await,
            "udp" => udp().await,
            "unix" => unix::sockets().await,
            "fs" => files().await,
            "process" => processes().await,
            "time" => timers().await,
            "signal" => unix::signals().await,
            _ => Err(io::Error::other(format!("there is no part {part:?}"))),
        }
    })
}

const ROUNDS: usize = 4;

async fn tcp() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    for _ in 0..ROUNDS {
        let client = async {
            let mut stream = TcpStream::connect(at).await?;
            stream.set_nodelay(true)?;
            stream.write_all(&[7; 100_000]).await?;
            let mut all = vec![0; 100_000];
            stream.read_exact(&mut all).await?;
            let sent = stream
                .write_vectored(&[IoSlice::new(b"a"), IoSlice::new(b"b")])
                .await?;
            stream.shutdown().await?;
            let mut rest = Vec::new();
            let count = stream.read_to_end(&mut rest).await?;
            same(count, sent)
        };
        let server = async {
            let (mut stream, _) = listener.accept().await?;
            stream.peek(&mut [0; 4]).await?;
            let (mut reader, mut writer) = stream.split();
            runtime::io::copy(&mut reader, &mut writer).await?;
            stream.shutdown().await
        };
        runtime::try_join!(client, server)?;
    }
    Ok(())
}

/// What came is what was sent.
fn same(came: usize, sent: usize) -> io::Result<()> {
    if came == sent {
        return Ok(());
    }
    Err(io::Error::other(format!("{came} came of {sent}")))
}

async fn udp() -> io::Result<()> {
    let near = UdpSocket::bind("127.0.0.1:0").await?;
    let far = UdpSocket::bind("127.0.0.1:0").await?;
    let to = far.local_addr()?;
    let mut buf = [0; 8];
    for _ in 0..ROUNDS {
        near.send_to(b"one", to).await?;
        same(far.recv_from(&mut buf).await?.0, 3)?;
        let payload = b"two";
        near.send_many(&[Datagram {
            payload,
            to: Some(to),
        }])
        .await?;
        let (mut slices, mut received) = ([IoSliceMut::new(&mut buf)], Vec::new());
        same(far.recv_many(&mut slices, &mut received).await?, 1)?;
        near.connect(to).await?;
        near.send(b"three").await?;
        same(far.recv(&mut buf).await?, 5)?;
    }
    Ok(())
}

/// A place of this process's own.
fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("runtime-errno-{}-{name}", std::process::id()))
}

async fn files() -> io::Result<()> {
    let (path, folder) = (place("file"), place("folder"));
    let mut done = on_file(&path).await;
    if done.is_ok() {
        done = in_folder(&folder).await;
    }
    let _ = std::fs::remove_file(&path);
    let _ = std::fs::remove_dir_all(&folder);
    done
}

async fn on_file(path: &PathBuf) -> io::Result<()> {
    for _ in 0..ROUNDS {
        let mut file = fs::OpenOptions::new();
        let mut file = file
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .await?;
        file.write_all(&[7; 10_000]).await?;
        file.flush().await?;
        file.sync_all().await?;
        file.seek(SeekFrom::Start(1000)).await?;
        let mut all = Vec::new();
        same(file.read_to_end(&mut all).await?, 9000)?;
        same(
            usize::try_from(file.metadata().await?.len()).unwrap_or(0),
            10_000,
        )?;
        file.set_len(10).await?;
        file.sync_data().await?;
        drop(file);
        same(fs::read(path).await?.len(), 10)?;
        fs::remove_file(path).await?;
    }
    Ok(())
}

async fn in_folder(folder: &Path) -> io::Result<()> {
    for _ in 0..ROUNDS {
        fs::create_dir(folder).await?;
        let [one, two, three, name] = ["one", "two", "three", "name"].map(|it| folder.join(it));
        fs::write(&one, b"text").await?;
        fs::rename(&one, &two).await?;
        fs::hard_link(&two, &three).await?;
        fs::set_permissions(&three, fs::metadata(&two).await?.permissions()).await?;
        same(
            usize::try_from(fs::copy(&three, &one).await?).unwrap_or(0),
            4,
        )?;
        unix::link(&three, &name).await?;
        let mut entries = fs::read_dir(folder).await?;
        let mut found = 0;
        while entries.next_entry().await?.is_some() {
            found += 1;
        }
        same(found, 4)?;
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&one)
            .await?;
        same(file.write_at(b"more", 2).await?, 4)?;
        same(file.read_at(&mut [0; 8], 1).await?, 5)?;
        drop(file);
        fs::remove_dir_all(folder).await?;
    }
    Ok(())
}

async fn processes() -> io::Result<()> {
    // Its pipe is the process's and stays, also where only a child without a pidfd wants it.
    let _ends = unix::hear_of_children()?;
    for _ in 0..ROUNDS {
        let output = Command::new("echo")
            .arg("text")
            .stdin(Stdio::null())
            .output()
            .await?;
        if !output.status.success() {
            return Err(io::Error::other(format!("the child: {}", output.status)));
        }
        same(output.stdout.len(), 5)?;
        let mut cat = Command::new("cat");
        let cat = cat
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = cat.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(b"text").await?;
        }
        let output = child.wait_with_output().await?;
        same(output.stdout.len(), 4)?;
    }
    Ok(())
}

async fn timers() -> io::Result<()> {
    for round in 0..ROUNDS {
        let mut set = task::JoinSet::new();
        for number in 0..4_u64 {
            set.spawn(async move {
                time::sleep(Duration::from_micros(number * 700)).await;
                task::yield_now().await;
            });
        }
        set.spawn_blocking(move || std::thread::sleep(Duration::from_millis(1)));
        let mut ended = 0;
        while let Some(joined) = set.join_next().await {
            joined.map_err(io::Error::other)?;
            ended += 1;
        }
        same(ended, 5)?;
        // Somebody sleeps in the driver between the rounds.
        time::sleep(Duration::from_millis(round as u64)).await;
    }
    Ok(())
}

#[cfg(not(unix))]
mod unix {
    use std::io;
    use std::path::Path;

    pub(super) fn handle_resizing() -> io::Result<()> {
        Ok(())
    }

    pub(super) fn hear_of_children() -> io::Result<()> {
        Ok(())
    }

    pub(super) async fn link(_to: &Path, _at: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) async fn sockets() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) async fn signals() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::path::Path;

    use runtime::io::{AsyncReadExt, AsyncWriteExt};
    use runtime::net::{UnixDatagram, UnixListener, UnixStream, unix::pipe};
    use runtime::process::Command;
    use runtime::signal::unix::{Signal, SignalKind, signal};

    use super::{ROUNDS, place, same};

    /// While it lives, a signal that otherwise would be ignored interrupts calls.
    pub(super) fn handle_resizing() -> io::Result<Signal> {
        signal(SignalKind::window_change())
    }

    /// As the runtime does where there is no pidfd.
    pub(super) fn hear_of_children() -> io::Result<Signal> {
        signal(SignalKind::child())
    }

    /// A name that leads there.
    pub(super) async fn link(to: &Path, at: &Path) -> io::Result<()> {
        runtime::fs::symlink(to, at).await?;
        let leads = runtime::fs::read_link(at).await?;
        assert_eq!(leads, to, "it was written and read");
        Ok(())
    }

    pub(super) async fn sockets() -> io::Result<()> {
        for round in 0..ROUNDS {
            let path = place(&round.to_string());
            let done = on_socket(&path).await;
            let _ = std::fs::remove_file(&path);
            done?;
        }
        Ok(())
    }

    async fn on_socket(path: &Path) -> io::Result<()> {
        let listener = UnixListener::bind(path)?;
        let client = async {
            let mut stream = UnixStream::connect(path).await?;
            stream.write_all(b"text").await?;
            stream.shutdown().await
        };
        let server = async {
            let (mut stream, _) = listener.accept().await?;
            same(stream.read_to_end(&mut Vec::new()).await?, 4)
        };
        runtime::try_join!(client, server)?;
        let (near, far) = UnixDatagram::pair()?;
        near.send(b"text").await?;
        same(far.recv(&mut [0; 8]).await?, 4)?;
        let (mut sender, mut receiver) = pipe::pipe()?;
        sender.write_all(b"text").await?;
        drop(sender);
        same(receiver.read_to_end(&mut Vec::new()).await?, 4)
    }

    /// A child sends it: it comes from outside.
    pub(super) async fn signals() -> io::Result<()> {
        let mut signals = signal(SignalKind::user_defined1())?;
        let kill = format!("kill -USR1 {}", std::process::id());
        for _ in 0..ROUNDS {
            let status = Command::new("sh").args(["-c", &kill]).status().await?;
            if !status.success() {
                return Err(io::Error::other(format!("the child: {status}")));
            }
            signals.recv().await;
        }
        Ok(())
    }
}
