//! hyper and tower on this runtime, without the bridge: `cargo run [port]`, then
//! `curl http://127.0.0.1:8080/` and `curl http://127.0.0.1:8080/slow`; with `cargo run 8080 http2`
//! the same by `curl --http2-prior-knowledge`.
//!
//! hyper takes any runtime that gives it streams, a timer and an executor: the adapters in
//! `on_runtime`, a few lines each, are all that it asks for. tower's services know no runtime at
//! all; only those of its layers that wait do, so a layer that waits is our own: `limit`.
#![forbid(unsafe_code)]

mod on_runtime;

mod limit;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use runtime::io::{AsyncRead, AsyncWrite};
use runtime::net::TcpListener;
use tower::{Layer, ServiceExt};

use limit::{Late, LimitLayer};
use on_runtime::{Executor, Stream, Timer};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_millis(500);

#[runtime::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().unwrap_or_else(|| "8080".to_owned());
    let over_http2 = arguments.next().as_deref() == Some("http2");
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _peer) = listener.accept().await?;
        runtime::spawn(converse(stream, over_http2));
    }
}

/// One connection to its end. That a client leaves is no error of ours.
async fn converse<S>(stream: S, over_http2: bool)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = LimitLayer::new(LIMIT).layer(tower::service_fn(answer));
    let service = service_fn(move |request| in_time(service.clone(), request));
    if over_http2 {
        let mut builder = http2::Builder::new(Executor);
        let served = builder
            .timer(Timer)
            .serve_connection(Stream(stream), service);
        drop(served.await);
    } else {
        let mut builder = http1::Builder::new();
        builder
            .timer(Timer)
            .header_read_timeout(Duration::from_secs(10));
        drop(builder.serve_connection(Stream(stream), service).await);
    }
}

type Answer = Response<Full<Bytes>>;

/// A service for hyper out of one of tower's: it never fails, a limit that passes is an answer too.
async fn in_time<S>(service: S, request: Request<Incoming>) -> Result<Answer, Infallible>
where
    S: tower_service::Service<Request<Incoming>, Response = Answer, Error = Late<Infallible>>,
{
    Ok(match service.oneshot(request).await {
        Ok(answer) => answer,
        Err(Late::Error(never)) => match never {},
        Err(Late::Limit) => {
            let mut late = Response::new(Full::from("too late\n"));
            *late.status_mut() = StatusCode::GATEWAY_TIMEOUT;
            late
        }
    })
}

async fn answer(request: Request<Incoming>) -> Result<Answer, Infallible> {
    if request.uri().path() == "/slow" {
        runtime::time::sleep(Duration::from_secs(60)).await;
    }
    Ok(Response::new(Full::from("hello\n")))
}
