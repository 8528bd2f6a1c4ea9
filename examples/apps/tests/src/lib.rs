//! What the applications' tests are made of: programs as processes, on this runtime and on tokio,
//! the servers that they need, and an eye on what they take.
//!
//! - Every process is ended with the test that started it, whatever becomes of the test: it is
//!   killed when its owner is dropped, and by the kernel when the thread that started it ends.
//! - Nothing waits for a fixed time: for a line that says that something is ready, or until a
//!   condition holds, within a limit.
#![forbid(unsafe_code)]

mod folder;

mod http;

mod patience;

mod process;

mod programs;

mod services;

mod vitals;

pub use folder::Folder;
pub use http::{Answer, request, request_on};
pub use patience::{LIMIT, until};
pub use process::{Ended, Process};
pub use programs::{Programs, alike, each};
pub use services::{Nats, Postgres, Redis, wrk};
pub use vitals::Vitals;
