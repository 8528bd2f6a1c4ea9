//! Servers that applications need: each on a free port, with a folder of its own, ended with its
//! owner. They have to be installed; `cargo xtask apps --install` does that.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Signal, geteuid};

use crate::folder::Folder;
use crate::patience::LIMIT;
use crate::process::Process;

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it is bound").port()
}

#[derive(Debug)]
pub struct Postgres {
    process: Option<Process>,
    folder: Folder,
    port: u16,
}

impl Postgres {
    /// A database of its own, without any safety against a machine that fails.
    #[track_caller]
    pub fn start() -> Postgres {
        let folder = Folder::new();
        let data = folder.file("data");
        if let Some(user) = Postgres::user() {
            let (user, group) = ids(user);
            chown(folder.path(), Some(user), Some(group)).expect("root may");
        }
        let initdb = Postgres::program("initdb");
        let arguments = ["-D", &data, "-U", "apps", "-A", "trust", "-N", "-E", "UTF8"];
        let made = Process::start_as(Postgres::user(), &initdb, &arguments).end();
        assert!(made.status.success(), "initdb: {}", made.err);
        let mut postgres = Postgres {
            process: None,
            folder,
            port: free_port(),
        };
        postgres.resume();
        postgres
    }

    pub fn url(&self) -> String {
        format!("postgres://apps@127.0.0.1:{}/postgres", self.port)
    }

    /// Connections are cut, as by `pg_ctl stop -m fast`.
    #[track_caller]
    pub fn stop(&mut self) {
        let process = self.process.take().expect("it runs");
        process.signal(Signal::INT);
        process.end_within(LIMIT);
    }

    #[track_caller]
    pub fn resume(&mut self) {
        let (data, sockets) = (self.folder.file("data"), self.folder.file(""));
        let port = self.port.to_string();
        let arguments = [
            "-D",
            &data,
            "-k",
            &sockets,
            "-p",
            &port,
            "-h",
            "127.0.0.1",
            "-F",
        ];
        let server = Postgres::program("postgres");
        let mut process = Process::start_as(Postgres::user(), &server, &arguments);
        process.says("ready to accept connections");
        self.process = Some(process);
    }

    /// It refuses to run as root.
    fn user() -> Option<&'static str> {
        geteuid().is_root().then_some("postgres")
    }

    /// Debian keeps the programs of each version apart.
    fn program(name: &str) -> String {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let versions = versions.filter_map(|entry| Some(entry.ok()?.path()));
        let programs = versions.map(|version: PathBuf| version.join("bin").join(name));
        let found = programs.filter(|program| program.exists()).max();
        let found = found.unwrap_or_else(|| Path::new(name).to_owned());
        found.to_string_lossy().into_owned()
    }
}

/// Of a user of this machine.
fn ids(user: &str) -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").expect("users are listed");
    let line = users
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{user}:")));
    let mut fields = line.expect("the user is there").split(':').skip(1);
    let mut id = || fields.next().and_then(|id| id.parse().ok()).expect("an id");
    (id(), id())
}

#[derive(Debug)]
pub struct Redis {
    process: Option<Process>,
    folder: Folder,
    port: u16,
}

impl Redis {
    #[track_caller]
    pub fn start() -> Redis {
        let mut redis = Redis {
            process: None,
            folder: Folder::new(),
            port: free_port(),
        };
        redis.resume();
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub fn stop(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Empty, as it keeps nothing.
    #[track_caller]
    pub fn resume(&mut self) {
        let (port, folder) = (self.port.to_string(), self.folder.file(""));
        let arguments = [
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--dir",
            &folder,
            "--save",
            "",
        ];
        let mut process = Process::start("redis-server", &arguments);
        process.says("Ready to accept connections");
        self.process = Some(process);
    }
}

#[derive(Debug)]
pub struct Nats {
    process: Option<Process>,
    port: u16,
}

impl Nats {
    #[track_caller]
    pub fn start() -> Nats {
        let mut nats = Nats {
            process: None,
            port: free_port(),
        };
        nats.resume();
        nats
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn stop(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    #[track_caller]
    pub fn resume(&mut self) {
        let port = self.port.to_string();
        // Debian puts it where only root's PATH leads.
        let debian = "/usr/sbin/nats-server";
        let server = if Path::new(debian).exists() {
            debian
        } else {
            "nats-server"
        };
        let mut process = Process::start(server, &["-a", "127.0.0.1", "-p", &port]);
        process.says("Server is ready");
        self.process = Some(process);
    }
}

/// Load on a URL: so many connections for so long. Its words are for `end`.
#[track_caller]
pub fn wrk(url: &str, connections: u32, duration: Duration) -> Process {
    let found = Command::new("wrk").arg("-v").output();
    assert!(found.is_ok(), "wrk is not installed");
    let (connections, seconds) = (connections.to_string(), duration.as_secs().to_string());
    let arguments = [
        "--threads",
        "2",
        "--connections",
        &connections,
        "--duration",
        &seconds,
        "--timeout",
        "10",
        "--latency",
        url,
    ];
    Process::start("wrk", &arguments)
}
