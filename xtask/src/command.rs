//! The command line.

use std::num::NonZeroUsize;

use crate::apps;
use crate::bench_report;
use crate::conformance;
use crate::conformance::groups::Group;
use crate::ecosystem;
use crate::fuzz;
use crate::loom_mutants;
use crate::mutants;
use crate::platforms;
use crate::probe;
use crate::repeat;
use crate::shuttle;
use crate::soak;

pub(crate) const USAGE: &str = "\
Usage: cargo xtask <command>

Commands:
  apps [NAME] [--tokio | --both] [--stress] [--install]
      Builds whole applications (examples/apps) on the bridge, or on tokio, or on both, and runs their tests, which
      with --both compare the answers. NAME: web client proxy rpc quic bus. --install: what they need, by apt-get.
      --stress: only load, and what dies in the midst of it; two minutes a runtime.
  apps --measure
      Puts `web` and `rpc` under load on the bridge and on tokio, in release; writes docs/performance/apps.md.
  bench-report [--quick] [--turns N] [--from FILE]
      Measures everything against the peers, and writes docs/performance/report.md with its plots; half an hour.
      --quick: a minute beside the build, into target/bench-report/quick. --from: draws from samples that were kept.
  bridge-check [PATH]
      Says whether the tokio of the build in PATH (default: here) is the bridge; if not, why, and what to write.
  conformance [--group GROUP] [--test FILE] [--runs N] [--jobs N] [--strict] [--update] [--reference]
              [--target TARGET]
      Runs tokio's published tests on this runtime, through the bridge, and compares with compat/conformance.toml.
      Groups: rt task coop macros sync time io net fs process signal. --strict: nothing may be missing any more.
      --update writes the ledger anew; --reference runs on tokio itself and compares nothing. In target/conformance.
      --target: those that apply to it, under qemu or wine, against a ledger of its own (conformance.windows.toml).
  ecosystem [PACKAGE …] [--update] [--install]
      Runs the tests that the probe's crates carry in their packages, on the bridge, and compares with
      compat/ecosystem.toml; --update writes its counts anew. In target/probe. Needs PostgreSQL for tokio-postgres and
      Redis for redis; --install: gets them by apt-get.
  fuzz [NAME] [--seconds N] [--list]
      Feeds each target of fuzz/, or NAME alone, for N seconds (60), and makes its corpus anew; a failure is an error
      with its input's path. Needs a nightly compiler; installs cargo-fuzz if it is missing. In target/fuzz.
  loom [--quick]
      Runs every model of runtime-core and runtime-io under the model checker, in release, in target/loom.
      Preemptions: 3, with --quick 2; the variable LOOM_MAX_PREEMPTIONS overrides both.
  loom --core [FILTER …]
      Runs the models of tasks, scheduler, parking, blocking pool, semaphore, mpsc and timers with 4 preemptions, ten
      minutes a model at most; only those whose name contains a FILTER, if there is one. In target/loom-core.
  loom-mutants [--quick] [--update] [--part K/N] [--file NAME] [--seconds N]
      Weakens each ordering that the models pass, or leaves the step out, and wants a model to fail for it, as
      runtime-core/loom-mutants.toml says. --quick: a dozen, and that it knows all; --update writes it anew.
  mutants [--list] [--only NN] [--part K/N]
      Plants the bugs of tests/mutants one by one, and wants the tests named there to find each. In target/mutants.
  nightly --list | --part NAME
      Runs one part of the nightly run, and keeps what came of it, with its commit, in docs/nightly.toml.
  errno [--quick]
      Fails each system call with each error of its manual, at its first five occurrences, by strace; Linux only.
      --quick: the likeliest error of each, twice; under a minute.
  features
      Builds and lints the facade with no feature, each feature alone and all of them, and with panic=abort;
      every warning is an error. In target/features.
  properties
      Runs each property (a test inside of proptest!) with 4096 cases, or as many as PROPTEST_CASES says; one that did
      not run is an error.
  repeat suite|concurrency [--times N]
      Runs the whole suite ten times in a row, or the tests of concurrency fifty times; the first failure ends it.
  hostile
      Runs the tests of hostile peers and bad lines in their whole size; as root, with ip, tc and nft, also in network
      namespaces that lose, reorder and swallow packets. Linux only; six minutes.
  sanitize address|thread [FILTER]
      Runs the tests under AddressSanitizer (with LeakSanitizer) or ThreadSanitizer, standard library
      included; only tests whose name contains FILTER, if it is given. Debian on x86-64 only; installs what it needs.
  shuttle [NAME] [--schedules N] [--seed S] [--replay FILE]
      Runs whole runtimes under N schedules drawn at random (10,000 in all), in release, in target/shuttle; only
      scenarios whose name contains NAME. --replay runs a schedule again that failed, with NAME its scenario.
  soak [--quick] [--minutes N] [--seed S] [--from FILE]
      Does a bit of everything at random for N minutes (20), and wants memory, descriptors, threads and tasks without
      a slope; writes docs/soak.md. --quick: 30 s, and writes nothing. --from: judges what a run said. Linux only.
  supply
      Holds the dependencies to deny.toml, each pair of features and the least versions to a build, the code to its
      oldest compiler, the public names to those of the last release; says what it cannot check. In target/supply.
  platforms [--check | --install] [--runs N] [TARGET]
      Builds and runs the tests for i686 Linux (natively), aarch64 Linux (qemu) and Windows (wine); checks and lints
      the crates with their documentation for other systems; or TARGET alone. Keeps what came of it in
      docs/platforms.toml. Installs what it needs, on Debian. In target/platforms.
      --check: installs and runs nothing, checks and lints all. --install: installs what that needs, and nothing else.
      --runs: each program N times, and each time it has to pass; if nothing is said three times under wine, else once.
  tables
      Writes the tables in docs/ that speak of the code: what happens before what, what bounds each queue, the faults'
      tests, the crates that the probe builds. A test holds that they are current.
  vocabulary [--missing]
      Compares the bridge's public names with tokio's, by rustdoc; --missing: only those that it lacks.
  probe [--test | --serve [--install]]
      Builds crates of the ecosystem, unmodified, on the bridge, and says what they miss. In target/probe.
      --test also runs the probe's own tests, over sockets of this machine.
      --serve puts an axum server under load by wrk, on the bridge and on tokio in turn; any error is one.
  help
      Prints this.
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Apps(apps::Options),
    BenchReport(bench_report::Options),
    BridgeCheck {
        path: Option<String>,
    },
    Probe(probe::What),
    Conformance(conformance::Options),
    Ecosystem(ecosystem::Options),
    Fuzz(fuzz::Options),
    Loom {
        quick: bool,
    },
    LoomCore {
        filters: Vec<String>,
    },
    LoomMutants(loom_mutants::Options),
    Mutants(mutants::Options),
    Nightly {
        /// None: they are listed.
        part: Option<String>,
    },
    Errno {
        quick: bool,
    },
    Features,
    Hostile,
    Platforms(platforms::Options),
    Properties,
    Repeat(repeat::Options),
    Sanitize {
        sanitizer: Sanitizer,
        filter: Option<String>,
    },
    Shuttle(shuttle::Options),
    Soak(soak::Options),
    Supply,
    Tables,
    Vocabulary {
        missing_only: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sanitizer {
    Address,
    Thread,
}

impl Command {
    pub(crate) fn parse(arguments: &[String]) -> Result<Command, String> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            [] => Err("no command given".to_owned()),
            ["help" | "--help" | "-h", ..] | [_, "--help" | "-h"] => Ok(Command::Help),
            ["apps", ref rest @ ..] => applications(rest),
            ["bench-report", ref rest @ ..] => bench_report(rest),
            ["bridge-check"] => Ok(Command::BridgeCheck { path: None }),
            ["bridge-check", path] if !path.starts_with('-') => Ok(Command::BridgeCheck {
                path: Some(path.to_owned()),
            }),
            ["probe"] => Ok(Command::Probe(probe::What::Builds)),
            ["probe", "--test"] => Ok(Command::Probe(probe::What::Tests)),
            ["probe", "--serve"] => Ok(Command::Probe(probe::What::Serves { install: false })),
            ["probe", "--serve", "--install"] => {
                Ok(Command::Probe(probe::What::Serves { install: true }))
            }
            ["conformance", ref rest @ ..] => conformance(rest),
            ["ecosystem", ref rest @ ..] => packages(rest),
            ["fuzz", ref rest @ ..] => fuzz(rest),
            ["shuttle", ref rest @ ..] => shuttle(rest),
            ["soak", ref rest @ ..] => soak(rest),
            ["supply"] => Ok(Command::Supply),
            ["loom"] => Ok(Command::Loom { quick: false }),
            ["loom", "--quick"] => Ok(Command::Loom { quick: true }),
            ["loom", "--core", ref filters @ ..] => loom_core(filters),
            ["loom-mutants", ref rest @ ..] => loom_mutants(rest),
            ["mutants", ref rest @ ..] => mutants(rest),
            ["nightly", "--list"] => Ok(Command::Nightly { part: None }),
            ["nightly", "--part", name] => Ok(Command::Nightly {
                part: Some(name.to_owned()),
            }),
            ["nightly", ..] => Err("nightly: say what to do, --list or --part NAME".to_owned()),
            ["errno"] => Ok(Command::Errno { quick: false }),
            ["errno", "--quick"] => Ok(Command::Errno { quick: true }),
            ["features"] => Ok(Command::Features),
            ["hostile"] => Ok(Command::Hostile),
            ["platforms", ref rest @ ..] => systems(rest),
            ["properties"] => Ok(Command::Properties),
            ["repeat", ref rest @ ..] => repeated(rest),
            ["sanitize", name, ref rest @ ..] => sanitize(name, rest),
            ["sanitize"] => Err("sanitize: which one, address or thread?".to_owned()),
            ["tables"] => Ok(Command::Tables),
            ["vocabulary"] => Ok(Command::Vocabulary {
                missing_only: false,
            }),
            ["vocabulary", "--missing"] => Ok(Command::Vocabulary { missing_only: true }),
            ["bridge-check", _, unknown, ..] | ["bridge-check" | "probe", unknown, ..] => {
                Err(format!("{}: unknown argument {unknown:?}", arguments[0]))
            }
            [
                "errno" | "loom" | "features" | "hostile" | "properties" | "supply" | "tables"
                | "vocabulary",
                unknown,
                ..,
            ] => Err(format!("{}: unknown argument {unknown:?}", arguments[0])),
            [unknown, ..] => Err(format!("unknown command {unknown:?}")),
        }
    }
}

fn applications(rest: &[&str]) -> Result<Command, String> {
    let mut options = apps::Options::default();
    for word in rest {
        match *word {
            "--tokio" => options.on = apps::On::Tokio,
            "--both" => options.on = apps::On::Both,
            "--install" => options.install = true,
            "--measure" => options.measure = true,
            "--stress" => options.stress = true,
            name if apps::is_known(name) => options.name = Some(name.to_owned()),
            unknown => return Err(format!("apps: unknown argument {unknown:?}")),
        }
    }
    Ok(Command::Apps(options))
}

fn bench_report(rest: &[&str]) -> Result<Command, String> {
    let mut options = bench_report::Options::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            let value = words.next().copied();
            value.ok_or_else(|| format!("bench-report: {word} needs a value"))
        };
        match *word {
            "--quick" => options.quick = true,
            "--turns" => options.turns = Some(number(word, value()?)?),
            "--from" => options.from = Some(value()?.to_owned()),
            unknown => return Err(format!("bench-report: unknown argument {unknown:?}")),
        }
    }
    Ok(Command::BenchReport(options))
}

fn packages(rest: &[&str]) -> Result<Command, String> {
    let mut options = ecosystem::Options::default();
    for word in rest {
        match *word {
            "--update" => options.update = true,
            "--install" => options.install = true,
            unknown if unknown.starts_with('-') => {
                return Err(format!("ecosystem: unknown argument {unknown:?}"));
            }
            name => options.names.push(name.to_owned()),
        }
    }
    Ok(Command::Ecosystem(options))
}

fn conformance(rest: &[&str]) -> Result<Command, String> {
    let mut options = conformance::Options::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            let value = words.next().copied();
            value.ok_or_else(|| format!("conformance: {word} needs a value"))
        };
        match *word {
            "--group" => options.group = Some(Group::named(value()?)?),
            "--test" => options.test = Some(value()?.trim_end_matches(".rs").to_owned()),
            "--runs" => options.runs = number(word, value()?)?,
            "--jobs" => options.jobs = Some(number(word, value()?)?),
            "--strict" => options.strict = true,
            "--update" => options.update = true,
            "--reference" => options.reference = true,
            "--target" => options.target = Some(value()?.to_owned()),
            unknown => return Err(format!("conformance: unknown argument {unknown:?}")),
        }
    }
    Ok(Command::Conformance(options))
}

fn fuzz(rest: &[&str]) -> Result<Command, String> {
    let mut options = fuzz::Options::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            "--list" => options.list = true,
            "--seconds" => {
                let value = words.next().ok_or("fuzz: --seconds needs a value")?;
                options.seconds = Some(number(word, value)?);
            }
            name if !name.starts_with('-') && options.name.is_none() => {
                options.name = Some(name.to_owned());
            }
            unknown => return Err(format!("fuzz: unknown argument {unknown:?}")),
        }
    }
    Ok(Command::Fuzz(options))
}

fn repeated(rest: &[&str]) -> Result<Command, String> {
    let (name, times) = match rest {
        [name] => (name, None),
        [name, "--times", times] => (name, Some(number("--times", times)?.get())),
        _ => return Err("repeat: suite or concurrency, and --times N".to_owned()),
    };
    let what = repeat::What::named(name);
    let what = what.ok_or_else(|| format!("repeat: unknown argument {name:?}"))?;
    Ok(Command::Repeat(repeat::Options { what, times }))
}

fn shuttle(rest: &[&str]) -> Result<Command, String> {
    let mut options = shuttle::Options::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            let value = words.next().copied();
            value.ok_or_else(|| format!("shuttle: {word} needs a value"))
        };
        match *word {
            "--schedules" => options.schedules = Some(number(word, value()?)?),
            "--seed" => options.seed = Some(seed(value()?)?),
            "--replay" => options.replay = Some(value()?.to_owned()),
            name if !name.starts_with('-') && options.filter.is_none() => {
                options.filter = Some(name.to_owned());
            }
            unknown => return Err(format!("shuttle: unknown argument {unknown:?}")),
        }
    }
    Ok(Command::Shuttle(options))
}

fn soak(rest: &[&str]) -> Result<Command, String> {
    let mut options = soak::Options::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            let value = words.next().copied();
            value.ok_or_else(|| format!("soak: {word} needs a value"))
        };
        match *word {
            "--quick" => options.quick = true,
            "--minutes" => options.minutes = Some(number(word, value()?)?),
            "--seed" => options.seed = Some(seed(value()?)?),
            "--from" => options.from = Some(value()?.to_owned()),
            unknown => return Err(format!("soak: unknown argument {unknown:?}")),
        }
    }
    Ok(Command::Soak(options))
}

fn seed(value: &str) -> Result<u64, String> {
    let seed = value.parse();
    seed.map_err(|_| format!("--seed: {value:?} is no number"))
}

fn loom_core(filters: &[&str]) -> Result<Command, String> {
    if let Some(unknown) = filters.iter().find(|word| word.starts_with('-')) {
        return Err(format!("loom: unknown argument {unknown:?}"));
    }
    let filters = filters.iter().map(|filter| (*filter).to_owned());
    Ok(Command::LoomCore {
        filters: filters.collect(),
    })
}

fn loom_mutants(rest: &[&str]) -> Result<Command, String> {
    let mut options = loom_mutants::Options::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            let value = words.next().copied();
            value.ok_or_else(|| format!("loom-mutants: {word} needs a value"))
        };
        match *word {
            "--quick" => options.quick = true,
            "--update" => options.update = true,
            "--part" => options.part = Some(part(value()?)?),
            "--file" => options.file = Some(value()?.to_owned()),
            "--seconds" => {
                let seconds = u64::try_from(number(word, value()?)?.get());
                options.seconds = seconds.ok();
            }
            unknown => return Err(format!("loom-mutants: unknown argument {unknown:?}")),
        }
    }
    Ok(Command::LoomMutants(options))
}

fn mutants(rest: &[&str]) -> Result<Command, String> {
    let mut options = mutants::Options::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            let value = words.next().copied();
            value.ok_or_else(|| format!("mutants: {word} needs a value"))
        };
        match *word {
            "--list" => options.list = true,
            "--only" => options.only = Some(value()?.to_owned()),
            "--part" => options.part = Some(part(value()?)?),
            unknown => return Err(format!("mutants: unknown argument {unknown:?}")),
        }
    }
    Ok(Command::Mutants(options))
}

/// `K/N`, with K from one to N.
fn part(value: &str) -> Result<(usize, usize), String> {
    let numbers = value.split_once('/');
    let numbers = numbers.and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    let part = numbers.filter(|(k, n)| (1..=*n).contains(k));
    part.ok_or_else(|| format!("--part: {value:?} is not K/N with K from 1 to N"))
}

fn number(word: &str, value: &str) -> Result<NonZeroUsize, String> {
    let number = value.parse();
    number.map_err(|_| format!("{word}: {value:?} is no number above 0"))
}

fn systems(rest: &[&str]) -> Result<Command, String> {
    let mut options = platforms::Options::default();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            "--check" => options.check = true,
            "--install" => options.install = true,
            "--runs" => {
                let value = words.next().ok_or("platforms: --runs needs a value")?;
                options.runs = Some(number(word, value)?);
            }
            name if platforms::is_known(name) && options.target.is_none() => {
                options.target = Some(name.to_owned());
            }
            unknown => return Err(format!("platforms: unknown argument {unknown:?}")),
        }
    }
    match (options.check, options.install, options.runs) {
        (true, true, _) => Err("platforms: one of --check and --install".to_owned()),
        (false, false, _) | (.., None) => Ok(Command::Platforms(options)),
        _ => Err("platforms: --runs where nothing is run".to_owned()),
    }
}

fn sanitize(name: &str, rest: &[&str]) -> Result<Command, String> {
    let sanitizer = match name {
        "address" => Sanitizer::Address,
        "thread" => Sanitizer::Thread,
        _ => {
            return Err(format!(
                "sanitize: unknown sanitizer {name:?}, known are address and thread"
            ));
        }
    };
    match rest {
        [] => Ok(Command::Sanitize {
            sanitizer,
            filter: None,
        }),
        [filter] if !filter.starts_with('-') => Ok(Command::Sanitize {
            sanitizer,
            filter: Some((*filter).to_owned()),
        }),
        [unknown, ..] => Err(format!(
            "sanitize: unknown argument {:?}",
            rest.get(1).unwrap_or(unknown)
        )),
    }
}

#[cfg(test)]
mod tests;
