//! Tests that must not share their machine or their process with others.

use std::env;
use std::io::Write;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Watchdog, program};

static MACHINE: Mutex<()> = Mutex::new(());

/// The calling test runs by itself, under a watchdog, until this is dropped.
#[derive(Debug)]
pub(crate) struct Alone {
    _watchdog: Watchdog,
    _machine: MutexGuard<'static, ()>,
}

/// Waits until no other test of this binary runs that asked for the same, then starts the watchdog.
pub(crate) fn alone() -> Alone {
    // Poisoned by a test that failed: nothing is guarded but the time.
    let machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    Alone {
        _watchdog: Watchdog::new(),
        _machine: machine,
    }
}

/// Says to a process of this binary that it is one test's own.
const OWN_PROCESS: &str = "RUNTIME_TEST_OWN_PROCESS";

/// Runs `body` in a process that runs only the test `name`, in one thread; the caller is that test.
/// Gives what that process wrote to standard error, and `None` in it.
pub(crate) fn in_own_process(name: &str, body: impl FnOnce()) -> Option<String> {
    in_own_process_for(Watchdog::LIMIT, name, body)
}

/// As [`in_own_process`], for so long at most.
pub(crate) fn in_own_process_for(
    limit: Duration,
    name: &str,
    body: impl FnOnce(),
) -> Option<String> {
    if env::var_os(OWN_PROCESS).is_some_and(|of| of == name) {
        let _watchdog = Watchdog::with_limit(limit);
        body();
        return None;
    }
    let binary = env::current_exe().expect("the path of this binary");
    let output = program(binary)
        .args(["--exact", name, "--test-threads=1", "--nocapture"])
        .env(OWN_PROCESS, name)
        .stdin(Stdio::null())
        .output()
        .expect("the test's own process starts");
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    print!("{out}");
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{name} in its own process: {}\n{out}\n{error}",
        output.status
    );
    let _ = std::io::stdout().flush();
    Some(error.into_owned())
}
