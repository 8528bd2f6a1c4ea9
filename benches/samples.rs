//! Every single sample, as a line of JSON: what the report is made from.
//!
//! A line is one of
//! `{"row":…,"peer":…,"turn":…,"unit":…,"value":…,"cpu":…,"switches":…,"calls":null}`,
//! `{"distribution":…,"peer":…,"turn":…,"unit":…,"percentiles":[[share,value],…]}` and
//! `{"curve":…,"peer":…,"x":…,"turn":…,"unit":…,"value":…}`. System calls are counted from outside
//! of the process, so `calls` is left to whoever does that.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::row::Figure;

/// The file, if one is wanted.
#[derive(Debug)]
pub(crate) struct Samples(Option<File>);

impl Samples {
    /// Begins the file anew.
    pub(crate) fn create(path: Option<&Path>) -> Samples {
        Samples(path.map(|path| {
            let created = File::create(path);
            created.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        }))
    }

    pub(crate) fn write(&mut self, peer: &str, turn: usize, figure: &Figure) {
        let Figure {
            row, unit, value, ..
        } = figure;
        let (cpu, switches) = (or_null(figure.cpu), or_null(figure.switches));
        let value = number(*value);
        self.line(&format!(
            r#"{{"row":"{row}","peer":"{peer}","turn":{turn},"unit":"{unit}","value":{value},"cpu":{cpu},"switches":{switches},"calls":null}}"#
        ));
        if figure.percentiles.is_empty() {
            return;
        }
        let point = |(share, value): &(f64, f64)| format!("[{share},{}]", number(*value));
        let points: Vec<String> = figure.percentiles.iter().map(point).collect();
        let points = points.join(",");
        self.line(&format!(
            r#"{{"distribution":"{row}","peer":"{peer}","turn":{turn},"unit":"{unit}","percentiles":[{points}]}}"#
        ));
    }

    pub(crate) fn write_point(
        &mut self,
        (curve, unit): (&str, &str),
        peer: &str,
        x: u64,
        turn: usize,
        value: f64,
    ) {
        let value = number(value);
        self.line(&format!(
            r#"{{"curve":"{curve}","peer":"{peer}","x":{x},"turn":{turn},"unit":"{unit}","value":{value}}}"#
        ));
    }

    /// Written at once, so that what stands is whole if a later row fails.
    fn line(&mut self, line: &str) {
        if let Some(file) = &mut self.0 {
            writeln!(file, "{line}").expect("the file of samples can be written");
        }
    }
}

fn or_null(value: Option<f64>) -> String {
    value.map_or_else(|| String::from("null"), number)
}

/// JSON knows neither infinities nor what is no number.
fn number(value: f64) -> String {
    assert!(value.is_finite(), "a figure is a number");
    format!("{value}")
}
