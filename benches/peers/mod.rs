//! Peers whose programs are written for them: their vocabulary is not tokio's, so their bodies
//! cannot be the lines of `rows/`. Each body does the work of the row whose name it bears.

use crate::row::Entry;

mod channels;
mod extras;
pub(crate) mod go;
mod smol;
mod threads;
mod tokio_current;
mod tokio_unstable;

/// Every further peer with the rows that it has.
pub(crate) fn all() -> Vec<(&'static str, Vec<Entry>)> {
    vec![
        ("runtime", extras::ours()),
        ("tokio", extras::theirs()),
        ("tokio-current", tokio_current::rows()),
        ("tokio-unstable", tokio_unstable::rows()),
        ("smol", smol::rows()),
        ("kanal", channels::kanal()),
        ("flume", channels::flume()),
        ("crossfire", channels::crossfire()),
        ("threads", threads::rows()),
        ("go", go::rows()),
    ]
}
