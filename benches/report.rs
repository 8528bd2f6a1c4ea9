//! The figures of all peers side by side, and the table they stand in.

use std::fmt;

use crate::row::Figure;

/// One row of the table: samples that were taken in turns.
#[derive(Debug)]
pub(crate) struct Line {
    /// The name of the row.
    pub(crate) name: String,
    /// The figures of each peer, one a turn, in the order in which the peers came.
    peers: Vec<(String, Vec<Figure>)>,
}

impl Line {
    pub(crate) fn new(name: &str) -> Line {
        Line {
            name: String::from(name),
            peers: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, peer: &str, figure: Figure) {
        match self.peers.iter_mut().find(|(name, _)| name == peer) {
            Some((_, figures)) => figures.push(figure),
            None => self.peers.push((String::from(peer), vec![figure])),
        }
    }

    fn figures(&self, peer: &str) -> &[Figure] {
        let found = self.peers.iter().find(|(name, _)| name == peer);
        found.map_or(&[], |(_, figures)| figures)
    }
}

/// The head of the table; its widths are those of [`Line`].
pub(crate) fn head() -> String {
    format!(
        "{:<24} {:<8} {:>10} {:>10} {:>6} {:>12} {:>7} {:>7} {:>5} {:>6} {:>6}",
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
        let (ours, theirs) = (self.figures("runtime"), self.figures("tokio"));
        let first = self.peers.iter().find_map(|(_, figures)| figures.first());
        let Some(first) = first else {
            return write!(f, "{:<24} left out", self.name);
        };
        let value = |figure: &Figure| Some(figure.value);
        let cpu = |figure: &Figure| figure.cpu;
        let switches = |figure: &Figure| figure.switches;
        write!(
            f,
            "{:<24} {:<8} {:>10} {:>10} {:>6} {:>12} {:>7} {:>7} {:>5} {:>6} {:>6}",
            self.name,
            first.unit,
            shown(median(ours, value), 1),
            shown(median(theirs, value), 1),
            shown(middle(ratios(ours, theirs, value)), 3),
            spread(ratios(ours, theirs, value)),
            shown(median(ours, cpu), 0),
            shown(median(theirs, cpu), 0),
            shown(middle(ratios(ours, theirs, cpu)), 2),
            shown(median(ours, switches), 2),
            shown(median(theirs, switches), 2),
        )?;
        let further = self.peers.iter();
        for (peer, figures) in further.filter(|(peer, _)| peer != "runtime" && peer != "tokio") {
            let ratio = shown(middle(ratios(ours, figures, value)), 2);
            write!(f, "  {peer} {} ({ratio})", shown(median(figures, value), 1))?;
        }
        Ok(())
    }
}

type Of = fn(&Figure) -> Option<f64>;

fn median(figures: &[Figure], of: Of) -> Option<f64> {
    middle(figures.iter().filter_map(of).collect())
}

/// Ours ÷ theirs, a ratio a turn, where both have the figure and theirs is not nothing.
fn ratios(ours: &[Figure], theirs: &[Figure], of: Of) -> Vec<f64> {
    let pairs = ours.iter().zip(theirs);
    let ratio = |(ours, theirs)| Some(of(ours)? / of(theirs).filter(|value| *value != 0.0)?);
    pairs.filter_map(ratio).collect()
}

fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    match values[..] {
        [] => String::from("–"),
        [only] => format!("{only:.2}"),
        [least, .., most] => format!("{least:.2}..{most:.2}"),
    }
}

fn shown(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| String::from("–"), |value| format!("{value:.decimals$}"))
}

fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}
