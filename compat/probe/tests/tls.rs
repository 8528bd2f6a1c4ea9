//! tokio-rustls over TCP: a handshake, an echo through small writes, a close that both sides see.

#[path = "support/trust.rs"]
mod trust;

#[path = "support/within.rs"]
mod within;

use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use trust::Trust;
use within::within;

const CLIENTS: u8 = 20;
const LENGTH: usize = 200_000;

async fn echo(listener: TcpListener, acceptor: TlsAcceptor) {
    let mut served = JoinSet::new();
    for _ in 0..CLIENTS {
        let (stream, _) = listener.accept().await.expect("a client");
        let acceptor = acceptor.clone();
        served.spawn(async move {
            let stream = acceptor.accept(stream).await.expect("they agree");
            let (mut from, mut to) = tokio::io::split(stream);
            let copied = tokio::io::copy(&mut from, &mut to).await.expect("an echo");
            to.shutdown().await.expect("a clean end");
            copied
        });
    }
    let copied = served.join_all().await;
    assert_eq!(copied, vec![LENGTH as u64; usize::from(CLIENTS)]);
}

async fn send_and_compare(stream: TcpStream, connector: TlsConnector, seed: u8) {
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = connector.connect(name, stream).await.expect("they agree");
    let sent: Vec<u8> = (0..LENGTH).map(|at| (at % 251) as u8 ^ seed).collect();
    let (mut from, mut to) = tokio::io::split(stream);
    let mut received = Vec::new();
    let write = async {
        for part in sent.chunks(40 + usize::from(seed) * 97) {
            to.write_all(part).await.expect("room");
        }
        to.shutdown().await.expect("a clean end");
    };
    let (_, read) = tokio::join!(write, from.read_to_end(&mut received));
    assert_eq!(read.expect("a clean end"), LENGTH);
    assert!(received == sent, "the same bytes, in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_echoes_to_many_clients() {
    let trust = Trust::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let server = tokio::spawn(echo(listener, trust.server(&[]).into()));
    let mut clients = JoinSet::new();
    for seed in 0..CLIENTS {
        let connector = TlsConnector::from(Arc::new(trust.client(&[])));
        clients.spawn(async move {
            let stream = TcpStream::connect(address).await.expect("a connection");
            send_and_compare(stream, connector, seed).await;
        });
    }
    within(clients.join_all()).await;
    within(server).await.expect("no panic");
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_certificate_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let acceptor = TlsAcceptor::from(Trust::new().server(&[]));
        acceptor.accept(stream).await.expect_err("the client left")
    });
    let stream = TcpStream::connect(address).await.expect("a connection");
    let connector = TlsConnector::from(Arc::new(Trust::new().client(&[])));
    let name = ServerName::try_from("localhost").expect("a name");
    let refused = within(connector.connect(name, stream)).await;
    let error = refused.expect_err("another certificate");
    assert!(
        error.to_string().contains("invalid peer certificate"),
        "{error}"
    );
    within(server).await.expect("no panic");
}
