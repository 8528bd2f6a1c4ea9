//! `cargo xtask sanitize address|thread [FILTER]`: the tests under a sanitizer, standard library
//! included.
//!
//! A sanitizer that has not seen the standard library's own code reports its `Arc`, `Mutex` and
//! `Condvar` as races. So the library is built with the same flag, out of Debian's packages: they
//! hold a compiler and the sources of exactly its library. What they lack are the sanitizers'
//! runtime archives, which rustup's toolchains have; the compiler looks for them under the name of
//! its own channel.
//!
//! 1. Install `rustc-web`, `cargo-web`, `rust-web-src` and `llvm` if they are missing (this needs
//!    root).
//! 2. Link them as the toolchain `debian`, and the sanitizer's archive into it.
//! 3. Run `xtask/sanitize/planted.rs`: each planted fault must be reported by its name, and the
//!    same program without it must not. Else the sanitizer's silence would say nothing: stop.
//! 4. Run the library tests of core, I/O and alarm, and the facade's integration tests but for those
//!    that only read sources or call the compiler, and for the few in [`SKIPPED`].
//! 5. Run the process of `cargo xtask soak` for a minute.
//! 6. Show every report and fail if there is one.
//!
//! Every process of a run writes its reports to files of its own. Exit codes would not do: a test
//! may kill the server that it has started, and with it the code that says what was found there.
//!
//! ThreadSanitizer does not model fences: a correct pair of fences is reported. Prefer orderings on
//! the operations. What it must not report stands in `xtask/sanitize/thread.supp`, with the reason.
//! The other two have no such list.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::command::Sanitizer;
use crate::process;

const TARGET: &str = "x86_64-unknown-linux-gnu";
const TOOLCHAIN: &str = "debian";
/// `llvm` names the functions in the reports: suppressions match names.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "llvm"];
const INSTALLED: [&str; 3] = ["/usr/bin/rustc", LIBRARY_SOURCE, "/usr/bin/llvm-symbolizer"];
const LIBRARY_SOURCE: &str = "/usr/lib/rustlib/src/rust/library";
const ARCHIVES: &str = "/usr/lib/rustlib/x86_64-unknown-linux-gnu/lib";
const SUPPRESSIONS: &str = "xtask/sanitize/thread.supp";

/// The exit code of a process in which something was found.
const FOUND: i32 = 66;

/// Integration tests that run no product code.
const NO_PRODUCT_CODE: [&str; 3] = ["tidy", "compile_fail", "missing_feature"];

/// For so long the process of `cargo xtask soak` runs.
const STRESS_SECONDS: u64 = 60;

/// The crates with unsafe code.
const LIBRARIES: [&str; 3] = ["runtime-core", "runtime-io", "runtime-alarm"];

/// Features beyond the default that integration tests require, or have more cases with.
const OPTIONAL: &str = "tracing,test-util";

/// Tests whose bound a sanitizer breaks by what it costs itself, and why.
const SKIPPED: &[(Sanitizer, &str, &str)] = &[
    (
        Sanitizer::Thread,
        "fault_006_a_million_tasks_dropped_unpolled_give_their_memory_back",
        "two million tasks take longer than the watchdog's minute",
    ),
    (
        Sanitizer::Thread,
        "fault_019_a_channel_that_is_always_ready_uses_up_its_budget_and_leaves_a_timer_in_time",
        SLOW_BUDGET,
    ),
    (
        Sanitizer::Address,
        "fault_019_a_channel_that_is_always_ready_uses_up_its_budget_and_leaves_a_timer_in_time",
        SLOW_BUDGET,
    ),
    (
        Sanitizer::Thread,
        "line_echo_holds_ten_thousand_connections_and_answers_each",
        "ten thousand connections take longer than the watchdog's minute, and more memory each",
    ),
    (
        Sanitizer::Thread,
        "fault_057_slow_clients_delay_no_fast_one_and_cost_little",
        "a connection takes more memory than the test allows it",
    ),
    (
        Sanitizer::Thread,
        "fault_073_without_pidfds_children_are_awaited_by_signal_and_not_by_looking",
        LATE_SIGNALS,
    ),
    (
        Sanitizer::Thread,
        "guests_at_terminals_read_what_the_others_say_and_from_whom",
        LATE_SIGNALS,
    ),
    (
        Sanitizer::Address,
        "fault_006_a_million_tasks_dropped_unpolled_give_their_memory_back",
        KEEPS_FREED,
    ),
    (
        Sanitizer::Address,
        "fault_006_futures_of_64_kib_do_not_overflow_a_stack_and_give_their_memory_back",
        KEEPS_FREED,
    ),
    (
        Sanitizer::Address,
        "fault_006_futures_of_1_mib_do_not_overflow_a_stack_and_give_their_memory_back",
        KEEPS_FREED,
    ),
    (
        Sanitizer::Address,
        "fault_033_ten_thousand_runtimes_leave_nothing",
        KEEPS_FREED,
    ),
    (
        Sanitizer::Address,
        "fault_099_visits_beside_a_thread_that_stays_in_block_on_give_their_memory_back",
        KEEPS_FREED,
    ),
    (
        Sanitizer::Address,
        "fault_058_a_writer_waits_for_a_window_that_stays_closed_and_loses_nothing",
        "each thread has a second stack, which the test counts",
    ),
    (
        Sanitizer::Address,
        "fault_057_slow_clients_delay_no_fast_one_and_cost_little",
        "a connection takes more memory than the test allows it",
    ),
    (
        Sanitizer::Address,
        "line_echo_holds_ten_thousand_connections_and_answers_each",
        "a connection takes more memory than the test allows it",
    ),
];

const SLOW_BUDGET: &str =
    "so many operations between two looks at the timers take longer than the bound";

const LATE_SIGNALS: &str = "the sanitizer puts a signal's handler off to a call that it knows, and \
                            a parked thread makes none";

const KEEPS_FREED: &str = "what is freed stays in quarantine, where the test wants it back";

/// What LeakSanitizer says where a filter of system calls keeps it from its work.
const NOT_SEARCHED: [&str; 2] = ["ptrace appears to be blocked", "Child exited with signal"];

/// What `planted.rs` is run with, and the function that the report must name, if there must be one.
const PLANTED: &[(Sanitizer, &str, Option<&str>)] = &[
    (Sanitizer::Thread, "race", Some("planted_race")),
    (Sanitizer::Thread, "lock", None),
    (
        Sanitizer::Address,
        "use-after-free",
        Some("planted_use_after_free"),
    ),
    (Sanitizer::Address, "use-before-free", None),
    (Sanitizer::Address, "leak", Some("planted_leak")),
];

/// A task's memory goes back to the allocator, or a use after its end would not be seen.
const PLAIN_MEMORY: &str = "--cfg runtime_plain_memory";

struct Recipe {
    sanitizer: Sanitizer,
    flags: &'static str,
    archive: &'static str,
    folder: &'static str,
    /// The variable that its options are read from, and those that are not the same for all.
    options: (&'static str, String),
}

impl Recipe {
    fn of(sanitizer: Sanitizer) -> Recipe {
        match sanitizer {
            Sanitizer::Address => Recipe {
                sanitizer,
                // An allocation's stack is walked by frame pointers: without them it has gaps.
                flags: "-Zsanitizer=address -Cforce-frame-pointers=yes",
                archive: "asan",
                folder: "target/asan",
                options: ("ASAN_OPTIONS", "detect_leaks=1".to_owned()),
            },
            // crossbeam's deque and its epochs have orderings in place of fences for this.
            Sanitizer::Thread => Recipe {
                sanitizer,
                flags: "-Zsanitizer=thread --cfg crossbeam_sanitize_thread",
                archive: "tsan",
                folder: "target/tsan",
                options: ("TSAN_OPTIONS", thread_options()),
            },
        }
    }

    /// Where the processes' reports go.
    fn reports(&self) -> PathBuf {
        process::root().join(self.folder).join("reports")
    }

    /// A finding of ThreadSanitizer fails the process only at its end, so that one run shows them
    /// all.
    fn sanitized(&self, command: &mut Command) {
        let reports = self.reports().join("report");
        let (variable, options) = &self.options;
        let reports = reports.display();
        let options = format!("{options}:exitcode={FOUND}:log_path='{reports}'");
        command.env(variable, options);
        // Naming the functions of one backtrace takes seconds in such a build, and a test may panic
        // on purpose where others wait for it.
        command.env("RUST_BACKTRACE", "0");
        // Bounds in time are for the same tests without a sanitizer to judge.
        command.env_remove("RUNTIME_TESTS_QUIET");
    }

    /// Debian's cargo, to build (and run) what its arguments say.
    fn cargo(&self, verb: &str) -> Command {
        let mut command = process::program("rustup");
        command.args(["run", TOOLCHAIN, "cargo", verb]);
        command.arg("-Zbuild-std=std,panic_abort");
        command.args(["--target", TARGET, "--target-dir", self.folder]);
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", format!("{} {PLAIN_MEMORY}", self.flags));
        // The toolchain that runs this command has said which compiler it is; the other one must
        // not hear it.
        command
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("RUSTC")
            .env_remove("CARGO");
        command
    }

    /// Where cargo puts the examples.
    fn examples(&self) -> PathBuf {
        let folder = process::root().join(self.folder);
        folder.join(TARGET).join("debug/examples")
    }
}

/// A list of the suppressions that have matched would be taken for a report.
fn thread_options() -> String {
    let suppressions = process::root().join(SUPPRESSIONS);
    let suppressions = suppressions.display();
    // Tests fork, and start threads in the child.
    format!("die_after_fork=0:halt_on_error=0:print_suppressions=0:suppressions='{suppressions}'")
}

pub(crate) fn run(sanitizer: Sanitizer, filter: Option<&str>) -> Result<(), String> {
    if !Path::new("/etc/debian_version").exists() || std::env::consts::ARCH != "x86_64" {
        return Err("sanitize: the recipe is for Debian on x86-64".to_owned());
    }
    let recipe = Recipe::of(sanitizer);
    install()?;
    link_toolchain()?;
    link_archive(recipe.archive)?;
    find_what_is_planted(&recipe)?;
    forget_reports(&recipe)?;
    // All parts run: a finding in one says nothing about the others.
    let crates = LIBRARIES.iter().map(|name| format!("--package={name}"));
    let crates: Vec<String> = crates.chain(["--lib".to_owned()]).collect();
    let crates = test(&recipe, &crates, filter);
    let facade = test_facade(&recipe, filter);
    let stressed = match filter {
        Some(_) => Ok(()),
        None => stress(&recipe),
    };
    let found = show_reports(&recipe);
    found.and(crates).and(facade).and(stressed)?;
    let skipped = SKIPPED.iter().filter(|row| row.0 == sanitizer).count();
    println!("no process reported anything; {skipped} tests are skipped");
    Ok(())
}

/// The sanitizer reports each planted fault, and nothing where none is.
fn find_what_is_planted(recipe: &Recipe) -> Result<(), String> {
    let mut build = recipe.cargo("build");
    process::run(build.args(["-p", "xtask", "--example", "planted"]))?;
    for (_, what, named) in PLANTED.iter().filter(|row| row.0 == recipe.sanitizer) {
        forget_reports(recipe)?;
        let mut planted = process::program(recipe.examples().join("planted"));
        planted.arg(what);
        recipe.sanitized(&mut planted);
        let status = planted.status().map_err(|error| error.to_string())?;
        let reports = reports(recipe)?.concat();
        let as_it_should = match named {
            Some(name) => status.code() == Some(FOUND) && reports.contains(name),
            None => status.success() && reports.is_empty(),
        };
        let shown = named.unwrap_or("nothing");
        if !as_it_should {
            return Err(format!(
                "sanitize: planted {what}: {shown} should be reported; {status}\n{reports}"
            ));
        }
        println!("planted {what}: {shown} is reported, as it should be");
    }
    Ok(())
}

/// The examples that the tests run as processes must be there, with the sanitizer in them, and newer
/// than the tests, which would otherwise build them again and know nothing of sanitizers.
fn test_facade(recipe: &Recipe, filter: Option<&str>) -> Result<(), String> {
    let facade = ["-p", "runtime", "--features", OPTIONAL];
    let mut tests = facade.map(str::to_owned).to_vec();
    let names = integration_tests(names_in(&process::root().join("tests"))?);
    tests.extend(
        names
            .into_iter()
            .flat_map(|name| ["--test".to_owned(), name]),
    );
    process::run(recipe.cargo("test").args(&tests).arg("--no-run"))?;
    process::run(recipe.cargo("build").args(facade).arg("--examples"))?;
    let now = SystemTime::now();
    for name in names_in(&recipe.examples())? {
        // For reading only: one may still run, left behind by a test that was ended.
        let file = fs::File::open(recipe.examples().join(name));
        file.and_then(|file| file.set_modified(now))
            .map_err(|error| error.to_string())?;
    }
    test(recipe, &tests, filter)
}

fn names_in(folder: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, std::io::Error>>()
        .map_err(|error| error.to_string())
}

fn test(recipe: &Recipe, what: &[String], filter: Option<&str>) -> Result<(), String> {
    let mut command = recipe.cargo("test");
    command
        .arg("--no-fail-fast")
        .args(what)
        .args(filter)
        .arg("--");
    for (_, test, why) in SKIPPED.iter().filter(|row| row.0 == recipe.sanitizer) {
        println!("skipped: {test}: {why}");
        command.args(["--skip", test]);
    }
    recipe.sanitized(&mut command);
    process::run(&mut command)
}

/// Everything at random, and given up at random: what no test has thought of.
fn stress(recipe: &Recipe) -> Result<(), String> {
    let mut build = recipe.cargo("build");
    process::run(build.args(["-p", "xtask", "--example", "soak"]))?;
    let mut soak = process::program(recipe.examples().join("soak"));
    soak.args([STRESS_SECONDS, process::seed()].map(|number| number.to_string()));
    // Its signals come from outside, to a process whose threads are parked: see `LATE_SIGNALS`.
    if recipe.sanitizer == Sanitizer::Thread {
        soak.arg("signals");
    }
    recipe.sanitized(&mut soak);
    println!("+ {}", process::shown(&soak));
    match process::run_until(&mut soak, Duration::from_secs(10 * STRESS_SECONDS))? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("sanitize: the process of the soak: {status}")),
        None => Err("sanitize: the process of the soak does not end".to_owned()),
    }
}

/// Removes the reports of an earlier run.
fn forget_reports(recipe: &Recipe) -> Result<(), String> {
    let folder = recipe.reports();
    let removed = match folder.exists() {
        true => fs::remove_dir_all(&folder),
        false => Ok(()),
    };
    removed
        .and_then(|()| fs::create_dir_all(&folder))
        .map_err(|error| error.to_string())
}

/// What the processes have reported, each process in one text.
fn reports(recipe: &Recipe) -> Result<Vec<String>, String> {
    let folder = recipe.reports();
    let mut names = names_in(&folder)?;
    names.sort();
    let read = |name| fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    let reports = names.into_iter().map(read);
    reports
        .filter(|report| !matches!(report, Ok(text) if is_no_finding(text)))
        .collect()
}

/// A process that refuses itself what the search for leaks needs is not searched: it says so, and
/// nothing else.
fn is_no_finding(report: &str) -> bool {
    let mut lines = report.lines().filter(|line| !line.trim().is_empty());
    lines.all(|line| NOT_SEARCHED.iter().any(|says| line.contains(says)))
}

fn show_reports(recipe: &Recipe) -> Result<(), String> {
    let reports = reports(recipe)?;
    reports.iter().for_each(|report| println!("{report}"));
    match reports.len() {
        0 => Ok(()),
        some => Err(format!(
            "sanitize: reports of {some} processes, also in {}/reports",
            recipe.folder
        )),
    }
}

fn install() -> Result<(), String> {
    if INSTALLED.iter().all(|file| Path::new(file).exists()) {
        return Ok(());
    }
    let install = ["install", "-y", "--no-install-recommends"];
    process::run(process::program("apt-get").args(install).args(PACKAGES)).map_err(|error| {
        format!(
            "{error}\nit needs root; install {} by hand",
            PACKAGES.join(", ")
        )
    })
}

fn link_toolchain() -> Result<(), String> {
    let list = process::answer(process::program("rustup").args(["toolchain", "list"]));
    let linked = list.is_some_and(|list| list.lines().any(|line| line.starts_with(TOOLCHAIN)));
    if linked {
        return Ok(());
    }
    process::run(process::program("rustup").args(["toolchain", "link", TOOLCHAIN, "/usr"]))
}

fn link_archive(name: &str) -> Result<(), String> {
    let to = Path::new(ARCHIVES).join(format!("librustc-stable_rt.{name}.a"));
    if to.exists() {
        return Ok(());
    }
    let from = archive_of("stable", name)
        .or_else(|| archive_of("nightly", name))
        .ok_or(
            "neither stable nor nightly has the sanitizers' archives: install one with rustup",
        )?;
    process::run(process::program("ln").arg("-s").arg(from).arg(to))
}

fn archive_of(channel: &str, name: &str) -> Option<PathBuf> {
    let mut rustc = process::program("rustup");
    rustc.args(["run", channel, "rustc", "--print", "sysroot"]);
    let archives = Path::new(&process::answer(&mut rustc)?)
        .join("lib/rustlib")
        .join(TARGET);
    let archive = archives
        .join("lib")
        .join(format!("librustc-{channel}_rt.{name}.a"));
    archive.exists().then_some(archive)
}

/// The names of the integration tests out of the files of their folder.
fn integration_tests(files: Vec<String>) -> Vec<String> {
    let names = files
        .into_iter()
        .filter_map(|file| file.strip_suffix(".rs").map(str::to_owned));
    let mut names: Vec<String> = names
        .filter(|name| !NO_PRODUCT_CODE.contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integration_tests_are_the_rust_files_that_run_product_code() {
        let files = [
            "ui",
            "tidy.rs",
            "tidy",
            "smoke.rs",
            "macros.rs",
            "compile_fail.rs",
        ];
        let files = files.map(str::to_owned).to_vec();
        assert_eq!(integration_tests(files), ["macros", "smoke"]);
    }

    /// A line of any other kind could silence a report about our own code.
    #[test]
    fn suppressions_name_the_buffer_of_the_deque_and_nothing_else() {
        let text = fs::read_to_string(process::root().join(SUPPRESSIONS)).expect("the file");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let function = line.strip_prefix("race:^<crossbeam_deque::deque::Buffer<*>>::");
            assert!(matches!(function, Some("read$" | "write$")), "{line}");
        }
    }

    /// A name that no test has any more would skip nothing, or one day another test.
    #[test]
    fn skipped_tests_exist() {
        let mut folders = vec![process::root().join("tests")];
        let mut text = String::new();
        while let Some(folder) = folders.pop() {
            for name in names_in(&folder).expect("a folder") {
                let path = folder.join(name);
                match path.is_dir() {
                    true => folders.push(path),
                    false => text.push_str(&fs::read_to_string(path).unwrap_or_default()),
                }
            }
        }
        for (_, test, _) in SKIPPED {
            assert!(text.contains(&format!("fn {test}(")), "{test}");
        }
    }

    #[test]
    fn a_process_that_cannot_be_searched_is_no_finding() {
        let warning = "\n==7==WARNING: ptrace appears to be blocked (is seccomp enabled?).\n\
                       ==7==Child exited with signal 42.\n";
        assert!(is_no_finding(warning));
        let leaks = "==7==ERROR: LeakSanitizer: detected memory leaks\n";
        assert!(!is_no_finding(leaks) && !is_no_finding(&format!("{warning}{leaks}")));
    }

    #[test]
    fn each_sanitizer_has_a_planted_fault_and_a_program_without_one() {
        for sanitizer in [Sanitizer::Address, Sanitizer::Thread] {
            let rows = || PLANTED.iter().filter(|row| row.0 == sanitizer);
            assert!(rows().any(|row| row.2.is_some()) && rows().any(|row| row.2.is_none()));
        }
    }
}
