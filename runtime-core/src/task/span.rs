//! What is told of a task to whoever listens by `tracing`: with the feature of that name, and
//! nothing at all without it.
//!
//! A task is a span from spawn to free, entered around each poll; what is done to its wakers are
//! events. Names, targets and fields are those that tokio-console's subscriber looks for: it
//! takes a span named `runtime.spawn` for a task, and an event under `tokio::task::waker` for a
//! wake of the task whose *span* has the number in `task.id`.
//!
//! 1. Who listens is foreign code. It is called where wakers and destructors are: under no lock of
//!    ours, and in a poll under its `catch_unwind`.
//! 2. Without the feature the span has no size and its functions no code, so that neither the
//!    task's layout nor a poll is another (`told.rs` and `untold.rs` are twins).
//! 3. A waker that is only lent for a poll is no clone: it tells nothing.
//!
//! *Rejected*: a wrapper around each future, as `Instrument` is: the waker, which knows no types,
//! could not find the span. A span for each thing that can be waited for (`runtime.resource`): it
//! would grow every lock and timer for one view of one tool.

#[cfg(feature = "tracing")]
#[path = "span/told.rs"]
mod imp;

#[cfg(not(feature = "tracing"))]
#[path = "span/untold.rs"]
mod imp;

pub(super) use imp::Span;
pub(crate) use imp::in_span;

/// What a task is, to who looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Task,
    Local,
    Blocking,
}

/// What is done to a task's waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WakerOp {
    Clone,
    Wake,
    WakeByRef,
    Drop,
}
