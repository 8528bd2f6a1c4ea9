//! What a set of durations comes to.

use std::time::Duration;

use crate::row::Figure;

/// Durations in order.
#[derive(Debug)]
pub(crate) struct Percentiles(Vec<Duration>);

/// The shares that are reported.
const SHARES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 1.0];

impl Percentiles {
    /// # Panics
    ///
    /// If there are no durations.
    pub(crate) fn of(mut values: Vec<Duration>) -> Percentiles {
        assert!(!values.is_empty(), "something has been measured");
        values.sort();
        Percentiles(values)
    }

    /// The value that no more than `1 - share` of all exceed, in nanoseconds.
    pub(crate) fn at(&self, share: f64) -> f64 {
        let count = self.0.len();
        let index = (count as f64 * share).ceil() as usize;
        self.0[index.clamp(1, count) - 1].as_nanos() as f64
    }

    /// All reported shares with their values.
    pub(crate) fn points(&self) -> Vec<(f64, f64)> {
        SHARES.map(|share| (share, self.at(share))).to_vec()
    }

    /// The figure of a row that looks at one share, with the whole distribution beside it.
    pub(crate) fn figure(&self, row: &str, share: f64) -> Figure {
        let mut figure = Figure::new(row, "ns", self.at(share));
        figure.percentiles = self.points();
        figure
    }
}
