//! The table of the models in `docs/testing.md`: how many there are of each module, and how large.
//!
//! Only a run of all of them at the usual bound writes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use super::Explored;
use crate::process;
use crate::tables::{TESTING_PAGE as PAGE, between};

/// Puts what the models said into the page.
pub(super) fn write(models: &[Explored]) -> Result<(), String> {
    let file = process::root().join(PAGE);
    let page = fs::read_to_string(&file).map_err(|error| format!("{PAGE}: {error}"))?;
    let page = between(&page, "loom-models", &table(models))?;
    fs::write(&file, page).map_err(|error| format!("{PAGE}: {error}"))
}

fn table(models: &[Explored]) -> String {
    let mut groups: BTreeMap<String, Vec<&Explored>> = BTreeMap::new();
    for model in models {
        groups.entry(group(&model.name)).or_default().push(model);
    }
    let mut table = "| models of | number | executions | seconds | the largest |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    for (group, models) in &groups {
        let largest = models.iter().max_by_key(|model| model.executions);
        let largest = largest.expect("a group has a model");
        let name = largest.name.rsplit("::").next().unwrap_or_default();
        let end = format!("`{name}`, {}", grouped(largest.executions));
        row(&mut table, group, models.iter().copied(), &end);
    }
    row(&mut table, "all", models.iter(), "");
    table
}

fn row<'a>(
    table: &mut String,
    name: &str,
    models: impl Iterator<Item = &'a Explored> + Clone,
    end: &str,
) {
    let number = models.clone().count();
    let executions = grouped(models.clone().map(|model| model.executions).sum());
    let seconds: f64 = models.map(|model| model.seconds).sum();
    let row = format!("| {name} | {number} | {executions} | {seconds:.1} | {end}");
    let _ = writeln!(table, "{} |", row.trim_end());
}

/// The module that the model is of, as a path.
fn group(name: &str) -> String {
    let module = name.split("::loom_").next().unwrap_or(name);
    module.replace("::", "/")
}

/// With a comma after each thousand.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_counted_by_their_module() {
        let model = |name: &str, executions, seconds| Explored {
            name: name.to_owned(),
            executions,
            seconds,
        };
        let models = [
            model("sync::mpsc::loom_tests::loom_b", 1_234_567, 2.25),
            model("sync::mpsc::loom_tests::close::loom_a", 5, 0.0),
            model("park::loom_tests::loom_c", 999, 1.0),
        ];
        let rows: Vec<String> = table(&models).lines().skip(2).map(str::to_owned).collect();
        assert_eq!(
            rows,
            [
                "| park | 1 | 999 | 1.0 | `loom_c`, 999 |",
                "| sync/mpsc | 2 | 1,234,572 | 2.2 | `loom_b`, 1,234,567 |",
                "| all | 3 | 1,235,571 | 3.2 | |",
            ]
        );
    }
}
