//! What `compare` has written: a line of JSON for each sample.
//!
//! | keys of the line | what it is |
//! |---|---|
//! | `row`, `peer`, `turn`, `unit`, `value`, `cpu`, `switches`, `calls` | one sample of a row |
//! | `curve`, `peer`, `x`, `turn`, `unit`, `value` | one point of a curve |
//! | `distribution`, `peer`, `turn`, `unit`, `percentiles` (shares and values) | a distribution |
//! | `calls`, `peer`, `value` | system calls an operation, from a run under `strace` |
//! | `machine` | where all that was measured |
//!
//! A turn that stands there twice counts as it stands last, so a row that was disturbed is
//! measured again by appending to the file.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::statistics::Estimate;

/// Everything of one file.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    pub(crate) rows: BTreeMap<String, Row>,
    pub(crate) curves: BTreeMap<String, Curve>,
    pub(crate) distributions: BTreeMap<String, Distribution>,
    /// Facts about the machine, by name.
    pub(crate) machine: BTreeMap<String, String>,
}

/// The samples of one row.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) unit: String,
    /// By peer, by turn.
    pub(crate) peers: BTreeMap<String, BTreeMap<u64, Sample>>,
    /// System calls an operation, by peer.
    pub(crate) calls: BTreeMap<String, f64>,
}

/// One sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The figure, in the row's unit.
    pub(crate) value: f64,
    /// CPU nanoseconds an operation.
    pub(crate) cpu: Option<f64>,
    /// Voluntary switches an operation.
    pub(crate) switches: Option<f64>,
}

/// A figure against a size, by peer.
#[derive(Debug, Default)]
pub(crate) struct Curve {
    pub(crate) unit: String,
    /// By peer: values by size, one a turn.
    pub(crate) peers: BTreeMap<String, BTreeMap<u64, Vec<f64>>>,
}

/// A distribution, by peer.
#[derive(Debug, Default)]
pub(crate) struct Distribution {
    pub(crate) unit: String,
    /// By peer: the share below, and a value for it, of each turn.
    pub(crate) peers: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Samples {
    /// Reads lines; the error names the line that is none of ours.
    pub(crate) fn read(text: &str) -> Result<Samples, String> {
        let mut samples = Samples::default();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let read = serde_json::from_str(line).map_err(|error| error.to_string());
            let taken = read.and_then(|line: Value| samples.take(&line));
            taken.map_err(|error| format!("line {}: {error}", at + 1))?;
        }
        Ok(samples)
    }

    fn take(&mut self, line: &Value) -> Result<(), String> {
        if let Some(name) = line["row"].as_str() {
            let row = self.rows.entry(name.to_owned()).or_default();
            row.take(line)
        } else if let Some(name) = line["curve"].as_str() {
            let curve = self.curves.entry(name.to_owned()).or_default();
            curve.take(line)
        } else if let Some(name) = line["distribution"].as_str() {
            let distribution = self.distributions.entry(name.to_owned()).or_default();
            distribution.take(line)
        } else if let Some(name) = line["calls"].as_str() {
            let row = self.rows.entry(name.to_owned()).or_default();
            row.calls
                .insert(text(line, "peer")?, number(line, "value")?);
            Ok(())
        } else if let Some(facts) = line["machine"].as_object() {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let facts = facts
                .iter()
                .filter_map(|(name, fact)| Some((name.clone(), text(fact)?)));
            self.machine.extend(facts);
            Ok(())
        } else {
            Err("no row, no curve, no distribution".to_owned())
        }
    }
}

impl Row {
    fn take(&mut self, line: &Value) -> Result<(), String> {
        let peer = text(line, "peer")?;
        self.unit = text(line, "unit")?;
        let sample = Sample {
            value: number(line, "value")?,
            cpu: line["cpu"].as_f64(),
            switches: line["switches"].as_f64(),
        };
        if let Some(calls) = line["calls"].as_f64() {
            self.calls.insert(peer.clone(), calls);
        }
        let turns = self.peers.entry(peer).or_default();
        turns.insert(whole(line, "turn")?, sample);
        Ok(())
    }

    /// One figure of all samples of a peer.
    pub(crate) fn estimate(
        &self,
        peer: &str,
        figure: impl Fn(&Sample) -> Option<f64>,
    ) -> Option<Estimate> {
        Estimate::of(self.peers.get(peer)?.values().filter_map(figure))
    }

    /// What this peer costs of what that one costs: below 1, this one is ahead.
    pub(crate) fn ratio(&self, this: &str, that: &str) -> Option<Estimate> {
        if more_is_better(&self.unit) {
            self.quotient(that, this, |sample| Some(sample.value))
        } else {
            self.quotient(this, that, |sample| Some(sample.value))
        }
    }

    /// One figure of this peer against that of the other, turn by turn.
    pub(crate) fn quotient(
        &self,
        this: &str,
        that: &str,
        figure: impl Fn(&Sample) -> Option<f64>,
    ) -> Option<Estimate> {
        let (this, that) = (self.peers.get(this)?, self.peers.get(that)?);
        let pairs = this
            .iter()
            .filter_map(|(turn, sample)| Some((sample, that.get(turn)?)));
        let quotients = pairs.filter_map(|(this, that)| Some(figure(this)? / figure(that)?));
        // Nothing, divided by nothing, is no figure.
        Estimate::of(quotients.filter(|ratio| ratio.is_finite() && *ratio > 0.0))
    }
}

/// Whether a larger figure in this unit is the better one.
pub(crate) fn more_is_better(unit: &str) -> bool {
    matches!(unit, "MB/s" | "%")
}

impl Curve {
    fn take(&mut self, line: &Value) -> Result<(), String> {
        self.unit = text(line, "unit")?;
        let sizes = self.peers.entry(text(line, "peer")?).or_default();
        let values = sizes.entry(whole(line, "x")?).or_default();
        values.push(number(line, "value")?);
        Ok(())
    }

    /// The medians of a peer, by size.
    pub(crate) fn points(&self, peer: &str) -> Vec<(f64, f64)> {
        let sizes = self.peers.get(peer).into_iter().flatten();
        let median = |values: &Vec<f64>| Some(Estimate::of(values.iter().copied())?.median);
        sizes
            .filter_map(|(size, values)| Some((*size as f64, median(values)?)))
            .collect()
    }
}

impl Distribution {
    fn take(&mut self, line: &Value) -> Result<(), String> {
        self.unit = text(line, "unit")?;
        let all = line["percentiles"].as_array().ok_or("no percentiles")?;
        let points = self.peers.entry(text(line, "peer")?).or_default();
        for point in all {
            let share = point[0].as_f64();
            let value = point[1].as_f64();
            points.push(
                share
                    .zip(value)
                    .ok_or("a percentile is a share and a value")?,
            );
        }
        Ok(())
    }

    /// For each share in order, the median over the turns of a peer.
    pub(crate) fn points(&self, peer: &str) -> Vec<(f64, f64)> {
        let mut points = self.peers.get(peer).cloned().unwrap_or_default();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let same = points.chunk_by(|a, b| a.0 == b.0);
        let median = |turns: &[(f64, f64)]| Estimate::of(turns.iter().map(|turn| turn.1));
        same.filter_map(|turns| Some((turns[0].0, median(turns)?.median)))
            .collect()
    }
}

fn text(line: &Value, key: &str) -> Result<String, String> {
    let text = line[key].as_str().map(str::to_owned);
    text.ok_or_else(|| format!("`{key}` is no text"))
}

fn number(line: &Value, key: &str) -> Result<f64, String> {
    let number = line[key].as_f64();
    number.ok_or_else(|| format!("`{key}` is no number"))
}

fn whole(line: &Value, key: &str) -> Result<u64, String> {
    let number = line[key].as_u64();
    number.ok_or_else(|| format!("`{key}` is no whole number"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(peer: &str, turn: u64, unit: &str, value: f64) -> String {
        let line = json!({"row": "a", "peer": peer, "turn": turn, "unit": unit, "value": value});
        line.to_string()
    }

    fn read(lines: &[String]) -> Samples {
        Samples::read(&lines.join("\n")).expect("the lines are sound")
    }

    #[test]
    fn ratios_are_taken_within_a_turn() {
        let samples = read(&[
            row("runtime", 0, "ns", 1.0),
            row("tokio", 0, "ns", 2.0),
            // The machine was slow: for both.
            row("runtime", 1, "ns", 10.0),
            row("tokio", 1, "ns", 20.0),
            // A turn that one of them lacks is no pair.
            row("tokio", 2, "ns", 1.0),
        ]);
        let ratio = samples.rows["a"]
            .ratio("runtime", "tokio")
            .expect("two pairs");
        assert_eq!((ratio.median, ratio.low, ratio.high), (0.5, 0.5, 0.5));
        assert_eq!(samples.rows["a"].ratio("runtime", "smol"), None);
    }

    #[test]
    fn a_throughput_is_turned_over() {
        let lines = [
            row("runtime", 0, "MB/s", 400.0),
            row("tokio", 0, "MB/s", 100.0),
        ];
        let ratio = read(&lines).rows["a"]
            .ratio("runtime", "tokio")
            .expect("a pair");
        assert_eq!(ratio.median, 0.25);
    }

    #[test]
    fn a_turn_that_stands_there_twice_counts_as_it_stands_last() {
        let lines = [row("tokio", 0, "ns", 9.0), row("tokio", 0, "ns", 3.0)];
        let samples = read(&lines);
        let value = samples.rows["a"].estimate("tokio", |sample| Some(sample.value));
        assert_eq!(value.expect("a sample").median, 3.0);
    }

    #[test]
    fn points_are_medians_over_the_turns() {
        let line = |mut line: Value| {
            line["peer"] = json!("go");
            line["unit"] = json!("ns");
            line.to_string()
        };
        let point = |x: u64, turn: u64, value: f64| {
            line(json!({"curve": "c", "x": x, "turn": turn, "value": value}))
        };
        let percentiles = |a: f64, b: f64| {
            line(json!({"distribution": "d", "turn": 0, "percentiles": [[0.5, a], [0.9, b]]}))
        };
        let samples = read(&[
            point(100, 0, 5.0),
            point(10, 0, 1.0),
            point(10, 1, 2.0),
            point(10, 2, 9.0),
            percentiles(1.0, 4.0),
            percentiles(3.0, 8.0),
        ]);
        assert_eq!(
            samples.curves["c"].points("go"),
            [(10.0, 2.0), (100.0, 5.0)]
        );
        assert_eq!(
            samples.distributions["d"].points("go"),
            [(0.5, 2.0), (0.9, 6.0)]
        );
        assert!(samples.curves["c"].points("smol").is_empty());
    }

    #[test]
    fn calls_and_the_machine_may_come_in_lines_of_their_own() {
        let calls = r#"{"calls":"a","peer":"tokio","value":2.5}"#.to_owned();
        let machine = r#"{"machine":{"cores":"2"}}"#.to_owned();
        let samples = read(&[row("tokio", 0, "ns", 1.0), calls, machine]);
        assert_eq!(samples.rows["a"].calls["tokio"], 2.5);
        assert_eq!(samples.machine["cores"], "2");
    }

    #[test]
    fn a_line_that_is_none_of_ours_is_named() {
        for (line, part) in [
            ("{\"rows\":1}", "line 2: no row"),
            ("spawn_join 3", "line 2: "),
            ("{\"row\":\"a\",\"peer\":\"tokio\"}", "line 2: `unit`"),
        ] {
            let error = Samples::read(&format!("\n{line}")).expect_err(line);
            assert!(error.contains(part), "{error}");
        }
    }
}
