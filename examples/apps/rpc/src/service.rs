//! The server's side.
//!
//! A stream of answers is a task that sends into a channel of a few places; when the caller is gone
//! the channel is closed, and the task ends at its next answer. It ends with the server, too.

use std::pin::Pin;
use std::time::Duration;

use app::{Ending, Failure, Trying};
use futures_util::{Stream, StreamExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use crate::generated::sums_server::{Sums, SumsServer};
use crate::messages::Number;

/// How many answers are made ahead of a caller who reads slowly.
const AHEAD: usize = 16;

type Answers = Pin<Box<dyn Stream<Item = Result<Number, Status>> + Send>>;

struct Service {
    streams: TaskTracker,
    ending: CancellationToken,
}

pub(crate) async fn serve(port: u16, grace: Duration) -> Result<(), Failure> {
    let ending = Ending::listen()?.token();
    app::count_tasks_when_asked()?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .trying(format!("listening on port {port}"))?;
    let address = listener.local_addr().trying("listening")?;
    app::say(format!("listening on http://{address}"))?;
    let streams = TaskTracker::new();
    let service = Service {
        streams: streams.clone(),
        ending: ending.clone(),
    };
    let serving = Server::builder()
        .tcp_nodelay(true)
        .add_service(SumsServer::new(service))
        .serve_with_incoming_shutdown(
            TcpListenerStream::new(listener),
            ending.clone().cancelled_owned(),
        );
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        served = &mut serving => return served.trying("serving"),
        () = ending.cancelled() => (),
    }
    streams.close();
    let served = async { tokio::join!(serving, streams.wait()).0 };
    let served = tokio::time::timeout(grace, served).await;
    let served = served.trying(format!("still busy after {grace:?}"))?;
    served.trying("serving")
}

#[tonic::async_trait]
impl Sums for Service {
    type CountStream = Answers;
    type RunningStream = Answers;

    async fn double(&self, request: Request<Number>) -> Result<Response<Number>, Status> {
        let doubled = request.into_inner().value.checked_mul(2);
        let doubled = doubled.ok_or_else(|| Status::out_of_range("too large to double"))?;
        Ok(Response::new(doubled.into()))
    }

    async fn total(&self, request: Request<Streaming<Number>>) -> Result<Response<Number>, Status> {
        let mut numbers = request.into_inner();
        let mut total = 0;
        while let Some(number) = numbers.message().await? {
            total = sum(total, number)?;
        }
        Ok(Response::new(total.into()))
    }

    async fn count(&self, request: Request<Number>) -> Result<Response<Answers>, Status> {
        let last = request.into_inner().value;
        let (answers, answered) = mpsc::channel(AHEAD);
        self.until_the_end(async move {
            for value in 1..=last {
                // An error: the caller is gone.
                if answers.send(Ok(value.into())).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(answered).boxed()))
    }

    async fn running(
        &self,
        request: Request<Streaming<Number>>,
    ) -> Result<Response<Answers>, Status> {
        let mut numbers = request.into_inner();
        let (answers, answered) = mpsc::channel(AHEAD);
        self.until_the_end(async move {
            let mut total = 0;
            while let Some(number) = numbers.next().await {
                let answer = number.and_then(|number| sum(total, number));
                let failed = answer.is_err();
                total = *answer.as_ref().unwrap_or(&total);
                if answers.send(answer.map(Number::from)).await.is_err() || failed {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(answered).boxed()))
    }

    /// Answers after so many milliseconds, if the caller's limit is not shorter.
    async fn sleep(&self, request: Request<Number>) -> Result<Response<Number>, Status> {
        let number = request.into_inner();
        tokio::time::sleep(Duration::from_millis(number.value)).await;
        Ok(Response::new(number))
    }

    /// How many streams of answers are open.
    async fn streams(&self, _: Request<Number>) -> Result<Response<Number>, Status> {
        let open = self.streams.len() as u64;
        Ok(Response::new(open.into()))
    }
}

impl Service {
    fn until_the_end(&self, stream: impl Future<Output = ()> + Send + 'static) {
        let ending = self.ending.clone();
        self.streams.spawn(async move {
            ending.run_until_cancelled(stream).await;
        });
    }
}

fn sum(total: u64, number: Number) -> Result<u64, Status> {
    let sum = total.checked_add(number.value);
    sum.ok_or_else(|| Status::out_of_range("too large to add"))
}
