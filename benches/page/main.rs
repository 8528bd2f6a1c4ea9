//! `report`: the page on performance and its plots, out of samples that `compare` has written.
//!
//! `cargo xtask bench-report` runs it; by hand it is `cargo run -p runtime-benches --bin report --`
//! and one of
//!
//! | arguments | what it does |
//! |---|---|
//! | `draw SAMPLES FOLDER [README]` | writes `report.md` and its plots, and the table in the README |
//! | `keep SAMPLES RUNS` | adds a row about this run to the table of runs |
//! | `facts SAMPLES` | adds a line about this machine and this checkout to the samples |
//! | `hello SAMPLES TURNS` | adds what it takes to build a program that says hello |
//! | `undecided SAMPLES` | prints the rows of which nobody can tell on which side of their gate they are |
//! | `calls SAMPLES COMPARE` | adds system calls an operation, by running that binary under `strace` |
//!
//! # Where things are
//! - `samples` reads the lines, `statistics` says what they are worth.
//! - `gates` knows `gates.toml` and the rule; `judged` puts each row beside its gate.
//! - `document` writes the page, `plots` chooses what is drawn, `charts` draws it.
//! - `brigade` is the table in the README, `notes` what people have written on rows, `runs` what
//!   stays of each run.
//! - `machine`, `hello` and `calls` add to the samples what `compare` does not know.

mod brigade;

mod calls;

mod charts;

mod document;

mod figures;

mod gates;

mod hello;

mod judged;

mod machine;

mod notes;

mod peers;

mod plots;

mod runs;

mod samples;

mod statistics;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use document::Material;
use judged::Judgement;
use notes::Notes;
use samples::Samples;

const GATES: &str = include_str!("../gates.toml");

const USAGE: &str = "report draw SAMPLES FOLDER [README] | keep SAMPLES RUNS | facts SAMPLES \
                     | hello SAMPLES TURNS | undecided SAMPLES | calls SAMPLES COMPARE";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["draw", samples, folder] => draw(samples, folder, None),
        ["draw", samples, folder, readme] => draw(samples, folder, Some(readme)),
        ["keep", samples, runs] => keep(samples, runs),
        ["facts", samples] => append(samples, &[machine::line()]),
        ["hello", samples, turns] => turns
            .parse()
            .map_err(|_| USAGE.to_owned())
            .and_then(hello::measure)
            .and_then(|lines| append(samples, &lines)),
        ["undecided", samples] => print_undecided(samples),
        ["calls", samples, compare] => count(samples, compare),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("report: {error}");
            ExitCode::FAILURE
        }
    }
}

fn draw(samples: &str, folder: &str, readme: Option<&str>) -> Result<(), String> {
    let samples = Samples::read(&read(samples)?)?;
    let gates = gates::read(GATES)?;
    let judgement = Judgement::new(&samples, &gates);
    let folder = Path::new(folder);
    let notes = Notes::read(&fs::read_to_string(folder.join("notes.md")).unwrap_or_default());
    let apps = fs::read_to_string(folder.join("apps.md")).unwrap_or_default();
    let plots = plots::all(&samples, &judgement);
    let material = Material {
        samples: &samples,
        judgement: &judgement,
        notes: &notes,
        plots: &plots,
        apps: document::applications(&apps),
    };
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    remove_plots(folder)?;
    for plot in &plots {
        write(&folder.join(&plot.file), &plot.svg)?;
    }
    write(&folder.join("report.md"), &document::page(&material))?;
    if let Some(readme) = readme {
        if let Some(text) = brigade::merge(&read(readme)?, &samples) {
            write(Path::new(readme), &text)?;
        }
    }
    warn(&material);
    Ok(())
}

/// What the table of runs says of these samples, now.
fn keep(samples: &str, runs: &str) -> Result<(), String> {
    let samples = Samples::read(&read(samples)?)?;
    let gates = gates::read(GATES)?;
    let judgement = Judgement::new(&samples, &gates);
    let moment = machine::moment().unwrap_or_default();
    append(runs, &[runs::row(&samples, &judgement, &moment)])
}

fn print_undecided(samples: &str) -> Result<(), String> {
    let samples = Samples::read(&read(samples)?)?;
    let gates = gates::read(GATES)?;
    let judgement = Judgement::new(&samples, &gates);
    let rows = judgement.rows.iter().filter(|row| row.is_undecided());
    rows.for_each(|row| println!("{}", row.name));
    Ok(())
}

/// Plots of rows that are gone must not stay.
fn remove_plots(folder: &Path) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    for path in paths.filter(|path| path.extension().is_some_and(|it| it == "svg")) {
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Names that only one side knows.
fn warn(material: &Material<'_>) {
    for row in &material.judgement.without_gate {
        eprintln!("report: {row} is measured, but not in gates.toml");
    }
    let samples = material
        .samples
        .rows
        .values()
        .flat_map(|row| row.peers.keys());
    let curves = material
        .samples
        .curves
        .values()
        .flat_map(|curve| curve.peers.keys());
    let mut strangers: Vec<&String> = samples.chain(curves).collect();
    strangers.retain(|peer| !peers::is_known(peer));
    strangers.sort();
    strangers.dedup();
    for peer in strangers {
        eprintln!("report: the peer {peer} is not in peers.rs, and not on the page");
    }
    let rows = &material.judgement.rows;
    let is_row = |name: &str| rows.iter().any(|row| row.name == name);
    for row in material.notes.rows().filter(|name| !is_row(name)) {
        eprintln!("report: there is a note on {row}, which is no row");
    }
}

fn count(samples: &str, compare: &str) -> Result<(), String> {
    if !calls::can_be_counted() {
        eprintln!("report: there is no strace here, so no system call is counted");
        return Ok(());
    }
    let gates = gates::read(GATES)?;
    let measured = Samples::read(&read(samples)?)?;
    let names = gates
        .iter()
        .filter(|gate| gate.costs)
        .flat_map(|gate| &gate.names);
    for row in names.filter(|name| measured.rows.contains_key(*name)) {
        for peer in [peers::OURS, peers::REFERENCE] {
            match calls::count(Path::new(compare), row, peer) {
                Ok(line) => append(samples, &[line])?,
                Err(error) => eprintln!("report: {row}, {peer}: {error}"),
            }
        }
    }
    Ok(())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn append(path: &str, lines: &[String]) -> Result<(), String> {
    let file = fs::OpenOptions::new().append(true).open(path);
    let mut file = file.map_err(|error| format!("{path}: {error}"))?;
    lines
        .iter()
        .try_for_each(|line| writeln!(file, "{line}"))
        .map_err(|error| error.to_string())
}
