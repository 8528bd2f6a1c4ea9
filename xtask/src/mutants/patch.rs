//! A planted bug: what its file says.

use std::fs;

use crate::process;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    Killed,
    Survives,
}

/// What finds it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum By {
    Tests,
    /// Under the model checker.
    Models,
}

#[derive(Debug)]
pub(super) struct Patch {
    pub(super) name: String,
    pub(super) bug: String,
    pub(super) by: By,
    /// What `cargo test` is given, without the filter at its end.
    pub(super) target: Vec<String>,
    pub(super) filter: String,
    pub(super) seconds: u64,
    pub(super) expect: Expect,
    /// Paths that the diff changes.
    pub(super) files: Vec<String>,
}

/// All in `folder`, by their numbers.
pub(super) fn all(folder: &str) -> Result<Vec<Patch>, String> {
    let entries = fs::read_dir(process::root().join(folder));
    let mut patches = Vec::new();
    for entry in entries.map_err(|error| format!("{folder}: {error}"))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(name) = name.strip_suffix(".patch") else {
            continue;
        };
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        patches.push(read(name, &text)?);
    }
    patches.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(patches)
}

fn read(name: &str, text: &str) -> Result<Patch, String> {
    let (head, diff) = text.split_once("\ndiff --git ").unwrap_or((text, ""));
    let field = |key: &str| {
        // A value may go on over lines that are indented.
        let mut lines = head.lines().skip_while(|line| !line.starts_with(key));
        let first = lines.next()?.strip_prefix(key)?.trim().to_owned();
        let rest = lines.take_while(|line| line.starts_with(' '));
        Some(rest.fold(first, |text, line| text + " " + line.trim()))
    };
    let needed = |key: &str| field(key).ok_or_else(|| format!("{name}: no line {key:?}"));
    let (by, tests) = match field("Model:") {
        Some(models) => (By::Models, models),
        None => (By::Tests, needed("Test:")?),
    };
    let mut target: Vec<String> = tests.split_whitespace().map(str::to_owned).collect();
    let filter = target.pop().unwrap_or_default();
    let seconds = needed("Seconds:")?.parse();
    let expect = match field("Expect:").as_deref() {
        None => Expect::Killed,
        Some("survives") => Expect::Survives,
        Some(other) => return Err(format!("{name}: Expect: {other:?}")),
    };
    let files = diff.lines().filter_map(|line| line.strip_prefix("+++ b/"));
    let patch = Patch {
        name: name.to_owned(),
        bug: needed("Bug:")?,
        by,
        target,
        filter,
        seconds: seconds.map_err(|_| format!("{name}: Seconds: is no number"))?,
        expect,
        files: files.map(str::to_owned).collect(),
    };
    if patch.files.is_empty() {
        return Err(format!("{name}: it changes no file"));
    }
    Ok(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_read_with_its_head() {
        let text = "Bug: a wake-up is lost\n  when a task sleeps.\nTest: -p a --lib b::c\n\
                    Seconds: 20\n\ndiff --git a/x.rs b/x.rs\n--- a/x.rs\n+++ b/x.rs\n@@ -1 +1 @@\n";
        let patch = read("07-x", text).expect("it is complete");
        assert_eq!(patch.bug, "a wake-up is lost when a task sleeps.");
        assert_eq!((patch.by, patch.expect), (By::Tests, Expect::Killed));
        assert_eq!(patch.target, ["-p", "a", "--lib"]);
        assert_eq!((patch.filter.as_str(), patch.seconds), ("b::c", 20));
        assert_eq!(patch.files, ["x.rs"]);
        let model = read("07-x", &text.replace("Test:", "Model:")).expect("it is complete");
        assert_eq!(model.by, By::Models);
        for part in ["Bug:", "Test:", "Seconds:", "+++"] {
            assert!(read("07-x", &text.replace(part, "x")).is_err(), "{part}");
        }
    }
}
