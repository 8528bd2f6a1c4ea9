//! As many calls as there is time for, on a few connections.

use std::time::{Duration, Instant};

use app::{Failure, Trying};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::caller::{connect, double};

const CONNECTIONS: usize = 4;

/// Two digits of a latency are enough.
const DIGITS: u8 = 2;

pub(crate) async fn run(url: String, duration: Duration, at_once: usize) -> Result<(), Failure> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(connect(url.clone()).await?);
    }
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for number in 0..at_once {
        let mut client = clients[number % CONNECTIONS].clone();
        callers.spawn(async move {
            let mut latency_us =
                Histogram::<u64>::new(DIGITS).expect("so many digits are possible");
            let mut value = 0;
            while begun.elapsed() < duration {
                let called = Instant::now();
                let doubled = double(&mut client, value).await.trying("a call")?;
                if doubled != 2 * value {
                    return Err(Failure::Failed(format!("{value} doubled is not {doubled}")));
                }
                let latency = called.elapsed().as_micros() as u64;
                latency_us.record(latency).expect("it grows as it has to");
                value += 1;
            }
            Ok(latency_us)
        });
    }
    let mut all = Histogram::<u64>::new(DIGITS).expect("so many digits are possible");
    while let Some(caller) = callers.join_next().await {
        let latency_us = caller.trying("a caller")??;
        all.add(latency_us).trying("the latencies")?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (calls, p99_us) = (all.len(), all.value_at_quantile(0.99));
    app::say(format!(
        "{calls} calls, {:.0} a second, p99 {p99_us} us",
        calls as f64 / seconds
    ))
}
