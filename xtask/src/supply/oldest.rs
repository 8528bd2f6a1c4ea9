//! The oldest compiler: rustup's, where it is installed, or Debian's of that version, unpacked into
//! the target folder, where nothing else is disturbed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Checked, FOLDER, packages};
use crate::process;

/// Debian's package, and the one with the standard library.
const COMPILER: &str = "rustc-web";
const LIBRARY: &str = "libstd-rust-web-dev";
/// Below the folder that packages are unpacked into.
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

pub(super) fn check() -> Checked {
    let manifest = fs::read_to_string(process::root().join("Cargo.toml"));
    let manifest = manifest.map_err(|error| error.to_string())?;
    let version = rust_version(&manifest).ok_or("Cargo.toml names no rust-version")?;
    let Some(compiler) = of_rustup(version).or(of_debian(version)?) else {
        return Ok(Some(format!("rustup toolchain install {version}")));
    };
    let mut check = process::cargo();
    check.args(["check", "--all-features", "--lib"]);
    check.args(["--target-dir", &format!("{FOLDER}/oldest")]);
    check.args(packages()).env("RUSTC", compiler);
    // What later compilers know is no error in a build for an earlier one: names of systems.
    check.env("RUSTFLAGS", "--cap-lints=warn");
    process::run(&mut check).map(|()| None)
}

fn of_rustup(version: &str) -> Option<PathBuf> {
    let mut which = process::program("rustup");
    which.args(["which", "rustc", "--toolchain", version]);
    process::answer(&mut which).map(PathBuf::from)
}

/// Downloads what is not there yet; `None` where Debian has no such compiler.
fn of_debian(version: &str) -> Result<Option<PathBuf>, String> {
    let Some(release) = release(version) else {
        return Ok(None);
    };
    let folder = process::root().join(FOLDER).join("debian").join(&release);
    let program = folder.join("rustc");
    if !program.exists() {
        unpack(&release, version, &folder)?;
        start_script(&program, &folder)?;
    }
    Ok(Some(program))
}

/// Debian's name of the version, out of `rustc-web | 1.85.0+dfsg3-1 | http…`.
fn release(version: &str) -> Option<String> {
    let known = process::answer(process::program("apt-cache").args(["madison", COMPILER]))?;
    let releases = known.lines().filter_map(|line| line.split('|').nth(1));
    let wanted = format!("{version}.");
    let mut found = releases.map(str::trim).filter(|it| it.starts_with(&wanted));
    found.next().map(str::to_owned)
}

/// The compiler, its library, and what that is linked with and others seldom have.
fn unpack(release: &str, version: &str, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let library = format!("libstd-rust-web-{version}");
    let depends = process::program("apt-cache")
        .args(["depends", &format!("{library}={release}")])
        .output();
    let depends = depends.map_err(|error| format!("apt-cache: {error}"))?;
    let depends = String::from_utf8_lossy(&depends.stdout);
    let llvm = depends
        .lines()
        .find_map(|line| line.trim().strip_prefix("Depends: libllvm"));
    let llvm = llvm.ok_or("apt-cache: Debian's compiler is not linked with LLVM")?;
    let mut download = process::program("apt-get");
    download.args(["--quiet", "download"]).current_dir(folder);
    for package in [COMPILER, LIBRARY, &library] {
        download.arg(format!("{package}={release}"));
    }
    process::run(download.arg(format!("libllvm{llvm}")))?;
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|it| it == "deb") {
            let mut unpack = process::program("dpkg-deb");
            process::run(unpack.arg("--extract").arg(&path).arg(folder))?;
        }
    }
    Ok(())
}

/// The compiler finds its own libraries where they would be if it were installed.
fn start_script(program: &Path, folder: &Path) -> Result<(), String> {
    let folder = folder.display();
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH={folder}/{LIBRARIES} exec {folder}/usr/bin/rustc \"$@\"\n"
    );
    fs::write(program, text)
        .and_then(|()| fs::set_permissions(program, fs::Permissions::from_mode(0o755)))
        .map_err(|error| error.to_string())
}

fn rust_version(manifest: &str) -> Option<&str> {
    let line = manifest
        .lines()
        .find(|line| line.starts_with("rust-version"))?;
    line.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_compiler_is_that_of_the_manifest() {
        let manifest = "[workspace.package]\nversion = \"1\"\nrust-version = \"1.85\"\n";
        assert_eq!(rust_version(manifest), Some("1.85"));
        assert_eq!(rust_version("[package]\n"), None);
    }
}
