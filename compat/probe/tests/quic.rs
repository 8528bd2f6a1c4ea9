//! quinn over UDP: a hundred streams of one connection, all at once.

#[path = "support/trust.rs"]
mod trust;

#[path = "support/within.rs"]
mod within;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Connection, Endpoint, ServerConfig};
use tokio::task::JoinSet;
use trust::Trust;
use within::within;

const STREAMS: u8 = 100;
const LENGTH: usize = 20_000;
const PROTOCOL: &str = "echo";

fn endpoints(trust: &Trust) -> (Endpoint, Endpoint) {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let tls = QuicServerConfig::try_from(trust.server(&[PROTOCOL])).expect("TLS 1.3");
    let config = ServerConfig::with_crypto(Arc::new(tls));
    let server = Endpoint::server(config, any_port).expect("a port");
    let tls = QuicClientConfig::try_from(Arc::new(trust.client(&[PROTOCOL]))).expect("TLS 1.3");
    let mut client = Endpoint::client(any_port).expect("a port");
    client.set_default_client_config(ClientConfig::new(Arc::new(tls)));
    (server, client)
}

/// Serves one connection to its end.
async fn echo(endpoint: Endpoint) {
    let incoming = endpoint.accept().await.expect("a client");
    let connection = incoming.await.expect("they agree");
    let mut served = JoinSet::new();
    while let Ok((mut to, mut from)) = connection.accept_bi().await {
        served.spawn(async move {
            let copied = tokio::io::copy(&mut from, &mut to).await.expect("an echo");
            to.finish().expect("it is open");
            copied
        });
    }
    let copied = served.join_all().await;
    assert_eq!(copied, vec![LENGTH as u64; usize::from(STREAMS)]);
}

async fn send_and_compare(connection: Connection, seed: u8) {
    let (mut to, mut from) = connection.open_bi().await.expect("a stream");
    let sent: Vec<u8> = (0..LENGTH).map(|at| (at % 251) as u8 ^ seed).collect();
    let write = async {
        to.write_all(&sent).await.expect("room");
        to.finish().expect("it is open");
    };
    let (_, received) = tokio::join!(write, from.read_to_end(LENGTH + 1));
    assert!(
        received.expect("a clean end") == sent,
        "the same bytes, in order"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quic_echoes_on_a_hundred_streams() {
    let (server, client) = endpoints(&Trust::new());
    let address = server.local_addr().expect("it is bound");
    let serving = tokio::spawn(echo(server.clone()));
    let connecting = client.connect(address, "localhost").expect("a config");
    let connection = within(connecting).await.expect("they agree");
    let mut streams = JoinSet::new();
    for seed in 0..STREAMS {
        streams.spawn(send_and_compare(connection.clone(), seed));
    }
    within(streams.join_all()).await;
    connection.close(0_u8.into(), b"done");
    within(serving).await.expect("no panic");
    within(async { tokio::join!(client.wait_idle(), server.wait_idle()) }).await;
}
