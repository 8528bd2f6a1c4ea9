//! The atomic operations of the product, as they stand in its text.
//!
//! A place in the text (`FILE:LINE:COLUMN`, as the compiler counts) is how a run names an operation;
//! the ledger names it by type, function, method and count, so that it survives other changes of the
//! file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::process;

const FOLDERS: [&str; 2] = ["runtime-core/src", "runtime-io/src"];

/// What says that a file's atomics are those that a model sees.
const SEAM: &str = "loom::atomic::";

const METHODS: [&str; 14] = [
    ".load(",
    ".store(",
    ".swap(",
    ".compare_exchange(",
    ".compare_exchange_weak(",
    ".fetch_add(",
    ".fetch_sub(",
    ".fetch_and(",
    ".fetch_or(",
    ".fetch_xor(",
    ".fetch_max(",
    ".fetch_min(",
    "first_look::u64(",
    "first_look::usize(",
];

/// Within how many lines of a method its ordering stands.
const REACH: usize = 7;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    pub(super) file: String,
    /// `FILE:LINE:COLUMN`
    pub(super) place: String,
    /// `Type::function method`, with a number behind it from the second on.
    pub(super) name: String,
}

/// Those of all files on the seam, in the order of their places.
pub(super) fn all() -> Result<Vec<Operation>, String> {
    let mut found = Vec::new();
    let mut folders: Vec<String> = FOLDERS.map(str::to_owned).to_vec();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(process::root().join(&folder));
        for entry in entries.map_err(|error| format!("{folder}: {error}"))? {
            let name = entry.map_err(|error| error.to_string())?.file_name();
            let path = format!("{folder}/{}", name.to_string_lossy());
            if process::root().join(&path).is_dir() {
                folders.push(path);
            } else if is_product(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    for file in files {
        let text = fs::read_to_string(process::root().join(&file));
        let text = text.map_err(|error| format!("{file}: {error}"))?;
        found.extend(of(&file, &text));
    }
    Ok(found)
}

fn is_product(path: &str) -> bool {
    let is_rust = Path::new(path).extension().is_some_and(|it| it == "rs");
    is_rust && !path.contains("tests") && !path.contains("test_support") && !path.contains("/loom/")
}

fn of(file: &str, text: &str) -> Vec<Operation> {
    let lines: Vec<&str> = text.lines().collect();
    let end = test_module(&lines).unwrap_or(lines.len());
    if !lines[..end].iter().any(|line| line.contains(SEAM)) {
        return Vec::new();
    }
    let mut scope = Scope::default();
    let mut counts = BTreeMap::new();
    let mut found = Vec::new();
    for (at, line) in lines[..end].iter().enumerate() {
        scope.read(line);
        if scope.is_outside_of_models {
            continue;
        }
        let code = line.split("//").next().unwrap_or_default();
        for (column, method) in methods(code) {
            let reach = lines[at..end].iter().take(REACH);
            let is_atomic = method == "first_look"
                || reach
                    .take_while({
                        // The next method's orderings are its own.
                        let mut first = true;
                        move |line| std::mem::take(&mut first) || methods(line).is_empty()
                    })
                    .any(|line| line.contains("Ordering::"));
            if !is_atomic {
                continue;
            }
            let name = format!("{} {method}", scope.name());
            let count: &mut usize = counts.entry(name.clone()).or_default();
            *count += 1;
            let number = if *count == 1 {
                String::new()
            } else {
                format!(" {count}")
            };
            found.push(Operation {
                file: file.to_owned(),
                place: format!("{file}:{}:{column}", at + 1),
                name: format!("{name}{number}"),
            });
        }
    }
    found
}

/// The methods called in a line, each with its column: that of its name, or of its path.
fn methods(code: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for pattern in METHODS {
        for (at, _) in code.match_indices(pattern) {
            if let Some(path) = pattern.strip_prefix('.') {
                found.push((at + 2, path.trim_end_matches('(')));
            } else {
                found.push((at + 1, "first_look"));
            }
        }
    }
    found.sort_unstable();
    found
}

/// The line where a module of tests begins within the file.
fn test_module(lines: &[&str]) -> Option<usize> {
    (1..lines.len()).find(|at| {
        let is_condition =
            lines[at - 1].starts_with("#[cfg(test") || lines[at - 1].starts_with("#[cfg(all(test");
        is_condition && lines[*at].starts_with("mod ") && lines[*at].ends_with('{')
    })
}

/// Where in a file a line stands.
#[derive(Default)]
struct Scope {
    of: Option<String>,
    function: String,
    /// The function is a door for tests that are no models.
    is_outside_of_models: bool,
    /// The same of the next one.
    is_next_outside: bool,
}

impl Scope {
    fn read(&mut self, line: &str) {
        if let Some(head) = line
            .strip_prefix("impl")
            .or_else(|| line.strip_prefix("unsafe impl"))
        {
            let head = head.split(" where").next().unwrap_or_default();
            let subject = head.rsplit(" for ").next().unwrap_or_default();
            // Without what stands in angle brackets: first the parameters, then the arguments.
            let mut depth = 0;
            let outside = subject.chars().filter(|c| {
                depth += i32::from(*c == '<');
                let is_outside = depth == 0;
                depth -= i32::from(*c == '>');
                is_outside
            });
            let words: String = outside.collect();
            self.of = words.split_whitespace().next().map(str::to_owned);
        } else if line == "}" {
            self.of = None;
        }
        let mut words = line.split_whitespace().skip_while(|word| {
            word.starts_with("pub") || matches!(*word, "const" | "unsafe" | "async" | "extern")
        });
        self.is_next_outside |= line.trim_start() == "#[cfg(all(test, not(loom)))]";
        if words.next() == Some("fn") {
            self.is_outside_of_models = std::mem::take(&mut self.is_next_outside);
            let name = words.next().unwrap_or_default();
            let end = name.find(['(', '<']).unwrap_or(name.len());
            self.function = name[..end].to_owned();
        }
    }

    fn name(&self) -> String {
        match &self.of {
            Some(of) => format!("{of}::{}", self.function),
            None => self.function.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_named_by_its_function_and_placed_as_the_compiler_does() {
        let text = "use crate::loom::atomic::{AtomicU8, Ordering};\n\
                    impl<T: A<u8>> Drop for State<T> {\n    pub(crate) fn drop(&mut self) {\n\
                    \u{20}       // self.0.load(Ordering::Relaxed)\n\
                    \u{20}       self.0.load(Ordering::Acquire);\n\
                    \u{20}       self.0\n            .compare_exchange(\n                1,\n\
                    \u{20}               Ordering::AcqRel,\n            );\n\
                    \u{20}       a.load(first_look::u64(&self.0)); self.1.load(Ordering::Acquire);\n\
                    \u{20}   }\n}\nfn free() {\n    a.swap(1);\n    A.swap(1, Ordering::AcqRel);\n}\n\
                    #[cfg(all(test, not(loom)))]\nfn door() {\n    A.swap(2, Ordering::AcqRel);\n}\n\
                    #[cfg(test)]\nmod tests {\n    A.swap(1, Ordering::AcqRel);\n}\n";
        let found = of("a.rs", text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|it| (it.place.as_str(), it.name.as_str()))
            .collect();
        assert_eq!(found[0], ("a.rs:5:16", "State::drop load"));
        assert_eq!(found[1], ("a.rs:7:14", "State::drop compare_exchange"));
        assert!(found.contains(&("a.rs:11:16", "State::drop first_look")));
        assert_eq!(found.last(), Some(&("a.rs:16:7", "free swap")));
        assert!(of("b.rs", &text.replace("loom", "std")).is_empty());
    }

    #[test]
    fn each_file_on_the_seam_has_operations() {
        let found = all().expect("the sources can be read");
        assert!(found.iter().any(|it| it.file.ends_with("task/state.rs")));
        let mut names: Vec<_> = found.iter().map(|it| (&it.file, &it.name)).collect();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "a name stands for one operation");
    }
}
