//! What each row has to reach: `gates.toml`, and the verdict on a measured row.
//!
//! # The rule
//! A gate holds if the median of the paired ratios is at most the gate, or if the interval around
//! it holds the gate and is narrower than ±3 %: then nobody can tell the two apart. A row is ahead
//! of its aim if its median is at most the aim.
//!
//! The gates of a few rows are no ratios: such a row has `of = "itself"`, and its own figure must
//! be at least the gate.

use std::fmt;

use toml::{Table, Value};

use crate::samples::Row;
use crate::statistics::Estimate;

/// The interval within which a gate counts as held: half of its width, against the median.
const NARROW: f64 = 0.03;

/// What is known of a row, or of rows that differ in a size alone.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) names: Vec<String>,
    /// The number of the row in the list of what we hold ourselves to.
    pub(crate) number: u64,
    pub(crate) group: String,
    /// What the row does.
    pub(crate) what: String,
    pub(crate) gate: f64,
    pub(crate) aim: f64,
    pub(crate) of: Of,
    /// Whether most of the row's time is the kernel's.
    pub(crate) kernel: bool,
    /// Whether CPU time, switches and system calls are reported too.
    pub(crate) costs: bool,
    /// Whether these are counted by the second, as nothing is done again and again.
    pub(crate) a_second: bool,
}

/// What a gate is a bound of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The ratio to tokio, from above.
    Tokio,
    /// The row's own figure, from below.
    Itself,
}

/// What there is to say of a row at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    AheadOfAim,
    Holds,
    Missed,
    NotMeasured,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::AheadOfAim => "ahead of aim",
            Verdict::Holds => "gate holds",
            Verdict::Missed => "**gate missed**",
            Verdict::NotMeasured => "not measured",
        })
    }
}

/// Reads `gates.toml`.
pub(crate) fn read(text: &str) -> Result<Vec<Gate>, String> {
    let table: Table = text.parse().map_err(|error| format!("{error}"))?;
    let rows = table.get("row").and_then(Value::as_array);
    rows.ok_or("no `[[row]]`")?.iter().map(Gate::read).collect()
}

impl Gate {
    fn read(row: &Value) -> Result<Gate, String> {
        let names = row.get("names").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        let names: Vec<String> = names.map(str::to_owned).collect();
        let first = names.first().ok_or("a row without `names`")?;
        let missing = |key: &str| format!("{first}: no `{key}`");
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| {
            let value = row.get(key);
            let number = value.and_then(|it| it.as_float().or(it.as_integer().map(|it| it as f64)));
            number.ok_or_else(|| missing(key))
        };
        let flag = |key: &str| row.get(key).and_then(Value::as_bool).unwrap_or(false);
        let of = match text("of").as_deref() {
            None => Of::Tokio,
            Some("itself") => Of::Itself,
            Some(other) => return Err(format!("{first}: of {other:?}")),
        };
        Ok(Gate {
            number: number("number")? as u64,
            group: text("group").ok_or_else(|| missing("group"))?,
            what: text("what").ok_or_else(|| missing("what"))?,
            gate: number("gate")?,
            aim: number("aim")?,
            kernel: flag("kernel"),
            costs: flag("costs"),
            a_second: flag("a_second"),
            of,
            names,
        })
    }

    /// The verdict on what was measured.
    pub(crate) fn judge(&self, row: &Row) -> Verdict {
        match self.of {
            Of::Tokio => self.judge_ratio(row.ratio("runtime", "tokio")),
            Of::Itself => self.judge_figure(row.estimate("runtime", |sample| Some(sample.value))),
        }
    }

    fn judge_ratio(&self, ratio: Option<Estimate>) -> Verdict {
        match ratio {
            None => Verdict::NotMeasured,
            Some(ratio) if ratio.median <= self.aim => Verdict::AheadOfAim,
            Some(ratio) if ratio.median <= self.gate || self.is_even(&ratio) => Verdict::Holds,
            Some(_) => Verdict::Missed,
        }
    }

    fn judge_figure(&self, figure: Option<Estimate>) -> Verdict {
        match figure {
            None => Verdict::NotMeasured,
            Some(figure) if figure.median >= self.aim => Verdict::AheadOfAim,
            Some(figure) if figure.median >= self.gate || self.is_even(&figure) => Verdict::Holds,
            Some(_) => Verdict::Missed,
        }
    }

    fn is_even(&self, estimate: &Estimate) -> bool {
        estimate.holds(self.gate) && estimate.spread() < NARROW
    }

    /// The bound as it stands in tables.
    pub(crate) fn shown(&self, bound: f64) -> String {
        match self.of {
            Of::Tokio => format!("{bound}"),
            Of::Itself => format!("≥ {bound} %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(text: &str) -> Gate {
        let text = format!("[[row]]\nnumber = 1\ngroup = \"G\"\nwhat = \"w\"\n{text}");
        read(&text).expect("sound").remove(0)
    }

    fn ratio(median: f64, low: f64, high: f64) -> Option<Estimate> {
        Some(Estimate {
            median,
            low,
            high,
            coverage: 0.96,
        })
    }

    #[test]
    fn a_verdict_is_the_rule() {
        let gate = gate("names = [\"a\"]\ngate = 1.0\naim = 0.8\n");
        let cases = [
            (ratio(0.80, 0.70, 0.90), Verdict::AheadOfAim),
            (ratio(0.81, 0.80, 0.82), Verdict::Holds),
            (ratio(1.00, 0.50, 9.00), Verdict::Holds),
            // Above the gate, but by less than can be told.
            (ratio(1.01, 0.99, 1.03), Verdict::Holds),
            // So wide that it would hold anything.
            (ratio(1.01, 0.90, 1.10), Verdict::Missed),
            // Narrow, and surely above it.
            (ratio(1.02, 1.01, 1.03), Verdict::Missed),
            (None, Verdict::NotMeasured),
        ];
        for (ratio, verdict) in cases {
            assert_eq!(gate.judge_ratio(ratio), verdict, "{ratio:?}");
        }
    }

    #[test]
    fn a_figure_is_bounded_from_below() {
        let gate = gate("names = [\"a\"]\ngate = 94\naim = 97\nof = \"itself\"\n");
        let cases = [
            (ratio(97.5, 97.0, 98.0), Verdict::AheadOfAim),
            (ratio(94.0, 80.0, 98.0), Verdict::Holds),
            (ratio(93.9, 93.5, 94.1), Verdict::Holds),
            (ratio(90.0, 89.0, 93.0), Verdict::Missed),
        ];
        for (figure, verdict) in cases {
            assert_eq!(gate.judge_figure(figure), verdict, "{figure:?}");
        }
        assert_eq!(gate.shown(gate.aim), "≥ 97 %");
    }

    #[test]
    fn what_a_row_lacks_is_named() {
        let error = read("[[row]]\nnames = [\"a\"]\nnumber = 1\n").expect_err("no group");
        assert_eq!(error, "a: no `group`");
        assert!(read("").is_err());
    }

    #[test]
    fn the_table_in_the_repository_is_sound() {
        let gates = read(include_str!("../gates.toml")).expect("gates.toml");
        let mut names: Vec<&String> = gates.iter().flat_map(|gate| &gate.names).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "a row has one gate");
        for gate in &gates {
            let aims_higher = match gate.of {
                Of::Tokio => gate.aim <= gate.gate,
                Of::Itself => gate.aim >= gate.gate,
            };
            assert!(aims_higher, "{:?}", gate.names);
            assert!((1..=31).contains(&gate.number), "{:?}", gate.names);
            assert_eq!(
                gate.kernel,
                (20..=25).contains(&gate.number),
                "{:?}",
                gate.names
            );
            assert!(gate.what.ends_with('.'), "{:?}", gate.names);
        }
    }
}
