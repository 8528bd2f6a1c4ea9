//! `cargo xtask vocabulary`: which names of tokio's stable public face the bridge has.
//!
//! Both are documented by rustdoc as JSON, with all stable features, and compared name by name:
//! modules' items, and of each item its methods, variants, public fields and the traits it
//! implements. Signatures are the compiler's matter: the conformance suite and the probe build
//! against them.
//!
//! rustdoc's JSON is unstable, hence `RUSTC_BOOTSTRAP`; the formats read here are [`names::FORMATS`].

pub(crate) mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::conformance::scratch;
use crate::process;
use names::Crates;

/// What the bridge passes on lies in these.
const OURS: [&str; 5] = [
    "tokio",
    "runtime",
    "runtime-core",
    "runtime-io",
    "runtime-macros",
];

/// Conversions from a type that no user can name.
const PRIVATE: [&str; 1] = ["tokio::time::error::Error: From"];

pub(crate) fn run(missing_only: bool) -> Result<(), String> {
    let mut theirs = names(&scratch::dependent_on_tokio()?, &["tokio"])?;
    theirs.retain(|name| !PRIVATE.contains(&name.as_str()));
    let bridge = process::root().join("compat/tokio");
    let bridge = format!("path = {:?}", bridge.to_string_lossy());
    let ours = names(&scratch::dependent("vocabulary", &bridge)?, &OURS)?;
    println!("{}", section("missing", &theirs, &ours));
    if !missing_only {
        println!("{}", section("extra", &ours, &theirs));
    }
    let there = theirs.intersection(&ours).count();
    println!("{there} of {} names", theirs.len());
    Ok(())
}

fn names(folder: &Path, packages: &[&str]) -> Result<BTreeSet<String>, String> {
    let mut crates = Crates::default();
    for package in packages {
        let target = folder.join("target");
        let mut command = process::cargo();
        command
            .args(["rustdoc", "--quiet", "--lib", "-p", package, "--"])
            // Foreign items are found by the path of their definition, which may be private.
            .args([
                "-Zunstable-options",
                "--output-format=json",
                "--document-private-items",
            ])
            .args(["--cap-lints", "allow"])
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTC_BOOTSTRAP", "1");
        process::run(&mut command)?;
        let name = package.replace('-', "_");
        let path = target.join("doc").join(format!("{name}.json"));
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        crates.add(name, &text)?;
    }
    crates.names("tokio")
}

/// What `all` has and `known` lacks, by module.
fn section(head: &str, all: &BTreeSet<String>, known: &BTreeSet<String>) -> String {
    let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in all.difference(known) {
        let (module, item) = split(name);
        modules.entry(module).or_default().push(item);
    }
    let count: usize = modules.values().map(Vec::len).sum();
    let mut text = format!("{head}: {count}\n");
    for (module, mut items) in modules {
        items.sort_unstable();
        text.push_str(&format!("  {module} ({})\n", items.len()));
        for item in items {
            text.push_str(&format!("    {item}\n"));
        }
    }
    text
}

/// `a::b::C::d` → `a::b` and `C::d`: modules are written in small letters, types are not. What
/// follows a `:` with a space, a trait, is no part of the path.
fn split(name: &str) -> (&str, &str) {
    let path = name.split(": ").next().unwrap_or(name);
    let mut end = 0;
    for part in path.split_inclusive("::") {
        let is_module = part.ends_with("::") && part.starts_with(|c: char| c.is_lowercase());
        if !is_module {
            break;
        }
        end += part.len();
    }
    (name[..end].trim_end_matches("::"), &name[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_module_and_item() {
        assert_eq!(split("tokio::spawn"), ("tokio", "spawn"));
        let name = "tokio::sync::mpsc::Sender::send";
        assert_eq!(split(name), ("tokio::sync::mpsc", "Sender::send"));
        assert_eq!(split("tokio::net::A: Debug"), ("tokio::net", "A: Debug"));
    }

    #[test]
    fn a_section_counts_what_is_not_known() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let all: BTreeSet<String> = set(&["t::a", "t::b::C", "t::b::C::d", "t::e"]);
        let text = section("missing", &all, &set(&["t::e"]));
        let expected = "missing: 3\n  t (1)\n    a\n  t::b (2)\n    C\n    C::d\n";
        assert_eq!(text, expected);
    }
}
