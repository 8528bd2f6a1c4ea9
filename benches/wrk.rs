//! The generator of HTTP load that everybody knows, where it is installed.

use std::process::Command;
use std::time::Duration;

use crate::row::Divisor;

/// What it has done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requests {
    pub(crate) count: f64,
    pub(crate) time: Duration,
}

/// Loads a server for a second, the least that it knows, with keep-alive; `None` if there is no
/// wrk. A run that only shows that it works does without.
pub(crate) fn run(address: &str, connections: u32, divisor: Divisor) -> Option<Requests> {
    if divisor == Divisor::MAX {
        return None;
    }
    let mut command = Command::new("wrk");
    command.args(["-t1", "-d1s", &format!("-c{connections}")]);
    let output = command.arg(format!("http://{address}/")).output();
    let Ok(output) = output else {
        eprintln!("wrk is not installed (Debian: wrk); its rows are left out");
        return None;
    };
    let text = String::from_utf8(output.stdout).expect("it writes text");
    // "  43210 requests in 1.10s, 5.30MB read"
    let line = text.lines().find(|line| line.contains(" requests in "))?;
    let mut words = line.split_whitespace();
    let count = words.next()?.parse().ok()?;
    let seconds = words.nth(2)?.strip_suffix("s,")?.parse().ok()?;
    Some(Requests {
        count,
        time: Duration::from_secs_f64(seconds),
    })
}
