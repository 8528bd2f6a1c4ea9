//! What a row is: a name, a size, and a body for each peer.

use std::time::Duration;

use crate::{ours, theirs};

/// Runs a number of rounds and says how long they took.
///
/// The row's runtime lives as long as its body: what is built once is not in the figure.
pub type Body = Box<dyn FnMut(u64) -> Duration>;

/// A row as one peer has it.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The name of the row.
    pub(crate) name: &'static str,
    /// How many operations one round does; the figures are nanoseconds an operation.
    pub(crate) operations: u64,
    /// How many rounds make up one sample of `compare`: some 50 to 300 milliseconds.
    pub(crate) rounds: u64,
    /// Builds the runtime and all that is needed, outside of the figure.
    pub(crate) make: fn() -> Body,
}

impl Entry {
    pub(crate) fn new(
        name: &'static str,
        operations: u64,
        rounds: u64,
        make: fn() -> Body,
    ) -> Entry {
        Entry {
            name,
            operations,
            rounds,
            make,
        }
    }
}

/// A row: the same lines compiled against both peers.
#[derive(Debug)]
pub struct Row {
    /// The name, by which rows are chosen on the command line.
    pub name: &'static str,
    /// How many operations one round does.
    pub operations: u64,
    /// How many rounds make up one sample of `compare`.
    pub rounds: u64,
    /// The body against this workspace's runtime.
    pub ours: fn() -> Body,
    /// The body against tokio.
    pub theirs: fn() -> Body,
}

/// All rows, in the order of the report.
pub fn all() -> Vec<Row> {
    let ours = ours::rows::all();
    let theirs = theirs::rows::all();
    assert_eq!(ours.len(), theirs.len());
    ours.into_iter().zip(theirs).map(pair).collect()
}

fn pair((ours, theirs): (Entry, Entry)) -> Row {
    assert_eq!(ours.name, theirs.name);
    Row {
        name: ours.name,
        operations: ours.operations,
        rounds: ours.rounds,
        ours: ours.make,
        theirs: theirs.make,
    }
}
