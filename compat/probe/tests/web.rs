//! axum and reqwest over TCP: HTTP/1 in the clear, HTTP/1 and HTTP/2 over TLS.

#[path = "support/trust.rs"]
mod trust;

#[path = "support/within.rs"]
mod within;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::routing::{get, post};
use axum::serve::Listener;
use reqwest::{Client, ClientBuilder, Version};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower_http::timeout::TimeoutLayer;
use trust::Trust;
use within::within;

const BODY: usize = 100_000;

fn application() -> Router {
    let limit = TimeoutLayer::with_status_code(
        http::StatusCode::REQUEST_TIMEOUT,
        Duration::from_millis(100),
    );
    let for_ever = get(async || std::future::pending::<()>().await);
    Router::new()
        .route("/hello/{name}", get(hello))
        .route("/echo", post(async |body: Bytes| body))
        .route("/for_ever", for_ever.layer(limit))
}

async fn hello(Path(name): Path<String>) -> String {
    format!("hello, {name}")
}

/// TCP, and on each connection TLS.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let stream = self.acceptor.accept(stream).await;
        (stream.expect("they agree"), address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

struct Server {
    port: u16,
    stop: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn plain() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Server::on(listener)
    }

    async fn over_tls(trust: &Trust) -> Server {
        Server::on(TlsListener {
            listener: TcpListener::bind("127.0.0.1:0").await.expect("a port"),
            acceptor: trust.server(&["h2", "http/1.1"]).into(),
        })
    }

    fn on<L: Listener<Addr = SocketAddr>>(listener: L) -> Server {
        let port = listener.local_addr().expect("it is bound").port();
        let stop = CancellationToken::new();
        let serving = axum::serve(listener, application())
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let serving = tokio::spawn(async move { serving.await });
        Server {
            port,
            stop,
            serving,
        }
    }

    /// It answers what it has begun, and no more.
    async fn stop(self) {
        self.stop.cancel();
        let served = within(self.serving).await.expect("no panic");
        served.expect("a clean end");
    }
}

fn client(trust: &Trust, protocols: &[&str]) -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .resolve("localhost", SocketAddr::from(([127, 0, 0, 1], 0)))
        .tls_backend_preconfigured(trust.client(protocols))
}

/// Greetings and large bodies, a hundred at once.
async fn converse(client: Client, at: &str, version: Version) {
    let mut answers = JoinSet::new();
    for number in 0..50_u8 {
        let hello = client.get(format!("{at}/hello/{number}"));
        answers.spawn(async move {
            let answer = hello.send().await.expect("an answer");
            assert_eq!((answer.version(), answer.status().as_u16()), (version, 200));
            let text = answer.text().await.expect("its body");
            assert_eq!(text, format!("hello, {number}"));
        });
        let echo = client.post(format!("{at}/echo")).body(vec![number; BODY]);
        answers.spawn(async move {
            let answer = echo.send().await.expect("an answer");
            let body = answer.bytes().await.expect("its body");
            assert!(body.len() == BODY && body.iter().all(|byte| *byte == number));
        });
    }
    within(answers.join_all()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axum_answers_reqwest_over_http_1() {
    let server = Server::plain().await;
    let client = client(&Trust::new(), &[]).build().expect("a client");
    let at = format!("http://localhost:{}", server.port);
    converse(client, &at, Version::HTTP_11).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axum_answers_reqwest_over_http_1_and_tls() {
    let trust = Trust::new();
    let server = Server::over_tls(&trust).await;
    let client = client(&trust, &["http/1.1"]).build().expect("a client");
    let at = format!("https://localhost:{}", server.port);
    converse(client, &at, Version::HTTP_11).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axum_answers_reqwest_over_http_2_and_tls() {
    let trust = Trust::new();
    let server = Server::over_tls(&trust).await;
    let client = client(&trust, &["h2"]).build().expect("a client");
    let at = format!("https://localhost:{}", server.port);
    converse(client, &at, Version::HTTP_2).await;
    server.stop().await;
}

#[tokio::test]
async fn limits_strike_on_either_side() {
    let server = Server::plain().await;
    let at = format!("http://localhost:{}/for_ever", server.port);
    let patient = client(&Trust::new(), &[]).build().expect("a client");
    let answer = within(patient.get(&at).send()).await.expect("an answer");
    assert_eq!(answer.status(), http::StatusCode::REQUEST_TIMEOUT);
    let hasty = client(&Trust::new(), &[]).timeout(Duration::from_millis(20));
    let hasty = hasty.build().expect("a client");
    let error = within(hasty.get(&at).send()).await.expect_err("no answer");
    assert!(error.is_timeout(), "{error:?}");
    drop((patient, hasty));
    server.stop().await;
}
