//! The systems that the crates are written for: one of each kind of selector and files.

use std::fmt::Write;
use std::num::NonZeroUsize;

use crate::machine::Runs;

#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) how: How,
}

/// How far a target is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// All tests are built and run.
    Run {
        runs: Runs,
        /// What cargo calls the linker by, or its options.
        link: Link,
        /// Debian's packages, and what shows that they are there.
        packages: &'static [&'static str],
        shown_by: &'static [&'static str],
    },
    /// Type-checked with all tests, and linted.
    Checked,
    /// The facade alone, with the features that need neither threads nor sockets.
    CheckedWithoutThreads,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) linker: &'static str,
    pub(crate) flags: &'static [&'static str],
}

/// What a system without threads and sockets can have.
pub(crate) const FEATURES: &str = "rt,sync,io-util,macros,time";

pub(crate) const TARGETS: [Target; 11] = [
    Target {
        name: "i686-unknown-linux-gnu",
        how: How::Run {
            runs: Runs::Natively,
            // A program that names its libraries can be started by anybody, itself among them.
            link: Link {
                linker: "i686-linux-gnu-gcc",
                flags: &[
                    "-Clink-arg=-Wl,--dynamic-linker=/usr/i686-linux-gnu/lib/ld-linux.so.2",
                    "-Clink-arg=-Wl,-rpath,/usr/i686-linux-gnu/lib",
                ],
            },
            packages: &["gcc-i686-linux-gnu", "libc6-dev-i386-cross"],
            shown_by: &[
                "/usr/bin/i686-linux-gnu-gcc",
                "/usr/i686-linux-gnu/lib/ld-linux.so.2",
            ],
        },
    },
    Target {
        name: "aarch64-unknown-linux-gnu",
        how: How::Run {
            runs: Runs::UnderQemu {
                emulator: "qemu-aarch64",
                libraries: "/usr/aarch64-linux-gnu",
            },
            link: Link {
                linker: "aarch64-linux-gnu-gcc",
                flags: &[],
            },
            packages: &[
                "gcc-aarch64-linux-gnu",
                "libc6-dev-arm64-cross",
                "qemu-user",
            ],
            shown_by: &[
                "/usr/bin/aarch64-linux-gnu-gcc",
                "/usr/aarch64-linux-gnu/lib/libc.so.6",
                "/usr/bin/qemu-aarch64",
            ],
        },
    },
    Target {
        name: "x86_64-pc-windows-gnu",
        how: How::Run {
            runs: Runs::UnderWine,
            link: Link {
                linker: "x86_64-w64-mingw32-gcc",
                flags: &[],
            },
            packages: &["gcc-mingw-w64-x86-64-win32", "wine64"],
            shown_by: &["/usr/bin/x86_64-w64-mingw32-gcc", "/usr/lib/wine/wine64"],
        },
    },
    checked("x86_64-pc-windows-msvc"),
    checked("aarch64-apple-darwin"),
    checked("x86_64-unknown-freebsd"),
    checked("x86_64-unknown-netbsd"),
    checked("x86_64-unknown-openbsd"),
    checked("aarch64-linux-android"),
    // Without atomics of 64 bits, and its bytes the other way round.
    checked("powerpc-unknown-linux-gnu"),
    Target {
        name: "wasm32-wasip1",
        how: How::CheckedWithoutThreads,
    },
];

const THRICE: NonZeroUsize = NonZeroUsize::new(3).expect("three is not zero");

const fn checked(name: &'static str) -> Target {
    Target {
        name,
        how: How::Checked,
    }
}

pub(crate) fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    /// Whether its tests are run here.
    pub(crate) fn runs(&self) -> Option<Runs> {
        match self.how {
            How::Run { runs, .. } => Some(runs),
            How::Checked | How::CheckedWithoutThreads => None,
        }
    }

    /// How often each of its programs runs if nothing is said. Under wine thrice: its selector is
    /// run nowhere else, and what such a one gets wrong it gets wrong now and then.
    pub(crate) fn how_often(&self) -> NonZeroUsize {
        match self.runs() {
            Some(Runs::UnderWine) => THRICE,
            _ => NonZeroUsize::MIN,
        }
    }

    /// A word for the table.
    pub(crate) fn how_far(&self) -> &'static str {
        match self.how {
            How::Run { runs, .. } => match runs {
                Runs::Natively => "run natively",
                Runs::UnderQemu { .. } => "run under qemu",
                Runs::UnderWine => "run under wine",
            },
            How::Checked => "checked",
            How::CheckedWithoutThreads => "checked: without threads and sockets",
        }
    }

    /// What that means, for the same table.
    fn what_is_done(&self) -> String {
        match self.how {
            How::Run { .. } => "all tests are built and run".to_owned(),
            How::Checked => {
                "types with all tests, lints, documentation, the bridge's types".to_owned()
            }
            How::CheckedWithoutThreads => {
                format!("types and lints of the facade with its features `{FEATURES}`")
            }
        }
    }
}

/// The table of `docs/platforms.md` that says how far each target is taken.
pub(crate) fn table() -> String {
    let mut table = "| how far | targets | what is done |\n|---|---|---|\n".to_owned();
    let mut rest = &TARGETS[..];
    while let [first, ..] = rest {
        let is_alike = |target: &&Target| target.how_far() == first.how_far();
        let alike = rest.iter().take_while(is_alike).count();
        let names: Vec<&str> = rest[..alike].iter().map(|target| target.name).collect();
        let (how_far, done) = (first.how_far(), first.what_is_done());
        let _ = writeln!(table, "| {how_far} | `{}` | {done} |", names.join("`, `"));
        rest = &rest[alike..];
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_stands_in_one_row_of_the_table() {
        let table = table();
        for target in &TARGETS {
            let name = format!("`{}`", target.name);
            assert_eq!(table.matches(&name).count(), 1, "{table}");
        }
        assert_eq!(table.matches("\n| checked |").count(), 1, "{table}");
    }
}
