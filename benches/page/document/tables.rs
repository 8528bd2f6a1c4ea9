//! The tables of the page.

use super::{Material, line, plot};
use crate::figures;
use crate::gates::Of;
use crate::judged::{Judged, Judgement, Standing, mean};
use crate::peers::{self, OURS, Peer, REFERENCE};
use crate::plots;
use crate::samples::{Row, Sample};
use crate::statistics::Estimate;

/// A group: its plot, its table, and what its rows do.
pub(super) fn group(page: &mut String, material: &Material<'_>, group: &str) {
    let rows = material.judgement.of_group(group);
    let mut title = format!("## {group}\n");
    if let Some((mean, count)) = mean(rows.iter().copied()) {
        let mean = figures::ratio(mean);
        title += &format!("\n{mean} of tokio's cost over {count} rows.\n");
    }
    line(page, &title);
    plot(page, material, &plots::ratios_of(group));
    let names = rows
        .iter()
        .filter_map(|row| row.row)
        .flat_map(|row| row.peers.keys());
    let peers = peers::among(names);
    if !peers.is_empty() {
        table(page, &rows, &peers);
    }
    let absent = rows.iter().filter(|row| row.row.is_none());
    let absent: Vec<String> = absent.map(|row| format!("`{}`", row.name)).collect();
    if !absent.is_empty() {
        line(
            page,
            &format!("Not measured here: {}.\n", absent.join(", ")),
        );
    }
    line(page, "<details><summary>What the rows do</summary>\n");
    let mut last = None;
    for row in &rows {
        if last.replace(&row.gate.what) != Some(&row.gate.what) {
            let names = row.gate.names.join("`, `");
            line(
                page,
                &format!("- {} `{names}`: {}", row.gate.number, row.gate.what),
            );
        }
    }
    line(page, "\n</details>\n");
}

fn table(page: &mut String, rows: &[&Judged<'_>], peers: &[Peer]) {
    let mut head = String::from("| row | ");
    let mut rule = String::from("|---|");
    for peer in peers {
        head += &format!("{} | ", if peer.name == OURS { "ours" } else { peer.name });
        rule += "--:|";
    }
    head += "÷ tokio | 95 % | gate | aim | verdict | best peer |";
    rule += "--:|:-:|--:|--:|---|---|";
    line(page, &format!("{head}\n{rule}"));
    for row in rows.iter() {
        if let Some(measured) = row.row {
            line(page, &table_line(row, measured, peers));
        }
    }
    page.push('\n');
}

fn table_line(row: &Judged<'_>, measured: &Row, peers: &[Peer]) -> String {
    let mut cells = vec![format!("`{}`", row.name)];
    for peer in peers {
        let figure = measured.estimate(peer.name, |sample| Some(sample.value));
        let shown = |it: Estimate| figures::shown(it.median, &measured.unit);
        cells.push(figure.map_or_else(nothing, shown));
    }
    cells.push(
        row.ratio
            .map_or_else(nothing, |it| format!("**{}**", figures::ratio(it.median))),
    );
    cells.push(row.ratio.map_or_else(nothing, interval));
    cells.push(row.gate.shown(row.gate.gate));
    cells.push(row.gate.shown(row.gate.aim));
    cells.push(row.verdict.to_string());
    cells.push(best(row));
    format!("| {} |", cells.join(" | "))
}

fn nothing() -> String {
    "–".to_owned()
}

fn interval(estimate: Estimate) -> String {
    format!(
        "{}–{}",
        figures::ratio(estimate.low),
        figures::ratio(estimate.high)
    )
}

fn best(row: &Judged<'_>) -> String {
    let Some(best) = row.best else {
        return nothing();
    };
    let ratio = figures::ratio(best.ratio.median);
    let words = match best.standing() {
        Standing::Ahead => "ahead",
        Standing::Level => "level",
        Standing::Behind => "**behind**",
    };
    format!("{} {ratio} {words}", best.peer)
}

/// What a gate bounds.
pub(super) fn against_gate(row: &Judged<'_>) -> String {
    let own = |measured: &Row| measured.estimate(OURS, |sample| Some(sample.value));
    match row.gate.of {
        Of::Tokio => row.ratio.map_or_else(nothing, |it| {
            format!("{} of tokio ({})", figures::ratio(it.median), interval(it))
        }),
        Of::Itself => row.row.and_then(own).map_or_else(nothing, |it| {
            format!("{} %", figures::three_digits(it.median))
        }),
    }
}

/// CPU time, switches and system calls of the rows that report them.
pub(super) fn costs(page: &mut String, judgement: &Judgement<'_>) {
    let has_costs = |row: &Row| {
        let cpu = row.estimate(OURS, |sample| sample.cpu);
        cpu.is_some() || !row.calls.is_empty()
    };
    let rows = judgement.rows.iter().filter(|row| row.gate.costs);
    let rows = rows.filter_map(|row| Some((row, row.row?)));
    let rows: Vec<_> = rows.filter(|(_, row)| has_costs(row)).collect();
    if rows.is_empty() {
        return;
    }
    line(page, "## What it costs besides time\n");
    line(
        page,
        "Speed that is bought with spinning is none. CPU time, voluntary context switches and system \
         calls of the process under test, an operation; a second where the row counts by the second. \
         System calls are counted in a run of their own, under `strace`.\n",
    );
    line(
        page,
        "| row | CPU, ours | tokio | ÷ | switches, ours | tokio | calls, ours | tokio |",
    );
    line(page, "|---|--:|--:|--:|--:|--:|--:|--:|");
    for (judged, row) in rows {
        line(page, &cost_line(judged, row));
    }
    page.push('\n');
}

fn cost_line(judged: &Judged<'_>, row: &Row) -> String {
    let of =
        |peer: &str, figure: fn(&Sample) -> Option<f64>| Some(row.estimate(peer, figure)?.median);
    let cpu = [OURS, REFERENCE].map(|peer| of(peer, |sample| sample.cpu));
    let switches = [OURS, REFERENCE].map(|peer| of(peer, |sample| sample.switches));
    let calls = [OURS, REFERENCE].map(|peer| row.calls.get(peer).copied());
    let time = |cpu: f64| match judged.gate.a_second {
        true => format!("{} a second", figures::shown(cpu * 1e3, "ns")),
        false => figures::shown(cpu, "ns"),
    };
    let count = |count: f64| figures::three_digits((count * 1_000.0).round() / 1_000.0);
    let quotient = row.quotient(OURS, REFERENCE, |sample| sample.cpu);
    let ratio = quotient.map_or_else(nothing, |it| figures::ratio(it.median));
    let cell =
        |value: Option<f64>, shown: &dyn Fn(f64) -> String| value.map_or_else(nothing, shown);
    let cells = [
        format!("`{}`", judged.name),
        cell(cpu[0], &time),
        cell(cpu[1], &time),
        ratio,
        cell(switches[0], &count),
        cell(switches[1], &count),
        cell(calls[0], &count),
        cell(calls[1], &count),
    ];
    format!("| {} |", cells.join(" | "))
}
