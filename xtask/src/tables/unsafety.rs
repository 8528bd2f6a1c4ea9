//! How much unsafe code each file of the product holds, and what for: in its own words.
//!
//! That each block has its `SAFETY:`, and each file its entry among the decisions, is the house
//! rules' part (`tests/tidy`). This table counts, so that a change shows what it adds.

use std::fmt::Write;

use super::File;

pub(super) const PAGE: &str = "docs/unsafe.md";

const HEAD: &str = "\
# Unsafe code

Made by `cargo xtask tables`; a test holds that it is current. A file says at its head what its unsafe
code is for, each block names the invariant that it rests on, and holds one operation. What safe code
would cost in the same place stands in [decisions.md](decisions.md). Tests and models are not counted.
The facade and the macros forbid unsafe code, and what they expand to holds none.

| file | blocks | impls | functions | for |
|---|---|---|---|---|
";

/// How often the word stands before what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    blocks: usize,
    impls: usize,
    functions: usize,
}

impl Count {
    fn of(text: &str) -> Count {
        let mut count = Count::default();
        // An example that a macro passes on has hidden lines without slashes.
        let lines = text.lines().filter(|line| !line.starts_with("# "));
        for line in lines {
            let code = code(line);
            for (at, _) in code.match_indices("unsafe") {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let before = code[..at].chars().next_back().is_some_and(is_word);
                let behind = &code[at + "unsafe".len()..];
                if before || behind.starts_with(is_word) {
                    continue;
                }
                let behind = behind.trim_start();
                // An attribute, or a pointer's type.
                if behind.starts_with('(') || behind.starts_with("fn(") {
                    continue;
                }
                match behind.split([' ', '<']).next() {
                    Some("impl") => count.impls += 1,
                    Some("fn" | "extern" | "trait") => count.functions += 1,
                    _ => count.blocks += 1,
                }
            }
        }
        count
    }

    fn is_none(self) -> bool {
        self == Count::default()
    }

    fn plus(self, other: Count) -> Count {
        Count {
            blocks: self.blocks + other.blocks,
            impls: self.impls + other.impls,
            functions: self.functions + other.functions,
        }
    }
}

/// The line without its strings and its comment; an example in the docs is one.
fn code(line: &str) -> String {
    let (mut code, mut in_string, mut rest) = (String::new(), false, line.chars().peekable());
    while let Some(c) = rest.next() {
        match c {
            '\\' if in_string => drop(rest.next()),
            '"' => in_string = !in_string,
            _ if in_string => {}
            '/' if rest.peek() == Some(&'/') => break,
            _ => code.push(c),
        }
    }
    code
}

/// The reason in the attribute that allows it.
fn reason(text: &str) -> Option<&str> {
    let (_, behind) = text.split_once("unsafe_code")?;
    let (_, behind) = behind.split_once("reason = \"")?;
    behind.split('"').next()
}

fn is_product(path: &str) -> bool {
    let is_tests = |part: &str| {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        name.ends_with("tests") || name == "test_support"
    };
    path.starts_with("runtime-") && !path.split('/').any(is_tests)
}

pub(super) fn page(files: &[File]) -> Result<String, String> {
    let (mut page, mut sum, mut rows) = (HEAD.to_owned(), Count::default(), 0);
    for File { path, text } in files.iter().filter(|file| is_product(&file.path)) {
        let count = Count::of(text);
        if count.is_none() {
            continue;
        }
        let reason = reason(text)
            .ok_or_else(|| format!("{path} does not say what its unsafe code is for"))?;
        page += &row(path, count, reason);
        (sum, rows) = (sum.plus(count), rows + 1);
    }
    page += &row(&format!("{rows} files"), sum, "");
    Ok(page)
}

fn row(what: &str, count: Count, reason: &str) -> String {
    let mut row = String::new();
    let Count {
        blocks,
        impls,
        functions,
    } = count;
    let _ = write!(row, "| {what} | {blocks} | {impls} | {functions} | ");
    row + reason + if reason.is_empty() { "|\n" } else { " |\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_code_are_counted_by_what_follows() {
        let text = "unsafe impl<T> Send for A<T> {}\npub unsafe fn f() {}\nlet a = unsafe { g() };\n\
                    // unsafe { }\nlet b = \"unsafe { }\";\n#![allow(unsafe_code, reason = \"x\")]\n\
                    type F = unsafe fn(u8);\n#[unsafe(no_mangle)]\nunsafe extern \"C\" {}\n";
        let expected = Count {
            blocks: 1,
            impls: 1,
            functions: 2,
        };
        assert_eq!(Count::of(text), expected);
        assert_eq!(reason(text), Some("x"));
    }

    #[test]
    fn a_file_without_a_reason_is_an_error_and_tests_are_left_out() {
        let file = |path: &str| File {
            path: path.to_owned(),
            text: "unsafe fn f() {}\n".to_owned(),
        };
        let error = page(&[file("runtime-x/src/a.rs")]).expect_err("it has no reason");
        assert!(error.contains("runtime-x/src/a.rs"), "{error}");
        let none = [
            "runtime-x/src/a/loom_tests.rs",
            "runtime-x/src/test_support/a.rs",
            "tests/a.rs",
        ];
        let page = page(&none.map(file)).expect("none counts");
        assert!(page.ends_with("| 0 files | 0 | 0 | 0 | |\n"), "{page}");
    }
}
