//! Each row with its gate and its verdict, in the order of the page.

use crate::gates::{Gate, Of, Verdict};
use crate::peers::{OURS, REFERENCE};
use crate::samples::{Row, Samples, more_is_better};
use crate::statistics::{Estimate, geometric_mean};

/// A row that was measured, or a name in `gates.toml` that nothing was measured for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) name: &'a str,
    pub(crate) gate: &'a Gate,
    pub(crate) row: Option<&'a Row>,
    pub(crate) ratio: Option<Estimate>,
    pub(crate) verdict: Verdict,
    pub(crate) best: Option<Best<'a>>,
}

/// The best peer of a row, and ours against it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Best<'a> {
    pub(crate) peer: &'a str,
    pub(crate) ratio: Estimate,
}

/// Where we stand against a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Ahead,
    /// The interval holds 1: nobody can tell.
    Level,
    Behind,
}

impl Best<'_> {
    pub(crate) fn standing(&self) -> Standing {
        if self.ratio.holds(1.0) {
            Standing::Level
        } else if self.ratio.median < 1.0 {
            Standing::Ahead
        } else {
            Standing::Behind
        }
    }
}

/// All that there is to judge.
#[derive(Debug)]
pub(crate) struct Judgement<'a> {
    /// In the order of `gates.toml`.
    pub(crate) rows: Vec<Judged<'a>>,
    /// Rows that were measured and that `gates.toml` does not know.
    pub(crate) without_gate: Vec<&'a str>,
}

impl Judged<'_> {
    /// The interval holds the gate: more turns would tell on which side of it the row is.
    pub(crate) fn is_undecided(&self) -> bool {
        let ratio = self.ratio.filter(|_| self.gate.of == Of::Tokio);
        ratio.is_some_and(|ratio| ratio.holds(self.gate.gate))
    }
}

impl<'a> Judgement<'a> {
    pub(crate) fn new(samples: &'a Samples, gates: &'a [Gate]) -> Judgement<'a> {
        let judged = |gate: &'a Gate| {
            let names = gate.names.iter();
            names.map(move |name| judge(name, gate, samples.rows.get(name)))
        };
        let has_gate = |name: &str| {
            gates
                .iter()
                .any(|gate| gate.names.iter().any(|it| it == name))
        };
        let all = samples.rows.keys().map(String::as_str);
        Judgement {
            rows: gates.iter().flat_map(judged).collect(),
            without_gate: all.filter(|name| !has_gate(name)).collect(),
        }
    }

    /// The groups in the order of the page.
    pub(crate) fn groups(&self) -> Vec<&'a str> {
        let mut groups: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !groups.contains(&row.gate.group.as_str()) {
                groups.push(&row.gate.group);
            }
        }
        groups
    }

    pub(crate) fn of_group(&self, group: &str) -> Vec<&Judged<'a>> {
        self.rows
            .iter()
            .filter(|row| row.gate.group == group)
            .collect()
    }

    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.rows
            .iter()
            .filter(|row| row.verdict == verdict)
            .count()
    }

    /// How many rows stand so against the best of their peers.
    pub(crate) fn standing(&self, standing: Standing) -> usize {
        let best = self.rows.iter().filter_map(|row| row.best);
        best.filter(|best| best.standing() == standing).count()
    }

    /// The geometric mean of the ratios to tokio, and over how many rows.
    pub(crate) fn mean(&self, kernel: bool) -> Option<(f64, usize)> {
        let rows = self.rows.iter().filter(|row| row.gate.kernel == kernel);
        mean(rows)
    }
}

/// The geometric mean of these rows' ratios to tokio, and over how many rows.
///
/// Rows whose gate is no ratio stay out.
pub(crate) fn mean<'r, 'a: 'r>(rows: impl Iterator<Item = &'r Judged<'a>>) -> Option<(f64, usize)> {
    let ratios = rows.filter(|row| row.gate.of == Of::Tokio);
    let ratios: Vec<f64> = ratios.filter_map(|row| Some(row.ratio?.median)).collect();
    Some((geometric_mean(ratios.iter().copied())?, ratios.len()))
}

fn judge<'a>(name: &'a str, gate: &'a Gate, row: Option<&'a Row>) -> Judged<'a> {
    Judged {
        name,
        gate,
        row,
        ratio: row.and_then(|row| row.ratio(OURS, REFERENCE)),
        verdict: row.map_or(Verdict::NotMeasured, |row| gate.judge(row)),
        best: row.and_then(best),
    }
}

/// The peer with the best median, ourselves apart.
fn best(row: &Row) -> Option<Best<'_>> {
    let median = |peer: &str| Some(row.estimate(peer, |sample| Some(sample.value))?.median);
    let others = row.peers.keys().filter(|peer| *peer != OURS);
    let medians = others.filter_map(|peer| Some((peer, median(peer)?)));
    let order = |a: f64, b: f64| {
        if more_is_better(&row.unit) {
            b.total_cmp(&a)
        } else {
            a.total_cmp(&b)
        }
    };
    let (peer, _) = medians.min_by(|a, b| order(a.1, b.1))?;
    Some(Best {
        peer,
        ratio: row.ratio(OURS, peer)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates;

    const GATES: &str = "\
[[row]]\nnames = [\"echo_64\", \"echo_256\", \"bulk\"]\nnumber = 21\ngroup = \"Network\"\ngate = 1.0\naim = 0.9
what = \"w\"\nkernel = true
[[row]]\nnames = [\"spawn\"]\nnumber = 1\ngroup = \"Tasks\"\ngate = 0.5\naim = 0.25\nwhat = \"w\"
[[row]]\nnames = [\"evenly\"]\nnumber = 8\ngroup = \"Tasks\"\ngate = 94\naim = 97\nwhat = \"w\"
of = \"itself\"\n";

    fn samples(figures: &[(&str, &str, &str, f64)]) -> Samples {
        let line = |(row, peer, unit, value): &(&str, &str, &str, f64)| {
            format!(r#"{{"row":"{row}","peer":"{peer}","turn":0,"unit":"{unit}","value":{value}}}"#)
        };
        let lines: Vec<String> = figures.iter().map(line).collect();
        Samples::read(&lines.join("\n")).expect("sound")
    }

    #[test]
    fn rows_come_in_the_order_of_the_gates() {
        let samples = samples(&[
            ("spawn", OURS, "ns", 1.0),
            ("echo_256", OURS, "ns", 1.0),
            ("echo_64", OURS, "ns", 1.0),
            ("stranger", OURS, "ns", 1.0),
        ]);
        let gates = gates::read(GATES).expect("sound");
        let judgement = Judgement::new(&samples, &gates);
        let names: Vec<&str> = judgement.rows.iter().map(|row| row.name).collect();
        assert_eq!(names, ["echo_64", "echo_256", "bulk", "spawn", "evenly"]);
        assert_eq!(judgement.without_gate, ["stranger"]);
        assert_eq!(judgement.groups(), ["Network", "Tasks"]);
    }

    #[test]
    fn means_are_of_ratios_alone_and_apart_for_the_kernel() {
        let samples = samples(&[
            ("spawn", OURS, "ns", 1.0),
            ("spawn", REFERENCE, "ns", 4.0),
            ("evenly", OURS, "%", 96.0),
            ("evenly", REFERENCE, "%", 48.0),
            ("echo_64", OURS, "MB/s", 2.0),
            ("echo_64", REFERENCE, "MB/s", 1.0),
        ]);
        let gates = gates::read(GATES).expect("sound");
        let judgement = Judgement::new(&samples, &gates);
        assert_eq!(judgement.mean(false), Some((0.25, 1)));
        assert_eq!(judgement.mean(true), Some((0.5, 1)));
        assert_eq!(judgement.count(Verdict::AheadOfAim), 2);
        assert_eq!(judgement.count(Verdict::Holds), 1);
        assert_eq!(judgement.count(Verdict::NotMeasured), 2);
    }

    #[test]
    fn a_row_is_undecided_while_its_interval_holds_the_gate() {
        let lines = |values: [f64; 2]| {
            let turn = |(turn, value)| {
                format!(
                    r#"{{"row":"echo_64","peer":"{OURS}","turn":{turn},"unit":"ns","value":{value}}}
{{"row":"echo_64","peer":"{REFERENCE}","turn":{turn},"unit":"ns","value":1}}"#
                )
            };
            let turns: Vec<String> = values.into_iter().enumerate().map(turn).collect();
            Samples::read(&turns.join("\n")).expect("sound")
        };
        let gates = gates::read(GATES).expect("sound");
        let is_undecided = |values| {
            let samples = lines(values);
            let judgement = Judgement::new(&samples, &gates);
            judgement.rows[0].is_undecided()
        };
        let gate = gates[0].gate;
        assert!(is_undecided([gate - 0.1, gate + 0.1]));
        assert!(!is_undecided([gate - 0.2, gate - 0.1]));
        assert!(!is_undecided([gate + 0.1, gate + 0.2]));
    }

    #[test]
    fn the_best_peer_has_the_best_figure_of_its_unit() {
        let samples = samples(&[
            ("spawn", OURS, "ns", 3.0),
            ("spawn", REFERENCE, "ns", 4.0),
            ("spawn", "go", "ns", 2.0),
            ("bulk", OURS, "MB/s", 900.0),
            ("bulk", REFERENCE, "MB/s", 800.0),
            ("bulk", "smol", "MB/s", 100.0),
        ]);
        let gates = gates::read(GATES).expect("sound");
        let judgement = Judgement::new(&samples, &gates);
        let best = |name: &str| {
            let row = judgement.rows.iter().find(|row| row.name == name);
            let best = row.and_then(|row| row.best).expect("it has peers");
            (best.peer, best.standing())
        };
        assert_eq!(best("spawn"), ("go", Standing::Behind));
        assert_eq!(best("bulk"), (REFERENCE, Standing::Ahead));
        assert_eq!(judgement.standing(Standing::Ahead), 1);
    }
}
