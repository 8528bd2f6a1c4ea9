//! wine: programs for Windows, on Linux, without a display.
//!
//! 1. A prefix, the folder with what wine takes for a Windows machine, is made under `target/`, and
//!    says that it is Windows 10.
//! 2. It gets the one library that wine 8 lacks, `bcryptprimitives.dll`, built from
//!    `xtask/platforms/bcryptprimitives.c`: without it each Rust program ends silently with 53.
//! 3. wine's server is started before any program, and ended with the [`Server`]. Its services inherit
//!    what the first program has for output and keep it open; so the first one has none.
//!
//! Two commands at a time share prefix and server, and the first to end takes the server with it:
//! they should not run beside each other.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process;

/// Debian does not put it on PATH.
pub(crate) const PROGRAM: &str = "/usr/lib/wine/wine64";
const SERVER: &str = "/usr/lib/wine/wineserver64";
const FOLDER: &str = "target/platforms/wine";
const SHIM: &str = "xtask/platforms/bcryptprimitives.c";
const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// wine's server, until this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    prefix: PathBuf,
}

impl Server {
    pub(super) fn start() -> Result<Server, String> {
        let folder = process::root().join(FOLDER);
        fs::create_dir_all(&folder).map_err(|error| format!("{FOLDER}: {error}"))?;
        let server = Server {
            prefix: folder.join("prefix"),
        };
        let system = server.prefix.join("drive_c/windows/system32");
        let is_new = !system.exists();
        // It stays although nobody talks to it. One that is there already refuses: so be it.
        let _ = server.command(SERVER, &["-p"]).status();
        server.run(PROGRAM, &["wineboot", "-i"])?;
        if is_new {
            let key = r"HKCU\Software\Wine";
            let version = ["reg", "add", key, "/v", "Version", "/d", "win10", "/f"];
            server.run(PROGRAM, &version)?;
        }
        shim(&system.join("bcryptprimitives.dll"))?;
        Ok(server)
    }

    /// What each program of wine's has to know.
    pub(super) fn variables(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("WINEPREFIX", self.prefix.clone().into()),
            ("WINEDEBUG", "-all".into()),
            // No question whether .NET and a browser should be installed.
            ("WINEDLLOVERRIDES", "mscoree,mshtml=".into()),
        ]
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        process::run(&mut self.command(program, arguments))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = process::program(program);
        command
            .args(arguments)
            .envs(self.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.command(SERVER, &["-k"]).status();
    }
}

fn shim(to: &Path) -> Result<(), String> {
    let source = process::root().join(SHIM);
    let time = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    if time(to) >= time(&source) {
        return Ok(());
    }
    let mut compiler = process::program(COMPILER);
    compiler.args(["-O1", "-Wall", "-Werror", "-shared", "-o"]);
    compiler.arg(to).arg(SHIM).arg("-ladvapi32");
    process::run(&mut compiler)
}
