//! cfg chooses files and items, never statements. One file knows the model checker; others name it
//! only to say which of their test modules are models.

use crate::Violation;
use crate::source::Source;

/// What else may name the model checker: a condition of test modules, which may name a platform
/// too.
const TESTS_ONLY: &str = "#[cfg(all(test,";

pub(crate) fn check(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for (at, line) in source.lines.iter().enumerate() {
        let code: String = line.code.split_whitespace().collect();
        let condition = code.contains("#[cfg(") || code.contains("cfg!(");
        if condition && line.function.is_some() {
            found.push(Violation::new(&source.path, at, "cfg inside a function"));
        }
        let names_it = code
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == "loom");
        if code.contains("cfg") && names_it && !code.starts_with(TESTS_ONLY) {
            let text = "cfg names the model checker outside of loom.rs";
            found.push(Violation::new(&source.path, at, text));
        }
    }
    found
}

#[test]
fn a_condition_on_a_statement_is_found() {
    let count = |text: &str| check(&Source::new("src/a.rs", text)).len();
    assert_eq!(count("fn f() {\n    #[cfg(unix)]\n    g();\n}\n"), 1);
    assert_eq!(count("fn f() {\n    if cfg!(unix) {}\n}\n"), 1);
    assert_eq!(
        count("#[cfg(unix)]\nfn f() {}\n#[cfg(test)]\nmod tests {}\n"),
        0
    );
    assert_eq!(count("#[cfg(unix)]\n#[path = \"unix.rs\"]\nmod imp;\n"), 0);
}

#[test]
fn a_second_file_that_knows_the_model_checker_is_found() {
    let count = |text: &str| check(&Source::new("src/a.rs", text)).len();
    assert_eq!(count("#[cfg(loom)]\nmod a;\n"), 1);
    assert_eq!(count("#[cfg(not(loom))]\nuse a::b;\n"), 1);
    assert_eq!(count("#[cfg_attr(loom, path = \"b.rs\")]\nmod a;\n"), 1);
    assert_eq!(
        count("#[cfg(all(test, loom))]\nmod a;\n#[cfg(all(test, not(loom)))]\nmod b;\n"),
        0
    );
    assert_eq!(count("#[cfg(all(test, unix, not(loom)))]\nmod a;\n"), 0);
    assert_eq!(count("#[cfg(all(unix, not(loom)))]\nmod a;\n"), 1);
    assert_eq!(count("use crate::loom::thread;\n"), 0);
}
