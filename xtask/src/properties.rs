//! `cargo xtask properties`: each property many times, where a test beside a change tries it a few
//! hundred times.
//!
//! A property is a test inside of `proptest!`, wherever it stands and whatever it is called: they are
//! found in the sources, and run by their names. One that did not run is an error, so that none is
//! left out in silence: a file that is no part of a build, a test that another system alone has.
//!
//! How many cases there are is for `PROPTEST_CASES` to say: no property may fix its own number, but
//! it may ask for a part or a multiple of it. A test here holds that.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::process;
use crate::tables::{File, PRODUCT, sources};

/// Of each property, unless the variable says otherwise.
const CASES: &str = "4096";

const VARIABLE: &str = "PROPTEST_CASES";

const BEGIN: &str = "proptest! {";

/// A test inside of `proptest!`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Property {
    name: String,
    path: String,
}

pub(crate) fn run() -> Result<(), String> {
    let files = sources(PRODUCT)?;
    let properties: Vec<Property> = files.iter().flat_map(properties).collect();
    let cases = std::env::var(VARIABLE).unwrap_or_else(|_| CASES.to_owned());
    let mut command = process::cargo();
    command.arg("test").args(targets(&properties)).arg("--");
    command.args(properties.iter().map(|it| it.name.as_str()));
    command.env(VARIABLE, &cases);
    let begun = Instant::now();
    let lines = process::run_and_read(&mut command)?;
    let passed: BTreeSet<&str> = lines.iter().filter_map(|line| passed(line)).collect();
    let missing: Vec<&str> = properties
        .iter()
        .filter(|it| !passed.contains(it.name.as_str()))
        .map(|it| it.name.as_str())
        .collect();
    println!(
        "{} properties, {cases} cases each, {} s with the build",
        properties.len(),
        begun.elapsed().as_secs(),
    );
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "properties: these did not run: {}",
            missing.join(", ")
        ))
    }
}

/// The test programs that they are in, as cargo is told of them.
fn targets(properties: &[Property]) -> BTreeSet<String> {
    let target = |property: &Property| match property.path.split_once("/src/") {
        Some((package, _)) => [format!("--package={package}"), "--lib".to_owned()],
        None => {
            let inside = property.path.strip_prefix("tests/");
            let inside = inside.unwrap_or_else(|| panic!("{}: whose test?", property.path));
            let name = inside.split(['/', '.']).next().unwrap_or(inside);
            ["--package=runtime".to_owned(), format!("--test={name}")]
        }
    };
    properties.iter().flat_map(target).collect()
}

/// The last part of the name in `test a::b::name ... ok`.
fn passed(line: &str) -> Option<&str> {
    let name = line.strip_prefix("test ")?.strip_suffix(" ... ok")?;
    name.rsplit("::").next()
}

/// The tests inside of the file's `proptest!` blocks.
fn properties(file: &File) -> Vec<Property> {
    let mut found = Vec::new();
    let mut lines = file.text.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.strip_suffix(BEGIN) else {
            continue;
        };
        if !indent.trim().is_empty() {
            continue;
        }
        let end = format!("{indent}}}");
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        for pair in block.windows(2) {
            let declared = pair[1].trim_start().strip_prefix("fn ");
            if let (true, Some(rest)) = (pair[0].trim() == "#[test]", declared) {
                let name = rest.split('(').next().unwrap_or(rest);
                found.push(Property {
                    name: name.to_owned(),
                    path: file.path.clone(),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(File, Vec<Property>)> {
        let files = sources(PRODUCT).expect("the sources");
        let with = files.into_iter().map(|file| {
            let properties = properties(&file);
            (file, properties)
        });
        with.filter(|(file, _)| file.text.contains("proptest!"))
            .collect()
    }

    #[test]
    fn properties_are_found_by_their_block() {
        let text = "proptest! {\n    #![x]\n    #[test]\n    fn a(b in c()) {\n    }\n\n    \
                    #[test]\n    fn d(\n        e in f(),\n    ) {\n    }\n}\n#[test]\nfn g() {}\n";
        let file = File {
            path: "tests/h/i.rs".to_owned(),
            text: text.to_owned(),
        };
        let found = properties(&file);
        let names: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["a", "d"]);
        let targets: Vec<String> = targets(&found).into_iter().collect();
        assert_eq!(targets, ["--package=runtime", "--test=h"]);
    }

    #[test]
    fn who_passed_is_known_by_the_last_part_of_his_name() {
        assert_eq!(passed("test a::tests::b ... ok"), Some("b"));
        assert_eq!(passed("test a::tests::b ... FAILED"), None);
        assert_eq!(passed("test result: ok. 1 passed"), None);
    }

    /// A block that is written in another way would be left out.
    #[test]
    fn each_block_has_properties_and_each_property_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for (file, properties) in all() {
            assert!(!properties.is_empty(), "{}", file.path);
            let blocks = file.text.lines().filter(|it| it.contains("proptest!"));
            assert!(
                blocks.clone().all(|it| it.trim() == BEGIN),
                "{}: a block is written as {BEGIN:?}",
                file.path
            );
            for property in properties {
                assert!(names.insert(property.name.clone()), "{property:?}");
            }
        }
        assert!(names.len() > 25, "{} properties", names.len());
    }

    #[test]
    fn no_property_fixes_its_number_of_cases() {
        for (file, _) in all() {
            let path = &file.path;
            assert!(!file.text.contains("with_cases("), "{path}");
            let fixed = file
                .text
                .lines()
                .find(|line| line.contains(" cases: ") && !line.contains("default().cases"));
            assert_eq!(fixed, None, "{path}");
        }
    }
}
