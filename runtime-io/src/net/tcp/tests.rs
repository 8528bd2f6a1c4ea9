//! Connections over 127.0.0.1, against the operating system.
#![allow(
    unsafe_code,
    reason = "sets a limit of the process, in a process of its own"
)]

mod ready;

mod short;

use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use futures::future::{join, join_all, join3};
use runtime_core::builder::Builder;
use runtime_core::runtime::is_rt_shutdown_err;

use super::{TcpListener, TcpSocket, TcpStream};
use crate::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Interest, copy};
use crate::net::lookup_host;

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

async fn local() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// Two ends of a connection.
async fn pair() -> (TcpStream, TcpStream) {
    let (listener, addr) = local().await;
    let (near, far) = join(TcpStream::connect(addr), listener.accept()).await;
    (near.unwrap(), far.unwrap().0)
}

/// The other end is the standard library's, and blocks.
async fn pair_with_std() -> (TcpStream, std::net::TcpStream) {
    let (listener, addr) = local().await;
    let far = thread::spawn(move || std::net::TcpStream::connect(addr).unwrap());
    let (near, _) = listener.accept().await.unwrap();
    (near, far.join().unwrap())
}

#[test]
fn bytes_come_back_from_an_echo() {
    run(|| async {
        let (listener, addr) = local().await;
        let server = async {
            let (mut stream, peer) = listener.accept().await.unwrap();
            assert_eq!(peer, stream.peer_addr().unwrap());
            let (mut read, mut write) = stream.split();
            copy(&mut read, &mut write).await.unwrap()
        };
        let client = async {
            let mut stream = TcpStream::connect(addr).await.unwrap();
            stream.set_nodelay(true).unwrap();
            for round in 0..100_u32 {
                stream.write_u32(round).await.unwrap();
                assert_eq!(stream.read_u32().await.unwrap(), round);
            }
            stream.shutdown().await.unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.unwrap();
            assert!(rest.is_empty());
        };
        assert_eq!(join(server, client).await.0, 400);
    });
}

#[test]
fn fault_058_many_bytes_through_small_buffers_arrive_exactly() {
    run(|| async {
        let listener = TcpSocket::new_v4().unwrap();
        listener.set_recv_buffer_size(4096).unwrap();
        listener.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = listener.listen(1).unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(4096).unwrap();
        let near = socket.connect(listener.local_addr().unwrap());
        let (near, far) = join(near, listener.accept()).await;
        let (mut near, mut far) = (near.unwrap(), far.unwrap().0);
        let bytes: Vec<u8> = (0..4_000_000_u32)
            .map(|index| (index % 251) as u8)
            .collect();
        let send = async {
            near.write_all(&bytes).await.unwrap();
            drop(near);
        };
        let receive = async {
            let mut received = Vec::new();
            far.read_to_end(&mut received).await.unwrap();
            received
        };
        let ((), received) = join(send, receive).await;
        assert!(received == bytes);
    });
}

#[test]
fn each_direction_ends_by_itself() {
    run(|| async {
        let (mut near, mut far) = pair().await;
        near.write_all(b"request").await.unwrap();
        near.shutdown().await.unwrap();
        let mut request = String::new();
        far.read_to_string(&mut request).await.unwrap();
        assert_eq!(request, "request");
        far.write_all(b"answer").await.unwrap();
        far.shutdown().await.unwrap();
        far.shutdown().await.unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
        assert_eq!(
            near.try_read(&mut [0; 1]).unwrap(),
            0,
            "the end stays the end"
        );
        let error = near.try_write(b"more").unwrap_err();
        assert_eq!(
            error.kind(),
            io::ErrorKind::BrokenPipe,
            "an error, and no signal"
        );
        let error = near
            .try_write_vectored(&[IoSlice::new(b"more")])
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    });
}

#[test]
fn trying_never_waits() {
    run(|| async {
        let (near, mut far) = pair_with_std().await;
        let mut buf = [0; 16];
        for _ in 0..2 {
            let error = near.try_read(&mut buf).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        }
        let mut readable = pin!(near.readable());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(readable.as_mut().poll(&mut cx).is_pending());
        far.write_all(b"0123456789").unwrap();
        readable.await.unwrap();
        let (one, two) = buf.split_at_mut(4);
        let mut bufs = [IoSliceMut::new(one), IoSliceMut::new(&mut two[..4])];
        assert_eq!(near.try_read_vectored(&mut bufs).unwrap(), 8);
        let mut rest = Vec::with_capacity(1);
        assert_eq!(near.try_read_buf(&mut rest).unwrap(), 1);
        assert_eq!(near.try_read_buf(&mut rest).unwrap(), 1);
        assert_eq!((&buf[..8], &*rest), (&b"01234567"[..], &b"89"[..]));

        near.writable().await.unwrap();
        let mut written = 0;
        let error = loop {
            match near.try_write(&[7; 65536]) {
                Ok(count) => written += count,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        let reader = thread::spawn(move || {
            let mut bytes = vec![0; written];
            far.read_exact(&mut bytes).unwrap();
            far
        });
        near.writable().await.unwrap();
        drop(reader.join().unwrap());
    });
}

#[test]
fn all_who_wait_for_one_connection_are_woken() {
    run(|| async {
        let (near, mut far) = pair_with_std().await;
        let waiting = join_all((0..5).map(|_| near.readable()));
        let polled = poll_fn(|cx| near.poll_read_ready(cx));
        let peeked = async { near.peek(&mut [0; 4]).await };
        let mut all = pin!(join3(waiting, polled, peeked));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(all.as_mut().poll(&mut cx).is_pending());
        far.write_all(b"1").unwrap();
        let (waited, polled, peeked) = all.await;
        assert!(waited.iter().all(Result::is_ok) && polled.is_ok());
        assert_eq!(peeked.unwrap(), 1);
    });
}

#[test]
fn an_operation_of_one_s_own_is_tried_and_waits() {
    run(|| async {
        let (near, mut far) = pair_with_std().await;
        let calls = std::cell::Cell::new(0);
        let mut own = pin!(near.async_io(Interest::READABLE, || {
            calls.set(calls.get() + 1);
            near.try_read(&mut [0; 1])
        }));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(own.as_mut().poll(&mut cx).is_pending());
        far.write_all(b"1").unwrap();
        assert_eq!(own.await.unwrap(), 1);
        assert!(calls.get() >= 2);
        // Nothing is ready: the operation is not even called.
        while near.try_read(&mut [0; 1]).is_ok() {}
        let unready = near.try_io(Interest::READABLE, || -> io::Result<()> { unreachable!() });
        assert_eq!(unready.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    });
}

#[test]
fn fault_062_halves_may_go_in_any_order() {
    run(|| async {
        let (near, mut far) = pair().await;
        let (read, mut write) = near.into_split();
        drop(read);
        write.write_all(b"still open").await.unwrap();
        drop(write);
        let mut text = String::new();
        far.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "still open");

        let (near, mut far) = pair().await;
        let (mut read, write) = near.into_split();
        drop(write);
        assert_eq!(
            far.read(&mut [0; 1]).await.unwrap(),
            0,
            "the write half ended the writing"
        );
        far.write_all(b"and back").await.unwrap();
        drop(far);
        text.clear();
        read.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "and back");

        let (near, mut far) = pair().await;
        let (read, write) = near.into_split();
        write.forget();
        assert!(far.try_read(&mut [0; 1]).is_err());
        let mut ended = Box::pin(far.readable());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(
            ended.as_mut().poll(&mut cx).is_pending(),
            "a forgotten half ends nothing"
        );
        drop(read);
        ended.as_mut().await.unwrap();
        drop(ended);
        assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
    });
}

#[test]
fn only_halves_of_one_connection_are_reunited() {
    run(|| async {
        let (one, two) = pair().await;
        let (one_read, one_write) = one.into_split();
        let (two_read, two_write) = two.into_split();
        let super::ReuniteError(one_read, two_write) = one_read.reunite(two_write).unwrap_err();
        let mut one = one_write.reunite(one_read).unwrap();
        let mut two = two_read.reunite(two_write).unwrap();
        one.write_all(b"x").await.unwrap();
        assert_eq!(two.read_u8().await.unwrap(), b'x');
    });
}

#[test]
fn fault_055_a_reset_is_an_error_once() {
    run(|| async {
        let (mut near, far) = pair().await;
        far.set_zero_linger().unwrap();
        drop(far);
        let error = near.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(near.read(&mut [0; 1]).await.unwrap(), 0);
    });
}

#[test]
fn fault_054_refused_connections_name_their_addresses_and_a_lone_one_its_number() {
    run(|| async {
        let (listener, addr) = local().await;
        drop(listener);
        let error = TcpStream::connect(addr).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ECONNREFUSED));
        let error = TcpStream::connect(&[addr, addr][..]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(error.to_string().contains(&addr.to_string()), "{error}");
        let error = TcpSocket::new_v4()
            .unwrap()
            .connect(addr)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let error = TcpStream::connect(&[][..]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    });
}

#[test]
fn the_next_address_is_tried_when_one_refuses() {
    run(|| async {
        let (refused, refused_addr) = local().await;
        drop(refused);
        let (listener, addr) = local().await;
        let addrs = [refused_addr, addr];
        let stream = TcpStream::connect(&addrs[..]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addr);
        drop(listener);
    });
}

#[test]
fn a_connection_goes_to_std_and_back() {
    run(|| async {
        let (near, mut far) = pair().await;
        // Attached, so that it has to be taken out again.
        let mut cx = Context::from_waker(Waker::noop());
        assert!(near.poll_read_ready(&mut cx).is_pending());
        let near = near.into_std().unwrap();
        let mut near = TcpStream::try_from(near).unwrap();
        far.write_all(b"here").await.unwrap();
        let mut bytes = [0; 4];
        near.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"here");
    });
}

#[test]
fn a_duplicate_that_lives_on_disturbs_nobody() {
    run(|| async {
        let (near, mut far) = pair_with_std().await;
        let mut cx = Context::from_waker(Waker::noop());
        assert!(near.try_read(&mut [0; 1]).is_err());
        assert!(near.poll_read_ready(&mut cx).is_pending());
        // Its descriptor stays in the selector under the old token; the same socket comes back
        // under others.
        let duplicate = socket2::SockRef::from(&near).try_clone().unwrap();
        drop(near);
        let mut near = TcpStream::from_std(duplicate.into()).unwrap();
        assert!(near.poll_read_ready(&mut cx).is_pending());
        far.write_all(b"still").unwrap();
        let mut bytes = [0; 5];
        near.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"still");
    });
}

#[test]
fn lines_come_one_by_one() {
    run(|| async {
        let (near, mut far) = pair().await;
        let send = async {
            for part in ["one\r", "\ntw", "o\n\nlast"] {
                far.write_all(part.as_bytes()).await.unwrap();
            }
            drop(far);
        };
        let receive = async {
            let mut lines = BufReader::new(near).lines();
            let mut all = Vec::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                all.push(line);
            }
            all
        };
        assert_eq!(join(send, receive).await.1, ["one", "two", "", "last"]);
    });
}

#[test]
fn names_and_numbers_become_addresses() {
    run(|| async {
        let numbers: Vec<_> = lookup_host("127.0.0.1:80").await.unwrap().collect();
        assert_eq!(numbers, ["127.0.0.1:80".parse().unwrap()]);
        let numbers: Vec<_> = lookup_host(("::1", 80)).await.unwrap().collect();
        assert_eq!(numbers, ["[::1]:80".parse().unwrap()]);
        assert!(
            lookup_host("localhost:80")
                .await
                .unwrap()
                .all(|addr| addr.ip().is_loopback())
        );
        assert!(lookup_host("no port").await.is_err());
    });
}

#[test]
fn an_accepted_connection_counts_as_readable_until_a_read_finds_nothing() {
    run(|| async {
        let (near, mut far) = pair_with_std().await;
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            assert!(near.poll_read_ready(&mut cx).is_ready());
            near.readable().await.unwrap();
        }
        let mut bytes = [0; 8];
        let error = near.try_read(&mut bytes).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert!(near.poll_read_ready(&mut cx).is_pending());
        assert!(pin!(near.readable()).poll(&mut cx).is_pending());
        far.write_all(b"now").unwrap();
        near.readable().await.unwrap();
        assert_eq!(near.try_read(&mut bytes).unwrap(), 3);
        // Fewer bytes than asked for: the one who tries goes on until it would block.
        assert!(near.poll_read_ready(&mut cx).is_ready());
    });
}

/// Fails so often, then accepts.
fn failing(
    listener: &TcpListener,
    errors: Vec<i32>,
) -> impl FnMut() -> io::Result<(mio::net::TcpStream, SocketAddr)> + '_ {
    let mut errors = errors.into_iter();
    move || match errors.next() {
        Some(error) => Err(io::Error::from_raw_os_error(error)),
        None => listener.io.accept(),
    }
}

#[test]
fn fault_053_accept_outlasts_failures_that_pass() {
    run(|| async {
        let (listener, addr) = local().await;
        let mut errors = vec![
            libc::EMFILE,
            libc::ECONNABORTED,
            libc::ENFILE,
            libc::EPERM,
            libc::ENOBUFS,
        ];
        errors.extend([libc::ECONNABORTED; 70]);
        errors.push(libc::ENOMEM);
        let accept = listener.io.accept_by(failing(&listener, errors.clone()));
        let (stream, accepted) = join(TcpStream::connect(addr), accept).await;
        assert_eq!(accepted.unwrap().1, stream.unwrap().local_addr().unwrap());

        let mut failing = failing(&listener, errors);
        let accept = poll_fn(|cx| listener.io.poll_accept_by(cx, &mut failing));
        let (stream, accepted) = join(TcpStream::connect(addr), accept).await;
        assert_eq!(accepted.unwrap().1, stream.unwrap().local_addr().unwrap());
    });
}

/// Set for the child process of the test below, whose descriptors are its own to use up.
const CHILD: &str = "RUNTIME_IO_TEST_WITHOUT_DESCRIPTORS";

#[test]
fn fault_053_accept_goes_on_when_a_descriptor_is_free() {
    if std::env::var_os(CHILD).is_some() {
        return run(accept_without_descriptors);
    }
    let name = "net::tcp::tests::fault_053_accept_goes_on_when_a_descriptor_is_free";
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stdout)
    );
}

async fn accept_without_descriptors() {
    let (listener, addr) = local().await;
    // The reactor is there, and the connection stands in the listener's queue.
    let near = TcpStream::connect(addr).await.unwrap();
    let mut taken = Vec::new();
    while let Ok(socket) = std::net::UdpSocket::bind("127.0.0.1:0") {
        taken.push(socket);
        if taken.len() == 64 {
            limit_descriptors_to(std::os::fd::AsRawFd::as_raw_fd(&taken[63]) as u64 + 1);
        }
    }
    let mut accept = pin!(listener.accept());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(
        accept.as_mut().poll(&mut cx).is_pending(),
        "it waits, and does not fail"
    );
    taken.clear();
    let (_, peer) = accept.await.unwrap();
    assert_eq!(peer, near.local_addr().unwrap());
}

fn limit_descriptors_to(count: u64) {
    let limit = libc::rlimit {
        rlim_cur: count as _,
        rlim_max: count as _,
    };
    // SAFETY: a valid `rlimit` for the time of the call.
    let outcome = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
    assert_eq!(outcome, 0);
}

#[test]
fn fault_032_an_accept_that_pauses_is_told_of_the_end_of_its_runtime() {
    let runtime = Builder::new_multi_thread().build().unwrap();
    let handle = runtime.handle().clone();
    let (listener, _) = runtime.block_on(local());
    let (done, told) = mpsc::channel();
    thread::spawn(move || {
        let mut full = || Err::<(), _>(io::Error::from_raw_os_error(libc::EMFILE));
        let waits = handle.block_on(listener.io.accept_by(full));
        let polls = poll_fn(|cx| listener.io.poll_accept_by(cx, &mut full));
        done.send([waits, handle.block_on(polls)]).unwrap();
    });
    thread::sleep(Duration::from_millis(20));
    runtime.shutdown_background();
    for outcome in told.recv_timeout(Duration::from_secs(60)).unwrap() {
        assert!(is_rt_shutdown_err(&outcome.unwrap_err()));
    }
}

#[test]
fn fault_053_accept_reports_what_will_not_pass() {
    run(|| async {
        let (listener, _) = local().await;
        let outcome = listener
            .io
            .accept_by(failing(&listener, vec![libc::EINVAL]))
            .await;
        assert_eq!(outcome.unwrap_err().raw_os_error(), Some(libc::EINVAL));
        let mut failing = failing(&listener, vec![libc::EBADF]);
        let mut cx = Context::from_waker(Waker::noop());
        match listener.io.poll_accept_by(&mut cx, &mut failing) {
            Poll::Ready(Err(error)) => assert_eq!(error.raw_os_error(), Some(libc::EBADF)),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn sockets_take_their_options() {
    run(|| async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.set_keepalive(true).unwrap();
        socket.set_nodelay(true).unwrap();
        assert!(socket.reuseaddr().unwrap() && socket.keepalive().unwrap());
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = socket.local_addr().unwrap();
        let listener = socket.listen(u32::MAX).unwrap();
        assert_eq!(listener.local_addr().unwrap(), addr);
        listener.set_ttl(42).unwrap();
        assert_eq!(listener.ttl().unwrap(), 42);
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_zero_linger().unwrap();
        assert_eq!(stream.linger().unwrap(), Some(Duration::ZERO));
        assert!(stream.take_error().unwrap().is_none());
    });
}

/// What tasks on other threads and panic hooks may be given.
#[test]
fn sockets_go_everywhere() {
    fn everywhere<T: Send + Sync + Unpin + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    fn sendable<T: Send>(_: T) {}
    everywhere::<TcpStream>();
    everywhere::<TcpListener>();
    everywhere::<TcpSocket>();
    everywhere::<super::OwnedReadHalf>();
    everywhere::<super::OwnedWriteHalf>();
    everywhere::<super::ReadHalf<'_>>();
    everywhere::<super::WriteHalf<'_>>();
    sendable(TcpStream::connect("localhost:1"));
    sendable(TcpListener::bind(("localhost", 1)));
}
