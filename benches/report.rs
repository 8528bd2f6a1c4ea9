//! Figures of both peers side by side, and the table they stand in.

use std::fmt;

/// What one sample of one peer came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The row's own figure, in the row's unit.
    pub(crate) value: f64,
    /// CPU nanoseconds an operation, or CPU microseconds a second.
    pub(crate) cpu: f64,
    /// Voluntary switches an operation, or a second.
    pub(crate) switches: f64,
}

/// One row of the table: samples that were taken in turns.
#[derive(Debug)]
pub(crate) struct Line {
    /// The name of the row.
    pub(crate) name: String,
    /// What the figures are.
    pub(crate) unit: &'static str,
    /// Ours and theirs, a pair for each turn.
    pub(crate) pairs: Vec<(Sample, Sample)>,
}

/// The head of the table; its widths are those of [`Line`].
pub(crate) fn head() -> String {
    format!(
        "{:<21} {:<8} {:>10} {:>10} {:>5} {:>11} {:>6} {:>6} {:>5} {:>5} {:>5}",
        "row",
        "unit",
        "ours",
        "tokio",
        "ratio",
        "min..max",
        "cpu",
        "tokio",
        "ratio",
        "csw",
        "tokio",
    )
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |figure: fn(&Sample) -> f64| {
            let ours = self.pairs.iter().map(|(ours, _)| figure(ours));
            let theirs = self.pairs.iter().map(|(_, theirs)| figure(theirs));
            let ratios = ours.clone().zip(theirs.clone());
            let ratios = ratios.map(|(ours, theirs)| ours / theirs);
            (sorted(ours), sorted(theirs), sorted(ratios))
        };
        let (ours, theirs, ratios) = of(|sample| sample.value);
        write!(
            f,
            "{:<21} {:<8} {:>10.1} {:>10.1} {:>5.3} {:>5.2}..{:<4.2}",
            self.name,
            self.unit,
            median(&ours),
            median(&theirs),
            median(&ratios),
            ratios[0],
            ratios[ratios.len() - 1],
        )?;
        let (ours, theirs, ratios) = of(|sample| sample.cpu);
        write!(
            f,
            " {:>6.0} {:>6.0} {:>5.2}",
            median(&ours),
            median(&theirs),
            median(&ratios),
        )?;
        let (ours, theirs, _) = of(|sample| sample.switches);
        write!(f, " {:>5.2} {:>5.2}", median(&ours), median(&theirs))
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle of values in order.
fn median(values: &[f64]) -> f64 {
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        return values[middle];
    }
    f64::midpoint(values[middle - 1], values[middle])
}
