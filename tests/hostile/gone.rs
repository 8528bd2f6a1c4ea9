//! A peer that is gone without a word: its machine lost its power, or a wall in between its memory.

use std::io::{Error, ErrorKind};
use std::net::TcpStream as Peer;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::time::timeout;
use socket2::{SockRef, TcpKeepalive};

use super::line::swallows;
use super::support::{descriptors, in_own_process_for};
use super::{limit, sized, watchdog, workers};

/// The kernel's timers are coarse, and the machine may be busy.
const SLACK: Duration = Duration::from_secs(5);

/// A connection whose other end hears nothing any more.
async fn half_open() -> (TcpStream, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("bound");
    let peer = Peer::connect(address).expect("a connection");
    let (stream, _) = listener.accept().await.expect("accepted");
    swallows(&peer);
    (stream, peer)
}

#[track_caller]
fn ends_in_time(begun: Instant, configured: Duration, error: &Error) {
    let took = begun.elapsed();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(
        took >= configured.mul_f64(0.9),
        "{took:?} for {configured:?}"
    );
    assert!(took <= configured + SLACK, "{took:?} for {configured:?}");
    println!("an error after {took:?}, {configured:?} were asked for");
}

#[test]
fn fault_056_a_reader_learns_by_keepalive_that_its_peer_is_gone() {
    let _watchdog = watchdog();
    workers().block_on(async {
        let pause = Duration::from_secs(sized(1, 5));
        let (mut stream, _peer) = half_open().await;
        let keepalive = TcpKeepalive::new().with_time(pause).with_interval(pause);
        let keepalive = keepalive.with_retries(2);
        let set = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
        set.expect("the option");
        let begun = Instant::now();
        let error = stream.read(&mut [0; 8]).await.expect_err("nobody is there");
        // One pause in silence, and one after each of two probes.
        ends_in_time(begun, 3 * pause, &error);
        assert_eq!(stream.read(&mut [0; 8]).await.expect("an end"), 0, "once");
    });
}

#[test]
fn fault_056_a_writer_learns_by_its_limit_that_its_peer_is_gone() {
    let _watchdog = watchdog();
    workers().block_on(async {
        let limit = Duration::from_secs(sized(1, 10));
        let (mut stream, _peer) = half_open().await;
        let set = SockRef::from(&stream).set_tcp_user_timeout(Some(limit));
        set.expect("the option");
        let begun = Instant::now();
        // It fills what there is of buffers, then waits.
        let error = loop {
            match stream.write_all(&[7; 1 << 16]).await {
                Ok(()) => {}
                Err(error) => break error,
            }
        };
        ends_in_time(begun, limit, &error);
        let error = stream.write(&[7]).await.expect_err("it is over");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
    });
}

/// Who asks for a limit of the runtime's own gets its connections back, though the kernel knows
/// nothing yet.
#[test]
fn fault_056_limits_of_the_program_need_no_answer() {
    const NAME: &str = "gone::fault_056_limits_of_the_program_need_no_answer";
    in_own_process_for(limit(), NAME, || {
        let runtime = workers();
        // The runtime's own descriptors are there after the first.
        runtime.block_on(give_up(1));
        let before = descriptors();
        runtime.block_on(give_up(sized(20, 500)));
        assert_eq!(descriptors(), before);
        assert_eq!(runtime.metrics().num_alive_tasks(), 0);
    });
}

/// So many connections whose peer is gone, each given up while it reads and while it writes.
async fn give_up(connections: usize) {
    let limit = Duration::from_millis(200);
    let mut waiting = Vec::new();
    for _ in 0..connections {
        let (mut stream, peer) = half_open().await;
        let waits = runtime::spawn(async move {
            let read = timeout(limit, stream.read(&mut [0; 8])).await;
            assert!(read.is_err(), "nobody can have written");
            let fills = async { while stream.write_all(&[7; 1 << 16]).await.is_ok() {} };
            assert!(timeout(limit, fills).await.is_err(), "nobody takes it");
        });
        waiting.push((waits, peer));
    }
    for (waits, _peer) in waiting {
        waits.await.expect("no panic");
    }
}
