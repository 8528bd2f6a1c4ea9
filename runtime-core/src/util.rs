//! Small pieces that know nothing of tasks: wake batches.

pub mod wake_list;
