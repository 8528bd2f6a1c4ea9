//! A program that forgot a feature is told which one: a package of its own, with few features, is
//! given to cargo.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a package with these features and this program; gives what cargo says of it.
fn refusal(features: &str, program: &str) -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("missing-feature");
    fs::create_dir_all(package.join("src")).expect("a folder");
    let manifest = format!(
        "[package]\nname = \"missing-feature\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [workspace]\n\
         [dependencies]\nruntime = {{ path = {repository:?}, default-features = false, \
         features = [{features}] }}\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).expect("a manifest");
    // The versions that are here already: nothing is fetched.
    let lock = package.join("Cargo.lock");
    fs::copy(repository.join("Cargo.lock"), lock).expect("a lock file");
    fs::write(package.join("src/main.rs"), program).expect("a program");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(&package)
        .args(["check", "--offline", "--color", "never", "--target-dir"])
        .arg(package.join("target"))
        .output()
        .expect("cargo starts");
    assert!(!output.status.success(), "it compiled");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn each_thing_that_is_used_without_its_feature_is_an_error_that_names_it() {
    let program = "#[runtime::main]\nasync fn main() {\n\
                   runtime::time::sleep(std::time::Duration::ZERO).await;\n\
                   let _lock = runtime::sync::Mutex::new(0);\n\
                   let _listener = runtime::net::TcpListener::bind(\"127.0.0.1:0\").await;\n}\n";
    let error = refusal("\"rt\", \"macros\"", program);
    for feature in ["time", "sync", "net"] {
        let part = format!("the item is gated behind the `{feature}` feature");
        assert!(error.contains(&part), "{feature}: {error}");
    }

    let program = "fn main() { runtime::spawn(async { runtime::join!(async {}) }); }\n";
    let error = refusal("\"time\"", program);
    let spawn = "the item is gated behind the `rt` feature";
    let join = "needs the feature `macros`";
    assert!(error.contains(spawn) && error.contains(join), "{error}");
}
