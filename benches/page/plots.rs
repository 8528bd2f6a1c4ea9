//! Which plots there are, and the files that they go into.

use crate::charts::{self, Bar, MISSED};
use crate::figures;
use crate::gates::{Of, Verdict};
use crate::judged::{Judged, Judgement, mean};
use crate::peers::{self, OURS, Peer, REFERENCE};
use crate::samples::{Row, Samples};
use crate::statistics::Estimate;

/// One file.
#[derive(Debug)]
pub(crate) struct Plot {
    pub(crate) file: String,
    /// For whoever does not see it.
    pub(crate) words: String,
    pub(crate) svg: String,
}

/// The plot of all groups.
pub(crate) const OVERVIEW: &str = "overview.svg";

/// How the files of curves begin.
pub(crate) const CURVE: &str = "curve_";

/// How the files of distributions begin.
pub(crate) const DISTRIBUTION: &str = "distribution_";

/// What the sizes of a curve are: a part of the curve's name, and the word.
const SIZES: [(&str, &str); 7] = [
    ("timer", "timers"),
    ("sleep", "timers"),
    ("connection", "connections"),
    ("echo", "connections"),
    ("wait", "waiters"),
    ("worker", "workers"),
    ("spawn", "tasks"),
];

/// The file of a group's ratios.
pub(crate) fn ratios_of(group: &str) -> String {
    let letter = |c: char| {
        if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    format!(
        "ratios_{}.svg",
        group.chars().map(letter).collect::<String>()
    )
}

/// All plots for which something was measured.
pub(crate) fn all(samples: &Samples, judgement: &Judgement<'_>) -> Vec<Plot> {
    let mut plots = Vec::from_iter(overview(judgement));
    plots.extend(
        judgement
            .groups()
            .into_iter()
            .filter_map(|group| ratios(judgement, group)),
    );
    plots.extend(samples.curves.iter().map(|(name, curve)| {
        let known = SIZES.iter().find(|(part, _)| name.contains(part));
        let size = known.map_or("size", |(_, word)| word);
        let words = format!("{}: cost by the number of {size}", title(name));
        let svg = charts::curve(&words, &format!("{size}, logarithmic"), curve);
        let file = format!("{CURVE}{name}.svg");
        Plot { file, words, svg }
    }));
    let mut drawn = Vec::new();
    for (name, distribution) in &samples.distributions {
        let name = whole(name);
        if !drawn.contains(&name) {
            let words = format!("{}: distribution", title(name));
            let svg = charts::distribution(&words, distribution);
            let file = format!("{DISTRIBUTION}{name}.svg");
            plots.push(Plot { file, words, svg });
            drawn.push(name);
        }
    }
    plots
}

/// The name without the percentile that the row is: its distribution has them all.
fn whole(name: &str) -> &str {
    let percentile = name.rsplit_once("_p");
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    percentile
        .filter(|(_, text)| is_number(text))
        .map_or(name, |(whole, _)| whole)
}

/// A name as a title: `hostage_start` is "Hostage start".
fn title(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first
        .into_iter()
        .chain(letters)
        .collect::<String>()
        .replace('_', " ")
}

/// A bar a group, a mark a row.
fn overview(judgement: &Judgement<'_>) -> Option<Plot> {
    let bar = |group: &str| {
        let rows = judgement.of_group(group);
        let (mean, _) = mean(rows.iter().copied())?;
        let own = peers::ALL[0];
        let mark = |row: &&Judged<'_>| {
            let ratio = row.ratio.filter(|_| row.gate.of == Of::Tokio)?.median;
            let colour = if row.verdict == Verdict::Missed {
                MISSED
            } else {
                own.colour
            };
            Some((Peer { colour, ..own }, ratio))
        };
        let mut marks: Vec<(Peer, f64)> = rows.iter().filter_map(mark).collect();
        // What is missed lies on top.
        marks.sort_by_key(|(peer, _)| peer.colour == MISSED);
        Some(Bar {
            name: group.to_owned(),
            ratio: Estimate::of([mean])?,
            bounds: None,
            missed: false,
            marks,
        })
    };
    let bars: Vec<Bar> = judgement.groups().into_iter().filter_map(bar).collect();
    let words = "Cost against tokio's: geometric mean of each group, a mark for each row";
    let svg = charts::bars(words, &bars);
    (!bars.is_empty()).then(|| Plot {
        file: OVERVIEW.to_owned(),
        words: words.to_owned(),
        svg,
    })
}

/// A bar a row.
fn ratios(judgement: &Judgement<'_>, group: &str) -> Option<Plot> {
    let rows = judgement.of_group(group);
    let bars: Vec<Bar> = rows.into_iter().filter_map(bar).collect();
    let shown = bars
        .iter()
        .map(|bar| format!("{} {}", bar.name, figures::ratio(bar.ratio.median)));
    let words = format!(
        "{group}, ratio to tokio: {}",
        shown.collect::<Vec<_>>().join(", ")
    );
    let svg = charts::bars(group, &bars);
    (!bars.is_empty()).then(|| Plot {
        file: ratios_of(group),
        words,
        svg,
    })
}

fn bar(row: &Judged<'_>) -> Option<Bar> {
    let measured = row.row?;
    let ratio = row.ratio.filter(|_| row.gate.of == Of::Tokio)?;
    Some(Bar {
        name: row.name.to_owned(),
        ratio,
        bounds: Some((row.gate.gate, row.gate.aim)),
        missed: row.verdict == Verdict::Missed,
        marks: marks(measured),
    })
}

/// The peers besides us and tokio.
fn marks(row: &Row) -> Vec<(Peer, f64)> {
    let others = peers::among(row.peers.keys()).into_iter();
    let others = others.filter(|peer| ![OURS, REFERENCE].contains(&peer.name));
    others
        .filter_map(|peer| Some((peer, row.ratio(peer.name, REFERENCE)?.median)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_percentiles_of_one_distribution_share_its_plot() {
        assert_eq!(whole("service_p50"), "service");
        assert_eq!(whole("service_peak"), "service_peak");
        assert_eq!(whole("hostage_start"), "hostage_start");
    }

    #[test]
    fn a_file_is_named_by_letters_alone() {
        assert_eq!(
            ratios_of("Memory and start-up"),
            "ratios_memory_and_start_up.svg"
        );
        assert_eq!(title("timers_1m"), "Timers 1m");
    }
}
