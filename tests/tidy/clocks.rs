//! Deadlines know no time of day: whoever sets the system's clock moves no timer.
//!
//! Files have times of day, since their system gives them those; nothing else does.

use crate::Violation;
use crate::source::Source;

/// The clock that may be set, in the standard library and in libc.
const TIME_OF_DAY: [&str; 4] = ["SystemTime", "UNIX_EPOCH", "CLOCK_REALTIME", "gettimeofday"];

const PRODUCT: [&str; 4] = [
    "src/",
    "runtime-core/src/",
    "runtime-io/src/",
    "runtime-alarm/src/",
];

const FILES: &str = "runtime-io/src/fs/";
const FILE: &str = "runtime-io/src/fs.rs";

pub(crate) fn check(source: &Source) -> Vec<Violation> {
    let path = &source.path;
    let is_product = PRODUCT.iter().any(|folder| path.starts_with(folder));
    if !is_product || path.starts_with(FILES) || path == FILE {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, line) in source.lines.iter().enumerate() {
        let mut words = line.code.split(|c: char| !c.is_alphanumeric() && c != '_');
        if let Some(word) = words.find(|word| TIME_OF_DAY.contains(word)) {
            found.push(Violation::new(
                path,
                at,
                format!("the time of day: `{word}`"),
            ));
        }
    }
    found
}

#[test]
fn a_time_of_day_is_found() {
    let count = |path: &str, text: &str| check(&Source::new(path, text)).len();
    for text in [
        "use std::time::{Duration, SystemTime};",
        "let clock = libc::CLOCK_REALTIME;",
    ] {
        assert_eq!(count("runtime-core/src/timer/clock.rs", text), 1, "{text}");
        assert_eq!(count("runtime-io/src/driver/table.rs", text), 1, "{text}");
        assert_eq!(count("runtime-io/src/fs/file_times.rs", text), 0, "{text}");
        assert_eq!(count("xtask/src/shuttle.rs", text), 0, "{text}");
    }
    assert_eq!(count("src/a.rs", "// as SystemTime does"), 0);
    assert_eq!(count("src/a.rs", "let a = CLOCK_REALTIME_ALARM;"), 0);
}
