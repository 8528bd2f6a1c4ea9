//! Many datagrams at once, against sockets of the standard library.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket as StdSocket};

use futures::future::join;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::{prop_assert_eq, proptest};
use runtime_core::builder::Builder;

use super::{BATCH, Datagram, Received};
use crate::net::UdpSocket;

fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(test);
}

async fn bound() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn slices<const N: usize>(buffers: &mut [[u8; N]]) -> Vec<IoSliceMut<'_>> {
    buffers.iter_mut().map(|b| IoSliceMut::new(b)).collect()
}

#[test]
fn datagrams_keep_their_order_their_borders_and_their_senders() {
    run(async {
        let (socket, address) = bound().await;
        let senders = [(); 2].map(|()| StdSocket::bind("127.0.0.1:0").unwrap());
        for (number, text) in [&b"one"[..], b"", b"three", b"cut off here"]
            .iter()
            .enumerate()
        {
            senders[number % 2].send_to(text, address).unwrap();
        }
        let mut buffers = [[0; 7]; 6];
        let mut received = Vec::new();
        let mut slices = slices(&mut buffers);
        let count = socket.recv_many(&mut slices, &mut received).await;
        assert_eq!(count.unwrap(), 4);
        let from = |number: usize, len| Received {
            len,
            from: senders[number % 2].local_addr().unwrap(),
        };
        assert_eq!(received, [from(0, 3), from(1, 0), from(2, 5), from(3, 7)]);
        let texts = buffers.iter().zip(&received).map(|(b, r)| &b[..r.len]);
        let texts: Vec<&[u8]> = texts.collect();
        assert_eq!(texts, [&b"one"[..], b"", b"three", b"cut off"]);
    });
}

#[test]
fn a_receiver_waits_for_the_first_and_for_no_other() {
    run(async {
        let (socket, address) = bound().await;
        let mut buffers = [[0; 8]; 2];
        let mut received = Vec::new();
        let mut slices = slices(&mut buffers);
        let early = socket.try_recv_many(&mut slices, &mut received);
        assert_eq!(early.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let sender = StdSocket::bind("127.0.0.1:0").unwrap();
        let later = async { sender.send_to(b"late", address).unwrap() };
        let (count, _) = join(socket.recv_many(&mut slices, &mut received), later).await;
        assert_eq!(count.unwrap(), 1);
        assert_eq!(received.len(), 1);
    });
}

#[test]
fn nothing_takes_no_time_and_much_is_taken_in_batches() {
    run(async {
        let (socket, address) = bound().await;
        let mut received = Vec::new();
        assert_eq!(socket.send_many(&[]).await.unwrap(), 0);
        assert_eq!(socket.try_send_many(&[]).unwrap(), 0);
        assert_eq!(socket.recv_many(&mut [], &mut received).await.unwrap(), 0);
        assert_eq!(socket.try_recv_many(&mut [], &mut received).unwrap(), 0);

        let to = Some(address);
        let many = [Datagram { payload: b"x", to }; BATCH + 8];
        assert_eq!(socket.send_many(&many).await.unwrap(), BATCH);
        assert_eq!(socket.try_send_many(&many[BATCH..]).unwrap(), 8);
        let mut buffers = [[0; 1]; 2 * BATCH];
        let mut slices = slices(&mut buffers);
        let first = socket.recv_many(&mut slices, &mut received).await;
        assert_eq!(first.unwrap(), BATCH);
        let second = socket.try_recv_many(&mut slices[BATCH..], &mut received);
        assert_eq!(second.unwrap(), 8);
        assert_eq!(received.len(), BATCH + 8);
    });
}

#[test]
fn what_is_wrong_with_one_is_said_when_it_is_the_first() {
    run(async {
        let (socket, address) = bound().await;
        let too_long = vec![0; 70_000];
        let good = Datagram {
            payload: b"good",
            to: Some(address),
        };
        let bad = Datagram {
            payload: &too_long,
            ..good
        };
        let mixed = [good, good, bad, good];
        assert_eq!(socket.send_many(&mixed).await.unwrap(), 2);
        let error = socket.send_many(&mixed[2..]).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        let unconnected = Datagram { to: None, ..good };
        assert!(socket.send_many(&[unconnected]).await.is_err());
        assert_eq!(socket.send_many(&mixed[3..]).await.unwrap(), 1);
    });
}

#[test]
fn fault_060_a_refusal_is_an_error_and_no_end() {
    run(async {
        let (socket, _) = bound().await;
        let (gone, nobody) = bound().await;
        drop(gone);
        socket.connect(nobody).await.unwrap();
        let note = Datagram {
            payload: b"note",
            to: None,
        };
        assert_eq!(socket.send_many(&[note]).await.unwrap(), 1);
        let mut buffer = [[0; 8]];
        let mut received = Vec::new();
        let mut slices = slices(&mut buffer);
        let refused = socket.recv_many(&mut slices, &mut received).await;
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(received.is_empty());
    });
}

proptest! {
    /// Whatever the sizes of datagrams, buffers and batches are: the same comes out as by one at a
    /// time.
    #[test]
    fn by_many_as_by_one(
        payloads in vec(vec(any::<u8>(), 0..48), 1..80),
        room in 1..70_usize,
        v6 in any::<bool>(),
    ) {
        let host = if v6 { "[::1]:0" } else { "127.0.0.1:0" };
        let (expected, found) = Builder::new_current_thread().build().unwrap().block_on(async {
            let sender = UdpSocket::bind(host).await.unwrap();
            let receiver = UdpSocket::bind(host).await.unwrap();
            let to = Some(receiver.local_addr().unwrap());
            let from = sender.local_addr().unwrap();
            let datagrams: Vec<Datagram<'_>> =
                payloads.iter().map(|payload| Datagram { payload, to }).collect();
            let (mut sent, mut found) = (0, Vec::new());
            while found.len() < datagrams.len() {
                if sent < datagrams.len() {
                    sent += sender.send_many(&datagrams[sent..]).await.unwrap();
                }
                let mut buffers = vec![[0; 32]; room];
                let mut received = Vec::new();
                let outcome = receiver.try_recv_many(&mut slices(&mut buffers), &mut received);
                if outcome.is_ok() {
                    let bytes = buffers.iter().zip(&received).map(|(b, r)| b[..r.len].to_vec());
                    found.extend(bytes.zip(received.iter().map(|r| r.from)));
                }
            }
            let cut = payloads.iter().map(|payload| payload[..payload.len().min(32)].to_vec());
            (cut.map(|bytes| (bytes, from)).collect::<Vec<_>>(), found)
        });
        prop_assert_eq!(expected, found);
    }
}
