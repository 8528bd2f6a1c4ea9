//! Unix sockets and pipes against the operating system.

use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use futures::future::{join, join_all};
use runtime_core::builder::Builder;
use runtime_core::runtime::is_rt_shutdown_err;
use runtime_core::time::{sleep, timeout};

use super::{UnixDatagram, UnixListener, UnixSocket, UnixStream, pipe};
use crate::io::{AsyncReadExt, AsyncWriteExt, Interest};

/// Runs a test's future; one that hangs fails.
fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let worker = thread::spawn(move || {
        Builder::new_multi_thread()
            .build()
            .unwrap()
            .block_on(test());
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the test hangs"),
        _ => worker.join().unwrap(),
    }
}

/// A path that is removed at the end.
struct Name(PathBuf);

impl Name {
    fn new(name: &str) -> Name {
        let name = format!("runtime-io-{name}-{}", std::process::id());
        Name(std::env::temp_dir().join(name))
    }
}

impl AsRef<Path> for Name {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn fault_048_who_asks_for_two_kinds_learns_of_the_second() {
    run(|| async {
        let both = Interest::READABLE | Interest::WRITABLE;
        let (near, far) = UnixStream::pair().unwrap();
        let (left, right) = UnixDatagram::pair().unwrap();
        far.try_write(b"x").unwrap();
        right.try_send(b"x").unwrap();
        let looks = async {
            while !near.ready(both).await.unwrap().is_readable() {
                sleep(Duration::from_millis(1)).await;
            }
            while !left.ready(both).await.unwrap().is_readable() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let told = timeout(Duration::from_secs(10), looks);
        told.await.expect("it is told");
    });
}

#[test]
fn many_bytes_arrive_exactly_through_halves() {
    run(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        let bytes: Vec<u8> = (0..3_000_000_u32)
            .map(|index| (index % 251) as u8)
            .collect();
        let (_near_read, mut near) = near.into_split();
        let (mut far, _far_write) = far.into_split();
        let send = async {
            near.write_all(&bytes).await.unwrap();
            drop(near);
        };
        let mut received = Vec::new();
        let receive = async { far.read_to_end(&mut received).await.unwrap() };
        join(send, receive).await;
        assert!(received == bytes);
    });
}

#[test]
fn a_fresh_pair_may_be_written_to_at_once_and_read_later() {
    run(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(pin!(near.writable()).poll(&mut cx).is_ready());
        assert!(pin!(near.readable()).poll(&mut cx).is_pending());
        assert!(near.poll_write_ready(&mut cx).is_ready(), "still");
        far.try_write(b"note").unwrap();
        near.readable().await.unwrap();
        assert_eq!(near.try_read(&mut [0; 8]).unwrap(), 4);
    });
}

#[test]
fn a_write_to_nobody_is_an_error_and_no_signal() {
    run(|| async {
        let (mut near, far) = UnixStream::pair().unwrap();
        drop(far);
        let error = near.write_all(b"lost").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        near.shutdown().await.unwrap();
        near.shutdown().await.unwrap();
    });
}

#[test]
fn connect_waits_for_a_listener_that_is_full() {
    run(|| async {
        let name = Name::new("full");
        let socket = UnixSocket::new_stream().unwrap();
        socket.bind(&name).unwrap();
        let listener = socket.listen(1).unwrap();
        let clients = join_all((0..8).map(|_| UnixStream::connect(&name)));
        let accepts = async {
            let mut accepted = Vec::new();
            for _ in 0..8 {
                accepted.push(listener.accept().await.unwrap());
            }
            accepted
        };
        let (clients, accepted) = join(clients, accepts).await;
        assert!(clients.iter().all(Result::is_ok) && accepted.len() == 8);
    });
}

#[test]
fn fault_032_a_connect_that_waits_for_room_is_told_of_the_end_of_its_runtime() {
    let runtime = Builder::new_multi_thread().build().unwrap();
    let handle = runtime.handle().clone();
    let name = Name::new("no-room");
    let socket = UnixSocket::new_stream().unwrap();
    socket.bind(&name).unwrap();
    let _listener = {
        let _inside = runtime.enter();
        socket.listen(1).unwrap()
    };
    let path = name.0.clone();
    let (done, told) = mpsc::channel();
    thread::spawn(move || {
        let mut connected = Vec::new();
        let error = loop {
            match handle.block_on(UnixStream::connect(&path)) {
                Ok(stream) => connected.push(stream),
                Err(error) => break error,
            }
        };
        done.send(error).unwrap();
    });
    thread::sleep(Duration::from_millis(50));
    runtime.shutdown_background();
    let error = told.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(is_rt_shutdown_err(&error), "{error}");
}

#[test]
fn a_listener_that_is_gone_refuses() {
    run(|| async {
        let name = Name::new("gone");
        drop(UnixListener::bind(&name).unwrap());
        let error = UnixStream::connect(&name).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let error = UnixListener::bind(&name).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "its path is left");
    });
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn abstract_names_work_everywhere_and_come_back() {
    run(|| async {
        let name = |part: &str| format!("\0runtime-io-{part}-{}", std::process::id());
        let listener = UnixListener::bind(name("stream")).unwrap();
        let (near, _) = join(UnixStream::connect(name("stream")), listener.accept()).await;
        let addr = near.unwrap().peer_addr().unwrap();
        assert_eq!(
            addr.as_abstract_name(),
            Some(&name("stream").as_bytes()[1..])
        );

        let receiver = UnixDatagram::bind(name("receiver")).unwrap();
        let sender = UnixDatagram::bind(name("sender")).unwrap();
        sender.send_to(b"note", name("receiver")).await.unwrap();
        let mut buf = Vec::with_capacity(8);
        let (_, from) = receiver.recv_buf_from(&mut buf).await.unwrap();
        assert_eq!(
            from.as_abstract_name(),
            Some(&name("sender").as_bytes()[1..])
        );
        assert!(!from.is_unnamed() && from.as_pathname().is_none());
        assert_eq!(buf, b"note");
    });
}

#[test]
fn datagrams_keep_their_borders_and_their_senders() {
    run(|| async {
        let (here, there) = (Name::new("here"), Name::new("there"));
        let near = UnixDatagram::bind(&here).unwrap();
        let far = UnixDatagram::bind(&there).unwrap();
        near.send_to(b"one", &there).await.unwrap();
        near.connect(&there).unwrap();
        near.send(b"three").await.unwrap();
        let mut buf = Vec::with_capacity(16);
        let (count, from) = far.recv_buf_from(&mut buf).await.unwrap();
        assert_eq!((count, from.as_pathname()), (3, Some(here.as_ref())));
        assert_eq!(far.recv(&mut [0; 2]).await.unwrap(), 2, "cut off");
        let unbound = UnixDatagram::unbound().unwrap();
        unbound.send_to(b"", &there).await.unwrap();
        let (count, from) = far.recv_from(&mut [0; 2]).await.unwrap();
        assert!(count == 0 && from.is_unnamed());
        near.shutdown(Shutdown::Write).unwrap();
        assert!(near.try_send(b"late").is_err());
    });
}

#[test]
fn a_sender_of_datagrams_waits_for_room() {
    run(|| async {
        let (near, far) = UnixDatagram::pair().unwrap();
        let send = async {
            for number in 0..5_000_u32 {
                near.send(&number.to_ne_bytes()).await.unwrap();
            }
        };
        let receive = async {
            for number in 0..5_000_u32 {
                let mut buf = [0; 4];
                far.recv(&mut buf).await.unwrap();
                assert_eq!(buf, number.to_ne_bytes());
            }
        };
        join(send, receive).await;
    });
}

#[test]
fn a_pipe_passes_all_and_then_ends() {
    run(|| async {
        let (mut sender, mut receiver) = pipe::pipe().unwrap();
        let bytes: Vec<u8> = (0..1_000_000_u32)
            .map(|index| (index % 251) as u8)
            .collect();
        let send = async {
            sender.write_all(&bytes).await.unwrap();
            drop(sender);
        };
        let mut received = Vec::new();
        let receive = async { receiver.read_to_end(&mut received).await.unwrap() };
        join(send, receive).await;
        assert!(received == bytes);
    });
}

#[test]
fn only_pipes_are_taken_for_pipes() {
    run(|| async {
        let (near, _far) = std::os::unix::net::UnixStream::pair().unwrap();
        let error = pipe::Receiver::from_owned_fd(OwnedFd::from(near)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        let (sender, receiver) = pipe::pipe().unwrap();
        let sender = sender.into_blocking_fd().unwrap();
        assert!(pipe::Receiver::from_owned_fd(sender).is_err(), "other end");
        let receiver = receiver.into_nonblocking_fd().unwrap();
        pipe::Receiver::from_owned_fd(receiver).unwrap();
        let file = File::open("/dev/null").unwrap();
        assert!(pipe::Sender::from_file(file).is_err());
    });
}

#[test]
fn after_the_shutdown_nothing_is_made_and_who_waits_is_told() {
    let runtime = Builder::new_multi_thread().build().unwrap();
    let handle = runtime.handle().clone();
    let _inside = handle.enter();
    let name = Name::new("shutdown");
    let listener = UnixListener::bind(&name).unwrap();
    let accept = listener.accept();
    let (near, _far) = UnixStream::pair().unwrap();
    let duplicate = near.as_fd().try_clone_to_owned().unwrap();
    runtime.shutdown_timeout(Duration::from_secs(30));
    let is_told = |error: io::Error| {
        let inner = error.get_ref();
        inner.is_some_and(
            <dyn std::error::Error + Send + Sync>::is::<runtime_core::park::driver::ShutDown>,
        )
    };
    assert!(is_told(UnixStream::pair().unwrap_err()));
    assert!(is_told(pipe::pipe().unwrap_err()));
    assert!(is_told(UnixStream::from_std(duplicate.into()).unwrap_err()));
    let waits = async { near.ready(Interest::READABLE).await.map(drop) };
    assert!(is_told(futures::executor::block_on(waits).unwrap_err()));
    assert!(is_told(
        futures::executor::block_on(accept).map(drop).unwrap_err()
    ));
}
