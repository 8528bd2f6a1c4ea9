//! Small pieces that know nothing of tasks: locks, wake batches.

pub mod lock;

pub mod wake_list;
