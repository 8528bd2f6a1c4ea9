//! Executor, timers and synchronisation of `runtime`; knows no sockets, files or descriptors.
//!
//! The public face is the crate `runtime`; this crate's paths are not a stable interface.
#![deny(unsafe_code)]

pub mod loom;

pub mod util;

pub mod coop;

pub mod park;

pub mod sync;

pub mod timer;

pub mod context;

pub mod time;
