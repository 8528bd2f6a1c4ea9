//! Crates whose packages carry no tests: a request and its answer, from end to end, over a stream
//! in memory.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};

const BODY: &[u8] = &[7; 100_000];

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.expect("the body comes");
    Ok(Response::new(Full::new(body.to_bytes())))
}

#[tokio::test]
async fn hyper_speaks_http_1_in_memory() {
    let (client, server) = tokio::io::duplex(4096);
    let serving = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(server), service_fn(answer));
    let serving = tokio::spawn(serving);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(client))
        .await
        .expect("they agree");
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::new(Full::new(Bytes::from_static(BODY)));
        let response = sender.send_request(request).await.expect("an answer");
        let body = response.into_body().collect().await.expect("its body");
        assert_eq!(body.to_bytes(), BODY);
    }
    drop(sender);
    connection.await.expect("no panic").expect("a clean end");
    serving.await.expect("no panic").expect("a clean end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hyper_speaks_http_2_in_memory() {
    let (client, server) = tokio::io::duplex(4096);
    let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(server), service_fn(answer));
    tokio::spawn(serving);
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(client));
    let (sender, connection) = handshake.await.expect("they agree");
    tokio::spawn(connection);
    let mut answers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut sender = sender.clone();
        answers.spawn(async move {
            let request = Request::new(Full::new(Bytes::from_static(BODY)));
            let response = sender.send_request(request).await.expect("an answer");
            let body = response.into_body().collect().await.expect("its body");
            body.to_bytes()
        });
    }
    assert!(answers.join_all().await.iter().all(|body| body == BODY));
}

#[tokio::test]
async fn h2_shakes_hands_and_carries_a_body_in_memory() {
    let (client, server) = tokio::io::duplex(1024);
    let serving = tokio::spawn(async move {
        let mut connection = h2::server::handshake(server).await.expect("they agree");
        let (mut request, mut respond) = connection
            .accept()
            .await
            .expect("one comes")
            .expect("whole");
        let body = tokio::spawn(async move {
            let mut length = 0;
            while let Some(data) = request.body_mut().data().await {
                let data = data.expect("the body comes");
                length += data.len();
                let flow = request.body_mut().flow_control();
                flow.release_capacity(data.len()).expect("it was taken");
            }
            let mut stream = respond
                .send_response(http::Response::new(()), false)
                .expect("open");
            stream
                .send_data(Bytes::from(length.to_string()), true)
                .expect("open");
        });
        while connection.accept().await.is_some() {}
        body.await.expect("no panic");
    });
    let (client, connection) = h2::client::handshake(client).await.expect("they agree");
    let connection = tokio::spawn(connection);
    let mut client = client.ready().await.expect("ready");
    let request = http::Request::post("http://in.memory/")
        .body(())
        .expect("a request");
    let (response, mut stream) = client.send_request(request, false).expect("open");
    stream
        .send_data(Bytes::from_static(BODY), true)
        .expect("open");
    let mut body = response.await.expect("an answer").into_body();
    let data = body.data().await.expect("its body").expect("whole");
    assert_eq!(data, BODY.len().to_string());
    drop((client, stream, body));
    connection.await.expect("no panic").expect("a clean end");
    serving.await.expect("no panic");
}
