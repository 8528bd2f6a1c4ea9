//! `compat/conformance.toml`: what is expected not to pass, each with its class and reason.
//!
//! ```toml
//! [[file]]                # a file that does not compile: none of its tests passes
//! name = "udp"
//! class = "missing"
//! reason = "net::UdpSocket"
//!
//! [[test]]                # one test of a file that compiles
//! file = "rt_panic"
//! name = "…"
//! class = "naming"
//! reason = "…"
//!
//! [tests]                 # how many tests each file holds on stable Linux
//! rt_panic = 2
//! ```
//!
//! Windows has a ledger of its own, `compat/conformance.windows.toml`, in the same form.
//!
//! The numbers are those of the suite itself, counted by `--reference`: so a file that does not
//! compile still has its weight, and a test that silently vanishes is noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use toml::{Table, Value};

use crate::conformance::Outcome;
use crate::process;

pub(crate) const PATH: &str = "compat/conformance.toml";
pub(crate) const WINDOWS: &str = "compat/conformance.windows.toml";

/// The ledger of a target; Linux has the same everywhere.
pub(crate) fn path(target: Option<&str>) -> &'static str {
    match target {
        Some(name) if name.contains("windows") => WINDOWS,
        _ => PATH,
    }
}

/// Tests that may be expected not to pass when nothing is missing any more.
pub(crate) const LISTED_MAX: usize = 45;

const HEADER: &str = "\
# What of the published test-suite is expected not to pass, and why. `cargo xtask conformance` holds it against a run:
# a test that newly fails is an error, and so is one that passes and is still listed. The classes:
#   enabling     expects a panic without enable_io or enable_time; both are always there
#   nesting      expects a panic for a nested block_on, or for a runtime dropped in async code; both work
#   pausing      expects a panic for a paused clock on many threads; it works
#   naming       compares a text that names the other runtime
#   environment  the machine (root, descriptors), or a design that is not ours; may pass elsewhere
#   missing      not there yet; the reason names the item
# `cargo xtask conformance --update` writes this file anew: it drops what passes and lists what does not as missing.
";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Enabling,
    Nesting,
    Pausing,
    Naming,
    Environment,
    Missing,
}

const CLASSES: [(Class, &str); 6] = [
    (Class::Enabling, "enabling"),
    (Class::Nesting, "nesting"),
    (Class::Pausing, "pausing"),
    (Class::Naming, "naming"),
    (Class::Environment, "environment"),
    (Class::Missing, "missing"),
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) class: Class,
    pub(crate) reason: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) path: &'static str,
    /// By file.
    pub(crate) files: BTreeMap<String, Entry>,
    /// By file and name.
    pub(crate) tests: BTreeMap<(String, String), Entry>,
    /// How many tests each file holds.
    pub(crate) counts: BTreeMap<String, usize>,
}

impl Ledger {
    pub(crate) fn load(path: &'static str) -> Result<Ledger, String> {
        let text = fs::read_to_string(process::root().join(path));
        let ledger = text.map_err(|error| format!("{path}: {error}"))?;
        let ledger = Ledger::parse(&ledger).map_err(|error| format!("{path}: {error}"))?;
        Ok(Ledger { path, ..ledger })
    }

    pub(crate) fn save(&self) -> Result<(), String> {
        let path = process::root().join(self.path);
        fs::write(path, self.to_text()).map_err(|error| format!("{}: {error}", self.path))
    }

    pub(crate) fn parse(text: &str) -> Result<Ledger, String> {
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| error.to_string())?;
        let mut ledger = Ledger::default();
        let counts = table.get("tests").and_then(Value::as_table);
        for (file, count) in counts.ok_or("no section [tests]")? {
            let count = count.as_integer().and_then(|count| count.try_into().ok());
            let count = count.ok_or_else(|| format!("{file}: not a number of tests"))?;
            ledger.counts.insert(file.clone(), count);
        }
        for item in array(&table, "file") {
            let (file, entry) = (text_of(item, "name")?, entry(item)?);
            ledger.knows(&file)?;
            if ledger.files.insert(file.clone(), entry).is_some() {
                return Err(format!("{file} is listed twice"));
            }
        }
        for item in array(&table, "test") {
            let (file, name) = (text_of(item, "file")?, text_of(item, "name")?);
            ledger.knows(&file)?;
            let key = (file, name);
            if ledger.tests.insert(key.clone(), entry(item)?).is_some() {
                return Err(format!("{}::{} is listed twice", key.0, key.1));
            }
        }
        Ok(ledger)
    }

    fn knows(&self, file: &str) -> Result<(), String> {
        let known = self.counts.contains_key(file);
        known
            .then_some(())
            .ok_or_else(|| format!("{file} is no file of the suite"))
    }

    /// In an order of its own, so that two writers of the same facts write the same text.
    pub(crate) fn to_text(&self) -> String {
        let mut text = HEADER.to_owned();
        let quoted = |word: &str| Value::from(word).to_string();
        let mut add = |head: String, entry: &Entry| {
            let class = CLASSES.iter().find(|(class, _)| *class == entry.class);
            let class = class.map_or("", |(_, word)| word);
            let reason = quoted(&entry.reason);
            let written = writeln!(text, "\n{head}class = \"{class}\"\nreason = {reason}");
            written.expect("a String takes everything");
        };
        for (file, entry) in &self.files {
            add(format!("[[file]]\nname = {}\n", quoted(file)), entry);
        }
        for ((file, name), entry) in &self.tests {
            let (file, name) = (quoted(file), quoted(name));
            add(format!("[[test]]\nfile = {file}\nname = {name}\n"), entry);
        }
        text.push_str("\n[tests]\n");
        for (file, count) in &self.counts {
            writeln!(text, "{file} = {count}").expect("a String takes everything");
        }
        text
    }

    /// What an honest ledger must not hold once nothing is missing.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let is_missing = |entry: &Entry| entry.class == Class::Missing;
        let files = self.files.iter().filter(|(_, entry)| is_missing(entry));
        let tests = self.tests.iter().filter(|(_, entry)| is_missing(entry));
        let tests = tests.map(|((file, name), entry)| format!("{file}::{name}: {}", entry.reason));
        let mut found: Vec<String> = files
            .map(|(file, entry)| format!("{file}: {}", entry.reason))
            .chain(tests)
            .collect();
        let listed = self
            .tests
            .values()
            .filter(|entry| !is_missing(entry))
            .count();
        let files = self.files.iter().filter(|(_, entry)| !is_missing(entry));
        let listed = listed + files.map(|(file, _)| self.counts[file]).sum::<usize>();
        if listed > LISTED_MAX {
            found.push(format!(
                "{listed} tests are listed for good; at most {LISTED_MAX}"
            ));
        }
        found
    }

    /// What differs between the ledger and these outcomes; nothing else is looked at.
    pub(crate) fn compare(&self, outcomes: &BTreeMap<String, Outcome>) -> Vec<String> {
        let mut found = Vec::new();
        for (file, outcome) in outcomes {
            match (outcome, self.files.get(file)) {
                (Outcome::NotCompiled(errors), None) => {
                    let error = errors.first().map_or("", String::as_str);
                    found.push(format!("{file} does not compile: {error}"));
                }
                (Outcome::NotCompiled(_), Some(_)) => (),
                (Outcome::Ran(_), Some(_)) => {
                    found.push(format!("{file} compiles, and is listed as a file"));
                }
                (Outcome::Ran(verdicts), None) => {
                    self.compare_file(file, verdicts, &mut found);
                }
            }
        }
        found
    }

    fn compare_file(&self, file: &str, verdicts: &super::Verdicts, found: &mut Vec<String>) {
        let count = self.counts[file];
        if verdicts.len() != count {
            found.push(format!(
                "{file} holds {} tests; {count} are expected",
                verdicts.len()
            ));
        }
        for (name, verdict) in verdicts {
            let listed = self.tests.get(&(file.to_owned(), name.clone()));
            match (verdict, listed.map(|entry| entry.class)) {
                (super::Verdict::Failed(why), None) => {
                    found.push(format!("{file}::{name} fails: {why}"));
                }
                (super::Verdict::Hung, None) => found.push(format!("{file}::{name} hangs")),
                (super::Verdict::Passed, Some(Class::Environment)) => (),
                (super::Verdict::Passed, Some(_)) => {
                    found.push(format!("{file}::{name} passes, and is listed"));
                }
                _ => (),
            }
        }
        let listed = self.tests.keys().filter(|(listed, _)| listed == file);
        for (_, name) in listed.filter(|(_, name)| !verdicts.contains_key(name)) {
            found.push(format!("{file}::{name} is listed, and does not exist"));
        }
    }

    /// How many tests a file holds, and how many of them are expected to pass; none elsewhere than
    /// in the suite.
    pub(crate) fn expected(&self, file: &str) -> (usize, usize) {
        let count = self.counts.get(file).copied().unwrap_or(0);
        let listed = match self.files.contains_key(file) {
            true => count,
            false => self.listed(file).len(),
        };
        (count, count.saturating_sub(listed))
    }

    /// The tests of a file that are expected to be bad.
    pub(crate) fn listed(&self, file: &str) -> BTreeSet<&str> {
        let of_file = self.tests.keys().filter(|(listed, _)| listed == file);
        of_file.map(|(_, name)| name.as_str()).collect()
    }

    /// Drops what passes, lists what does not: the entries that stay keep their words.
    pub(crate) fn update(&mut self, outcomes: &BTreeMap<String, Outcome>) {
        let missing = |reason: &str| Entry {
            class: Class::Missing,
            reason: reason.to_owned(),
        };
        for (file, outcome) in outcomes {
            match outcome {
                Outcome::NotCompiled(errors) => {
                    let reason = errors.first().map_or("does not compile", String::as_str);
                    let entry = self.files.entry(file.clone());
                    entry.or_insert_with(|| missing(reason));
                }
                Outcome::Ran(verdicts) => {
                    self.files.remove(file);
                    let is_bad = |name: &str| verdicts.get(name).is_some_and(|v| v.is_bad());
                    self.tests
                        .retain(|(listed, name), _| listed != file || is_bad(name));
                    for (name, verdict) in verdicts.iter().filter(|(_, v)| v.is_bad()) {
                        let reason = match verdict {
                            super::Verdict::Failed(why) => why,
                            _ => "hangs",
                        };
                        let entry = self.tests.entry((file.clone(), name.clone()));
                        entry.or_insert_with(|| missing(reason));
                    }
                }
            }
        }
    }
}

fn array<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Value> {
    let items = table.get(key).and_then(Value::as_array);
    items.into_iter().flatten()
}

fn text_of(item: &Value, key: &str) -> Result<String, String> {
    let text = item.get(key).and_then(Value::as_str);
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(str::to_owned)
        .ok_or_else(|| format!("an entry without {key}: {item}"))
}

fn entry(item: &Value) -> Result<Entry, String> {
    let word = text_of(item, "class")?;
    let class = CLASSES.iter().find(|(_, known)| *known == word);
    let (class, _) = class.ok_or_else(|| format!("unknown class {word:?}"))?;
    Ok(Entry {
        class: *class,
        reason: text_of(item, "reason")?,
    })
}

#[cfg(test)]
mod tests;
