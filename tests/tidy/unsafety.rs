//! Each `unsafe` block and `unsafe impl` has a `SAFETY:` comment directly above it (attributes may
//! stand between, and the first lines of the statement that it is in), and its file begins with the
//! reason why it is there at all. That a block holds one operation is clippy's part.

use crate::Violation;
use crate::source::Source;

pub(crate) fn check(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut first = None;
    for (at, line) in source.lines.iter().enumerate() {
        let Some(kind) = kind(&line.code) else {
            continue;
        };
        first = first.or(Some(at));
        if matches!(kind, "{" | "impl") && !is_explained(source, at) {
            found.push(Violation::new(
                &source.path,
                at,
                "`unsafe` with no SAFETY comment above it",
            ));
        }
    }
    if let (Some(at), false) = (first, announces(source)) {
        let text =
            "`unsafe` in a file without an inner `allow(unsafe_code, reason = …)` at its head";
        found.push(Violation::new(&source.path, at, text));
    }
    found
}

/// What stands behind the first `unsafe` of the line that is code: `{`, `impl`, `fn`, `trait`,
/// `extern`.
fn kind(code: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(found) = code[from..].find("unsafe") {
        let (start, end) = (from + found, from + found + "unsafe".len());
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let before = code[..start].chars().next_back().is_some_and(word);
        let behind = code[end..].chars().next().is_some_and(word);
        let rest = code[end..].trim_start();
        // `unsafe(no_mangle)` is an attribute; `unsafe fn(…)` a pointer's type.
        if !before && !behind && !rest.starts_with('(') && !rest.starts_with("fn(") {
            let kinds = ["{", "impl", "fn", "trait", "extern"];
            return kinds
                .into_iter()
                .find(|kind| rest.starts_with(kind))
                .or(Some("{"));
        }
        from = end;
    }
    None
}

fn is_explained(source: &Source, at: usize) -> bool {
    for above in source.lines[..at].iter().rev() {
        if above.is_comment() {
            return comment_block_above(source, at).any(|text| text.starts_with("SAFETY:"));
        }
        let code = above.code.trim_end();
        if !above.is_attribute() && (code.is_empty() || code.ends_with([';', '{', '}'])) {
            return false;
        }
    }
    false
}

/// The lines of the nearest comment above, whatever stands between.
fn comment_block_above(source: &Source, at: usize) -> impl Iterator<Item = &str> {
    let above = source.lines[..at]
        .iter()
        .rev()
        .skip_while(|line| !line.is_comment());
    above
        .take_while(|line| line.is_comment())
        .map(|line| line.comment.as_str())
}

fn announces(source: &Source) -> bool {
    let raw = source
        .lines
        .iter()
        .flat_map(|line| line.code.split_whitespace());
    let code: String = raw.collect();
    code.contains("#![allow(unsafe_code,reason=")
}

#[test]
fn unexplained_unsafe_code_is_found() {
    let head = "#![allow(\n    unsafe_code,\n    reason = \"x\"\n)]\n";
    let count = |text: &str| check(&Source::new("src/a.rs", &format!("{head}{text}"))).len();
    assert_eq!(count("fn f() {\n    unsafe { g() }\n}\n"), 1);
    assert_eq!(
        count("fn f() {\n    // SAFETY: x.\n    unsafe { g() }\n}\n"),
        0
    );
    assert_eq!(count("// because\nunsafe impl A for B {}\n"), 1);
    assert_eq!(
        count("// SAFETY: x\n// and y.\n#[rustfmt::skip]\nunsafe impl A for B {}\n"),
        0
    );
    assert_eq!(
        count("// SAFETY: x.\nlet a = g(\n    unsafe { h() },\n);\n"),
        0
    );
    assert_eq!(
        count("// SAFETY: x.\nlet a = 1;\nlet b = unsafe { h() };\n"),
        1
    );
    assert_eq!(count("// SAFETY: x.\n\nlet b = unsafe { h() };\n"), 1);
    assert_eq!(count("let a = \"unsafe { }\"; // unsafe { }\n"), 0);
    assert_eq!(
        count("unsafe fn f() {}\ntype F = unsafe fn(u8);\n#[unsafe(no_mangle)]\n"),
        0
    );
}

#[test]
fn a_file_that_does_not_announce_unsafe_code_is_found() {
    let count = |text: &str| check(&Source::new("src/a.rs", text)).len();
    assert_eq!(count("// SAFETY: x.\nunsafe impl A for B {}\n"), 1);
    assert_eq!(count("unsafe fn f() {}\n"), 1);
    assert_eq!(count("#![allow(unsafe_code)]\nunsafe fn f() {}\n"), 1);
    assert_eq!(
        count("#![allow(unsafe_code, reason = \"x\")]\nunsafe fn f() {}\n"),
        0
    );
    assert_eq!(count("#![forbid(unsafe_code)]\n"), 0);
}
