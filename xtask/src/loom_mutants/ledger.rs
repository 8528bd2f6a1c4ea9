//! What is known of each mutant, in `runtime-core/loom-mutants.toml`: which model fails for it, or
//! why none does.
//!
//! ```toml
//! ["runtime-core/src/a.rs"]
//! "State::wake fetch_or: AcqRel to Acquire" = { model = "a::loom_tests::loom_wake" }
//! "State::wake fetch_or: left out" = { model = "a::loom_tests::loom_wake", bound = 3 }
//! "State::count load: Acquire to Relaxed" = { survives = "only a debug reading looks at it" }
//! "State::free swap" = { no_model = "the thread's end is not in a model" }
//! ```
//!
//! A run without `--update` changes nothing here, and fails where the ledger says otherwise.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use crate::process;

pub(super) const FILE: &str = "runtime-core/loom-mutants.toml";

const HEAD: &str = "\
# What each weakened ordering and each step left out is killed by, or why no model fails for it.
# Written by `cargo xtask loom-mutants --update`; the reasons are written by people.
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Killed { model: String, bound: u8 },
    Survives(String),
    NoModel(String),
}

/// By file, then by the mutant's name; an operation without a model by its own.
#[derive(Debug, Default)]
pub(crate) struct Ledger(pub(crate) BTreeMap<String, BTreeMap<String, Entry>>);

impl Ledger {
    pub(crate) fn read() -> Result<Ledger, String> {
        match fs::read_to_string(process::root().join(FILE)) {
            Ok(text) => Ledger::parse(&text),
            Err(_) => Ok(Ledger::default()),
        }
    }

    pub(super) fn write(&self) -> Result<(), String> {
        let written = fs::write(process::root().join(FILE), self.text());
        written.map_err(|error| format!("{FILE}: {error}"))
    }

    pub(super) fn get(&self, file: &str, name: &str) -> Option<&Entry> {
        self.0.get(file)?.get(name)
    }

    pub(crate) fn set(&mut self, file: &str, name: &str, entry: Entry) {
        let file = self.0.entry(file.to_owned()).or_default();
        file.insert(name.to_owned(), entry);
    }

    fn parse(text: &str) -> Result<Ledger, String> {
        let table: toml::Table = text.parse().map_err(|error| format!("{FILE}: {error}"))?;
        let mut ledger = Ledger::default();
        for (file, entries) in &table {
            let entries = entries.as_table();
            for (name, entry) in entries.ok_or_else(|| format!("{FILE}: {file} is no table"))? {
                let entry = self::entry(entry).ok_or_else(|| format!("{FILE}: {file}: {name}"))?;
                ledger.set(file, name, entry);
            }
        }
        Ok(ledger)
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (file, entries) in self.0.iter().filter(|(_, entries)| !entries.is_empty()) {
            let _ = writeln!(text, "\n[{file:?}]");
            for (name, entry) in entries {
                let _ = match entry {
                    Entry::Killed { model, bound: 2 } => {
                        writeln!(text, "{name:?} = {{ model = {model:?} }}")
                    }
                    Entry::Killed { model, bound } => {
                        writeln!(text, "{name:?} = {{ model = {model:?}, bound = {bound} }}")
                    }
                    Entry::Survives(reason) => {
                        writeln!(text, "{name:?} = {{ survives = {reason:?} }}")
                    }
                    Entry::NoModel(reason) => {
                        writeln!(text, "{name:?} = {{ no_model = {reason:?} }}")
                    }
                };
            }
        }
        text
    }
}

fn entry(value: &toml::Value) -> Option<Entry> {
    let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
    let bound = value.get("bound").and_then(toml::Value::as_integer);
    if let Some(model) = text("model") {
        let bound = bound.unwrap_or(2).try_into().ok()?;
        return Some(Entry::Killed { model, bound });
    }
    let survives = text("survives").map(Entry::Survives);
    survives.or_else(|| text("no_model").map(Entry::NoModel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_read_as_it_was_written() {
        let mut ledger = Ledger::default();
        let killed = |bound| Entry::Killed {
            model: "m::loom_a".to_owned(),
            bound,
        };
        ledger.set("a.rs", "f load: x", killed(2));
        ledger.set("a.rs", "g swap 2: x", killed(3));
        ledger.set("b.rs", "T::f load: x", Entry::Survives("a \"b\"".into()));
        ledger.set("b.rs", "T::g load", Entry::NoModel("why".into()));
        let again = Ledger::parse(&ledger.text()).expect("it is our own");
        assert_eq!(again.0, ledger.0);
        assert_eq!(again.get("a.rs", "g swap 2: x"), Some(&killed(3)));
    }

    #[test]
    fn each_entry_that_no_model_kills_has_its_reason() {
        let ledger = Ledger::read().expect("it can be read");
        for (file, entries) in &ledger.0 {
            for (name, entry) in entries {
                let (Entry::Survives(reason) | Entry::NoModel(reason)) = entry else {
                    continue;
                };
                assert!(reason.len() > 10, "{file}: {name}");
            }
        }
    }
}
