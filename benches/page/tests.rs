//! The whole way, from samples to the page.

use serde_json::{Value, json};

use crate::document::{self, Material};
use crate::gates::{self, Gate};
use crate::hello;
use crate::judged::Judgement;
use crate::notes::Notes;
use crate::peers;
use crate::plots::{self, Plot};
use crate::runs;
use crate::samples::Samples;

/// Samples of every row in `gates.toml`, with noise that is the same each time.
fn plausible(gates: &[Gate]) -> Samples {
    let mut noise = Noise(1);
    let mut lines = vec![json!({"machine": {"cores": "2", "tokio": "1.54.1"}})];
    let names = gates
        .iter()
        .flat_map(|gate| gate.names.iter().map(move |name| (gate, name)));
    for (gate, row) in names {
        let unit = if gate.of == gates::Of::Itself {
            "%"
        } else {
            "ns"
        };
        for turn in 0..9 {
            for (peer, factor) in [("runtime", gate.aim), ("tokio", 1.0), ("go", 0.7)] {
                let mut line = sample(row, peer, 90.0 * factor * noise.next());
                line["turn"] = json!(turn);
                line["unit"] = json!(unit);
                line["switches"] = json!(0.5);
                lines.push(line);
            }
        }
    }
    for (peer, value) in [("runtime", 50.0), ("tokio", 200.0)] {
        for x in [10, 1_000, 100_000] {
            let point = json!({"curve": "spawn", "peer": peer, "x": x, "turn": 0, "unit": "ns"});
            lines.push(with(point, "value", json!(value)));
        }
        let tail = json!([[0.5, value], [0.999, 9e6], [1.0, 5e7]]);
        let line = json!({"distribution": "hostage_start", "peer": peer, "turn": 0, "unit": "ns"});
        lines.push(with(line, "percentiles", tail));
    }
    read(&lines)
}

/// The first sample of a row in nanoseconds.
fn sample(row: &str, peer: &str, value: f64) -> Value {
    json!({"row": row, "peer": peer, "turn": 0, "unit": "ns", "value": value, "cpu": value})
}

fn with(mut line: Value, key: &str, value: Value) -> Value {
    line[key] = value;
    line
}

fn read(lines: &[Value]) -> Samples {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    Samples::read(&lines.join("\n")).expect("the lines are sound")
}

/// Factors around one.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        0.95 + (self.0 >> 33) as f64 / (1_u64 << 31) as f64 / 10.0
    }
}

/// The page and its plots.
fn draw(samples: &Samples, notes: &str) -> (String, Vec<Plot>) {
    let gates = gates::read(crate::GATES).expect("gates.toml is sound");
    let judgement = Judgement::new(samples, &gates);
    let plots = plots::all(samples, &judgement);
    let page = document::page(&Material {
        samples,
        judgement: &judgement,
        notes: &Notes::read(notes),
        plots: &plots,
        apps: document::applications("Words.\n<!-- apps -->\n| `web` |\n<!-- /apps -->\n"),
    });
    (page, plots)
}

#[test]
fn each_row_has_a_gate_and_each_gate_a_row() {
    let gates = gates::read(include_str!("../gates.toml")).expect("gates.toml");
    let mut gated: Vec<String> = gates.into_iter().flat_map(|gate| gate.names).collect();
    let rows = runtime_benches::row::all().into_iter();
    let mut rows: Vec<String> = rows.flat_map(|row| row.names).map(str::to_owned).collect();
    // Builds are no work for `compare`.
    gated.retain(|name| !hello::ROWS.contains(&name.as_str()));
    gated.sort();
    rows.sort();
    assert_eq!(gated, rows);
}

#[test]
fn each_row_and_each_plot_is_on_the_page() {
    let gates = gates::read(crate::GATES).expect("gates.toml is sound");
    let samples = plausible(&gates);
    let (page, plots) = draw(&samples, "");
    for row in samples.rows.keys() {
        assert!(page.contains(&format!("| `{row}` |")), "{row}");
    }
    let groups = Judgement::new(&samples, &gates).groups().len();
    assert_eq!(
        plots.len(),
        groups + 3,
        "an overview, a curve, a distribution"
    );
    for plot in &plots {
        assert!(page.contains(&format!("]({})", plot.file)), "{}", plot.file);
        assert!(plot.svg.starts_with("<svg") && plot.svg.trim_end().ends_with("</svg>"));
    }
    assert!(page.contains("## Applications\n") && page.contains("\n| `web` |\n"));
    assert!(page.contains("| cores | 2 |"));
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn the_same_samples_make_the_same_page() {
    let gates = gates::read(crate::GATES).expect("gates.toml is sound");
    let (page, plots) = draw(&plausible(&gates), "");
    let (again, plots_again) = draw(&plausible(&gates), "");
    assert_eq!(page, again);
    assert!(
        plots
            .iter()
            .zip(&plots_again)
            .all(|(plot, again)| plot.svg == again.svg)
    );
}

#[test]
fn a_page_of_nothing_says_that_nothing_was_measured() {
    let (page, plots) = draw(&Samples::default(), "");
    assert!(plots.is_empty());
    assert!(page.contains("Of the rows 0 are ahead of their aim, 0 hold their gate, 0 miss it"));
    assert!(!page.contains("| row |") && !page.contains("!["));
}

#[test]
fn a_missed_row_stands_there_with_its_note() {
    let samples = read(&[
        sample("spawn_join", peers::OURS, 9.0),
        sample("spawn_join", peers::REFERENCE, 10.0),
        sample("spawn_join", "go", 3.0),
    ]);
    let (page, _) = draw(&samples, "# Notes\n\n## `spawn_join`\n\nBecause of this.\n");
    let expected = "- **spawn_join**: 0.90 of tokio (0.90–0.90), gate 0.5; 3.00 of go. Because of \
                    this.\n";
    assert!(page.contains(expected), "{page}");
    let (page, _) = draw(&samples, "");
    assert!(page.contains("3.00 of go. No explanation yet.\n"));
}

#[test]
fn a_run_leaves_its_means_and_the_rows_that_it_missed() {
    let gates = gates::read(crate::GATES).expect("the gates are sound");
    let mut lines = vec![json!({"machine": {"commit": "abc", "processor": "a mill"}})];
    for (row, ours) in [("spawn_join", 10.0), ("mutex", 95.0)] {
        for turn in 0..9 {
            for (peer, value) in [("runtime", ours), ("tokio", 100.0)] {
                let mut line = sample(row, peer, value);
                line["turn"] = json!(turn);
                lines.push(line);
            }
        }
    }
    let samples = read(&lines);
    let judgement = Judgement::new(&samples, &gates);
    assert_eq!(
        runs::row(&samples, &judgement, "2026-01-01 10:00"),
        "| 2026-01-01 10:00 | abc | a mill | 0.31 | – | 1 | 0 | 1 | mutex 0.95 |"
    );
}
