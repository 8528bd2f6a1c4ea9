//! System calls that fail: a filter in front of the kernel, for the calling thread and those that it
//! starts. There is no way back, so it is for processes that are given up.
#![allow(unsafe_code, reason = "installs a filter")]

use std::io;

/// A system call's number, and what it fails with from now on.
pub(crate) type Refused = (libc::c_long, i32);

/// Where a filter finds the number of the call.
const NUMBER_AT: u32 = 0;

/// Lets these system calls fail.
pub(crate) fn refuse(refused: &[Refused]) {
    let statement = |code: u32, k: u32| libc::sock_filter {
        code: u16::try_from(code).expect("an instruction"),
        jt: 0,
        jf: 0,
        k,
    };
    let mut filter = vec![statement(
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        NUMBER_AT,
    )];
    for (number, error) in refused {
        let number = u32::try_from(*number).expect("a number");
        let mut is_it = statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number);
        // Not this one: pass over its verdict.
        is_it.jf = 1;
        filter.push(is_it);
        let error = u32::try_from(*error).expect("an error");
        filter.push(statement(
            libc::BPF_RET | libc::BPF_K,
            libc::SECCOMP_RET_ERRNO | error,
        ));
    }
    filter.push(statement(
        libc::BPF_RET | libc::BPF_K,
        libc::SECCOMP_RET_ALLOW,
    ));
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).expect("a short filter"),
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: no pointers.
    let outcome = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(outcome, 0, "{}", io::Error::last_os_error());
    // SAFETY: the program and its filter live throughout the call.
    let outcome = unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER,
            &raw const program,
        )
    };
    assert_eq!(outcome, 0, "{}", io::Error::last_os_error());
}
