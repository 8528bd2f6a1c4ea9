//! Tasks: small threads of control, many on few threads.

pub use ::runtime::task::{
    AbortHandle, Id, JoinError, JoinHandle, block_in_place, id, spawn, spawn_blocking, try_id,
    yield_now,
};
