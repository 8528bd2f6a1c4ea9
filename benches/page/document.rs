//! The page: `report.md`.
//!
//! It holds no date, so it changes only when a figure, a gate or a note does. What people write
//! about rows comes from the notes; everything else is made here, and edits to the page are lost.

mod tables;

use std::fmt::Write;

use crate::figures;
use crate::gates::Verdict;
use crate::judged::{Judged, Judgement, Standing};
use crate::machine;
use crate::notes::Notes;
use crate::peers::REFERENCE;
use crate::plots::{self, Plot};
use crate::samples::Samples;

/// Everything that the page is made of.
#[derive(Debug)]
pub(crate) struct Material<'a> {
    pub(crate) samples: &'a Samples,
    pub(crate) judgement: &'a Judgement<'a>,
    pub(crate) notes: &'a Notes,
    pub(crate) plots: &'a [Plot],
    /// The table of whole applications, which another command has made.
    pub(crate) apps: Option<&'a str>,
}

/// The page as Markdown.
pub(crate) fn page(material: &Material<'_>) -> String {
    let mut page = String::from(
        "# Performance\n\n<!-- Made by `cargo xtask bench-report`: edits are lost. Notes on rows go \
         into notes.md. -->\n\n",
    );
    head(&mut page, material.judgement);
    plot(&mut page, material, plots::OVERVIEW);
    missed(&mut page, material);
    for group in material.judgement.groups() {
        tables::group(&mut page, material, group);
    }
    if let Some(table) = material.apps {
        line(&mut page, "## Applications\n");
        line(
            &mut page,
            "Written by others' libraries: [apps.md](apps.md).\n",
        );
        line(&mut page, table);
    }
    tables::costs(&mut page, material.judgement);
    others(&mut page, material, "Growth", plots::CURVE);
    others(&mut page, material, "Distributions", plots::DISTRIBUTION);
    method(&mut page, material);
    page
}

/// What stands between the marks of `apps.md`.
pub(crate) fn applications(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<!-- apps -->\n")?;
    Some(rest.split_once("<!-- /apps -->")?.0)
}

/// What one reads if one reads nothing else.
fn head(page: &mut String, judgement: &Judgement<'_>) {
    let means = [
        (false, "that are the runtime's own"),
        (true, "that are mostly the kernel's"),
    ];
    let mean = |(kernel, which): (bool, &str)| {
        let (mean, count) = judgement.mean(kernel)?;
        let mean = figures::ratio(mean);
        Some(format!("**{mean}** over the {count} rows {which}"))
    };
    let means: Vec<String> = means.into_iter().filter_map(mean).collect();
    if !means.is_empty() {
        line(
            page,
            &format!("Of tokio's cost (geometric means): {}.", means.join(", ")),
        );
    }
    let counts = [
        (Verdict::AheadOfAim, "are ahead of their aim"),
        (Verdict::Holds, "hold their gate"),
        (Verdict::Missed, "miss it"),
        (Verdict::NotMeasured, "are not measured here"),
    ];
    let counts = counts.map(|(verdict, words)| format!("{} {words}", judgement.count(verdict)));
    let standings = [
        (Standing::Ahead, "are ahead of their best peer"),
        (Standing::Level, "are level with it"),
        (Standing::Behind, "are behind it"),
    ];
    let standings =
        standings.map(|(standing, words)| format!("{} {words}", judgement.standing(standing)));
    let (counts, standings) = (counts.join(", "), standings.join(", "));
    line(
        page,
        &format!(
            "Of the rows {counts}; {standings}. What the runs before had: [runs.md](runs.md).\n"
        ),
    );
}

/// A plot by the name of its file, if it was drawn.
fn plot(page: &mut String, material: &Material<'_>, file: &str) {
    if let Some(plot) = material.plots.iter().find(|plot| plot.file == file) {
        line(page, &format!("![{}]({})\n", plot.words, plot.file));
    }
}

/// All plots of a kind.
fn others(page: &mut String, material: &Material<'_>, title: &str, kind: &str) {
    let plots = material
        .plots
        .iter()
        .filter(|plot| plot.file.starts_with(kind));
    let plots: Vec<&Plot> = plots.collect();
    if plots.is_empty() {
        return;
    }
    line(page, &format!("## {title}\n"));
    for plot in plots {
        line(page, &format!("![{}]({})\n", plot.words, plot.file));
    }
}

/// Rows that miss their gate or are behind a peer, with what somebody has written on them.
fn missed(page: &mut String, material: &Material<'_>) {
    let is_behind = |row: &Judged<'_>| {
        let best = row.best.filter(|best| best.standing() == Standing::Behind);
        row.verdict == Verdict::Missed || best.is_some()
    };
    let rows = material.judgement.rows.iter().filter(|row| is_behind(row));
    let rows: Vec<&Judged<'_>> = rows.collect();
    if rows.is_empty() {
        return;
    }
    line(page, "## Missed or behind, and why\n");
    for row in rows {
        let note = material.notes.on(row.name).unwrap_or("No explanation yet.");
        let note = note.replace('\n', "\n  ");
        line(
            page,
            &format!("- **{}**: {}. {note}", row.name, shortfall(row)),
        );
    }
    page.push('\n');
}

/// What a row lacks.
fn shortfall(row: &Judged<'_>) -> String {
    let mut parts = Vec::new();
    if row.verdict == Verdict::Missed {
        let figure = tables::against_gate(row);
        parts.push(format!("{figure}, gate {}", row.gate.shown(row.gate.gate)));
    }
    let behind = row.best.filter(|best| best.standing() == Standing::Behind);
    // A missed gate has named tokio already.
    if let Some(best) = behind.filter(|best| parts.is_empty() || best.peer != REFERENCE) {
        let ratio = figures::ratio(best.ratio.median);
        parts.push(format!("{ratio} of {}", best.peer));
    }
    parts.join("; ")
}

/// How to read it and make it anew.
fn method(page: &mut String, material: &Material<'_>) {
    line(page, "## How it was measured\n");
    line(
        page,
        "A sample is a fresh runtime, one short run to warm it up, and one run that counts; of a row \
         that is hard to decide, also six runs, which alternate with tokio's. The peers \
         take turns, so that what else the machine does hits all of them; a ratio is taken within a \
         turn, and the table has the median of these with its 95 % interval, made of order statistics \
         (of fewer than six turns: the extremes). A ratio is ours ÷ theirs, or theirs ÷ ours where \
         more is better: lower is ahead. A gate holds if the median is at most the gate, or if the \
         interval holds the gate and is narrower than ±3 %. The best peer is the one with the best \
         median; *level* means that the interval holds 1. `cargo xtask bench-report` makes this page \
         anew; [benches/README.md](../../benches/README.md) says what else there is.\n",
    );
    let facts = machine::FACTS.iter().filter_map(|name| {
        let fact = material.samples.machine.get(*name)?;
        Some(format!("| {name} | {fact} |"))
    });
    let facts: Vec<String> = facts.collect();
    if !facts.is_empty() {
        line(page, "| machine | |\n|---|---|");
        line(page, &facts.join("\n"));
    }
    let strangers = &material.judgement.without_gate;
    if !strangers.is_empty() {
        line(
            page,
            &format!("\nMeasured without a gate: {}.", strangers.join(", ")),
        );
    }
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("a string takes everything");
}
