//! Each atomic operation says why its ordering is enough. The comment begins with the ordering, and
//! stands on the same line or at most [`REACH`] lines above, in the same function: so one comment
//! may cover a group.

use crate::Violation;
use crate::source::{Line, Source};

const REACH: usize = 6;
const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];

pub(crate) fn check(source: &Source) -> Vec<Violation> {
    let operations = source
        .product()
        .filter(|(_, line)| is_operation(&line.code));
    let unexplained = operations.filter(|(at, _)| !is_explained(source, *at));
    let text = "an atomic operation without a comment that begins with its ordering";
    unexplained
        .map(|(at, _)| Violation::new(&source.path, at, text))
        .collect()
}

fn is_operation(code: &str) -> bool {
    let is_use = code.trim_start().starts_with("use ") || code.trim_start().starts_with("pub use ");
    !is_use
        && ORDERINGS
            .iter()
            .any(|ordering| code.contains(&format!("Ordering::{ordering}")))
}

fn is_explained(source: &Source, at: usize) -> bool {
    let lines = &source.lines;
    if names_an_ordering(&lines[at]) {
        return true;
    }
    // A long comment counts from its last line: only lines of code use up the reach.
    let above = lines[..at]
        .iter()
        .rev()
        .take_while(|line| line.function == lines[at].function);
    let mut reach = REACH;
    for line in above {
        if names_an_ordering(line) {
            return true;
        }
        if !line.is_comment() {
            if reach == 1 {
                return false;
            }
            reach -= 1;
        }
    }
    false
}

fn names_an_ordering(line: &Line) -> bool {
    ORDERINGS.iter().any(|ordering| {
        let rest = line.comment.strip_prefix(ordering);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

#[test]
fn an_operation_without_its_ordering_first_is_found() {
    let count = |body: &str| {
        check(&Source::new(
            "src/a.rs",
            &format!("fn f() {{\n{body}\n}}\n"),
        ))
        .len()
    };
    let operation = "a.load(Ordering::Acquire);";
    assert_eq!(count(operation), 1);
    assert_eq!(count(&format!("// Reads it.\n{operation}")), 1);
    assert_eq!(count(&format!("// Acquired: x.\n{operation}")), 1);
    assert_eq!(
        count(&format!(
            "// Acquire: pairs with x,\n// which is y.\n{operation}"
        )),
        0
    );
    assert_eq!(count(&format!("{operation} // Acquire: pairs with x.")), 0);
    assert_eq!(
        count(&format!(
            "// Acquire: x.\n{}{operation}",
            "y();\n".repeat(5)
        )),
        0
    );
    assert_eq!(
        count(&format!(
            "// Acquire: x.\n{}{operation}",
            "y();\n".repeat(6)
        )),
        1
    );
    assert_eq!(
        count(&format!("// Acquire: x.\n}}\nfn g() {{\n{operation}")),
        1
    );
    assert_eq!(count("a.cmp(b) == Ordering::Less;"), 0);
    let test = format!("#[cfg(test)]\nmod tests {{\n{operation}\n}}\n");
    assert!(check(&Source::new("src/a.rs", &test)).is_empty());
}
