//! Spans and events by `tracing`.

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::pin;

use tracing::field::Empty;

use super::{Kind, WakerOp};
use crate::task::id::Id;

#[derive(Debug)]
pub(in crate::task) struct Span(tracing::Span);

impl Span {
    /// A task's, whose future or closure is of so many bytes.
    pub(in crate::task) fn new(
        kind: Kind,
        id: Id,
        bytes: usize,
        spawned_at: &'static Location<'static>,
    ) -> Span {
        let kind = match kind {
            Kind::Task => "task",
            Kind::Local => "local",
            Kind::Blocking => "blocking",
        };
        Span(span(kind, id, bytes, spawned_at))
    }

    pub(in crate::task) fn enter(&self) -> tracing::span::Entered<'_> {
        self.0.enter()
    }

    pub(in crate::task) fn tell(&self, op: WakerOp) {
        let Some(span) = self.0.id() else {
            return;
        };
        let op = match op {
            WakerOp::Clone => "waker.clone",
            WakerOp::Wake => "waker.wake",
            WakerOp::WakeByRef => "waker.wake_by_ref",
            WakerOp::Drop => "waker.drop",
        };
        tracing::trace!(target: "tokio::task::waker", op, task.id = span.into_u64());
    }
}

/// A future that no task carries, but `block_on`.
pub(crate) async fn in_span<F: Future>(
    future: F,
    called_at: &'static Location<'static>,
) -> F::Output {
    let span = span("block_on", Id::next(), size_of::<F>(), called_at);
    let mut future = pin!(future);
    poll_fn(|cx| {
        let _entered = span.enter();
        future.as_mut().poll(cx)
    })
    .await
}

/// Without a parent: a task outlives who spawned it.
fn span(kind: &str, id: Id, bytes: usize, at: &'static Location<'static>) -> tracing::Span {
    tracing::trace_span!(
        target: "tokio::task",
        parent: None,
        "runtime.spawn",
        kind,
        task.name = Empty,
        task.id = id.as_u64(),
        size.bytes = bytes,
        loc.file = at.file(),
        loc.line = at.line(),
        loc.col = at.column(),
    )
}
