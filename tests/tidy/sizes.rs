//! Files of one sitting, functions of one screen, lines that fit beside each other.
//!
//! Blank lines are free. Comments may be wider than code, up to [`COMMENT_COLUMNS`]: prose and
//! tables read better so, and nothing has to be found in a column. An attribute's reason is prose
//! too.

use crate::Violation;
use crate::source::Source;

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 70;
const CODE_COLUMNS: usize = 100;
/// Prose is kept within 100; a table, a drawing or a long text may need a little more.
const COMMENT_COLUMNS: usize = 120;

pub(crate) fn check(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut report = |line, text| found.push(Violation::new(&source.path, line, text));
    let lines = source
        .lines
        .iter()
        .filter(|line| !line.raw.trim().is_empty())
        .count();
    if lines > FILE_LINES {
        report(0, format!("a file of {lines} lines; at most {FILE_LINES}"));
    }
    for function in &source.functions {
        let lines = function.last - function.first + 1;
        if lines > FUNCTION_LINES {
            let text = format!(
                "fn {} has {lines} lines; at most {FUNCTION_LINES}",
                function.name
            );
            report(function.first, text);
        }
    }
    for (at, line) in source.lines.iter().enumerate() {
        let columns = line.raw.chars().count();
        let code = line.code.trim_end().chars().count();
        if code > CODE_COLUMNS {
            report(
                at,
                format!("code up to column {code}; at most {CODE_COLUMNS}"),
            );
        } else if columns > COMMENT_COLUMNS {
            report(
                at,
                format!("a comment up to column {columns}; at most {COMMENT_COLUMNS}"),
            );
        }
    }
    found
}

#[test]
fn long_files_functions_and_lines_are_found() {
    let count = |text: &str| check(&Source::new("src/a.rs", text)).len();
    assert_eq!(count(&"x();\n".repeat(600)), 0);
    assert_eq!(count(&"x();\n".repeat(601)), 1);
    assert_eq!(count(&"x();\n\n".repeat(600)), 0);
    assert_eq!(count(&format!("fn f() {{\n{}}}\n", "x();\n".repeat(68))), 0);
    assert_eq!(count(&format!("fn f() {{\n{}}}\n", "x();\n".repeat(69))), 1);
    assert_eq!(count(&"x".repeat(100)), 0);
    assert_eq!(count(&"x".repeat(101)), 1);
    assert_eq!(count(&format!("//{}", "x".repeat(118))), 0);
    assert_eq!(count(&format!("//{}", "x".repeat(119))), 1);
    assert_eq!(count(&format!("let a = \"{}\";", "x".repeat(120))), 1);
}
