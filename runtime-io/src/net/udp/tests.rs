//! Datagrams over 127.0.0.1, against the operating system and the standard library.

use std::future::poll_fn;
use std::io;
use std::net::UdpSocket as StdSocket;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::future::{join, join_all};
use runtime_core::builder::Builder;
use runtime_core::spawn::spawn;

use super::UdpSocket;
use crate::io::{Interest, ReadBuf};

/// The most that an IPv4 datagram carries.
const LARGEST: usize = 65_507;

fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
        .block_on(test());
}

async fn bound() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

/// A socket, and one of the standard library connected to it and it to that.
async fn with_std() -> (UdpSocket, StdSocket) {
    let ours = bound().await;
    let theirs = StdSocket::bind("127.0.0.1:0").unwrap();
    theirs.connect(ours.local_addr().unwrap()).unwrap();
    ours.connect(theirs.local_addr().unwrap()).await.unwrap();
    (ours, theirs)
}

fn would_block<T: std::fmt::Debug>(outcome: io::Result<T>) -> bool {
    outcome.unwrap_err().kind() == io::ErrorKind::WouldBlock
}

#[test]
fn datagrams_keep_their_borders_both_ways() {
    run(|| async {
        let (ours, theirs) = with_std().await;
        for text in [&b"one"[..], b"", b"three"] {
            theirs.send(text).unwrap();
        }
        let mut buf = [0; 16];
        assert_eq!(ours.recv(&mut buf).await.unwrap(), 3);
        assert_eq!(ours.recv(&mut buf).await.unwrap(), 0);
        assert_eq!(ours.recv(&mut buf).await.unwrap(), 5);
        assert_eq!(ours.send(b"back").await.unwrap(), 4);
        assert_eq!(theirs.recv(&mut buf).unwrap(), 4);
        assert_eq!(&buf[..4], b"back");
    });
}

/// A third party's datagrams are the kernel's to drop; an empty one is one, and the next is not held up
/// by either.
#[test]
fn fault_060_a_connected_socket_hears_nobody_else_and_an_empty_datagram_is_one() {
    run(|| async {
        let (ours, theirs) = with_std().await;
        let third = StdSocket::bind("127.0.0.1:0").unwrap();
        let at = ours.local_addr().unwrap();
        let mut buf = [7; 16];
        for _ in 0..3 {
            third.send_to(b"foreign", at).unwrap();
            third.send_to(b"", at).unwrap();
            assert!(would_block(ours.try_recv(&mut buf)));
            {
                let mut waits = std::pin::pin!(ours.recv(&mut buf));
                assert!(futures::poll!(waits.as_mut()).is_pending());
                theirs.send(b"").unwrap();
                assert_eq!(waits.await.unwrap(), 0);
            }
            third.send_to(b"foreign", at).unwrap();
            theirs.send(b"friend").unwrap();
            assert_eq!(
                ours.recv_from(&mut buf).await.unwrap(),
                (6, theirs.local_addr().unwrap())
            );
            assert_eq!(ours.send(b"").await.unwrap(), 0);
            assert_eq!(theirs.recv(&mut buf).unwrap(), 0);
            assert!(would_block(ours.try_recv(&mut buf)));
        }
    });
}

#[test]
fn fault_060_what_does_not_fit_is_cut_off_and_the_next_datagram_is_whole() {
    run(|| async {
        let (ours, theirs) = with_std().await;
        theirs.send(b"too long").unwrap();
        theirs.send(b"next").unwrap();
        let mut short = [0; 3];
        assert_eq!(ours.recv(&mut short).await.unwrap(), 3);
        assert_eq!(&short, b"too");
        let mut buf = Vec::with_capacity(16);
        assert_eq!(ours.recv_buf(&mut buf).await.unwrap(), 4);
        assert_eq!(buf, b"next");
    });
}

#[test]
fn fault_060_the_largest_datagram_arrives_and_a_larger_one_is_refused() {
    run(|| async {
        let (ours, theirs) = with_std().await;
        let bytes: Vec<u8> = (0..LARGEST).map(|index| index as u8).collect();
        theirs.send(&bytes).unwrap();
        let mut buf = vec![0; LARGEST + 1];
        assert_eq!(ours.recv(&mut buf).await.unwrap(), LARGEST);
        assert_eq!(&buf[..LARGEST], &bytes);
        assert!(ours.send(&buf).await.is_err());
        assert_eq!(ours.send(&bytes).await.unwrap(), LARGEST);
        assert_eq!(theirs.recv(&mut buf).unwrap(), LARGEST);
    });
}

#[test]
fn fault_060_a_refused_datagram_is_the_error_of_who_waits() {
    run(|| async {
        let (ours, theirs) = with_std().await;
        drop(theirs);
        let mut buf = [0; 8];
        let (received, sent) = join(ours.recv(&mut buf), ours.send(b"nobody")).await;
        assert_eq!(sent.unwrap(), 6);
        assert_eq!(
            received.unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
        assert!(ours.take_error().unwrap().is_none(), "it was taken");
    });
}

#[test]
fn nothing_is_received_without_waiting_until_something_is_there() {
    run(|| async {
        let socket = bound().await;
        let addr = socket.local_addr().unwrap();
        let mut buf = [0; 8];
        assert!(would_block(socket.try_recv(&mut buf)));
        assert!(would_block(socket.try_recv_from(&mut buf)));
        assert!(would_block(socket.try_peek(&mut buf)));
        assert!(would_block(socket.try_peek_from(&mut buf)));
        assert!(would_block(socket.try_peek_sender()));
        assert_eq!(socket.try_send_to(b"note", addr).unwrap(), 4);
        socket.readable().await.unwrap();
        assert_eq!(socket.try_peek_sender().unwrap(), addr);
        assert_eq!(socket.try_peek_from(&mut buf).unwrap(), (4, addr));
        let mut vec = Vec::with_capacity(8);
        assert_eq!(socket.try_recv_buf_from(&mut vec).unwrap(), (4, addr));
        assert!(would_block(socket.try_recv_buf(&mut vec)));
        // The readiness is used up: the next wait is a wait.
        let mut cx = Context::from_waker(Waker::noop());
        assert!(socket.poll_recv_ready(&mut cx).is_pending());
        assert!(socket.poll_send_ready(&mut cx).is_ready());
    });
}

#[test]
fn polling_fills_what_is_free_of_a_buffer() {
    run(|| async {
        let socket = bound().await;
        let addr = socket.local_addr().unwrap();
        let mut space = [std::mem::MaybeUninit::uninit(); 16];
        let mut buf = ReadBuf::uninit(&mut space);
        buf.put_slice(b"> ");
        for _ in 0..2 {
            poll_fn(|cx| socket.poll_send_to(cx, b"note", addr))
                .await
                .unwrap();
        }
        poll_fn(|cx| socket.poll_peek(cx, &mut buf)).await.unwrap();
        assert_eq!(buf.filled(), b"> note");
        buf.set_filled(2);
        let from = poll_fn(|cx| socket.poll_recv_from(cx, &mut buf)).await;
        assert_eq!(from.unwrap(), addr);
        assert_eq!(
            poll_fn(|cx| socket.poll_peek_sender(cx)).await.unwrap(),
            addr
        );
        poll_fn(|cx| socket.poll_recv(cx, &mut buf)).await.unwrap();
        assert_eq!(buf.filled(), b"> notenote");
    });
}

#[test]
fn many_tasks_share_one_socket_and_each_datagram_goes_to_one() {
    const TASKS: u32 = 50;
    run(|| async {
        let shared = Arc::new(bound().await);
        let theirs = StdSocket::bind("127.0.0.1:0").unwrap();
        let receivers: Vec<_> = (0..TASKS)
            .map(|_| {
                let socket = Arc::clone(&shared);
                spawn(async move {
                    let mut buf = [0; 4];
                    let (count, from) = socket.recv_from(&mut buf).await.unwrap();
                    assert_eq!(count, 4);
                    socket.send_to(&buf, from).await.unwrap();
                    u32::from_be_bytes(buf)
                })
            })
            .collect();
        let addr = shared.local_addr().unwrap();
        for number in 0..TASKS {
            theirs.send_to(&number.to_be_bytes(), addr).unwrap();
        }
        let received = join_all(receivers).await;
        let mut numbers: Vec<u32> = received.into_iter().map(Result::unwrap).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..TASKS).collect::<Vec<_>>());
        let mut buf = [0; 4];
        for _ in 0..TASKS {
            assert_eq!(theirs.recv(&mut buf).unwrap(), 4);
        }
    });
}

#[test]
fn fault_013_a_receive_that_is_given_up_takes_nothing() {
    run(|| async {
        let (ours, theirs) = with_std().await;
        let mut buf = [0; 8];
        let mut cx = Context::from_waker(Waker::noop());
        assert!(
            std::pin::pin!(ours.recv(&mut buf))
                .poll(&mut cx)
                .is_pending()
        );
        theirs.send(b"note").unwrap();
        assert_eq!(ours.recv(&mut buf).await.unwrap(), 4);
    });
}

#[test]
fn a_socket_goes_to_the_standard_library_and_back() {
    run(|| async {
        let (ours, theirs) = with_std().await;
        let mut buf = [0; 8];
        let mut cx = Context::from_waker(Waker::noop());
        assert!(ours.poll_recv_ready(&mut cx).is_pending());
        let descriptor = ours.as_raw_fd();
        let std = ours.into_std().unwrap();
        assert_eq!(std.as_raw_fd(), descriptor);
        theirs.send(b"note").unwrap();
        let ours = UdpSocket::try_from(std).unwrap();
        assert_eq!(ours.recv(&mut buf).await.unwrap(), 4);
        assert_eq!(ours.peer_addr().unwrap(), theirs.local_addr().unwrap());
    });
}

#[test]
fn an_operation_of_ones_own_goes_by_the_same_readiness() {
    run(|| async {
        let (ours, theirs) = with_std().await;
        let twin = StdSocket::from(ours.as_fd().try_clone_to_owned().unwrap());
        let mut buf = [0; 8];
        assert!(would_block(
            ours.try_io(Interest::READABLE, || twin.recv(&mut buf))
        ));
        let receive = ours.async_io(Interest::READABLE, || twin.recv(&mut buf));
        let send = async { theirs.send(b"note").unwrap() };
        assert_eq!(join(receive, send).await.0.unwrap(), 4);
    });
}

#[test]
fn a_group_is_joined_once_and_left_once() {
    run(|| async {
        let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
        let group = [239, 255, 18, 52].into();
        let here = std::net::Ipv4Addr::LOCALHOST;
        socket.join_multicast_v4(group, here).unwrap();
        assert!(socket.join_multicast_v4(group, here).is_err());
        socket.leave_multicast_v4(group, here).unwrap();
        assert!(socket.leave_multicast_v4(group, here).is_err());
    });
}

#[test]
fn an_address_that_stands_for_nothing_is_an_error() {
    run(|| async {
        let none: &[std::net::SocketAddr] = &[];
        let socket = bound().await;
        for error in [
            UdpSocket::bind(none).await.map(drop),
            socket.connect(none).await,
            socket.send_to(b"x", none).await.map(drop),
        ] {
            assert_eq!(error.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
    });
}

#[test]
fn fault_028_who_waits_for_a_datagram_at_the_shutdown_is_told() {
    let runtime = Builder::new_multi_thread().build().unwrap();
    let socket = runtime.block_on(bound());
    let mut buf = [0; 8];
    let mut cx = Context::from_waker(Waker::noop());
    {
        let _entered = runtime.enter();
        assert!(socket.poll_recv_ready(&mut cx).is_pending());
    }
    drop(runtime);
    assert!(matches!(
        socket.poll_recv(&mut cx, &mut ReadBuf::new(&mut buf)),
        Poll::Ready(Err(_))
    ));
}
