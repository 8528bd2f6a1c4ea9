//! Debian's compiler and what it links with.
//!
//! The standard library is built along out of Debian's sources, as for `sanitize`: so no target has
//! to be installed, and checking needs neither linker nor headers of the other system. (For Windows
//! the compiler makes import libraries of what `std` names, also to check it: by mingw's dlltool.)

use std::path::Path;
use std::process::Command;

use crate::platforms::targets::{How, Target};
use crate::process;

const NAME: &str = "debian";
const PACKAGES: [&str; 4] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "binutils-mingw-w64-x86-64",
];
const SHOWN_BY: [&str; 4] = [
    "/usr/bin/rustc",
    "/usr/bin/cargo",
    "/usr/lib/rustlib/src/rust/library",
    "/usr/bin/x86_64-w64-mingw32-dlltool",
];
pub(crate) const CLIPPY: &str = "/usr/bin/clippy-driver";

/// Installs what is missing for these targets, where this may be done.
pub(crate) fn install(targets: &[&Target]) -> Result<(), String> {
    let mut missing = missing_packages(targets);
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() {
        let line = format!(
            "apt-get install -y --no-install-recommends {}",
            missing.join(" ")
        );
        let is_root = process::answer(process::program("id").arg("-u")).as_deref() == Some("0");
        if !is_root || !Path::new("/etc/debian_version").exists() {
            return Err(format!(
                "nothing was done; on Debian, as root: `{line}` (wine 8 and mingw's gcc there)"
            ));
        }
        process::run(process::program("apt-get").args(["update", "--quiet"]))?;
        process::run(process::program("sh").args(["-c", &line]))?;
    }
    if !is_linked() {
        process::run(process::program("rustup").args(["toolchain", "link", NAME, "/usr"]))?;
    }
    Ok(())
}

/// An error that names what is missing for a check; nothing is installed.
pub(crate) fn wants_a_checker() -> Result<(), String> {
    let mut missing = Vec::new();
    if !all_exist(&SHOWN_BY) {
        let line = format!(
            "apt-get install --no-install-recommends {}",
            PACKAGES.join(" ")
        );
        missing.push(format!(
            "  its compiler or sources, or mingw's dlltool, are not there: `{line}`"
        ));
    }
    if !is_linked() {
        let link = format!("rustup toolchain link {NAME} /usr");
        missing.push(format!("  the toolchain is not linked: `{link}`"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("nothing was checked:\n{}", missing.join("\n")))
}

/// Debian's cargo, for a target.
pub(crate) fn cargo(verb: &str, target: &Target) -> Command {
    let mut command = process::program("cargo");
    command.args([verb, "--quiet"]);
    command.arg("-Zbuild-std=std,panic_abort,test");
    command.args(["--target", target.name]);
    if let How::Run { link, .. } = target.how {
        let name = target.name.to_uppercase().replace('-', "_");
        command.env(format!("CARGO_TARGET_{name}_LINKER"), link.linker);
        command.env("RUSTFLAGS", link.flags.join(" "));
    }
    command
        .env("RUSTUP_TOOLCHAIN", NAME)
        .env("RUSTC_BOOTSTRAP", "1")
        // A target takes gigabytes with what a debugger and a next build could use.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    // The toolchain that runs this command has said which compiler it is; the other one must not
    // hear it.
    command.env_remove("RUSTC").env_remove("CARGO");
    command
}

fn missing_packages(targets: &[&Target]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if !all_exist(&SHOWN_BY) {
        missing.extend(PACKAGES);
    }
    if !Path::new(CLIPPY).exists() {
        missing.push("rust-web-clippy");
    }
    for target in targets {
        if let How::Run {
            packages, shown_by, ..
        } = target.how
        {
            if !all_exist(shown_by) {
                missing.extend(packages);
            }
        }
    }
    missing
}

fn all_exist(paths: &[&str]) -> bool {
    paths.iter().all(|path| Path::new(path).exists())
}

fn is_linked() -> bool {
    let list = process::answer(process::program("rustup").args(["toolchain", "list"]));
    list.is_some_and(|list| list.lines().any(|line| line.starts_with(NAME)))
}
