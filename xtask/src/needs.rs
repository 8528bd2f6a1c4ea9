//! What tests of others' software start that is not ours, and what that is built with.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;

use crate::process;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Of C: SQLite and the cryptography are written in it.
    Compiler,
    Nats,
    Postgres,
    Redis,
    Wrk,
}

impl Need {
    /// The program, and Debian's package of it.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Need::Compiler => ("cc", "build-essential"),
            Need::Nats => ("nats-server", "nats-server"),
            Need::Postgres => ("initdb", "postgresql"),
            Need::Redis => ("redis-server", "redis-server"),
            Need::Wrk => ("wrk", "wrk"),
        }
    }

    fn is_there(self) -> bool {
        let (program, _) = self.names();
        folders()
            .into_iter()
            .any(|folder| folder.join(program).is_file())
    }
}

/// Where programs are. Debian keeps PostgreSQL's in a folder a version, and some servers where only
/// root's PATH leads.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let versions = versions.flatten().map(|version| version.path().join("bin"));
    let servers = ["/usr/sbin"].map(PathBuf::from);
    env::split_paths(&path)
        .chain(servers)
        .chain(versions)
        .collect()
}

/// All of them are, and the compiler, or are installed if that is wanted.
pub(crate) fn are_there(mut needs: BTreeSet<Need>, install: bool) -> Result<(), String> {
    needs.insert(Need::Compiler);
    let missing = needs.into_iter().filter(|need| !need.is_there());
    let packages: Vec<&str> = missing.map(|need| need.names().1).collect();
    if packages.is_empty() {
        return Ok(());
    }
    if !install {
        return Err(format!(
            "missing: {0}; on Debian `apt-get install {0}`, or --install",
            packages.join(" ")
        ));
    }
    process::run(process::program("apt-get").args(["-q", "update"]))?;
    let mut install = process::program("apt-get");
    install
        .args(["-yq", "install", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    process::run(&mut install)
}
