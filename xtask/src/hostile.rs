//! `cargo xtask hostile`: the tests of hostile peers and bad lines (`tests/hostile.rs`) in their
//! whole size.
//!
//! First all of them on the loopback of this machine; then those that a bad line concerns again,
//! in a network namespace whose line is bad by itself: there the kernel loses, reorders and holds
//! packets back, also those that open a connection, and nothing of ours takes part. A namespace
//! needs root, and `ip`, `tc` and `nft`: where one is missing the command says so, and ends well.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::process;

/// A bad line: what it is, what `RUNTIME_HOSTILE_LINE` says of it, the tests that run on it, and how
/// it is made.
struct Line {
    about: &'static str,
    does: &'static str,
    tests: &'static str,
    made_by: &'static [&'static str],
}

/// Packets as small as on a cable.
const UP: &str = "ip link set lo mtu 1500 up";
/// Each loss in a row would double the wait for the next turn, up to two minutes.
const EVEN: &str = "sysctl -q -w net.ipv4.tcp_thin_linear_timeouts=1";
const TABLE: &str = "nft add table inet hostile";
const INPUT: &str = "nft add chain inet hostile input { type filter hook input priority 0 ; }";
const OUTPUT: &str = "nft add chain inet hostile output { type filter hook output priority 0 ; }";

const LINES: [Line; 2] = [
    Line {
        about: "30 % lost, 1 Mbit a second, every fourth packet by a slower way",
        does: "loses",
        tests: "fault_059",
        made_by: &[
            UP,
            EVEN,
            "tc qdisc add dev lo root handle 1: htb default 1",
            "tc class add dev lo parent 1: classid 1:1 htb rate 1mbit burst 3k",
            "tc class add dev lo parent 1: classid 1:2 htb rate 256kbit burst 3k",
            TABLE,
            INPUT,
            OUTPUT,
            "nft add rule inet hostile input numgen random mod 10 lt 3 drop",
            "nft add rule inet hostile output numgen random mod 4 lt 1 meta priority set 1:2",
        ],
    },
    Line {
        about: "nothing arrives at the ports that a test names",
        does: "swallows",
        tests: "fault_056",
        made_by: &[UP, TABLE, INPUT],
    },
];

pub(crate) fn run() -> Result<(), String> {
    process::run(process::cargo().args(["build", "--quiet", "-p", "runtime", "--examples"]))?;
    let mut build = process::cargo();
    build.args(["test", "--quiet", "-p", "runtime", "--test", "hostile"]);
    build.args(["--no-run", "--message-format=json"]);
    let output = build.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| error.to_string())?;
    let programs = process::executables(&output.stdout);
    let program = programs.first().ok_or("hostile: the tests do not build")?;

    process::run(&mut whole(process::program(program), "fault_"))?;
    if let Some(missing) = missing() {
        println!("hostile: all on the loopback passed; no namespaces, since there is no {missing}");
        return Ok(());
    }
    for line in &LINES {
        println!("== a line with {}", line.about);
        in_namespace(line, program)?;
    }
    println!("all on the loopback, {} lines in namespaces", LINES.len());
    Ok(())
}

/// What a namespace needs and is not there.
fn missing() -> Option<&'static str> {
    let is_root = process::answer(process::program("id").arg("-u")).is_some_and(|id| id == "0");
    let lacks = |program: &str| process::answer(process::program(program).arg("-V")).is_none();
    match is_root {
        false => Some("root"),
        true => ["ip", "tc", "nft"].into_iter().find(|it| lacks(it)),
    }
}

/// One test at a time: some measure.
fn whole(mut command: Command, filter: &str) -> Command {
    command
        .args([filter, "--test-threads=1", "--nocapture"])
        .env("RUNTIME_HOSTILE_WHOLE", "1");
    command
}

/// The namespace is gone afterwards, whatever came of it.
fn in_namespace(line: &Line, program: &Path) -> Result<(), String> {
    let name = format!("hostile-{}", std::process::id());
    let ip = |words: &[&str]| {
        let mut command = process::program("ip");
        command.args(words);
        command
    };
    process::run(&mut ip(&["netns", "add", &name]))?;
    let inside = |words: &mut dyn Iterator<Item = &str>| {
        let mut command = ip(&["netns", "exec", &name]);
        command.args(words);
        command
    };
    let made = line
        .made_by
        .iter()
        .try_for_each(|command| process::run(&mut inside(&mut command.split(' '))));
    let program = program.to_string_lossy();
    let ran = made.and_then(|()| {
        let mut tests = whole(inside(&mut std::iter::once(&*program)), line.tests);
        process::run(tests.env("RUNTIME_HOSTILE_LINE", line.does))
    });
    let gone = process::run(&mut ip(&["netns", "delete", &name]));
    ran.and(gone)
}
