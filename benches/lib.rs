//! Benches of `runtime` against its peers, in the same run.
//!
//! # Where things are
//! - `rows/` holds the bodies. That folder is compiled twice, as a child of `ours` and of `theirs`,
//!   and names the crate under test only as `rt`: both peers run the same lines, and a difference
//!   in the figures is a difference of the runtimes.
//! - [`row`] says what a row is, and pairs the two compilations.
//! - [`compare`] runs rows interleaved and prints one table; [`harness`] hands the same rows to
//!   criterion.
//! - `child` is the other process of the network rows: this binary, started again in the role that
//!   a variable names. The time and the switches that are reported are those of the process under
//!   test alone.
//! - [`idle`] and [`hostage`] measure what is no time per operation; [`instructions`] counts what no
//!   noise reaches.
//!
//! # What was rejected
//! A trait over the peers: it would need an associated type for each channel, socket and handle,
//! and its calls would not read like a program that somebody writes. A macro around the bodies: no
//! tool formats what is in it.
#![allow(
    clippy::duplicate_mod,
    reason = "rows/ is compiled once for each peer on purpose"
)]

pub mod compare;
pub mod harness;
pub mod hostage;
pub mod idle;
pub mod instructions;
pub mod row;

mod child;
mod load;
mod ours;
mod report;
mod theirs;
mod usage;

/// What every bench binary does first: plays its part if it is a child, and raises the limit of
/// descriptors.
pub fn start() {
    usage::raise_descriptor_limit();
    child::play_if_told();
    instructions::play_if_told();
}
