//! Small pieces that know nothing of tasks: wake batches, random numbers, linked lists.

pub mod wake_list;
