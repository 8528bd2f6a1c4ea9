//! What a process has of the system: descriptors, threads, processor time; and limits of it.
#![allow(unsafe_code, reason = "asks the system, limits it, forks")]

use std::fs;
use std::io;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use super::proc_status_kib;

/// How many descriptors this process has open, but for the one that counts.
pub(crate) fn descriptors() -> usize {
    let open = fs::read_dir("/proc/self/fd").expect("/proc/self/fd");
    open.count() - 1
}

/// The numbers of the open descriptors.
pub(crate) fn open_descriptors() -> Vec<RawFd> {
    let open = fs::read_dir("/proc/self/fd").expect("/proc/self/fd");
    let names = open.map(|entry| entry.expect("an entry").file_name());
    let numbers: Vec<RawFd> = names
        .map(|name| name.to_str().and_then(|name| name.parse().ok()))
        .map(|number| number.expect("a number"))
        .collect();
    // The one of the listing itself is closed by now.
    let is_open = |number: &RawFd| descriptor_flags(*number).is_some();
    numbers.into_iter().filter(is_open).collect()
}

/// The flags of a descriptor, if it is open.
pub(crate) fn descriptor_flags(number: RawFd) -> Option<i32> {
    // SAFETY: no pointers.
    let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
    (flags != -1).then_some(flags)
}

pub(crate) fn threads() -> usize {
    proc_status_kib(std::process::id(), "Threads")
}

/// Threads that have been joined may still be visible for a moment.
#[track_caller]
pub(crate) fn wait_threads(at_most: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while threads() > at_most {
        assert!(
            Instant::now() < deadline,
            "{} threads, more than {at_most}",
            threads()
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether that few descriptors are open, soon: a thread that nobody joins, as those of lookups, may
/// still have a hand on its runtime.
pub(crate) fn wait_descriptors(at_most: usize) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while descriptors() > at_most && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    descriptors() <= at_most
}

/// What the threads of this process have used together.
fn usage() -> libc::rusage {
    // SAFETY: all zeros are a valid value.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the place is large enough.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut used) }, 0);
    used
}

/// The time for which threads of this process have had a processor.
pub(crate) fn processor_time() -> Duration {
    let used = usage();
    [used.ru_utime, used.ru_stime]
        .map(|time| {
            let micros = u64::try_from(time.tv_usec).expect("not negative");
            let seconds = u64::try_from(time.tv_sec).expect("not negative");
            Duration::from_secs(seconds) + Duration::from_micros(micros)
        })
        .iter()
        .sum()
}

/// No descriptor gets this number or a greater one, until it is dropped.
#[derive(Debug)]
pub(crate) struct DescriptorLimit {
    before: libc::rlimit,
}

impl DescriptorLimit {
    /// Leaves room for so many more than are open.
    pub(crate) fn room_for(more: usize) -> DescriptorLimit {
        let open = open_descriptors();
        let free = (0..).filter(|number| !open.contains(number)).nth(more);
        let free = free.and_then(|number| usize::try_from(number).ok());
        DescriptorLimit::set(free.expect("there are enough numbers"))
    }

    pub(crate) fn set(numbers_below: usize) -> DescriptorLimit {
        let mut before = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the place is large enough.
        let outcome = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut before) };
        assert_eq!(outcome, 0, "{}", io::Error::last_os_error());
        let limit = libc::rlimit {
            rlim_cur: numbers_below as libc::rlim_t,
            ..before
        };
        set_descriptor_limit(&limit);
        DescriptorLimit { before }
    }
}

impl Drop for DescriptorLimit {
    fn drop(&mut self) {
        set_descriptor_limit(&self.before);
    }
}

/// Raises the limit on descriptors as far as it goes; what it is then. Processes started later
/// inherit it.
pub(crate) fn raise_descriptor_limit() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the address is that of a live value of the type that the call fills.
    let got = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    assert_eq!(got, 0, "{}", io::Error::last_os_error());
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the address is that of a live value of the type that the call reads.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

fn set_descriptor_limit(limit: &libc::rlimit) {
    // SAFETY: the place is read only.
    let outcome = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) };
    assert_eq!(outcome, 0, "{}", io::Error::last_os_error());
}

/// Runs `child` in a forked process, which is given ten seconds; gives its wait status.
pub(crate) fn in_fork(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the C library makes its own locks usable in the child; ours are what is tested.
    let process = unsafe { libc::fork() };
    assert!(process >= 0);
    if process == 0 {
        // SAFETY: no pointers.
        unsafe { libc::alarm(10) };
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
        // SAFETY: ends this process without its parent's destructors.
        unsafe { libc::_exit(code.unwrap_or(101)) };
    }
    let mut status = 0;
    // SAFETY: the place is large enough.
    assert_eq!(unsafe { libc::waitpid(process, &mut status, 0) }, process);
    status
}
