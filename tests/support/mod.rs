//! What the integration tests share. Each test binary uses a part of it.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(unused_imports, reason = "each test binary uses a part")]

mod control;
mod elsewhere;
mod foreign;
mod gone;
mod isolate;
mod kept;
mod process;
#[cfg(unix)]
mod resources;
mod tally;
mod watchdog;

pub(crate) use control::{Control, Lateness};
pub(crate) use elsewhere::{program, slow};
pub(crate) use foreign::foreign_block_on;
pub(crate) use gone::refusal;
pub(crate) use isolate::{Alone, alone, in_own_process, in_own_process_for};
pub(crate) use kept::{keep, lend};
use process::is_building;
pub(crate) use process::{
    Server, assert_one_clear_line, example, interrupt, no_text, proc_status_kib, run, run_example,
};
#[cfg(unix)]
pub(crate) use resources::{
    DescriptorLimit, descriptor_flags, descriptors, in_fork, open_descriptors, processor_time,
    raise_descriptor_limit, threads, wait_descriptors, wait_threads,
};
pub(crate) use tally::{Tallied, Tally};
pub(crate) use watchdog::Watchdog;
