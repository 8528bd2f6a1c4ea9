//! No file names the machine that it was written on, nor a registry other than the public one.

use crate::Violation;

/// Split, so that this file does not break its own rule.
const PATHS: [&str; 4] = [
    concat!("/wor", "k/"),
    concat!("/roo", "t/"),
    concat!("/hom", "e/"),
    concat!("/User", "s/"),
];

const PUBLIC_REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What a cargo configuration or manifest says to get its packages from elsewhere.
const OTHER_REGISTRIES: [&str; 5] = [
    "replace-with",
    "[source.",
    "[registries",
    "registry = \"",
    "index = \"",
];

pub(crate) fn check(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let is_configuration = path.ends_with(".toml") && path != "deny.toml";
    for (at, line) in text.lines().enumerate() {
        let mut report = |text: String| found.push(Violation::new(path, at, text));
        for place in PATHS.iter().filter(|place| names(line, place)) {
            report(format!("the path `{place}` of some machine"));
        }
        let registries = line.match_indices("registry+").map(|(at, _)| &line[at..]);
        for other in registries.filter(|rest| !rest.starts_with(PUBLIC_REGISTRY)) {
            if path.ends_with("Cargo.lock") {
                report(format!("another registry: {other}"));
            }
        }
        if is_configuration {
            let elsewhere = OTHER_REGISTRIES.iter().filter(|word| line.contains(**word));
            elsewhere.for_each(|word| report(format!("another registry: `{word}`")));
        }
    }
    found
}

/// As the beginning of a path, not as a part of one.
fn names(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | ')'))
    })
}

#[test]
fn paths_and_registries_are_found() {
    for place in PATHS {
        assert_eq!(
            check("docs/a.md", &format!("see {place}x")).len(),
            1,
            "{place}"
        );
        assert_eq!(
            check("docs/a.md", &format!("target{place}x")).len(),
            0,
            "{place}"
        );
    }
    let lock = |source: &str| check("Cargo.lock", &format!("source = \"{source}\"\n")).len();
    assert_eq!(lock(PUBLIC_REGISTRY), 0);
    assert_eq!(lock("registry+https://registry.example/index"), 1);
    assert_eq!(
        check(
            ".cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"a\"\n"
        )
        .len(),
        2
    );
    assert_eq!(
        check("Cargo.toml", "a = { version = \"1\", registry = \"b\" }").len(),
        1
    );
}
