//! The copy of the repository that the bugs are planted in.
//!
//! A file is written only where it differs, so that cargo builds again what a patch concerns and no
//! more. The copy lies within the repository, whose git must not take it for a part of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::FOLDER;
use super::patch::{By, Patch};
use crate::process;

pub(super) struct Tree {
    scratch: PathBuf,
    root: PathBuf,
}

impl Tree {
    /// A copy of the files that git knows, as they stand in the repository now.
    pub(super) fn copy(scratch: &str) -> Result<Tree, String> {
        let scratch = process::root().join(scratch);
        let tree = Tree {
            root: scratch.join("tree"),
            scratch,
        };
        let list = process::answer(process::program("git").args(["ls-files"]));
        let list = list.ok_or("git lists no files")?;
        let files: BTreeSet<&str> = list.lines().collect();
        for file in &files {
            tree.renew(file)?;
        }
        tree.remove_others(&tree.root, &files)?;
        Ok(tree)
    }

    /// Plants the bug; false if the code has moved on too far.
    pub(super) fn apply(&self, patch: &Patch) -> Result<bool, String> {
        let file = process::root()
            .join(FOLDER)
            .join(format!("{}.patch", patch.name));
        let mut command = Command::new("git");
        command.arg("apply").arg(&file).current_dir(&self.root);
        command.env("GIT_CEILING_DIRECTORIES", &self.scratch);
        let status = command.status();
        Ok(status.map_err(|error| format!("git: {error}"))?.success())
    }

    /// Takes the bug out again.
    pub(super) fn restore(&self, patch: &Patch) -> Result<(), String> {
        patch.files.iter().try_for_each(|file| self.renew(file))
    }

    /// What builds the tests, and names them in JSON.
    pub(super) fn build(&self, patch: &Patch) -> Command {
        let mut command = process::cargo();
        command.arg("test").args(&patch.target);
        command.args(["--no-run", "--message-format", "json-render-diagnostics"]);
        command.current_dir(&self.root);
        // Nobody reads their backtraces, and most of the time goes into building.
        command
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        match patch.by {
            By::Tests => command.env("CARGO_TARGET_DIR", self.scratch.join("tests")),
            By::Models => command
                .env("CARGO_TARGET_DIR", self.scratch.join("models"))
                .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
                .env("RUSTFLAGS", "--cfg loom"),
        };
        command
    }

    pub(super) fn output_file(&self) -> PathBuf {
        self.scratch.join("output")
    }

    /// What runs the chosen tests of a program, its output in `file`.
    pub(super) fn program(
        &self,
        program: &Path,
        patch: &Patch,
        file: &Path,
    ) -> Result<Command, String> {
        let shown = |error| format!("{}: {error}", file.display());
        let output = File::create(file).map_err(shown)?;
        let mut command = Command::new(program);
        command
            .arg(&patch.filter)
            .current_dir(&self.root)
            .env("LOOM_MAX_PREEMPTIONS", "2")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(Stdio::null());
        Ok(command)
    }

    /// Makes one file what it is in the repository.
    fn renew(&self, file: &str) -> Result<(), String> {
        let shown = |error| format!("{file}: {error}");
        let to = self.root.join(file);
        let Ok(bytes) = fs::read(process::root().join(file)) else {
            // Git knows it, and it is deleted.
            let _ = fs::remove_file(to);
            return Ok(());
        };
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            return Ok(());
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(shown)?;
        }
        fs::write(to, bytes).map_err(shown)
    }

    fn remove_others(&self, folder: &Path, files: &BTreeSet<&str>) -> Result<(), String> {
        let shown = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(shown)? {
            let path = entry.map_err(shown)?.path();
            if path.is_dir() {
                self.remove_others(&path, files)?;
                continue;
            }
            let relative = path.strip_prefix(&self.root).unwrap_or(&path);
            if !files.contains(relative.to_string_lossy().as_ref()) {
                fs::remove_file(&path).map_err(shown)?;
            }
        }
        Ok(())
    }
}
