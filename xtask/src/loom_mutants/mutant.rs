//! What becomes of an operation: each of its orderings weakened by one step, or the step left out.

use std::fmt;

use super::models::Passed;
use super::operations::Operation;

#[derive(Clone, Debug)]
pub(super) struct Mutant {
    pub(super) file: String,
    /// How the ledger knows it.
    pub(super) name: String,
    /// What the models' build is told.
    pub(super) order: String,
    /// Models that pass the place, by number, the shortest first.
    pub(super) models: Vec<usize>,
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.name)
    }
}

/// All of an operation that some model passes.
pub(super) fn of(operation: &Operation, passed: &Passed) -> Vec<Mutant> {
    let mut becomes = Vec::new();
    for weaker in weaker(&passed.method, &passed.order) {
        becomes.push((
            format!("{} to {weaker}", passed.order),
            format!("order {weaker}"),
        ));
    }
    if let Some(failure) = &passed.failure {
        for weaker in weaker("load", failure) {
            becomes.push((
                format!("failure {failure} to {weaker}"),
                format!("failure {weaker}"),
            ));
        }
    }
    if !matches!(passed.method.as_str(), "load" | "first_look") {
        becomes.push(("left out".to_owned(), "step nothing".to_owned()));
    }
    let mutant = |(what, order): (String, String)| Mutant {
        file: operation.file.clone(),
        name: format!("{}: {what}", operation.name),
        order: format!("{} {order}", operation.place),
        models: passed.models.clone(),
    };
    becomes.into_iter().map(mutant).collect()
}

/// One step down. A read-modify-write that does both loses one of the two at a time.
fn weaker(method: &str, order: &str) -> &'static [&'static str] {
    match (method, order) {
        (_, "Acquire" | "Release") => &["Relaxed"],
        (_, "AcqRel") => &["Acquire", "Release"],
        ("load" | "first_look", "SeqCst") => &["Acquire"],
        ("store", "SeqCst") => &["Release"],
        (_, "SeqCst") => &["AcqRel"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ordering_loses_a_step_and_each_change_can_be_left_out() {
        let operation = Operation {
            file: "a.rs".to_owned(),
            place: "a.rs:1:2".to_owned(),
            name: "f swap".to_owned(),
        };
        let orders = |method: &str, order: &str, failure: Option<&str>| {
            let passed = Passed {
                method: method.to_owned(),
                order: order.to_owned(),
                failure: failure.map(str::to_owned),
                models: vec![0],
            };
            let mutants = of(&operation, &passed).into_iter();
            mutants
                .map(|it| it.order.replace("a.rs:1:2 ", ""))
                .collect::<Vec<_>>()
        };
        assert_eq!(orders("load", "Acquire", None), ["order Relaxed"]);
        assert_eq!(
            orders("store", "Release", None),
            ["order Relaxed", "step nothing"]
        );
        assert_eq!(orders("fetch_add", "Relaxed", None), ["step nothing"]);
        assert_eq!(orders("load", "Relaxed", None), [""; 0]);
        assert_eq!(
            orders("compare_exchange", "AcqRel", Some("Acquire")),
            [
                "order Acquire",
                "order Release",
                "failure Relaxed",
                "step nothing"
            ]
        );
    }
}
