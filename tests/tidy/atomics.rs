//! Each atomic operation says why its ordering is enough. The comment begins with the ordering, and
//! stands on the same line or at most [`REACH`] lines above, in the same function: so one comment
//! may cover a group.

use crate::Violation;
use crate::source::{Line, Source};

const REACH: usize = 6;
/// Built for every system, out of reach of that stand-in.
const PORTABLE: [&str; 2] = ["src/", "tests/"];
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

/// Not every processor has an atomic of 64 bits: `runtime-core/src/util/wide.rs` stands in for it, and what is built
/// for other systems does without the standard library's.
pub(crate) fn wide(source: &Source) -> Vec<Violation> {
    const NAMES: [&str; 2] = [concat!("Atomic", "U64"), concat!("Atomic", "I64")];
    if !PORTABLE.iter().any(|place| source.path.starts_with(place)) {
        return Vec::new();
    }
    let lines = source.lines.iter().enumerate();
    let named = lines.filter(|(_, line)| NAMES.iter().any(|name| line.code.contains(name)));
    let text = "an atomic of 64 bits, which not every processor has";
    named
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

#[test]
fn an_atomic_of_64_bits_is_found() {
    let line = concat!("static A: Atomic", "U64 = b;");
    let count = |path: &str| wide(&Source::new(path, line)).len();
    assert_eq!(count("tests/a.rs"), 1);
    assert_eq!(count("runtime-core/src/util/wide.rs"), 0);
}
