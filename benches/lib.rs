//! Benches of `runtime` against its peers, in the same run.
//!
//! # Where things are
//! - `rows/` holds the bodies. That folder is compiled twice, as a child of `ours` and of `theirs`,
//!   and names the crate under test only as `rt`: both peers run the same lines, and a difference
//!   in the figures is a difference of the runtimes.
//! - `peers/` holds what further peers do for the same rows, in their own vocabularies.
//! - [`row`] says what a row is, and brings the peers of each together.
//! - [`compare`] runs rows interleaved, prints one table and writes the samples down;
//!   [`harness`] hands the same rows to criterion.
//! - `child` is the other process: of the network rows, and of what is measured in a process of
//!   its own. It is this binary, started again in the role that a variable names. The time and the
//!   switches that are reported are those of the process under test alone.
//! - [`instructions`] counts what no noise reaches.
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
pub mod instructions;
pub mod options;
pub mod row;

mod child;
mod client;
mod cores;
mod curves;
mod load;
mod ours;
mod peers;
mod percentiles;
mod pipes;
mod report;
mod resident;
mod samples;
mod scratch;
mod theirs;
mod usage;
mod work;
mod wrk;

/// What every bench binary does first: plays its part if it is a child, and raises the limit of
/// descriptors.
pub fn start() {
    usage::raise_descriptor_limit();
    child::play_if_told();
    instructions::play_if_told();
}
