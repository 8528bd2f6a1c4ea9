//! Figures of both peers side by side, and the table they stand in.

use std::fmt;

/// What one sample of one peer came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The row's own figure, in the row's unit.
    pub(crate) value: f64,
    /// CPU nanoseconds an operation.
    pub(crate) cpu: f64,
    /// Voluntary switches an operation.
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

/// The head of the table.
pub(crate) const HEAD: &str = "\
row                      unit            ours      tokio  ratio  min..max       cpu o   cpu t ratio  csw o  csw t
------------------------ --------- ---------- ---------- ------ ------------ ------- ------- ----- ------ ------";

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
            "{:<24} {:<9} {:>10.1} {:>10.1} {:>6.3} {:>5.2}..{:<5.2}",
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
            " {:>7.0} {:>7.0} {:>5.2}",
            median(&ours),
            median(&theirs),
            median(&ratios),
        )?;
        let (ours, theirs, _) = of(|sample| sample.switches);
        write!(f, " {:>6.2} {:>6.2}", median(&ours), median(&theirs))
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
