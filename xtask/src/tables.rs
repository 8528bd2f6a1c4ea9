//! `cargo xtask tables`: the tables in `docs/` that speak of the code, made from it.
//!
//! | page | rows | what the code adds |
//! |---|---|---|
//! | `docs/happens-before.md` | `edges` | each model named there exists |
//! | `docs/cancel-safety.md` | – | each public async fn, and the class that its docs name |
//! | `docs/queues.md` | `queues` | each constant and type named there exists; a constant's value |
//! | `docs/unsafe.md` | – | each file of the product with unsafe code: how much, and what for |
//! | the faults in `docs/testing.md` | the page itself | the tests that bear each number |
//! | the mutants of the models there | `runtime-core/loom-mutants.toml` | how many are killed, by file |
//! | tokio's tests there, by group | `compat/conformance*.toml` | – |
//! | the nightly run there | `docs/nightly.toml` | – |
//! | the systems in `docs/platforms.md` | `docs/platforms.toml` | – |
//! | the crates in `docs/coming-from-tokio.md` | the probe's dependencies | the versions in its lock file |
//!
//! A test holds that the pages are what this command would write: a model that is renamed, a
//! constant that changes, a numbered test that comes or goes shows there.

mod cancellation;

mod crates;

mod edges;

mod faults;

mod measured;

mod queues;

mod unsafety;

use std::fs;
use std::path::Path;

use crate::conformance::ledger::{self as conformance, Ledger as Conformance};
use crate::ecosystem;
use crate::loom_mutants::ledger::Ledger;
use crate::nightly;
use crate::platforms;
use crate::process;
pub(crate) use faults::PAGE as TESTING_PAGE;
pub(crate) use measured::between;

/// The product, and what tests it beside each change.
pub(crate) const PRODUCT: &[&str] = &[
    "runtime-core/src",
    "runtime-io/src",
    "runtime-macros/src",
    "runtime-alarm/src",
    "src",
    "tests",
];

/// What else bears the numbers of faults: scenarios, fuzz targets, and the programs that commands run.
const BESIDE: &[&str] = &[
    "runtime-core/tests",
    "fuzz/fuzz_targets",
    "xtask/errno",
    "xtask/soak",
];

/// A Rust file: its path from the repository's root, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Writes all pages.
pub(crate) fn run() -> Result<(), String> {
    for (path, text) in pages()? {
        let file = process::root().join(path);
        fs::write(&file, text).map_err(|error| format!("{path}: {error}"))?;
        println!("{path}");
    }
    Ok(())
}

/// Each page with what is to stand there.
fn pages() -> Result<[(&'static str, String); 7], String> {
    let files = sources(PRODUCT)?;
    Ok([
        ("docs/happens-before.md", edges::page(&files)?),
        (cancellation::PAGE, cancellation::page(&files)?),
        ("docs/queues.md", queues::page(&files)?),
        (unsafety::PAGE, unsafety::page(&files)?),
        (faults::PAGE, testing_page(files)?),
        (crates::PAGE, crates_page()?),
        (platforms::PAGE, systems_page()?),
    ])
}

fn testing_page(mut files: Vec<File>) -> Result<String, String> {
    files.extend(sources(BESIDE)?);
    let page = faults::page(&read(faults::PAGE)?, &files)?;
    let conformance = [conformance::PATH, conformance::WINDOWS].map(Conformance::load);
    let [linux, windows] = conformance;
    measured::page(
        &page,
        &Ledger::read()?,
        &[linux?, windows?],
        &nightly::read()?,
    )
}

fn crates_page() -> Result<String, String> {
    let [page, manifest, lock] = [crates::PAGE, crates::MANIFEST, crates::LOCK].map(read);
    let counts = ecosystem::counts(&read(ecosystem::LEDGER)?)?;
    crates::page(&page?, &manifest?, &lock?, &counts)
}

fn systems_page() -> Result<String, String> {
    measured::systems(&read(platforms::PAGE)?, &platforms::ledger::Ledger::read()?)
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(process::root().join(path)).map_err(|error| format!("{path}: {error}"))
}

/// The Rust files in these folders, in the order of their paths.
pub(crate) fn sources(folders: &[&str]) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    let mut folders: Vec<String> = folders.iter().copied().map(str::to_owned).collect();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(process::root().join(&folder));
        for entry in entries.map_err(|error| format!("{folder}: {error}"))? {
            let name = entry.map_err(|error| error.to_string())?.file_name();
            let path = format!("{folder}/{}", name.to_string_lossy());
            if process::root().join(&path).is_dir() {
                folders.push(path);
            } else if Path::new(&path).extension().is_some_and(|it| it == "rs") {
                let text = read(&path)?;
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The names of the functions in a text that begin with `prefix`.
fn functions<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let declared = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix("async ").unwrap_or(line);
        let name = rest.strip_prefix("fn ")?;
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        Some(&name[..end])
    });
    declared.filter(|name| name.starts_with(prefix)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_what_the_command_would_write() {
        for (path, text) in pages().expect("the rows agree with the code") {
            let stands = read(path).unwrap_or_default();
            assert!(stands == text, "{path} is old: run `cargo xtask tables`");
        }
    }

    #[test]
    fn functions_are_found_by_their_prefix() {
        let text = "fn loom_a() {}\n    async fn loom_b<T>() {}\n// fn loom_c()\nfn d() {}\n";
        assert_eq!(functions(text, "loom_"), ["loom_a", "loom_b"]);
    }
}
