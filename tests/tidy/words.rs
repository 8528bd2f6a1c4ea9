//! Nothing is left for later, no test is switched off, and a library leaves the terminal to its
//! user.

use crate::Violation;
use crate::source::Source;

/// Nowhere in code.
const UNFINISHED: [&str; 4] = ["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// Nowhere in comments.
const NOTES: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Not in a library's product code.
const PRINTING: [&str; 4] = ["println!", "eprintln!", "print!", "eprint!"];

const LIBRARIES: [&str; 4] = [
    "src/",
    "runtime-core/src/",
    "runtime-io/src/",
    "runtime-macros/src/",
];

pub(crate) fn check(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    let is_library = LIBRARIES
        .iter()
        .any(|folder| source.path.starts_with(folder));
    for (at, line) in source.lines.iter().enumerate() {
        let mut report = |word: &str| {
            found.push(Violation::new(&source.path, at, format!("`{word}`")));
        };
        UNFINISHED
            .iter()
            .filter(|word| holds(&line.code, word))
            .for_each(|word| report(word));
        NOTES
            .iter()
            .filter(|word| holds(&line.comment, word))
            .for_each(|word| report(word));
        if is_library && !source.test && !line.test {
            PRINTING
                .iter()
                .filter(|word| holds(&line.code, word))
                .for_each(|word| report(word));
        }
    }
    found
}

/// As a whole word: `println!` is not in `eprintln!`.
fn holds(text: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        let closed = word.ends_with('!') || word.starts_with('#');
        !before.is_some_and(is_word) && (closed || !behind.is_some_and(is_word))
    })
}

#[test]
fn unfinished_and_printing_code_is_found() {
    let count = |path: &str, text: &str| check(&Source::new(path, text)).len();
    for unfinished in [
        "todo!()",
        "unimplemented!()",
        "dbg!(x)",
        "#[ignore]",
        "#[ignore = \"y\"]",
    ] {
        assert_eq!(count("tests/a.rs", unfinished), 1, "{unfinished}");
    }
    for note in ["// TODO: x", "let a = 1; // FIXME", "/// XXX"] {
        assert_eq!(count("src/a.rs", note), 1, "{note}");
    }
    for printing in ["println!()", "eprintln!(\"x\")", "print!()", "eprint!()"] {
        assert_eq!(count("runtime-core/src/a.rs", printing), 1, "{printing}");
        assert_eq!(count("examples/a.rs", printing), 0, "{printing}");
        let test = format!("#[cfg(test)]\nmod tests {{\n{printing}\n}}\n");
        assert_eq!(count("src/a.rs", &test), 0, "{printing}");
    }
    assert_eq!(
        count("src/a.rs", "let a = \"todo!() println!()\"; // println!()"),
        0
    );
}
