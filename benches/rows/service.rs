//! A service as people write them: each request hops through a channel to a worker task and back,
//! under a time limit, and is answered with 2 KiB.

use std::time::Duration;

use super::rt;
use super::rt::io::{AsyncReadExt, AsyncWriteExt};
use super::rt::net::{TcpListener, TcpStream};
use super::rt::runtime::Runtime;
use super::rt::sync::{mpsc, oneshot};
use super::rt::time::timeout;
use super::support::default_runtime;
use crate::child::{Child, Role};
use crate::load::{REPLY, REQUEST};
use crate::percentiles::Percentiles;
use crate::row::{Divisor, Entry, Figure};
use crate::usage::Usage;

const CONNECTIONS: usize = 256;

/// Requests of each of the two runs.
const REQUESTS: u64 = 20_000;

pub(super) fn rows() -> Vec<Entry> {
    let names = ["service_peak", "service_p50", "service_p99"];
    vec![Entry::measure(&names, service)]
}

/// The time of a request at the peak, where each connection asks again at once; then how long
/// requests take that come at 70 % of that rate, as a client sees it from the moment at which the
/// request was due.
fn service(divisor: Divisor) -> Vec<Figure> {
    let requests = (REQUESTS / divisor).max(1);
    let runtime = default_runtime();
    let address = start_server(&runtime);
    let connections = CONNECTIONS;
    let mut child = Child::start(Role::Ask { connections }, &address);
    child.run(requests.div_ceil(5));
    let before = Usage::now();
    let time = child.run(requests);
    let used = Usage::now() - before;
    let each = time.as_nanos() as f64 / requests as f64;
    let mut peak = Figure::new("service_peak", "ns", each);
    let gap = Duration::from_nanos((each / 0.7) as u64);
    let latencies = Percentiles::of(child.paced(requests, gap));
    peak.operations = Some((requests.div_ceil(5) + 2 * requests) as f64);
    vec![
        used.per(requests as f64, peak),
        latencies.figure("service_p50", 0.5),
        latencies.figure("service_p99", 0.99),
    ]
}

type Job = (u8, oneshot::Sender<Vec<u8>>);

fn start_server(runtime: &Runtime) -> String {
    let (jobs, mut to_do) = mpsc::channel::<Job>(1_024);
    runtime.spawn(async move {
        while let Some((seed, reply)) = to_do.recv().await {
            // Whoever asked may have gone.
            let _gone = reply.send(vec![seed; REPLY]);
        }
    });
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    runtime.spawn(async move {
        loop {
            let (stream, _peer) = listener.accept().await.expect("descriptors suffice");
            stream.set_nodelay(true).expect("a TCP socket");
            rt::spawn(serve(stream, jobs.clone()));
        }
    });
    address.to_string()
}

async fn serve(mut stream: TcpStream, jobs: mpsc::Sender<Job>) {
    let mut request = [0; REQUEST];
    while stream.read_exact(&mut request).await.is_ok() {
        let (reply, replied) = oneshot::channel();
        if jobs.send((request[0], reply)).await.is_err() {
            return;
        }
        let answer = timeout(Duration::from_secs(5), replied).await;
        let answer = answer.expect("it is far from the limit");
        let answer = answer.expect("the worker answers");
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}
