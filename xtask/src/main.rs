//! The project's own commands: `cargo xtask <command>`.
//!
//! A command is one file: what it does, in which order, and why so. This file reads the command
//! line, `process` runs other programs. Nothing here is part of the product. Besides the standard
//! library and cargo it needs two crates, to read what cargo and people write: JSON and TOML.

mod command;

mod apps;

mod bench_report;

mod bridge_check;

mod conformance;

mod ecosystem;
mod errno;

mod features;

mod fuzz;

mod hostile;

mod loom;

mod loom_mutants;

mod machine;

mod mutants;

mod needs;

mod nightly;

mod platforms;

mod probe;

mod process;

mod properties;

mod repeat;

mod sanitize;

mod shuttle;

mod soak;

mod supply;

mod tables;

mod vocabulary;

mod wrk;

use std::process::ExitCode;

use command::Command;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match Command::parse(&arguments) {
        Ok(Command::Help) => {
            print!("{}", command::USAGE);
            Ok(())
        }
        Ok(Command::Apps(options)) => apps::run(&options),
        Ok(Command::BenchReport(options)) => bench_report::run(&options),
        Ok(Command::BridgeCheck { path }) => bridge_check::run(path.as_deref()),
        Ok(Command::Probe(what)) => probe::run(what),
        Ok(Command::Conformance(options)) => conformance::run(&options),
        Ok(Command::Ecosystem(options)) => ecosystem::run(&options),
        Ok(Command::Fuzz(options)) => fuzz::run(&options),
        Ok(Command::Loom { quick }) => loom::run(quick),
        Ok(Command::LoomCore { filters }) => loom::core::run(&filters),
        Ok(Command::LoomMutants(options)) => loom_mutants::run(&options),
        Ok(Command::Mutants(options)) => mutants::run(&options),
        Ok(Command::Nightly { part }) => nightly::run(part.as_deref()),
        Ok(Command::Errno { quick }) => errno::run(quick),
        Ok(Command::Features) => features::run(),
        Ok(Command::Hostile) => hostile::run(),
        Ok(Command::Platforms(options)) => platforms::run(&options),
        Ok(Command::Properties) => properties::run(),
        Ok(Command::Repeat(options)) => repeat::run(&options),
        Ok(Command::Sanitize { sanitizer, filter }) => sanitize::run(sanitizer, filter.as_deref()),
        Ok(Command::Shuttle(options)) => shuttle::run(&options),
        Ok(Command::Soak(options)) => soak::run(&options),
        Ok(Command::Supply) => supply::run(),
        Ok(Command::Tables) => tables::run(),
        Ok(Command::Vocabulary { missing_only }) => vocabulary::run(missing_only),
        Err(error) => Err(format!("{error}\n\n{}", command::USAGE)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
