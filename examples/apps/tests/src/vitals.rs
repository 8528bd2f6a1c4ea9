//! What a process takes, as Linux says.

use std::fs;

use crate::patience::until;

#[derive(Clone, Copy, Debug)]
pub struct Vitals {
    pub threads: u64,
    pub descriptors: usize,
    pub resident_kib: u64,
}

impl Vitals {
    #[track_caller]
    pub fn of(id: u32) -> Vitals {
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it lives");
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            number.expect("Linux says so")
        };
        let descriptors = fs::read_dir(format!("/proc/{id}/fd")).expect("it lives");
        Vitals {
            threads: number("Threads:"),
            descriptors: descriptors.count(),
            resident_kib: number("VmRSS:"),
        }
    }

    /// Waits until it has no more descriptors than at this time.
    #[track_caller]
    pub fn settled(self, id: u32) -> Vitals {
        until("its connections are closed", || {
            let now = Vitals::of(id);
            (now.descriptors <= self.descriptors).then_some(now)
        })
    }
}
