//! What packages' tests need and the packages do not carry, where it can be had.

use std::fs;
use std::path::Path;

use crate::conformance::scratch::write;
use crate::process;

/// redis's tests start their servers with this crate, and are written with macros that were never
/// published: ours stand in for them. (Its manifest names both by paths, which publishing drops.) A panic in
/// one of them, expected or not, ends what runs beside it: each gets a process.
pub(super) const REDIS: &str = "redis";

/// A crate for its tests depends on it: as published there would be two of it.
const ACTIX_WEB: &str = "actix-web";

/// Its tests serve a file that lies above it in its repository, and is the same as its own.
const TOWER_HTTP: &str = "tower-http";
const SERVED: &str = "README.md";

/// Lines for its manifest.
pub(super) fn crates(package: &str) -> String {
    if package != REDIS {
        return String::new();
    }
    let macros = process::root().join("compat/suites/test-macros");
    format!(
        "[dev-dependencies.redis-test]\nversion = \"1\"\n\n\
         [dev-dependencies.test-macros]\npath = {:?}\n\n",
        macros.to_string_lossy()
    )
}

/// Lines for its manifest's patches: crates for its tests are to be built with the copy.
pub(super) fn patches(package: &str) -> &'static str {
    match package {
        REDIS => "redis = { path = \".\" }\n",
        ACTIX_WEB => "actix-web = { path = \".\" }\n",
        _ => "",
    }
}

/// Files beside its copy, which lies in `folder`.
pub(super) fn write_files(package: &str, folder: &Path) -> Result<(), String> {
    if package != TOWER_HTTP {
        return Ok(());
    }
    let own = folder.join(SERVED);
    let text = fs::read(&own).map_err(|error| format!("{}: {error}", own.display()))?;
    let above = folder.parent().expect("it lies in a folder");
    write(&above.join(SERVED), &text)
}
