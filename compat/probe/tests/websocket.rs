//! tokio-tungstenite over TCP: text and binary messages come back, and a close is answered.

#[path = "support/within.rs"]
mod within;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use within::within;

const CLIENTS: u8 = 20;

async fn echo(listener: TcpListener) {
    let mut served = JoinSet::new();
    for _ in 0..CLIENTS {
        let (stream, _) = listener.accept().await.expect("a client");
        served.spawn(async move {
            let accepted = tokio_tungstenite::accept_async(stream).await;
            let (mut to, mut from) = accepted.expect("they agree").split();
            while let Some(message) = from.next().await {
                let message = message.expect("a message");
                // A close is answered by the stream itself.
                if !message.is_close() {
                    to.send(message).await.expect("room");
                }
            }
        });
    }
    served.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn web_sockets_echo_to_many_clients() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let server = tokio::spawn(echo(listener));
    let mut clients = JoinSet::new();
    for seed in 0..CLIENTS {
        clients.spawn(async move {
            let connecting = tokio_tungstenite::connect_async(format!("ws://{address}/"));
            let (mut socket, _) = connecting.await.expect("they agree");
            for length in [0, 1, 125, 126, 65_535, 65_536, 300_000] {
                let bytes = Message::binary(vec![seed; length]);
                let text = Message::text("x".repeat(length));
                socket.feed(bytes.clone()).await.expect("room");
                socket.send(text.clone()).await.expect("room");
                for expected in [bytes, text] {
                    let answer = socket.next().await.expect("an answer");
                    assert!(answer.expect("it is whole") == expected, "{length}");
                }
            }
            socket.close(None).await.expect("a clean end");
            let last = socket.next().await.expect("an answer to the close");
            assert!(last.expect("it is whole").is_close());
            assert!(socket.next().await.is_none());
        });
    }
    within(clients.join_all()).await;
    within(server).await.expect("no panic");
}
