//! A server of hyper that answers "hello", and wrk in front of it.
#![allow(
    unsafe_code,
    reason = "hyper's cursor lends its uninitialised bytes to unsafe code only"
)]

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::rt::ReadBufCursor;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

use super::rt;
use super::rt::io::{AsyncRead, AsyncWrite, ReadBuf};
use super::rt::net::{TcpListener, TcpStream};
use super::support::default_runtime;
use crate::row::{Divisor, Entry, Figure};
use crate::usage::Usage;
use crate::wrk;

pub(super) fn rows() -> Vec<Entry> {
    vec![
        Entry::measure(&["http_hello_50"], |divisor| {
            hello("http_hello_50", 50, divisor)
        }),
        Entry::measure(&["http_hello_256"], |divisor| {
            hello("http_hello_256", 256, divisor)
        }),
    ]
}

/// Nothing where there is no wrk.
fn hello(row: &str, connections: u32, divisor: Divisor) -> Vec<Figure> {
    let runtime = default_runtime();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    runtime.spawn(async move {
        loop {
            let (stream, _peer) = listener.accept().await.expect("descriptors suffice");
            stream.set_nodelay(true).expect("a TCP socket");
            rt::spawn(async move {
                let served = http1::Builder::new()
                    .serve_connection(Adapter(stream), service_fn(answer))
                    .await;
                // A client that ends in the middle is none of our business.
                drop(served);
            });
        }
    });
    let before = Usage::now();
    let Some(requests) = wrk::run(&address.to_string(), connections, divisor) else {
        return Vec::new();
    };
    let used = Usage::now() - before;
    let figure = Figure::new(row, "ns", requests.time.as_nanos() as f64 / requests.count);
    vec![used.per(requests.count, figure)]
}

async fn answer(_request: Request<Incoming>) -> Result<Response<Hello>, Infallible> {
    Ok(Response::new(Hello(Some(Bytes::from_static(b"hello")))))
}

/// The body of an answer: one piece.
#[derive(Debug)]
struct Hello(Option<Bytes>);

impl HttpBody for Hello {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// A stream of the peer's as hyper wants one.
#[derive(Debug)]
struct Adapter(TcpStream);

impl hyper::rt::Read for Adapter {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: the bytes only go to a `ReadBuf`, which never makes them uninitialised again.
        let mut buffer = ReadBuf::uninit(unsafe { cursor.as_mut() });
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
        let filled = buffer.filled().len();
        // SAFETY: what a `ReadBuf` calls filled is initialised, and lies at the cursor.
        unsafe { cursor.advance(filled) };
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Adapter {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
