//! tonic over TCP: one answer to one message, and streams both ways, of a service that no generator
//! wrote.

#[path = "support/within.rs"]
mod within;

use std::convert::Infallible;
use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::uri::PathAndQuery;
use futures_util::{Stream, StreamExt};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::client::Grpc as Client;
use tonic::server::{Grpc as Server, NamedService, StreamingService, UnaryService};
use tonic::transport::{self, Channel, Endpoint};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::Service;
use within::within;

#[derive(Clone, PartialEq, Message)]
struct Number {
    #[prost(uint64, tag = "1")]
    value: u64,
}

type Answer<T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send>>;
type Numbers = Pin<Box<dyn Stream<Item = Result<Number, Status>> + Send>>;

/// Doubles numbers.
#[derive(Clone)]
struct Doubling;

impl NamedService for Doubling {
    const NAME: &'static str = "probe.Doubling";
}

fn double(number: Number) -> Result<Number, Status> {
    let doubled = number.value.checked_mul(2);
    let value = doubled.ok_or_else(|| Status::out_of_range("too large to double"))?;
    Ok(Number { value })
}

impl UnaryService<Number> for Doubling {
    type Response = Number;
    type Future = Answer<Number>;

    fn call(&mut self, request: Request<Number>) -> Answer<Number> {
        Box::pin(ready(double(request.into_inner()).map(Response::new)))
    }
}

impl StreamingService<Number> for Doubling {
    type Response = Number;
    type ResponseStream = Numbers;
    type Future = Answer<Numbers>;

    fn call(&mut self, request: Request<Streaming<Number>>) -> Answer<Numbers> {
        let doubled = request.into_inner().map(|number| number.and_then(double));
        let doubled: Numbers = Box::pin(doubled);
        Box::pin(ready(Ok(Response::new(doubled))))
    }
}

impl Service<http::Request<Body>> for Doubling {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut server = Server::new(ProstCodec::<Number, Number>::default());
            Ok(match request.uri().path() {
                "/probe.Doubling/One" => server.unary(Doubling, request).await,
                "/probe.Doubling/Many" => server.streaming(Doubling, request).await,
                _ => Status::unimplemented("no such call").into_http(),
            })
        })
    }
}

/// Serves until it is stopped.
async fn serve(listener: TcpListener, stop: CancellationToken) {
    let incoming = TcpListenerStream::new(listener);
    let serving = transport::Server::builder()
        .add_service(Doubling)
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned());
    serving.await.expect("a clean end");
}

async fn connect(address: SocketAddr) -> Client<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    Client::new(endpoint.connect().await.expect("a connection"))
}

async fn one(mut client: Client<Channel>, value: u64) -> Result<u64, Status> {
    let path = PathAndQuery::from_static("/probe.Doubling/One");
    client.ready().await.expect("it is open");
    let codec = ProstCodec::<Number, Number>::default();
    let answer = client.unary(Request::new(Number { value }), path, codec);
    Ok(answer.await?.into_inner().value)
}

/// Sends the next number only when the answer to the last has come.
async fn many(mut client: Client<Channel>, count: u64) {
    let path = PathAndQuery::from_static("/probe.Doubling/Many");
    client.ready().await.expect("it is open");
    let (numbers, sent) = tokio::sync::mpsc::channel(1);
    let codec = ProstCodec::<Number, Number>::default();
    let request = Request::new(ReceiverStream::new(sent));
    let answers = client.streaming(request, path, codec).await;
    let mut answers = answers.expect("a stream").into_inner();
    for value in 0..count {
        numbers.send(Number { value }).await.expect("it is open");
        let answer = answers.message().await.expect("an answer");
        assert_eq!(answer.map(|number| number.value), Some(2 * value));
    }
    drop(numbers);
    assert_eq!(answers.message().await.expect("a clean end"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tonic_answers_calls_and_streams_on_one_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, stop.clone()));
    let client = within(connect(address)).await;
    let mut calls = JoinSet::new();
    for value in 0..50 {
        let client = client.clone();
        calls.spawn(async move {
            assert_eq!(
                one(client.clone(), value).await.expect("an answer"),
                2 * value
            );
            many(client, value).await;
        });
    }
    within(calls.join_all()).await;
    let refused = within(one(client.clone(), u64::MAX)).await;
    assert_eq!(refused.expect_err("too large").code(), Code::OutOfRange);
    drop(client);
    stop.cancel();
    within(serving).await.expect("no panic");
}
