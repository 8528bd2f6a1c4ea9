//! What a thread costs and what a task costs: the table in `README.md`, between its markers.
//!
//! It is the table by which Jim Blandy compared threads and tasks (context-switch, 2020): to create
//! one, to hand a byte to the next one, and the memory of one.

use crate::figures;
use crate::peers::{OURS, REFERENCE};
use crate::samples::Samples;

const BEGIN: &str = "<!-- brigade -->\n";
const END: &str = "<!-- /brigade -->";

/// What stands above the table.
const LEAD: &str = "\
A thread and a task, 500 of them in a row that hand a byte down, by the table of Jim Blandy (all rows
and peers are in [docs/performance/report.md](docs/performance/report.md)):

";

/// The rows of samples, and what they are called in the table.
const ROWS: [(&str, &str); 4] = [
    ("brigade_create", "to create one"),
    ("brigade_switch_pipes", "a switch, over pipes"),
    ("brigade_switch_channels", "a switch, over channels"),
    ("brigade_memory", "memory of one"),
];

const COLUMNS: [(&str, &str); 3] = [
    ("threads", "thread"),
    (REFERENCE, "tokio task"),
    (OURS, "task here"),
];

/// The text with the table between its markers; `None` if it has no markers, or if nothing was
/// measured.
pub(crate) fn merge(text: &str, samples: &Samples) -> Option<String> {
    let begin = text.find(BEGIN)? + BEGIN.len();
    let end = begin + text[begin..].find(END)?;
    let table = table(samples)?;
    Some(format!("{}{table}{}", &text[..begin], &text[end..]))
}

fn table(samples: &Samples) -> Option<String> {
    let lines: Vec<String> = ROWS.iter().filter_map(|row| line(samples, *row)).collect();
    let heads = COLUMNS.map(|(_, head)| head).join(" | ");
    let table = format!("{LEAD}| | {heads} |\n|---|--:|--:|--:|\n{}", lines.concat());
    (!lines.is_empty()).then_some(table)
}

fn line(samples: &Samples, (row, words): (&str, &str)) -> Option<String> {
    let row = samples.rows.get(row)?;
    let cell = |peer: &str| {
        let figure = row.estimate(peer, |sample| Some(sample.value));
        figure.map_or("–".to_owned(), |it| figures::shown(it.median, &row.unit))
    };
    let cells = COLUMNS.map(|(peer, _)| cell(peer)).join(" | ");
    Some(format!("| {words} | {cells} |\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Samples {
        let line = |row: &str, peer: &str, unit: &str, value: f64| {
            format!(r#"{{"row":"{row}","peer":"{peer}","turn":0,"unit":"{unit}","value":{value}}}"#)
        };
        let lines = [
            line("brigade_create", "threads", "ns", 17_000.0),
            line("brigade_create", "runtime", "ns", 250.0),
            line("brigade_memory", "tokio", "bytes", 420.0),
        ];
        Samples::read(&lines.join("\n")).expect("sound")
    }

    #[test]
    fn the_table_replaces_what_stands_between_the_markers() {
        let text = format!("before\n{BEGIN}old\n{END}\nafter\n");
        let merged = merge(&text, &samples()).expect("there are markers and figures");
        assert!(merged.starts_with("before\n") && merged.ends_with("\nafter\n"));
        assert!(
            merged.contains("| to create one | 17.0 µs | – | 250 ns |\n"),
            "{merged}"
        );
        assert!(
            merged.contains("| memory of one | – | 420 B | – |\n"),
            "{merged}"
        );
        assert!(!merged.contains("old"));
        assert_eq!(merge(&merged, &samples()).as_deref(), Some(merged.as_str()));
    }

    #[test]
    fn the_readme_has_the_markers() {
        let readme = include_str!("../../README.md");
        assert!(merge(readme, &samples()).is_some());
    }

    #[test]
    fn without_markers_or_figures_nothing_changes() {
        assert_eq!(merge("no markers", &samples()), None);
        let text = format!("{BEGIN}old\n{END}\n");
        assert_eq!(merge(&text, &Samples::default()), None);
    }
}
