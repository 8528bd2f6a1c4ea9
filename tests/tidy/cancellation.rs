//! Each public async fn, and each public fn that gives a future, says in its docs which of four
//! classes it is in: what is lost when the future is dropped before its end.
//!
//! | class | dropped before its end |
//! |---|---|
//! | Lossless | nothing is lost; who calls again gets what there is |
//! | Resumable | what was done stands in an object of the caller's; who calls again goes on from there |
//! | Place lost | others overtake, and nothing else |
//! | Lossy | what the docs say is lost |
//!
//! The class is the first word under the headline `# Cancel safety`. `cargo xtask tables` reads the
//! same and makes `docs/cancel-safety.md` of it: so this file needs nothing of its neighbours.

/// A fn, or a type that is itself awaited.
pub(crate) struct Awaited {
    /// `core: sync/notify`.
    pub(crate) place: String,
    /// With the type, trait or macro that it stands in: `Notify::notified`.
    pub(crate) name: String,
    /// From 0.
    pub(crate) line: usize,
    /// What the docs say under the headline, in one line; empty without one.
    pub(crate) says: String,
}

pub(crate) const CLASSES: [&str; 4] = ["Lossless", "Resumable", "Place lost", "Lossy"];

const HEADLINE: &str = "# Cancel safety";

/// Public for the sister crates only, and the futures behind methods that are listed themselves.
const INNER: [&str; 9] = [
    "runtime-core/src/loom",
    "runtime-core/src/macros",
    "runtime-core/src/sync/mpsc/room",
    "runtime-core/src/sync/raw_semaphore",
    "runtime-core/src/sync/versions",
    "runtime-core/src/sync/test_support",
    "runtime-io/src/driver",
    "runtime-io/src/io/futures",
    "runtime-io/src/net/addr",
];

/// What a fn may give instead of being async.
const FUTURES: [&str; 11] = [
    "impl Future",
    "futures::",
    "Sleep",
    "Timeout<",
    "Notified<",
    "OwnedNotified",
    "WaitForCancellationFuture<",
    "WaitForCancellationFutureOwned",
    "Coop<",
    "Unconstrained<",
    "TaskLocalFuture<",
];

impl Awaited {
    /// The class that the docs name.
    pub(crate) fn class(&self) -> Option<&'static str> {
        let mut classes = CLASSES.into_iter();
        classes.find(|class| {
            let rest = self.says.strip_prefix(class);
            rest.is_some_and(|rest| rest.starts_with([':', ';', ',', '.']))
        })
    }
}

/// What there is to await in a file.
pub(crate) fn awaited(path: &str, text: &str) -> Vec<Awaited> {
    let Some((package, inside)) = path.split_once("/src/") else {
        return Vec::new();
    };
    let is_public = matches!(package, "runtime-core" | "runtime-io");
    let is_test = inside
        .trim_end_matches(".rs")
        .split('/')
        .any(|part| part == "tests" || part.ends_with("_tests"));
    if !is_public || is_test || INNER.iter().any(|inner| path.starts_with(inner)) {
        return Vec::new();
    }
    let package = package.trim_start_matches("runtime-");
    let place = format!("{package}: {}", inside.trim_end_matches(".rs"));
    let lines: Vec<&str> = text.lines().collect();
    let found = (0..lines.len()).filter_map(|line| {
        let name = function(&lines, line).or_else(|| future(&lines, line))?;
        Some(Awaited {
            place: place.clone(),
            name,
            line,
            says: says(
                &lines[..line],
                lines[line].len() - lines[line].trim_start().len(),
            ),
        })
    });
    found.collect()
}

/// The full name, if a fn to be awaited is declared here.
fn function(lines: &[&str], at: usize) -> Option<String> {
    let code = lines[at].trim_start();
    let indent = lines[at].len() - code.len();
    let owner = owner(&lines[..at], indent);
    // The methods of a public trait have no `pub` of their own.
    let in_trait = owner.as_deref().is_some_and(|name| {
        name.ends_with("Ext") || (name.ends_with('!') && code.starts_with("fn $"))
    });
    let rest = match code.strip_prefix("pub ") {
        Some(rest) => rest,
        None if in_trait => code,
        None => return None,
    };
    let (is_async, rest) = match rest.strip_prefix("async fn ") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("fn ")?),
    };
    if !is_async && !gives_a_future(&lines[at..]) {
        return None;
    }
    let name = &rest[..rest.find(['(', '<'])?];
    Some(owner.map_or_else(|| name.to_owned(), |owner| format!("{owner}::{name}")))
}

fn gives_a_future(lines: &[&str]) -> bool {
    let end = lines.iter().position(|line| line.ends_with(['{', ';']));
    let signature = lines[..=end.unwrap_or(0)].join(" ");
    let output = signature.split_once(" -> ");
    output.is_some_and(|(_, output)| FUTURES.iter().any(|it| output.trim().starts_with(it)))
}

/// The name of the public type that is declared here and awaited itself, unless a fn gives it.
fn future(lines: &[&str], at: usize) -> Option<String> {
    let rest = lines[at].strip_prefix("pub struct ")?;
    let name = &rest[..rest.find(|c: char| !c.is_alphanumeric())?];
    let given = |known: &&str| known.trim_end_matches('<') == name;
    let implements = |line: &&str| {
        let type_name = line.split_once(" Future for ").map(|(_, name)| name);
        let rest = type_name.and_then(|it| it.strip_prefix(name));
        line.starts_with("impl") && rest.is_some_and(|rest| rest.starts_with(['<', ' ']))
    };
    let is_future = lines.iter().any(implements);
    (is_future && !FUTURES.iter().any(given)).then(|| name.to_owned())
}

/// The type, trait or macro around a line that is indented so far.
fn owner(above: &[&str], indent: usize) -> Option<String> {
    above.iter().rev().find_map(|line| {
        let code = line.trim_start();
        if line.len() - code.len() >= indent {
            return None;
        }
        let word = |text: &str| {
            let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$'));
            text[..end.unwrap_or(text.len())].to_owned()
        };
        if let Some(rest) = code.strip_prefix("macro_rules! ") {
            return Some(word(rest) + "!");
        }
        if let Some(rest) = code.strip_prefix("pub trait ") {
            return Some(word(rest));
        }
        let rest = code.strip_prefix("impl")?;
        // Behind the parameters: `<T: Into<U>> Name<T>`.
        let mut depth = 0_usize;
        let behind = rest.char_indices().find(|(_, character)| {
            match character {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ => (),
            }
            depth == 0
        });
        let name = rest[behind?.0..].trim_start_matches('>').trim_start();
        Some(word(name))
    })
}

/// What the docs right above a line that is indented so far say under the headline.
fn says(above: &[&str], indent: usize) -> String {
    let edge = format!("{}}}", " ".repeat(indent));
    // An example in an attribute has lines of its own: docs end where another item does.
    let is_other = |line: &str| {
        let opens = ["impl", "pub ", "struct ", "use ", "macro_rules! "];
        line == edge || opens.iter().any(|word| line.starts_with(word))
    };
    let docs = above.iter().rev().take_while(|line| !is_other(line));
    let docs: Vec<&str> = docs.map(|line| line.trim()).collect();
    let headline = docs
        .iter()
        .position(|line| line.strip_prefix("///").map(str::trim) == Some(HEADLINE));
    let section = docs[..headline.unwrap_or(0)].iter().rev();
    let section = section.map_while(|line| {
        let text = line.strip_prefix("///")?.trim();
        (!text.is_empty()).then_some(text)
    });
    section.collect::<Vec<_>>().join(" ")
}

#[test]
fn each_way_to_give_a_future_is_found_with_its_class() {
    let text = "impl<T: Into<U>> Ends<T> {\n    /// # Cancel safety\n    /// Place lost: a\n    /// b.\n    \
                ///\n    /// ```\n    pub async fn one(&self) {\n    }\n    /// Text.\n    \
                pub fn two(\n        &self,\n    ) -> impl Future {\n    }\n}\n\
                /// # Cancel safety\n/// Lossless\npub fn three() -> Sleep {\n}\nasync fn none() {}\n\
                /// # Cancel safety\n/// Lossy.\npub struct Four<T>;\n\
                impl<T> Future for Four<T> {\n}\n";
    let found = awaited("runtime-core/src/a/b.rs", text);
    let found: Vec<(&str, &str, Option<&str>)> = found
        .iter()
        .map(|it| (it.name.as_str(), it.says.as_str(), it.class()))
        .collect();
    let expected = [
        ("Ends::one", "Place lost: a b.", Some("Place lost")),
        ("Ends::two", "", None),
        ("three", "Lossless", None),
        ("Four", "Lossy.", Some("Lossy")),
    ];
    assert_eq!(found, expected);
    assert!(awaited("runtime-core/src/a/tests.rs", text).is_empty());
}

#[test]
fn methods_of_traits_and_macros_bear_their_names() {
    let text = "macro_rules! kinds {\n    ($m:ident) => {\n        /// # Cancel safety\n        \
                /// Lossy: all.\n        fn $m(&self) -> futures::$f {\n        }\n    };\n}\n\
                pub trait WriteExt: Write {\n    fn new(&self) -> u8;\n    \
                fn flush(&self) -> futures::Flush;\n}\n";
    let found = awaited("runtime-io/src/io.rs", text);
    let found: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|it| (it.name.as_str(), it.class()))
        .collect();
    assert_eq!(
        found,
        [("kinds!::$m", Some("Lossy")), ("WriteExt::flush", None)]
    );
}
