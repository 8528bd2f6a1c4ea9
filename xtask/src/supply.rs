//! `cargo xtask supply`: what comes from outside, and what others may build on.
//!
//! | check | what must hold |
//! |---|---|
//! | deny | licences, sources and bans as `deny.toml` says |
//! | features | the facade builds with each pair of features; `cargo xtask features` lints each alone |
//! | least versions | the product builds with the least versions that its manifests allow |
//! | oldest compiler | the product builds with the `rust-version` of `Cargo.toml` |
//! | public names | nothing public has gone or changed since the last release's tag, or [`BASE`] |
//!
//! That no function of the standard library is newer than `rust-version` is clippy's part
//! (`incompatible_msrv`, denied for the workspace). cargo's extensions are installed if they are
//! missing, and the oldest compiler is taken from Debian if rustup does not have it; a check that wants
//! something else that is not there says so and is left out.

mod oldest;

use std::fs;
use std::process::Command;

use crate::process;

const FOLDER: &str = "target/supply";

const PRODUCT: [&str; 5] = [
    "runtime",
    "runtime-core",
    "runtime-io",
    "runtime-macros",
    "runtime-alarm",
];

/// What public names are compared with until a release has a tag. Who takes one away on purpose puts
/// that commit here.
const BASE: &str = "fb73465";

/// Why a check was left out, if it was.
type Checked = Result<Option<String>, String>;

type Check = fn() -> Checked;

const CHECKS: [(&str, Check); 5] = [
    ("deny", deny),
    ("features", features),
    ("least versions", least_versions),
    ("oldest compiler", oldest::check),
    ("public names", public_names),
];

pub(crate) fn run() -> Result<(), String> {
    let (mut done, mut left_out, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (name, check) in CHECKS {
        println!("== {name}");
        match check() {
            Ok(None) => done.push(name),
            Ok(Some(why)) => {
                println!("left out: {why}");
                left_out.push(name);
            }
            Err(error) => {
                println!("{error}");
                failed.push(name);
            }
        }
    }
    let list = |names: &[&str]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    println!("held: {}; left out: {}", list(&done), list(&left_out));
    match failed[..] {
        [] => Ok(()),
        ref failed => Err(format!("supply: {}", failed.join(", "))),
    }
}

fn deny() -> Checked {
    install("deny")?;
    let check = [
        "deny",
        "--workspace",
        "check",
        "bans",
        "licenses",
        "sources",
    ];
    process::run(process::cargo().args(check)).map(|()| None)
}

fn features() -> Checked {
    install("hack")?;
    let mut hack = process::cargo();
    hack.args([
        "hack",
        "check",
        "-p",
        "runtime",
        "--lib",
        "--feature-powerset",
        "--depth",
        "2",
    ]);
    hack.args(["--exclude-features", "default,full", "--target-dir"]);
    hack.args([&format!("{FOLDER}/features"), "--quiet"]);
    process::run(hack.env("RUSTFLAGS", "-Dwarnings")).map(|()| None)
}

/// In a copy of what git's index has, without the packages that only measure and command.
fn least_versions() -> Checked {
    if process::answer(nightly().arg("-V")).is_none() {
        return Ok(Some("there is no nightly compiler".to_owned()));
    }
    let tree = process::root().join(FOLDER).join("tree");
    let prefix = format!("--prefix={FOLDER}/tree/");
    let copy = ["checkout-index", "--all", "--force", &prefix];
    process::run(process::program("git").args(copy))?;
    let manifest = tree.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| error.to_string())?;
    let text = text.replace(r#", "benches", "xtask"]"#, "]");
    fs::write(&manifest, text).map_err(|error| error.to_string())?;
    // Only what the manifests name: what those packages ask for themselves is their own affair.
    let update = ["update", "-Zdirect-minimal-versions"];
    process::run(nightly().args(update).current_dir(&tree))?;
    let mut check = process::cargo();
    check.args([
        "check",
        "--all-features",
        "--lib",
        "--target-dir",
        "../least",
    ]);
    process::run(check.args(packages()).current_dir(&tree)).map(|()| None)
}

fn public_names() -> Checked {
    let git = |arguments: &[&str]| process::answer(process::program("git").args(arguments));
    let tags = git(&["tag", "--list", "v*", "--sort=-v:refname"]).unwrap_or_default();
    let base = tags.lines().next().unwrap_or(BASE);
    if git(&["cat-file", "-e", &format!("{base}^{{commit}}")]).is_none() {
        return Ok(Some(format!("git does not have {base}: a shallow clone")));
    }
    install("semver-checks")?;
    let mut compare = process::cargo();
    compare.args(["semver-checks", "--all-features", "--baseline-rev", base]);
    // As of a release that adds and takes nothing away.
    compare.args(["--release-type", "minor"]);
    process::run(compare.args(packages())).map(|()| None)
}

fn packages() -> impl Iterator<Item = &'static str> {
    PRODUCT.into_iter().flat_map(|name| ["-p", name])
}

fn install(name: &str) -> Result<(), String> {
    if process::answer(process::cargo().args([name, "--version"])).is_some() {
        return Ok(());
    }
    let package = format!("cargo-{name}");
    process::run(process::cargo().args(["install", &package, "--locked"]))
}

fn nightly() -> Command {
    let mut command = process::program("rustup");
    command
        .args(["run", "nightly", "cargo"])
        .env_remove("CARGO")
        .env_remove("RUSTC");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_are_members_of_the_workspace() {
        let manifest = fs::read_to_string(process::root().join("Cargo.toml")).expect("it is there");
        assert!(
            manifest.contains(r#", "benches", "xtask"]"#),
            "what the copy leaves out"
        );
        for name in PRODUCT {
            let folder = if name == "runtime" { "." } else { name };
            let lies = process::root().join(folder).join("Cargo.toml");
            let text = fs::read_to_string(lies).expect("each is a package");
            assert!(text.contains(&format!("name = \"{name}\"")), "{name}");
        }
    }
}
