//! A bucket brigade: a byte handed down a line of tasks.

use super::rt;
use super::rt::io::{AsyncReadExt, AsyncWriteExt};
use super::rt::net::{TcpListener, TcpStream};
use super::rt::sync::mpsc;
use super::support::{default_runtime, in_task};
use crate::row::{Body, Entry};

const TASKS: u64 = 500;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::new("brigade_tcp", TASKS, 40, over_sockets),
        Entry::new("brigade_channels", TASKS, 1_000, over_channels),
    ]
}

/// Each hop is a loopback connection: a pipe or a socket pair cannot be handed to both peers by
/// public means.
fn over_sockets() -> Body {
    let runtime = default_runtime();
    let mut ends = runtime.block_on(line_of_sockets());
    Box::new(move |rounds| {
        let (mut first, mut last) = ends.take().expect("put back after every run");
        let task = runtime.spawn(async move {
            let start = std::time::Instant::now();
            let mut byte = [7];
            for _ in 0..rounds {
                first.write_all(&byte).await.expect("the line stands");
                last.read_exact(&mut byte).await.expect("the line stands");
            }
            (start.elapsed(), first, last)
        });
        let (time, first, last) = runtime.block_on(task).expect("it does not panic");
        ends = Some((first, last));
        time
    })
}

/// Starts the tasks; the ends are where the byte goes in and comes out.
async fn line_of_sockets() -> Option<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.ok()?;
    let (first, mut incoming) = socket_pair(&listener).await?;
    for _ in 0..TASKS {
        let (mut outgoing, next) = socket_pair(&listener).await?;
        let mut source = std::mem::replace(&mut incoming, next);
        rt::spawn(async move {
            let mut byte = [0];
            while source.read_exact(&mut byte).await.is_ok() {
                if outgoing.write_all(&byte).await.is_err() {
                    return;
                }
            }
        });
    }
    Some((first, incoming))
}

async fn socket_pair(listener: &TcpListener) -> Option<(TcpStream, TcpStream)> {
    let near = TcpStream::connect(listener.local_addr().ok()?).await.ok()?;
    let (far, _peer) = listener.accept().await.ok()?;
    near.set_nodelay(true).ok()?;
    far.set_nodelay(true).ok()?;
    Some((near, far))
}

fn over_channels() -> Body {
    let runtime = default_runtime();
    let (first, mut incoming) = mpsc::channel::<u8>(1);
    for _ in 0..TASKS {
        let (outgoing, next) = mpsc::channel(1);
        let mut source = std::mem::replace(&mut incoming, next);
        runtime.spawn(async move {
            while let Some(byte) = source.recv().await {
                if outgoing.send(byte).await.is_err() {
                    return;
                }
            }
        });
    }
    let last = std::sync::Arc::new(rt::sync::Mutex::new(incoming));
    in_task(runtime, move || {
        let (first, last) = (first.clone(), std::sync::Arc::clone(&last));
        async move {
            first.send(7).await.expect("the line stands");
            assert_eq!(last.lock().await.recv().await, Some(7));
        }
    })
}
