//! Which crates of the ecosystem build on the bridge, in which versions, and how many of their own
//! tests pass: what `cargo xtask probe` builds, out of the probe's manifest and lock file, and the
//! ledger of `cargo xtask ecosystem`.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::ecosystem::Count;

pub(super) const PAGE: &str = "docs/coming-from-tokio.md";
pub(super) const MANIFEST: &str = "compat/probe/Cargo.toml";
pub(super) const LOCK: &str = "compat/probe/Cargo.lock";

const HEAD: &str = "| crate | version | features | its tests that pass |";

/// The page with the rows as they are.
pub(super) fn page(
    page: &str,
    manifest: &str,
    lock: &str,
    counts: &BTreeMap<String, Count>,
) -> Result<String, String> {
    let rows = rows(&parsed(MANIFEST, manifest)?, &parsed(LOCK, lock)?, counts)?;
    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    let head = lines.iter().position(|line| line == HEAD);
    let head = head.ok_or_else(|| format!("{PAGE} has no table {HEAD:?}"))?;
    // Behind the head and the line below it.
    let from = lines.len().min(head + 2);
    let length = lines[from..].iter().position(|line| !line.starts_with('|'));
    let to = from + length.unwrap_or(lines.len() - from);
    lines.splice(from..to, rows);
    Ok(lines.join("\n") + "\n")
}

fn parsed(path: &str, text: &str) -> Result<Table, String> {
    let table = text.parse::<Table>();
    table.map_err(|error| format!("{path}: {error}"))
}

fn rows(
    manifest: &Table,
    lock: &Table,
    counts: &BTreeMap<String, Count>,
) -> Result<Vec<String>, String> {
    let dependencies = manifest.get("dependencies").and_then(Value::as_table);
    let dependencies = dependencies.ok_or_else(|| format!("{MANIFEST} has no dependencies"))?;
    let row = |(name, dependency): (&String, &Value)| {
        let version = version(lock, name)?;
        // Another version's counts say nothing.
        let count = counts.get(name).filter(|count| count.version == version);
        let tests = match count {
            Some(Count { of: 0, .. }) => "none can be built".to_owned(),
            Some(Count { pass, of, .. }) => format!("{pass} of {of}"),
            None => "not run".to_owned(),
        };
        Ok(format!(
            "| {name} | {version} | {} | {tests} |",
            features(dependency)
        ))
    };
    dependencies.iter().map(row).collect()
}

fn features(dependency: &Value) -> String {
    let default = dependency.get("default-features") != Some(&Value::Boolean(false));
    let named = dependency.get("features").and_then(Value::as_array);
    let named = named.into_iter().flatten().filter_map(Value::as_str);
    let all = default.then_some("default").into_iter().chain(named);
    all.collect::<Vec<_>>().join(", ")
}

/// The version that the probe itself depends on. The lock file says `name version` where there are
/// several, else only `name`.
fn version<'a>(lock: &'a Table, name: &str) -> Result<&'a str, String> {
    let all = || {
        lock.get("package")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let named = |name| all().find(move |package| text(package, "name") == Some(name));
    let probe = named("probe").and_then(|probe| probe.get("dependencies")?.as_array());
    let entries = probe.into_iter().flatten().filter_map(Value::as_str);
    let entry = entries
        .filter_map(|entry| entry.strip_prefix(name))
        .find_map(|rest| {
            if rest.is_empty() {
                Some("")
            } else {
                rest.strip_prefix(' ')
            }
        });
    let found = match entry {
        Some("") => named(name).and_then(|package| text(package, "version")),
        several => several,
    };
    found.ok_or_else(|| format!("{LOCK} does not know {name}: run `cargo xtask probe`"))
}

fn text<'a>(package: &'a Value, key: &str) -> Option<&'a str> {
    package.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[dependencies]\nh2 = '0.4'\n\
        tower = { version = '0.5', default-features = false, features = ['a', 'b'] }\n";
    const LOCK: &str = "[[package]]\nname = 'h2'\nversion = '0.4.1'\n\
        [[package]]\nname = 'tower'\nversion = '0.4.0'\n\
        [[package]]\nname = 'tower'\nversion = '0.5.2'\n\
        [[package]]\nname = 'probe'\nversion = '0.0.0'\n\
        dependencies = ['h2', 'tower-http', 'tower 0.5.2']\n";

    fn counts() -> BTreeMap<String, Count> {
        let count = |version: &str| Count {
            version: version.to_owned(),
            pass: 3,
            of: 5,
        };
        let counts = [("h2", count("0.4.1")), ("tower", count("0.5.1"))];
        counts.map(|(name, count)| (name.to_owned(), count)).into()
    }

    #[test]
    fn the_rows_are_replaced_and_nothing_else() {
        let old = format!("before\n\n{HEAD}\n|---|\n| old | 1 | |\n\nbehind\n");
        let rows = "| h2 | 0.4.1 | default | 3 of 5 |\n| tower | 0.5.2 | a, b | not run |";
        let new = format!("before\n\n{HEAD}\n|---|\n{rows}\n\nbehind\n");
        assert_eq!(page(&old, MANIFEST, LOCK, &counts()), Ok(new));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = page("nothing\n", MANIFEST, LOCK, &counts()).expect_err("no table");
        assert!(error.contains(HEAD), "{error}");
        let stale = format!("{MANIFEST}hyper = '1'\n");
        let error = page(HEAD, &stale, LOCK, &counts()).expect_err("an old lock file");
        assert!(error.contains("hyper"), "{error}");
    }
}
