//! Which files there are: those that git knows or would add, or everything but build output where
//! there is no git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::source::{Source, TestFiles};

pub(crate) struct Repository {
    /// Every Rust file.
    pub(crate) sources: Vec<Source>,
    /// Every text file, with its path.
    pub(crate) texts: Vec<(String, String)>,
}

impl Repository {
    pub(crate) fn read() -> Repository {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = listed(root).unwrap_or_else(|| walked(root));
        paths.sort();
        let texts: Vec<(String, String)> = paths
            .into_iter()
            .filter_map(|path| {
                let text = fs::read_to_string(root.join(&path)).ok()?;
                Some((path, text))
            })
            .collect();
        let rust = || texts.iter().filter(|(path, _)| path.ends_with(".rs"));
        let mut sources: Vec<Source> = rust().map(|(path, text)| Source::new(path, text)).collect();
        TestFiles::find(&sources).mark(&mut sources);
        Repository { sources, texts }
    }
}

fn listed(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let list = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = list.split_terminator('\0').map(str::to_owned).collect();
    // Unpacked without git inside another repository, the list is empty or that repository's.
    paths
        .iter()
        .any(|path| path == "tests/tidy.rs")
        .then_some(paths)
}

fn walked(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("the folder is readable") {
            let entry = entry.expect("the folder is readable");
            let path = folder.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().expect("a file has a type");
            if name == ".git" {
                // A folder, or a file where this is a second working tree.
                continue;
            }
            if kind.is_dir() && !name.starts_with("target") {
                folders.push(path);
            } else if kind.is_file() {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found
}
