//! What the process has used so far, as the kernel counts it.
#![allow(
    unsafe_code,
    reason = "getrusage, getrlimit and setrlimit have no safe face in std"
)]

use std::mem::MaybeUninit;
use std::ops::{AddAssign, Sub};
use std::time::Duration;

use crate::row::Figure;

/// CPU time and switches of all threads of this process, those that have ended included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// User and system time together.
    pub(crate) cpu: Duration,
    /// How often a thread went to sleep of its own will; in an idle process that is the number of
    /// wake-ups.
    pub(crate) switches: u64,
}

impl Usage {
    /// The counts up to now.
    pub(crate) fn now() -> Usage {
        let usage = usage();
        Usage {
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
            switches: usage.ru_nvcsw.unsigned_abs(),
        }
    }

    /// Puts into a figure what was used for each of so many operations, all there were unless it says.
    pub(crate) fn per(self, operations: f64, mut figure: Figure) -> Figure {
        figure.operations = figure.operations.or(Some(operations));
        figure.cpu = Some(self.cpu.as_nanos() as f64 / operations);
        figure.switches = Some(self.switches as f64 / operations);
        figure
    }

    /// Puts into a figure what was used in each of so many seconds: the CPU time in microseconds.
    pub(crate) fn a_second(self, seconds: f64, mut figure: Figure) -> Figure {
        figure.cpu = Some(self.cpu.as_micros() as f64 / seconds);
        figure.switches = Some(self.switches as f64 / seconds);
        figure
    }
}

impl Sub for Usage {
    type Output = Usage;

    fn sub(self, earlier: Usage) -> Usage {
        Usage {
            cpu: self.cpu - earlier.cpu,
            switches: self.switches - earlier.switches,
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Usage) {
        self.cpu += more.cpu;
        self.switches += more.switches;
    }
}

/// The most bytes of memory that the process ever had.
pub(crate) fn peak_memory() -> u64 {
    // Linux counts in KiB.
    usage().ru_maxrss.unsigned_abs() * 1_024
}

/// How much memory the process has now: its own and its page tables, the share of the kernel's
/// stacks aside. Nothing where there is no `/proc`.
pub(crate) fn resident_memory() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return 0;
    };
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let kilobytes = field("VmRSS:").unwrap_or(0) + field("VmPTE:").unwrap_or(0);
    kilobytes * 1_024
}

fn usage() -> libc::rusage {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to writable memory of the type that the call fills.
    let status = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    assert_eq!(status, 0, "getrusage refuses only a bad pointer or role");
    // SAFETY: all-zero bytes are a valid `rusage`, and the call has filled it since.
    unsafe { usage.assume_init() }
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec.unsigned_abs())
        + Duration::from_micros(time.tv_usec.unsigned_abs())
}

/// How many descriptors the process may have at most.
pub(crate) fn descriptor_limit() -> u64 {
    limit().rlim_max
}

fn limit() -> libc::rlimit {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a live `rlimit`.
    let status = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    assert_eq!(
        status, 0,
        "getrlimit refuses only a bad pointer or resource"
    );
    limit
}

/// Lets the process open as many descriptors as the system allows it; where that is refused, the
/// rows that need them fail.
pub(crate) fn raise_descriptor_limit() {
    let mut limit = limit();
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the pointer is to a live, initialised `rlimit`.
    let _refused = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
}
