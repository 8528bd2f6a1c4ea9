//! Imports point one way: facade → runtime-io → runtime-core, and inside each of the two from the
//! upper layers to the lower. Modules of one layer may know each other. Test code may look up: it
//! drives the thing from outside.
//!
//! Read are `use` lines and the paths inside the code that begin with `crate::` or `super::`. A
//! name that a crate's root re-exports counts as the module that it comes from.

use std::collections::BTreeMap;

use crate::Violation;
use crate::source::Source;

/// A crate: its folder, its layers from the lowest up, and the crates that it must not name.
struct House {
    folder: &'static str,
    layers: &'static [&'static [&'static str]],
    strangers: &'static [&'static str],
}

const HOUSES: [House; 3] = [
    House {
        folder: "runtime-alarm/src/",
        layers: &[&["condition", "timerfd", "waitable", "windows", "no_kernel"]],
        strangers: &[
            "runtime",
            "runtime_core",
            "runtime_io",
            "runtime_macros",
            "mio",
        ],
    },
    House {
        folder: "runtime-core/src/",
        layers: &[
            &["loom", "util"],
            &["park", "coop"],
            &["task", "sync"],
            &["local"],
            &["timer", "blocking"],
            &["scheduler"],
            &[
                "runtime",
                "builder",
                "context",
                "handle",
                "local_set",
                "local_runtime",
            ],
            &["spawn", "join_set", "task_local", "macros", "time"],
            &["fuzzing"],
        ],
        strangers: &[
            "runtime",
            "runtime_io",
            "runtime_macros",
            "mio",
            "libc",
            "rustix",
            "socket2",
        ],
    },
    House {
        folder: "runtime-io/src/",
        layers: &[
            &["io", "per_process"],
            &["driver", "pool"],
            &["signal"],
            &["net", "async_fd", "fs", "process", "stdio"],
            &["futures_io"],
        ],
        strangers: &["runtime", "runtime_macros"],
    },
];

impl House {
    fn of(path: &str) -> Option<&'static House> {
        HOUSES.iter().find(|house| path.starts_with(house.folder))
    }

    fn layer(&self, module: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.contains(&module))
    }
}

/// For each crate: which module a name at its root comes from.
pub(crate) struct RootNames(BTreeMap<String, String>);

impl RootNames {
    pub(crate) fn read(sources: &[Source]) -> RootNames {
        let mut names = BTreeMap::new();
        for house in &HOUSES {
            let root = format!("{}lib.rs", house.folder);
            for source in sources.iter().filter(|source| source.path == root) {
                for (_, path) in uses(source) {
                    let inside = path
                        .iter()
                        .position(|name| !matches!(name.as_str(), "crate" | "self"));
                    if let (Some(first), Some(last)) = (inside, path.last()) {
                        names.insert(format!("{}{last}", house.folder), path[first].clone());
                    }
                }
            }
        }
        RootNames(names)
    }
}

pub(crate) fn check(source: &Source, names: &RootNames) -> Vec<Violation> {
    let Some(house) = House::of(&source.path) else {
        return Vec::new();
    };
    let mut found = strangers(source, house);
    let module = source.module();
    let Some(own) = module.first() else {
        return found;
    };
    let Some(own_layer) = house.layer(own) else {
        let text =
            format!("the module `{own}` has no layer yet: give it one in tests/tidy/imports.rs");
        found.push(Violation::new(&source.path, 0, text));
        return found;
    };
    for (at, path) in uses(source).into_iter().chain(inline_paths(source)) {
        let Some(target) = target(source, at, &path) else {
            continue;
        };
        let root_name = names.0.get(&format!("{}{target}", house.folder));
        let target = root_name.map_or(target, |module| module.as_str());
        match house.layer(target) {
            Some(layer) if layer > own_layer => {
                let text = format!("`{own}` imports `{target}`, which is in a layer above it");
                found.push(Violation::new(&source.path, at, text));
            }
            // An unknown one has been reported in its own file; a macro or a name of another kind
            // is none.
            _ => (),
        }
    }
    found
}

fn strangers(source: &Source, house: &House) -> Vec<Violation> {
    let mut found = Vec::new();
    for (at, line) in source.product() {
        for stranger in house
            .strangers
            .iter()
            .filter(|name| names_crate(&line.code, name))
        {
            let text = format!("{} must not know the crate `{stranger}`", house.folder);
            found.push(Violation::new(&source.path, at, text));
        }
    }
    found
}

/// Whether `name::` stands at the beginning of a path, or `use name`.
fn names_crate(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let behind = code[at + name.len()..].trim_start();
        let before = &code[..at];
        let from_the_root = before.strip_suffix("::");
        let ends_a_path = |text: &str| text.ends_with(|c: char| is_word(c) || c == '>' || c == ':');
        if ends_a_path(from_the_root.unwrap_or(before)) {
            return false;
        }
        let is_use = before.trim_end().ends_with("use") && behind.starts_with([';', 'a']);
        behind.starts_with("::") || is_use
    })
}

/// The module at the crate's root that a path leads to.
fn target<'a>(source: &Source, at: usize, path: &'a [String]) -> Option<&'a str> {
    let first = path.first()?.as_str();
    if first == "crate" {
        return path.get(1).map(String::as_str);
    }
    let ups = path.iter().take_while(|name| *name == "super").count();
    let depth = source.module().len() + source.lines[at].modules.len();
    // A `super` that stays below the root stays in its own module.
    (ups > 0 && ups == depth).then(|| path.get(ups).map(String::as_str))?
}

/// Every path that a `use` of product code names, with the line on which the `use` begins.
fn uses(source: &Source) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in source.product() {
        let code = line.code.trim();
        if open.is_none() && begins_a_use(code) {
            let behind = code.split_once("use ").map_or("", |(_, behind)| behind);
            open = Some((at, behind.to_owned()));
        } else if let Some((_, tree)) = &mut open {
            tree.push(' ');
            tree.push_str(code);
        }
        if let Some((first, tree)) = open.take_if(|(_, tree)| tree.contains(';')) {
            let tree = tree.split(';').next().unwrap_or("");
            found.extend(paths_of(tree).into_iter().map(|path| (first, path)));
        }
    }
    found
}

fn begins_a_use(code: &str) -> bool {
    let code = code.strip_prefix("pub").map_or(code, |behind| {
        let behind = behind.trim_start();
        behind
            .strip_prefix('(')
            .and_then(|open| open.split_once(')'))
            .map_or(behind, |(_, rest)| rest)
    });
    code.trim_start().starts_with("use ")
}

/// `a::{b, c::{d, self}} ` → `a::b`, `a::c::d`, `a::c`.
fn paths_of(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim().trim_start_matches("::");
    let Some((prefix, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or("");
        return vec![
            path.split("::")
                .map(|name| name.trim().to_owned())
                .collect(),
        ];
    };
    let prefix: Vec<String> = prefix
        .split("::")
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let group = group.rsplit_once('}').map_or(group, |(inside, _)| inside);
    let mut found = Vec::new();
    for part in parts(group) {
        for path in paths_of(part) {
            let path = path
                .into_iter()
                .filter(|name| name != "self" && !name.is_empty());
            found.push(prefix.iter().cloned().chain(path).collect());
        }
    }
    found
}

/// Splits at the commas outside of braces.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&group[from..at]);
                from = at + 1;
            }
            _ => (),
        }
    }
    found.push(&group[from..]);
    found.retain(|part| !part.trim().is_empty());
    found
}

/// The paths in product code that begin with `crate::` or `super::`, outside of `use` and
/// visibility.
fn inline_paths(source: &Source) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for (at, line) in source
        .product()
        .filter(|(_, line)| !begins_a_use(line.code.trim()))
    {
        for root in ["crate::", "super::"] {
            for (start, _) in line.code.match_indices(root) {
                if !line.code[..start].ends_with(|c: char| is_path(c) || c == '$') {
                    let path: String = line.code[start..]
                        .chars()
                        .take_while(|c| is_path(*c))
                        .collect();
                    found.push((at, path.split("::").map(str::to_owned).collect()));
                }
            }
        }
    }
    found
}

#[cfg(test)]
fn count(path: &str, text: &str) -> usize {
    let root = Source::new(
        "runtime-core/src/lib.rs",
        "pub use handle::Handle;\npub use park::{Parker};\n",
    );
    check(&Source::new(path, text), &RootNames::read(&[root])).len()
}

#[test]
fn imports_that_point_up_are_found() {
    let task = |text| count("runtime-core/src/task/run.rs", text);
    assert_eq!(task("use crate::scheduler::Shared;\n"), 1);
    assert_eq!(
        task("pub(crate) use crate::{\n    scheduler::{Shared, self},\n    util::A,\n};\n"),
        2
    );
    assert_eq!(task("use super::super::handle::Handle;\n"), 1);
    assert_eq!(
        task("use super::state::State;\nuse crate::sync::B;\nuse crate::park;\n"),
        0
    );
    assert_eq!(task("fn f() { crate::spawn::spawn(g) }\n"), 1);
    assert_eq!(
        task("mod inner {\n    use super::super::super::time::A;\n}\n"),
        1
    );
    assert_eq!(task("use crate::Handle;\n"), 1);
    assert_eq!(task("use crate::Parker;\n"), 0);
    assert_eq!(
        task("#[cfg(test)]\nmod tests {\n    use crate::scheduler::Shared;\n}\n"),
        0
    );
    assert_eq!(task("// use crate::scheduler::Shared;\n"), 0);
    assert_eq!(
        count("runtime-io/src/io/copy.rs", "use crate::driver::Source;\n"),
        1
    );
    assert_eq!(
        count("runtime-io/src/driver/wait.rs", "use crate::net::Tcp;\n"),
        1
    );
    assert_eq!(
        count("runtime-io/src/net/tcp.rs", "use crate::{driver, io};\n"),
        0
    );
}

#[test]
fn crates_that_must_not_be_known_are_found() {
    assert_eq!(count("runtime-core/src/task.rs", "use mio::Poll;\n"), 1);
    assert_eq!(
        count("runtime-core/src/task.rs", "let a = ::libc::read(b);\n"),
        1
    );
    assert_eq!(
        count("runtime-core/src/lib.rs", "pub use runtime_io::net;\n"),
        1
    );
    assert_eq!(
        count("runtime-core/src/time.rs", "use crate::runtime::Runtime;\n"),
        0
    );
    assert_eq!(
        count(
            "runtime-io/src/net.rs",
            "use libc::c_int;\nuse runtime_core::task;\n"
        ),
        0
    );
    assert_eq!(count("runtime-io/src/net.rs", "use runtime::task;\n"), 1);
}

#[test]
fn a_module_without_a_layer_is_found() {
    assert_eq!(count("runtime-core/src/new.rs", ""), 1);
}
