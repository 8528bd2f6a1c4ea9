//! The package that holds the tests: made under `target/conformance`, nothing of it is kept here.
//!
//! The tests come out of the registry's copy of tokio, which cargo fetches for a second, empty
//! package that depends on the real one. Files are written only where they differ, so that cargo
//! builds a second time only what changed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process;

/// The release whose public face is our vocabulary.
pub(crate) const TOKIO: &str = "1.54.1";

/// Which runtime the tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    /// This one, through the bridge.
    Bridge,
    /// tokio itself: what fails here fails for the machine's sake.
    Reference,
}

pub(crate) struct Scratch {
    pub(crate) folder: PathBuf,
}

impl Scratch {
    pub(crate) fn make(under: Under) -> Result<Scratch, String> {
        let tests = source()?.join("tests");
        let folder = process::root()
            .join("target/conformance")
            .join(match under {
                Under::Bridge => "bridge",
                Under::Reference => "reference",
            });
        copy(&tests, &folder.join("tests"))?;
        write(&folder.join("src/lib.rs"), b"")?;
        write(&folder.join("Cargo.toml"), manifest(under).as_bytes())?;
        Ok(Scratch { folder })
    }
}

/// An empty package in `target/conformance` that depends on this tokio, with all that is stable.
pub(crate) fn dependent(name: &str, tokio: &str) -> Result<PathBuf, String> {
    let folder = process::root().join("target/conformance").join(name);
    write(&folder.join("src/lib.rs"), b"")?;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n\n\
         [dependencies]\ntokio = {{ {tokio}, features = [\"full\", \"test-util\"] }}\n"
    );
    write(&folder.join("Cargo.toml"), manifest.as_bytes())?;
    Ok(folder)
}

/// A package that depends on the real tokio.
pub(crate) fn dependent_on_tokio() -> Result<PathBuf, String> {
    dependent("source", &format!("version = \"={TOKIO}\""))
}

/// Where cargo has unpacked the real tokio.
pub(crate) fn source() -> Result<PathBuf, String> {
    let metadata = process::metadata(&dependent_on_tokio()?, &[])?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut tokio = packages.filter(|package| package["name"] == "tokio");
    let path = tokio.find_map(|package| package["manifest_path"].as_str());
    let path = path.ok_or("cargo metadata names no package tokio")?;
    Ok(Path::new(path).parent().unwrap_or(Path::new("")).to_owned())
}

/// Files and folders; what is no longer in `from` goes.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(from).map_err(|error| at(from, &error))? {
        let entry = entry.map_err(|error| at(from, &error))?;
        names.push(entry.file_name());
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied)?;
        } else {
            let bytes = fs::read(&path).map_err(|error| at(&path, &error))?;
            write(&copied, &bytes)?;
        }
    }
    for entry in fs::read_dir(to).map_err(|error| at(to, &error))?.flatten() {
        if !names.contains(&entry.file_name()) && entry.path().is_file() {
            fs::remove_file(entry.path()).map_err(|error| at(&entry.path(), &error))?;
        }
    }
    Ok(())
}

/// Leaves the file, and its time, alone if it holds the same.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    fs::write(path, bytes).map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// What the tests of named pipes ask for.
const ON_WINDOWS: &str = "\
[target.'cfg(windows)'.dev-dependencies.windows-sys]
version = \"0.61\"
features = [\"Win32_Foundation\", \"Win32_Security_Authorization\"]
";

/// The features exist because the tests ask for them by `cfg`; one test reads its own manifest and
/// looks for the homepage.
fn manifest(under: Under) -> String {
    let (version, patch) = match under {
        Under::Bridge => {
            let bridge = process::root().join("compat/tokio");
            let path = bridge.to_string_lossy().into_owned();
            (
                "1".to_owned(),
                format!("\n[patch.crates-io]\ntokio = {{ path = {path:?} }}\n"),
            )
        }
        Under::Reference => (format!("={TOKIO}"), String::new()),
    };
    format!(
        r#"[package]
name = "conformance"
version = "0.0.0"
edition = "2021"
publish = false
homepage = "https://tokio.rs"

[workspace]

[features]
default = ["full", "test-util"]
full = [
    "fs", "io-std", "io-util", "macros", "net", "parking_lot", "process", "rt", "rt-multi-thread",
    "signal", "sync", "time",
]
fs = []
io-std = []
io-uring = []
io-util = []
macros = []
net = []
parking_lot = []
process = []
rt = []
rt-multi-thread = []
signal = []
sync = []
taskdump = []
test-util = []
time = []
tracing = []

[dev-dependencies]
bytes = "1"
futures = {{ version = "0.3", features = ["async-await"] }}
futures-test = "0.3.31"
libc = "0.2"
nix = {{ version = "0.31", default-features = false, features = ["aio", "fs", "socket"] }}
pin-project-lite = "0.2"
rand = "0.9"
socket2 = "0.6"
tempfile = "3"
tokio = {{ version = "{version}", features = ["full", "test-util"] }}
tokio-stream = "0.1"
tokio-test = "0.4"

{ON_WINDOWS}
[lints.rust]
unexpected_cfgs = "allow"

# A hundred and fifty binaries: smaller and sooner without what a debugger needs.
[profile.dev]
debug = false
incremental = false
{patch}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_patches_tokio_only_for_the_bridge() {
        let bridge: toml::Table = manifest(Under::Bridge).parse().expect("it is TOML");
        let path = bridge["patch"]["crates-io"]["tokio"]["path"].as_str();
        assert!(path.is_some_and(|path| path.ends_with("compat/tokio")));
        let reference: toml::Table = manifest(Under::Reference).parse().expect("it is TOML");
        assert!(!reference.contains_key("patch"));
        let version = reference["dev-dependencies"]["tokio"]["version"].as_str();
        assert_eq!(version, Some("=1.54.1"));
    }

    #[test]
    fn a_file_that_holds_the_same_keeps_its_time() {
        let folder = std::env::temp_dir().join(format!("xtask-scratch-{}", std::process::id()));
        let path = folder.join("a/b");
        write(&path, b"one").expect("written");
        let time = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
        let before = time(&path);
        write(&path, b"one").expect("left alone");
        assert_eq!(time(&path), before);
        copy(&folder.join("a"), &folder.join("c")).expect("copied");
        assert_eq!(fs::read(folder.join("c/b")).ok(), Some(b"one".to_vec()));
        fs::remove_dir_all(&folder).expect("removed");
    }
}
