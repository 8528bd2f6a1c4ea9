//! Ctrl-C from a key, under wine: `tail`, an example that ends by it, at a console of its own.
//!
//! wine makes a console of the terminal that it is started at; `script` gives it one.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::machine::Machine;
use crate::platforms::targets::Target;
use crate::process;

/// Seconds; it takes two.
const LIMIT: &str = "60";
const CTRL_C: u8 = 3;
/// What the file that it follows ends with: then it listens.
const LAST_LINE: &str = "the last line";
/// What the shell says of how it ended.
const ENDED_WELL: &str = "ended with 0";

pub(super) fn run(target: &Target, machine: &Machine) -> Result<(), String> {
    let folder = process::root().join("target/platforms").join(target.name);
    let file = folder.join("followed.txt");
    fs::write(&file, format!("{LAST_LINE}\n")).map_err(|error| error.to_string())?;
    let words = machine.words(&folder.join("debug/examples/tail.exe"));
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let line = format!("{} {}; echo ended with $?", words.join(" "), file.display());
    let mut child = Command::new("timeout")
        .args([LIMIT, "script", "-qec", &line, "/dev/null"])
        .envs(machine.variables())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("timeout and script cannot be started: {error}"))?;
    let mut keys = child.stdin.take().expect("the input is piped");
    let mut screen = child.stdout.take().expect("the output is piped");
    let mut shown = String::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = screen.read(&mut buffer) {
        let had_begun = shown.contains(LAST_LINE);
        shown += &String::from_utf8_lossy(&buffer[..count]);
        if !had_begun && shown.contains(LAST_LINE) {
            keys.write_all(&[CTRL_C])
                .map_err(|error| error.to_string())?;
        }
    }
    child.wait().map_err(|error| error.to_string())?;
    if shown.contains(ENDED_WELL) {
        return Ok(());
    }
    Err(format!("tail does not end by Ctrl-C:\n{shown}"))
}
