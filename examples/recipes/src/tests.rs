//! Both recipes, over a stream in memory.

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use runtime::io::{DuplexStream, duplex};
use runtime::runtime::Builder;
use runtime::time::Instant;

use crate::on_runtime::{Executor, Stream};
use crate::{LIMIT, converse};

/// Less than an answer: both sides have to wait for each other.
const BUFFER: usize = 64;

/// What the server answers on a connection of its own, which ends with it.
async fn answer(over_http2: bool, path: &str) -> (StatusCode, Bytes) {
    let (ours, theirs) = duplex(BUFFER);
    let served = runtime::spawn(converse(theirs, over_http2));
    let answer = ask(ours, over_http2, path).await;
    served.await.expect("no panic");
    answer
}

async fn ask(stream: DuplexStream, over_http2: bool, path: &str) -> (StatusCode, Bytes) {
    let request = Request::get(format!("http://localhost{path}"))
        .header(HOST, "localhost")
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let answer = if over_http2 {
        let agreed = conn::http2::handshake(Executor, Stream(stream)).await;
        let (mut sender, connection) = agreed.expect("they agree");
        runtime::spawn(connection);
        sender.send_request(request).await
    } else {
        let agreed = conn::http1::handshake(Stream(stream)).await;
        let (mut sender, connection) = agreed.expect("they agree");
        runtime::spawn(connection);
        sender.send_request(request).await
    };
    let answer = answer.expect("an answer");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("all of it");
    (status, body.to_bytes())
}

#[test]
fn hyper_runs_on_our_streams_tasks_and_clock() {
    let runtime = Builder::new_multi_thread().build().expect("a runtime");
    for over_http2 in [false, true] {
        let answer = runtime.block_on(answer(over_http2, "/"));
        assert_eq!(answer, (StatusCode::OK, Bytes::from("hello\n")));
    }
}

#[test]
fn a_layer_of_towers_kind_waits_by_our_clock() {
    let runtime = Builder::new_current_thread().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    for over_http2 in [false, true] {
        let (answer, took) = runtime.block_on(async {
            let begun = Instant::now();
            (answer(over_http2, "/slow").await, begun.elapsed())
        });
        let late = (StatusCode::GATEWAY_TIMEOUT, Bytes::from("too late\n"));
        assert_eq!(answer, late);
        assert!((LIMIT..2 * LIMIT).contains(&took), "{took:?}");
    }
}
