//! A peer that reads nothing, then a byte at a time, then all: its window stays closed meanwhile.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream as Peer;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::time::timeout;
use socket2::{Domain, SockRef, Socket, Type};

use super::support::{in_own_process_for, proc_status_kib, processor_time};
use super::{limit, sized, watchdog, workers};

const SMALL_BUFFER: usize = 4096;

const PIECE_BYTES: usize = 1 << 16;

/// What the process may grow by, whatever the peer leaves lying.
const GROWTH_KIB_MAX: usize = 16 << 10;

/// How much goes one way.
fn length() -> usize {
    sized(16 << 20, 1 << 30)
}

/// How long the window stays closed: in the whole size long enough for several of TCP's probes.
fn closed_for() -> Duration {
    sized(Duration::from_millis(300), Duration::from_secs(10))
}

/// The bytes of the stream repeat, but not with any buffer's length.
struct Stream(Vec<u8>);

impl Stream {
    fn new() -> Stream {
        let bytes = (0..PIECE_BYTES + 251).map(|at| (at % 251) as u8);
        Stream(bytes.collect())
    }

    /// The `count` bytes that stand at `at`, fewer at the end.
    fn piece(&self, at: usize, count: usize) -> &[u8] {
        let from = at % 251;
        &self.0[from..from + count.min(length() - at)]
    }

    /// What to ask for at `at`: single bytes at first, so that the window opens by slivers.
    fn appetite(at: usize) -> usize {
        if at < 2000 { 1 } else { PIECE_BYTES }
    }

    #[track_caller]
    fn compare(&self, at: usize, read: &[u8]) {
        assert!(!read.is_empty(), "an end after {at} bytes");
        assert!(self.piece(at, read.len()) == read, "another byte at {at}");
    }
}

/// The window's size has to be known when the connection is made.
async fn connected() -> (TcpStream, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let small = SockRef::from(&listener).set_recv_buffer_size(SMALL_BUFFER);
    small.expect("the option");
    let address = listener.local_addr().expect("bound");
    let peer = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let small = peer.set_recv_buffer_size(SMALL_BUFFER);
    small.expect("the option");
    peer.connect(&address.into()).expect("a connection");
    let (stream, _) = listener.accept().await.expect("accepted");
    let small = SockRef::from(&stream).set_send_buffer_size(SMALL_BUFFER);
    small.expect("the option");
    (stream, peer.into())
}

#[test]
fn fault_058_a_writer_waits_for_a_window_that_stays_closed_and_loses_nothing() {
    const NAME: &str =
        "closed_window::fault_058_a_writer_waits_for_a_window_that_stays_closed_and_loses_nothing";
    in_own_process_for(limit(), NAME, || {
        let before = proc_status_kib(std::process::id(), "VmRSS");
        workers().block_on(async {
            let (mut stream, peer) = connected().await;
            let (open, opened) = channel();
            let reads = thread::spawn(move || {
                opened.recv().expect("the window is closed");
                read_all(peer);
            });

            let (sent, mut at) = (Stream::new(), 0);
            while let Some(count) = what_fits(&stream, sent.piece(at, PIECE_BYTES)) {
                at += count;
            }
            // Nothing may go on, and nothing may spin, until the peer reads.
            let busy = processor_time();
            let waits = timeout(closed_for(), stream.write(sent.piece(at, PIECE_BYTES))).await;
            assert!(waits.is_err(), "the window is closed");
            let busy = processor_time() - busy;
            assert!(busy < closed_for() / 2, "asleep, but busy for {busy:?}");

            open.send(()).expect("the reader waits");
            while at < length() {
                let count = stream.write(sent.piece(at, PIECE_BYTES)).await;
                at += count.expect("it goes on");
            }
            stream.shutdown().await.expect("it ends");
            reads.join().expect("each byte is in its place");
        });
        let grown = proc_status_kib(std::process::id(), "VmHWM").saturating_sub(before);
        println!("{} bytes, at most {grown} KiB more", length());
        assert!(grown < GROWTH_KIB_MAX, "{grown} KiB");
    });
}

fn read_all(mut peer: Peer) {
    let (sent, mut buffer, mut at) = (Stream::new(), vec![0; PIECE_BYTES], 0);
    while at < length() {
        let count = peer.read(&mut buffer[..Stream::appetite(at)]);
        let count = count.expect("it goes on");
        sent.compare(at, &buffer[..count]);
        at += count;
    }
    assert_eq!(peer.read(&mut buffer).expect("an end"), 0);
}

/// How much there is room for at once; `None` when there is none.
fn what_fits(stream: &TcpStream, bytes: &[u8]) -> Option<usize> {
    match stream.try_write(bytes) {
        Ok(count) => Some(count),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
            None
        }
    }
}

#[test]
fn fault_058_a_reader_of_single_bytes_keeps_its_peer_waiting_and_gets_all() {
    let _watchdog = watchdog();
    workers().block_on(async {
        let (mut stream, mut peer) = connected().await;
        let writes = thread::spawn(move || {
            let (sent, mut at) = (Stream::new(), 0);
            while at < length() {
                let count = peer.write(sent.piece(at, PIECE_BYTES));
                at += count.expect("it goes on");
            }
        });
        let (sent, mut buffer, mut at) = (Stream::new(), vec![0; PIECE_BYTES], 0);
        while at < length() {
            let count = stream.read(&mut buffer[..Stream::appetite(at)]).await;
            let count = count.expect("it goes on");
            sent.compare(at, &buffer[..count]);
            at += count;
        }
        writes.join().expect("all of it went");
        assert_eq!(stream.read(&mut buffer).await.expect("an end"), 0);
    });
}
