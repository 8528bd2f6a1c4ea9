//! Which part of the vocabulary a test file is about.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Rt,
    Task,
    Coop,
    Macros,
    Sync,
    Time,
    Io,
    Net,
    Fs,
    Process,
    Signal,
}

/// Each with its name and the beginnings of its files' names.
const GROUPS: [(Group, &str, &[&str]); 11] = [
    (
        Group::Rt,
        "rt",
        &["rt_", "no_rt", "unwindsafe", "async_send_sync"],
    ),
    (Group::Task, "task", &["task_", "join_handle"]),
    (Group::Coop, "coop", &["coop_"]),
    (Group::Macros, "macros", &["macros_"]),
    (Group::Sync, "sync", &["sync_"]),
    (Group::Time, "time", &["time_", "test_clock"]),
    (Group::Io, "io", &["io_", "buffered", "duplex_stream"]),
    (Group::Net, "net", &["net_", "tcp_", "udp", "uds_", "unix_"]),
    (Group::Fs, "fs", &["fs"]),
    (Group::Process, "process", &["process_"]),
    (Group::Signal, "signal", &["signal_"]),
];

impl Group {
    /// By the group's own name.
    pub(crate) fn named(name: &str) -> Result<Group, String> {
        let known = GROUPS.iter().find(|(_, known, _)| *known == name);
        known.map(|(group, ..)| *group).ok_or_else(|| {
            let names: Vec<&str> = GROUPS.iter().map(|(_, name, _)| *name).collect();
            format!("unknown group {name:?}, known are {}", names.join(" "))
        })
    }

    /// The group of a test file; `None` for a file that nobody has placed.
    pub(crate) fn of(file: &str) -> Option<Group> {
        let begins = |starts: &&[&str]| starts.iter().any(|start| file.starts_with(start));
        let group = GROUPS.iter().find(|(_, _, starts)| begins(starts));
        group.map(|(group, ..)| *group)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = GROUPS.iter().find(|(group, ..)| group == self);
        f.pad(group.map_or("", |(_, name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::ledger::{self, Ledger};

    #[test]
    fn each_file_of_the_suite_has_a_group() {
        let ledger = Ledger::load(ledger::path(None)).expect("the ledger is there");
        for file in ledger.counts.keys() {
            assert!(Group::of(file).is_some(), "{file}");
        }
        assert_eq!(Group::of("fs"), Some(Group::Fs));
        assert_eq!(Group::of("unix_shutdown"), Some(Group::Net));
        assert_eq!(Group::of("unknown"), None);
    }

    #[test]
    fn each_group_has_one_name() {
        for (group, name, _) in GROUPS {
            assert_eq!(Group::named(name), Ok(group));
            assert_eq!(group.to_string(), name);
        }
        assert!(Group::named("nett").is_err_and(|error| error.contains("signal")));
    }
}
