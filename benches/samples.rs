//! Every single sample, as a line of JSON: what the report is made from.
//!
//! A line is one of
//! `{"row":…,"peer":…,"turn":…,"unit":…,"value":…,"cpu":…,"switches":…,"operations":…,"calls":null}`,
//! `{"distribution":…,"peer":…,"turn":…,"unit":…,"percentiles":[[share,value],…]}` and
//! `{"curve":…,"peer":…,"x":…,"turn":…,"unit":…,"value":…}`. System calls are counted from outside
//! of the process, so `calls` is left to whoever does that.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::row::Figure;

/// The file, if one is wanted.
#[derive(Debug)]
pub(crate) struct Samples(Option<File>);

impl Samples {
    /// No file.
    pub(crate) fn nowhere() -> Samples {
        Samples(None)
    }

    /// Begins the file anew, or goes on with what stands there.
    pub(crate) fn open(path: &Path, goes_on: bool) -> Samples {
        let mut options = File::options();
        let options = match goes_on {
            true => options.append(true),
            false => options.write(true).create(true).truncate(true),
        };
        let file = options.open(path);
        Samples(Some(
            file.unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        ))
    }

    pub(crate) fn write(&mut self, peer: &str, turn: usize, figure: &Figure) {
        self.line(&json!({
            "row": figure.row,
            "peer": peer,
            "turn": turn,
            "unit": figure.unit,
            "value": figure.value,
            "cpu": figure.cpu,
            "switches": figure.switches,
            "operations": figure.operations,
            "calls": null,
        }));
        if !figure.percentiles.is_empty() {
            self.line(&json!({
                "distribution": figure.row,
                "peer": peer,
                "turn": turn,
                "unit": figure.unit,
                "percentiles": figure.percentiles,
            }));
        }
    }

    /// A point of a curve, in nanoseconds.
    pub(crate) fn write_point(&mut self, curve: &str, peer: &str, x: u64, turn: usize, value: f64) {
        self.line(&json!({
            "curve": curve,
            "peer": peer,
            "x": x,
            "turn": turn,
            "unit": "ns",
            "value": value,
        }));
    }

    /// Written at once, so that what stands is whole if a later row fails.
    fn line(&mut self, line: &Value) {
        if let Some(file) = &mut self.0 {
            writeln!(file, "{line}").expect("the file of samples can be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Figure, Samples};

    #[test]
    fn a_sample_is_a_line_and_its_distribution_another() {
        let path = std::env::temp_dir().join(format!("samples-{}", std::process::id()));
        let mut samples = Samples::open(&path, false);
        let mut figure = Figure::new("mutex", "ns", 1.5);
        figure.cpu = Some(2.0);
        figure.percentiles = vec![(0.5, 1.0), (1.0, 3.25)];
        samples.write("tokio", 4, &figure);
        drop(samples);
        let mut samples = Samples::open(&path, true);
        samples.write_point("spawn", "runtime", 100, 0, 7.0);
        let written = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let lines: Vec<Value> = written.lines().map(|l| l.parse().unwrap()).collect();
        let expected = [
            json!({"row": "mutex", "peer": "tokio", "turn": 4, "unit": "ns", "value": 1.5,
                "cpu": 2.0, "switches": null, "operations": null, "calls": null}),
            json!({"distribution": "mutex", "peer": "tokio", "turn": 4, "unit": "ns",
                "percentiles": [[0.5, 1.0], [1.0, 3.25]]}),
            json!({"curve": "spawn", "peer": "runtime", "x": 100, "turn": 0, "unit": "ns",
                "value": 7.0}),
        ];
        assert_eq!(lines, expected);
    }
}
