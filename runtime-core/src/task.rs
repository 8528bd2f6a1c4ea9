//! A task: one heap allocation that carries a future from spawn to join.
//!
//! ```text
//!  ┌ header ─────────────────────────┐ ┌ scheduler ┐ ┌ stage ──────────────────────┐ ┌ join waker ┐
//!  │ state · vtable · links · id · …  │ │ S         │ │ future → output → consumed  │ │            │
//!  └──────────────────────────────────┘ └───────────┘ └─────────────────────────────┘ └────────────┘
//! ```
//!
//! Everyone who points at a task owns one of the references counted in the state word: a live list
//! (one, from the first poll that has to wait on), the queue entry (`Notified`, at most one), the [`JoinHandle`], each
//! [`AbortHandle`], each waker. The last one frees it.
//!
//! `state.rs` holds the life-cycle and its proof; `cell.rs` the layout; `raw.rs` the type-erased
//! pointer; `run.rs` what happens in a poll; `span.rs` what is told of it; the others are the faces:
//! waker, join handle, id, live list.

mod state;

mod cell;

mod raw;

mod span;

mod run;

mod waker;

mod join;

mod error;

mod id;

pub(crate) mod owned;

pub(crate) use cell::{Header, Schedule};
pub use error::JoinError;
pub use id::{Id, id, try_id};
pub use join::{AbortHandle, JoinHandle};
pub(crate) use raw::{Notified, TaskRef, new_listed_task, new_task};
pub(crate) use span::{Kind, in_span};

#[cfg(any(test, runtime_fuzzing))]
pub(crate) mod test_support;

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
