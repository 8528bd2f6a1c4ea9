//! The system calls, each with the errors that its manual page lists, the likeliest first; and those
//! whose failure would show nothing of ours.

/// Why nothing of it fails here, and what the scenario calls besides.
const LEFT_OUT: &[(&str, &[&str])] = &[
    (
        "an injected error leaves open what the system's own error finds closed, so that a peer \
         waits for an end that did not come",
        &["close", "shutdown"],
    ),
    (
        "its manual knows only errors of the caller's making: it is asserted that there are none",
        &["timerfd_settime"],
    ),
    (
        "the standard library aborts a thread that gets no stack for its signals, and a process that \
         gets no memory",
        &[
            "mmap",
            "mprotect",
            "munmap",
            "madvise",
            "brk",
            "sigaltstack",
        ],
    ),
    (
        "the C library's locks and sleeps, which abort or are wrong if these fail otherwise than by \
         a wake-up",
        &["futex", "clock_nanosleep"],
    ),
    (
        "threads and children begin and end by them, in the C library",
        &[
            "arch_prctl",
            "exit",
            "exit_group",
            "execve",
            "prctl",
            "prlimit64",
            "rseq",
            "rt_sigprocmask",
            "rt_sigreturn",
            "set_robust_list",
            "set_tid_address",
        ],
    ),
    (
        "children call them, before or in what they are told to run",
        &["access", "dup2", "fadvise64"],
    ),
    (
        "they cannot fail",
        &[
            "getegid", "geteuid", "getgid", "getpid", "getppid", "gettid", "getuid",
        ],
    ),
    (
        "how the scenario opens the folders in which it counts",
        &["newfstatat"],
    ),
];

/// Whether it fails here, or has a reason not to.
pub(super) fn is_known(name: &str) -> bool {
    let is_listed = CALLS.iter().any(|call| call.name == name);
    is_listed || LEFT_OUT.iter().any(|(_, names)| names.contains(&name))
}

pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) errors: &'static [&'static str],
    /// The loader and the standard library's start make it too.
    pub(super) is_common: bool,
}

const fn own(name: &'static str, errors: &'static [&'static str]) -> Call {
    Call {
        name,
        errors,
        is_common: false,
    }
}

const fn common(name: &'static str, errors: &'static [&'static str]) -> Call {
    Call {
        name,
        errors,
        is_common: true,
    }
}

/// Reading and writing whatever it is.
const TRANSFER: &[&str] = &[
    "EINTR",
    "EIO",
    "ECONNRESET",
    "ENOBUFS",
    "ENOMEM",
    "EPIPE",
    "EBADF",
];

/// A new descriptor.
const DESCRIPTOR: &[&str] = &["EMFILE", "ENFILE", "ENOMEM", "EPERM"];

/// A peer that cannot be reached.
const CONNECT: &[&str] = &[
    "ECONNREFUSED",
    "EINTR",
    "ETIMEDOUT",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "EADDRNOTAVAIL",
    "EACCES",
    "EPERM",
];

pub(super) const CALLS: &[Call] = &[
    own("epoll_create1", DESCRIPTOR),
    own(
        "epoll_ctl",
        &["ENOMEM", "ENOSPC", "EPERM", "ENOENT", "EBADF"],
    ),
    own("epoll_wait", &["EINTR"]),
    own("epoll_pwait", &["EINTR"]),
    own("epoll_pwait2", &["EINTR", "ENOSYS", "EPERM"]),
    own("eventfd2", DESCRIPTOR),
    own(
        "timerfd_create",
        &["EMFILE", "ENFILE", "ENOMEM", "ENODEV", "EPERM"],
    ),
    own(
        "socket",
        &[
            "EMFILE",
            "ENFILE",
            "ENOBUFS",
            "ENOMEM",
            "EACCES",
            "EAFNOSUPPORT",
        ],
    ),
    own("socketpair", &["EMFILE", "ENFILE", "EOPNOTSUPP"]),
    own("bind", &["EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "EINVAL"]),
    own("listen", &["EADDRINUSE", "EOPNOTSUPP"]),
    own(
        "accept4",
        &[
            "ECONNABORTED",
            "EMFILE",
            "ENFILE",
            "EINTR",
            "ENOBUFS",
            "ENOMEM",
            "EPROTO",
            "EPERM",
        ],
    ),
    own("connect", CONNECT),
    own("getsockname", &["ENOBUFS", "ENOTCONN"]),
    own("getpeername", &["ENOTCONN", "ENOBUFS"]),
    own("getsockopt", &["ENOBUFS", "ENOPROTOOPT"]),
    own("setsockopt", &["ENOMEM", "ENOPROTOOPT", "EDOM"]),
    own("sendto", TRANSFER),
    own("recvfrom", TRANSFER),
    own("sendmsg", TRANSFER),
    own("recvmsg", TRANSFER),
    own("sendmmsg", TRANSFER),
    own("recvmmsg", TRANSFER),
    own("readv", TRANSFER),
    own("writev", TRANSFER),
    common("read", TRANSFER),
    common(
        "write",
        &[
            "EINTR",
            "EIO",
            "ENOSPC",
            "EDQUOT",
            "EFBIG",
            "EPIPE",
            "ECONNRESET",
        ],
    ),
    common(
        "openat",
        &[
            "EMFILE", "EINTR", "ENFILE", "ENOSPC", "EACCES", "EROFS", "ENOMEM",
        ],
    ),
    common("lseek", &["ESPIPE", "EINVAL"]),
    common("statx", &["ENOMEM", "EACCES", "ENOSYS"]),
    common("fcntl", &["EINVAL", "EMFILE", "EPERM"]),
    common("ioctl", &["EBADF", "EINVAL"]),
    own("fsync", &["EIO", "EINTR", "ENOSPC", "EDQUOT"]),
    own("fdatasync", &["EIO", "EINTR", "ENOSPC", "EDQUOT"]),
    own("ftruncate", &["EFBIG", "EINTR", "EIO"]),
    own("unlink", &["EBUSY", "EIO", "EACCES"]),
    own("unlinkat", &["EBUSY", "EIO", "EACCES"]),
    own("rmdir", &["EBUSY", "EACCES", "ENOTEMPTY"]),
    own("mkdir", &["EEXIST", "ENOSPC", "EDQUOT", "EROFS"]),
    own("rename", &["EXDEV", "EBUSY", "ENOSPC", "EACCES"]),
    own("linkat", &["EMLINK", "EXDEV", "EPERM", "EDQUOT"]),
    own("symlink", &["EEXIST", "EIO", "ENOSPC"]),
    own("readlink", &["EINVAL", "EIO", "ENOENT"]),
    own("chmod", &["EPERM", "EROFS", "EIO"]),
    own("fchmod", &["EPERM", "EROFS", "EIO"]),
    own("getdents64", &["EBADF", "ENOENT", "EINVAL"]),
    own("copy_file_range", &["EXDEV", "ENOSYS", "EIO", "ENOSPC"]),
    // The first is how a read that would have to wait says so.
    own(
        "preadv2",
        &["EAGAIN", "EOPNOTSUPP", "ENOSYS", "EIO", "EINTR"],
    ),
    common("pread64", TRANSFER),
    own("pwrite64", &["EINTR", "EIO", "ENOSPC", "EDQUOT", "EFBIG"]),
    own("pipe2", &["EMFILE", "ENFILE"]),
    own(
        "pidfd_open",
        &["ENOSYS", "EMFILE", "ENFILE", "ENOMEM", "EPERM"],
    ),
    own("waitid", &["EINTR", "ECHILD", "EINVAL"]),
    own("wait4", &["EINTR", "ECHILD"]),
    own("clone3", &["EAGAIN", "ENOMEM", "EPERM", "ENOSYS"]),
    own("vfork", &["EAGAIN", "ENOMEM"]),
    own("kill", &["EPERM", "ESRCH"]),
    common("rt_sigaction", &["EINVAL"]),
    common("getrandom", &["EINTR", "ENOSYS"]),
    common("sched_getaffinity", &["EPERM", "ESRCH"]),
];
