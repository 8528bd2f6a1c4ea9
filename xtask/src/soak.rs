//! `cargo xtask soak`: a process that does a bit of everything for a long time must hold as much at
//! its end as in its middle.
//!
//! The process is `xtask/soak/soak.rs`; its head says how it counts. Over the second half of its
//! samples, when all that is made once has been made, each number's slope is the median of the
//! slopes between all pairs of samples (Theil and Sen): samples that are off, up to 29 of a hundred,
//! do not move it. What the slope comes to over that half has a bound for each number. `docs/soak.md`
//! says what came of the last whole run.

use std::fmt::Write;
use std::fs;
use std::num::NonZeroUsize;

use crate::process;

pub(crate) const PAGE: &str = "docs/soak.md";

const FOLDER: &str = "target/soak";

const MINUTES: usize = 20;
const QUICK_SECONDS: usize = 30;

/// The samples of the second half of a whole run.
const WHOLE_HALF: f64 = 30.0 * MINUTES as f64;

/// What is counted, and by how much it may drift over the second half of a whole run.
const NUMBERS: [(&str, f64); 5] = [
    // After millions of steps.
    (BYTES, 131_072.0),
    ("descriptors", 0.5),
    (THREADS, 1.0),
    ("tasks", 0.0),
    ("timers", 0.0),
];

/// At rest some of them still wait to be freed: what a deque has replaced goes with crossbeam's epochs,
/// some time later. So this number has noise, of some hundreds of kilobytes.
const BYTES: &str = "allocated bytes";

/// The blocking pool keeps as many as it last needed, for a while: this number has noise too, of one or two.
const THREADS: &str = "threads";

/// Threads would keep memory of tasks for the next ones, now more and now less: up to a bound that has
/// tests of its own.
const PLAIN_MEMORY: &str = "--cfg runtime_plain_memory";

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    pub(crate) minutes: Option<NonZeroUsize>,
    pub(crate) seed: Option<u64>,
    /// What a run has said before.
    pub(crate) from: Option<String>,
}

type Sample = [f64; NUMBERS.len()];

/// What a process has said.
#[derive(Debug, Default)]
struct Run {
    seconds: usize,
    seed: u64,
    samples: Vec<Sample>,
    steps: Vec<(String, u64)>,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let (lines, outcome) = match &options.from {
        Some(file) => (read(file)?, Ok(())),
        None => churn(options)?,
    };
    let run = Run::parse(&lines);
    outcome.map_err(|error| format!("{error}, after {} s", run.samples.len()))?;
    let half = &run.samples[run.samples.len() / 2..];
    if half.len() < 10 {
        return Err(format!("soak: {} samples are too few", run.samples.len()));
    }
    let page = page(&run, half);
    println!("{page}");
    if !options.quick {
        fs::write(process::root().join(PAGE), page).map_err(|error| error.to_string())?;
    }
    let drifts =
        (0..NUMBERS.len()).filter(|which| drift(half, *which).abs() > bound(*which, half.len()));
    let drifts: Vec<&str> = drifts.map(|which| NUMBERS[which].0).collect();
    if drifts.is_empty() {
        let (seconds, steps) = (run.seconds, run.steps.iter().map(|it| it.1).sum::<u64>());
        println!(
            "{steps} steps in {seconds} s, seed {}: nothing drifts",
            run.seed
        );
        return Ok(());
    }
    Err(format!(
        "soak: {} drift, seed {}",
        drifts.join(", "),
        run.seed
    ))
}

fn read(file: &str) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Builds the process, runs it, and gives what it said.
fn churn(options: &Options) -> Result<(Vec<String>, Result<(), String>), String> {
    let seconds = match (options.quick, options.minutes) {
        (true, _) => QUICK_SECONDS,
        (false, minutes) => 60 * minutes.map_or(MINUTES, NonZeroUsize::get),
    };
    let seed = options.seed.unwrap_or_else(process::seed);
    let mut build = process::cargo();
    build.args(["build", "--release", "--quiet", "--target-dir", FOLDER]);
    build.args(["-p", "xtask", "--example", "soak"]);
    process::run(build.env("RUSTFLAGS", PLAIN_MEMORY))?;
    let built = process::root().join(FOLDER).join("release/examples/soak");
    let mut soak = process::program(built);
    soak.args([seconds.to_string(), seed.to_string()]);
    process::run_and_keep(&mut soak)
}

impl Run {
    fn parse(lines: &[String]) -> Run {
        let mut run = Run::default();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["soak", seconds, seed] => {
                    run.seconds = seconds.parse().unwrap_or(0);
                    run.seed = seed.parse().unwrap_or(0);
                }
                ["sample", _, ref numbers @ ..] => {
                    let numbers: Vec<f64> =
                        numbers.iter().filter_map(|it| it.parse().ok()).collect();
                    run.samples.extend(Sample::try_from(numbers));
                }
                ["step", name, count] => {
                    run.steps
                        .push((name.to_owned(), count.parse().unwrap_or(0)));
                }
                _ => {}
            }
        }
        run
    }
}

/// How much the number changes from the first of the samples to the last, by Theil and Sen.
fn drift(samples: &[Sample], which: usize) -> f64 {
    let mut slopes: Vec<f64> = (0..samples.len())
        .flat_map(|from| (from + 1..samples.len()).map(move |to| (from, to)))
        .map(|(from, to)| (samples[to][which] - samples[from][which]) / (to - from) as f64)
        .collect();
    median(&mut slopes) * (samples.len() - 1) as f64
}

/// Noise moves a slope the more, the fewer samples there are: by the root of their number.
fn bound(which: usize, samples: usize) -> f64 {
    let (name, whole) = NUMBERS[which];
    match name {
        BYTES | THREADS => (whole * (WHOLE_HALF / samples as f64).sqrt()).round(),
        _ => whole,
    }
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn page(run: &Run, half: &[Sample]) -> String {
    let Run { seconds, seed, .. } = run;
    let git = ["rev-parse", "--short=12", "HEAD"];
    let commit = process::answer(process::program("git").args(git)).unwrap_or_default();
    let mut page = format!(
        "# The last soak\n\nWritten by `cargo xtask soak`; `xtask/src/soak.rs` says how it counts. \
         Commit {commit}, seed {seed}, {seconds} s, one sample a second at rest.\n\n\
         | number | first tenth of the second half | last tenth | drift over it | bound |\n\
         |---|---|---|---|---|\n"
    );
    let tenth = half.len().div_ceil(10);
    for (which, (name, _)) in NUMBERS.iter().enumerate() {
        let middle = |samples: &[Sample]| {
            let mut numbers: Vec<f64> = samples.iter().map(|sample| sample[which]).collect();
            median(&mut numbers)
        };
        let (first, last) = (middle(&half[..tenth]), middle(&half[half.len() - tenth..]));
        let (drift, bound) = (drift(half, which), bound(which, half.len()));
        let _ = writeln!(page, "| {name} | {first} | {last} | {drift:.1} | {bound} |");
    }
    page += "\n| step | times |\n|---|---|\n";
    for (name, count) in &run.steps {
        let _ = writeln!(page, "| {name} | {count} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(number: impl Fn(usize) -> f64) -> Vec<Sample> {
        (0..100)
            .map(|at| [number(at), 0.0, 0.0, 0.0, 0.0])
            .collect()
    }

    #[test]
    fn a_drift_is_found_beside_samples_that_are_off() {
        let leaks = samples(|at| if at % 5 == 0 { 1e9 } else { 10.0 * at as f64 });
        assert!((900.0..=1100.0).contains(&drift(&leaks, 0)));
        let noisy = samples(|at| ((at * 7919) % 13) as f64);
        assert!(drift(&noisy, 0).abs() < 1.0, "{}", drift(&noisy, 0));
        let still = samples(|at| if at % 4 == 0 { at as f64 } else { 7.0 });
        assert_eq!(drift(&still, 0), 0.0);
    }

    #[test]
    fn a_pool_that_shrinks_is_no_drift_and_a_thread_a_second_is_one() {
        let which = NUMBERS.iter().position(|it| it.0 == THREADS).unwrap();
        let drifts = |threads: [u8; 15]| {
            let samples = threads.map(|count| Sample::from([f64::from(count); NUMBERS.len()]));
            drift(&samples, which).abs() > bound(which, samples.len())
        };
        // A run of half a minute in which nothing leaked.
        assert!(!drifts([
            16, 17, 18, 16, 16, 16, 16, 16, 15, 16, 15, 16, 15, 15, 16
        ]));
        assert!(drifts(std::array::from_fn(|second| 16 + second as u8)));
    }

    #[test]
    fn samples_and_steps_are_read() {
        let lines = [
            "soak 60 7",
            "sample 1 10 20 30 40 50",
            "sample 2 x",
            "step tcp 17",
        ];
        let run = Run::parse(&lines.map(str::to_owned));
        assert_eq!(run.samples, [[10.0, 20.0, 30.0, 40.0, 50.0]]);
        assert_eq!(run.steps, [("tcp".to_owned(), 17)]);
        assert_eq!((run.seconds, run.seed), (60, 7));
    }
}
