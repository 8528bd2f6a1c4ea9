//! What must not compile, and the message that its author sees: each `tests/ui/**/*.rs` has its
//! `.stderr` beside it.
//!
//! `tests/ui` holds messages of our own, which no compiler changes. `tests/ui/compiler` holds the
//! compiler's own messages about code inside our attributes: they show that errors point at the
//! user's code. Their wording changes with the compiler, so they are compared under one version
//! only, the one that CI runs. After a change of it: `TRYBUILD=overwrite cargo test --test
//! compile_fail`, and read the difference.
#![cfg(feature = "macros")]

use std::env;
use std::process::Command;

/// The compiler whose wording `tests/ui/compiler` holds.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn fault_089_a_mistake_gets_its_message_at_the_place_where_it_was_made() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    if compiler_version().starts_with(COMPILER) {
        cases.compile_fail("tests/ui/compiler/*.rs");
    }
}

fn compiler_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let output = output.expect("the compiler that built this test runs");
    String::from_utf8(output.stdout).expect("a version is text")
}
