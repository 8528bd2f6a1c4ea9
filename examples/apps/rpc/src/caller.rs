//! The client's side: each kind of call once, with what came back in a line each.

use std::time::Duration;

use app::{Failure, Trying};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::generated::sums_client::SumsClient;
use crate::messages::Number;

pub(crate) type Client = SumsClient<Channel>;

/// Calls that share one connection at the same time.
const AT_ONCE: u64 = 200;

/// A limit that a call of [`TOO_LONG_MS`] exceeds.
const LIMIT: Duration = Duration::from_millis(50);

const TOO_LONG_MS: u64 = 60_000;

pub(crate) async fn connect(url: String) -> Result<Client, Failure> {
    let endpoint = Endpoint::from_shared(url.clone()).trying(&url)?;
    let channel = endpoint.tcp_nodelay(true).connect().await;
    Ok(SumsClient::new(channel.trying(url)?))
}

pub(crate) async fn call(url: String) -> Result<(), Failure> {
    let mut client = connect(url).await?;
    app::say(format!(
        "21 doubled is {}",
        shown(double(&mut client, 21).await)
    ))?;
    app::say(format!(
        "2^64 - 1 doubled: {}",
        shown(double(&mut client, u64::MAX).await)
    ))?;
    app::say(format!(
        "1 to 1000 in all: {}",
        shown(total(&mut client).await)
    ))?;
    app::say(format!("counted: {}", shown(counted(&mut client).await)))?;
    app::say(format!("running: {}", shown(running(&mut client).await)))?;
    app::say(format!(
        "{AT_ONCE} at once: {}",
        shown(at_once(&client).await)
    ))?;
    app::say(format!("too long: {}", shown(too_long(&mut client).await)))?;
    app::say(format!("given up: {}", shown(given_up(&mut client).await)))?;
    app::say(format!(
        "open streams: {}",
        shown(streams(&mut client).await)
    ))
}

/// A stream without an end, a line for each thousandth number.
pub(crate) async fn follow(url: String) -> Result<(), Failure> {
    let mut client = connect(url.clone()).await?;
    let answer = client.count(Number::from(u64::MAX)).await.trying(&url)?;
    let mut numbers = answer.into_inner();
    while let Some(number) = numbers.message().await.trying(&url)? {
        if number.value.is_multiple_of(1000) {
            app::say(number.value)?;
        }
    }
    Ok(())
}

pub(crate) async fn double(client: &mut Client, value: u64) -> Result<u64, Status> {
    Ok(client.double(Number::from(value)).await?.into_inner().value)
}

async fn total(client: &mut Client) -> Result<u64, Status> {
    let numbers = tokio_stream::iter((1..=1000).map(Number::from));
    Ok(client.total(numbers).await?.into_inner().value)
}

/// How many numbers came, if each came in its turn.
async fn counted(client: &mut Client) -> Result<u64, Status> {
    let mut numbers = client.count(Number::from(10_000)).await?.into_inner();
    let mut count = 0;
    while let Some(number) = numbers.message().await? {
        count += 1;
        if number.value != count {
            return Err(Status::data_loss(format!(
                "{} as number {count}",
                number.value
            )));
        }
    }
    Ok(count)
}

/// The last of 1000 sums; each number is sent when the sum before it has come.
async fn running(client: &mut Client) -> Result<u64, Status> {
    let (numbers, sent) = mpsc::channel(1);
    let mut sums = client
        .running(ReceiverStream::new(sent))
        .await?
        .into_inner();
    let mut sum = 0;
    for value in 1..=1000 {
        let gone = |_| Status::aborted("the server reads no more");
        numbers.send(Number::from(value)).await.map_err(gone)?;
        let answer = sums.message().await?;
        sum = answer.ok_or_else(|| Status::data_loss("no sum"))?.value;
    }
    drop(numbers);
    match sums.message().await? {
        None => Ok(sum),
        Some(_) => Err(Status::data_loss("a sum too many")),
    }
}

/// How many of these calls are answered rightly, all on one connection.
async fn at_once(client: &Client) -> Result<u64, Status> {
    let mut calls = JoinSet::new();
    for value in 0..AT_ONCE {
        let mut client = client.clone();
        calls.spawn(async move { Ok::<_, Status>(double(&mut client, value).await? == 2 * value) });
    }
    let mut right = 0;
    for call in calls.join_all().await {
        right += u64::from(call?);
    }
    Ok(right)
}

/// The limit goes with the call: the server keeps it.
async fn too_long(client: &mut Client) -> Result<u64, Status> {
    let mut request = Request::new(Number::from(TOO_LONG_MS));
    request.set_timeout(LIMIT);
    Ok(client.sleep(request).await?.into_inner().value)
}

/// A stream that is dropped after a few answers; the connection stays as it is.
async fn given_up(client: &mut Client) -> Result<u64, Status> {
    let mut numbers = client.count(Number::from(u64::MAX)).await?.into_inner();
    let mut last = 0;
    while last < 5 {
        let number = numbers.message().await?;
        last = number.ok_or_else(|| Status::data_loss("an end"))?.value;
    }
    drop(numbers);
    double(client, last).await
}

/// How many are open once those that were dropped have been noticed.
async fn streams(client: &mut Client) -> Result<u64, Status> {
    let mut open = u64::MAX;
    for _ in 0..100 {
        open = client.streams(Number::default()).await?.into_inner().value;
        if open == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(open)
}

/// A number, or what kind of error instead.
fn shown(result: Result<u64, Status>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(status) => format!("{:?} ({})", status.code(), status.message()),
    }
}
