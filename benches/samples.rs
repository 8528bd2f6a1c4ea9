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
        self.line(&[
            ("row", &text(&figure.row)),
            ("peer", &text(peer)),
            ("turn", &turn.to_string()),
            ("unit", &text(&figure.unit)),
            ("value", &number(figure.value)),
            ("cpu", &or_null(figure.cpu)),
            ("switches", &or_null(figure.switches)),
            ("calls", "null"),
        ]);
        if figure.percentiles.is_empty() {
            return;
        }
        let point = |(share, value): &(f64, f64)| format!("[{share},{}]", number(*value));
        let points: Vec<String> = figure.percentiles.iter().map(point).collect();
        self.line(&[
            ("distribution", &text(&figure.row)),
            ("peer", &text(peer)),
            ("turn", &turn.to_string()),
            ("unit", &text(&figure.unit)),
            ("percentiles", &format!("[{}]", points.join(","))),
        ]);
    }

    /// A point of a curve, in nanoseconds.
    pub(crate) fn write_point(&mut self, curve: &str, peer: &str, x: u64, turn: usize, value: f64) {
        self.line(&[
            ("curve", &text(curve)),
            ("peer", &text(peer)),
            ("x", &x.to_string()),
            ("turn", &turn.to_string()),
            ("unit", &text("ns")),
            ("value", &number(value)),
        ]);
    }

    /// Written at once, so that what stands is whole if a later row fails.
    fn line(&mut self, fields: &[(&str, &str)]) {
        let Some(file) = &mut self.0 else {
            return;
        };
        let field = |(name, value): &(&str, &str)| format!("\"{name}\":{value}");
        let fields: Vec<String> = fields.iter().map(field).collect();
        let written = writeln!(file, "{{{}}}", fields.join(","));
        written.expect("the file of samples can be written");
    }
}

/// Names of rows, peers and units are words of our own: there is nothing to escape.
fn text(word: &str) -> String {
    assert!(!word.contains(['"', '\\']), "{word} is a word");
    format!("\"{word}\"")
}

fn or_null(value: Option<f64>) -> String {
    value.map_or_else(|| String::from("null"), number)
}

/// JSON knows neither infinities nor what is no number.
fn number(value: f64) -> String {
    assert!(value.is_finite(), "a figure is a number");
    format!("{value}")
}

#[cfg(test)]
mod tests {
    use super::{Figure, Samples};

    #[test]
    fn a_sample_is_a_line_and_its_distribution_another() {
        let path = std::env::temp_dir().join(format!("samples-{}", std::process::id()));
        let mut samples = Samples::create(Some(&path));
        let mut figure = Figure::new("mutex", "ns", 1.5);
        figure.cpu = Some(2.0);
        figure.percentiles = vec![(0.5, 1.0), (1.0, 3.25)];
        samples.write("tokio", 4, &figure);
        samples.write_point("spawn", "runtime", 100, 0, 7.0);
        let written = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let expected = [
            r#"{"row":"mutex","peer":"tokio","turn":4,"unit":"ns","value":1.5,"#,
            r#""cpu":2,"switches":null,"calls":null}"#,
            "\n",
            r#"{"distribution":"mutex","peer":"tokio","turn":4,"unit":"ns","#,
            r#""percentiles":[[0.5,1],[1,3.25]]}"#,
            "\n",
            r#"{"curve":"spawn","peer":"runtime","x":100,"turn":0,"unit":"ns","value":7}"#,
            "\n",
        ];
        assert_eq!(written, expected.concat());
    }
}
