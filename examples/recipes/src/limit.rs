//! A layer of tower's kind that waits by our clock.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

#[derive(Clone, Debug)]
pub(crate) struct LimitLayer {
    limit: Duration,
}

impl LimitLayer {
    pub(crate) fn new(limit: Duration) -> LimitLayer {
        LimitLayer { limit }
    }
}

impl<S> Layer<S> for LimitLayer {
    type Service = Limit<S>;

    fn layer(&self, inner: S) -> Limit<S> {
        let limit = self.limit;
        Limit { inner, limit }
    }
}

/// Gives up an answer that takes too long.
#[derive(Clone, Debug)]
pub(crate) struct Limit<S> {
    inner: S,
    limit: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Late<E> {
    Error(E),
    Limit,
}

impl<S, R> Service<R> for Limit<S>
where
    S: Service<R, Future: Send + 'static>,
{
    type Response = S::Response;
    type Error = Late<S::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Late<S::Error>>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Late<S::Error>>> {
        self.inner.poll_ready(cx).map_err(Late::Error)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let answer = self.inner.call(request);
        let limited = runtime::time::timeout(self.limit, answer);
        Box::pin(async move {
            match limited.await {
                Ok(answer) => answer.map_err(Late::Error),
                Err(_) => Err(Late::Limit),
            }
        })
    }
}
