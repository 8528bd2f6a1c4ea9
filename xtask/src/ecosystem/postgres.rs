//! The server that tokio-postgres' tests expect: on a port that they name, with users for each way
//! to say who one is.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::process;

const PORT: &str = "5433";

/// Who may come how; `local` is for the set-up.
const ACCESS: &str = "\
local all postgres trust
host all pass_user 127.0.0.1/32 password
host all md5_user 127.0.0.1/32 md5
host all scram_user 127.0.0.1/32 scram-sha-256
host all ssl_user 127.0.0.1/32 reject
host all postgres 127.0.0.1/32 trust
host all pass_user ::1/128 password
host all md5_user ::1/128 md5
host all scram_user ::1/128 scram-sha-256
host all ssl_user ::1/128 reject
host all postgres ::1/128 trust
";

const SET_UP: &str = "\
CREATE ROLE pass_user PASSWORD 'password' LOGIN;
SET password_encryption TO 'md5';
CREATE ROLE md5_user PASSWORD 'password' LOGIN;
SET password_encryption TO 'scram-sha-256';
CREATE ROLE scram_user PASSWORD 'password' LOGIN;
CREATE ROLE ssl_user LOGIN;
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
";

const READY: &str = "ready to accept connections";

pub(super) struct Postgres {
    server: Child,
    folder: PathBuf,
}

impl Postgres {
    /// With a folder of its own, which goes with it.
    pub(super) fn start() -> Result<Postgres, String> {
        // Its user has to be able to get there, which a folder of ours may not allow.
        let name = format!("ecosystem-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let failed = |error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(failed)?;
        if is_root() {
            let mut owner = process::program("chown");
            process::answer(owner.arg("postgres").arg(&folder)).ok_or("no user postgres")?;
        }
        let data = folder.join("data");
        let mut initdb = server_program("initdb");
        initdb
            .arg("-D")
            .arg(&data)
            .args(["-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]);
        process::answer(&mut initdb).ok_or(
            "initdb cannot be run: on Debian, `apt-get install postgresql postgresql-contrib`",
        )?;
        fs::write(data.join("pg_hba.conf"), ACCESS).map_err(failed)?;
        let mut server = server_program("postgres");
        server
            .arg("-D")
            .arg(&data)
            .args(["-F", "-p", PORT, "-h", "localhost", "-k"])
            .arg(&folder);
        let server = server.stderr(Stdio::piped()).spawn();
        let server = server.map_err(|error| format!("postgres: {error}"))?;
        let mut postgres = Postgres { server, folder };
        postgres.wait_until_ready()?;
        let mut psql = server_program("psql");
        psql.args([
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-p",
            PORT,
            "-c",
            SET_UP,
            "-h",
        ]);
        process::answer(psql.arg(&postgres.folder)).ok_or("the server's set-up fails")?;
        Ok(postgres)
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let errors = self.server.stderr.take().expect("it is piped");
        let mut errors = BufReader::new(errors);
        let mut said = String::new();
        while !said.contains(READY) {
            match errors.read_line(&mut said) {
                Ok(1..) => (),
                _ => return Err(format!("PostgreSQL does not start:\n{said}")),
            }
        }
        // It goes on to talk, and must not wait for somebody who listens.
        thread::spawn(move || while let Ok(1..) = errors.read(&mut [0; 4096]) {});
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// As the user that the server insists on, and ended with us.
fn server_program(name: &str) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let programs = versions
        .flatten()
        .map(|version| version.path().join("bin").join(name));
    let found = programs.filter(|program| program.exists()).max();
    let mut command = process::program("setpriv");
    if is_root() {
        command.args([
            "--reuid",
            "postgres",
            "--regid",
            "postgres",
            "--clear-groups",
        ]);
    }
    command.args(["--pdeathsig", "KILL", "--"]);
    command.arg(found.unwrap_or_else(|| PathBuf::from(name)));
    command
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null());
    command
}

fn is_root() -> bool {
    process::answer(process::program("id").arg("-u")).as_deref() == Some("0")
}
