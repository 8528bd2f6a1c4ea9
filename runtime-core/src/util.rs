//! Small pieces that know nothing of tasks: locks, wake batches, memory, foreign panics.

pub mod foreign;

pub(crate) mod free_list;

pub mod lock;

pub(crate) mod thread_end;

pub mod wake_list;

pub mod wide;
