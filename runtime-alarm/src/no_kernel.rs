//! No timer of the kernel's that a thread can sleep on and others can set.

use std::io;
use std::time::Duration;

/// There is none.
#[derive(Debug)]
pub(crate) enum Kernel {}

impl Kernel {
    pub(crate) fn new() -> Option<Kernel> {
        None
    }

    pub(crate) fn set(&self, _after: Option<Duration>) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn ring(&self) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn wait(&self) -> io::Result<()> {
        match *self {}
    }
}
