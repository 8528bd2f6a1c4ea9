//! Named pipes against the operating system.

use std::io::{self, IoSlice, IoSliceMut};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use futures::future::{join, join_all};
use runtime_core::builder::Builder;
use runtime_core::spawn::spawn;
use windows_sys::Win32::Foundation::{ERROR_NO_DATA, ERROR_PIPE_BUSY};

use super::{ClientOptions, NamedPipeClient, NamedPipeServer, PipeEnd, PipeMode, ServerOptions};
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

fn path(name: &str) -> String {
    format!(r"\\.\pipe\runtime-io-{name}-{}", std::process::id())
}

async fn pair(name: &str) -> (NamedPipeServer, NamedPipeClient) {
    let name = path(name);
    let server = ServerOptions::new()
        .first_pipe_instance(true)
        .create(&name)
        .unwrap();
    let client = ClientOptions::new().open(&name).unwrap();
    server.connect().await.unwrap();
    (server, client)
}

#[test]
fn many_bytes_arrive_exactly_both_ways() {
    run(|| async {
        let (server, client) = pair("bytes").await;
        let bytes: Vec<u8> = (0..3_000_000_u32)
            .map(|index| (index % 251) as u8)
            .collect();
        let (mut server_read, mut server_write) = crate::io::split(server);
        let (mut client_read, mut client_write) = crate::io::split(client);
        let send = async {
            for part in bytes.chunks(70_000) {
                server_write.write_all(part).await.unwrap();
                client_write.write_all(part).await.unwrap();
            }
        };
        let (mut by_client, mut by_server) = (vec![0; bytes.len()], vec![0; bytes.len()]);
        let receive = join(
            client_read.read_exact(&mut by_client),
            server_read.read_exact(&mut by_server),
        );
        let ((), (first, second)) = join(send, receive).await;
        first.unwrap();
        second.unwrap();
        assert!(by_client == bytes && by_server == bytes);
    });
}

#[test]
fn a_server_waits_for_a_client_and_then_for_the_next() {
    run(|| async {
        let name = path("next");
        let server = ServerOptions::new().create(&name).unwrap();
        for turn in 0..5_u8 {
            let connect = server.connect();
            let mut connect = pin!(connect);
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(connect.as_mut().poll(&mut nobody).is_pending());
            let client = ClientOptions::new().open(&name).unwrap();
            connect.await.unwrap();
            server.writable().await.unwrap();
            server.try_write(&[turn]).unwrap();
            client.readable().await.unwrap();
            let mut buf = [0];
            assert_eq!(client.try_read(&mut buf).unwrap(), 1);
            assert_eq!(buf, [turn]);
            drop(client);
            server.disconnect().unwrap();
        }
    });
}

#[test]
fn a_connect_that_was_given_up_finds_its_client_later() {
    run(|| async {
        let name = path("given-up");
        let server = ServerOptions::new().create(&name).unwrap();
        {
            let connect = pin!(server.connect());
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(connect.poll(&mut nobody).is_pending());
        }
        let _client = ClientOptions::new().open(&name).unwrap();
        server.connect().await.unwrap();
    });
}

#[test]
fn many_clients_are_served_each_by_its_instance() {
    const CLIENTS: usize = 50;
    run(|| async {
        let name = path("many");
        let mut server = ServerOptions::new().create(&name).unwrap();
        let clients = (0..CLIENTS).map(|number| {
            let name = name.clone();
            spawn(async move {
                let mut client = loop {
                    match ClientOptions::new().open(&name) {
                        Ok(client) => break client,
                        Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY as i32) => {
                            runtime_core::spawn::yield_now().await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                };
                client.write_all(&[number as u8]).await.unwrap();
                let mut buf = [0];
                client.read_exact(&mut buf).await.unwrap();
                assert_eq!(buf, [number as u8]);
            })
        });
        let clients: Vec<_> = clients.collect();
        for _ in 0..CLIENTS {
            server.connect().await.unwrap();
            let next = ServerOptions::new().create(&name).unwrap();
            let mut connected = std::mem::replace(&mut server, next);
            spawn(async move {
                let mut buf = [0];
                connected.read_exact(&mut buf).await.unwrap();
                connected.write_all(&buf).await.unwrap();
                // The client's end.
                assert_eq!(connected.read(&mut buf).await.unwrap(), 0);
            });
        }
        for client in join_all(clients).await {
            client.unwrap();
        }
    });
}

#[test]
fn a_peer_that_is_gone_is_the_end_for_who_reads_and_an_error_for_who_writes() {
    run(|| async {
        let (mut server, client) = pair("gone").await;
        drop(client);
        let mut buf = [0; 8];
        assert_eq!(server.read(&mut buf).await.unwrap(), 0);
        assert_eq!(server.read(&mut buf).await.unwrap(), 0);
        let error = server.write_all(b"note").await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(ERROR_NO_DATA as i32));
    });
}

#[test]
fn messages_stay_apart_where_asked() {
    run(|| async {
        let name = path("messages");
        let mut server = ServerOptions::new()
            .pipe_mode(PipeMode::Message)
            .create(&name)
            .unwrap();
        let mut options = ClientOptions::new();
        let mut client = options.pipe_mode(PipeMode::Message).open(&name).unwrap();
        server.connect().await.unwrap();
        assert_eq!(server.info().unwrap().mode, PipeMode::Message);
        let messages = ["one", "three", "fourteen bytes"];
        for message in messages {
            server.write_all(message.as_bytes()).await.unwrap();
        }
        let mut buf = [0; 64];
        for message in messages {
            let count = client.read(&mut buf).await.unwrap();
            assert_eq!(&buf[..count], message.as_bytes());
        }
    });
}

#[test]
fn there_are_as_many_instances_as_may_be_and_each_says_what_it_is() {
    run(|| async {
        let name = path("first");
        let mut options = ServerOptions::new();
        options.first_pipe_instance(true).max_instances(2);
        let server = options.create(&name).unwrap();
        let _second = ServerOptions::new().max_instances(2).create(&name).unwrap();
        let third = ServerOptions::new().create(&name).unwrap_err();
        assert_eq!(third.raw_os_error(), Some(ERROR_PIPE_BUSY as i32));
        let client = ClientOptions::new().open(&name).unwrap();
        server.connect().await.unwrap();
        assert_eq!(server.info().unwrap().end, PipeEnd::Server);
        assert_eq!(client.info().unwrap().end, PipeEnd::Client);
        assert_eq!(client.info().unwrap().max_instances, 2);
        let ready = server.ready(Interest::WRITABLE).await.unwrap();
        assert!(ready.is_writable());
    });
}

#[test]
fn a_pipe_of_one_direction_passes_bytes_that_way_only() {
    run(|| async {
        let name = path("inbound");
        let mut options = ServerOptions::new();
        let mut server = options.access_outbound(false).create(&name).unwrap();
        let mut client = ClientOptions::new().read(false).open(&name).unwrap();
        server.connect().await.unwrap();
        client.write_all(b"in").await.unwrap();
        let mut buf = [0; 2];
        server.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"in");
        server.write_all(b"out").await.unwrap_err();

        let name = path("outbound");
        let mut options = ServerOptions::new();
        let mut server = options.access_inbound(false).create(&name).unwrap();
        let mut client = ClientOptions::new().write(false).open(&name).unwrap();
        server.connect().await.unwrap();
        server.write_all(b"out").await.unwrap();
        let mut buf = [0; 3];
        client.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"out");
        client.write_all(b"in").await.unwrap_err();
    });
}

#[test]
fn of_several_buffers_the_first_that_is_not_empty_is_taken() {
    run(|| async {
        let (server, client) = pair("vectored").await;
        server.writable().await.unwrap();
        let parts = [&b""[..], b"first", b"second"].map(IoSlice::new);
        assert_eq!(server.try_write_vectored(&parts).unwrap(), 5);
        client.readable().await.unwrap();
        let (mut none, mut room) = ([], [0; 3]);
        let mut buffers = [IoSliceMut::new(&mut none), IoSliceMut::new(&mut room)];
        assert_eq!(client.try_read_vectored(&mut buffers).unwrap(), 3);
        assert_eq!(&room, b"fir");
        let mut rest = Vec::with_capacity(8);
        assert_eq!(client.try_read_buf(&mut rest).unwrap(), 2);
        assert_eq!(rest, b"st");
    });
}

#[test]
fn an_operation_of_ones_own_waits_for_what_it_wants() {
    run(|| async {
        let (mut server, client) = pair("own").await;
        let early = client.try_io(Interest::READABLE, || -> io::Result<()> {
            panic!("nothing is there to be read")
        });
        assert_eq!(early.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let mut buf = [0; 8];
        let read = client.async_io(Interest::READABLE, || client.try_read(&mut buf));
        let (read, sent) = join(read, server.write_all(b"note")).await;
        sent.unwrap();
        assert_eq!(read.unwrap(), 4);
        assert_eq!(&buf[..4], b"note");
    });
}

#[test]
fn without_a_runtime_nothing_is_made() {
    let name = path("outside");
    let outside = || ServerOptions::new().create(&name);
    assert!(std::panic::catch_unwind(outside).is_err());
    run(|| async {
        let nowhere = ClientOptions::new().open(path("outside")).unwrap_err();
        assert_eq!(nowhere.kind(), io::ErrorKind::NotFound);
    });
}

#[test]
fn the_end_of_the_runtime_ends_who_waits() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let name = path("end");
    let server = {
        let _inside = runtime.enter();
        ServerOptions::new().create(&name).unwrap()
    };
    drop(runtime);
    let other = Builder::new_current_thread().build().unwrap();
    other.block_on(server.readable()).unwrap_err();
}
