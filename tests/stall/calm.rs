//! Who goes on wakes nobody for what it is about to run itself.

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};

use crate::runtime;
use crate::support::{in_own_process, voluntary_switches};

const SAMPLES: usize = 40;
const TRIPS: u64 = 1_000;

/// Two tasks that answer each other through a socket: one thread runs both, events and all. At this
/// rate it takes the sentinel's looks too, and a look that woke a helper for the task that has just got
/// its event would keep two threads going from one to the other: some hundred switches a thousand trips.
#[test]
fn two_tasks_that_answer_each_other_stay_with_one_thread() {
    in_own_process(
        "calm::two_tasks_that_answer_each_other_stay_with_one_thread",
        || {
            let switches = runtime(2).block_on(async { runtime::spawn(samples()).await });
            let switches = switches.expect("the client ends");
            let calmest = switches.iter().min().expect("there are samples");
            // Not all of them: a machine that is busy takes the thread's processor, and then another
            // one helps.
            assert!(*calmest < TRIPS / 50, "{switches:?}");
        },
    );
}

/// How often threads went to sleep in each so many trips.
async fn samples() -> Vec<u64> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let mut client = TcpStream::connect(address).await.expect("a connection");
    let (mut server, _) = listener.accept().await.expect("the connection");
    client.set_nodelay(true).expect("an option");
    server.set_nodelay(true).expect("an option");
    drop(runtime::spawn(async move {
        let mut byte = [0];
        while server.read_exact(&mut byte).await.is_ok() {
            server.write_all(&byte).await.expect("the client reads");
        }
    }));
    let mut samples = Vec::new();
    for _ in 0..SAMPLES {
        let before = voluntary_switches();
        for _ in 0..TRIPS {
            client.write_all(b"x").await.expect("the server reads");
            client.read_exact(&mut [0]).await.expect("it answers");
        }
        samples.push(voluntary_switches() - before);
    }
    samples
}
