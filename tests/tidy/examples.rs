//! Each public type and each public async fn of the core and of I/O has an example in its docs: a
//! fenced block, which `cargo test --doc` runs. Errors are left out: they are shown where they come
//! from.

use crate::Violation;
use crate::source::{Line, Source};

/// What nobody names: public for the sister crates only, or the futures behind a method whose trait
/// has the example. The halves of a stream have the methods of the stream, with its examples.
const INNER: [&str; 13] = [
    "runtime-core/src/loom",
    "runtime-core/src/util",
    "runtime-core/src/park",
    "runtime-core/src/timer",
    "runtime-core/src/context.rs",
    "runtime-core/src/coop",
    "runtime-core/src/sync/raw_semaphore.rs",
    "runtime-core/src/macros",
    "runtime-core/src/fuzzing.rs",
    "runtime-io/src/io/futures/",
    "runtime-io/src/driver/fuzzing.rs",
    "runtime-io/src/net/addr.rs",
    "runtime-io/src/net/halves.rs",
];

pub(crate) fn check(source: &Source) -> Vec<Violation> {
    let public = ["runtime-core/src/", "runtime-io/src/"];
    let is_public = public.iter().any(|folder| source.path.starts_with(folder));
    let is_inner = INNER.iter().any(|inner| source.path.starts_with(inner));
    if source.test || !is_public || is_inner || source.path.ends_with("error.rs") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, line) in source.product() {
        let Some(name) = item(&line.code) else {
            continue;
        };
        if !has_example(&source.lines[..at]) {
            found.push(Violation::new(
                &source.path,
                at,
                format!("{name} has no example"),
            ));
        }
    }
    found
}

/// The name of the public type or async fn that is declared here.
fn item(code: &str) -> Option<&str> {
    let code = code.trim_start();
    let kinds = ["pub struct ", "pub enum ", "pub async fn "];
    let rest = kinds.iter().find_map(|kind| code.strip_prefix(kind))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    let name = &rest[..end.unwrap_or(rest.len())];
    // An error is shown where it comes from.
    (!name.ends_with("Error")).then_some(name)
}

/// Whether the docs right above have a fenced block, or end with one that a macro makes.
fn has_example(above: &[Line]) -> bool {
    above
        .iter()
        .rev()
        .map(|line| line.raw.trim_start())
        .take_while(|line| line.starts_with(['/', '#', ')', ' ', '"']))
        .any(|line| line.starts_with("/// ```") || line == "\")]" || line.contains("example!("))
}

#[test]
fn a_type_or_async_fn_without_an_example_is_found() {
    let count = |text: &str| check(&Source::new("runtime-core/src/a.rs", text)).len();
    assert_eq!(count("/// Text.\npub struct A;\n"), 1);
    assert_eq!(
        count("/// ```\n/// ```\n#[derive(Debug)]\npub struct A;\n"),
        0
    );
    assert_eq!(
        count("/// ```\n/// ```\npub fn f() {}\n/// Text.\npub async fn g() {}\n"),
        1
    );
    assert_eq!(
        count("pub(crate) struct A;\nstruct B;\npub struct AnError;\n"),
        0
    );
    assert_eq!(check(&Source::new("src/a.rs", "pub struct A;\n")).len(), 0);
}
