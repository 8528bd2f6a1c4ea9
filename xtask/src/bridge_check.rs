//! `cargo xtask bridge-check [PATH]`: which tokio a build really uses.
//!
//! A patch that does not fit is no error to cargo: it takes the real tokio and warns at most. So
//! this asks cargo for the packages of the checkout and, where a tokio from a registry is among
//! them, names who wants it and why the bridge was passed over.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::Table;

use crate::process;

pub(crate) fn run(path: Option<&str>) -> Result<(), String> {
    let folder = match path {
        Some(path) => Path::new(path).to_owned(),
        None => std::env::current_dir().map_err(|error| error.to_string())?,
    };
    let metadata = process::metadata(&folder, &[])?;
    let workspace = Path::new(metadata["workspace_root"].as_str().unwrap_or(".")).to_owned();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.parse::<Table>().unwrap_or_default()
    };
    let is_patched = |file: PathBuf| patches(&read(file));
    let bridge = process::root().join("compat/tokio");
    let manifest = fs::read_to_string(bridge.join("Cargo.toml"))
        .map_err(|error| format!("the bridge's manifest: {error}"))?;
    let manifest: Table = manifest.parse().map_err(|error| format!("{error}"))?;
    let facts = Facts {
        metadata,
        patched: is_patched(workspace.join("Cargo.toml"))
            || configurations(&folder).any(is_patched),
        unused: is_unused(&read(workspace.join("Cargo.lock"))),
        features: manifest["features"]
            .as_table()
            .into_iter()
            .flat_map(Table::keys)
            .cloned()
            .collect(),
        bridge: bridge.to_string_lossy().into_owned(),
    };
    let verdict = facts.judge();
    match verdict {
        Ok(text) => {
            println!("{text}");
            Ok(())
        }
        Err(lines) => Err(lines.join("\n")),
    }
}

/// Where cargo, called in this folder, looks for its configuration: there, in each folder above it,
/// and in its own home.
fn configurations(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let above: Vec<PathBuf> = folder.ancestors().map(|it| it.join(".cargo")).collect();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let folders = above.into_iter().chain(home);
    folders.flat_map(|it| ["config.toml", "config"].map(|name| it.join(name)))
}

struct Facts {
    metadata: Value,
    /// The workspace patches tokio, in its manifest or in cargo's configuration.
    patched: bool,
    /// The lock file says that the patch fits nobody.
    unused: bool,
    /// What the bridge has.
    features: Vec<String>,
    /// Its folder.
    bridge: String,
}

impl Facts {
    /// Which one it is; if it is not the bridge alone, why, and what to write.
    fn judge(&self) -> Result<String, Vec<String>> {
        let packages = || self.metadata["packages"].as_array().into_iter().flatten();
        let named: Vec<&Value> = packages()
            .filter(|package| package["name"] == "tokio")
            .collect();
        let is_real = |package: &&&Value| package["source"].as_str().is_some_and(is_registry);
        let real: Vec<&str> = named
            .iter()
            .filter(is_real)
            .filter_map(|package| package["version"].as_str())
            .collect();
        let bridged = named.iter().find(|package| is_bridge(package));
        match (bridged, &real[..]) {
            (None, []) if named.is_empty() => Err(vec!["nothing here depends on tokio".to_owned()]),
            (None, []) => Err(vec![
                "tokio is neither the bridge nor from a registry".to_owned(),
            ]),
            (Some(bridge), []) => Ok(format!(
                "tokio is the bridge, {}",
                bridge["version"].as_str().unwrap_or_default()
            )),
            (bridged, real) => {
                let mut lines = vec![format!("the real tokio {} is used", real.join(" and "))];
                if bridged.is_some() {
                    lines[0].push_str(" beside the bridge");
                }
                lines.extend(self.refusals(packages()));
                lines.push(self.advice(lines.len() > 1));
                Err(lines)
            }
        }
    }

    /// Whose wishes the bridge cannot meet.
    fn refusals<'a>(&self, packages: impl Iterator<Item = &'a Value>) -> Vec<String> {
        let mut lines = Vec::new();
        for package in packages {
            let name = package["name"].as_str().unwrap_or_default();
            let wishes = package["dependencies"].as_array().into_iter().flatten();
            for wish in wishes.filter(|wish| wish["name"] == "tokio") {
                // Tests of dependencies are not built.
                if wish["kind"] == "dev" && !package["source"].is_null() {
                    continue;
                }
                let version = wish["req"].as_str().unwrap_or_default();
                if !fits(version) {
                    lines.push(format!(
                        "  {name} asks for tokio {version:?}, which keeps 1.999.0 out: relax it"
                    ));
                }
                let features = wish["features"].as_array().into_iter().flatten();
                for feature in features.filter_map(Value::as_str) {
                    if !self.features.iter().any(|known| known == feature) {
                        lines.push(format!(
                            "  {name} asks for the feature {feature:?}, which the bridge lacks"
                        ));
                    }
                }
            }
        }
        lines
    }

    fn advice(&self, refused: bool) -> String {
        if !self.patched {
            return format!(
                "  no patch is written in the workspace's Cargo.toml. Write there\n\n\
                 [patch.crates-io]\ntokio = {{ path = {:?} }}\n\n  and run `cargo update -p tokio`",
                self.bridge
            );
        }
        if refused {
            return "  then run `cargo update -p tokio`".to_owned();
        }
        let known = if self.unused {
            " (it says so: patch.unused)"
        } else {
            ""
        };
        format!(
            "  the patch is there; Cargo.lock keeps the old version{known}: \
             run `cargo update -p tokio`"
        )
    }
}

fn is_registry(source: &str) -> bool {
    source.starts_with("registry+") || source.starts_with("sparse+")
}

fn is_bridge(package: &Value) -> bool {
    let version = package["version"].as_str().unwrap_or_default();
    version.contains("+runtime.") && !package["source"].as_str().is_some_and(is_registry)
}

/// Whether 1.999.0 meets these comparators.
fn fits(version: &str) -> bool {
    version.split(',').map(str::trim).all(|comparator| {
        let number = comparator.trim_start_matches(|c: char| !c.is_ascii_digit());
        let operator = comparator[..comparator.len() - number.len()].trim();
        let mut parts = number
            .split(['.', '-', '+'])
            .map(|part| part.parse::<u64>().ok());
        let (major, minor) = (parts.next().flatten(), parts.next().flatten());
        match operator {
            "=" | "~" => major == Some(1) && minor.is_none_or(|minor| minor == 999),
            "<" | "<=" => major.is_some_and(|major| major > 1),
            ">" | ">=" => major.is_some_and(|major| major <= 1),
            _ => major.is_none_or(|major| major == 1),
        }
    })
}

fn patches(table: &Table) -> bool {
    let registries = table.get("patch").and_then(toml::Value::as_table);
    registries
        .into_iter()
        .flat_map(Table::values)
        .any(|patch| patch.get("tokio").is_some())
}

fn is_unused(lock: &Table) -> bool {
    let unused = lock.get("patch").and_then(|patch| patch.get("unused"));
    let unused = unused.and_then(toml::Value::as_array).into_iter().flatten();
    unused
        .filter_map(|package| package.get("name"))
        .any(|name| name.as_str() == Some("tokio"))
}

#[cfg(test)]
mod tests;
