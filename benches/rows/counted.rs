//! What is counted in instructions rather than timed: single operations, on one thread or on one
//! worker, so that a count is the same each time.

use std::future::{Future, poll_fn};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::echo::echo as echo_back;
use super::rt;
use super::rt::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use super::rt::net::{TcpListener, TcpStream};
use super::rt::runtime::Builder;
use super::rt::sync::{Mutex, Notify, mpsc, oneshot};
use super::rt::task::yield_now;
use super::rt::time::timeout;
use super::support::one_worker_runtime;
use crate::instructions::CONNECTIONS;

/// A name, and what does the operation so many times.
pub(crate) type Counted = (&'static str, fn(u64));

/// In the order of the table.
pub(crate) fn all() -> Vec<Counted> {
    vec![
        ("spawn_join", |n| on_this_thread(spawn_join(n))),
        ("spawn_join_worker", |n| on_a_worker(spawn_join(n))),
        ("yield", |n| on_this_thread(give_way(n))),
        ("yield_worker", |n| on_a_worker(give_way(n))),
        ("wake", |n| on_this_thread(wake(n))),
        ("wake_worker", |n| on_a_worker(wake(n))),
        ("timer", |n| on_this_thread(timer(n))),
        ("timer_worker", |n| on_a_worker(timer(n))),
        ("mpsc", |n| on_this_thread(values(n))),
        ("mpsc_worker", |n| on_a_worker(values(n))),
        ("oneshot", |n| on_this_thread(oneshots(n))),
        ("mutex", |n| on_this_thread(lock(n))),
        ("echo_duplex", |n| on_this_thread(echo(n))),
        ("echo_duplex_worker", |n| on_a_worker(echo(n))),
        ("echo_tcp", |n| on_this_thread(echo_tcp(n))),
    ]
}

/// What is counted in misses of the cache instead: a message to each of many connections in turn, so that each is met
/// again when all others have been.
pub(crate) fn echo_many() -> Counted {
    ("echo_many", |n| on_this_thread(echo_in_turn(n)))
}

fn on_this_thread(work: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(work);
}

fn on_a_worker(work: impl Future<Output = ()> + Send + 'static) {
    let runtime = one_worker_runtime();
    let task = runtime.spawn(work);
    runtime.block_on(task).expect("the work does not panic");
}

/// An empty task, spawned and awaited; a hundred are alive at once.
async fn spawn_join(times: u64) {
    for _ in 0..times / 100 {
        let handles: Vec<_> = (0..100).map(|_| rt::spawn(async {})).collect();
        for handle in handles {
            handle.await.expect("an empty task does not panic");
        }
    }
}

async fn give_way(times: u64) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// A task wakes another and waits to be woken: half of a round between two.
async fn wake(times: u64) {
    let (to, fro) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let partner = rt::spawn({
        let (to, fro) = (Arc::clone(&to), Arc::clone(&fro));
        async move {
            for _ in 0..times / 2 {
                to.notified().await;
                fro.notify_one();
            }
        }
    });
    for _ in 0..times / 2 {
        to.notify_one();
        fro.notified().await;
    }
    partner.await.expect("it does not panic");
}

/// A limit of a second on what is ready at its second poll: a timer set and taken back.
async fn timer(times: u64) {
    for _ in 0..times {
        let mut polled = false;
        let second_poll = poll_fn(|cx| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        let limited = timeout(Duration::from_secs(1), second_poll).await;
        assert!(limited.is_ok());
    }
}

/// A value from one task to another.
async fn values(times: u64) {
    let (sender, mut receiver) = mpsc::channel(100);
    rt::spawn(async move {
        for value in 0..times {
            sender.send(value).await.expect("the receiver waits");
        }
    });
    let mut seen = 0;
    while receiver.recv().await.is_some() {
        seen += 1;
    }
    assert_eq!(seen, times);
}

/// Made, sent and received by one task.
async fn oneshots(times: u64) {
    for value in 0..times {
        let (sender, receiver) = oneshot::channel();
        sender.send(value).expect("the receiver is there");
        assert_eq!(receiver.await, Ok(value));
    }
}

/// A lock that nobody else wants.
async fn lock(times: u64) {
    let total = Mutex::new(0);
    for _ in 0..times {
        *total.lock().await += 1;
    }
    assert_eq!(*total.lock().await, times);
}

/// 64 bytes there and back, between two tasks.
async fn echo(times: u64) {
    let (near, far) = duplex(256);
    echo_over(near, far, times).await;
}

/// The clients are plain sockets, which cost either runtime the same.
async fn echo_in_turn(times: u64) {
    let (listener, address) = listen().await;
    let mut near = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = std::net::TcpStream::connect(address).expect("it listens");
        stream.set_nonblocking(true).expect("a socket");
        let (far, _peer) = listener.accept().await.expect("it has connected");
        rt::spawn(echo_back(far));
        near.push(stream);
    }
    let mut message = [7; 64];
    for _ in 0..times / CONNECTIONS {
        for stream in &mut near {
            stream.write_all(&message).expect("there is room");
        }
        for stream in &mut near {
            while stream.read_exact(&mut message).is_err() {
                yield_now().await;
            }
        }
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

/// The same by way of the kernel, whose instructions nobody counts.
async fn echo_tcp(times: u64) {
    let (listener, address) = listen().await;
    let near = TcpStream::connect(address).await.expect("it listens");
    let (far, _peer) = listener.accept().await.expect("it has connected");
    echo_over(near, far, times).await;
}

async fn echo_over<S>(mut near: S, mut far: S, times: u64)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    rt::spawn(async move {
        let mut message = [0; 64];
        while far.read_exact(&mut message).await.is_ok() {
            far.write_all(&message).await.expect("the other end reads");
        }
    });
    let mut message = [7; 64];
    for _ in 0..times {
        near.write_all(&message).await.expect("the other end reads");
        near.read_exact(&mut message).await.expect("it answers");
    }
}
