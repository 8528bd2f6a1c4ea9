//! `h2o`, `cancel`, `threads_vs_tasks`: what needs no network.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::stdout_of;
use crate::support::{Watchdog, example, program, run};

#[test]
fn h2o_makes_each_molecule_of_two_hydrogen_and_one_oxygen() {
    let _watchdog = Watchdog::new();
    for molecules in [0, 1, 2, 1000] {
        let text = stdout_of(&run("h2o", &[&molecules.to_string()]));
        assert_eq!(text.lines().count(), molecules);
        for line in text.lines() {
            let mut atoms: Vec<char> = line.chars().collect();
            atoms.sort_unstable();
            assert_eq!(atoms, ['H', 'H', 'O'], "{line}");
        }
    }
    assert_eq!(stdout_of(&run("h2o", &[])).lines().count(), 10);
}

fn cancel(seconds: &str) -> Child {
    program(example("cancel"))
        .arg(seconds)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Each lease was released, and the last line says how it ended.
#[track_caller]
fn assert_all_released(text: &str, outcome: &str) {
    for worker in 1..=3 {
        let line = format!("worker {worker} released its lease");
        assert_eq!(
            text.lines().filter(|other| **other == line).count(),
            1,
            "{text}"
        );
    }
    let last = format!("{outcome}: 3 of 3 leases are free");
    assert_eq!(text.lines().last(), Some(last.as_str()), "{text}");
}

#[test]
fn enter_cancels_the_work_and_all_of_it_is_released() {
    let _watchdog = Watchdog::new();
    let mut child = cancel("3600");
    let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
    let mut text = String::new();
    stdout.read_line(&mut text).expect("a line");
    assert_eq!(text, "working; Enter cancels\n");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(b"\n").expect("sent");
    stdout.read_to_string(&mut text).expect("the rest");
    assert!(child.wait().expect("it ends").success());
    assert_all_released(&text, "cancelled");
}

#[test]
fn without_enter_the_work_runs_to_its_end_and_waits_for_nobody() {
    let _watchdog = Watchdog::new();
    // Standard input stays open, and says nothing.
    let start = Instant::now();
    let mut child = cancel("1");
    let stdin = child.stdin.take();
    let output = child.wait_with_output().expect("it ends");
    assert_all_released(&stdout_of(&output), "done");
    assert!(start.elapsed() >= Duration::from_secs(1));
    drop(stdin);
    // At the end of standard input nobody can cancel any more.
    assert_all_released(&stdout_of(&run("cancel", &["0"])), "done");
    assert_all_released(&stdout_of(&run("cancel", &["1"])), "done");
}

#[test]
fn threads_vs_tasks_prints_the_table() {
    let _watchdog = Watchdog::new();
    let text = stdout_of(&run("threads_vs_tasks", &["50"]));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    for head in ["a thread", "a task", "thread / task"] {
        assert!(lines[0].contains(head), "{text}");
    }
    for (line, (what, unit)) in
        lines[1..]
            .iter()
            .zip([("create", "µs"), ("switch", "µs"), ("memory", "KiB")])
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, thread, thread_unit, task, task_unit, ratio] = words[..] else {
            panic!("{line}");
        };
        assert_eq!((name, thread_unit, task_unit), (what, unit, unit));
        for number in [thread, task, ratio] {
            assert!(
                number.parse::<f64>().is_ok_and(|number| number >= 0.0),
                "{line}"
            );
        }
    }
}
