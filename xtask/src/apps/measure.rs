//! `web` and `rpc` under load, on the bridge and on tokio in turn, side by side.
//!
//! Load and server share the machine: what one of them takes the other lacks. So it is the ratio
//! that says something, of runs next to each other, and the median of a few.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::apps::variant::Variant;
use crate::conformance::scratch::write;
use crate::nightly;
use crate::process;
use crate::tables::between;
use crate::wrk;

const ROUNDS: usize = 5;

const WRK: [&str; 5] = [
    "--threads=2",
    "--connections=100",
    "--duration=5s",
    "--timeout=5s",
    "--latency",
];

const RPC: [&str; 4] = ["--seconds", "5", "--at-once", "100"];

const REPORT: &str = "docs/performance/apps.md";

/// One kind of load: on which program, and which path of it; `rpc` brings its own.
struct Load {
    name: &'static str,
    program: &'static str,
    server: &'static [&'static str],
    path: Option<&'static str>,
}

const LOADS: [Load; 3] = [
    Load {
        name: "`web`: a timer of 1 ms, JSON",
        program: "web",
        server: &["--port", "0"],
        path: Some("/wait/1"),
    },
    Load {
        name: "`web`: a query to SQLite, JSON",
        program: "web",
        server: &["--port", "0"],
        path: Some("/notes"),
    },
    Load {
        name: "`rpc`: calls on four connections",
        program: "rpc",
        server: &["serve", "--port", "0"],
        path: None,
    },
];

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    per_second: f64,
    p99_ms: f64,
}

pub(crate) fn run() -> Result<(), String> {
    let mut folders = Vec::new();
    for variant in [Variant::Bridge, Variant::Tokio] {
        folders.push((variant, variant.build_release(&["web", "rpc"])?.folder));
    }
    let mut table = String::from(
        "| | requests a second, here | tokio | ratio | p99 ms, here | tokio | ratio |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for load in &LOADS {
        let mut samples = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for ((variant, folder), samples) in folders.iter().zip(&mut samples) {
                let sample = load.on(folder)?;
                println!("{} on {}: {sample:?}", load.name, variant.name());
                samples.push(sample);
            }
        }
        table.push_str(&row(load.name, &samples));
    }
    let _ = writeln!(
        table,
        "\nTaken at commit {}, on {}.",
        nightly::commit()?,
        nightly::today()
    );
    println!("\n{table}");
    let path = process::root().join(REPORT);
    let page = fs::read_to_string(&path).map_err(|error| format!("{REPORT}: {error}"))?;
    write(&path, between(&page, "apps", &table)?.as_bytes())
}

impl Load {
    /// One server, one run.
    fn on(&self, folder: &Path) -> Result<Sample, String> {
        let server = Server::start(&folder.join(self.program), self.server)?;
        let Some(path) = self.path else {
            let mut rpc = Command::new(folder.join("rpc"));
            rpc.args(["load", &server.url]).args(RPC);
            let said = process::answer(&mut rpc).ok_or("rpc load fails")?;
            return called(&said).ok_or_else(|| format!("rpc load says {said:?}"));
        };
        let served = wrk::ask(&WRK, &format!("{}{path}", server.url))?;
        match served.errors.is_empty() {
            true => Ok(Sample {
                per_second: served.per_second,
                p99_ms: milliseconds(&served.p99).ok_or("wrk's unit is unknown")?,
            }),
            false => Err(served.errors.join("; ")),
        }
    }
}

/// Killed when it is dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(program: &PathBuf, arguments: &[&str]) -> Result<Server, String> {
        let mut command = Command::new(program);
        let child = command.args(arguments).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("{}: {error}", program.display()))?;
        let output = child.stdout.take().expect("it is piped");
        let mut server = Server {
            child,
            url: String::new(),
        };
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        let url = line.trim().strip_prefix("listening on ");
        server.url = match (read, url) {
            (Ok(_), Some(url)) => url.replace("localhost", "127.0.0.1"),
            _ => return Err(format!("{} does not say where it is", program.display())),
        };
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `N calls, N a second, p99 N us`.
fn called(said: &str) -> Option<Sample> {
    let (_, rest) = said.split_once(" calls, ")?;
    let (per_second, rest) = rest.split_once(" a second, p99 ")?;
    let p99_us: f64 = rest.strip_suffix(" us")?.parse().ok()?;
    Some(Sample {
        per_second: per_second.parse().ok()?,
        p99_ms: p99_us / 1e3,
    })
}

/// As wrk writes it: `5.60ms`.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    units.iter().find_map(|(unit, factor)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number * factor)
    })
}

/// Medians, and the medians of the ratios of runs next to each other.
fn row(name: &str, [here, tokio]: &[Vec<Sample>; 2]) -> String {
    type Value = fn(&Sample) -> f64;
    let of = |samples: &[Sample], value: Value| median(samples.iter().map(value).collect());
    let ratio = |value: Value| {
        let pairs = here.iter().zip(tokio);
        median(
            pairs
                .map(|(here, tokio)| value(here) / value(tokio))
                .collect(),
        )
    };
    let columns = |value: Value| (of(here, value), of(tokio, value), ratio(value));
    let rates = columns(|one| one.per_second);
    let p99_ms = columns(|one| one.p99_ms);
    let mut row = String::new();
    writeln!(
        row,
        "| {name} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} |",
        rates.0, rates.1, rates.2, p99_ms.0, p99_ms.1, p99_ms.2
    )
    .expect("a string has room");
    row
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read() {
        let sample = called("40752 calls, 19904 a second, p99 2500 us").expect("all is there");
        assert_eq!((sample.per_second, sample.p99_ms), (19904.0, 2.5));
        assert_eq!(milliseconds("5.60ms"), Some(5.6));
        assert_eq!(milliseconds("1.5s"), Some(1500.0));
        assert_eq!(milliseconds("250.00us"), Some(0.25));
        assert_eq!(milliseconds("3m"), None);
    }

    #[test]
    fn a_row_has_medians() {
        let samples = |rates: [f64; 3]| {
            rates
                .map(|per_second| Sample {
                    per_second,
                    p99_ms: 1.0,
                })
                .to_vec()
        };
        let both = [
            samples([100.0, 300.0, 200.0]),
            samples([100.0, 100.0, 100.0]),
        ];
        assert_eq!(
            row("x", &both),
            "| x | 200 | 100 | 2.00 | 1.00 | 1.00 | 1.00 |\n"
        );
    }
}
