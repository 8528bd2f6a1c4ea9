//! Sockets, pipes, descriptors, names.

use std::cell::RefCell;
use std::io::{self, IoSliceMut, Read, Write};
use std::net as now;
use std::os::unix::net as now_unix;

use runtime::io::unix::AsyncFd;
use runtime::io::{AsyncReadExt, AsyncWriteExt, Interest};
use runtime::net::unix::pipe;
use runtime::net::{
    Datagram, TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSocket,
    UnixStream, lookup_host,
};

use super::Case;
use super::drive::{case, lossless, nothing};

const STREAM: &str = "io: net/byte_stream";
const DATAGRAM: &str = "io: net/datagram";
const HALVES: &str = "io: net/halves";
const DESCRIPTOR: &str = "io: async_fd/waiting";
const PEEK: &str = "io: net/udp/peek";

pub(crate) const CASES: &[Case] = &[
    (STREAM, "byte_stream!::ready", || {
        arrives(async |it| {
            it.ready(Interest::READABLE)
                .await
                .map(|ready| ready.is_readable())
        });
    }),
    (STREAM, "byte_stream!::readable", || {
        arrives(async |it| it.readable().await.map(|()| true))
    }),
    (STREAM, "byte_stream!::writable", || {
        arrives(async |it| it.writable().await.map(|()| true))
    }),
    (STREAM, "byte_stream!::async_io", || {
        takes(async |it, buf| it.async_io(Interest::READABLE, || it.try_read(buf)).await);
    }),
    (DATAGRAM, "datagram_socket!::ready", || {
        datagrams(async |it| {
            it.ready(Interest::READABLE).await?;
            receive(it)
        });
    }),
    (DATAGRAM, "datagram_socket!::readable", || {
        datagrams(async |it| {
            it.readable().await?;
            receive(it)
        });
    }),
    (DATAGRAM, "datagram_socket!::writable", || {
        sends(async |it, _| it.writable().await, 0)
    }),
    (DATAGRAM, "datagram_socket!::async_io", || {
        datagrams(async |it| it.async_io(Interest::READABLE, || receive(it)).await);
    }),
    (DATAGRAM, "datagram_socket!::send", || {
        sends(
            async |it, to| {
                it.connect(to).await?;
                it.send(b"one").await.map(drop)
            },
            1,
        );
    }),
    (DATAGRAM, "datagram_socket!::recv", || {
        datagrams(async |it| {
            let mut buf = [0; 8];
            let count = it.recv(&mut buf).await?;
            Ok(buf[..count].to_vec())
        });
    }),
    (DATAGRAM, "datagram_socket!::recv_buf", || {
        datagrams(async |it| {
            let mut buf = Vec::with_capacity(8);
            it.recv_buf(&mut buf).await?;
            Ok(buf)
        });
    }),
    (DATAGRAM, "datagram_socket!::recv_from", || {
        datagrams(async |it| {
            let mut buf = [0; 8];
            let (count, _) = it.recv_from(&mut buf).await?;
            Ok(buf[..count].to_vec())
        });
    }),
    (DATAGRAM, "datagram_socket!::recv_buf_from", || {
        datagrams(async |it| {
            let mut buf = Vec::with_capacity(8);
            it.recv_buf_from(&mut buf).await?;
            Ok(buf)
        });
    }),
    (HALVES, "peeking_half!::peek", || {
        arrives(async |it| Ok(it.split().0.peek(&mut [0; 8]).await? == 3));
    }),
    (HALVES, "read_half!::readable", || {
        arrives(async |it| it.split().0.readable().await.map(|()| true));
    }),
    (HALVES, "write_half!::writable", || {
        arrives(async |it| it.split().1.writable().await.map(|()| true));
    }),
    (HALVES, "any_half!::ready", || {
        arrives(async |it| {
            let (half, _) = it.split();
            half.ready(Interest::READABLE)
                .await
                .map(|ready| ready.is_readable())
        });
    }),
    ("io: net/lookup_host", "lookup_host", || {
        alone(async || Ok(lookup_host("localhost:1").await?.count() > 0));
    }),
    ("io: net/tcp/listener", "TcpListener::bind", || {
        alone(async || Ok(TcpListener::bind("localhost:0").await?.local_addr()?.port() > 0));
    }),
    ("io: net/tcp/listener", "TcpListener::accept", tcp_accept),
    ("io: net/tcp/socket", "TcpSocket::connect", || {
        tcp_connects(async |to| TcpSocket::new_v4()?.connect(to).await);
    }),
    ("io: net/tcp/stream", "TcpStream::connect", || {
        tcp_connects(async |to| TcpStream::connect(to).await);
    }),
    ("io: net/tcp/stream", "TcpStream::peek", || {
        arrives(async |it| Ok(it.peek(&mut [0; 8]).await? == 3));
    }),
    ("io: net/udp", "UdpSocket::bind", || {
        alone(async || Ok(UdpSocket::bind("localhost:0").await?.local_addr()?.port() > 0));
    }),
    ("io: net/udp", "UdpSocket::connect", || {
        sends(async |it, to| it.connect(to).await, 0)
    }),
    ("io: net/udp/many", "UdpSocket::send_many", || {
        let op = async |it: &UdpSocket, to| {
            let payload = b"one";
            it.send_many(&[Datagram {
                payload,
                to: Some(to),
            }])
            .await
            .map(drop)
        };
        sends(op, 1);
    }),
    ("io: net/udp/many", "UdpSocket::recv_many", || {
        datagrams(async |it| {
            let (mut buf, mut received) = ([0; 8], Vec::new());
            it.recv_many(&mut [IoSliceMut::new(&mut buf)], &mut received)
                .await?;
            Ok(buf[..received[0].len].to_vec())
        });
    }),
    (PEEK, "UdpSocket::peek", || {
        datagrams(async |it| {
            assert_eq!(it.peek(&mut [0; 8]).await?, 3);
            receive(it)
        });
    }),
    (PEEK, "UdpSocket::peek_from", || {
        datagrams(async |it| {
            assert_eq!(it.peek_from(&mut [0; 8]).await?.0, 3);
            receive(it)
        });
    }),
    (PEEK, "UdpSocket::peek_sender", || {
        datagrams(async |it| {
            it.peek_sender().await?;
            receive(it)
        });
    }),
    ("io: net/udp/send", "UdpSocket::send_to", || {
        sends(async |it, to| it.send_to(b"one", to).await.map(drop), 1);
    }),
    (
        "io: net/unix/datagram/send",
        "UnixDatagram::send_to",
        unix_send_to,
    ),
    ("io: net/unix/listener", "UnixListener::accept", unix_accept),
    ("io: net/unix/pipe", "pipe_end!::ready", || {
        pipe_fills(async |it| it.ready(Interest::READABLE).await.map(drop));
    }),
    ("io: net/unix/pipe/receiver", "Receiver::readable", || {
        pipe_fills(async |it| it.readable().await);
    }),
    (
        "io: net/unix/pipe/sender",
        "Sender::writable",
        pipe_writable,
    ),
    ("io: net/unix/socket", "UnixSocket::connect", || {
        unix_connects(async |at| UnixSocket::new_stream()?.connect(at).await);
    }),
    ("io: net/unix/stream", "UnixStream::connect", || {
        unix_connects(async |at| UnixStream::connect(at).await);
    }),
    ("io: net/unix/stream", "UnixStream::connect_addr", || {
        unix_connects(async |at| {
            UnixStream::connect_addr(&now_unix::SocketAddr::from_pathname(at)?.into()).await
        });
    }),
    (DESCRIPTOR, "AsyncFd::ready", || {
        descriptor(async |it| it.ready(Interest::READABLE).await.map(drop));
    }),
    (DESCRIPTOR, "AsyncFd::ready_mut", || {
        descriptor(async |it| it.ready_mut(Interest::READABLE).await.map(drop));
    }),
    (DESCRIPTOR, "AsyncFd::readable", || {
        descriptor(async |it| it.readable().await.map(drop))
    }),
    (DESCRIPTOR, "AsyncFd::readable_mut", || {
        descriptor(async |it| it.readable_mut().await.map(drop));
    }),
    (DESCRIPTOR, "AsyncFd::writable", || {
        descriptor(async |it| it.writable().await.map(drop))
    }),
    (DESCRIPTOR, "AsyncFd::writable_mut", || {
        descriptor(async |it| it.writable_mut().await.map(drop));
    }),
    (DESCRIPTOR, "AsyncFd::async_io", descriptor_io),
    (DESCRIPTOR, "AsyncFd::async_io_mut", descriptor_io_mut),
];

#[track_caller]
fn ok<T>(result: io::Result<T>) -> T {
    result.expect("this machine's network works")
}

async fn connection() -> (TcpStream, now::TcpStream) {
    let listener = ok(now::TcpListener::bind("127.0.0.1:0"));
    let near = ok(TcpStream::connect(ok(listener.local_addr())).await);
    (near, ok(listener.accept()).0)
}

fn alone(op: impl AsyncFn() -> io::Result<bool>) {
    lossless(
        async || ((), ()),
        &[|()| ()],
        async |(): &mut ()| ok(op().await),
        true,
        nothing,
    );
}

/// Takes nothing out of a connection on which `abc` arrives.
fn arrives(op: impl AsyncFn(&mut TcpStream) -> io::Result<bool>) {
    case(
        connection,
        &[|far: &mut now::TcpStream| ok(far.write_all(b"abc"))],
        async |near: &mut TcpStream| ok(op(near).await),
        async |near, _, _| {
            assert!(ok(op(near).await));
            let mut buf = [0; 3];
            ok(near.read_exact(&mut buf).await);
            assert_eq!(&buf, b"abc");
        },
    );
}

/// Takes `abc` out once.
fn takes(op: impl AsyncFn(&TcpStream, &mut [u8]) -> io::Result<usize>) {
    lossless(
        connection,
        &[|far: &mut now::TcpStream| ok(far.write_all(b"abc"))],
        async |near: &mut TcpStream| {
            let mut buf = [0; 8];
            let count = ok(op(near, &mut buf).await);
            buf[..count].to_vec()
        },
        b"abc".to_vec(),
        |near, _| {
            let again = near.try_read(&mut [0; 8]).expect_err("it came once");
            assert_eq!(again.kind(), io::ErrorKind::WouldBlock);
        },
    );
}

fn receive(socket: &UdpSocket) -> io::Result<Vec<u8>> {
    let mut buf = [0; 8];
    let count = socket.try_recv(&mut buf)?;
    Ok(buf[..count].to_vec())
}

async fn udp() -> (UdpSocket, now::UdpSocket) {
    let near = ok(UdpSocket::bind("127.0.0.1:0").await);
    let far = ok(now::UdpSocket::bind("127.0.0.1:0"));
    ok(far.connect(ok(near.local_addr())));
    ok(near.connect(ok(far.local_addr())).await);
    ok(far.set_nonblocking(true));
    (near, far)
}

/// Of two datagrams, one is taken at a time, each once.
fn datagrams(op: impl AsyncFn(&UdpSocket) -> io::Result<Vec<u8>>) {
    let again = async |it: &UdpSocket| loop {
        match op(it).await {
            // Ready is a hint: readiness may be older than what was read since.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
            result => break ok(result),
        }
    };
    lossless(
        udp,
        &[
            |far: &mut now::UdpSocket| assert_eq!(ok(far.send(b"one")), 3),
            |far| assert_eq!(ok(far.send(b"two")), 3),
        ],
        async |near: &mut UdpSocket| again(near).await,
        b"one".to_vec(),
        |near, _| {
            assert_eq!(ok(receive(near)), b"two");
            assert!(receive(near).is_err(), "each came once");
        },
    );
}

/// What arrives is `one`, as often as the operation was through.
fn sends(op: impl AsyncFn(&UdpSocket, now::SocketAddr) -> io::Result<()>, each: usize) {
    case(
        udp,
        &[],
        async |near: &mut UdpSocket| {
            let to = ok(near.peer_addr());
            ok(op(near, to).await);
        },
        async |near, far, dropped| {
            let to = ok(near.peer_addr());
            ok(op(near, to).await);
            let expected = each * (1 + usize::from(dropped.output.is_some()));
            let mut buf = [0; 8];
            for _ in 0..expected {
                assert_eq!(ok(far.recv(&mut buf)), 3);
            }
            assert!(far.recv(&mut buf).is_err(), "{expected} were sent");
        },
    );
}

fn tcp_accept() {
    lossless(
        async || {
            let listener = ok(TcpListener::bind("127.0.0.1:0").await);
            let at = ok(listener.local_addr());
            (listener, (at, Vec::new()))
        },
        &[
            |(at, clients): &mut (now::SocketAddr, Vec<now::TcpStream>)| {
                clients.push(ok(now::TcpStream::connect(*at)));
            },
        ],
        async |listener: &mut TcpListener| {
            let (mut near, _) = ok(listener.accept().await);
            near.write_all(b"hello").await.is_ok()
        },
        true,
        |_, (_, clients)| {
            let mut buf = [0; 5];
            ok(clients[0].read_exact(&mut buf));
        },
    );
}

/// Each connection was made or is gone: the listener finds an end, or bytes.
fn tcp_connects(op: impl AsyncFn(now::SocketAddr) -> io::Result<TcpStream>) {
    case(
        async || {
            let listener = ok(now::TcpListener::bind("127.0.0.1:0"));
            (ok(listener.local_addr()), listener)
        },
        &[],
        async |at: &mut now::SocketAddr| ok(op(*at).await),
        async |at, listener, dropped| {
            let mut expected = vec![ok(ok(op(*at).await).local_addr())];
            expected.extend(dropped.output.map(|it| ok(it.local_addr())));
            ok(listener.set_nonblocking(true));
            while let Ok((mut far, from)) = listener.accept() {
                // All were dropped by now.
                assert_eq!(ok(far.read(&mut [0; 1])), 0, "closed");
                expected.retain(|it| *it != from);
            }
            assert_eq!(expected, [], "whoever was connected is seen");
        },
    );
}

/// A place for sockets, which goes with its test.
#[derive(Debug)]
struct Place(std::path::PathBuf);

impl Place {
    fn new() -> Place {
        let name = format!("runtime-cancel-socket-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        Place(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn unix_accept() {
    lossless(
        async || {
            let place = Place::new();
            (ok(UnixListener::bind(&place.0)), (place, Vec::new()))
        },
        &[
            |(place, clients): &mut (Place, Vec<now_unix::UnixStream>)| {
                clients.push(ok(now_unix::UnixStream::connect(&place.0)));
            },
        ],
        async |listener: &mut UnixListener| {
            let (mut near, _) = ok(listener.accept().await);
            near.write_all(b"hello").await.is_ok()
        },
        true,
        |_, (_, clients)| {
            let mut buf = [0; 5];
            ok(clients[0].read_exact(&mut buf));
        },
    );
}

fn unix_connects(op: impl AsyncFn(&std::path::Path) -> io::Result<UnixStream>) {
    case(
        async || {
            let place = Place::new();
            let listener = ok(now_unix::UnixListener::bind(&place.0));
            (place, listener)
        },
        &[],
        async |place: &mut Place| drop(ok(op(&place.0).await)),
        async |place, listener, _| {
            drop(ok(op(&place.0).await));
            ok(listener.set_nonblocking(true));
            let mut count = 0;
            while let Ok((mut far, _)) = listener.accept() {
                assert_eq!(ok(far.read(&mut [0; 1])), 0, "closed");
                count += 1;
            }
            assert!((1..=2).contains(&count));
        },
    );
}

fn unix_send_to() {
    case(
        async || {
            let place = Place::new();
            let far = ok(now_unix::UnixDatagram::bind(&place.0));
            ok(far.set_nonblocking(true));
            ((ok(UnixDatagram::unbound()), place), far)
        },
        &[],
        async |(near, place): &mut (UnixDatagram, Place)| ok(near.send_to(b"one", &place.0).await),
        async |_, far, dropped| {
            assert_eq!(far.recv(&mut [0; 8]).ok(), dropped.output);
            assert!(far.recv(&mut [0; 8]).is_err());
        },
    );
}

/// One end of a pipe as the standard library has it.
fn blocking(end: io::Result<std::os::fd::OwnedFd>) -> std::fs::File {
    ok(end).into()
}

fn pipe_fills(op: impl AsyncFn(&pipe::Receiver) -> io::Result<()>) {
    lossless(
        async || {
            let (sender, receiver) = ok(pipe::pipe());
            (receiver, blocking(sender.into_blocking_fd()))
        },
        &[|sender: &mut std::fs::File| ok(sender.write_all(b"abc"))],
        async |receiver: &mut pipe::Receiver| ok(op(receiver).await),
        (),
        |receiver, _| {
            let mut buf = [0; 8];
            assert_eq!(ok(receiver.try_read(&mut buf)), 3);
        },
    );
}

fn pipe_writable() {
    lossless(
        async || {
            let (sender, receiver) = ok(pipe::pipe());
            ok(sender.writable().await);
            while sender.try_write(&[0; 4096]).is_ok() {}
            (sender, blocking(receiver.into_blocking_fd()))
        },
        &[|receiver: &mut std::fs::File| ok(receiver.read_exact(&mut [0; 65536]))],
        async |sender: &mut pipe::Sender| ok(sender.writable().await),
        (),
        |sender, _| assert_eq!(ok(sender.try_write(b"abc")), 3),
    );
}

type Watched = AsyncFd<Socket>;

/// A socket behind a cell, so that shared and exclusive forms read it alike.
#[derive(Debug)]
struct Socket(RefCell<now_unix::UnixStream>);

impl std::os::fd::AsRawFd for Socket {
    fn as_raw_fd(&self) -> i32 {
        self.0.borrow().as_raw_fd()
    }
}

impl Socket {
    fn read(&self) -> io::Result<Vec<u8>> {
        let mut buf = [0; 8];
        let count = self.0.borrow_mut().read(&mut buf)?;
        Ok(buf[..count].to_vec())
    }
}

#[allow(deprecated, reason = "the socket stays open as long as it is watched")]
async fn watched() -> (Watched, now_unix::UnixStream) {
    let (near, far) = ok(now_unix::UnixStream::pair());
    ok(near.set_nonblocking(true));
    (ok(AsyncFd::new(Socket(near.into()))), far)
}

fn descriptor(op: impl AsyncFn(&mut Watched) -> io::Result<()>) {
    lossless(
        watched,
        &[|far: &mut now_unix::UnixStream| ok(far.write_all(b"abc"))],
        async |near: &mut Watched| ok(op(near).await),
        (),
        |near, _| assert_eq!(ok(near.get_ref().read()), b"abc"),
    );
}

fn descriptor_io() {
    lossless(
        watched,
        &[|far: &mut now_unix::UnixStream| ok(far.write_all(b"abc"))],
        async |near: &mut Watched| ok(near.async_io(Interest::READABLE, Socket::read).await),
        b"abc".to_vec(),
        |near, _| assert!(near.get_ref().read().is_err(), "it came once"),
    );
}

fn descriptor_io_mut() {
    lossless(
        watched,
        &[|far: &mut now_unix::UnixStream| ok(far.write_all(b"abc"))],
        async |near: &mut Watched| ok(near.async_io_mut(Interest::READABLE, |it| it.read()).await),
        b"abc".to_vec(),
        |near, _| assert!(near.get_ref().read().is_err(), "it came once"),
    );
}
