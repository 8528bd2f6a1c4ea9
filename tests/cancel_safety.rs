//! Each row of `docs/cancel-safety.md`, shown: the future is dropped after every number of polls and
//! under every order of what its peer does, the operation is done anew, and what came of both is what
//! the row's class promises.
#![cfg(target_os = "linux")]

mod support;

#[path = "cancel_safety/drive.rs"]
mod drive;

#[path = "cancel_safety/places.rs"]
mod places;

#[path = "cancel_safety/channels.rs"]
mod channels;
#[path = "cancel_safety/files.rs"]
mod files;
#[path = "cancel_safety/locks.rs"]
mod locks;
#[path = "cancel_safety/processes.rs"]
mod processes;
#[path = "cancel_safety/sockets.rs"]
mod sockets;
#[path = "cancel_safety/streams.rs"]
mod streams;
#[path = "cancel_safety/tasks.rs"]
mod tasks;

use std::collections::BTreeSet;

use support::Watchdog;

/// A row of the page: where and what, and its case.
type Case = (&'static str, &'static str, fn());

const PAGE: &str = include_str!("../docs/cancel-safety.md");

const ALL: [&[Case]; 7] = [
    channels::CASES,
    files::CASES,
    locks::CASES,
    processes::CASES,
    sockets::CASES,
    streams::CASES,
    tasks::CASES,
];

#[track_caller]
fn run(cases: &[Case]) {
    let _watchdog = Watchdog::new();
    for (place, name, case) in cases {
        let outcome = std::panic::catch_unwind(case);
        assert!(outcome.is_ok(), "{place}, {name}: see above");
    }
}

#[test]
fn channels_keep_what_they_promise() {
    run(channels::CASES);
}

#[test]
fn locks_keep_what_they_promise() {
    run(locks::CASES);
}

#[test]
fn tasks_and_timers_keep_what_they_promise() {
    run(tasks::CASES);
}

#[test]
fn streams_keep_what_they_promise() {
    run(streams::CASES);
}

#[test]
fn sockets_keep_what_they_promise() {
    run(sockets::CASES);
}

#[test]
fn files_keep_what_they_promise() {
    run(files::CASES);
}

#[test]
fn processes_and_signals_keep_what_they_promise() {
    run(processes::CASES);
}

#[test]
fn each_row_of_the_page_has_its_case_and_each_case_its_row() {
    let rows = PAGE.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (place, name) = (cells.next()?, cells.next()?);
        Some((place, name.strip_prefix('`')?.strip_suffix('`')?))
    });
    // What exists on Windows only is not here.
    let rows: BTreeSet<_> = rows
        .filter(|(place, _)| !place.contains("windows"))
        .collect();
    let cases = ALL.into_iter().flatten();
    let cases: BTreeSet<_> = cases.map(|(place, name, _)| (*place, *name)).collect();
    let without: Vec<_> = rows.difference(&cases).collect();
    assert!(without.is_empty(), "rows without a case: {without:#?}");
    let old: Vec<_> = cases.difference(&rows).collect();
    assert!(old.is_empty(), "cases without a row: {old:#?}");
    assert!(rows.len() > 150, "the page was read");
}
